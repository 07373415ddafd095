/* SPDX-License-Identifier: Apache-2.0 */
#include "statement.h"

#include "lexer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- statements of the host are kept prepared: the same few are run for each of thousands of revisions ---- */

static struct sqlite_cached *cache_find(struct sqlite_session *session, struct gw_str sql)
{
    for (size_t i = 0; i < SQLITE_CACHED; i++) {
        struct sqlite_cached *cached = &session->cached[i];
        if (cached->stmt && !cached->busy && cached->len == sql.len &&
            memcmp(cached->sql, sql.ptr, sql.len) == 0)
            return cached;
    }
    return NULL;
}

static void cache_drop(struct sqlite_cached *cached)
{
    sqlite3_finalize(cached->stmt);
    free(cached->sql);
    *cached = (struct sqlite_cached){ 0 };
}

/* Keeps stmt in place of the one that was not used for longest; NULL if it cannot be kept. */
static struct sqlite_cached *cache_keep(struct sqlite_session *session, struct gw_str sql,
                                        sqlite3_stmt *stmt)
{
    struct sqlite_cached *oldest = NULL;
    for (size_t i = 0; i < SQLITE_CACHED; i++) {
        struct sqlite_cached *cached = &session->cached[i];
        if (!cached->busy && (!oldest || cached->used < oldest->used))
            oldest = cached;
    }
    char *copy = oldest ? malloc(sql.len) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, sql.ptr, sql.len);
    cache_drop(oldest);
    oldest->sql = copy;
    oldest->len = sql.len;
    oldest->stmt = stmt;
    return oldest;
}

void sqlite_statements_forget(struct sqlite_session *session)
{
    for (size_t i = 0; i < SQLITE_CACHED; i++)
        cache_drop(&session->cached[i]);
}

/* ---- prepare ---- */

/* SQLite stops at the end of the first statement, and at a NUL byte: what follows would be skipped silently. */
static gw_status check_single(struct sqlite_session *session, struct gw_str sql, const char *tail,
                              bool empty)
{
    const char *nul = memchr(sql.ptr, '\0', sql.len);
    if (nul) {
        sqlite_fail(session, GW_E_SYNTAX, "remove it: SQLite ends a statement there",
                    "the statement holds a NUL byte");
        session->failure.begin = (uint64_t)(nul - sql.ptr);
        session->failure.end = session->failure.begin + 1;
        return GW_E_SYNTAX;
    }
    struct sqlite_lexer lexer = { sql.ptr, sql.len, 0, (size_t)(tail - sql.ptr) };
    enum sqlite_token token;
    do
        token = sqlite_lex_next(&lexer);
    while (token == SQLITE_T_SEMICOLON);
    if (token != SQLITE_T_END) {
        sqlite_fail(session, GW_E_SYNTAX, "put a ';' between statements and let them be split",
                    "the text holds more than one statement");
        session->failure.begin = lexer.begin;
        session->failure.end = lexer.at;
        return GW_E_SYNTAX;
    }
    return empty ? sqlite_fail(session, GW_E_SYNTAX, NULL, "the text holds no statement") : GW_OK;
}

static gw_status prepare(struct sqlite_session *session, struct gw_str sql, bool keep,
                         struct sqlite_statement *out)
{
    const char *tail = NULL;
    if (sql.len > INT_MAX)
        return sqlite_fail(session, GW_E_UNSUPPORTED, NULL, "a statement of %zu bytes is too long",
                           sql.len);
    if (!sql.len)
        return sqlite_fail(session, GW_E_SYNTAX, NULL, "the text holds no statement");
    out->cached = keep ? cache_find(session, sql) : NULL;
    if (out->cached) {
        out->stmt = out->cached->stmt;
    } else {
        int result = sqlite3_prepare_v3(session->db, sql.ptr, (int)sql.len,
                                        keep ? SQLITE_PREPARE_PERSISTENT : 0, &out->stmt, &tail);
        if (result != SQLITE_OK)
            return sqlite_fail_database(session, result, sql);
        gw_status status = check_single(session, sql, tail, !out->stmt);
        if (status != GW_OK)
            return status;
        out->cached = keep ? cache_keep(session, sql, out->stmt) : NULL;
    }
    if (out->cached) {
        out->cached->busy = true;
        out->cached->used = ++session->clock;
    }
    return GW_OK;
}

