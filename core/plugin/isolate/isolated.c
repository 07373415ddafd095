/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/isolate/isolated.h"

#include "base/file.h"
#include "plugin/image.h"
#include "plugin/isolate/spawn.h"
#include "plugin/place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SELF "/proc/self/exe"
#define START_NS INT64_C(10000000000)

/* ---- the program ---- */

static bool is_godwit(void)
{
    char program[PATH_MAX];
    ssize_t len = readlink(SELF, program, sizeof program - 1);
    if (len <= 0)
        return false;
    program[len] = '\0';
    const char *slash = strrchr(program, '/');
    return slash && strcmp(slash + 1, "godwit") == 0;
}

/* Where it lies, nobody else may have put it. */
static bool is_safe(const char *path, struct gw_fault *unsafe)
{
    char real[GW_PLUGIN_PATH];
    struct stat st;
    int fd;

    if (!gw_file_exists(path) || gw_path_resolve(real, path, unsafe))
        return false;
    const struct gw_place place = { real, "godwit" };
    if (!gw_place_open(&place, &fd, &st, unsafe, unsafe))
        close(fd);
    return !unsafe->code;
}

/* An embedding program is never started as if it were godwit: it might do its work a second time. */
static int find_program(const struct gw_registry *registry, struct gw_arena *arena,
                        const char **out, struct gw_fault *fault)
{
    static const char *const beside[] = { "/../godwit", "/../../../bin/godwit" };
    struct gw_fault unsafe = { 0 };

    *out = registry->host ? registry->host : is_godwit() ? SELF : NULL;
    for (size_t i = 0; i < sizeof beside / sizeof beside[0] && !*out; i++) {
        const char *path = gw_arena_printf(arena, "%s%s", registry->folder, beside[i]);
        if (path && is_safe(path, &unsafe))
            *out = path;
    }
    if (*out)
        return GW_DONE;
    if (unsafe.code) {
        *fault = unsafe;
        return unsafe.code;
    }
    gw_fail(fault, GW_PLUGIN_REFUSED,
            "there is no godwit beside '%.400s' that could give a plugin a process of its own",
            registry->folder);
    return gw_hint(fault, "install godwit beside the library, or write isolate = \"none\"; if the "
                          "plugin may run within this program");
}

/* ---- start ---- */

static int refused(const struct gw_exchange *x, struct gw_fault *fault)
{
    gw_fail(fault, GW_PLUGIN_REFUSED, "%s", x->refusal);
    return x->remedy[0] ? gw_hint(fault, "%s", x->remedy) : fault->code;
}

static int ask_to_load(struct gw_isolated *isolated, const struct gw_plugin_facts *facts,
                       struct gw_arena *arena, struct gw_fault *fault)
{
    const struct gw_hello hello = { .name = isolated->name,
                                    .path = isolated->path,
                                    .parent = getpid(),
                                    .memory = isolated->memory,
                                    .cpu_s = GW_ISOLATED_CPU_S,
                                    .files = GW_ISOLATED_FILES,
                                    .kinds = facts->kinds,
                                    .abi_major = facts->abi_major,
                                    .abi_minor = facts->abi_minor };
    struct gw_call call;
    struct gw_exchange x = { .of = isolated,
                             .call = &call,
                             .type = GW_MSG_HELLO,
                             .doing = "it was loaded",
                             .usual_ns = START_NS,
                             .payload = GW_BUF(GW_FRAME_MOST),
                             .kept = arena };

    gw_call_init(&call, isolated->name, isolated->events, NULL);
    gw_put_hello(&x.payload, &hello);
    gw_status status = gw_exchange(&x);
    if (x.done == GW_MSG_REFUSED)
        return refused(&x, fault);
    return x.done ? GW_DONE : gw_call_end(&call, status, "load", GW_PLUGIN_REFUSED, fault);
}

static int start(struct gw_isolated *isolated, const char *program,
                 const struct gw_plugin_examined *examined, struct gw_fault *fault)
{
    int image = -1;
    int code = gw_image_descriptor(&image, &examined->file, isolated->events, fault);
    if (code)
        return code;
    const struct gw_process_how how = { program, image };
    int error = gw_process_start(&isolated->process, isolated->name, &how);
    close(image);
    if (error)
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, error,
                             "cannot start '%.300s' as the process of plugin '%s'", program,
                             isolated->name);
    return GW_DONE;
}

int gw_isolated_open(struct gw_plugin_loaded *plugin, struct gw_registry *registry,
                     const struct gw_plugin_examined *examined, struct gw_fault *fault)
{
    struct gw_isolated *isolated = gw_arena_alloc(&registry->arena, sizeof *isolated);
    const struct gw_plugin_entry *entry = examined->entry;
    const char *program;

    if (!isolated)
        return gw_fail_memory(fault);
    plugin->facts = examined->file.facts;
    isolated->name = plugin->name;
    isolated->path = plugin->facts.path;
    isolated->events = registry->events;
    isolated->timeout_ns = entry ? entry->timeout_ns : 0;
    isolated->memory = entry && entry->memory ? entry->memory : GW_ISOLATED_MEMORY;
    int code = find_program(registry, &registry->arena, &program, fault);
    if (!code)
        code = start(isolated, program, examined, fault);
    if (code)
        return code;
    plugin->isolated = isolated; /* from here on it is closed with the registry */
    code = ask_to_load(isolated, &plugin->facts, &registry->arena, fault);
    struct gw_plugin descriptor = { 0 };
    if (!code)
        code = gw_isolated_proxies(isolated, &descriptor, &registry->arena, fault);
    return code ? code : gw_descriptor_check(plugin, &descriptor, fault);
}

/* ---- end ---- */

void gw_isolated_close(struct gw_isolated *isolated)
{
    struct gw_call call;

    if (!isolated)
        return;
    if (isolated->ready && isolated->process.fate == GW_FATE_ALIVE) {
        struct gw_exchange x = { .of = isolated,
                                 .call = &call,
                                 .type = GW_MSG_FINI,
                                 .doing = "it was ended",
                                 .usual_ns = START_NS,
                                 .payload = GW_BUF(1) };
        gw_call_init(&call, isolated->name, isolated->events, NULL);
        gw_exchange(&x);
        if (!x.done)
            gw_emit(isolated->events, GW_LEVEL_WARN, "plugin.died",
                    GW_FIELDS(gw_field_text("plugin", isolated->name),
                              gw_field_text("reason", isolated->died)),
                    "%s", isolated->died);
    }
    gw_process_end(&isolated->process, isolated->events);
}
