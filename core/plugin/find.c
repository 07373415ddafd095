/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"

#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".so"

/* ---- names ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "sqlite.so" to "sqlite", in place; false if it is not the file of a plugin. */
static bool strip_suffix(char *name)
{
    size_t len = strlen(name), suffix = strlen(SUFFIX);
    if (len <= suffix || strcmp(name + len - suffix, SUFFIX) != 0)
        return false;
    name[len - suffix] = '\0';
    return gw_plugin_name_valid(name);
}

/* Names of the bundled plugins, sorted; none if the folder cannot be listed. */
static int bundled_names(const struct gw_registry *registry, struct gw_arena *arena, char ***names,
                         size_t *n, struct gw_fault *fault)
{
    struct gw_fault unlisted = { 0 };
    size_t kept = 0;
    int folder;

    *n = 0;
    int code = gw_file_list(arena, registry->folder, names, n, &folder, &unlisted);
    if (code == GW_INTERNAL)
        return gw_fail_memory(fault);
    if (code) {
        *n = 0;
        return GW_DONE;
    }
    close(folder);
    for (size_t i = 0; i < *n; i++)
        if (strip_suffix((*names)[i]))
            (*names)[kept++] = (*names)[i];
    *n = kept;
    if (kept)
        qsort(*names, kept, sizeof **names, compare_names);
    return GW_DONE;
}

static const struct gw_plugin_entry *entry_of(const struct gw_registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->project->n_plugins; i++)
        if (strcmp(registry->project->plugins[i].name, name) == 0)
            return &registry->project->plugins[i];
    return NULL;
}

static int no_such_plugin(const struct gw_registry *registry, const char *name,
                          const struct gw_plugin_entry *entry, struct gw_fault *fault)
{
    struct gw_arena arena = { 0 };
    struct gw_buf there = GW_BUF_TEXT;
    char **names = NULL;
    size_t n;

    int code = bundled_names(registry, &arena, &names, &n, fault);
    for (size_t i = 0; i < n; i++)
        gw_buf_printf(&there, "%s%s", i ? ", " : "; there are: ", names[i]);
    if (!code) {
        code = gw_fail(fault, GW_PLUGIN_REFUSED, "no plugin '%s' in '%s'%s", name, registry->folder,
                       n ? gw_buf_str(&there) : ", and no other");
        const char *nearest = gw_text_nearest(name, (const char *const *)names, n);
        if (nearest)
            gw_hint(fault, "did you mean '%s'?", nearest);
        else
            gw_hint(fault, "GODWIT_PLUGIN_DIR names another folder; a plugin of your own needs its "
                           "path in plugins.conf");
        if (entry)
            gw_fault_prefix(fault, "%s:%u",
                            registry->project->file ? registry->project->file : "plugins.conf",
                            entry->line);
    }
    gw_buf_free(&there);
    gw_arena_free(&arena);
    return code;
}

static const char *bundled_path(const struct gw_registry *registry, struct gw_arena *arena,
                                const char *name)
{
    return gw_arena_printf(arena, "%s/%s" SUFFIX, registry->folder, name);
}

int gw_registry_find(struct gw_registry *registry, const char *name, const char **path,
                     const struct gw_plugin_entry **entry, struct gw_fault *fault)
{
    *entry = NULL;
    if (!gw_plugin_name_valid(name)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "'%.80s' is not the name of a plugin", name);
        return gw_hint(fault, "names are made of a-z, 0-9, '-' and '_'");
    }
    *entry = entry_of(registry, name);
    *path = *entry ? (*entry)->path : NULL;
    if (*path)
        return GW_DONE;
    *path = bundled_path(registry, &registry->arena, name);
    if (!*path)
        return gw_fail_memory(fault);
    return gw_file_exists(*path) ? GW_DONE : no_such_plugin(registry, name, *entry, fault);
}

/* ---- listing ---- */

static int list_one(struct gw_registry *registry, struct gw_arena *arena, const char *name,
                    struct gw_plugin_listing *out, struct gw_fault *fault)
{
    struct gw_plugin_examined examined = { 0 };

    gw_registry_examine(registry, &examined, name, true, &out->fault);
    const struct gw_plugin_entry *entry = examined.entry;
    out->name = name;
    out->source =
        entry && entry->path ? gw_entry_place(arena, registry->project, entry) : "bundled";
    out->trust = examined.trust;
    out->facts = examined.file.facts;
    out->path = out->facts.path[0] ? out->facts.path : examined.path;
    out->path = out->path ? gw_arena_string(arena, out->path) : "";
    gw_plugin_file_close(&examined.file);
    return out->source && out->path ? GW_DONE : gw_fail_memory(fault);
}

/* names[0, *n) and the configured ones that are not among them. */
static int add_configured(const struct gw_registry *registry, struct gw_arena *arena, char ***names,
                          size_t *n, struct gw_fault *fault)
{
    const struct gw_project *project = registry->project;
    size_t bundled = *n;
    char **all = gw_arena_array(arena, bundled + project->n_plugins + 1, sizeof *all);
    if (!all)
        return gw_fail_memory(fault);
    if (bundled)
        memcpy(all, *names, bundled * sizeof *all);
    for (size_t i = 0; i < project->n_plugins; i++) {
        const char *name = project->plugins[i].name;
        if (bundled && bsearch(&name, all, bundled, sizeof *all, compare_names))
            continue;
        all[*n] = gw_arena_string(arena, name);
        if (!all[(*n)++])
            return gw_fail_memory(fault);
    }
    qsort(all, *n, sizeof *all, compare_names);
    *names = all;
    return GW_DONE;
}

int gw_registry_list(struct gw_registry *registry, struct gw_arena *arena,
                     struct gw_plugin_listing **out, size_t *n, struct gw_fault *fault)
{
    char **names = NULL;

    *n = 0;
    int code = bundled_names(registry, arena, &names, n, fault);
    if (!code)
        code = add_configured(registry, arena, &names, n, fault);
    *out = code ? NULL : gw_arena_array(arena, *n + 1, sizeof **out);
    if (!code && !*out)
        code = gw_fail_memory(fault);
    for (size_t i = 0; i < *n && !code; i++)
        code = list_one(registry, arena, names[i], &(*out)[i], fault);
    return code;
}