/* ---- bind ---- */

static int bind_cell(sqlite3_stmt *stmt, int at, const struct gw_cell *cell)
{
    const char *bytes = cell->v.s.ptr;
    switch (cell->kind) {
    case GW_NULL:
        return sqlite3_bind_null(stmt, at);
    case GW_BOOL:
    case GW_INT:
    case GW_TIME:
        return sqlite3_bind_int64(stmt, at, cell->v.i);
    case GW_REAL:
        return sqlite3_bind_double(stmt, at, cell->v.f);
    case GW_TEXT:
        return sqlite3_bind_text64(stmt, at, bytes ? bytes : "", cell->v.s.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case GW_BLOB:
        return sqlite3_bind_blob64(stmt, at, bytes ? bytes : "", cell->v.s.len, SQLITE_STATIC);
    default:
        return SQLITE_MISUSE;
    }
}

static gw_status bind(struct sqlite_session *session, const struct gw_statement *statement,
                      sqlite3_stmt *stmt)
{
    int wanted = sqlite3_bind_parameter_count(stmt);
    if ((uint32_t)wanted != statement->n_args && statement->flags & GW_STMT_USER)
        return sqlite_fail(
            session, GW_E_SYNTAX, "write the value itself; SQLite would take NULL",
            "the statement has a parameter (?, :name, @name, $name) and no value for it");
    if ((uint32_t)wanted != statement->n_args)
        return sqlite_fail(session, GW_E_ARGUMENT, NULL,
                           "a statement with %d parameters got %u arguments", wanted,
                           statement->n_args);
    for (int i = 0; i < wanted; i++) {
        int result = bind_cell(stmt, i + 1, &statement->args[i]);
        if (result == SQLITE_MISUSE)
            return sqlite_fail(session, GW_E_ARGUMENT, NULL,
                               "argument %d is of the unknown kind %u", i + 1,
                               statement->args[i].kind);
        if (result != SQLITE_OK)
            return sqlite_fail_database(session, result, (struct gw_str){ 0 });
    }
    return GW_OK;
}

/* ---- begin, step, end ---- */

gw_status sqlite_statement_begin(struct sqlite_session *session,
                                 const struct gw_statement *statement,
                                 const struct sqlite_kind *kind, struct sqlite_statement *out)
{
    *out = (struct sqlite_statement){ 0 };
    if (kind && kind->flags & GW_SPLIT_REFUSED)
        return sqlite_fail(session, kind->status, kind->hint, "%s", kind->message);
    if (kind && kind->vacuum && session->guard.transaction)
        return sqlite_fail(session, GW_E_REFUSED, "put it into a section that says no-transaction",
                           "'VACUUM' does not work inside a transaction");
    session->guard.active = kind;
    session->guard.vacuum = kind && kind->vacuum;
    session->guard.message[0] = '\0';
    gw_status status = prepare(session, statement->sql, !kind, out);
    return status == GW_OK ? bind(session, statement, out->stmt) : status;
}

gw_status sqlite_statement_step(struct sqlite_session *session, struct sqlite_statement *running,
                                struct gw_str sql, bool *row)
{
    int result = sqlite3_step(running->stmt);
    *row = result == SQLITE_ROW;
    return *row || result == SQLITE_DONE ? GW_OK : sqlite_fail_database(session, result, sql);
}

void sqlite_statement_end(struct sqlite_session *session, struct sqlite_statement *running)
{
    session->guard.active = false;
    if (!running->cached) {
        sqlite3_finalize(running->stmt);
    } else {
        sqlite3_reset(running->stmt);
        sqlite3_clear_bindings(running->stmt);
        running->cached->busy = false;
    }
    running->stmt = NULL;
    running->cached = NULL;
}

/* ---- run ---- */

static gw_status check_truth(struct sqlite_session *session, struct sqlite_statement *running,
                             struct gw_str sql)
{
    bool row;
    gw_status status = sqlite_statement_step(session, running, sql, &row);
    if (status != GW_OK)
        return status;
    if (!row)
        return sqlite_fail(session, GW_E_ASSERT, NULL, "the statement returned no row");
    if (sqlite3_column_count(running->stmt) != 1)
        return sqlite_fail(session, GW_E_ASSERT, NULL, "the statement returned %d values, not one",
                           sqlite3_column_count(running->stmt));
    if (sqlite3_column_type(running->stmt, 0) == SQLITE_NULL)
        return sqlite_fail(session, GW_E_ASSERT, NULL, "the statement returned NULL");
    if (!(sqlite3_column_double(running->stmt, 0) < 0 ||
          sqlite3_column_double(running->stmt, 0) > 0))
        return sqlite_fail(session, GW_E_ASSERT, NULL,
                           "the statement returned a false value: '%.100s'",
                           (const char *)sqlite3_column_text(running->stmt, 0));
    status = sqlite_statement_step(session, running, sql, &row);
    if (status == GW_OK && row)
        return sqlite_fail(session, GW_E_ASSERT, NULL, "the statement returned more than one row");
    return status;
}

/* SQLite does not fail when it cannot change the journal mode: it returns the one that stays. */
static gw_status check_journal_mode(struct sqlite_session *session,
                                    struct sqlite_statement *running, struct gw_str sql,
                                    const char *wanted)
{
    bool row;
    gw_status status = sqlite_statement_step(session, running, sql, &row);
    const char *mode =
        status == GW_OK && row ? (const char *)sqlite3_column_text(running->stmt, 0) : NULL;
    if (!mode || session->in_memory || strcmp(mode, wanted) == 0)
        return status;
    return sqlite_fail(session, GW_E_UNSUPPORTED, NULL, "the journal mode stays '%s'", mode);
}

gw_status sqlite_statement_run(struct sqlite_session *session, const struct gw_statement *statement,
                               const struct sqlite_kind *kind, int64_t *affected)
{
    struct sqlite_statement running;
    bool row = true;
    gw_status status = sqlite_statement_begin(session, statement, kind, &running);

    *affected = -1;
    if (status == GW_OK && statement->flags & GW_STMT_EXPECT_TRUE)
        status = check_truth(session, &running, statement->sql);
    else if (status == GW_OK && kind && strcmp(kind->pragma, "journal_mode") == 0)
        status = check_journal_mode(session, &running, statement->sql, kind->value);
    else
        while (status == GW_OK && row)
            status = sqlite_statement_step(session, &running, statement->sql, &row);
    if (status == GW_OK && !sqlite3_stmt_readonly(running.stmt) &&
        sqlite_changes_rows(statement->sql))
        *affected = sqlite3_changes64(session->db);
    sqlite_statement_end(session, &running);
    if (status == GW_OK && statement->flags & GW_STMT_ONE_ROW && *affected != 1)
        status = sqlite_fail(session, GW_E_FENCED, NULL,
                             "the statement changed %lld rows, not the one it is about",
                             (long long)*affected);
    return status;
}

int sqlite_execute(struct sqlite_session *session, const char *sql, int64_t *value)
{
    struct gw_str text = { sql, strlen(sql) };
    struct sqlite_cached *cached = cache_find(session, text);
    sqlite3_stmt *stmt = cached ? cached->stmt : NULL;
    int result = SQLITE_OK;
    bool first = true;

    if (!cached) {
        result = sqlite3_prepare_v3(session->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
        if (result != SQLITE_OK)
            return result;
        cached = cache_keep(session, text, stmt);
    }
    if (cached)
        cached->used = ++session->clock;
    while ((result = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (first && value)
            *value = sqlite3_column_int64(stmt, 0);
        first = false;
    }
    if (cached)
        sqlite3_reset(stmt);
    else
        sqlite3_finalize(stmt);
    return result == SQLITE_DONE ? SQLITE_OK : result;
}
