/* SPDX-License-Identifier: Apache-2.0 */
/* The host's services in the process of a plugin: each question goes to godwit, which sends what it finds in pieces,
 * and waits after each for what the plugin says of it. */
#include "plugin/isolate/host.h"

#include <godwit/host_secrets.h>
#include <godwit/host_session.h>
#include <sodium.h>
#include <string.h>

typedef gw_status receiver(struct gw_call *, const void *into, uint16_t type,
                           struct gw_items *items, struct gw_arena *arena);

static bool tell_taken(struct gw_server *server, gw_status says)
{
    struct gw_buf payload = GW_BUF(64);
    gw_put_int(&payload, says > GW_STOP ? GW_E_INTERNAL : says);
    bool sent = gw_server_send_buf(server, GW_MSG_TAKEN, &payload);
    gw_buf_free(&payload);
    return sent;
}

/* The receiver may speak itself (a finding for each row), which brings in other messages: it works on a copy. */
static gw_status receive_one(struct gw_call *call, receiver *receive, const void *into)
{
    const struct gw_server *server = call->sink;
    struct gw_arena arena = { 0 };
    const size_t len = server->in.len;
    char *copy = gw_arena_copy(&arena, server->in.data, len);
    struct gw_items items = gw_items_of((struct gw_str){ copy, copy ? len : 0 });

    gw_status says = copy ? receive(call, into, server->type, &items, &arena) : GW_E_NO_MEMORY;
    if (copy)
        sodium_memzero(copy,
                       len); /* it may be a secret, and no two of these are worth telling apart */
    gw_arena_free(&arena);
    return says;
}

/* Sends the question, hands the pieces to receive, and returns the status of the answer. */
static gw_status borrow(struct gw_call *call, uint16_t type, struct gw_buf *question,
                        receiver *receive, const void *into)
{
    struct gw_server *server = call->sink;
    gw_status failed = gw_server_ask(server, type, question);

    gw_buf_free(question);
    while (!failed && server->type != GW_MSG_ANSWER) {
        gw_status says = receive_one(call, receive, into);
        if (server->in.data)
            sodium_memzero(server->in.data, server->in.len);
        if (!tell_taken(server, says) || !gw_server_receive(server, NULL, 0, NULL))
            failed = GW_E_CANCELLED;
    }
    return failed ? failed : gw_server_answer(server);
}

/* ---- receivers ---- */

static gw_status receive_rows(struct gw_call *call, const void *payload, uint16_t type,
                              struct gw_items *items, struct gw_arena *arena)
{
    const struct gw_rows_into *into = payload;
    gw_status says = GW_OK;
    uint32_t n;

    if (type == GW_MSG_COLUMNS) {
        const struct gw_column *columns = gw_take_columns(items, arena, &n);
        return into->columns ? into->columns(call, into->self, columns, n) : GW_OK;
    }
    for (uint32_t left = gw_take_count(items, UINT32_MAX, 1); left && says == GW_OK; left--) {
        const struct gw_cell *cells = gw_take_cells(items, arena, &n);
        says = items->wrong ? GW_E_INTERNAL : into->row(call, into->self, cells, n);
    }
    return says;
}

static gw_status receive_fields(struct gw_call *call, const void *payload, uint16_t type,
                                struct gw_items *items, struct gw_arena *arena)
{
    const struct gw_fields_into *into = payload;
    gw_status says = GW_OK;
    uint32_t n;
    (void)type;

    for (uint32_t left = gw_take_count(items, UINT32_MAX, 1); left && says == GW_OK; left--) {
        const struct gw_field *field = gw_take_fields(items, arena, &n);
        says = n == 1 ? into->field(call, into->self, field) : GW_E_INTERNAL;
    }
    return says;
}

static gw_status receive_migrations(struct gw_call *call, const void *payload, uint16_t type,
                                    struct gw_items *items, struct gw_arena *arena)
{
    const struct gw_migrations_into *into = payload;
    gw_status says = GW_OK;
    (void)type;

    for (uint32_t left = gw_take_count(items, UINT32_MAX, 1); left && says == GW_OK; left--) {
        struct gw_migration migration;
        gw_take_migration(items, arena, &migration);
        says = items->wrong ? GW_E_INTERNAL : into->migration(call, into->self, &migration);
    }
    return says;
}

static gw_status receive_text(struct gw_call *call, const void *payload, uint16_t type,
                              struct gw_items *items, struct gw_arena *arena)
{
    const struct gw_text_into *into = payload;
    (void)type;
    (void)arena;
    return into->text(call, into->self, gw_take_bytes(items, SIZE_MAX));
}

/* ---- the tables ---- */

static gw_status session_query(struct gw_call *call, struct gw_str sql, const struct gw_cell *args,
                               uint32_t n_args, const struct gw_rows_into *into)
{
    struct gw_buf question = GW_BUF(GW_FRAME_MOST);
    gw_put_text(&question, sql, SIZE_MAX);
    gw_put_cells(&question, args, n_args);
    question.failed = question.failed || sql.len > GW_TEXT_HUGE / 2;
    return borrow(call, GW_MSG_QUERY, &question, receive_rows, into);
}

static gw_status session_quote(struct gw_call *call, struct gw_str name,
                               const struct gw_text_into *into)
{
    struct gw_buf question = GW_BUF(GW_FRAME_MOST);
    gw_put_text(&question, name, SIZE_MAX);
    question.failed = question.failed || name.len > GW_TEXT_LONG / 4;
    return borrow(call, GW_MSG_QUOTE, &question, receive_text, into);
}

static gw_status session_info(struct gw_call *call, const struct gw_fields_into *into)
{
    struct gw_buf question = GW_BUF(1);
    return borrow(call, GW_MSG_INFO, &question, receive_fields, into);
}

static gw_status migrations_list(struct gw_call *call, const struct gw_migrations_into *into)
{
    struct gw_buf question = GW_BUF(1);
    return borrow(call, GW_MSG_LIST, &question, receive_migrations, into);
}

static gw_status migrations_text(struct gw_call *call, struct gw_str revision, uint32_t which,
                                 const struct gw_text_into *into)
{
    struct gw_buf question = GW_BUF(GW_FRAME_MOST);
    gw_put_text(&question, revision, GW_TEXT_LONG);
    gw_put_int(&question, which);
    return borrow(call, GW_MSG_MIGRATION_TEXT, &question, receive_text, into);
}

static gw_status secrets_get(struct gw_call *call, struct gw_str name,
                             const struct gw_text_into *into)
{
    struct gw_buf question = GW_BUF(GW_FRAME_MOST);
    gw_put_text(&question, name, GW_TEXT_LONG);
    return borrow(call, GW_MSG_SECRET, &question, receive_text, into);
}

static const struct gw_host_session session = { sizeof session, 0, session_query, session_quote,
                                                session_info };
static const struct gw_host_migrations migrations = { sizeof migrations, 0, migrations_list,
                                                      migrations_text };
static const struct gw_host_secrets secrets = { sizeof secrets, 0, secrets_get };

const void *gw_server_service(const char *id)
{
    static const struct {
        const char *id;
        const void *table;
    } services[] = { { GW_HOST_SESSION, &session },
                     { GW_HOST_MIGRATIONS, &migrations },
                     { GW_HOST_SECRETS, &secrets } };
    for (size_t i = 0; id && i < sizeof services / sizeof services[0]; i++)
        if (strcmp(services[i].id, id) == 0)
            return services[i].table;
    return NULL;
}
