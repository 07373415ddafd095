/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/history.h"

#include "migration/formats/common.h"
#include "migration/graph.h"
#include "migration/listing.h"

#include <string.h>
#include <unistd.h>

enum {
    FORMATS_MOST = 16
};

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
    struct gw_settings *values = &history->vars.values;
    values->at = gw_arena_array(arena, vars->n + 1, sizeof *vars->at);
    if (!values->at)
        return gw_fail_memory(fault);
    for (size_t i = 0; i < vars->n; i++) {
        struct gw_setting *copy = &values->at[values->n++];
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

/* Takes out what is not where the format looks, and keeps the names of SQL among it. */
static int pass_over(struct gw_history *history, struct gw_folder *folder, struct gw_fault *fault)
{
    size_t kept = 0;
    if (!history->format->looks_at)
        return GW_DONE;
    history->passed = gw_arena_array(&history->arena, folder->n + 1, sizeof *history->passed);
    if (!history->passed)
        return gw_fail_memory(fault);
    for (size_t i = 0; i < folder->n; i++) {
        char *name = folder->names[i];
        if (history->format->looks_at(name))
            folder->names[kept++] = name;
        else if (gw_name_is_sql(name))
            history->passed[history->n_passed++] = name;
    }
    folder->n = kept;
    return GW_DONE;
}

/* The word `name` in form and what stands around it; NULL is "${name}". */
static int copy_form(struct gw_history *history, const char *form, struct gw_fault *fault)
{
    static const char word[] = "name";
    const char *copy = gw_arena_string(&history->arena, form ? form : "${name}");
    if (!copy)
        return gw_fail_memory(fault);
    const char *name = strstr(copy, word);
    if (!name) /* off */
        return GW_DONE;
    const char *end = name + strlen(word);
    history->vars.prefix = (struct gw_str){ copy, (size_t)(name - copy) };
    history->vars.suffix = (struct gw_str){ end, strlen(end) };
    return GW_DONE;
}

static int load_folder(struct gw_history *out, const struct gw_project *project,
                       struct gw_folder *folder, const char *dialect, struct gw_fault *fault)
{
    struct gw_found_list found = { 0 };
    const char *name = project->migrations.format;
    int code = name ? format_by_name(out, name, fault) : format_by_looks(out, folder, fault);
    if (!code)
        code = pass_over(out, folder, fault);
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
    struct gw_folder folder = { .path = out->directory };
    int code = copy_vars(out, &project->migrations.vars, fault);
    if (!code)
        code = copy_form(out, project->migrations.placeholders, fault);
    if (!code)
        code = gw_listing_read(&out->arena, out->directory, &project->migrations.ignore,
                               &folder.names, &folder.n, &fd, fault);
    folder.fd = fd;
    if (!code)
        code = load_folder(out, project, &folder, dialect, fault);
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
