/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "scan.h"
#include "statement.h"
#include "variable.h"
#include "wire.h"

#include <godwit/sdk.h>
#include <stdlib.h>

/* Oids of built-in types are the same in every server. */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_OID = 26,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
    LONGEST_NAME = 63
};

struct asking {
    const struct gw_rows_out *out;
    struct gw_cell *cells;
    unsigned char **bytes; /* of bytea cells, decoded */
    int n;
    bool columns_sent;
    bool stopped; /* the sink has seen enough */
};

/* ---- cells ---- */

static void read_cell(struct asking *asking, const PGresult *result, int at)
{
    struct gw_cell *cell = &asking->cells[at];
    const char *text = PQgetvalue(result, 0, at);
    *cell = (struct gw_cell){ .kind = GW_NULL };
    if (PQgetisnull(result, 0, at))
        return;
    switch (PQftype(result, at)) {
    case TYPE_BOOL:
        cell->kind = GW_BOOL;
        cell->v.i = *text == 't';
        break;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_OID:
        cell->kind = GW_INT;
        cell->v.i = strtoll(text, NULL, 10);
        break;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
        cell->kind = GW_REAL;
        cell->v.f = strtod(text, NULL);
        break;
    case TYPE_BYTEA:
        cell->kind = GW_BLOB;
        asking->bytes[at] = PQunescapeBytea((const unsigned char *)text, &cell->v.s.len);
        cell->v.s.ptr = (const char *)asking->bytes[at];
        break;
    default:
        cell->kind = GW_TEXT;
        cell->v.s = (struct gw_str){ text, (size_t)PQgetlength(result, 0, at) };
        break;
    }
}

static gw_status send_row(struct postgres_session *session, struct asking *asking,
                          const PGresult *result)
{
    gw_status status = GW_OK;
    for (int i = 0; i < asking->n; i++) {
        read_cell(asking, result, i);
        if (asking->cells[i].kind == GW_BLOB && !asking->cells[i].v.s.ptr)
            status = postgres_fail_memory(session);
    }
    if (status == GW_OK)
        status = asking->out->row(session->call, asking->cells, (uint32_t)asking->n);
    for (int i = 0; i < asking->n; i++) {
        PQfreemem(asking->bytes[i]);
        asking->bytes[i] = NULL;
    }
    return status;
}

static gw_status send_columns(struct postgres_session *session, struct asking *asking,
                              const PGresult *result)
{
    asking->n = PQnfields(result);
    size_t room = (size_t)asking->n + 1;
    struct gw_column *columns = calloc(room, sizeof *columns);
    asking->cells = calloc(room, sizeof *asking->cells);
    asking->bytes = calloc(room, sizeof *asking->bytes);
    asking->columns_sent = true;
    if (!columns || !asking->cells || !asking->bytes) {
        free(columns);
        return postgres_fail_memory(session);
    }
    for (int i = 0; i < asking->n; i++)
        columns[i] = (struct gw_column){ gw_str_of(PQfname(result, i)), gw_str_of("") };
    gw_status status = asking->out->columns(session->call, columns, (uint32_t)asking->n);
    free(columns);
    return status;
}

/* ---- rows ---- */

static gw_status take_rows(struct postgres_session *session, void *payload,
                           const struct postgres_step *step, const PGresult *result)
{
    struct asking *asking = payload;
    ExecStatusType kind = PQresultStatus(result);
    gw_status status = GW_OK;

    if (!result)
        return GW_OK;
    if (kind == PGRES_FATAL_ERROR) {
        if (asking->stopped)
            return GW_OK; /* our own cancelling */
        return postgres_fail_result(session, result, (struct gw_str){ 0 });
    }
    if (step->kind != POSTGRES_STEP_STATEMENT || asking->stopped)
        return GW_OK;
    if (kind == PGRES_EMPTY_QUERY)
        return postgres_fail(session, GW_E_SYNTAX, "remove it", "there is no statement");
    if (!asking->columns_sent)
        status = send_columns(session, asking, result);
    if (status == GW_OK && kind == PGRES_SINGLE_TUPLE)
        status = send_row(session, asking, result);
    asking->stopped = status == GW_STOP;
    if (asking->stopped) /* the rest is read and dropped, but the server need not work it out */
        postgres_interrupt(session);
    return status == GW_STOP ? GW_OK : status;
}

/* *text: what is sent of it. */
static gw_status check(struct postgres_session *session, const struct gw_statement *statement,
                       struct postgres_text *text)
{
    const bool user = statement->flags & GW_STMT_USER;
    struct postgres_kind kind;
    gw_status status = GW_OK;
    if (user)
        status = postgres_text_make(session, statement->sql, statement->sql.len, text);
    if (status != GW_OK)
        return status;
    postgres_classify(user ? text->sql : statement->sql, false, &kind);
    if (user && kind.flags & GW_SPLIT_REFUSED)
        return postgres_fail(session, kind.status, kind.hint, "%s", kind.message);
    if (kind.copies)
        return postgres_fail(session, GW_E_REFUSED, "write a SELECT", "a COPY is not a query");
    return GW_OK;
}

