/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/isolate/message.h"

#include <string.h>

enum {
    NUMBER = 9, /* bytes of an item that is a number */
    TEXT = 6    /* bytes of an empty text */
};

/* Of a struct that may be shorter or longer than ours, as far as both know it. */
#define TAKE_KNOWN(ours, theirs) \
    memcpy(&(ours), (theirs), \
           (theirs)->struct_size < sizeof(ours) ? (theirs)->struct_size : sizeof(ours))

/* NULL when out of memory, which is as good as a mistake. */
static void *entries(struct gw_items *items, struct gw_arena *arena, uint32_t n, size_t size)
{
    void *all = gw_arena_array(arena, (size_t)n + 1, size);
    if (!all)
        gw_items_wrong(items, "more than there is memory for");
    return all;
}

/* ---- cells, fields, columns ---- */

static void put_cell(struct gw_buf *out, const struct gw_cell *cell)
{
    gw_put_int(out, cell->kind <= GW_TIME ? (int64_t)cell->kind : GW_NULL);
    switch (cell->kind) {
    case GW_BOOL:
        gw_put_int(out, cell->v.i != 0);
        break;
    case GW_INT:
    case GW_TIME:
        gw_put_int(out, cell->v.i);
        break;
    case GW_REAL:
        gw_put_real(out, cell->v.f);
        break;
    case GW_TEXT:
        gw_put_text(out, cell->v.s, SIZE_MAX);
        break;
    case GW_BLOB:
        gw_put_bytes(out, cell->v.s);
        break;
    default:
        break;
    }
}

static void take_cell(struct gw_items *items, struct gw_cell *out)
{
    *out = (struct gw_cell){ .kind = (uint32_t)gw_take_int(items, GW_NULL, GW_TIME) };
    switch (out->kind) {
    case GW_BOOL:
        out->v.i = gw_take_int(items, 0, 1);
        break;
    case GW_INT:
    case GW_TIME:
        out->v.i = gw_take_int(items, INT64_MIN, INT64_MAX);
        break;
    case GW_REAL:
        out->v.f = gw_take_real(items);
        break;
    case GW_TEXT:
        out->v.s = gw_take_text(items, SIZE_MAX);
        break;
    case GW_BLOB:
        out->v.s = gw_take_bytes(items, SIZE_MAX);
        break;
    default:
        break;
    }
}

void gw_put_cells(struct gw_buf *out, const struct gw_cell *cells, uint32_t n)
{
    gw_put_count(out, n);
    for (uint32_t i = 0; i < n; i++)
        put_cell(out, &cells[i]);
}

const struct gw_cell *gw_take_cells(struct gw_items *items, struct gw_arena *arena, uint32_t *n)
{
    *n = gw_take_count(items, GW_ENTRIES_MOST, NUMBER);
    struct gw_cell *cells = entries(items, arena, *n, sizeof *cells);
    for (uint32_t i = 0; cells && i < *n; i++)
        take_cell(items, &cells[i]);
    return cells;
}

void gw_put_fields(struct gw_buf *out, const struct gw_field *fields, uint32_t n)
{
    gw_put_count(out, n);
    for (uint32_t i = 0; i < n; i++) {
        gw_put_text(out, fields[i].key, GW_TEXT_SHORT);
        put_cell(out, &fields[i].val);
    }
}

const struct gw_field *gw_take_fields(struct gw_items *items, struct gw_arena *arena, uint32_t *n)
{
    *n = gw_take_count(items, GW_ENTRIES_MOST, TEXT + NUMBER);
    struct gw_field *fields = entries(items, arena, *n, sizeof *fields);
    for (uint32_t i = 0; fields && i < *n; i++) {
        fields[i].key = gw_take_text(items, GW_TEXT_SHORT);
        take_cell(items, &fields[i].val);
    }
    return fields;
}

void gw_put_columns(struct gw_buf *out, const struct gw_column *columns, uint32_t n)
{
    gw_put_count(out, n);
    for (uint32_t i = 0; i < n; i++) {
        gw_put_text(out, columns[i].name, GW_TEXT_LONG);
        gw_put_text(out, columns[i].type, GW_TEXT_LONG);
    }
}

const struct gw_column *gw_take_columns(struct gw_items *items, struct gw_arena *arena, uint32_t *n)
{
    *n = gw_take_count(items, GW_ENTRIES_MOST, 2 * TEXT);
    struct gw_column *columns = entries(items, arena, *n, sizeof *columns);
    for (uint32_t i = 0; columns && i < *n; i++) {
        columns[i].name = gw_take_text(items, GW_TEXT_LONG);
        columns[i].type = gw_take_text(items, GW_TEXT_LONG);
    }
    return columns;
}

/* ---- failures ---- */

static void put_c_text(struct gw_buf *out, const char *text)
{
    gw_put_text(out, (struct gw_str){ text, strlen(text) }, GW_TEXT_LONG);
}

