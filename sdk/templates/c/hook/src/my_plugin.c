/* SPDX-License-Identifier: 0BSD */
/* my-plugin: writes each event of a deployment as a line of the log. */
#include <godwit/hook.h>
#include <godwit/sdk.h>

static const struct gw_host *the_host;

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

/* A failure of this function stops the run where the event is a gate (event->flags & GW_EVENT_GATE). */
static gw_status hook_handle(struct gw_call *call, void *self, const struct gw_event *event)
{
    (void)self;
    gw_logf(the_host, call, GW_LOG_INFO, "%.*s with %u fields",
            event->type.len < 80 ? (int)event->type.len : 80, event->type.ptr,
            (unsigned)event->n_fields);
    return GW_OK;
}

static const char *const events[] = { "deploy.*", NULL };

static const struct gw_hook hook = {
    .struct_size = sizeof hook,
    .threads = 2,
    .events = events,
    .handle = hook_handle,
};

static const struct gw_provides provides[] = { { GW_HOOK, &hook }, { NULL, NULL } };

static const struct gw_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_API,
    .flags = GW_P_ISOLATABLE,
    .id = "org.example.my-plugin",
    .version = "0.1.0",
    .license = "0BSD",
    .summary = "logs what a deployment does",
    .provides = provides,
    .init = plugin_init,
};

GW_PLUGIN(my_plugin, GW_KIND_HOOK, &descriptor);
