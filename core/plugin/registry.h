/* SPDX-License-Identifier: Apache-2.0 */
/* Finds, checks and loads plugins. Nothing is loaded before a command needs it. */
#ifndef GW_PLUGIN_REGISTRY_H
#define GW_PLUGIN_REGISTRY_H

#include "plugin/call.h"
#include "project/project.h"
#include <godwit/plugin.h>

enum {
    GW_PLUGIN_PATH = 4096,
    GW_REFUSALS = 8
};

/* What can be told of a file before any of its code runs. */
struct gw_plugin_facts {
    char path[GW_PLUGIN_PATH]; /* absolute, symbolic links resolved */
    char sha256[65];           /* "" if it was not asked for */
    long long bytes;
    uint16_t abi_major, abi_minor;
    uint32_t kinds; /* GW_KIND_* */
};

/* Path checks (regular file; it and every parent owned by root or us, not writable by others) and the checks of the
 * object. GW_PLUGIN_REFUSED with one sentence: file, reason, remedy. Safe on a stranger's file. */
int gw_plugin_inspect(struct gw_plugin_facts *out, const char *path, struct gw_fault *fault);

/* The same without an end at the first refusal. */
struct gw_plugin_report {
    struct gw_plugin_facts facts;
    bool note;                     /* it says that it is a plugin: facts has its ABI and kinds */
    struct gw_buf needed, runpath; /* libraries, and folders of libraries, between spaces */
    struct gw_fault refusals[GW_REFUSALS];
    size_t n_refusals;
};
/* GW_PLUGIN_REFUSED if the file cannot be read at all. *out is to be freed in any case. */
int gw_plugin_report(struct gw_plugin_report *out, const char *path, struct gw_fault *fault);
void gw_plugin_report_free(struct gw_plugin_report *report);

enum gw_trust {
    GW_TRUST_NONE,
    GW_TRUST_BUNDLED, /* it came with Godwit */
    GW_TRUST_PINNED,  /* by a pin in a configuration that the caller named */
    GW_TRUST_USER,    /* by `plugin trust` */
    GW_TRUST_CHANGED  /* it was trusted, and is another file now */
};

struct gw_isolated;

struct gw_plugin_loaded {
    struct gw_plugin_facts facts;
    struct gw_plugin descriptor; /* copied: min(theirs, ours) bytes */
    const char *name;
    bool ready;               /* init has run */
    struct gw_events *events; /* for warnings; may be NULL */
    const struct gw_project *project;
    const struct gw_plugin_entry *entry; /* NULL: bundled, and not configured */
    enum gw_trust trust;
    struct gw_isolated *isolated; /* NULL: it is loaded into this process */
};

struct gw_registry; /* the loaded plugins of one command; opaque */

/* A plugin that the project brings along (path = ... outside of that folder) is loaded only if the user has trusted
 * it, or a pin in a configuration that the caller named fits: cloning a repository must not run code.
 * folder: where bundled plugins live; NULL: GODWIT_PLUGIN_DIR (ignored for root and set-id programs unless
 * the folder passes the path checks), else beside the program (build tree: <program>/plugins,
 * install: ../lib/godwit/plugins). */
int gw_registry_new(struct gw_registry **out, const struct gw_project *project, const char *folder,
                    struct gw_events *events, const struct gw_stop *stop, struct gw_fault *fault);
/* The program that serves isolated plugins: another godwit, by its path. By default the running program if it is
 * called godwit, else the godwit that the folder of bundled plugins belongs to. */
void gw_registry_use_host(struct gw_registry *registry, const char *program);
/* Calls fini in reverse order; never unmaps; ends the processes of isolated plugins. It is for the thread that has
 * loaded them: when that ends, the system ends them. NULL is fine. */
void gw_registry_free(struct gw_registry *registry);

/* Loads (once) the plugin called name: that entry of plugins = (...), else bundled. */
int gw_registry_load(struct gw_registry *registry, const char *name,
                     const struct gw_plugin_loaded **out, struct gw_fault *fault);
/* The same without init: what the plugin says of itself. */
int gw_registry_describe(struct gw_registry *registry, const char *name,
                         const struct gw_plugin_loaded **out, struct gw_fault *fault);
/* What the file of the plugin called name says that it is (GW_KIND_*): read, not loaded. */
int gw_registry_kinds(struct gw_registry *registry, const char *name, uint32_t *kinds,
                      struct gw_fault *fault);
/* Nothing more is to be had from it: its own process has ended. */
bool gw_plugin_dead(const struct gw_plugin_loaded *plugin);
/* Copies min(theirs, size) bytes of the vtable that the plugin provides as id into out, zeroing the rest;
 * false if it provides none. The vtable starts with its uint32_t struct_size. */
bool gw_plugin_interface(const struct gw_plugin_loaded *plugin, const char *id, void *out,
                         size_t size);

/* Checks the file of the plugin called name and records in the user's trust file that it may run; one that is
 * bundled needs no such record. */
int gw_registry_trust(struct gw_registry *registry, const char *name, struct gw_plugin_facts *out,
                      enum gw_trust *trust, struct gw_fault *fault);
/* Takes that back. name is a plugin's, or a path with a '/' in it; out gets the path. */
int gw_registry_revoke(struct gw_registry *registry, const char *name, char out[GW_PLUGIN_PATH],
                       bool *found, struct gw_fault *fault);

/* One line of `plugin list`: bundled files and configured entries, nothing loaded. */
struct gw_plugin_listing {
    const char *name;
    const char *path;
    const char *source; /* "bundled" or "plugins.conf:12" */
    enum gw_trust trust;
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
