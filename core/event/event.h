/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that happens is one stream of events. The terminal, --json and later consumers (audit log,
 * hooks, report) read it; nothing prints beside it. */
#ifndef GW_EVENT_EVENT_H
#define GW_EVENT_EVENT_H

#include "base/fault.h"
#include <godwit/base.h>
#include <stdbool.h>
#include <stdio.h>

enum gw_level {
    GW_LEVEL_DEBUG,    /* -v -v */
    GW_LEVEL_DETAIL,   /* -v */
    GW_LEVEL_PROGRESS, /* may be drawn over by the next; not kept */
    GW_LEVEL_INFO,
    GW_LEVEL_WARN,
    GW_LEVEL_ERROR,
    GW_LEVEL_DATA /* what the command was asked for: stdout */
};

struct gw_event {
    const char *type; /* "revision.applied": stable names, listed in docs/events.md */
    enum gw_level level;
    const char *run;  /* id of this run, 16 hex digits */
    int64_t time_ns;  /* wall clock */
    const char *text; /* one or more lines for people, without the final newline */
    const struct gw_field *fields;
    size_t n_fields;
    struct gw_fault
        *refusal; /* of a gate: a consumer that holds the run up sets it; NULL: no gate */
};

/* A consumer embeds this first. */
struct gw_consumer {
    void (*take)(struct gw_consumer *, const struct gw_event *);
    void (*close)(struct gw_consumer *); /* frees the consumer too */
};

enum {
    GW_CONSUMERS = 8
};
struct gw_events {
    char run[17];
    struct gw_consumer *consumers[GW_CONSUMERS];
    size_t n_consumers;
};

void gw_events_init(struct gw_events *events);                              /* draws the run id */
void gw_events_add(struct gw_events *events, struct gw_consumer *consumer); /* NULL is ignored */
void gw_events_remove(struct gw_events *events,
                      struct gw_consumer *consumer); /* stays the caller's */
void gw_events_close(struct gw_events *events);
const char *gw_level_name(enum gw_level level); /* "info" */

/* events may be NULL: nothing happens. fields as GW_FIELDS(...) or GW_NO_FIELDS. */
void gw_emit(struct gw_events *events, enum gw_level level, const char *type,
             const struct gw_field *fields, size_t n_fields, const char *format, ...)
    GW_PRINTF(6, 7);
/* The same for a gate: whoever reads along may say no, and fault then says why. Returns its code. */
int gw_emit_gate(struct gw_events *events, struct gw_fault *fault, enum gw_level level,
                 const char *type, const struct gw_field *fields, size_t n_fields,
                 const char *format, ...) GW_PRINTF(7, 8);
/* Sends an event on to all consumers as it is, with this run's id. */
void gw_emit_event(struct gw_events *events, const struct gw_event *event);
/* A "failed" event with code, message and hint. */
void gw_emit_fault(struct gw_events *events, const struct gw_fault *fault);

enum {
    GW_FIELD_LIST = 1
}; /* gw_cell.flags in events: words between spaces, an array in JSON */

struct gw_field gw_field_text(const char *key, const char *text); /* NULL text: null */
struct gw_field gw_field_list(const char *key, const char *words);
struct gw_field gw_field_int(const char *key, int64_t number);
struct gw_field gw_field_bool(const char *key, bool yes);

#define GW_FIELDS(...) \
    (const struct gw_field[]){ __VA_ARGS__ }, \
        sizeof((const struct gw_field[]){ __VA_ARGS__ }) / sizeof(struct gw_field)
#define GW_NO_FIELDS NULL, 0

#endif
