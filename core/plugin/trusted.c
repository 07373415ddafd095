/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/trusted.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "trusted"

enum {
    FILE_MOST = 1 << 20,
    ENTRIES_MOST = 4096,
    PATH_MOST = 4095,
    HASH = GW_HASH_TEXT - 1
};

/* ---- the text ---- */

static int malformed(const char *name, unsigned line, const char *what, struct gw_fault *fault)
{
    gw_fail(fault, GW_PLUGIN_REFUSED, "%.400s:%u: %s", name, line, what);
    return gw_hint(fault,
                   "a line is the sha256 of a plugin, a space and its absolute path; remove what "
                   "is not, or the file, and trust anew");
}

static bool path_fits(const char *path, size_t len)
{
    if (len == 0 || len > PATH_MOST || path[0] != '/' || gw_text_valid(path, len) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] < ' ' || path[i] == 0x7F)
            return false;
    return true;
}

static int parse_line(struct gw_trusted *out, const char *text, size_t len, const char *name,
                      unsigned line, struct gw_fault *fault)
{
    struct gw_trusted_entry entry;
    struct gw_hash hash;

    if (len == 0 || text[0] == '#')
        return GW_DONE;
    if (len < HASH + 1 || gw_hash_parse(&hash, text, HASH) || text[HASH] != ' ')
        return malformed(name, line, "does not begin with a sha256 and a space", fault);
    if (!path_fits(text + HASH + 1, len - HASH - 1))
        return malformed(name, line, "does not end with an absolute path", fault);
    if (out->entries.len == ENTRIES_MOST)
        return malformed(name, line, "has more entries than the 4096 that are read", fault);
    gw_hash_text(entry.sha256, &hash);
    entry.path = gw_arena_copy(&out->arena, text + HASH + 1, len - HASH - 1);
    if (!entry.path || !gw_vec_push(&out->entries, entry))
        return gw_fail_memory(fault);
    return GW_DONE;
}

int gw_trusted_parse(struct gw_trusted *out, const char *text, size_t len, const char *name,
                     struct gw_fault *fault)
{
    int code = GW_DONE;
    unsigned line = 1;

    for (size_t at = 0; at < len && !code; line++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t one = end ? (size_t)(end - text) - at : len - at;
        code = parse_line(out, text + at, one, name, line, fault);
        at += one + 1;
    }
    return code;
}

void gw_trusted_free(struct gw_trusted *trusted)
{
    gw_vec_free(&trusted->entries);
    gw_arena_free(&trusted->arena);
}

const struct gw_trusted_entry *gw_trusted_find(const struct gw_trusted *trusted, const char *path)
{
    for (size_t i = 0; i < trusted->entries.len; i++)
        if (strcmp(trusted->entries.at[i].path, path) == 0)
            return &trusted->entries.at[i];
    return NULL;
}

/* ---- where it is ---- */

/* NULL if nobody can tell: no home, no account. */
static const char *home_of_user(struct gw_arena *arena)
{
    const char *home = secure_getenv("HOME");
    struct passwd account, *found = NULL;
    char texts[4096];

    if (home && home[0] == '/')
        return gw_arena_string(arena, home);
    if (getpwuid_r(geteuid(), &account, texts, sizeof texts, &found) || !found || !account.pw_dir ||
        account.pw_dir[0] != '/')
        return NULL;
    return gw_arena_string(arena, account.pw_dir);
}

static const char *folder_of_user(struct gw_arena *arena)
{
    const char *data = secure_getenv("XDG_DATA_HOME");
    if (data && data[0] == '/') /* a relative one is to be ignored, says its specification */
        return gw_arena_printf(arena, "%s/godwit", data);
    const char *home = home_of_user(arena);
    return home ? gw_arena_printf(arena, "%s/.local/share/godwit", home) : NULL;
}

static int check_owned(const struct stat *st, const char *path, struct gw_fault *fault)
{
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' belongs to another user (uid %ld)", path,
                (long)st->st_uid);
        return gw_hint(fault, "it says which plugins may run; remove it and trust anew");
    }
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "others may write to '%.400s'", path);
        return gw_hint(fault, "see that nobody added to it, then: chmod go-w '%.400s'", path);
    }
    return GW_DONE;
}

struct place {
    const char *folder;
    const char *file; /* folder/trusted */
    int fd;           /* of the folder; -1: it is not there */
};

/* make: a folder that is missing is made, for this user alone. */
static int open_place(struct place *out, struct gw_arena *arena, bool make, struct gw_fault *fault)
{
    struct stat st;

    out->fd = -1;
    out->folder = folder_of_user(arena);
    if (!out->folder) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "there is no home for the file of trusted plugins");
        return gw_hint(fault, "set HOME or XDG_DATA_HOME to an absolute folder");
    }
    out->file = gw_arena_printf(arena, "%s/" NAME, out->folder);
    const char *above = gw_file_folder(arena, out->folder);
    if (!out->file || !above)
        return gw_fail_memory(fault);
    if (make) {
        if (gw_file_make_folder(above, fault))
            return fault->code;
        if (mkdir(out->folder, 0700) && errno != EEXIST)
            return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot make the folder '%.400s'",
                                 out->folder);
    }
    out->fd = open(out->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (out->fd < 0 && errno == ENOENT && !make)
        return GW_DONE;
    if (out->fd < 0 || fstat(out->fd, &st))
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot open the folder '%.400s'",
                             out->folder);
    return check_owned(&st, out->folder, fault);
}