/* A snapshot's transaction begins with its first query, and stays. Returns whether one began for this query alone. */
static bool begin_reading(struct postgres_session *session, bool user)
{
    const bool alone = !session->snapshot && (user || session->read_only);

    if (alone)
        postgres_send(session, POSTGRES_STEP_OWN, 0, "BEGIN READ ONLY", NULL);
    else if (session->snapshot && PQtransactionStatus(session->db) == PQTRANS_IDLE)
        postgres_send(session, POSTGRES_STEP_OWN, 0,
                      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL);
    return alone;
}

gw_status postgres_query(struct gw_call *call, void *conn, const struct gw_statement *statement,
                         const struct gw_rows_out *out)
{
    struct postgres_session *session = conn;
    struct asking asking = { .out = out };
    struct postgres_text text = { 0 };
    bool user = statement->flags & GW_STMT_USER;

    postgres_enter(session, call);
    gw_status status = check(session, statement, &text);
    if (status == GW_OK) {
        bool alone = begin_reading(session, user);
        if (user)
            postgres_send_user(session, 0, text.sql);
        else
            postgres_send_host(session, 0, statement, 0);
        if (alone)
            postgres_send(session, POSTGRES_STEP_OWN, 0, "COMMIT", NULL);
        postgres_send_sync(session);
        status = postgres_receive(session, true, take_rows, &asking);
        if (!session->snapshot || status != GW_OK || asking.stopped)
            postgres_undo(session);
    }
    if (status == GW_E_READ_ONLY && user && !session->read_only) {
        status = session->failure.code = GW_E_REFUSED;
        snprintf(session->failure.message, sizeof session->failure.message,
                 "the query would change the database");
        snprintf(session->failure.hint, sizeof session->failure.hint, "write a SELECT");
    }
    free(asking.cells);
    free(asking.bytes);
    postgres_text_free(&text);
    return postgres_leave(session, status == GW_STOP ? GW_OK : status);
}

/* ---- snapshot ---- */

/* The transaction begins with the first query, in the same round trip. */
gw_status postgres_snapshot_begin(struct gw_call *call, void *conn)
{
    struct postgres_session *session = conn;
    postgres_enter(session, call);
    session->snapshot = true;
    return postgres_leave(session, GW_OK);
}

gw_status postgres_snapshot_end(struct gw_call *call, void *conn)
{
    struct postgres_session *session = conn;
    postgres_enter(session, call);
    if (session->snapshot)
        postgres_undo(session);
    session->snapshot = false;
    return postgres_leave(session, GW_OK);
}

/* ---- quote ---- */

static gw_status emit_doubled(struct gw_call *call, struct gw_str text, const char *quote,
                              const struct gw_text_out *out)
{
    const struct gw_str mark = { quote, 1 };
    gw_status status = out->text(call, mark);
    while (status == GW_OK && text.len) {
        const char *found = memchr(text.ptr, *quote, text.len);
        size_t n = found ? (size_t)(found - text.ptr) + 1 : text.len;
        status = out->text(call, (struct gw_str){ text.ptr, n });
        if (status == GW_OK && found)
            status = out->text(call, mark);
        text.ptr += n;
        text.len -= n;
    }
    return status == GW_OK ? out->text(call, mark) : status;
}

gw_status postgres_quote(struct gw_call *call, void *conn, uint32_t kind, struct gw_str text,
                         const struct gw_text_out *out)
{
    const struct gw_host *host = postgres_host();
    (void)conn; /* the session has standard_conforming_strings on, as servers have by default */
    if (kind != GW_QUOTE_NAME && kind != GW_QUOTE_TEXT)
        return gw_failf(host, call, GW_E_ARGUMENT, "", "unknown kind of quoting: %u", kind);
    if (text.len && memchr(text.ptr, '\0', text.len))
        return gw_failf(host, call, GW_E_ARGUMENT, "", "PostgreSQL has no text with a NUL byte");
    if (kind == GW_QUOTE_NAME && (!text.len || text.len > LONGEST_NAME))
        return gw_failf(host, call, GW_E_ARGUMENT, "choose a shorter name",
                        "a name has 1 to %d bytes in PostgreSQL, not %zu", LONGEST_NAME, text.len);
    gw_status status = emit_doubled(call, text, kind == GW_QUOTE_NAME ? "\"" : "'", out);
    return status == GW_STOP ? GW_OK : status;
}
