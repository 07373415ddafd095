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
    const char
        *function; /* that the plugin is in; NULL: its constructors, or what GW_ENTRY calls */
    struct gw_call *outer; /* the call that this one is made in */
    bool inside;
    bool unguarded; /* of a plugin that came with Godwit, in what is called for each revision */
    int ended;      /* exit code if the plugin ends the program meanwhile */
    char sqlstate[8];
    int64_t native;
    uint64_t flags; /* GW_ERR_* */
    uint64_t begin, end;
    char wrong[200]; /* what the plugin handed over that means nothing */
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

/* Right before the plugin's function is called, and right after it returned; calls may nest. After it the process is as
 * it was (guard.h), with a warning if the plugin had changed it. ended: exit code of the program if the plugin
 * ends it. */
void gw_call_enter(struct gw_call *call, const char *function, int ended);
void gw_call_leave(struct gw_call *call);
#define GW_CALL_WHERE 64
/* "in 'run'", or "while it was loaded": behind what happened. Safe in a handler of a signal. */
void gw_call_where(char out[GW_CALL_WHERE], const struct gw_call *call);
/* The innermost call that this thread is in, or NULL. Safe in a handler of a signal. */
const struct gw_call *gw_call_inside(void);

/* For a sink that is given what means nothing: the call fails, and this is why ("gave a row without cells"; the first
 * one stays). Returns what the sink is to return. A sink takes nothing more once call->wrong is set. */
gw_status gw_call_wrong(struct gw_call *call, const char *format, ...) GW_PRINTF(2, 3);

/* Turns what a plugin function returned into a fault: nothing for success, and for GW_STOP where it had a sink to
 * hear that from (returns 0), else message and hint of the recorded error, or "plugin X: FUNCTION returned N without a
 * message". The fault's code is `code`, or GW_NO_CONNECTION for the connection class and GW_LOCKED for
 * GW_E_LOCKED; GW_UNCHANGED instead of GW_USAGE where the plugin is at fault. */
int gw_call_end(struct gw_call *call, gw_status returned, const char *function, int code,
                struct gw_fault *fault);

#endif
