/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_MORE = 65536
};

static int at_ceiling(const struct gw_buf *out, int fd, const char *shown, struct gw_fault *fault)
{
    char more;
    ssize_t got;
    do
        got = read(fd, &more, 1);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return gw_fail_errno(fault, GW_USAGE, errno, "cannot read '%s'", shown);
    return got == 0 ? GW_DONE
                    : gw_fail(fault, GW_USAGE, "'%s' grew past %zu bytes while it was read", shown,
                              out->ceiling);
}

/* Reads to the end. One byte more than expected is asked for, so that a file as large as its size says
 * takes a single read; what grows while it is read is read on. */
static int read_all(struct gw_buf *out, int fd, size_t expected, const char *shown,
                    struct gw_fault *fault)
{
    size_t want = expected < out->ceiling ? expected + 1 : expected;
    for (;;) {
        if (!gw_buf_reserve(out, want))
            return gw_fail_memory(fault);
        ssize_t got = read(fd, out->data + out->len, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gw_fail_errno(fault, GW_USAGE, errno, "cannot read '%s'", shown);
        out->len += (size_t)got;
        out->data[out->len] = '\0';
        if (got == 0 || (out->len == expected && (size_t)got < want))
            return GW_DONE;
        if (out->len == out->ceiling)
            return at_ceiling(out, fd, shown, fault);
        want = out->ceiling - out->len < READ_MORE ? out->ceiling - out->len : READ_MORE;
    }
}

int gw_file_read(struct gw_buf *out, int dir, const char *path, const char *shown,
                 struct gw_fault *fault)
{
    struct stat st;
    int code;

    gw_buf_clear(out);
    /* O_NONBLOCK: a named pipe must not hang us; regular files ignore it. */
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return gw_fail_errno(fault, GW_USAGE, errno, "cannot read '%s'", shown);
    if (fstat(fd, &st))
        code = gw_fail_errno(fault, GW_USAGE, errno, "cannot read '%s'", shown);
    else if (!S_ISREG(st.st_mode))
        code = gw_fail(fault, GW_USAGE, "'%s' is not a regular file", shown);
    else if ((size_t)st.st_size > out->ceiling)
        code = gw_fail(fault, GW_USAGE, "'%s' has %lld bytes; at most %zu are read", shown,
                       (long long)st.st_size, out->ceiling);
    else
        code = read_all(out, fd, (size_t)st.st_size, shown, fault);
    close(fd);
    return code;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        bytes += put;
        len -= (size_t)put;
    }
    return fsync(fd) ? errno : 0;
}

int gw_file_write(const char *path, const void *bytes, size_t len, enum gw_file_how how,
                  struct gw_fault *fault)
{
    char aside[4096];
    const char *target = path;

    if (how == GW_FILE_REPLACE) {
        int n = snprintf(aside, sizeof aside, "%s.%ld.new", path, (long)getpid());
        if (n < 0 || (size_t)n >= sizeof aside)
            return gw_fail(fault, GW_USAGE, "file name too long: '%.200s...'", path);
        target = aside;
    }
    int fd = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return gw_fail_errno(fault, GW_USAGE, errno, "cannot create '%s'", target);
    int error = write_all(fd, bytes, len);
    if (close(fd) && !error)
        error = errno;
    if (!error && how == GW_FILE_REPLACE && rename(target, path))
        error = errno;
    if (error) {
        unlink(target);
        return gw_fail_errno(fault, GW_USAGE, error, "cannot write '%s'", path);
    }
    return GW_DONE;
}

static int list_names(struct gw_arena *arena, DIR *folder, const char *path, char ***names,
                      size_t *n_names, struct gw_fault *fault)
{
    size_t room = 0, n = 0;
    char **list = NULL;

    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry)
            break;
        if (entry->d_name[0] == '.')
            continue;
        if (n == room) {
            room = room ? room * 2 : 64;
            char **more = realloc(list, room * sizeof *list);
            if (!more) {
                free(list);
                return gw_fail_memory(fault);
            }
            list = more;
        }
        list[n] = gw_arena_string(arena, entry->d_name);
        if (!list[n++]) {
            free(list);
            return gw_fail_memory(fault);
        }
    }
    int error = errno;
    *names = gw_arena_array(arena, n + 1, sizeof **names);
    if (*names && n)
        memcpy(*names, list, n * sizeof **names);
    free(list);
    if (error)
        return gw_fail_errno(fault, GW_USAGE, error, "cannot list '%s'", path);
    if (!*names)
        return gw_fail_memory(fault);
    *n_names = n;
    return GW_DONE;
}

int gw_file_list(struct gw_arena *arena, const char *path, char ***names, size_t *n_names, int *dir,
                 struct gw_fault *fault)
{
    *dir = -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return gw_fail_errno(fault, GW_USAGE, errno, "cannot open the folder '%s'", path);
    int again = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* closedir closes the one it was given */
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    if (!folder) {
        int error = errno;
        if (again >= 0)
            close(again);
        close(fd);
        return gw_fail_errno(fault, GW_USAGE, error, "cannot list '%s'", path);
    }
    int code = list_names(arena, folder, path, names, n_names, fault);
    closedir(folder);
    if (code)
        close(fd);
    else
        *dir = fd;
    return code;
}

bool gw_file_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

int gw_file_make_folder(const char *path, struct gw_fault *fault)
{
    char part[4096];
    size_t len = strlen(path);

    if (len >= sizeof part)
        return gw_fail(fault, GW_USAGE, "folder name too long: '%.200s...'", path);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        char kept = part[i];
        part[i] = '\0';
        if (mkdir(part, 0777) && errno != EEXIST)
            return gw_fail_errno(fault, GW_USAGE, errno, "cannot make the folder '%s'", part);
        part[i] = kept;
    }
    return GW_DONE;
}

char *gw_file_join(struct gw_arena *arena, const char *folder, const char *name)
{
    if (name[0] == '/' || strcmp(folder, ".") == 0)
        return gw_arena_string(arena, name);
    size_t len = strlen(folder);
    return gw_arena_printf(arena, "%s%s%s", folder, len && folder[len - 1] == '/' ? "" : "/", name);
}

char *gw_file_folder(struct gw_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return gw_arena_string(arena, ".");
    return gw_arena_copy(arena, path, slash == path ? 1 : (size_t)(slash - path));
}
