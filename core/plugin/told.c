/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/told.h"

#include <stdlib.h>
#include <string.h>

static bool copy_text(struct gw_arena *arena, struct gw_str *text)
{
    const char *copy = gw_arena_copy(arena, text->ptr ? text->ptr : "", text->len);
    text->ptr = copy;
    return copy;
}

static bool copy_fields(struct gw_told *told, const struct gw_event *event)
{
    struct gw_field *fields = gw_arena_array(&told->arena, event->n_fields + 2, sizeof *fields);
    bool whole = fields;

    for (size_t i = 0; i < event->n_fields && whole; i++) {
        fields[i] = event->fields[i];
        whole = copy_text(&told->arena, &fields[i].key);
        if (whole && (fields[i].val.kind == GW_TEXT || fields[i].val.kind == GW_BLOB))
            whole = copy_text(&told->arena, &fields[i].val.v.s);
    }
    if (!whole)
        return false;
    told->n_fields = event->n_fields;
    fields[event->n_fields] = gw_field_text("level", gw_level_name(event->level));
    fields[event->n_fields + 1] = gw_field_text("text", told->text);
    told->event.fields = fields;
    told->event.n_fields = (uint32_t)(event->n_fields + (told->text[0] ? 2 : 1));
    return true;
}

struct gw_told *gw_told_of(const struct gw_event *event)
{
    struct gw_told *told = calloc(1, sizeof *told);
    if (!told)
        return NULL;
    told->type = gw_arena_string(&told->arena, event->type);
    told->text = gw_arena_string(&told->arena, event->text);
    const char *run = gw_arena_string(&told->arena, event->run ? event->run : "");
    told->level = event->level;
    if (!told->type || !told->text || !run || !copy_fields(told, event)) {
        gw_told_free(told);
        return NULL;
    }
    told->event.struct_size = sizeof told->event;
    told->event.flags = event->refusal ? GW_EVENT_GATE : 0;
    told->event.type = (struct gw_str){ told->type, strlen(told->type) };
    told->event.run_id = (struct gw_str){ run, strlen(run) };
    told->event.time_ns = event->time_ns;
    return told;
}

void gw_told_emit(struct gw_events *events, const struct gw_told *told)
{
    const struct gw_event event = { .type = told->type,
                                    .level = told->level,
                                    .time_ns = told->event.time_ns,
                                    .text = told->text,
                                    .fields = told->event.fields,
                                    .n_fields = told->n_fields };
    gw_emit_event(events, &event);
}

void gw_told_free(struct gw_told *told)
{
    if (!told)
        return;
    gw_arena_free(&told->arena);
    free(told);
}
