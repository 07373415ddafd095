/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin says and asks during a call. It may say anything; what does not fit here ends it. */
#include "plugin/isolate/isolated.h"

#include <string.h>

/* ---- log and progress ---- */

static bool take_log(struct gw_exchange *x, struct gw_items *items)
{
    int32_t level = (int32_t)gw_take_int(items, INT32_MIN, INT32_MAX);
    struct gw_str text = gw_take_text(items, GW_TEXT_LONG);
    if (gw_items_end(items))
        gw_host_table.log(x->call, level, text);
    return true;
}

static bool take_progress(struct gw_exchange *x, struct gw_items *items)
{
    uint64_t done = gw_take_word(items), total = gw_take_word(items);
    struct gw_str what = gw_take_text(items, GW_TEXT_LONG);
    if (gw_items_end(items))
        gw_host_table.progress(x->call, done, total, what);
    return true;
}

/* ---- sinks ---- */

/* What the sink says goes to the plugin. A sink that wants no more is asked no more, whatever the plugin does. */
static bool tell(struct gw_exchange *x, gw_status says)
{
    if (says != GW_OK && x->refused == GW_OK)
        x->refused = says;
    return gw_exchange_status(x, says);
}

static bool take_finding(struct gw_exchange *x, struct gw_items *items)
{
    struct gw_finding finding;

    gw_take_finding(items, &finding);
    if (!gw_items_end(items))
        return true;
    return tell(x, x->refused ? x->refused : x->findings->finding(x->call, &finding));
}

static bool take_file(struct gw_exchange *x, struct gw_items *items)
{
    struct gw_str name = gw_take_text(items, GW_TEXT_SHORT);
    struct gw_str media = gw_take_text(items, GW_TEXT_LONG);
    if (!gw_items_end(items))
        return true;
    return tell(x, x->refused ? x->refused : x->out->file(x->call, name, media));
}

static bool take_artifact(struct gw_exchange *x, struct gw_items *items)
{
    struct gw_artifact artifact;

    gw_take_artifact(items, &artifact);
    if (!gw_items_end(items))
        return true;
    return tell(x, x->refused ? x->refused : x->out->artifact(x->call, &artifact));
}

/* Nobody waits for an answer: there is one only if the sink wants no more. */
static bool take_write(struct gw_exchange *x, const struct gw_frame *frame)
{
    struct gw_buf payload = GW_BUF(64);

    if (x->refused)
        return true;
    x->refused = x->out->write(x->call, frame->payload);
    if (!x->refused)
        return true;
    gw_put_int(&payload, x->refused);
    bool sent = gw_exchange_send(x, GW_MSG_SINK_SAYS, &payload);
    gw_buf_free(&payload);
    return sent;
}

/* ---- what a restore reads ---- */

static bool give_file(struct gw_exchange *x, struct gw_items *items)
{
    struct gw_buf payload = GW_BUF(GW_TEXT_LONG + 64);
    struct gw_str name = { "", 0 };

    if (!gw_items_end(items))
        return true;
    gw_status says = x->in->next_file(x->call, &name);
    gw_put_int(&payload, says);
    gw_put_text(&payload, name, GW_TEXT_SHORT);
    bool sent = gw_exchange_send(x, GW_MSG_ANSWER, &payload);
    gw_buf_free(&payload);
    return sent;
}

static bool give_bytes(struct gw_exchange *x, struct gw_items *items)
{
    const size_t room = (size_t)gw_take_int(items, 1, GW_FRAME_MOST);
    size_t got = 0;

    if (!gw_items_end(items))
        return true;
    if (!x->bytes.data && !gw_buf_reserve(&x->bytes, GW_FRAME_MOST))
        return gw_exchange_status(x, GW_E_NO_MEMORY);
    gw_status says = x->in->read(x->call, x->bytes.data, room, &got);
    if (says != GW_OK)
        return gw_exchange_status(x, says);
    const struct gw_str bytes = { x->bytes.data, got < room ? got : room };
    return gw_process_send(&x->of->process, &x->watch, GW_MSG_DATA, &bytes, 1);
}

