/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin in a process of its own, as the loader and the proxies of its vtables see it. */
#ifndef GW_PLUGIN_ISOLATE_ISOLATED_H
#define GW_PLUGIN_ISOLATE_ISOLATED_H

#include "plugin/isolate/message.h"
#include "plugin/isolate/process.h"
#include "plugin/loader.h"

struct gw_isolated { /* lives as long as the registry */
    struct gw_process process;
    struct gw_described told; /* what the process says of the plugin */
    struct gw_validator validator;
    struct gw_backup backup;
    struct gw_hook hook;
    const char *name, *path;
    struct gw_events *events;
    int64_t timeout_ns; /* of plugins.conf; 0: by what is called */
    int64_t memory;
    uint32_t last_id, last_handle;
    bool busy, ready;
    char died[600]; /* the sentence, once it has met its fate */
    char remedy[400];
};

/* The limits of a plugin whose entry sets none. */
enum {
    GW_ISOLATED_CPU_S = 24 * 3600,
    GW_ISOLATED_FILES = 256
};
#define GW_ISOLATED_MEMORY ((int64_t)2 << 30)

/* Starts program, which loads the checked file, and fills plugin->facts, descriptor and isolated. entry may be NULL.
 * GW_PLUGIN_REFUSED. */
int gw_isolated_open(struct gw_plugin_loaded *plugin, struct gw_registry *registry,
                     const struct gw_plugin_examined *examined, struct gw_fault *fault);
/* fini, and the end of the process. NULL is fine. */
void gw_isolated_close(struct gw_isolated *isolated);

/* ---- calls ---- */

struct gw_exchange { /* one call to the process; set what the call needs */
    struct gw_isolated *of;
    struct gw_call *call;
    uint16_t type;
    uint32_t handle;
    const char *doing;     /* "checking '7b15'": while ... */
    int64_t usual_ns;      /* its deadline where nothing else sets one */
    struct gw_buf payload; /* behind the handle */
    const struct gw_findings_out *findings;
    const struct gw_backup_out *out;
    const struct gw_backup_in *in;
    /* of the exchange itself */
    struct gw_watch watch;
    int64_t limit_ns; /* how long it may take, all in all */
    struct gw_arena arena;
    gw_status refused; /* what the caller's sink has said; nothing more goes there */
    gw_status returned;
    uint16_t done;         /* the type of the last message, once it has come */
    bool pushing;          /* the plugin owes a TAKEN */
    struct gw_buf bytes;   /* of a read */
    struct gw_arena *kept; /* HELLO: where what was told lives */
    const char *refusal, *remedy;
};

/* Makes the call and answers what the plugin asks meanwhile. What it returns is what the plugin returned; or, with a
 * failure recorded in the call, why there is no answer. Frees payload. */
gw_status gw_exchange(struct gw_exchange *exchange);

/* answer.c: one message of the plugin during a call. False if the process has met its fate. */
bool gw_exchange_answer(struct gw_exchange *exchange, const struct gw_frame *frame);
/* service.c: the same for questions to a service. */
bool gw_exchange_serve(struct gw_exchange *exchange, const struct gw_frame *frame);
bool gw_exchange_send(struct gw_exchange *exchange, uint16_t type, struct gw_buf *payload);
bool gw_exchange_status(struct gw_exchange *exchange, gw_status status);
bool gw_exchange_nonsense(struct gw_exchange *exchange, const char *what);
/* Pushes one message of a service and waits for what its receiver says of it, which goes into *says. */
bool gw_exchange_push(struct gw_exchange *exchange, uint16_t type, struct gw_buf *payload,
                      gw_status *says);

/* proxy.c: the vtables for what told has, and the list of interfaces. */
int gw_isolated_proxies(struct gw_isolated *isolated, struct gw_plugin *descriptor,
                        struct gw_arena *arena, struct gw_fault *fault);

#endif
