/* SPDX-License-Identifier: Apache-2.0 */
/* Three lists of files are compared: theirs (the other revision), base (where both parted) and ours (the working
 * files). Only what differs is read from git. The result is a folder of links to our files and of written
 * copies of theirs, which the usual loader reads. */
#include "cli/merged.h"

#include "base/file.h"
#include "cli/process.h"
#include "migration/formats/format.h"
#include "migration/listing.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SHA_MOST = 64
};
#define READ_MOST ((size_t)1 << 30)

struct side { /* the files of one revision, as git lists them */
    struct gw_buf listing;
    GW_VEC(const char *) names; /* into listing */
    GW_VEC(const char *) shas;
    struct gw_map index;
};

struct merge {
    struct gw_cli *cli;
    const char *directory; /* of the working files */
    char folder[PATH_MAX]; /* the merged ones; "" until it is made */
    struct side theirs, base;
    struct gw_buf wanted;         /* ids of blobs to read, one a line */
    GW_VEC(const char *) written; /* the names they are for, in the same order */
};

/* ---- git ---- */

static int git(struct merge *merge, struct gw_buf *out, const struct gw_buf *input,
               const char *const *words, struct gw_fault *fault)
{
    const char *argv[16] = { "git", "-C", merge->directory };
    size_t n = 3;
    while (*words && n < 15)
        argv[n++] = *words++;
    argv[n] = NULL;
    if (gw_process_read(out, argv, input, fault) && !fault->hint[0])
        gw_hint(fault, "check --against needs git, and '%.200s' inside a repository",
                merge->directory);
    return fault->code;
}

static void strip(struct gw_buf *line)
{
    while (line->len && line->data[line->len - 1] == '\n')
        line->data[--line->len] = '\0';
}

/* "MODE blob SHA\tNAME" between NULs. */
static int read_listing(struct side *side, struct gw_fault *fault)
{
    char *at = side->listing.data, *end = at + side->listing.len;

    while (at && at < end) {
        size_t len = strlen(at);
        char *tab = strchr(at, '\t');
        char *kind = strstr(at, " blob ");
        if (tab && kind && kind < tab && at[0] == '1' && at[1] == '0') { /* a regular file */
            *tab = '\0';
            char *name = tab + 1, *sha = kind + strlen(" blob ");
            uint32_t found;
            if (!gw_vec_push(&side->names, name) || !gw_vec_push(&side->shas, sha) ||
                !gw_map_add(&side->index, name, (uint32_t)side->names.len - 1, &found))
                return gw_fail_memory(fault);
        }
        at += len + 1;
    }
    return GW_DONE;
}

static int list_side(struct merge *merge, struct side *side, const char *commit,
                     struct gw_fault *fault)
{
    const char *const words[] = { "ls-tree", "-r", "-z", commit, ".", NULL };
    side->listing = GW_BUF(READ_MOST);
    int code = git(merge, &side->listing, NULL, words, fault);
    return code ? code : read_listing(side, fault);
}

static void side_free(struct side *side)
{
    gw_buf_free(&side->listing);
    gw_vec_free(&side->names);
    gw_vec_free(&side->shas);
    gw_map_free(&side->index);
}

static const char *sha_of(const struct side *side, const char *name)
{
    uint32_t at = gw_map_get(&side->index, name, strlen(name));
    return at == GW_MAP_NONE ? NULL : side->shas.at[at];
}

static int list_sides(struct merge *merge, const char *ref, struct gw_fault *fault)
{
    struct gw_buf commit = GW_BUF_TEXT, base = GW_BUF_TEXT;
    struct gw_fault unrelated = { 0 };
    const char *name = gw_arena_printf(&merge->cli->arena, "%s^{commit}", ref);
    const char *const resolve[] = { "rev-parse", "--verify", "--quiet", name, NULL };

    if (!name)
        return gw_fail_memory(fault);
    if (ref[0] == '-') {
        gw_fail(fault, GW_USAGE, "'%.200s' is no git revision", ref);
        return gw_hint(fault, "name a branch, a tag or a commit");
    }
    int code = git(merge, &commit, NULL, resolve, fault);
    strip(&commit);
    if (!code)
        code = list_side(merge, &merge->theirs, gw_buf_str(&commit), fault);
    if (!code) {
        const char *const part[] = { "merge-base", "HEAD", gw_buf_str(&commit), NULL };
        /* Histories without a common commit have no base: nothing was deleted then. */
        if (!git(merge, &base, NULL, part, &unrelated)) {
            strip(&base);
            code = list_side(merge, &merge->base, gw_buf_str(&base), fault);
        }
    }
    gw_buf_free(&commit);
    gw_buf_free(&base);
    return code;
}

