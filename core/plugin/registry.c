/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"

#include "base/file.h"
#include "plugin/guard.h"
#include "plugin/isolate/isolated.h"
#include "plugin/pin.h"
#include "plugin/place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLUGIN_DIR "GODWIT_PLUGIN_DIR"

/* ---- the folder of bundled plugins ---- */

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Resolved if it exists, so that it can be compared with resolved files. */
static const char *resolved(struct gw_arena *arena, const char *path)
{
    char *real = realpath(path, NULL);
    const char *kept = gw_arena_string(arena, real ? real : path);
    free(real);
    return kept;
}

/* The folder that the environment names, or NULL. With more rights at stake than the caller's own it must
 * be one that nobody else can write into. */
static const char *folder_of_environment(struct gw_registry *registry)
{
    const char *value = getenv(PLUGIN_DIR);
    struct gw_fault reason = { 0 };

    if (!value || !value[0])
        return NULL;
    const char *folder = resolved(&registry->arena, value);
    if (!folder || (geteuid() != 0 && !getauxval(AT_SECURE)) || !gw_place_folder(folder, &reason))
        return folder;
    gw_emit(registry->events, GW_LEVEL_WARN, "plugin.folder_ignored",
            GW_FIELDS(gw_field_text("folder", folder), gw_field_text("reason", reason.message)),
            "%s is ignored: %s", PLUGIN_DIR, reason.message);
    return NULL;
}

/* <program>/plugins in a build tree, else where an installation has them. */
static const char *folder_beside_program(struct gw_arena *arena)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0)
        return "/usr/lib/godwit/plugins";
    program[len] = '\0';
    const char *beside = gw_file_folder(arena, program);
    const char *built = beside ? gw_arena_printf(arena, "%s/plugins", beside) : NULL;
    if (!built || is_folder(built))
        return built ? resolved(arena, built) : NULL;
    const char *installed = gw_arena_printf(arena, "%s/../lib/godwit/plugins", beside);
    return installed ? resolved(arena, installed) : NULL;
}

int gw_registry_new(struct gw_registry **out, const struct gw_project *project, const char *folder,
                    struct gw_events *events, const struct gw_stop *stop, struct gw_fault *fault)
{
    *out = NULL;
    if (getuid() != geteuid() || getgid() != getegid()) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "a set-id program loads no plugins");
        return gw_hint(fault,
                       "take the set-id bit away and use sudo, which cleans the environment");
    }
    struct gw_registry *registry = calloc(1, sizeof *registry);
    if (!registry)
        return gw_fail_memory(fault);
    registry->project = project;
    registry->events = events;
    registry->stop = stop;
    if (folder)
        registry->folder = resolved(&registry->arena, folder);
    else
        registry->folder = folder_of_environment(registry);
    if (!registry->folder && !folder)
        registry->folder = folder_beside_program(&registry->arena);
    if (!registry->folder) {
        gw_registry_free(registry);
        return gw_fail_memory(fault);
    }
    gw_guard_hold();
    registry->guarded = true;
    *out = registry;
    return GW_DONE;
}

static void run_fini(const struct gw_registry *registry, const struct gw_plugin_loaded *plugin)
{
    struct gw_call call;
    gw_call_init(&call, plugin->name, registry->events, registry->stop);
    gw_call_enter(&call, "fini", GW_UNCHANGED);
    plugin->descriptor.fini();
    gw_call_leave(&call);
}

void gw_registry_free(struct gw_registry *registry)
{
    if (!registry)
        return;
    for (size_t i = registry->slots.len; i; i--) {
        const struct gw_plugin_loaded *plugin = &registry->slots.at[i - 1]->plugin;
        if (plugin->isolated)
            gw_isolated_close(plugin->isolated);
        else if (plugin->ready && plugin->descriptor.fini)
            run_fini(registry, plugin);
    }
    if (registry->guarded)
        gw_guard_drop();
    gw_vec_free(&registry->slots);
    gw_arena_free(&registry->arena);
    free(registry);
}

/* ---- loading ---- */

/* A file is one plugin: init runs once, whatever names it has. */
static int check_once(const struct gw_registry *registry, const struct gw_plugin_slot *slot,
                      const char *path, struct gw_fault *fault)
{
    for (size_t i = 0; i < registry->slots.len; i++) {
        const struct gw_plugin_slot *other = registry->slots.at[i];
        if (other == slot || !other->theirs ||
            (other->theirs != slot->theirs && strcmp(other->plugin.facts.path, path) != 0))
            continue;
        gw_fail(fault, GW_PLUGIN_REFUSED, "plugin '%s' is the same file as plugin '%s': '%.400s'",
                slot->plugin.name, other->plugin.name, path);
        return gw_hint(fault, "remove one of the two entries");
    }
    return GW_DONE;
}

static int run_init(const struct gw_registry *registry, struct gw_plugin_loaded *plugin,
                    struct gw_fault *fault)
{
    struct gw_call call;
    if (plugin->isolated && !(plugin->descriptor.flags & GW_P_ISOLATABLE)) {
        gw_fail(fault, GW_PLUGIN_REFUSED,
                "plugin '%s' does not say that it works in a process of its own", plugin->name);
        return gw_hint(fault, "isolate = \"none\"; in its entry of plugins.conf lets it run within "
                              "godwit, if you trust it so far");
    }
    if (plugin->descriptor.init) {
        gw_call_to(&call, plugin, NULL, registry->stop);
        gw_call_enter(&call, "init", GW_PLUGIN_REFUSED);
        gw_status status = plugin->descriptor.init(&call, &gw_host_table);
        int code = gw_call_end(&call, status, "init", GW_PLUGIN_REFUSED, fault);
        if (code)
            return code;
    }
    plugin->ready = true;
    return GW_DONE;
}

