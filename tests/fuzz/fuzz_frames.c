/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile plugin writes to godwit: frames, one behind the other. What is taken of a payload, put again, is the
 * same bytes: so nothing is read that is not there, and nothing means two things. */
#include "plugin/isolate/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct both {
    struct gw_items items;
    struct gw_arena arena;
    struct gw_buf again;
};

static void ready(struct both *b)
{
    struct gw_described described;
    gw_take_described(&b->items, &b->arena, &described);
    if (gw_items_end(&b->items))
        gw_put_described(&b->again, &described);
}

static void returned(struct both *b)
{
    struct gw_error error;
    struct gw_call call = { 0 };
    int64_t status = gw_take_int(&b->items, INT32_MIN, INT32_MAX);
    bool said = gw_take_error(&b->items, &error);
    if (!gw_items_end(&b->items))
        return;
    gw_put_int(&b->again, status);
    if (!said) {
        gw_put_error(&b->again, &call);
        return;
    }
    assert(error.code < 0 && memchr(error.sqlstate, '\0', sizeof error.sqlstate));
    gw_host_table.fail(&call, &error); /* makes it safe to show, so that it need not be the same */
    b->again.failed = true;
}

static void finding(struct both *b)
{
    struct gw_finding one;
    gw_take_finding(&b->items, &one);
    if (gw_items_end(&b->items))
        gw_put_finding(&b->again, &one);
}

static void artifact(struct both *b)
{
    struct gw_artifact one;
    gw_take_artifact(&b->items, &one);
    if (gw_items_end(&b->items))
        gw_put_artifact(&b->again, &one);
}

static void query(struct both *b)
{
    uint32_t n;
    struct gw_str sql = gw_take_text(&b->items, GW_TEXT_HUGE);
    const struct gw_cell *cells = gw_take_cells(&b->items, &b->arena, &n);
    if (!gw_items_end(&b->items))
        return;
    gw_put_text(&b->again, sql, GW_TEXT_HUGE);
    gw_put_cells(&b->again, cells, n);
}

static void texts(struct both *b)
{
    struct gw_str one = gw_take_text(&b->items, GW_TEXT_SHORT);
    struct gw_str two = gw_take_text(&b->items, GW_TEXT_LONG);
    if (!gw_items_end(&b->items))
        return;
    gw_put_text(&b->again, one, GW_TEXT_SHORT);
    gw_put_text(&b->again, two, GW_TEXT_LONG);
}

/* ---- and what only godwit says, which its own process reads with the same care ---- */

static void setup(struct both *b)
{
    struct gw_setup one;
    gw_take_setup(&b->items, &b->arena, &one);
    if (gw_items_end(&b->items))
        gw_put_setup(&b->again, &one);
}

static void subject(struct both *b)
{
    struct gw_subject one;
    gw_take_subject(&b->items, &b->arena, &one);
    if (gw_items_end(&b->items) && one.statements)
        gw_put_subject(&b->again, &one);
    else
        b->again.failed = true; /* spans that count for nothing */
}

static void event(struct both *b)
{
    struct gw_hook_event one;
    gw_take_event(&b->items, &b->arena, &one);
    if (gw_items_end(&b->items))
        gw_put_event(&b->again, &one);
}

static void target(struct both *b)
{
    struct gw_target one;
    gw_take_target(&b->items, &b->arena, &one);
    if (gw_items_end(&b->items))
        gw_put_target(&b->again, &one);
}

static void migration(struct both *b)
{
    struct gw_migration one;
    gw_take_migration(&b->items, &b->arena, &one);
    if (gw_items_end(&b->items))
        gw_put_migration(&b->again, &one);
}

static void columns(struct both *b)
{
    uint32_t n;
    const struct gw_column *all = gw_take_columns(&b->items, &b->arena, &n);
    if (gw_items_end(&b->items))
        gw_put_columns(&b->again, all, n);
}

static const struct {
    uint16_t type;
    void (*both)(struct both *);
} messages[] = {
    { GW_MSG_READY, ready },       { GW_MSG_RETURN, returned },      { GW_MSG_FINDING, finding },
    { GW_MSG_ARTIFACT, artifact }, { GW_MSG_QUERY, query },          { GW_MSG_FILE, texts },
    { GW_MSG_OPEN, setup },        { GW_MSG_CHECK, subject },        { GW_MSG_HANDLE, event },
    { GW_MSG_TAKE, target },       { GW_MSG_MIGRATIONS, migration }, { GW_MSG_COLUMNS, columns },
};

static void take(const struct gw_frame *frame)
{
    struct both b = { .items = gw_items_of(frame->payload), .again = GW_BUF((size_t)64 << 20) };

    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        if (messages[i].type == frame->type) {
            messages[i].both(&b);
            if (!b.items.wrong && !b.again.failed)
                assert(b.again.len == frame->payload.len &&
                       memcmp(gw_buf_str(&b.again), frame->payload.ptr, b.again.len) == 0);
        }
    gw_buf_free(&b.again);
    gw_arena_free(&b.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes =
        malloc(size ? size : 1); /* exactly that long, so that one byte further is found */
    struct gw_frame frame;

    if (!bytes)
        return 0;
    if (size)
        memcpy(bytes, data, size);
    for (size_t at = 0; at <= size;) {
        enum gw_frame_state state = gw_frame_read(&frame, bytes + at, size - at);
        if (state != GW_FRAME_WHOLE)
            break;
        assert(frame.payload.ptr + frame.payload.len <= bytes + size);
        take(&frame);
        at += GW_FRAME_HEAD + frame.payload.len;
    }
    free(bytes);
    return 0;
}
