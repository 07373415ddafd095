/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the plugin, and makes the calls that godwit asks for. */
#include "plugin/isolate/host.h"

#include "base/clock.h"
#include "plugin/isolate/spawn.h"
#include "plugin/loader.h"

#include <stdio.h>
#include <string.h>

#define IMAGE "/proc/self/fd/4"
_Static_assert(GW_HOST_IMAGE == 4, "IMAGE names it");

/* ---- loading ---- */

static uint32_t slots_of(bool open, bool close, uint32_t others)
{
    return (open ? GW_SLOT_OPEN : 0U) | (close ? GW_SLOT_CLOSE : 0U) | others;
}

static void describe(struct gw_server *server)
{
    struct gw_described *told = &server->told;
    const struct gw_validator *validator = &told->validator;
    const struct gw_backup *backup = &told->backup;
    const struct gw_hook *hook = &told->hook;

    told->plugin = server->plugin.descriptor;
    gw_plugin_interface(&server->plugin, GW_VALIDATOR, &told->validator, sizeof *validator);
    gw_plugin_interface(&server->plugin, GW_BACKUP, &told->backup, sizeof *backup);
    gw_plugin_interface(&server->plugin, GW_HOOK, &told->hook, sizeof *hook);
    told->slots[0] =
        slots_of(validator->open, validator->close, validator->check ? GW_SLOT_CHECK : 0U);
    told->slots[1] = slots_of(
        backup->open, backup->close,
        (backup->take ? GW_SLOT_TAKE : 0U) | (backup->restore ? GW_SLOT_RESTORE : 0U) |
            (backup->verify ? GW_SLOT_VERIFY : 0U) | (backup->discard ? GW_SLOT_DISCARD : 0U));
    told->slots[2] = slots_of(hook->open, hook->close, hook->handle ? GW_SLOT_HANDLE : 0U);
}

bool gw_server_load(struct gw_server *server)
{
    struct gw_buf payload = GW_BUF(GW_FRAME_MOST);
    struct gw_fault fault = { 0 };
    const struct gw_plugin *theirs;

    int code = gw_plugin_open_as(&server->plugin, IMAGE, &theirs, &fault);
    if (!code) {
        describe(server);
        gw_put_described(&payload, &server->told);
        if (payload.failed)
            code = gw_fail(&fault, GW_PLUGIN_REFUSED, "plugin '%s' has too much to tell of itself",
                           server->plugin.name);
    }
    if (code) {
        gw_buf_free(&payload);
        payload = GW_BUF(GW_FRAME_MOST);
        gw_put_int(&payload, code);
        gw_put_text(&payload, (struct gw_str){ fault.message, strlen(fault.message) },
                    GW_TEXT_LONG);
        gw_put_text(&payload, (struct gw_str){ fault.hint, strlen(fault.hint) }, GW_TEXT_LONG);
    }
    bool sent = gw_server_send_buf(server, code ? GW_MSG_REFUSED : GW_MSG_READY, &payload);
    gw_buf_free(&payload);
    return sent && !code;
}

/* ---- instances ---- */

static struct gw_served_instance *instance_of(struct gw_server *server, uint64_t handle)
{
    for (size_t i = 0; i < server->instances.len; i++)
        if (server->instances.at[i].handle == handle)
            return &server->instances.at[i];
    return NULL;
}

typedef gw_status opener(struct gw_call *, const struct gw_setup *, void **self);
typedef void closer(void *self);

static opener *opener_of(const struct gw_described *told, uint32_t kind)
{
    return kind == GW_KIND_VALIDATOR ? told->validator.open
           : kind == GW_KIND_BACKUP  ? told->backup.open
                                     : told->hook.open;
}

static closer *closer_of(const struct gw_described *told, uint32_t kind)
{
    return kind == GW_KIND_VALIDATOR ? told->validator.close
           : kind == GW_KIND_BACKUP  ? told->backup.close
                                     : told->hook.close;
}

static gw_status open_one(struct gw_server *server, struct gw_items *items, struct gw_arena *arena,
                          uint64_t handle)
{
    struct gw_served_instance instance = { .kind = gw_take_word32(items),
                                           .handle = (uint32_t)handle };
    opener *open = opener_of(&server->told, instance.kind);
    struct gw_setup setup;

    gw_take_setup(items, arena, &setup);
    if (!gw_items_end(items))
        return GW_E_INTERNAL;
    gw_status status = open ? open(&server->call, &setup, &instance.self) : GW_OK;
    if (status == GW_OK && !gw_vec_push(&server->instances, instance))
        return GW_E_NO_MEMORY;
    return status;
}

static gw_status close_one(struct gw_server *server, struct gw_served_instance *instance)
{
    closer *close = closer_of(&server->told, instance->kind);
    void *self = instance->self;

    *instance = server->instances.at[--server->instances.len];
    if (close)
        close(self);
    return GW_OK;
}

/* ---- calls to one ---- */

static gw_status check(struct gw_server *server, struct gw_items *items, struct gw_arena *arena,
                       void *self)
{
    struct gw_subject subject;
    gw_take_subject(items, arena, &subject);
    return gw_items_end(items)
               ? server->told.validator.check(&server->call, self, &subject, &gw_server_findings)
               : GW_E_INTERNAL;
}

