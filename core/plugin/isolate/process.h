/* SPDX-License-Identifier: Apache-2.0 */
/* The process of an isolated plugin, from godwit's side: frames to and fro, its output, its end. */
#ifndef GW_PLUGIN_ISOLATE_PROCESS_H
#define GW_PLUGIN_ISOLATE_PROCESS_H

#include "plugin/call.h"
#include "plugin/isolate/frame.h"

#include <sys/types.h>

enum gw_fate { /* how it came that nothing more is to be had from the process */
    GW_FATE_ALIVE,
    GW_FATE_SIGNAL,   /* number: which */
    GW_FATE_EXIT,     /* number: its status */
    GW_FATE_GONE,     /* the embedding program has waited for it, and knows how */
    GW_FATE_MEMORY,   /* its limit is used up */
    GW_FATE_DEADLINE, /* ended by us */
    GW_FATE_STOPPED,  /* the same, since somebody asked to stop */
    GW_FATE_NONSENSE, /* text: what it said that makes no sense; ended by us */
    GW_FATE_HUNG_UP,  /* it closed the connection and went on; ended by us */
    GW_FATE_LOST      /* number: errno of what failed on our side */
};

enum {                      /* milliseconds */
    GW_GRACE_CANCEL = 2000, /* to return after CANCEL */
    GW_GRACE_TERM = 500,    /* to end after SIGTERM */
    GW_GRACE_EXIT = 1000    /* to end by itself when it has said good-bye, or hung up */
};

struct gw_process { /* zero-initialise */
    const char *plugin;
    pid_t pid; /* 0: there is none */
    int pidfd, channel, output[2];
    struct gw_buf in;
    size_t at;             /* of in: what was given out already */
    struct gw_buf line[2]; /* of stdout and stderr, until its end comes */
    enum gw_fate fate;
    int number;
    const char *text;
    bool killed; /* by us */
};

struct gw_watch {         /* over one call */
    struct gw_call *call; /* gets the output as events; its stop counts */
    uint32_t id;
    int64_t deadline_ns; /* steady clock */
    enum gw_fate why;    /* it is being ended for that; GW_FATE_ALIVE: it is not */
    int stage;
    int64_t until_ns; /* of this stage */
};

struct gw_process_how {
    const char *program;
    int image; /* descriptor of the plugin's bytes */
};
/* errno of what failed, or 0. */
int gw_process_start(struct gw_process *out, const char *plugin, const struct gw_process_how *how);

/* Sends one message; parts are its payload, one after the other. False once the process has met its fate. */
bool gw_process_send(struct gw_process *process, struct gw_watch *watch, uint16_t type,
                     const struct gw_str *parts, size_t n);
/* The next frame, whose payload is valid until the next call of this or of send. False once the process has met its
 * fate: dead, or ended for being late, hostile or no more wanted. */
bool gw_process_next(struct gw_process *process, struct gw_watch *watch, struct gw_frame *out);
/* What it said makes no sense: ends it. */
void gw_process_nonsense(struct gw_process *process, struct gw_watch *watch, const char *text);
/* Ends it, if it does not end by itself now that the connection is closed, and frees all. events may be NULL. */
void gw_process_end(struct gw_process *process, struct gw_events *events);

#endif
