/* SPDX-License-Identifier: Apache-2.0 */
/* The text protocol for everything: sending and reading are two calls of it, so that between them a statement can
 * be cancelled and a wait be explained, which the prepared statements of neither client library allow. */
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 100
};

/* ---- waiting ---- */

/* KILL QUERY on the second connection: the one that waits cannot say it. */
static void stop_statement(struct my_session *session)
{
    MYSQL *side;
    char sql[64];
    session->wait.stopping = true;
    side = my_side(session);
    int len = snprintf(sql, sizeof sql, "KILL QUERY %llu", (unsigned long long)session->id);
    if (!side || mysql_real_query(side, sql, (unsigned long)len))
        my_log(session, GW_LOG_WARN,
               "the running statement cannot be cancelled on the server; waiting for its end");
}

static void tick(struct my_session *session)
{
    if (!session->wait.stopping && my_stopped(session))
        stop_statement(session);
    my_watch(session);
}

/* An answer is there when the socket has something to read: nothing was left over from the statement before. */
static void wait_for_answer(struct my_session *session)
{
    struct pollfd answer = { .fd = my_socket_of(session->db), .events = POLLIN };
    session->wait = (struct my_wait){ .since_ns = my_now_ns() };
    for (;;) {
        int n = poll(&answer, 1, TICK_MS);
        if (n > 0 || (n < 0 && errno != EINTR))
            return;
        tick(session);
    }
}

/* A KILL QUERY that came too late would hit the next statement: let it hit this one. */
static void absorb_stop(struct my_session *session)
{
    static const char nothing[] = "DO 0";
    if (mysql_real_query(session->db, nothing, sizeof nothing - 1) == 0)
        mysql_free_result(mysql_store_result(session->db));
}

/* ---- results ---- */

static gw_status take_rows(struct my_session *session, MYSQL_RES *result, struct gw_str sql,
                           const struct my_rows *rows)
{
    gw_status status = GW_OK;
    MYSQL_ROW row;
    if (rows && rows->columns)
        status = rows->columns(session, result, rows->payload);
    while ((row = mysql_fetch_row(result))) {
        if (rows && rows->row && status == GW_OK)
            status = rows->row(session, result, row, mysql_fetch_lengths(result), rows->payload);
        if (!session->wait.stopping && my_stopped(session))
            stop_statement(session);
    }
    if (status == GW_OK && mysql_errno(session->db))
        status = my_fail_server(session, session->db, sql);
    return status;
}

static gw_status take_results(struct my_session *session, struct gw_str sql,
                              const struct my_rows *rows, int64_t *affected)
{
    gw_status status = GW_OK;
    bool first = true;
    for (;;) {
        MYSQL_RES *result = mysql_use_result(session->db);
        if (result) {
            gw_status taken = take_rows(session, result, sql, first ? rows : NULL);
            mysql_free_result(result);
            status = status == GW_OK ? taken : status;
        } else if (mysql_field_count(session->db)) {
            return my_fail_server(session, session->db, sql);
        } else if (first && affected) {
            *affected = (int64_t)mysql_affected_rows(session->db);
        }
        first = false;
        int next = mysql_next_result(session->db);
        if (next < 0)
            return status;
        if (next > 0)
            return status == GW_OK ? my_fail_server(session, session->db, sql) : status;
    }
}

/* It was to stop, and has come to an end: SLEEP() only wakes up, and MySQL takes that for success. What can be rolled
 * back is cancelled all the same; what has committed is done. */
static gw_status stopped_status(struct my_session *session, gw_status status)
{
    bool open = session->db->server_status & SERVER_STATUS_IN_TRANS;
    bool reads = mysql_field_count(session->db) > 0;
    absorb_stop(session);
    if (status == GW_OK && (open || reads))
        return my_fail(session, GW_E_CANCELLED, NULL, "cancelled");
    return status;
}

static gw_status check_size(struct my_session *session, struct gw_str sql)
{
    if (!session->max_packet || sql.len + 1 < session->max_packet)
        return GW_OK;
    return my_fail(
        session, GW_E_UNSUPPORTED,
        "raise max_allowed_packet of the server, or write smaller statements",
        "a statement of %zu bytes is larger than the server takes (max_allowed_packet is "
        "%llu)",
        sql.len, (unsigned long long)session->max_packet);
}

gw_status my_execute(struct my_session *session, struct gw_str sql, const struct my_rows *rows,
                     int64_t *affected)
{
    gw_status status = check_size(session, sql);
    if (affected)
        *affected = -1;
    if (status != GW_OK)
        return status;
    if (mysql_send_query(session->db, sql.ptr, (unsigned long)sql.len))
        return my_fail_server(session, session->db, sql);
    wait_for_answer(session);
    if (mysql_read_query_result(session->db))
        status = my_fail_server(session, session->db, sql);
    else
        status = take_results(session, sql, rows, affected);
    if (session->wait.stopping)
        status = stopped_status(session, status);
    return status;
}

/* ---- statements of the driver ---- */

__attribute__((format(printf, 3, 0))) static gw_status execute_format(struct my_session *session,
                                                                      const struct my_rows *rows,
                                                                      const char *format,
                                                                      va_list args)
{
    struct gw_buf sql = GW_BUF_TEXT;
    gw_buf_vprintf(&sql, format, args);
    gw_status status =
        sql.failed ? my_fail_memory(session)
                   : my_execute(session, (struct gw_str){ gw_buf_str(&sql), sql.len }, rows, NULL);
    gw_buf_free(&sql);
    return status;
}

