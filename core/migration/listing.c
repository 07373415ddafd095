/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/listing.h"

#include "base/file.h"
#include "base/text.h"
#include "base/vec.h"
#include "migration/formats/common.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DEPTH_MOST = 16,
    FOLDERS_MOST = 100000 /* links can show a folder many times without ever leading back */
};

struct below {
    const char *name; /* from the folder that is listed; "" for itself */
    size_t parent;    /* its own place for the first */
    unsigned depth;
    dev_t dev;
    ino_t ino;
};

struct listing {
    struct gw_arena *arena;
    struct gw_fault *fault;
    const char *directory;
    const struct gw_texts *ignore;
    int fd; /* of directory */
    GW_VEC(struct below) folders;
    GW_VEC(char *) names;
};

static bool is_clean(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7F)
            return false;
    return gw_text_valid(name, len) == len;
}

/* A name that cannot be shown is passed over, unless it is (or was meant to be) a migration. */
static int take_name(struct listing *listing, char *name)
{
    if (is_clean(name))
        return gw_vec_push(&listing->names, name) ? GW_DONE : gw_fail_memory(listing->fault);
    if (!strcasestr(name, ".sql"))
        return GW_DONE;
    struct gw_buf safe = GW_BUF(4096);
    gw_text_safe(&safe, name, strlen(name), false);
    gw_fail(listing->fault, GW_USAGE,
            "a file name in '%.300s' has control characters or is not UTF-8: '%.500s'",
            listing->directory, gw_buf_str(&safe));
    gw_buf_free(&safe);
    return gw_hint(listing->fault, "rename the file");
}

static bool is_ignored(const struct listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->ignore->n; i++)
        if (fnmatch(listing->ignore->at[i].ptr, name, FNM_PATHNAME) == 0)
            return true;
    return false;
}

/* Only what does not look like a file of SQL is asked whether it is a folder: a system call less
 * for nearly all. */
static bool is_folder(int fd, const char *name)
{
    struct stat st;
    return !gw_name_is_sql(name) && fstatat(fd, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static int refuse_folder(struct listing *listing, const char *name, const char *what, unsigned most)
{
    struct gw_buf safe = GW_BUF_TEXT;
    gw_text_safe(&safe, name, strlen(name), false);
    gw_fail(listing->fault, GW_USAGE, "'%.300s' %s %u folders: '%.600s'", listing->directory, what,
            most, gw_buf_str(&safe));
    gw_buf_free(&safe);
    return gw_hint(listing->fault,
                   "if there are no migrations in it, name it in plugins.conf: "
                   "migrations = { ignore = [ \"FOLDER\" ]; }; else move them further up");
}

static int take_folder(struct listing *listing, size_t parent, const char *base, const char *name)
{
    const unsigned depth = listing->folders.at[parent].depth + 1;
    const char *slashed = listing->ignore->n ? gw_arena_printf(listing->arena, "%s/", name) : name;
    if (!slashed)
        return gw_fail_memory(listing->fault);
    if (*base == '.' || is_ignored(listing, slashed))
        return GW_DONE;
    if (depth > DEPTH_MOST)
        return refuse_folder(listing, name, "is deeper than", DEPTH_MOST);
    if (listing->folders.len >= FOLDERS_MOST)
        return refuse_folder(listing, name, "has more than", FOLDERS_MOST);
    const struct below below = { .name = name, .parent = parent, .depth = depth };
    return gw_vec_push(&listing->folders, below) ? GW_DONE : gw_fail_memory(listing->fault);
}

/* Whether a folder is one of those above it again, as a link can have it. */
static bool leads_back(const struct listing *listing, size_t at)
{
    const struct below *folder = &listing->folders.at[at];
    for (size_t up = at; up;) {
        up = listing->folders.at[up].parent;
        if (listing->folders.at[up].dev == folder->dev &&
            listing->folders.at[up].ino == folder->ino)
            return true;
    }
    return false;
}

static int take_entries(struct listing *listing, size_t at, int fd, char **names, size_t n)
{
    const char *above = listing->folders.at[at].name;
    int code = GW_DONE;
    for (size_t i = 0; i < n && !code; i++) {
        char *name = at ? gw_arena_printf(listing->arena, "%s/%s", above, names[i]) : names[i];
        if (!name)
            code = gw_fail_memory(listing->fault);
        else if (is_ignored(listing, name))
            continue;
        else if (is_folder(fd, names[i]))
            code = take_folder(listing, at, names[i], name);
        else
            code = take_name(listing, name);
    }
    return code;
}

static int list_one(struct listing *listing, size_t at)
{
    struct below *folder = &listing->folders.at[at];
    const char *path =
        at ? gw_file_join(listing->arena, listing->directory, folder->name) : listing->directory;
    struct stat st;
    char **names;
    size_t n;
    int fd, code = path ? gw_file_list(listing->arena, path, &names, &n, &fd, listing->fault)
                        : gw_fail_memory(listing->fault);
    if (code)
        return code;
    if (fstat(fd, &st) == 0) {
        folder->dev = st.st_dev;
        folder->ino = st.st_ino;
    }
    if (!leads_back(listing, at))
        code = take_entries(listing, at, fd, names, n);
    if (at)
        close(fd);
    else
        listing->fd = fd;
    return code;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_all(struct listing *listing, char ***names, size_t *n)
{
    int code = GW_DONE;
    if (!gw_vec_push(&listing->folders, (struct below){ .name = "" }))
        return gw_fail_memory(listing->fault);
    for (size_t at = 0; at < listing->folders.len && !code; at++)
        code = list_one(listing, at);
    if (code && !gw_file_exists(listing->directory))
        return gw_hint(listing->fault, "`godwit init` makes the folder; migrations.directory in "
                                       "plugins.conf says where it is");
    if (code)
        return code;
    const size_t len = listing->names.len;
    *names = gw_arena_array(listing->arena, len + 1, sizeof **names);
    if (!*names)
        return gw_fail_memory(listing->fault);
    if (len) {
        memcpy(*names, listing->names.at, len * sizeof **names);
        qsort(*names, len, sizeof **names, compare_names);
    }
    *n = len;
    return GW_DONE;
}

int gw_listing_read(struct gw_arena *arena, const char *directory, const struct gw_texts *ignore,
                    char ***names, size_t *n, int *fd, struct gw_fault *fault)
{
    struct listing listing = {
        .arena = arena, .fault = fault, .directory = directory, .ignore = ignore, .fd = -1
    };
    *names = NULL;
    *n = 0;
    int code = list_all(&listing, names, n);
    if (code && listing.fd >= 0) {
        close(listing.fd);
        listing.fd = -1;
    }
    *fd = listing.fd;
    gw_vec_free(&listing.folders);
    gw_vec_free(&listing.names);
    return code;
}