static gw_status handle(struct gw_server *server, struct gw_items *items, struct gw_arena *arena,
                        void *self)
{
    struct gw_hook_event event;
    gw_take_event(items, arena, &event);
    return gw_items_end(items) ? server->told.hook.handle(&server->call, self, &event)
                               : GW_E_INTERNAL;
}

static gw_status take(struct gw_server *server, struct gw_items *items, struct gw_arena *arena,
                      void *self)
{
    struct gw_target target;
    gw_take_target(items, arena, &target);
    return gw_items_end(items)
               ? server->told.backup.take(&server->call, self, &target, &gw_server_backup_out)
               : GW_E_INTERNAL;
}

static gw_status restore(struct gw_server *server, struct gw_items *items, struct gw_arena *arena,
                         void *self)
{
    struct gw_artifact artifact;
    struct gw_target target;
    const bool kept = gw_take_count(items, 1, 1);

    if (kept)
        gw_take_artifact(items, &artifact);
    gw_take_target(items, arena, &target);
    return gw_items_end(items) ? server->told.backup.restore(&server->call, self,
                                                             kept ? NULL : &gw_server_backup_in,
                                                             kept ? &artifact : NULL, &target)
                               : GW_E_INTERNAL;
}

static gw_status verify(struct gw_server *server, struct gw_items *items, struct gw_arena *arena,
                        void *self)
{
    struct gw_artifact artifact;
    (void)arena;
    gw_take_artifact(items, &artifact);
    return gw_items_end(items) ? server->told.backup.verify(&server->call, self, &artifact)
                               : GW_E_INTERNAL;
}

static gw_status discard(struct gw_server *server, struct gw_items *items, struct gw_arena *arena,
                         void *self)
{
    struct gw_artifact artifact;
    (void)arena;
    gw_take_artifact(items, &artifact);
    return gw_items_end(items) ? server->told.backup.discard(&server->call, self, &artifact)
                               : GW_E_INTERNAL;
}

typedef gw_status caller(struct gw_server *, struct gw_items *, struct gw_arena *, void *self);

static caller *caller_of(uint16_t type)
{
    static const struct {
        uint16_t type;
        caller *call;
    } callers[] = {
        { GW_MSG_CHECK, check },     { GW_MSG_HANDLE, handle }, { GW_MSG_TAKE, take },
        { GW_MSG_RESTORE, restore }, { GW_MSG_VERIFY, verify }, { GW_MSG_DISCARD, discard },
    };
    for (size_t i = 0; i < sizeof callers / sizeof callers[0]; i++)
        if (callers[i].type == type)
            return callers[i].call;
    return NULL;
}

static gw_status make_call(struct gw_server *server, uint16_t type, uint64_t to,
                           struct gw_items *items, struct gw_arena *arena)
{
    const struct gw_plugin *plugin = &server->plugin.descriptor;
    struct gw_served_instance *instance = instance_of(server, to);
    caller *call = caller_of(type);

    if (type == GW_MSG_INIT)
        return plugin->init ? plugin->init(&server->call, &gw_server_host) : GW_OK;
    if (type == GW_MSG_FINI) {
        if (plugin->fini)
            plugin->fini();
        return GW_OK;
    }
    if (type == GW_MSG_OPEN)
        return open_one(server, items, arena, to);
    if (!instance)
        return GW_E_INTERNAL;
    if (type == GW_MSG_CLOSE)
        return close_one(server, instance);
    return call ? call(server, items, arena, instance->self) : GW_E_INTERNAL;
}

static void send_return(struct gw_server *server, gw_status status)
{
    struct gw_buf payload = GW_BUF(GW_FRAME_MOST);
    gw_put_int(&payload, status);
    gw_put_error(&payload, &server->call);
    gw_server_send_buf(server, GW_MSG_RETURN, &payload);
    gw_buf_free(&payload);
}

void gw_server_serve(struct gw_server *server)
{
    struct gw_arena arena = { 0 };
    const uint16_t type = server->type;
    const uint32_t id = server->id;
    const size_t len = server->in.len;
    /* What it is called with lives until it returns, whatever it asks meanwhile. */
    struct gw_buf message = server->in;
    server->in = (struct gw_buf){ .ceiling = message.ceiling };
    struct gw_items items = gw_items_of((struct gw_str){ message.data, len });
    const uint64_t to = gw_take_word(&items);
    const int64_t limit = gw_take_int(&items, 0, INT64_MAX);
    const int64_t now = gw_clock_steady_ns();

    gw_call_init(&server->call, server->plugin.name, NULL, &server->stop);
    server->call.sink = server;
    server->call.deadline_ns = limit < INT64_MAX - now ? now + limit : 0;
    server->stop.level = GW_STOP_NONE;
    server->sink_says = GW_OK;
    server->look_ns = server->progress_ns = 0;
    gw_status status = make_call(server, type, to, &items, &arena);
    fflush(stdout); /* what it printed belongs to this call */
    server->id = id;
    send_return(server, status);
    gw_arena_free(&arena);
    gw_buf_free(&message);
}
