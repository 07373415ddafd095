/* SPDX-License-Identifier: Apache-2.0 */
/* One call from host to plugin: the inside of the opaque struct gw_call. */
#ifndef GW_PLUGIN_CALL_H
#define GW_PLUGIN_CALL_H

#include "base/stop.h"
#include "event/event.h"
#include <godwit/host.h>

struct gw_plugin_loaded;
struct gw_services;

struct gw_call {
    const char *plugin;                /* its name, for messages */
    const struct gw_plugin_loaded *to; /* NULL: not told; then open() of an isolated plugin fails */
    struct gw_services *services;      /* what the plugin may ask of us; NULL: nothing */
    struct gw_events *events;          /* may be NULL */
    const struct gw_stop *stop;        /* may be NULL */
    int64_t deadline_ns;               /* steady clock; 0: none */
    void *sink;                        /* whatever the caller's sink functions need */
    int64_t progress_next_ns;          /* thinning of progress events */
    gw_status code;                    /* of the recorded error, 0 if none */
    char sqlstate[8];
    int64_t native;
    uint64_t flags; /* GW_ERR_* */
    uint64_t begin, end;
    char message[900];
    char detail[300];
    char hint[400];
};

extern const struct gw_host gw_host_table; /* what init() gets */

void gw_call_init(struct gw_call *call, const char *plugin, struct gw_events *events,
                  const struct gw_stop *stop);
/* A call to a validator, a backup or a hook: it may run in a process of its own, and may use services (service.h; NULL:
 * none), whose transaction ends with gw_call_end. */
void gw_call_to(struct gw_call *call, const struct gw_plugin_loaded *plugin,
                struct gw_services *services, const struct gw_stop *stop);

/* Turns what a plugin function returned into a fault: nothing for success and GW_STOP (returns 0), else
 * message and hint of the recorded error, or "plugin X: FUNCTION returned N without a message". The fault's
 * code is `code`, or GW_NO_CONNECTION for the connection class and GW_LOCKED for GW_E_LOCKED. */
int gw_call_end(const struct gw_call *call, gw_status returned, const char *function, int code,
                struct gw_fault *fault);

#endif