/* ---- the end ---- */

static bool take_return(struct gw_exchange *x, struct gw_items *items)
{
    gw_status returned = (gw_status)gw_take_int(items, INT32_MIN, INT32_MAX);
    struct gw_error error;
    bool said = gw_take_error(items, &error);

    if (!gw_items_end(items))
        return true;
    if (said)
        gw_host_table.fail(x->call, &error);
    /* The plugin need not have heard what the sink said last. */
    x->returned = returned >= GW_OK && x->refused < GW_OK ? x->refused : returned;
    x->done = GW_MSG_RETURN;
    return true;
}

/* What the process has loaded, or why it has not. */
static bool take_loaded(struct gw_exchange *x, const struct gw_frame *frame)
{
    char *kept = gw_arena_copy(x->kept, frame->payload.ptr, frame->payload.len);
    struct gw_items items = gw_items_of((struct gw_str){ kept ? kept : "", frame->payload.len });

    if (!kept)
        return gw_exchange_nonsense(x, "more than there is memory for");
    if (frame->type == GW_MSG_READY) {
        gw_take_described(&items, x->kept, &x->of->told);
    } else {
        gw_take_int(&items, 0, INT32_MAX);
        x->refusal = gw_take_text(&items, GW_TEXT_LONG).ptr;
        x->remedy = gw_take_text(&items, GW_TEXT_LONG).ptr;
    }
    if (!gw_items_end(&items))
        return gw_exchange_nonsense(x, items.wrong);
    x->done = frame->type;
    return true;
}

/* ---- which of it fits ---- */

static bool fits(const struct gw_exchange *x, uint16_t type)
{
    const bool loading = x->type == GW_MSG_HELLO, called = !loading && !x->pushing;
    const struct {
        uint16_t type;
        bool fits;
    } expected[] = {
        { GW_MSG_READY, loading },
        { GW_MSG_REFUSED, loading },
        { GW_MSG_LOG, true },
        { GW_MSG_PROGRESS, true },
        { GW_MSG_RETURN, called },
        { GW_MSG_FINDING, x->findings },
        { GW_MSG_FILE, x->out && x->out->file },
        { GW_MSG_WRITE, x->out && x->out->write },
        { GW_MSG_ARTIFACT, x->out && x->out->artifact },
        { GW_MSG_NEXT_FILE, x->in },
        { GW_MSG_READ, x->in },
        { GW_MSG_TAKEN, false }, /* gw_exchange_push takes it, and nobody else waits for one */
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        if (expected[i].type == type)
            return expected[i].fits;
    /* Within an answer, nothing is asked of a service. */
    return called && type >= GW_MSG_QUERY && type <= GW_MSG_SECRET;
}

typedef bool taker(struct gw_exchange *, struct gw_items *);

static taker *taker_of(uint16_t type)
{
    static const struct {
        uint16_t type;
        taker *take;
    } takers[] = {
        { GW_MSG_LOG, take_log },           { GW_MSG_PROGRESS, take_progress },
        { GW_MSG_FINDING, take_finding },   { GW_MSG_FILE, take_file },
        { GW_MSG_ARTIFACT, take_artifact }, { GW_MSG_NEXT_FILE, give_file },
        { GW_MSG_READ, give_bytes },        { GW_MSG_RETURN, take_return },
    };
    for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++)
        if (takers[i].type == type)
            return takers[i].take;
    return NULL;
}

bool gw_exchange_answer(struct gw_exchange *x, const struct gw_frame *frame)
{
    struct gw_items items = gw_items_of(frame->payload);
    taker *take = taker_of(frame->type);

    if (!fits(x, frame->type))
        return gw_exchange_nonsense(x, "a message out of order");
    if (frame->type == GW_MSG_READY || frame->type == GW_MSG_REFUSED)
        return take_loaded(x, frame);
    if (frame->type == GW_MSG_WRITE)
        return take_write(x, frame);
    if (!take)
        return gw_exchange_serve(x, frame);
    bool alive = take(x, &items);
    return items.wrong ? gw_exchange_nonsense(x, items.wrong) : alive;
}
