/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLUGIN_BYTES_MOST ((long long)256 << 20)

/* ---- who may write ---- */

static bool ours(const struct stat *st)
{
    return st->st_uid == 0 || st->st_uid == geteuid();
}

/* One folder on the way. A folder that others may write into is accepted if it is sticky, as /tmp is:
 * there an entry is renamed or removed by its owner, the folder's owner or root alone. Entry and folder
 * are both checked to belong to root or us, so nobody else can put another file in the place of ours. */
static int check_one_folder(const char *folder, const char *what, struct gw_fault *fault)
{
    struct stat st;
    if (lstat(folder, &st))
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot look at the folder '%s'",
                             folder);
    if (!S_ISDIR(st.st_mode))
        return gw_fail(fault, GW_PLUGIN_REFUSED, "'%s' is not a folder", folder);
    if (!ours(&st)) {
        gw_fail(fault, GW_PLUGIN_REFUSED,
                "the folder '%s' belongs to another user (uid %ld), who could "
                "exchange %s",
                folder, (long)st.st_uid, what);
        return gw_hint(fault, "keep plugins in folders of root or of the user who runs godwit");
    }
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "others may write into the folder '%s' and exchange %s",
                folder, what);
        return gw_hint(fault, "take the right from them: chmod go-w '%s'", folder);
    }
    return GW_DONE;
}

int gw_parents_check(const char *real, const char *what, struct gw_fault *fault)
{
    char folder[PATH_MAX];
    size_t len = strlen(real);

    if (len >= sizeof folder)
        return gw_fail(fault, GW_PLUGIN_REFUSED, "file name too long: '%.200s...'", real);
    memcpy(folder, real, len + 1);
    int code = check_one_folder("/", what, fault);
    for (size_t i = 1; i < len && !code; i++) {
        if (folder[i] != '/')
            continue;
        folder[i] = '\0';
        code = check_one_folder(folder, what, fault);
        folder[i] = '/';
    }
    return code;
}

int gw_folder_check(const char *real, struct gw_fault *fault)
{
    int code = gw_parents_check(real, "the plugins", fault);
    return code ? code : check_one_folder(real, "the plugins", fault);
}

static int check_file(const char *real, const struct stat *st, struct gw_fault *fault)
{
    if (!S_ISREG(st->st_mode)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "'%s' is not a regular file", real);
        return gw_hint(fault, "a plugin is a shared object, as in my_check.so");
    }
    if (!ours(st)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "'%s' belongs to another user (uid %ld)", real,
                (long)st->st_uid);
        return gw_hint(fault, "a plugin must belong to root or to the user who runs godwit");
    }
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "others may write to '%s'", real);
        return gw_hint(fault, "take the right from them: chmod go-w '%s'", real);
    }
    if (st->st_size > PLUGIN_BYTES_MOST)
        return gw_fail(fault, GW_PLUGIN_REFUSED,
                       "'%s' has %lld bytes; no plugin has more than %lld", real,
                       (long long)st->st_size, PLUGIN_BYTES_MOST);
    return GW_DONE;
}

/* ---- the bytes ---- */

static int hash_file(int fd, struct gw_plugin_facts *out, struct gw_fault *fault)
{
    crypto_hash_sha256_state state;
    unsigned char chunk[65536];
    struct gw_hash hash;
    long long bytes = 0;

    crypto_hash_sha256_init(&state);
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot read '%s'", out->path);
        if (got == 0)
            break;
        bytes += got;
        if (bytes > out->bytes)
            break;
        crypto_hash_sha256_update(&state, chunk, (unsigned long long)got);
    }
    if (bytes != out->bytes)
        return gw_fail(fault, GW_PLUGIN_REFUSED, "'%s' changed while it was read", out->path);
    crypto_hash_sha256_final(&state, hash.bytes);
    gw_hash_text(out->sha256, &hash);
    return GW_DONE;
}

static int inspect_open(int fd, const struct stat *before, bool hash, struct gw_plugin_facts *out,
                        struct gw_fault *fault)
{
    struct stat st;
    if (fstat(fd, &st))
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot look at '%s'", out->path);
    if (st.st_dev != before->st_dev || st.st_ino != before->st_ino)
        return gw_fail(fault, GW_PLUGIN_REFUSED, "'%s' was exchanged while it was read", out->path);
    out->bytes = st.st_size;
    int code = hash ? hash_file(fd, out, fault) : GW_DONE;
    if (!code)
        code = gw_elf_note(fd, (uint64_t)st.st_size, out, fault);
    return code ? code : gw_abi_check(out->path, out->abi_major, out->abi_minor, fault);
}

static int resolve(struct gw_plugin_facts *out, const char *path, struct gw_fault *fault)
{
    char *real = realpath(path, NULL);
    if (!real)
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot find the plugin file '%s'",
                             path);
    size_t len = strlen(real);
    if (len < sizeof out->path)
        memcpy(out->path, real, len + 1);
    free(real);
    return len < sizeof out->path
               ? GW_DONE
               : gw_fail(fault, GW_PLUGIN_REFUSED, "file name too long: '%.200s...'", path);
}

static int look_at(struct gw_plugin_facts *out, const char *path, bool hash, struct gw_fault *fault)
{
    struct stat st;

    memset(out, 0, sizeof *out);
    int code = resolve(out, path, fault);
    if (code)
        return code;
    /* Looked at before it is opened: opening a device or a pipe can do things. */
    if (lstat(out->path, &st))
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot look at '%s'", out->path);
    code = check_file(out->path, &st, fault);
    if (!code)
        code = gw_parents_check(out->path, "the plugin", fault);
    if (code)
        return code;
    int fd = open(out->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot read '%s'", out->path);
    code = inspect_open(fd, &st, hash, out, fault);
    close(fd);
    return code;
}

int gw_plugin_inspect(struct gw_plugin_facts *out, const char *path, struct gw_fault *fault)
{
    return look_at(out, path, true, fault);
}

int gw_plugin_glance(struct gw_plugin_facts *out, const char *path, struct gw_fault *fault)
{
    return look_at(out, path, false, fault);
}

int gw_abi_check(const char *name, unsigned major, unsigned minor, struct gw_fault *fault)
{
    if (major == GW_ABI_MAJOR && minor <= GW_ABI_MINOR)
        return GW_DONE;
    gw_fail(fault, GW_PLUGIN_REFUSED, "'%s' needs plugin ABI %u.%u, this godwit offers %d.%d", name,
            major, minor, GW_ABI_MAJOR, GW_ABI_MINOR);
    return gw_hint(fault, major >= GW_ABI_MAJOR
                              ? "use a newer godwit, or a build of the plugin for this one"
                              : "get a newer build of the plugin");
}
