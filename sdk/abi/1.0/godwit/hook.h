/* SPDX-License-Identifier: 0BSD */
/* godwit.hook/1: is told what happens, and may hold up what is a gate.
 *
 *   open --> handle, handle, ... --> close */
#ifndef GODWIT_HOOK_H
#define GODWIT_HOOK_H

#include <godwit/setup.h>

GW_C_BEGIN

#define GW_HOOK "godwit.hook/1"

/* gw_event.flags */
enum {
    GW_EVENT_GATE = 1 << 0 /* the run waits for handle(), and a failure stops it */
};

/* Everything lives until handle() returns. An event is data: new types and new fields come without a new
 * ABI, so look fields up by key and ignore what is unknown. No field is a secret. */
struct gw_event {
    uint32_t struct_size;
    uint32_t n_fields;
    uint64_t flags;
    struct gw_str type;   /* "deploy.begin", ...: docs/events.md */
    struct gw_str run_id; /* equal for all events of one run */
    int64_t time_ns;      /* since 1970-01-01T00:00:00Z */
    const struct gw_field *fields;
};

struct gw_hook {
    uint32_t struct_size;
    uint32_t
        threads; /* 0 one call at a time in this plugin, 1 one at a time per instance, 2 free */
    /* What it wants, 0-terminated: a type, or its beginning and a star ("deploy.*", "*"). */
    const char *const *events;
    /* Optional, both or neither. open() sets *self; after a failure close() is not called. */
    gw_status (*open)(struct gw_call *, const struct gw_setup *, void **self);
    void (*close)(void *self);
    /* Required. Events of one run come in order. A failure is a warning to the user, but for a gate, where
     * its text says why the run may not go on. Keep it short: the host gives it seconds. */
    gw_status (*handle)(struct gw_call *, void *self, const struct gw_event *);
};

GW_C_END

#endif