gw_status my_command(struct my_session *session, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    gw_status status = execute_format(session, NULL, format, args);
    va_end(args);
    return status;
}

struct asked {
    char *out;
    size_t n, room;
    bool found;
};

static gw_status take_asked(struct my_session *session, MYSQL_RES *result, MYSQL_ROW row,
                            const unsigned long *lengths, void *payload)
{
    struct asked *asked = payload;
    (void)session;
    for (size_t i = 0; i < asked->n && i < mysql_num_fields(result) && !asked->found; i++) {
        size_t len = lengths[i] < asked->room - 1 ? lengths[i] : asked->room - 1;
        if (row[i])
            memcpy(asked->out + i * asked->room, row[i], len);
        asked->out[i * asked->room + (row[i] ? len : 0)] = '\0';
    }
    asked->found = true;
    return GW_OK;
}

gw_status my_ask(struct my_session *session, char *out, size_t n, size_t room, bool *found,
                 const char *format, ...)
{
    struct asked asked = { out, n, room, false };
    const struct my_rows rows = { .row = take_asked, .payload = &asked };
    va_list args;
    for (size_t i = 0; i < n; i++)
        out[i * room] = '\0';
    va_start(args, format);
    gw_status status = execute_format(session, &rows, format, args);
    va_end(args);
    if (found)
        *found = asked.found;
    return status;
}

bool my_try(struct my_session *session, const char *sql)
{
    const struct my_failure kept = session->failure;
    session->failure.code = GW_OK;
    bool done = my_execute(session, (struct gw_str){ sql, strlen(sql) }, NULL, NULL) == GW_OK;
    if (!done)
        my_log(session, GW_LOG_DEBUG, "'%.100s': %s", sql, session->failure.message);
    session->failure = kept;
    return done;
}

/* ---- arguments ---- */

/* Hex digits cannot end a literal, whatever sql_mode and character set say. */
static void render_bytes(struct gw_buf *out, struct gw_str bytes, const char *introducer)
{
    static const char digits[] = "0123456789abcdef";
    gw_buf_text(out, introducer);
    if (gw_buf_reserve(out, 2 * bytes.len)) {
        char *to = out->data + out->len;
        for (size_t i = 0; i < bytes.len; i++) {
            *to++ = digits[(unsigned char)bytes.ptr[i] >> 4];
            *to++ = digits[(unsigned char)bytes.ptr[i] & 15];
        }
        out->len += 2 * bytes.len;
    }
    gw_buf_char(out, '\'');
}

static gw_status render_cell(struct my_session *session, const struct gw_cell *cell, uint32_t at,
                             struct gw_buf *out)
{
    switch (cell->kind) {
    case GW_NULL:
        gw_buf_text(out, "NULL");
        return GW_OK;
    case GW_BOOL:
    case GW_INT:
    case GW_TIME:
        gw_buf_printf(out, "%lld", (long long)cell->v.i);
        return GW_OK;
    case GW_REAL:
        if (!(cell->v.f - cell->v.f == 0))
            return my_fail(session, GW_E_ARGUMENT, NULL, "argument %u is not a finite number", at);
        gw_buf_printf(out, "%.17e", cell->v.f);
        return GW_OK;
    case GW_TEXT:
        render_bytes(out, cell->v.s, "_utf8mb4 x'");
        return GW_OK;
    case GW_BLOB:
        render_bytes(out, cell->v.s, "x'");
        return GW_OK;
    default:
        return my_fail(session, GW_E_ARGUMENT, NULL, "argument %u is of the unknown kind %u", at,
                       cell->kind);
    }
}

/* The number behind '?', which the lexer takes for a word. */
static gw_status render_argument(struct my_session *session, struct my_lexer *lexer,
                                 const struct gw_statement *statement, uint32_t *n,
                                 struct gw_buf *out)
{
    char number[16];
    if (my_lex(lexer) != MY_T_WORD)
        return my_fail(session, GW_E_ARGUMENT, NULL, "a '?' without a number");
    my_lex_plain(lexer, number, sizeof number);
    if (strtoul(number, NULL, 10) != *n + 1UL || *n >= statement->n_args)
        return my_fail(session, GW_E_ARGUMENT, NULL, "argument ?%s out of order", number);
    ++*n;
    return render_cell(session, &statement->args[*n - 1], *n, out);
}

gw_status my_render(struct my_session *session, const struct gw_statement *statement,
                    struct gw_buf *out)
{
    struct my_lexer lexer = MY_LEXER(statement->sql, my_modes_now(session));
    gw_status status = GW_OK;
    uint32_t n = 0;
    for (enum my_token token; status == GW_OK && (token = my_lex(&lexer)) != MY_T_END;) {
        if (token == MY_T_OTHER && my_lex_mark(&lexer, '?'))
            status = render_argument(session, &lexer, statement, &n, out);
        else
            gw_buf_add(out, lexer.text + lexer.begin, lexer.at - lexer.begin);
    }
    if (status == GW_OK && n != statement->n_args)
        status = my_fail(session, GW_E_ARGUMENT, NULL,
                         "a statement with %u parameters got %u arguments", n, statement->n_args);
    if (status == GW_OK && out->failed)
        status = my_fail_memory(session);
    return status;
}
