/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"

#include <string.h>

void gw_events_init(struct gw_events *events)
{
    memset(events, 0, sizeof *events);
    gw_random_hex(events->run, sizeof events->run - 1);
}

void gw_events_add(struct gw_events *events, struct gw_consumer *consumer)
{
    if (!consumer)
        return;
    if (events->n_consumers < GW_CONSUMERS)
        events->consumers[events->n_consumers++] = consumer;
    else
        consumer->close(consumer);
}

void gw_events_remove(struct gw_events *events, struct gw_consumer *consumer)
{
    size_t kept = 0;
    for (size_t i = 0; i < events->n_consumers; i++)
        if (events->consumers[i] != consumer)
            events->consumers[kept++] = events->consumers[i];
    events->n_consumers = kept;
}

void gw_events_close(struct gw_events *events)
{
    while (events->n_consumers) {
        struct gw_consumer *consumer = events->consumers[--events->n_consumers];
        consumer->close(consumer);
    }
}

const char *gw_level_name(enum gw_level level)
{
    static const char *const names[] = { "debug", "detail", "progress", "info",
                                         "warn",  "error",  "data" };
    return names[level];
}

static void events_send(struct gw_events *events, struct gw_event *event)
{
    event->run = events->run;
    event->time_ns = event->time_ns ? event->time_ns : gw_clock_wall_ns();
    for (size_t i = 0; i < events->n_consumers; i++)
        events->consumers[i]->take(events->consumers[i], event);
}

static void emit_formatted(struct gw_events *events, struct gw_event *event, const char *format,
                           va_list args) GW_PRINTF(3, 0);

static void emit_formatted(struct gw_events *events, struct gw_event *event, const char *format,
                           va_list args)
{
    char small[1024];
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    event->text = small;
    if (len < (int)sizeof small) {
        events_send(events, event);
        va_end(again);
        return;
    }
    /* Whoever passed the text holds it whole already, so its own length is ceiling enough. */
    struct gw_buf large = GW_BUF((size_t)len + 1);
    gw_buf_vprintf(&large, format, again);
    va_end(again);
    if (!large.failed)
        event->text = gw_buf_str(&large);
    events_send(events, event);
    gw_buf_free(&large);
}

void gw_emit(struct gw_events *events, enum gw_level level, const char *type,
             const struct gw_field *fields, size_t n_fields, const char *format, ...)
{
    struct gw_event event = {
        .type = type, .level = level, .fields = fields, .n_fields = n_fields
    };
    va_list args;

    if (!events || events->n_consumers == 0)
        return;
    va_start(args, format);
    emit_formatted(events, &event, format, args);
    va_end(args);
}

int gw_emit_gate(struct gw_events *events, struct gw_fault *fault, enum gw_level level,
                 const char *type, const struct gw_field *fields, size_t n_fields,
                 const char *format, ...)
{
    struct gw_event event = {
        .type = type, .level = level, .fields = fields, .n_fields = n_fields, .refusal = fault
    };
    va_list args;

    if (!events || events->n_consumers == 0)
        return GW_DONE;
    va_start(args, format);
    emit_formatted(events, &event, format, args);
    va_end(args);
    return fault->code;
}

void gw_emit_event(struct gw_events *events, const struct gw_event *event)
{
    struct gw_event copy = *event;
    copy.refusal = NULL;
    if (events)
        events_send(events, &copy);
}

void gw_emit_fault(struct gw_events *events, const struct gw_fault *fault)
{
    if (!fault->code)
        return;
    gw_emit(events, GW_LEVEL_ERROR, "failed",
            GW_FIELDS(gw_field_int("code", fault->code), gw_field_text("message", fault->message),
                      gw_field_text("hint", fault->hint[0] ? fault->hint : NULL)),
            "%s", fault->message);
}

static struct gw_field field_of(const char *key, uint32_t kind)
{
    return (struct gw_field){ .key = { key, strlen(key) }, .val = { .kind = kind } };
}

struct gw_field gw_field_text(const char *key, const char *text)
{
    struct gw_field field = field_of(key, text ? GW_TEXT : GW_NULL);
    if (text)
        field.val.v.s = (struct gw_str){ text, strlen(text) };
    return field;
}

struct gw_field gw_field_list(const char *key, const char *words)
{
    struct gw_field field = gw_field_text(key, words ? words : "");
    field.val.flags = GW_FIELD_LIST;
    return field;
}

struct gw_field gw_field_int(const char *key, int64_t number)
{
    struct gw_field field = field_of(key, GW_INT);
    field.val.v.i = number;
    return field;
}

struct gw_field gw_field_bool(const char *key, bool yes)
{
    struct gw_field field = field_of(key, GW_BOOL);
    field.val.v.i = yes;
    return field;
}