int gw_registry_examine(struct gw_registry *registry, struct gw_plugin_examined *out,
                        const char *name, bool hash, struct gw_fault *fault)
{
    struct gw_fault unsafe = { 0 };

    out->file.fd = -1;
    int code = gw_registry_find(registry, name, &out->path, &out->entry, fault);
    if (code)
        return code;
    /* Only a pin or the user's trust looks at the hash; a bundled file need not be hashed to be loaded. */
    out->sealed = out->entry && (out->entry->path || gw_pinned(out->entry));
    hash = hash || out->sealed;
    code = gw_plugin_file_open(&out->file, out->path, hash, &unsafe, fault);
    if (!code && unsafe.code) {
        *fault = unsafe;
        code = fault->code;
    }
    if (code)
        return out->entry ? gw_entry_blame(registry, out->entry, fault) : code;
    if (hash)
        gw_plugin_file_hash(&out->file);
    out->trust = GW_TRUST_BUNDLED;
    if (out->entry)
        code = gw_entry_check(registry, out->entry, &out->file, &out->trust, fault);
    if (code)
        return code;
    if (gw_plugin_file_check(&out->file, fault))
        return out->entry ? gw_entry_blame(registry, out->entry, fault) : fault->code;
    return gw_entry_isolated(registry, out->entry, &out->file.facts, &out->isolated, fault);
}

void gw_registry_use_host(struct gw_registry *registry, const char *program)
{
    registry->host = gw_arena_string(&registry->arena, program);
}

static int describe_slot(struct gw_registry *registry, struct gw_plugin_slot *slot)
{
    struct gw_plugin_examined examined = { 0 };
    struct gw_fault *fault = &slot->fault;

    int code = gw_registry_examine(registry, &examined, slot->plugin.name, false, fault);
    if (!code)
        code = check_once(registry, slot, examined.file.facts.path, fault);
    slot->plugin.entry = examined.entry;
    slot->plugin.trust = examined.trust;
    if (!code && examined.isolated) {
        code = gw_isolated_open(&slot->plugin, registry, &examined, fault);
        slot->theirs = code ? NULL : &slot->plugin.descriptor;
    } else if (!code)
        code = gw_plugin_open(&slot->plugin, &examined.file, examined.sealed, &slot->theirs, fault);
    if (!code)
        code = check_once(registry, slot, examined.file.facts.path, fault);
    gw_plugin_file_close(&examined.file);
    return code;
}

static struct gw_plugin_slot *slot_of(struct gw_registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->slots.len; i++)
        if (strcmp(registry->slots.at[i]->plugin.name, name) == 0)
            return registry->slots.at[i];
    return NULL;
}

/* A fault stays in the slot: constructors and init are never tried twice. */
static int answer(const struct gw_plugin_slot *slot, const struct gw_plugin_loaded **out,
                  struct gw_fault *fault)
{
    if (slot->fault.code) {
        gw_fail(fault, slot->fault.code, "%s", slot->fault.message);
        return gw_hint(fault, "%s", slot->fault.hint);
    }
    *out = &slot->plugin;
    return GW_DONE;
}

/* The slot of that name, its descriptor known or its fault set; NULL when out of memory. */
static struct gw_plugin_slot *described(struct gw_registry *registry, const char *name)
{
    struct gw_plugin_slot *slot = slot_of(registry, name);

    if (slot)
        return slot;
    slot = gw_arena_alloc(&registry->arena, sizeof *slot);
    const char *kept = gw_arena_string(&registry->arena, name);
    if (!slot || !kept || !gw_vec_push(&registry->slots, slot))
        return NULL;
    slot->plugin.name = kept;
    slot->plugin.events = registry->events;
    slot->plugin.project = registry->project;
    describe_slot(registry, slot);
    return slot;
}

int gw_registry_describe(struct gw_registry *registry, const char *name,
                         const struct gw_plugin_loaded **out, struct gw_fault *fault)
{
    *out = NULL;
    const struct gw_plugin_slot *slot = described(registry, name);
    return slot ? answer(slot, out, fault) : gw_fail_memory(fault);
}

int gw_registry_load(struct gw_registry *registry, const char *name,
                     const struct gw_plugin_loaded **out, struct gw_fault *fault)
{
    *out = NULL;
    struct gw_plugin_slot *slot = described(registry, name);
    if (!slot)
        return gw_fail_memory(fault);
    if (!slot->fault.code && !slot->plugin.ready)
        run_init(registry, &slot->plugin, &slot->fault);
    return answer(slot, out, fault);
}

int gw_registry_kinds(struct gw_registry *registry, const char *name, uint32_t *kinds,
                      struct gw_fault *fault)
{
    struct gw_plugin_examined examined = { .file = { .fd = -1 } };
    struct gw_fault unsafe = { 0 };
    const struct gw_plugin_slot *slot = slot_of(registry, name);

    if (slot && !slot->fault.code) { /* what was loaded counts, not what has its path by now */
        *kinds = slot->plugin.facts.kinds;
        return GW_DONE;
    }
    int code = gw_registry_find(registry, name, &examined.path, &examined.entry, fault);
    if (!code)
        code = gw_plugin_file_open(&examined.file, examined.path, false, &unsafe, fault);
    if (!code)
        code = gw_plugin_file_check(&examined.file, fault);
    *kinds = examined.file.facts.kinds;
    gw_plugin_file_close(&examined.file);
    return code;
}

bool gw_plugin_dead(const struct gw_plugin_loaded *plugin)
{
    return plugin->isolated && plugin->isolated->process.fate != GW_FATE_ALIVE;
}
