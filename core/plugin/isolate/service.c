/* SPDX-License-Identifier: Apache-2.0 */
/* Questions of a plugin to godwit's services, asked through the very tables that a plugin in here would use. What they
 * give goes to the plugin in pieces, of which each is taken before the next is sent. */
#include "plugin/isolate/isolated.h"

#include "plugin/service.h"

#include <sodium.h>
#include <string.h>

enum {
    BATCH = 64 << 10, /* bytes of rows that go together */
    PIECE = 1 << 20   /* of a text */
};

struct pour { /* what a service gives, on its way to the plugin */
    struct gw_exchange *x;
    struct gw_buf entries; /* of the batch under way */
    uint32_t n;
    uint16_t type;
    bool secret;
};

bool gw_exchange_push(struct gw_exchange *x, uint16_t type, struct gw_buf *payload, gw_status *says)
{
    struct gw_frame frame;

    *says = GW_E_INTERNAL;
    if (!gw_exchange_send(x, type, payload))
        return false;
    x->pushing = true;
    while (gw_process_next(&x->of->process, &x->watch, &frame)) {
        if (frame.id != x->watch.id || frame.flags)
            return gw_exchange_nonsense(x, "an answer to another call");
        if (frame.type != GW_MSG_TAKEN) {
            if (!gw_exchange_answer(x, &frame))
                return false;
            continue;
        }
        struct gw_items items = gw_items_of(frame.payload);
        *says = (gw_status)gw_take_int(&items, INT32_MIN, GW_STOP);
        x->pushing = false;
        return gw_items_end(&items) ? true : gw_exchange_nonsense(x, items.wrong);
    }
    return false;
}

static gw_status flush(struct pour *pour)
{
    struct gw_buf payload = GW_BUF((size_t)1 << 30);
    gw_status says = GW_OK;

    if (!pour->n)
        return GW_OK;
    gw_put_count(&payload, pour->n);
    gw_buf_add(&payload, pour->entries.data, pour->entries.len);
    payload.failed = payload.failed || pour->entries.failed;
    gw_exchange_push(pour->x, pour->type, &payload, &says);
    gw_buf_free(&payload);
    gw_buf_clear(&pour->entries);
    pour->n = 0;
    return says;
}

static gw_status poured(struct pour *pour)
{
    pour->n++;
    return pour->entries.len < BATCH ? GW_OK : flush(pour);
}

static struct pour pour_of(struct gw_exchange *x, uint16_t type)
{
    return (struct pour){ .x = x, .type = type, .entries = GW_BUF((size_t)1 << 30) };
}

/* The rest, and the answer to the question. */
static bool end_pour(struct pour *pour, gw_status status)
{
    if (status == GW_OK)
        status = flush(pour);
    if (status == GW_STOP) /* the plugin has seen enough */
        status = GW_OK;
    gw_buf_free(&pour->entries);
    return pour->x->of->process.fate == GW_FATE_ALIVE && gw_exchange_status(pour->x, status);
}

/* ---- receivers ---- */

static gw_status pour_columns(struct gw_call *call, void *self, const struct gw_column *columns,
                              uint32_t n)
{
    struct pour *pour = self;
    struct gw_buf payload = GW_BUF((size_t)1 << 30);
    gw_status says;
    (void)call;

    gw_put_columns(&payload, columns, n);
    gw_exchange_push(pour->x, GW_MSG_COLUMNS, &payload, &says);
    gw_buf_free(&payload);
    return says;
}

static gw_status pour_row(struct gw_call *call, void *self, const struct gw_cell *cells, uint32_t n)
{
    struct pour *pour = self;
    (void)call;
    gw_put_cells(&pour->entries, cells, n);
    return poured(pour);
}

static gw_status pour_field(struct gw_call *call, void *self, const struct gw_field *field)
{
    struct pour *pour = self;
    (void)call;
    gw_put_fields(&pour->entries, field, 1);
    return poured(pour);
}

static gw_status pour_migration(struct gw_call *call, void *self,
                                const struct gw_migration *migration)
{
    struct pour *pour = self;
    (void)call;
    gw_put_migration(&pour->entries, migration);
    return poured(pour);
}

static gw_status pour_text(struct gw_call *call, void *self, struct gw_str piece)
{
    struct pour *pour = self;
    gw_status says = GW_OK;
    (void)call;

    do {
        struct gw_buf payload = GW_BUF((size_t)PIECE + 64);
        const size_t len = piece.len < PIECE ? piece.len : PIECE;
        gw_buf_reserve(&payload, len + 16); /* so that no copy stays where it grew */
        gw_put_bytes(&payload, (struct gw_str){ piece.ptr, len });
        gw_exchange_push(pour->x, GW_MSG_TEXT, &payload, &says);
        if (pour->secret && payload.data)
            sodium_memzero(payload.data, payload.len);
        gw_buf_free(&payload);
        piece.ptr += len;
        piece.len -= len;
    } while (says == GW_OK && piece.len);
    return says;
}

