/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of loading: the file, its note, its descriptor. Each refuses with GW_PLUGIN_REFUSED. */
#ifndef GW_PLUGIN_LOADER_H
#define GW_PLUGIN_LOADER_H

#include "base/vec.h"
#include "plugin/file.h"
#include "plugin/object.h"
#include "plugin/registry.h"

/* Can this host serve that ABI? name is the plugin or its file. */
int gw_abi_check(const char *name, unsigned major, unsigned minor, struct gw_fault *fault);
/* What the file says of itself: fills abi_major, abi_minor and kinds, and refuses what is not loaded. */
int gw_plugin_file_check(struct gw_plugin_file *file, struct gw_fault *fault);

/* Opens the checked file and checks what it says of itself; runs its constructors, but not init. sealed: by the bytes
 * that were read, whatever has its path by now; else by its path. Fills plugin->facts and plugin->descriptor;
 * *theirs is the plugin's own. */
int gw_plugin_open(struct gw_plugin_loaded *plugin, const struct gw_plugin_file *file, bool sealed,
                   const struct gw_plugin **theirs, struct gw_fault *fault);
/* The same by a name for dlopen, with plugin->facts filled already. */
int gw_plugin_open_as(struct gw_plugin_loaded *plugin, const char *name,
                      const struct gw_plugin **theirs, struct gw_fault *fault);
/* Copies theirs into plugin->descriptor, and checks it. */
int gw_descriptor_check(struct gw_plugin_loaded *plugin, const struct gw_plugin *theirs,
                        struct gw_fault *fault);
/* Options whose table, defaults included, makes sense. */
int gw_options_check(const struct gw_plugin_loaded *plugin, struct gw_fault *fault);

struct gw_plugin_slot { /* one name that was asked for, loaded or refused */
    struct gw_plugin_loaded plugin;
    const struct gw_plugin *theirs; /* NULL until its descriptor is known */
    struct gw_fault fault;          /* code 0: loaded */
};

struct gw_registry {
    struct gw_arena arena;
    const struct gw_project *project;
    const char *folder; /* of bundled plugins; resolved, if it exists */
    struct gw_events *events;
    const struct gw_stop *stop;
    bool guarded;     /* it holds the guard (guard.h) */
    const char *host; /* the program that serves isolated plugins; NULL: found out */
    GW_VEC(struct gw_plugin_slot *) slots; /* in the order of loading */
};

/* Where the plugin called name is: its path, and its entry or NULL. */
int gw_registry_find(struct gw_registry *registry, const char *name, const char **path,
                     const struct gw_plugin_entry **entry, struct gw_fault *fault);
struct gw_plugin_examined {              /* zero-initialise; file is to be closed in any case */
    const struct gw_plugin_entry *entry; /* NULL: bundled, and not configured */
    const char *path;                    /* as configured; NULL: there is no such plugin */
    struct gw_plugin_file file;
    enum gw_trust trust;
    bool
        sealed; /* its bytes were checked one by one: those are to be loaded, not what has the path */
    bool isolated; /* it is to have a process of its own */
};
/* All that comes before dlopen, in the order of docs/plugins.md: configuration, place, pins and trust, the object.
 * hash: tell its sha256 even if nothing asks for it. */
int gw_registry_examine(struct gw_registry *registry, struct gw_plugin_examined *out,
                        const char *name, bool hash, struct gw_fault *fault);

/* Did that file come with Godwit? entry may be NULL. */
bool gw_entry_bundled(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                      const char *path);
/* Does the entry ask for a process of its own, and does it make sense for what the file is? */
int gw_entry_isolated(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                      const struct gw_plugin_facts *facts, bool *isolated, struct gw_fault *fault);
/* Do pins and the user allow that the hashed file runs at all? */
int gw_entry_check(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                   const struct gw_plugin_file *file, enum gw_trust *trust, struct gw_fault *fault);
/* Puts "plugins.conf:12: " before the message. */
int gw_entry_blame(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                   struct gw_fault *fault);
/* "plugins.conf:12" */
const char *gw_entry_place(struct gw_arena *arena, const struct gw_project *project,
                           const struct gw_plugin_entry *entry);

#endif