void gw_put_error(struct gw_buf *out, const struct gw_call *call)
{
    gw_put_count(out, call->code < 0);
    if (call->code >= 0)
        return;
    gw_put_int(out, call->code);
    put_c_text(out, call->sqlstate);
    gw_put_int(out, call->native);
    gw_put_word(out, call->flags);
    gw_put_word(out, call->begin);
    gw_put_word(out, call->end);
    put_c_text(out, call->message);
    put_c_text(out, call->detail);
    put_c_text(out, call->hint);
}

bool gw_take_error(struct gw_items *items, struct gw_error *out)
{
    *out = (struct gw_error){ .struct_size = sizeof *out };
    if (!gw_take_count(items, 1, 1))
        return false;
    out->code = (gw_status)gw_take_int(items, INT32_MIN, -1);
    struct gw_str state = gw_take_text(items, sizeof out->sqlstate - 1);
    memcpy(out->sqlstate, state.ptr, state.len);
    out->native = gw_take_int(items, INT64_MIN, INT64_MAX);
    out->flags = gw_take_word(items);
    out->begin = gw_take_word(items);
    out->end = gw_take_word(items);
    out->message = gw_take_text(items, GW_TEXT_LONG);
    out->detail = gw_take_text(items, GW_TEXT_LONG);
    out->hint = gw_take_text(items, GW_TEXT_LONG);
    return !items->wrong;
}

/* ---- an instance ---- */

void gw_put_setup(struct gw_buf *out, const struct gw_setup *setup)
{
    gw_put_text(out, setup->name, GW_TEXT_LONG);
    gw_put_text(out, setup->folder, GW_TEXT_LONG);
    gw_put_cells(out, setup->options, setup->n_options);
}

void gw_take_setup(struct gw_items *items, struct gw_arena *arena, struct gw_setup *out)
{
    *out = (struct gw_setup){ .struct_size = sizeof *out };
    out->name = gw_take_text(items, GW_TEXT_LONG);
    out->folder = gw_take_text(items, GW_TEXT_LONG);
    out->options = gw_take_cells(items, arena, &out->n_options);
}

/* ---- validators ---- */

void gw_put_subject(struct gw_buf *out, const struct gw_subject *subject)
{
    const uint32_t n = subject->statements ? (uint32_t)subject->n_statements : 0;

    gw_put_word(out, subject->direction);
    gw_put_word(out, subject->phase);
    gw_put_word(out, subject->flags);
    gw_put_text(out, subject->revision, GW_TEXT_LONG);
    gw_put_text(out, subject->title, GW_TEXT_LONG);
    gw_put_text(out, subject->file, GW_TEXT_LONG);
    gw_put_text(out, subject->dialect, GW_TEXT_SHORT);
    gw_put_bytes(out, subject->sql);
    gw_put_count(out, subject->statements != NULL);
    gw_put_count(out, n);
    for (uint32_t i = 0; i < n; i++) {
        gw_put_word(out, subject->statements[i].begin);
        gw_put_word(out, subject->statements[i].end);
        gw_put_word(out, subject->statements[i].flags);
    }
}

void gw_take_subject(struct gw_items *items, struct gw_arena *arena, struct gw_subject *out)
{
    *out = (struct gw_subject){ .struct_size = sizeof *out };
    out->direction = gw_take_word32(items);
    out->phase = gw_take_word(items);
    out->flags = gw_take_word(items);
    out->revision = gw_take_text(items, GW_TEXT_LONG);
    out->title = gw_take_text(items, GW_TEXT_LONG);
    out->file = gw_take_text(items, GW_TEXT_LONG);
    out->dialect = gw_take_text(items, GW_TEXT_SHORT);
    out->sql = gw_take_bytes(items, SIZE_MAX);
    const bool split = gw_take_count(items, 1, 1);
    const uint32_t n = gw_take_count(items, UINT32_MAX, 3 * NUMBER);
    struct gw_span *spans = entries(items, arena, n, sizeof *spans);
    for (uint32_t i = 0; spans && i < n; i++) {
        spans[i].begin = gw_take_word(items);
        spans[i].end = gw_take_word(items);
        spans[i].flags = gw_take_word(items);
    }
    out->statements = split ? spans : NULL;
    out->n_statements = split ? n : 0;
}

void gw_put_finding(struct gw_buf *out, const struct gw_finding *theirs)
{
    struct gw_finding finding = { 0 };

    TAKE_KNOWN(finding, theirs);
    gw_put_int(out, finding.severity);
    gw_put_text(out, finding.rule, GW_TEXT_SHORT);
    gw_put_text(out, finding.message, GW_TEXT_LONG);
    gw_put_text(out, finding.hint, GW_TEXT_LONG);
    gw_put_text(out, finding.url, GW_TEXT_LONG);
    gw_put_text(out, finding.revision, GW_TEXT_SHORT);
    gw_put_word(out, finding.begin);
    gw_put_word(out, finding.end);
}

