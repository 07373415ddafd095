/* SPDX-License-Identifier: 0BSD */
/* Each event of a run as a line of the log. */
#include <godwit/hook.h>
#include <godwit/sdk.h>

static const struct gw_host *the_host;

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

static gw_status handle(struct gw_call *call, void *self, const struct gw_event *event)
{
    (void)self;
    gw_logf(the_host, call, GW_LOG_INFO, "%.*s of run %.*s",
            event->type.len < 80 ? (int)event->type.len : 80, event->type.ptr,
            event->run_id.len < 40 ? (int)event->run_id.len : 40, event->run_id.ptr);
    return GW_OK;
}

static const char *const events[] = { "*", NULL };
static const struct gw_hook hook = {
    .struct_size = sizeof hook, .threads = 2, .events = events, .handle = handle
};
static const struct gw_provides provides[] = { { GW_HOOK, &hook }, { NULL, NULL } };
static const struct gw_plugin descriptor = { .struct_size = sizeof descriptor,
                                             .abi_major = GW_ABI_MAJOR,
                                             .abi_minor = GW_API,
                                             .flags = GW_P_ISOLATABLE,
                                             .id = "org.godwit.example.hook-log",
                                             .version = "1.0",
                                             .summary = "logs every event",
                                             .provides = provides,
                                             .init = plugin_init };
GW_PLUGIN(hook_log, GW_KIND_HOOK, &descriptor);
