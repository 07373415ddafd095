/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"

#include "base/hash.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/auxv.h>

#define ALLOW "GODWIT_ALLOW_PLUGINS"

const char *gw_entry_place(struct gw_arena *arena, const struct gw_project *project,
                           const struct gw_plugin_entry *entry)
{
    return gw_arena_printf(arena, "%s:%u", project->file ? project->file : "plugins.conf",
                           entry->line);
}

static bool inside(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    while (len && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* Is sha256 one of the words of list? They stand between white space, commas or colons. */
static bool listed(const char *list, const char *sha256)
{
    while (*list) {
        size_t len = 0;
        while (isxdigit((unsigned char)list[len]))
            len++;
        if (len == GW_HASH_TEXT - 1 && strncasecmp(list, sha256, len) == 0)
            return true;
        list += len ? len : 1;
    }
    return false;
}

static int check_trust(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                       const struct gw_plugin_facts *facts, struct gw_fault *fault)
{
    const char *allowed = getauxval(AT_SECURE) ? NULL : getenv(ALLOW);

    if (inside(facts->path, registry->folder) || (allowed && listed(allowed, facts->sha256)))
        return GW_DONE;
    gw_fail(fault, GW_PLUGIN_REFUSED,
            "plugin '%s' is a file of this project and not allowed to run: '%.400s' with sha256 %s",
            entry->name, facts->path, facts->sha256);
    return gw_hint(fault, "if you trust it: export %s=\"%s%s\"", ALLOW,
                   allowed && allowed[0] ? "$" ALLOW " " : "", facts->sha256);
}

int gw_entry_check(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                   const struct gw_plugin_facts *facts, struct gw_fault *fault)
{
    const struct gw_project *project = registry->project;
    int code = GW_DONE;

    if (entry->isolate && strcmp(entry->isolate, "process") == 0) {
        code =
            gw_fail(fault, GW_PLUGIN_REFUSED,
                    "plugin '%s' is to have a process of its own, which this godwit cannot give it",
                    entry->name);
        gw_hint(fault, "write isolate = \"none\"; if it may run within godwit");
    } else if (entry->path)
        code = check_trust(registry, entry, facts, fault);
    if (code)
        gw_fault_prefix(fault, "%s:%u", project->file ? project->file : "plugins.conf",
                        entry->line);
    return code;
}