void gw_take_finding(struct gw_items *items, struct gw_finding *out)
{
    *out = (struct gw_finding){ .struct_size = sizeof *out };
    out->severity = (int32_t)gw_take_int(items, INT32_MIN, INT32_MAX);
    out->rule = gw_take_text(items, GW_TEXT_SHORT);
    out->message = gw_take_text(items, GW_TEXT_LONG);
    out->hint = gw_take_text(items, GW_TEXT_LONG);
    out->url = gw_take_text(items, GW_TEXT_LONG);
    out->revision = gw_take_text(items, GW_TEXT_SHORT);
    out->begin = gw_take_word(items);
    out->end = gw_take_word(items);
}

/* ---- hooks ---- */

void gw_put_event(struct gw_buf *out, const struct gw_hook_event *event)
{
    gw_put_word(out, event->flags);
    gw_put_text(out, event->type, GW_TEXT_SHORT);
    gw_put_text(out, event->run_id, GW_TEXT_SHORT);
    gw_put_int(out, event->time_ns);
    gw_put_fields(out, event->fields, event->n_fields);
}

void gw_take_event(struct gw_items *items, struct gw_arena *arena, struct gw_hook_event *out)
{
    *out = (struct gw_hook_event){ .struct_size = sizeof *out };
    out->flags = gw_take_word(items);
    out->type = gw_take_text(items, GW_TEXT_SHORT);
    out->run_id = gw_take_text(items, GW_TEXT_SHORT);
    out->time_ns = gw_take_int(items, INT64_MIN, INT64_MAX);
    out->fields = gw_take_fields(items, arena, &out->n_fields);
}

/* ---- backups ---- */

void gw_put_target(struct gw_buf *out, const struct gw_target *target)
{
    gw_put_text(out, target->dialect, GW_TEXT_SHORT);
    gw_put_text(out, target->database, GW_TEXT_LONG);
    gw_put_fields(out, target->fields, target->n_fields);
}

void gw_take_target(struct gw_items *items, struct gw_arena *arena, struct gw_target *out)
{
    *out = (struct gw_target){ .struct_size = sizeof *out };
    out->dialect = gw_take_text(items, GW_TEXT_SHORT);
    out->database = gw_take_text(items, GW_TEXT_LONG);
    out->fields = gw_take_fields(items, arena, &out->n_fields);
}

void gw_put_artifact(struct gw_buf *out, const struct gw_artifact *theirs)
{
    struct gw_artifact artifact = { 0 };

    TAKE_KNOWN(artifact, theirs);
    gw_put_word(out, artifact.flags);
    gw_put_text(out, artifact.locator, GW_TEXT_HUGE);
    gw_put_text(out, artifact.media_type, GW_TEXT_LONG);
    gw_put_text(out, artifact.sha256, GW_TEXT_SHORT);
    gw_put_text(out, artifact.meta, GW_TEXT_HUGE);
    gw_put_word(out, artifact.bytes);
    gw_put_int(out, artifact.created_ns);
}

void gw_take_artifact(struct gw_items *items, struct gw_artifact *out)
{
    *out = (struct gw_artifact){ .struct_size = sizeof *out };
    out->flags = gw_take_word32(items);
    out->locator = gw_take_text(items, GW_TEXT_HUGE);
    out->media_type = gw_take_text(items, GW_TEXT_LONG);
    out->sha256 = gw_take_text(items, GW_TEXT_SHORT);
    out->meta = gw_take_text(items, GW_TEXT_HUGE);
    out->bytes = gw_take_word(items);
    out->created_ns = gw_take_int(items, INT64_MIN, INT64_MAX);
}

/* ---- migrations ---- */

void gw_put_migration(struct gw_buf *out, const struct gw_migration *migration)
{
    gw_put_word(out, migration->flags);
    gw_put_text(out, migration->revision, GW_TEXT_LONG);
    gw_put_text(out, migration->title, GW_TEXT_LONG);
    gw_put_text(out, migration->file, GW_TEXT_LONG);
    gw_put_int(out, migration->created_ns);
    gw_put_count(out, migration->n_parents);
    for (uint32_t i = 0; i < migration->n_parents; i++)
        gw_put_text(out, migration->parents[i], GW_TEXT_LONG);
}

void gw_take_migration(struct gw_items *items, struct gw_arena *arena, struct gw_migration *out)
{
    *out = (struct gw_migration){ .struct_size = sizeof *out };
    out->flags = gw_take_word(items);
    out->revision = gw_take_text(items, GW_TEXT_LONG);
    out->title = gw_take_text(items, GW_TEXT_LONG);
    out->file = gw_take_text(items, GW_TEXT_LONG);
    out->created_ns = gw_take_int(items, INT64_MIN, INT64_MAX);
    out->n_parents = gw_take_count(items, GW_ENTRIES_MOST, TEXT);
    struct gw_str *parents = entries(items, arena, out->n_parents, sizeof *parents);
    for (uint32_t i = 0; parents && i < out->n_parents; i++)
        parents[i] = gw_take_text(items, GW_TEXT_LONG);
    out->parents = parents;
}
