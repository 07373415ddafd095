/* SPDX-License-Identifier: Apache-2.0 */
#include "classify.h"
#include "driver.h"
#include "session.h"
#include "setup.h"
#include "wire.h"

#include <errno.h>
#include <godwit/sdk.h>
#include <stdlib.h>

enum {
    BINARY = 63 /* the number of the character set "binary" */
};

struct sending {
    const struct gw_rows_out *out;
    struct gw_cell *cells;
};

/* ---- cells ---- */

static bool is_integer(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
        return true;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: /* sum(): a whole number, if it fits */
        return field->decimals == 0;
    default:
        return false;
    }
}

static bool is_blob(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_VARCHAR:
        return field->charsetnr == BINARY;
    case MYSQL_TYPE_BIT:
    case MYSQL_TYPE_GEOMETRY:
        return true;
    default:
        return false;
    }
}

static void read_cell(const MYSQL_FIELD *field, const char *text, unsigned long len,
                      struct gw_cell *out)
{
    char *end;
    *out = (struct gw_cell){ .kind = GW_NULL };
    if (!text)
        return;
    out->kind = is_blob(field) ? GW_BLOB : GW_TEXT;
    out->v.s = (struct gw_str){ text, len };
    if (is_integer(field)) {
        errno = 0;
        long long value = strtoll(text, &end, 10);
        if (!errno && end == text + len && len)
            *out = (struct gw_cell){ .kind = GW_INT, .v.i = value };
    } else if (field->type == MYSQL_TYPE_DOUBLE || field->type == MYSQL_TYPE_FLOAT) {
        *out = (struct gw_cell){ .kind = GW_REAL, .v.f = strtod(text, NULL) };
    }
}

static const char *type_name(const MYSQL_FIELD *field)
{
    if (is_integer(field))
        return "BIGINT";
    if (field->type == MYSQL_TYPE_DOUBLE || field->type == MYSQL_TYPE_FLOAT)
        return "DOUBLE";
    return is_blob(field) ? "BLOB" : "TEXT";
}

/* ---- sink ---- */

static gw_status send_columns(struct my_session *session, MYSQL_RES *result, void *payload)
{
    struct sending *sending = payload;
    unsigned n = mysql_num_fields(result);
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);
    struct gw_column *columns = calloc(n ? n : 1, sizeof *columns);
    sending->cells = calloc(n ? n : 1, sizeof *sending->cells);
    if (!columns || !sending->cells) {
        free(columns);
        return my_fail_memory(session);
    }
    for (unsigned i = 0; i < n; i++)
        columns[i] =
            (struct gw_column){ gw_str_of(fields[i].name), gw_str_of(type_name(&fields[i])) };
    gw_status status = sending->out->columns(session->call, columns, n);
    free(columns);
    return status;
}

static gw_status send_row(struct my_session *session, MYSQL_RES *result, MYSQL_ROW row,
                          const unsigned long *lengths, void *payload)
{
    struct sending *sending = payload;
    unsigned n = mysql_num_fields(result);
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);
    for (unsigned i = 0; i < n; i++)
        read_cell(&fields[i], row[i], lengths[i], &sending->cells[i]);
    return sending->out->row(session->call, sending->cells, n);
}

/* ---- query ---- */

/* What a migration's author or a validator asks may change nothing. The server sees to it, but for DDL: MariaDB
 * ends the transaction for it before it looks whether that was read-only. */
static gw_status query_user(struct my_session *session, struct gw_str sql,
                            const struct my_rows *rows)
{
    const struct my_modes modes = my_modes_now(session);
    struct my_kind kind;
    my_classify(sql, &modes, &kind);
    if (kind.flags & GW_SPLIT_REFUSED)
        return my_fail(session, kind.status, kind.hint, "%s", kind.message);
    if (kind.flags)
        return my_fail(session, GW_E_READ_ONLY, "write a SELECT", "a query may change nothing");
    if (session->snapshot)
        return my_execute(session, sql, rows, NULL);
    gw_status status = my_command(session, "START TRANSACTION READ ONLY");
    if (status == GW_OK)
        status = my_execute(session, sql, rows, NULL);
    my_try(session, "ROLLBACK");
    return status;
}

/* ---- snapshot ---- */

gw_status my_snapshot_begin(struct gw_call *call, void *conn)
{
    struct my_session *session = conn;
    my_enter(session, call);
    gw_status status = my_command(session, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    session->snapshot = status == GW_OK;
    return my_leave(session, status);
}

gw_status my_snapshot_end(struct gw_call *call, void *conn)
{
    struct my_session *session = conn;
    my_enter(session, call);
    if (session->snapshot)
        my_try(session, "ROLLBACK");
    session->snapshot = false;
    return my_leave(session, GW_OK);
}

/* ---- queries ---- */

gw_status my_query(struct gw_call *call, void *conn, const struct gw_statement *statement,
                   const struct gw_rows_out *out)
{
    struct my_session *session = conn;
    struct sending sending = { .out = out };
    const struct my_rows rows = { send_columns, send_row, &sending };
    struct gw_buf sql = GW_BUF((size_t)1 << 31);

    my_enter(session, call);
    gw_status status = my_database_select(session, true);
    if (status == GW_OK && statement->flags & GW_STMT_USER)
        status = query_user(session, statement->sql, &rows);
    else if (status == GW_OK && !statement->n_args)
        status = my_execute(session, statement->sql, &rows, NULL);
    else if (status == GW_OK)
        status = my_render(session, statement, &sql);
    if (status == GW_OK && sql.len)
        status = my_execute(session, (struct gw_str){ gw_buf_str(&sql), sql.len }, &rows, NULL);
    gw_buf_free(&sql);
    free(sending.cells);
    return my_leave(session, status == GW_STOP ? GW_OK : status);
}
