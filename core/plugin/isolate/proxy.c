/* SPDX-License-Identifier: Apache-2.0 */
/* The vtables of an isolated plugin: each entry is a call to its process. */
#include "plugin/isolate/isolated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* How long a call may take where nothing says otherwise. A backup's time is that of the database. */
#define OPEN_NS (10 * SECOND)
#define CHECK_NS (60 * SECOND)
#define HANDLE_NS (10 * SECOND)
#define BACKUP_NS (24 * 3600 * SECOND)

enum {
    DOING = 160,
    PAYLOAD_MOST = 1 << 30
};

struct instance {
    struct gw_isolated *of;
    uint32_t handle;
};

static struct gw_exchange exchange_of(const struct instance *instance, struct gw_call *call,
                                      uint16_t type, int64_t usual_ns)
{
    return (struct gw_exchange){ .of = instance->of,
                                 .call = call,
                                 .type = type,
                                 .handle = instance->handle,
                                 .usual_ns = usual_ns,
                                 .payload = GW_BUF(PAYLOAD_MOST) };
}

/* "checking '7b15fd9db179'"; what stands in quotes comes from users. */
static void doing_to(char out[DOING], const char *verb, struct gw_str what)
{
    snprintf(out, DOING, "%s '%.*s'", verb, what.len < 100 ? (int)what.len : 100,
             what.ptr ? what.ptr : "");
}

/* ---- init, open, close ---- */

static gw_status refuse(struct gw_call *call, gw_status code, const char *message)
{
    const struct gw_error error = { .struct_size = sizeof error,
                                    .code = code,
                                    .message = { message, strlen(message) } };
    return gw_host_table.fail(call, &error);
}

static gw_status proxy_init(struct gw_call *call, const struct gw_host *host)
{
    const struct instance plugin = { call->to->isolated, 0 };
    struct gw_exchange x = exchange_of(&plugin, call, GW_MSG_INIT, OPEN_NS);
    (void)host;
    x.doing = "it was started";
    gw_status status = gw_exchange(&x);
    plugin.of->ready = status == GW_OK;
    return status;
}

static gw_status open_instance(struct gw_call *call, const struct gw_setup *setup, void **self,
                               uint32_t kind)
{
    struct gw_isolated *of = call->to ? call->to->isolated : NULL;

    *self = NULL;
    if (!of)
        return refuse(call, GW_E_INTERNAL,
                      "the call to open an isolated plugin does not tell which one it is");
    struct instance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return refuse(call, GW_E_NO_MEMORY, "out of memory");
    *instance = (struct instance){ of, ++of->last_handle };
    struct gw_exchange x = exchange_of(instance, call, GW_MSG_OPEN, OPEN_NS);
    x.doing = "it was opened";
    gw_put_word(&x.payload, kind);
    gw_put_setup(&x.payload, setup);
    gw_status status = gw_exchange(&x);
    if (status == GW_OK)
        *self = instance;
    else
        free(instance);
    return status;
}

static gw_status validator_open(struct gw_call *call, const struct gw_setup *setup, void **self)
{
    return open_instance(call, setup, self, GW_KIND_VALIDATOR);
}

static gw_status backup_open(struct gw_call *call, const struct gw_setup *setup, void **self)
{
    return open_instance(call, setup, self, GW_KIND_BACKUP);
}

static gw_status hook_open(struct gw_call *call, const struct gw_setup *setup, void **self)
{
    return open_instance(call, setup, self, GW_KIND_HOOK);
}

/* Nobody can be told but by an event; one that is dead already was told of. */
static void instance_close(void *self)
{
    struct instance *instance = self;
    struct gw_isolated *of = instance->of;
    struct gw_call call;

    gw_call_init(&call, of->name, of->events, NULL);
    if (of->process.fate == GW_FATE_ALIVE) {
        struct gw_exchange x = exchange_of(instance, &call, GW_MSG_CLOSE, OPEN_NS);
        x.doing = "it was closed";
        gw_exchange(&x);
        if (!x.done)
            gw_emit(of->events, GW_LEVEL_WARN, "plugin.died",
                    GW_FIELDS(gw_field_text("plugin", of->name), gw_field_text("reason", of->died)),
                    "%s", of->died);
    }
    free(instance);
}

/* ---- validator ---- */

static const char *phase_name(uint64_t phase)
{
    switch (phase) {
    case GW_PHASE_BEFORE:
        return "checking the database before the run";
    case GW_PHASE_AFTER:
        return "checking the database after the run";
    case GW_PHASE_MONITOR:
        return "watching the database";
    default:
        return "checking";
    }
}

static gw_status validator_check(struct gw_call *call, void *self, const struct gw_subject *subject,
                                 const struct gw_findings_out *out)
{
    struct gw_exchange x = exchange_of(self, call, GW_MSG_CHECK, CHECK_NS);
    char doing[DOING];

    if (subject->revision.len)
        doing_to(doing, "checking", subject->revision);
    else
        snprintf(doing, sizeof doing, "%s", phase_name(subject->phase));
    x.doing = doing;
    x.findings = out;
    gw_put_subject(&x.payload, subject);
    return gw_exchange(&x);
}

/* ---- hook ---- */

