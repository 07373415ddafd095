/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of loading: the file, its note, its descriptor. Each refuses with GW_PLUGIN_REFUSED. */
#ifndef GW_PLUGIN_LOADER_H
#define GW_PLUGIN_LOADER_H

#include "base/vec.h"
#include "plugin/registry.h"

/* Every folder on the way to real (absolute, resolved): owned by root or us, not writable by others. what
 * names what is being checked, for the message. */
int gw_parents_check(const char *real, const char *what, struct gw_fault *fault);
/* The same, and the folder itself. */
int gw_folder_check(const char *real, struct gw_fault *fault);

/* Fills abi_major, abi_minor and kinds from the note of the file, of which nothing is believed. */
int gw_elf_note(int fd, uint64_t size, struct gw_plugin_facts *out, struct gw_fault *fault);
/* Can this host serve that ABI? name is the plugin or its file. */
int gw_abi_check(const char *name, unsigned major, unsigned minor, struct gw_fault *fault);

/* Opens the inspected file and checks what it says of itself; runs its constructors, but not init. Fills
 * plugin->descriptor; *theirs is the plugin's own. */
int gw_plugin_open(struct gw_plugin_loaded *plugin, const struct gw_plugin **theirs,
                   struct gw_fault *fault);
/* Options whose table, defaults included, makes sense. */
int gw_options_check(const struct gw_plugin_loaded *plugin, struct gw_fault *fault);

struct gw_plugin_slot { /* one name that was asked for, loaded or refused */
    struct gw_plugin_loaded plugin;
    const struct gw_plugin *theirs;
    struct gw_fault fault; /* code 0: loaded */
};

struct gw_registry {
    struct gw_arena arena;
    const struct gw_project *project;
    const char *folder; /* of bundled plugins; resolved, if it exists */
    struct gw_events *events;
    const struct gw_stop *stop;
    GW_VEC(struct gw_plugin_slot *) slots; /* in the order of loading */
};

/* Where the plugin called name is: its path, and its entry or NULL. */
int gw_registry_find(struct gw_registry *registry, const char *name, const char **path,
                     const struct gw_plugin_entry **entry, struct gw_fault *fault);
/* Does the entry allow that the file runs in here, and the user that it runs at all? */
int gw_entry_check(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                   const struct gw_plugin_facts *facts, struct gw_fault *fault);
/* "plugins.conf:12" */
const char *gw_entry_place(struct gw_arena *arena, const struct gw_project *project,
                           const struct gw_plugin_entry *entry);

#endif
