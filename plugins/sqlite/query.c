/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "process.h"
#include "session.h"

#include "statement.h"
#include "transaction.h"
#include <godwit/sdk.h>

#include <stdlib.h>
#include <string.h>

/* ---- query ---- */

static struct gw_str text_of(const char *text)
{
    return (struct gw_str){ text ? text : "", text ? strlen(text) : 0 };
}

static void read_cell(sqlite3_stmt *stmt, int at, struct gw_cell *out)
{
    *out = (struct gw_cell){ .kind = GW_NULL };
    switch (sqlite3_column_type(stmt, at)) {
    case SQLITE_INTEGER:
        out->kind = GW_INT;
        out->v.i = sqlite3_column_int64(stmt, at);
        break;
    case SQLITE_FLOAT:
        out->kind = GW_REAL;
        out->v.f = sqlite3_column_double(stmt, at);
        break;
    case SQLITE_TEXT:
        out->kind = GW_TEXT;
        out->v.s.ptr = (const char *)sqlite3_column_text(stmt, at);
        out->v.s.len = (size_t)sqlite3_column_bytes(stmt, at);
        break;
    case SQLITE_BLOB:
        out->kind = GW_BLOB;
        out->v.s.ptr = sqlite3_column_blob(stmt, at);
        out->v.s.len = (size_t)sqlite3_column_bytes(stmt, at);
        break;
    default:
        break;
    }
    if ((out->kind == GW_TEXT || out->kind == GW_BLOB) && !out->v.s.ptr)
        out->v.s = (struct gw_str){ "", 0 };
}

static gw_status send_columns(struct sqlite_session *session, sqlite3_stmt *stmt, uint32_t n,
                              const struct gw_rows_out *out)
{
    struct gw_column *columns = calloc(n ? n : 1, sizeof *columns);
    if (!columns)
        return sqlite_fail_memory(session);
    for (uint32_t i = 0; i < n; i++)
        columns[i] = (struct gw_column){ text_of(sqlite3_column_name(stmt, (int)i)),
                                         text_of(sqlite3_column_decltype(stmt, (int)i)) };
    gw_status status = out->columns(session->call, columns, n);
    free(columns);
    return status;
}

static gw_status send_rows(struct sqlite_session *session, struct sqlite_statement *running,
                           struct gw_str sql, const struct gw_rows_out *out)
{
    bool row;
    gw_status status = sqlite_statement_step(session, running, sql, &row);
    if (status != GW_OK)
        return status;
    uint32_t n = (uint32_t)sqlite3_column_count(running->stmt);
    struct gw_cell *cells = calloc(n ? n : 1, sizeof *cells);
    if (!cells)
        return sqlite_fail_memory(session);
    status = send_columns(session, running->stmt, n, out);
    while (status == GW_OK && row) {
        for (uint32_t i = 0; i < n; i++)
            read_cell(running->stmt, (int)i, &cells[i]);
        status = out->row(session->call, cells, n);
        if (status == GW_OK)
            status = sqlite_statement_step(session, running, sql, &row);
    }
    free(cells);
    return status;
}

gw_status sqlite_query(struct gw_call *call, void *conn, const struct gw_statement *statement,
                       const struct gw_rows_out *out)
{
    struct sqlite_session *session = conn;
    struct sqlite_statement running;
    struct sqlite_kind kind;
    bool user = statement->flags & GW_STMT_USER;

    sqlite_enter(session, call);
    if (user)
        sqlite_classify(statement->sql, &kind);
    session->guard.transaction = sqlite_in_transaction(session);
    gw_status status = sqlite_statement_begin(session, statement, user ? &kind : NULL, &running);
    bool writes = status == GW_OK && !sqlite3_stmt_readonly(running.stmt);
    if (writes && user)
        status = sqlite_fail(session, GW_E_REFUSED, "write a SELECT",
                             "the query would change the database");
    else if (
        writes) /* what a query writes is durable when it returns, so it cannot be part of a group */
        status = sqlite_group_commit(session);
    if (status == GW_OK)
        status = send_rows(session, &running, statement->sql, out);
    sqlite_statement_end(session, &running);
    return sqlite_leave(session, status == GW_STOP ? GW_OK : status);
}

/* ---- snapshot ---- */

gw_status sqlite_snapshot_begin(struct gw_call *call, void *conn)
{
    struct sqlite_session *session = conn;
    sqlite_enter(session, call);
    int result = sqlite_execute(session, "BEGIN", NULL);
    return sqlite_leave(
        session,
        result ? sqlite_fail_database(session, result, (struct gw_str){ "BEGIN", 5 }) : GW_OK);
}

gw_status sqlite_snapshot_end(struct gw_call *call, void *conn)
{
    struct sqlite_session *session = conn;
    sqlite_enter(session, call);
    if (sqlite_in_transaction(session))
        sqlite_execute(session, "ROLLBACK", NULL);
    return sqlite_leave(session, GW_OK);
}

/* ---- info ---- */

gw_status sqlite_info(struct gw_call *call, void *conn, const struct gw_fields_out *out)
{
    struct sqlite_session *session = conn;
    char connection[SQLITE_CONNECTION_TEXT];
    struct sqlite_connection self;
    gw_status status = GW_OK;

    sqlite_connection_self(&self);
    sqlite_connection_text(&self, connection);
    const struct {
        const char *key;
        const char *value;
    } fields[] = {
        { "product", "SQLite" },
        { "version", sqlite3_libversion() },
        { "database", session->path },
        { "connection", connection },
    };
    sqlite_enter(session, call);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == GW_OK; i++) {
        const struct gw_field field = { text_of(fields[i].key),
                                        { .kind = GW_TEXT, .v.s = text_of(fields[i].value) } };
        status = out->field(call, &field);
    }
    return sqlite_leave(session, status == GW_STOP ? GW_OK : status);
}

/* ---- quote ---- */

/* Emits text between two quotes, each quote in it doubled. */
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

/* A NUL byte would end the statement. */
static gw_status emit_hex(struct gw_call *call, struct gw_str text, const struct gw_text_out *out)
{
    static const char digits[] = "0123456789ABCDEF";
    gw_status status = out->text(call, (struct gw_str)GW_S("CAST(X'"));
    for (size_t i = 0; i < text.len && status == GW_OK; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        const char pair[2] = { digits[byte >> 4], digits[byte & 15] };
        status = out->text(call, (struct gw_str){ pair, 2 });
    }
    return status == GW_OK ? out->text(call, (struct gw_str)GW_S("' AS TEXT)")) : status;
}

gw_status sqlite_quote(struct gw_call *call, void *conn, uint32_t kind, struct gw_str text,
                       const struct gw_text_out *out)
{
    bool nul = text.len && memchr(text.ptr, '\0', text.len);
    gw_status status;
    (void)conn; /* SQLite quotes alike on every connection */
    if (kind != GW_QUOTE_NAME && kind != GW_QUOTE_TEXT)
        return gw_failf(sqlite_host(), call, GW_E_ARGUMENT, "", "unknown kind of quoting: %u",
                        kind);
    if (kind == GW_QUOTE_NAME && (nul || !text.len))
        return gw_failf(sqlite_host(), call, GW_E_ARGUMENT, "",
                        "a name is empty or holds a NUL byte");
    if (nul)
        status = emit_hex(call, text, out);
    else
        status = emit_doubled(call, text, kind == GW_QUOTE_NAME ? "\"" : "'", out);
    return status == GW_STOP ? GW_OK : status;
}
