/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool ours(const struct stat *st)
{
    return st->st_uid == 0 || st->st_uid == geteuid();
}

static bool others_write(const struct stat *st)
{
    return st->st_mode & (S_IWGRP | S_IWOTH);
}

/* One folder on the way. holds: the file lies right in it. Further up, a folder that others may write into is
 * accepted if it is sticky, as /tmp is: there an entry is renamed or removed by its owner, the folder's owner or
 * root alone, and both are checked to be root or us. */
static int check_folder(const struct stat *st, const char *folder, const char *what, bool holds,
                        struct gw_fault *fault)
{
    if (!ours(st)) {
        gw_fail(fault, GW_PLUGIN_REFUSED,
                "the folder '%.400s' belongs to another user (uid %ld), who could exchange %s",
                folder, (long)st->st_uid, what);
        return gw_hint(fault, "keep %s in a folder of root or of the user who runs godwit", what);
    }
    if (!others_write(st) || (!holds && (st->st_mode & S_ISVTX)))
        return GW_DONE;
    gw_fail(fault, GW_PLUGIN_REFUSED, "others may write into the folder '%.400s' and exchange %s",
            folder, what);
    if (st->st_mode & S_ISVTX)
        return gw_hint(fault, "move %s into a folder that only you can write into", what);
    return gw_hint(fault, "take the right from them: chmod go-w '%.400s'", folder);
}

static int check_file(const struct gw_place *place, const struct stat *st, struct gw_fault *fault)
{
    if (!ours(st)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' belongs to another user (uid %ld)", place->path,
                (long)st->st_uid);
        return gw_hint(fault, "%s must belong to root or to the user who runs godwit", place->what);
    }
    if (others_write(st)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "others may write to '%.400s'", place->path);
        return gw_hint(fault, "take the right from them: chmod go-w '%.400s'", place->path);
    }
    if (st->st_mode & (S_ISUID | S_ISGID)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' is set-id, which no plugin needs to be",
                place->path);
        return gw_hint(fault, "take the bit away: chmod ug-s '%.400s'", place->path);
    }
    return GW_DONE;
}

/* ---- the way there ---- */

struct walk {
    int at;              /* the folder that was reached, opened without the right to read */
    char path[PATH_MAX]; /* its name, for messages */
};

static int cannot_open(const char *path, struct gw_fault *fault)
{
    return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot open '%.400s'", path);
}

/* Into the folder called name (len bytes) below walk->at. */
static int step(struct walk *walk, const char *name, size_t len, struct gw_fault *fault)
{
    size_t before = strlen(walk->path);
    const char *slash = before > 1 ? "/" : "";
    int n =
        snprintf(walk->path + before, sizeof walk->path - before, "%s%.*s", slash, (int)len, name);
    if (n < 0 || (size_t)n >= sizeof walk->path - before)
        return gw_fail(fault, GW_PLUGIN_REFUSED, "file name too long: '%.200s...'", walk->path);
    const char *below = walk->path + before + strlen(slash);
    int next = openat(walk->at, below, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0)
        return cannot_open(walk->path, fault);
    close(walk->at);
    walk->at = next;
    return GW_DONE;
}

/* From the root to the folder real, or if last is given to the one that holds it, and *last is its name there.
 * walk->at is to be closed in any case. */
static int walk_to(struct walk *walk, const char *real, const char *what, const char **last,
                   struct gw_fault *unsafe, struct gw_fault *fault)
{
    const char *at = real;
    struct stat st;

    memcpy(walk->path, "/", 2);
    walk->at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (walk->at < 0)
        return cannot_open("/", fault);
    for (;;) {
        at += strspn(at, "/");
        size_t len = strcspn(at, "/");
        bool holds = last ? !at[len] : !len;
        if (fstat(walk->at, &st))
            return cannot_open(walk->path, fault);
        if (!unsafe->code)
            check_folder(&st, walk->path, what, holds, unsafe);
        if (holds)
            break;
        int code = step(walk, at, len, fault);
        if (code)
            return code;
        at += len;
    }
    if (last)
        *last = at;
    return GW_DONE;
}

static int not_regular(const struct gw_place *place, struct gw_fault *fault)
{
    gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' is not a regular file", place->path);
    return gw_hint(fault, "a plugin is a shared object, as in my_check.so");
}

static int open_last(const struct gw_place *place, int folder, const char *name, int *fd,
                     struct stat *st, struct gw_fault *fault)
{
    struct stat before;

    /* Looked at before it is opened: opening a device or a pipe can do things. */
    if (fstatat(folder, name, &before, AT_SYMLINK_NOFOLLOW))
        return cannot_open(place->path, fault);
    if (!S_ISREG(before.st_mode))
        return not_regular(place, fault);
    *fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0 || fstat(*fd, st))
        return cannot_open(place->path, fault);
    if (st->st_dev != before.st_dev || st->st_ino != before.st_ino)
        return gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' was exchanged while it was opened",
                       place->path);
    return GW_DONE;
}

int gw_place_open(const struct gw_place *place, int *fd, struct stat *st, struct gw_fault *unsafe,
                  struct gw_fault *fault)
{
    struct walk walk;
    const char *name = "";

    *fd = -1;
    int code = walk_to(&walk, place->path, place->what, &name, unsafe, fault);
    if (!code)
        code = !*name ? not_regular(place, fault) : open_last(place, walk.at, name, fd, st, fault);
    if (walk.at >= 0)
        close(walk.at);
    if (code && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    /* What stands nearest to the file is told first. */
    struct gw_fault file = { 0 };
    if (!code && check_file(place, st, &file))
        *unsafe = file;
    return code;
}

int gw_place_folder(const char *real, struct gw_fault *fault)
{
    struct gw_fault unsafe = { 0 };
    struct walk walk;

    int code = walk_to(&walk, real, "what lies in it", NULL, &unsafe, fault);
    if (walk.at >= 0)
        close(walk.at);
    if (!code && unsafe.code)
        *fault = unsafe;
    return fault->code;
}