static gw_status hook_handle(struct gw_call *call, void *self, const struct gw_hook_event *event)
{
    struct gw_exchange x = exchange_of(self, call, GW_MSG_HANDLE, HANDLE_NS);
    char doing[DOING];

    doing_to(doing, "handling", event->type);
    x.doing = doing;
    gw_put_event(&x.payload, event);
    return gw_exchange(&x);
}

/* ---- backup ---- */

static gw_status backup_take(struct gw_call *call, void *self, const struct gw_target *target,
                             const struct gw_backup_out *out)
{
    struct gw_exchange x = exchange_of(self, call, GW_MSG_TAKE, BACKUP_NS);
    char doing[DOING];

    doing_to(doing, "taking a backup of", target->database);
    x.doing = doing;
    x.out = out;
    gw_put_target(&x.payload, target);
    return gw_exchange(&x);
}

static gw_status backup_restore(struct gw_call *call, void *self, const struct gw_backup_in *in,
                                const struct gw_artifact *artifact, const struct gw_target *target)
{
    struct gw_exchange x = exchange_of(self, call, GW_MSG_RESTORE, BACKUP_NS);
    char doing[DOING];

    doing_to(doing, "restoring", target->database);
    x.doing = doing;
    x.in = in;
    gw_put_count(&x.payload, artifact != NULL);
    if (artifact)
        gw_put_artifact(&x.payload, artifact);
    gw_put_target(&x.payload, target);
    return gw_exchange(&x);
}

static gw_status with_artifact(struct gw_call *call, void *self, const struct gw_artifact *artifact,
                               uint16_t type, const char *verb)
{
    struct gw_exchange x = exchange_of(self, call, type, BACKUP_NS);
    char doing[DOING];

    doing_to(doing, verb, artifact->locator);
    x.doing = doing;
    gw_put_artifact(&x.payload, artifact);
    return gw_exchange(&x);
}

static gw_status backup_verify(struct gw_call *call, void *self, const struct gw_artifact *artifact)
{
    return with_artifact(call, self, artifact, GW_MSG_VERIFY, "verifying the backup");
}

static gw_status backup_discard(struct gw_call *call, void *self,
                                const struct gw_artifact *artifact)
{
    return with_artifact(call, self, artifact, GW_MSG_DISCARD, "discarding the backup");
}

/* ---- the tables ---- */

/* open and close are always there: the instance is ours, even where the plugin has none. A slot that it lacks is
 * lacking here, too. */
static void fill_validator(struct gw_isolated *isolated)
{
    const uint32_t slots = isolated->told.slots[0];

    isolated->validator = isolated->told.validator;
    isolated->validator.open = validator_open;
    isolated->validator.close = instance_close;
    isolated->validator.check = slots & GW_SLOT_CHECK ? validator_check : NULL;
}

static void fill_backup(struct gw_isolated *isolated)
{
    const uint32_t slots = isolated->told.slots[1];

    isolated->backup = isolated->told.backup;
    isolated->backup.open = backup_open;
    isolated->backup.close = instance_close;
    isolated->backup.take = slots & GW_SLOT_TAKE ? backup_take : NULL;
    isolated->backup.restore = slots & GW_SLOT_RESTORE ? backup_restore : NULL;
    isolated->backup.verify = slots & GW_SLOT_VERIFY ? backup_verify : NULL;
    isolated->backup.discard = slots & GW_SLOT_DISCARD ? backup_discard : NULL;
}

static void fill_hook(struct gw_isolated *isolated)
{
    isolated->hook = isolated->told.hook;
    isolated->hook.open = hook_open;
    isolated->hook.close = instance_close;
    isolated->hook.handle = isolated->told.slots[2] & GW_SLOT_HANDLE ? hook_handle : NULL;
}

/* What no godwit knows stays in the plugin's process: here it is a table of nothing. */
static const void *table_of(const struct gw_isolated *isolated, const char *id)
{
    static const uint32_t nothing = sizeof nothing;
    const struct gw_described *told = &isolated->told;

    if (strcmp(id, GW_VALIDATOR) == 0 && told->validator.struct_size)
        return &isolated->validator;
    if (strcmp(id, GW_BACKUP) == 0 && told->backup.struct_size)
        return &isolated->backup;
    if (strcmp(id, GW_HOOK) == 0 && told->hook.struct_size)
        return &isolated->hook;
    return &nothing;
}

int gw_isolated_proxies(struct gw_isolated *isolated, struct gw_plugin *descriptor,
                        struct gw_arena *arena, struct gw_fault *fault)
{
    const struct gw_provides *theirs = isolated->told.plugin.provides;
    size_t n = 0;

    while (theirs[n].id)
        n++;
    struct gw_provides *provides = gw_arena_array(arena, n + 1, sizeof *provides);
    if (!provides)
        return gw_fail_memory(fault);
    fill_validator(isolated);
    fill_backup(isolated);
    fill_hook(isolated);
    for (size_t i = 0; i < n; i++)
        provides[i] = (struct gw_provides){ theirs[i].id, table_of(isolated, theirs[i].id) };
    *descriptor = isolated->told.plugin;
    descriptor->provides = provides;
    descriptor->init = proxy_init;
    return GW_DONE;
}