/* ---- questions ---- */

static bool serve_query(struct gw_exchange *x, struct gw_items *items, struct gw_arena *arena)
{
    const struct gw_host_session *session = gw_service_table(GW_HOST_SESSION);
    struct pour pour = pour_of(x, GW_MSG_ROWS);
    const struct gw_rows_into into = { sizeof into, 0, &pour, pour_columns, pour_row };
    struct gw_str sql = gw_take_text(items, GW_TEXT_HUGE);
    uint32_t n;
    const struct gw_cell *args = gw_take_cells(items, arena, &n);

    if (!gw_items_end(items))
        return gw_exchange_nonsense(x, items->wrong);
    return end_pour(&pour, session->query(x->call, sql, args, n, &into));
}

static bool serve_quote(struct gw_exchange *x, struct gw_items *items)
{
    const struct gw_host_session *session = gw_service_table(GW_HOST_SESSION);
    struct pour pour = pour_of(x, GW_MSG_TEXT);
    const struct gw_text_into into = { sizeof into, 0, &pour, pour_text };
    struct gw_str name = gw_take_text(items, GW_TEXT_LONG);

    if (!gw_items_end(items))
        return gw_exchange_nonsense(x, items->wrong);
    return end_pour(&pour, session->quote(x->call, name, &into));
}

static bool serve_info(struct gw_exchange *x, struct gw_items *items)
{
    const struct gw_host_session *session = gw_service_table(GW_HOST_SESSION);
    struct pour pour = pour_of(x, GW_MSG_FIELDS);
    const struct gw_fields_into into = { sizeof into, 0, &pour, pour_field };

    if (!gw_items_end(items))
        return gw_exchange_nonsense(x, items->wrong);
    return end_pour(&pour, session->info(x->call, &into));
}

static bool serve_list(struct gw_exchange *x, struct gw_items *items)
{
    const struct gw_host_migrations *migrations = gw_service_table(GW_HOST_MIGRATIONS);
    struct pour pour = pour_of(x, GW_MSG_MIGRATIONS);
    const struct gw_migrations_into into = { sizeof into, 0, &pour, pour_migration };

    if (!gw_items_end(items))
        return gw_exchange_nonsense(x, items->wrong);
    return end_pour(&pour, migrations->list(x->call, &into));
}

static bool serve_text(struct gw_exchange *x, struct gw_items *items)
{
    const struct gw_host_migrations *migrations = gw_service_table(GW_HOST_MIGRATIONS);
    struct pour pour = pour_of(x, GW_MSG_TEXT);
    const struct gw_text_into into = { sizeof into, 0, &pour, pour_text };
    struct gw_str revision = gw_take_text(items, GW_TEXT_LONG);
    uint32_t which = (uint32_t)gw_take_int(items, 0, UINT32_MAX);

    if (!gw_items_end(items))
        return gw_exchange_nonsense(x, items->wrong);
    return end_pour(&pour, migrations->text(x->call, revision, which, &into));
}

static bool serve_secret(struct gw_exchange *x, struct gw_items *items)
{
    const struct gw_host_secrets *secrets = gw_service_table(GW_HOST_SECRETS);
    struct pour pour = pour_of(x, GW_MSG_TEXT);
    const struct gw_text_into into = { sizeof into, 0, &pour, pour_text };
    struct gw_str name = gw_take_text(items, GW_TEXT_LONG);

    pour.secret = true;
    if (!gw_items_end(items))
        return gw_exchange_nonsense(x, items->wrong);
    return end_pour(&pour, secrets->get(x->call, name, &into));
}

bool gw_exchange_serve(struct gw_exchange *x, const struct gw_frame *frame)
{
    struct gw_arena arena = { 0 };
    /* What was asked has to outlive what comes in while it is answered. */
    const char *kept = gw_arena_copy(&arena, frame->payload.ptr, frame->payload.len);
    struct gw_items items = gw_items_of((struct gw_str){ kept, kept ? frame->payload.len : 0 });
    bool alive;

    switch (kept ? frame->type : 0) {
    case GW_MSG_QUERY:
        alive = serve_query(x, &items, &arena);
        break;
    case GW_MSG_QUOTE:
        alive = serve_quote(x, &items);
        break;
    case GW_MSG_INFO:
        alive = serve_info(x, &items);
        break;
    case GW_MSG_LIST:
        alive = serve_list(x, &items);
        break;
    case GW_MSG_MIGRATION_TEXT:
        alive = serve_text(x, &items);
        break;
    case GW_MSG_SECRET:
        alive = serve_secret(x, &items);
        break;
    default:
        alive =
            gw_exchange_nonsense(x, kept ? "an unknown message" : "more than there is memory for");
        break;
    }
    gw_arena_free(&arena);
    return alive;
}
