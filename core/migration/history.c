/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/history.h"

#include "base/file.h"
#include "base/text.h"
#include "migration/formats/common.h"
#include "migration/graph.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FORMATS_MOST = 16
};

struct listing {
    struct gw_arena *arena;
    struct gw_fault *fault;
    const char *directory;
    struct {
        char **at;
        size_t len, room;
    } names;
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

static int list_subfolder(struct listing *listing, const char *name)
{
    char **names, *path = gw_file_join(listing->arena, listing->directory, name);
    size_t n;
    int fd, code = path ? gw_file_list(listing->arena, path, &names, &n, &fd, listing->fault)
                        : gw_fail_memory(listing->fault);
    if (code)
        return code;
    close(fd);
    for (size_t i = 0; i < n && !code; i++) {
        char *joined = gw_arena_printf(listing->arena, "%s/%s", name, names[i]);
        code = joined ? take_name(listing, joined) : gw_fail_memory(listing->fault);
    }
    return code;
}

/* Only what does not look like a file of SQL is asked whether it is a folder: a system call less
 * for nearly all. */
static bool is_folder(int fd, const char *name)
{
    struct stat st;
    return !gw_name_is_sql(name) && fstatat(fd, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_all(struct listing *listing, int *fd)
{
    char **names;
    size_t n;
    int code = gw_file_list(listing->arena, listing->directory, &names, &n, fd, listing->fault);
    if (code && !gw_file_exists(listing->directory))
        return gw_hint(listing->fault, "`godwit init` makes the folder; migrations.directory in "
                                       "plugins.conf says where it is");
    if (code)
        return code;
    for (size_t i = 0; i < n && !code; i++)
        code = is_folder(*fd, names[i]) ? list_subfolder(listing, names[i])
                                        : take_name(listing, names[i]);
    if (listing->names.len)
        qsort(listing->names.at, listing->names.len, sizeof *listing->names.at, compare_names);
    return code;
}

static int format_by_name(struct gw_history *history, const char *name, struct gw_fault *fault)
{
    const char *known[FORMATS_MOST];
    size_t n = 0;
    history->format = gw_format_named(name);
    if (history->format)
        return GW_DONE;
    for (; gw_formats[n] && n < FORMATS_MOST; n++)
        known[n] = gw_formats[n]->name;
    return gw_format_unknown(fault, "migrations.format", 0, "format",
                             (struct gw_str){ name, strlen(name) }, known, n);
}

/* A folder that looks like nothing known is read as native: its messages say what is missing. */
static int format_by_looks(struct gw_history *history, const struct gw_folder *folder,
                           struct gw_fault *fault)
{
    const struct gw_format *best = gw_formats[0], *rival = NULL;
    int best_score = 0;
    for (const struct gw_format *const *format = gw_formats; *format; format++) {
        int score = (*format)->detect(folder, &history->arena);
        if (score == 0 || score < best_score)
            continue;
        rival = score == best_score ? best : NULL;
        best_score = score;
        best = *format;
    }
    history->format = best;
    if (!rival)
        return GW_DONE;
    gw_fail(fault, GW_USAGE, "'%.300s' may be a folder of %s or of %s", folder->path, rival->name,
            best->name);
    return gw_hint(fault, "say which in plugins.conf: migrations = { format = \"%s\"; }",
                   best->name);
}

static int copy_vars(struct gw_history *history, const struct gw_settings *vars,
                     struct gw_fault *fault)
{
    struct gw_arena *arena = &history->arena;
    history->vars.at = gw_arena_array(arena, vars->n + 1, sizeof *vars->at);
    if (!history->vars.at)
        return gw_fail_memory(fault);
    for (size_t i = 0; i < vars->n; i++) {
        struct gw_setting *copy = &history->vars.at[history->vars.n++];
        *copy = vars->at[i];
        copy->key = gw_arena_string(arena, vars->at[i].key);
        if (!copy->key)
            return gw_fail_memory(fault);
        if (copy->value.kind != GW_TEXT)
            continue;
        copy->value.v.s.ptr = gw_arena_copy(arena, copy->value.v.s.ptr, copy->value.v.s.len);
        if (!copy->value.v.s.ptr)
            return gw_fail_memory(fault);
    }
    return GW_DONE;
}

static int load_folder(struct gw_history *out, const struct gw_project *project,
                       const struct gw_folder *folder, const char *dialect, struct gw_fault *fault)
{
    struct gw_found_list found = { 0 };
    const char *name = project->migrations.format;
    int code = name ? format_by_name(out, name, fault) : format_by_looks(out, folder, fault);
    if (!code)
        code = out->format->scan(&found, folder, dialect, &out->arena, fault);
    if (!code)
        code = gw_graph_build(out, &found, fault);
    gw_vec_free(&found.found);
    return code;
}

int gw_history_load(struct gw_history *out, const struct gw_project *project, const char *dialect,
                    struct gw_fault *fault)
{
    int fd = -1;
    *out = (struct gw_history){ 0 };
    out->directory = gw_arena_string(&out->arena, project->migrations.directory);
    if (!out->directory)
        return gw_fail_memory(fault);
    struct listing listing = { .arena = &out->arena, .fault = fault, .directory = out->directory };
    int code = copy_vars(out, &project->migrations.vars, fault);
    if (!code)
        code = list_all(&listing, &fd);
    if (!code) {
        const struct gw_folder folder = { fd, out->directory, listing.names.at, listing.names.len };
        code = load_folder(out, project, &folder, dialect, fault);
    }
    gw_vec_free(&listing.names);
    out->opened = fd >= 0;
    out->folder = fd;
    return code;
}

void gw_history_free(struct gw_history *history)
{
    if (history->opened)
        close(history->folder);
    gw_map_free(&history->ids);
    gw_map_free(&history->labels);
    gw_arena_free(&history->arena);
    *history = (struct gw_history){ 0 };
}
