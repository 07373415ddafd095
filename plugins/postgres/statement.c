/* SPDX-License-Identifier: Apache-2.0 */
#include "statement.h"

#include "lexer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BYTEA = 17, /* the type's oid, the same in every server */
    NUMBER = 32
};

/* ---- arguments ---- */

struct arguments {
    struct postgres_params params;
    char numbers[POSTGRES_PARAMS][NUMBER];
};

static gw_status take_argument(struct postgres_session *session, struct arguments *out,
                               const struct gw_cell *cell)
{
    struct postgres_params *params = &out->params;
    const int at = params->n++;
    char *number = out->numbers[at];

    params->values[at] = number;
    switch (cell->kind) {
    case GW_NULL:
        params->values[at] = NULL;
        break;
    case GW_BOOL:
    case GW_INT:
    case GW_TIME:
        snprintf(number, NUMBER, "%" PRId64, cell->v.i);
        break;
    case GW_REAL:
        snprintf(number, NUMBER, "%.17g", cell->v.f);
        break;
    case GW_TEXT:
        if (cell->v.s.len && memchr(cell->v.s.ptr, '\0', cell->v.s.len))
            return postgres_fail(session, GW_E_ARGUMENT, NULL,
                                 "PostgreSQL keeps no text with a NUL byte in it");
        params->values[at] = cell->v.s.ptr ? cell->v.s.ptr : "";
        break;
    case GW_BLOB:
        params->values[at] = cell->v.s.ptr ? cell->v.s.ptr : "";
        params->lengths[at] = (int)cell->v.s.len;
        params->formats[at] = 1;
        params->types[at] = BYTEA;
        break;
    default:
        return postgres_fail(session, GW_E_ARGUMENT, NULL, "an argument of unknown kind %u",
                             cell->kind);
    }
    return cell->v.s.len > INT32_MAX && cell->kind == GW_BLOB
               ? postgres_fail(session, GW_E_ARGUMENT, NULL, "an argument is too large")
               : GW_OK;
}

static gw_status take_arguments(struct postgres_session *session, struct arguments *out,
                                const struct gw_statement *statement)
{
    gw_status status = GW_OK;
    out->params = (struct postgres_params){ .n = 0 };
    if (statement->n_args > POSTGRES_PARAMS)
        return postgres_fail(session, GW_E_ARGUMENT, NULL, "more than %d arguments",
                             POSTGRES_PARAMS);
    for (uint32_t i = 0; i < statement->n_args && status == GW_OK; i++)
        status = take_argument(session, out, &statement->args[i]);
    return status;
}

/* ---- text ---- */

/* INSERT ... VALUES with one row and nothing behind it cannot affect any other number of rows, and looking costs
 * more than the insert itself. */
static bool inserts_one(struct gw_str sql)
{
    struct postgres_lexer lexer = { .text = sql.ptr, .len = sql.len };
    size_t depth = 0, rows = 0;
    bool values = false;
    if (postgres_lex_next(&lexer) != POSTGRES_T_WORD || !postgres_lex_is(&lexer, "INSERT"))
        return false;
    for (enum postgres_token token; (token = postgres_lex_next(&lexer)) != POSTGRES_T_END;) {
        if (token == POSTGRES_T_OPEN)
            rows += depth++ == 0 && values;
        else if (token == POSTGRES_T_CLOSE)
            depth -= depth > 0;
        else if (depth == 0 && rows)
            return false;
        else if (depth == 0 && token == POSTGRES_T_WORD && postgres_lex_is(&lexer, "VALUES"))
            values = true;
    }
    return rows == 1;
}

/* The contract's ?1 as PostgreSQL's $1. */
static void add_numbered(struct gw_buf *out, struct gw_str sql)
{
    struct postgres_lexer lexer = { .text = sql.ptr, .len = sql.len };
    for (enum postgres_token token; (token = postgres_lex(&lexer)) != POSTGRES_T_END;) {
        bool parameter = token == POSTGRES_T_OTHER && sql.ptr[lexer.begin] == '?';
        if (parameter)
            gw_buf_char(out, '$');
        else if (token != POSTGRES_T_SEMICOLON || lexer.at < sql.len)
            gw_buf_add(out, sql.ptr + lexer.begin, lexer.at - lexer.begin);
    }
}

static const char division[] = "SELECT 1 / (count(*) = 1";

static void add_text(struct gw_buf *out, struct gw_str sql, uint32_t expectations)
{
    if (expectations & GW_STMT_EXPECT_TRUE) {
        gw_buf_text(out, "WITH gw_expect(ok) AS (");
        add_numbered(out, sql);
        gw_buf_printf(out, ") %s AND coalesce(bool_and(ok), false))::int FROM gw_expect", division);
    } else if ((expectations & GW_STMT_ONE_ROW) && !inserts_one(sql)) {
        gw_buf_text(out, "WITH gw_one AS (");
        add_numbered(out, sql);
        gw_buf_printf(out, " RETURNING 1) %s)::int FROM gw_one", division);
    } else
        add_numbered(out, sql);
}

/* ---- sending ---- */

static uint32_t find_cached(struct postgres_session *session, const char *sql)
{
    uint32_t at = 0;
    while (at < POSTGRES_CACHED && session->cached[at].sql &&
           strcmp(session->cached[at].sql, sql) != 0)
        at++;
    return at;
}

/* The host has a couple of dozen texts; what comes when the table is full goes unprepared. */
static gw_status send_cached(struct postgres_session *session, uint32_t index, const char *sql,
                             const struct postgres_params *params)
{
    uint32_t at = find_cached(session, sql);
    gw_status status = GW_OK;
    if (at == POSTGRES_CACHED || session->pooled)
        return postgres_send(session, POSTGRES_STEP_STATEMENT, index, sql, params);
    struct postgres_cached *entry = &session->cached[at];
    if (!entry->sql && !(entry->sql = strdup(sql)))
        return postgres_fail_memory(session);
    if (entry->state == POSTGRES_NOT_PREPARED)
        status = postgres_send_prepare(session, at, params->n, params->types);
    return status == GW_OK ? postgres_send_prepared(session, index, at, params) : status;
}

static gw_status fail_nul(struct postgres_session *session)
{
    return postgres_fail(session, GW_E_SYNTAX, "remove it", "the statement holds a NUL byte");
}

gw_status postgres_send_host(struct postgres_session *session, uint32_t index,
                             const struct gw_statement *statement, uint32_t expectations)
{
    struct gw_buf text = GW_BUF_TEXT;
    struct arguments arguments;

    if (statement->sql.len && memchr(statement->sql.ptr, '\0', statement->sql.len))
        return fail_nul(session);
    gw_status status = take_arguments(session, &arguments, statement);
    if (status != GW_OK)
        return status;
    add_text(&text, statement->sql, expectations);
    if (text.failed)
        status = postgres_fail_memory(session);
    else if (statement->n_args)
        status = send_cached(session, index, gw_buf_str(&text), &arguments.params);
    else
        status = postgres_send(session, POSTGRES_STEP_STATEMENT, index, gw_buf_str(&text), NULL);
    gw_buf_free(&text);
    return status;
}

gw_status postgres_send_user(struct postgres_session *session, uint32_t index, struct gw_str sql)
{
    if (sql.len && memchr(sql.ptr, '\0', sql.len))
        return fail_nul(session);
    char *copy = strndup(sql.ptr, sql.len);
    if (!copy)
        return postgres_fail_memory(session);
    gw_status status = postgres_send(session, POSTGRES_STEP_STATEMENT, index, copy, NULL);
    free(copy);
    return status;
}