/* ---- our files ---- */

/* The id that git gives to the working file; "" if it cannot be read. */
static int our_sha(struct merge *merge, const char *name, char out[SHA_MOST + 1],
                   struct gw_fault *fault)
{
    const char *const words[] = { "hash-object", "--", name, NULL };
    struct gw_buf sha = GW_BUF_TEXT;

    int code = git(merge, &sha, NULL, words, fault);
    strip(&sha);
    snprintf(out, SHA_MOST + 1, "%.*s", SHA_MOST, gw_buf_str(&sha));
    gw_buf_free(&sha);
    return code;
}

static int want(struct merge *merge, const char *name, const char *sha, struct gw_fault *fault)
{
    gw_buf_printf(&merge->wanted, "%s\n", sha);
    if (merge->wanted.failed || !gw_vec_push(&merge->written, name))
        return gw_fail_memory(fault);
    return GW_DONE;
}

/* Makes the folders above path, which is within the merged folder. */
static int make_parents(struct merge *merge, const char *path, struct gw_fault *fault)
{
    const char *folder = gw_file_folder(&merge->cli->arena, path);
    return folder ? gw_file_make_folder(folder, fault) : gw_fail_memory(fault);
}

static int link_ours(struct merge *merge, const char *name, struct gw_fault *fault)
{
    char real[PATH_MAX];
    const char *source = gw_file_join(&merge->cli->arena, merge->directory, name);
    const char *path = gw_file_join(&merge->cli->arena, merge->folder, name);

    if (!source || !path)
        return gw_fail_memory(fault);
    if (make_parents(merge, path, fault))
        return fault->code;
    if (!realpath(source, real) || symlink(real, path))
        return gw_fail_errno(fault, GW_USAGE, errno, "cannot link '%.200s'", source);
    return GW_DONE;
}

/* A working file stays, unless only they changed or deleted it. */
static int take_ours(struct merge *merge, const char *name, struct gw_fault *fault)
{
    const char *theirs = sha_of(&merge->theirs, name), *base = sha_of(&merge->base, name);
    char ours[SHA_MOST + 1];

    if (!base || (theirs && strcmp(theirs, base) == 0))
        return link_ours(merge, name, fault);
    if (our_sha(merge, name, ours, fault))
        return fault->code;
    if (strcmp(ours, base) != 0)
        return link_ours(merge, name, fault);
    return theirs ? want(merge, name, theirs, fault) : GW_DONE;
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int take_folder(struct merge *merge, struct gw_fault *fault)
{
    const struct gw_texts *ignore = &merge->cli->workspace.project.migrations.ignore;
    struct gw_arena *arena = &merge->cli->arena;
    char **names;
    size_t n;
    int fd;

    int code = gw_listing_read(arena, merge->directory, ignore, &names, &n, &fd, fault);
    if (code)
        return code;
    close(fd);
    for (size_t i = 0; i < n && !code; i++) {
        const char *full = gw_file_join(arena, merge->directory, names[i]);
        if (!full)
            code = gw_fail_memory(fault);
        else if (is_file(full))
            code = take_ours(merge, names[i], fault);
    }
    return code;
}

/* ---- their files ---- */

static int take_theirs(struct merge *merge, struct gw_fault *fault)
{
    int code = GW_DONE;
    for (size_t i = 0; i < merge->theirs.names.len && !code; i++) {
        const char *name = merge->theirs.names.at[i];
        const char *full = gw_file_join(&merge->cli->arena, merge->directory, name);
        if (!full)
            code = gw_fail_memory(fault);
        /* What was in the base and is not here was deleted here. */
        else if (!gw_file_exists(full) && !sha_of(&merge->base, name))
            code = want(merge, name, merge->theirs.shas.at[i], fault);
    }
    return code;
}

/* A name comes from git, which refuses ".." and absolute ones in a tree; a repository may be made by hand. */
static bool stays_inside(const char *name)
{
    size_t len;
    for (const char *at = name;; at += len + 1) {
        len = strcspn(at, "/");
        if (len == 0 || (at[0] == '.' && (len == 1 || (len == 2 && at[1] == '.'))))
            return false;
        if (!at[len])
            return true;
    }
}

static int write_blob(struct merge *merge, const char *name, const char *bytes, size_t len,
                      struct gw_fault *fault)
{
    const char *path = gw_file_join(&merge->cli->arena, merge->folder, name);

    if (!stays_inside(name))
        return gw_fail(fault, GW_USAGE, "git lists a file called '%.200s', which leaves its folder",
                       name);
    int code = path ? make_parents(merge, path, fault) : gw_fail_memory(fault);
    return code ? code : gw_file_write(path, bytes, len, GW_FILE_NEW, fault);
}

/* "SHA blob SIZE\n" BYTES "\n", once a blob. */
static int write_theirs(struct merge *merge, struct gw_fault *fault)
{
    const char *const words[] = { "cat-file", "--batch", NULL };
    struct gw_buf blobs = GW_BUF(READ_MOST);
    size_t at = 0;

    if (merge->written.len == 0)
        return GW_DONE;
    int code = git(merge, &blobs, &merge->wanted, words, fault);
    for (size_t i = 0; i < merge->written.len && !code; i++) {
        const char *head = blobs.data + at;
        const char *line = at < blobs.len ? memchr(head, '\n', blobs.len - at) : NULL;
        const char *kind = line ? memmem(head, (size_t)(line - head), " blob ", 6) : NULL;
        size_t size = kind ? strtoull(kind + strlen(" blob "), NULL, 10) : 0;
        size_t left = line ? blobs.len - at - (size_t)(line + 1 - head) : 0;
        if (!kind || size >= left) {
            code =
                gw_fail(fault, GW_USAGE, "git gave no content for '%.200s'", merge->written.at[i]);
            break;
        }
        code = write_blob(merge, merge->written.at[i], line + 1, size, fault);
        at += (size_t)(line + 1 - head) + size + 1;
    }
    gw_buf_free(&blobs);
    return code;
}

/* ---- together ---- */

static int make_folder(struct merge *merge, struct gw_fault *fault)
{
    const char *root = getenv("TMPDIR");
    int n = snprintf(merge->folder, sizeof merge->folder, "%s/godwit-merged-XXXXXX",
                     root && *root ? root : "/tmp");
    if (n < 0 || (size_t)n >= sizeof merge->folder || !mkdtemp(merge->folder)) {
        int error = errno;
        merge->folder[0] = '\0';
        return gw_fail_errno(fault, GW_USAGE, error, "cannot make a temporary folder");
    }
    return GW_DONE;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)where;
    return type == FTW_DP ? rmdir(path) : unlink(path);
}

