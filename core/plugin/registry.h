/* SPDX-License-Identifier: Apache-2.0 */
/* Finds, checks and loads plugins. Nothing is loaded before a command needs it. */
#ifndef GW_PLUGIN_REGISTRY_H
#define GW_PLUGIN_REGISTRY_H

#include "plugin/call.h"
#include "project/project.h"
#include <godwit/plugin.h>

/* What can be told of a file before any of its code runs. */
struct gw_plugin_facts {
    char path[4096]; /* absolute, symbolic links resolved */
    char sha256[65]; /* "" if it was only glanced at */
    long long bytes;
    uint16_t abi_major, abi_minor;
    uint32_t kinds; /* GW_KIND_* */
};

/* Path checks (regular file; it and every parent owned by root or us, not writable by others) and the
 * ELF note. GW_PLUGIN_REFUSED with one sentence: file, reason, remedy. Safe on a stranger's file. */
int gw_plugin_inspect(struct gw_plugin_facts *out, const char *path, struct gw_fault *fault);
/* The same without reading the whole file: facts.sha256 stays "". */
int gw_plugin_glance(struct gw_plugin_facts *out, const char *path, struct gw_fault *fault);

struct gw_plugin_loaded {
    struct gw_plugin_facts facts;
    struct gw_plugin descriptor; /* copied: min(theirs, ours) bytes */
    const char *name;
    bool ready;               /* init has run */
    struct gw_events *events; /* for warnings; may be NULL */
};

struct gw_registry; /* the loaded plugins of one command; opaque */

/* A plugin that the project brings along (path = ... outside of that folder) is loaded only if
 * GODWIT_ALLOW_PLUGINS names its sha256: cloning a repository must not run code.
 * folder: where bundled plugins live; NULL: GODWIT_PLUGIN_DIR (ignored for root and set-id programs unless
 * the folder passes the path checks), else beside the program (build tree: <program>/plugins,
 * install: ../lib/godwit/plugins). */
int gw_registry_new(struct gw_registry **out, const struct gw_project *project, const char *folder,
                    struct gw_events *events, const struct gw_stop *stop, struct gw_fault *fault);
/* Calls fini in reverse order; never unmaps. NULL is fine. */
void gw_registry_free(struct gw_registry *registry);

/* Loads (once) the plugin called name: that entry of plugins = (...), else bundled. */
int gw_registry_load(struct gw_registry *registry, const char *name,
                     const struct gw_plugin_loaded **out, struct gw_fault *fault);
/* Copies min(theirs, size) bytes of the vtable that the plugin provides as id into out, zeroing the rest;
 * false if it provides none. The vtable starts with its uint32_t struct_size. */
bool gw_plugin_interface(const struct gw_plugin_loaded *plugin, const char *id, void *out,
                         size_t size);

/* One line of `plugin list`: bundled files and configured entries, nothing loaded. */
struct gw_plugin_listing {
    const char *name;
    const char *path;
    const char *source; /* "bundled" or "plugins.conf:12" */
    struct gw_plugin_facts facts;
    struct gw_fault fault; /* code 0: loadable as far as can be told without running it */
};
int gw_registry_list(struct gw_registry *registry, struct gw_arena *arena,
                     struct gw_plugin_listing **out, size_t *n, struct gw_fault *fault);

/* Coerces settings by the plugin's schema into cells in schema order, defaults and env filled in; cells live
 * in arena. Unknown key, wrong type, out of range, missing: GW_USAGE with "FILE:LINE: " in front. */
int gw_options_fill(struct gw_arena *arena, const struct gw_plugin_loaded *plugin,
                    const struct gw_settings *settings, const struct gw_project *project,
                    struct gw_cell **out, struct gw_fault *fault);
/* The i-th option of the schema, whatever its stride: copied and zero-filled. */
void gw_option_at(const struct gw_plugin *plugin, uint32_t i, struct gw_option *out);
/* Every option as a commented-out line of plugins.conf, with what it means and takes. */
void gw_plugin_options_text(struct gw_buf *out, const struct gw_plugin *plugin);

#endif
