/* SPDX-License-Identifier: 0BSD */
/* my-plugin: writes each event of a deployment as a line of the log. No exception may leave a function that
 * the host calls, and tables are initialised by position: the ABI only ever appends members. */
#include <godwit/hook.h>
#include <godwit/sdk.h>

namespace
{

const gw_host *the_host;

gw_status plugin_init(gw_call *, const gw_host *host)
{
    the_host = host;
    return GW_OK;
}

/* A failure of this function stops the run where the event is a gate (event->flags & GW_EVENT_GATE). */
gw_status hook_handle(gw_call *call, void *, const gw_event *event)
{
    gw_logf(the_host, call, GW_LOG_INFO, "%.*s with %u fields",
            event->type.len < 80 ? static_cast<int>(event->type.len) : 80, event->type.ptr,
            static_cast<unsigned>(event->n_fields));
    return GW_OK;
}

const char *const events[] = { "deploy.*", nullptr };

const gw_hook hook = {
    sizeof(gw_hook), /* struct_size */
    2,               /* threads */
    events,
    nullptr, /* open */
    nullptr, /* close */
    hook_handle,
};

const gw_provides provides[] = { { GW_HOOK, &hook }, { nullptr, nullptr } };

const gw_plugin descriptor = {
    sizeof(gw_plugin), /* struct_size */
    GW_ABI_MAJOR,
    GW_API,
    GW_P_ISOLATABLE,
    "org.example.my-plugin",
    "0.1.0", /* version */
    "",      /* vendor */
    "0BSD",
    "logs what a deployment does",
    "",      /* url */
    nullptr, /* options */
    0,
    sizeof(gw_option),
    provides,
    plugin_init,
    nullptr, /* fini */
};

} // namespace

GW_PLUGIN(my_plugin, GW_KIND_HOOK, &descriptor);
