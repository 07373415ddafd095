/* SPDX-License-Identifier: Apache-2.0 */
#include "statement.h"

#include "classify.h"
#include "lock.h"
#include "setup.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool my_in_transaction(const struct my_session *session)
{
    return session->db->server_status & SERVER_STATUS_IN_TRANS;
}

/* ---- the result ---- */

struct truth {
    uint64_t rows;
    unsigned columns;
    bool null;
    char text[101];
};

static gw_status take_truth(struct my_session *session, MYSQL_RES *result, MYSQL_ROW row,
                            const unsigned long *lengths, void *payload)
{
    struct truth *truth = payload;
    (void)session;
    if (truth->rows++)
        return GW_OK;
    truth->columns = mysql_num_fields(result);
    truth->null = !row[0];
    if (row[0])
        snprintf(truth->text, sizeof truth->text, "%.*s", lengths[0] < 100 ? (int)lengths[0] : 100,
                 row[0]);
    return GW_OK;
}

static gw_status check_truth(struct my_session *session, const struct truth *truth)
{
    double value = strtod(truth->text, NULL);
    if (!truth->rows)
        return my_fail(session, GW_E_ASSERT, NULL, "the statement returned no row");
    if (truth->columns != 1)
        return my_fail(session, GW_E_ASSERT, NULL, "the statement returned %u values, not one",
                       truth->columns);
    if (truth->null)
        return my_fail(session, GW_E_ASSERT, NULL, "the statement returned NULL");
    if (!(value < 0 || value > 0))
        return my_fail(session, GW_E_ASSERT, NULL, "the statement returned a false value: '%s'",
                       truth->text);
    if (truth->rows > 1)
        return my_fail(session, GW_E_ASSERT, NULL, "the statement returned more than one row");
    return GW_OK;
}

/* ---- warnings ---- */

struct warnings {
    bool truncated;
    char text[500]; /* of the first truncation */
    bool writes;
};

/* A value was cut, rounded or replaced on its way into a column. */
static bool is_truncation(unsigned code, bool writes)
{
    static const unsigned codes[] = { 1263, 1264, 1265, 1366, 1406 };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] == code)
            return true;
    return writes && (code == 1292 || code == 1048);
}

static gw_status take_warning(struct my_session *session, MYSQL_RES *result, MYSQL_ROW row,
                              const unsigned long *lengths, void *payload)
{
    struct warnings *warnings = payload;
    (void)lengths;
    if (mysql_num_fields(result) < 3 || !row[0] || !row[1] || !row[2] ||
        strcmp(row[0], "Note") == 0)
        return GW_OK;
    bool truncation = is_truncation((unsigned)strtoul(row[1], NULL, 10), warnings->writes);
    if (truncation && !warnings->truncated)
        snprintf(warnings->text, sizeof warnings->text, "%.*s", (int)sizeof warnings->text - 1,
                 row[2]);
    warnings->truncated |= truncation;
    my_log(session, truncation ? GW_LOG_WARN : GW_LOG_INFO, "the server warns: %.500s", row[2]);
    return GW_OK;
}

static gw_status check_warnings(struct my_session *session, const struct my_kind *kind,
                                bool transaction)
{
    static const struct gw_str show = GW_S("SHOW WARNINGS");
    struct warnings warnings = { .writes = kind->verb == MY_V_WRITE };
    const struct my_rows rows = { .row = take_warning, .payload = &warnings };
    if (!mysql_warning_count(session->db))
        return GW_OK;
    gw_status status = my_execute(session, show, &rows, NULL);
    if (status != GW_OK || !warnings.truncated || !session->strict || !transaction ||
        !my_in_transaction(session))
        return status;
    return my_fail(session, GW_E_CONSTRAINT,
                   "repair the data or the migration, or allow it with the setting warnings=log",
                   "a value was changed on its way in: %s", warnings.text);
}

/* ---- statements of a migration ---- */

static gw_status check_allowed(struct my_session *session, const struct my_kind *kind)
{
    const uint64_t ends = GW_SPLIT_BEGIN | GW_SPLIT_COMMIT | GW_SPLIT_ROLLBACK;
    if (kind->flags & GW_SPLIT_REFUSED)
        return my_fail(session, kind->status, kind->hint, "%s", kind->message);
    if (kind->flags & ends)
        return my_fail(session, GW_E_REFUSED, "remove it; savepoints are allowed",
                       "a migration and its record are one transaction: it neither begins nor ends "
                       "one");
    return my_lock_check(session);
}

static bool empty(struct my_session *session, struct gw_str sql)
{
    struct my_lexer lexer = MY_LEXER(sql, my_modes_now(session));
    return my_lex_next(&lexer) == MY_T_END;
}

static gw_status run_text(struct my_session *session, const struct gw_statement *statement,
                          struct gw_str sql, int64_t *affected)
{
    struct truth truth = { 0 };
    const struct my_rows rows = { .row = take_truth, .payload = &truth };
    bool expects = statement->flags & GW_STMT_EXPECT_TRUE;
    gw_status status = my_execute(session, sql, expects ? &rows : NULL, affected);
    if (status == GW_OK && expects)
        status = check_truth(session, &truth);
    if (status == GW_OK && statement->flags & GW_STMT_ONE_ROW && *affected != 1)
        status = my_fail(session, GW_E_FENCED, NULL,
                         "the statement changed %lld rows, not the one it is about",
                         (long long)*affected);
    return status;
}

static gw_status run_user(struct my_session *session, const struct gw_statement *statement,
                          bool transaction, int64_t *affected)
{
    const struct my_modes modes = my_modes_now(session);
    struct my_kind kind;
    my_classify(statement->sql, &modes, &kind);
    gw_status status = check_allowed(session, &kind);
    if (status == GW_OK && kind.ignored) {
        my_log(session, GW_LOG_INFO, "'%.*s' is left out: %s",
               (int)(statement->sql.len < 24 ? statement->sql.len : 24), statement->sql.ptr,
               kind.verb == MY_V_SET
                   ? "what can happen together does so up to the next COMMIT"
                   : "while tables are locked, the migration history is out of reach");
        return GW_OK;
    }
    if (status == GW_OK)
        status = my_database_select(session, false);
    if (status == GW_OK)
        status = my_effects_note(session, statement->sql, &kind);
    session->implicit = status == GW_OK && kind.flags & GW_CLASS_MASK;
    if (status == GW_OK)
        status = run_text(session, statement, statement->sql, affected);
    if (status == GW_OK)
        status = check_warnings(session, &kind, transaction);
    if (kind.verb != MY_V_WRITE)
        *affected = -1;
    return status;
}

gw_status my_statement_run(struct my_session *session, const struct gw_statement *statement,
                           bool transaction, int64_t *affected)
{
    struct gw_buf sql = GW_BUF((size_t)1 << 31);
    *affected = -1;
    session->implicit = false;
    if (empty(session, statement->sql))
        return my_fail(session, GW_E_SYNTAX, NULL, "the text holds no statement");
    if (statement->flags & GW_STMT_USER)
        return run_user(session, statement, transaction, affected);
    gw_status status = my_database_select(session, true);
    if (status == GW_OK && statement->n_args)
        status = my_render(session, statement, &sql);
    if (status == GW_OK)
        status = run_text(session, statement,
                          statement->n_args ? (struct gw_str){ gw_buf_str(&sql), sql.len }
                                            : statement->sql,
                          affected);
    gw_buf_free(&sql);
    return status;
}