/* ---- reading ---- */

static int read_open(struct gw_buf *out, int fd, const char *path, struct gw_fault *fault)
{
    struct stat st;
    if (fstat(fd, &st))
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot look at '%.400s'", path);
    if (!S_ISREG(st.st_mode))
        return gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' is not a regular file", path);
    int code = check_owned(&st, path, fault);
    while (!code && !out->failed) {
        char chunk[4096];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot read '%.400s'", path);
        if (got <= 0)
            break;
        gw_buf_add(out, chunk, (size_t)got);
    }
    if (out->failed && !code) {
        code = gw_fail(fault, GW_PLUGIN_REFUSED,
                       "'%.400s' has more than the %d bytes that are read", path, FILE_MOST);
        gw_hint(fault, "remove the lines of plugins that are gone");
    }
    return code;
}

static int read_place(struct gw_trusted *out, const struct place *place, struct gw_fault *fault)
{
    struct gw_buf text = GW_BUF(FILE_MOST);

    out->file = gw_arena_string(&out->arena, place->file);
    if (!out->file)
        return gw_fail_memory(fault);
    if (place->fd < 0)
        return GW_DONE;
    int fd = openat(place->fd, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return GW_DONE;
    if (fd < 0)
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot open '%.400s'", place->file);
    int code = read_open(&text, fd, place->file, fault);
    close(fd);
    if (!code)
        code = gw_trusted_parse(out, gw_buf_str(&text), text.len, place->file, fault);
    gw_buf_free(&text);
    return code;
}

int gw_trusted_load(struct gw_trusted *out, struct gw_fault *fault)
{
    struct gw_arena arena = { 0 };
    struct place place;

    *out = (struct gw_trusted){ 0 };
    int code = open_place(&place, &arena, false, fault);
    if (!code)
        code = read_place(out, &place, fault);
    if (place.fd >= 0)
        close(place.fd);
    gw_arena_free(&arena);
    return code;
}

/* ---- writing ---- */

static int write_text(int fd, const struct gw_buf *text)
{
    for (size_t at = 0; at < text->len;) {
        ssize_t put = write(fd, text->data + at, text->len - at);
        if (put < 0 && errno != EINTR)
            return -1;
        at += put > 0 ? (size_t)put : 0;
    }
    return fsync(fd);
}

/* Written aside, synced, renamed. */
static int replace(const struct place *place, const struct gw_buf *text, struct gw_fault *fault)
{
    char digits[17], aside[64];

    gw_random_hex(digits, sizeof digits - 1);
    snprintf(aside, sizeof aside, NAME ".%s.new", digits);
    int fd = openat(place->fd, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot write in '%.400s'",
                             place->folder);
    int error = write_text(fd, text) ? errno : 0;
    if (close(fd) && !error)
        error = errno;
    if (!error && renameat(place->fd, aside, place->fd, NAME))
        error = errno;
    if (!error && fsync(place->fd) && errno != EINVAL)
        error = errno;
    if (!error)
        return GW_DONE;
    unlinkat(place->fd, aside, 0);
    return gw_fail_errno(fault, GW_PLUGIN_REFUSED, error, "cannot write '%.400s'", place->file);
}

static int rewrite(const struct place *place, const char *path, const char *sha256, bool *found,
                   struct gw_fault *fault)
{
    struct gw_trusted old = { 0 };
    struct gw_buf text = GW_BUF(FILE_MOST);

    int code = read_place(&old, place, fault);
    gw_buf_text(&text, "# Plugins that this user lets run: `godwit plugin trust --list`.\n");
    for (size_t i = 0; i < old.entries.len; i++) {
        const struct gw_trusted_entry *entry = &old.entries.at[i];
        if (strcmp(entry->path, path) == 0)
            *found = true;
        else
            gw_buf_printf(&text, "%s %s\n", entry->sha256, entry->path);
    }
    if (sha256)
        gw_buf_printf(&text, "%s %s\n", sha256, path);
    if (!code && (text.failed || old.entries.len >= ENTRIES_MOST)) {
        code = gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' is full", place->file);
        gw_hint(fault, "remove the lines of plugins that are gone");
    }
    if (!code && (sha256 || *found))
        code = replace(place, &text, fault);
    gw_buf_free(&text);
    gw_trusted_free(&old);
    return code;
}

int gw_trusted_record(const char *path, const char *sha256, bool *found, struct gw_fault *fault)
{
    struct gw_arena arena = { 0 };
    struct place place;

    *found = false;
    if (!path_fits(path, strlen(path)))
        return gw_fail(fault, GW_PLUGIN_REFUSED,
                       "a path with control characters or invalid UTF-8 cannot be trusted");
    int code = open_place(&place, &arena, sha256 != NULL, fault);
    /* Two that write at once wait for one another where the file system can do that (NFS cannot, for a folder); the
     * file is whole in any case. */
    if (!code && place.fd >= 0 && flock(place.fd, LOCK_EX) && errno == EINTR)
        code = gw_fail_errno(fault, GW_UNCHANGED, EINTR, "cannot lock '%.400s'", place.folder);
    if (!code && place.fd >= 0)
        code = rewrite(&place, path, sha256, found, fault);
    if (place.fd >= 0)
        close(place.fd);
    gw_arena_free(&arena);
    return code;
}