/* Messages speak of the files by the name that the reader knows. */
static void rename_in(char *text, size_t room, const char *from, const char *to)
{
    char old[1024];
    char *at = strstr(text, from);
    if (!at || strlen(text) >= sizeof old)
        return;
    memcpy(old, text, strlen(text) + 1);
    snprintf(text, room, "%.*s%s%s", (int)(at - text), old, to, old + (at - text) + strlen(from));
}

static int load_merged(struct gw_history *out, struct merge *merge, const char *ref,
                       struct gw_fault *fault)
{
    enum {
        LINKS_AT_ONCE = 16
    };
    const struct gw_history *ours = &merge->cli->workspace.history;
    struct gw_project project = merge->cli->workspace.project; /* borrowed, but for these two */
    project.migrations.directory = merge->folder;
    if (ours->format)
        project.migrations.format = ours->format->name;
    int code = make_folder(merge, fault);
    if (!code)
        code = take_folder(merge, fault);
    if (!code)
        code = take_theirs(merge, fault);
    if (!code)
        code = write_theirs(merge, fault);
    if (!code)
        code = gw_history_load(out, &project, NULL, fault);
    if (code) {
        rename_in(fault->message, sizeof fault->message, merge->folder, merge->directory);
        gw_fault_prefix(fault, "merged with '%.100s'", ref);
    }
    if (merge->folder[0])
        nftw(merge->folder, remove_entry, LINKS_AT_ONCE, FTW_DEPTH | FTW_PHYS);
    return code;
}

int gw_merged_load(struct gw_history *out, struct gw_cli *cli, const char *ref,
                   struct gw_fault *fault)
{
    struct merge merge = {
        .cli = cli,
        .directory = cli->workspace.history.directory,
        .wanted = GW_BUF(READ_MOST),
    };

    *out = (struct gw_history){ 0 };
    int code = list_sides(&merge, ref, fault);
    if (!code)
        code = load_merged(out, &merge, ref, fault);
    side_free(&merge.theirs);
    side_free(&merge.base);
    gw_buf_free(&merge.wanted);
    gw_vec_free(&merge.written);
    out->directory = merge.directory; /* the temporary folder is gone */
    return code;
}
