/* SPDX-License-Identifier: Apache-2.0 */
/* An event, copied to be told later: in another thread, or to hooks, as which it has their form too. */
#ifndef GW_PLUGIN_TOLD_H
#define GW_PLUGIN_TOLD_H

#include "base/arena.h"
#include "event/event.h"
#include "plugin/hook_abi.h"

struct gw_told {
    struct gw_arena arena;
    const char *type, *text;
    enum gw_level level;
    struct gw_hook_event event; /* with level and text as fields, as in JSON */
    size_t n_fields;            /* without them */
    struct gw_fault refusal;    /* of a gate */
    bool passed;
};

/* NULL when out of memory. */
struct gw_told *gw_told_of(const struct gw_event *event);
void gw_told_emit(struct gw_events *events, const struct gw_told *told);
void gw_told_free(struct gw_told *told); /* NULL is fine */

#endif
