/* SPDX-License-Identifier: Apache-2.0 */
/* A validator, a hook or a backup, by the definition KIND of the build, that does what HOSTILE asks for in each of its
 * calls, and lacks the slot that HOSTILE=slot.NAME names. */
#include "deeds.h"

#include <godwit/backup.h>
#include <godwit/hook.h>
#include <godwit/sdk.h>
#include <godwit/validator.h>

static const struct gw_host *the_host;

__attribute__((constructor)) static void constructed(void)
{
    gw_status status;
    misbehave("constructor", NULL, NULL, &status);
}

static gw_status guest_init(struct gw_call *call, const struct gw_host *host)
{
    gw_status status;
    the_host = host;
    misbehave("init", host, call, &status);
    return status;
}

static gw_status guest_open(struct gw_call *call, const struct gw_setup *setup, void **self)
{
    gw_status status;
    (void)setup;
    *self = NULL;
    misbehave("open", the_host, call, &status);
    return status;
}

static void guest_close(void *self)
{
    gw_status status;
    (void)self;
    misbehave("close", the_host, NULL, &status);
}

#define VALIDATOR 1
#define HOOK 2
#define BACKUP 3

#if KIND == VALIDATOR
#define NOTE_KIND GW_KIND_VALIDATOR
static const struct gw_rule rules[] = { { "hostile/rule", "a rule", NULL, GW_SEVERITY_WARN, 0 } };

static gw_status validator_check(struct gw_call *call, void *self, const struct gw_subject *subject,
                                 const struct gw_findings_out *out)
{
    struct gw_finding finding = { .struct_size = sizeof finding, .rule = GW_S("hostile/rule") };
    gw_status status;
    (void)self;

    if (misbehave("check", the_host, call, &status))
        return status;
    finding.end = subject->sql.len;
    if (asked("check", "outside"))
        finding.begin = finding.end = UINT64_MAX;
    if (asked("check", "null_text"))
        finding.message.len = 5;
    if (asked("check", "null"))
        return out->finding(call, NULL);
    return gw_after(out->finding(call, &finding));
}

static struct gw_validator table = { .struct_size = sizeof table,
                                     .phases = GW_PHASE_FILES,
                                     .rules = rules,
                                     .n_rules = 1,
                                     .rule_size = sizeof rules[0],
                                     .open = guest_open,
                                     .close = guest_close,
                                     .check = validator_check };
static const struct gw_provides provides[] = { { GW_VALIDATOR, &table }, { NULL, NULL } };

static void bend(void)
{
    if (asked("slot", "check"))
        table.check = NULL;
}

#elif KIND == HOOK
#define NOTE_KIND GW_KIND_HOOK
static gw_status hook_handle(struct gw_call *call, void *self, const struct gw_event *event)
{
    gw_status status;
    (void)self;
    (void)event;
    misbehave("handle", the_host, call, &status);
    return status;
}

static const char *const events[] = { "*", NULL };
static struct gw_hook table = { .struct_size = sizeof table,
                                .events = events,
                                .open = guest_open,
                                .close = guest_close,
                                .handle = hook_handle };
static const struct gw_provides provides[] = { { GW_HOOK, &table }, { NULL, NULL } };

static void bend(void)
{
    if (asked("slot", "handle"))
        table.handle = NULL;
}

#else
#define NOTE_KIND GW_KIND_BACKUP
static gw_status backup_take(struct gw_call *call, void *self, const struct gw_target *target,
                             const struct gw_backup_out *out)
{
    gw_status status;
    (void)self;
    (void)target;
    if (misbehave("take", the_host, call, &status))
        return status;
    if (asked("take", "write_first"))
        return out->write(call, gw_str_of("bytes of no file"));
    status = out->file(call, gw_str_of(asked("take", "name") ? "../x" : "x"), gw_str_of(""));
    return gw_after(status ? status : out->write(call, gw_str_of("bytes")));
}

static gw_status backup_restore(struct gw_call *call, void *self, const struct gw_backup_in *in,
                                const struct gw_artifact *artifact, const struct gw_target *target)
{
    gw_status status;
    (void)self;
    (void)in;
    (void)artifact;
    (void)target;
    misbehave("restore", the_host, call, &status);
    return status;
}

static struct gw_backup table = { .struct_size = sizeof table,
                                  .caps = GW_BACKUP_STREAMS,
                                  .open = guest_open,
                                  .close = guest_close,
                                  .take = backup_take,
                                  .restore = backup_restore };
static const struct gw_provides provides[] = { { GW_BACKUP, &table }, { NULL, NULL } };

static void bend(void)
{
    if (asked("slot", "take"))
        table.take = NULL;
    if (asked("slot", "restore"))
        table.restore = NULL;
}
#endif

static const struct gw_plugin descriptor = { .struct_size = sizeof descriptor,
                                             .abi_major = GW_ABI_MAJOR,
                                             .abi_minor = GW_API,
                                             .flags = GW_P_ISOLATABLE,
                                             .id = "org.example.hostile",
                                             .version = "1.0",
                                             .provides = provides,
                                             .init = guest_init };

static const struct gw_plugin *describe(void)
{
    gw_status status;
    misbehave("entry", NULL, NULL, &status);
    bend();
    return &descriptor;
}

GW_PLUGIN(hostile, NOTE_KIND, describe());
