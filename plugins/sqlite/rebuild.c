/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite changes a table by building a new one, dropping the old and renaming. With foreign keys on, DROP TABLE
 * deletes all rows first, and ON DELETE CASCADE empties the children. With foreign keys off nothing watches, so
 * we look ourselves. SQLite's check of a whole database costs some 4 us for each table with a foreign key,
 * however small, which a thousand reverted revisions would pay a thousand times: so only the tables that can
 * have changed are checked, those touched and those that refer to them. */
#include "rebuild.h"

#include "lexer.h"
#include "statement.h"
#include "touched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char check_table[] =
    "SELECT \"table\", parent, fkid FROM pragma_foreign_key_check(?1)";
static const char list_tables[] =
    "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL";
static const char list_columns[] =
    "SELECT group_concat(\"from\", ', ') FROM"
    " (SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE id = ?2 ORDER BY seq)";

bool sqlite_foreign_keys(struct sqlite_session *session)
{
    int on = 0;
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &on);
    return on;
}

gw_status sqlite_foreign_keys_set(struct sqlite_session *session, bool on)
{
    int now = 0;
    if (sqlite_foreign_keys(session) == on)
        return GW_OK;
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_ENABLE_FKEY, on, &now);
    return (bool)now == on ? GW_OK
                           : sqlite_fail(session, GW_E_INTERNAL, NULL,
                                         "cannot switch foreign keys %s", on ? "on" : "off");
}

static struct sqlite_violation *add(struct sqlite_violations *list)
{
    if (list->n == list->room) {
        size_t room = list->room ? list->room * 2 : 8;
        struct sqlite_violation *at = realloc(list->at, room * sizeof *at);
        if (!at)
            return NULL;
        list->at = at;
        list->room = room;
    }
    struct sqlite_violation *violation = &list->at[list->n++];
    *violation = (struct sqlite_violation){ 0 };
    return violation;
}

static const char *column(const struct sqlite_statement *running, int at)
{
    const char *text = (const char *)sqlite3_column_text(running->stmt, at);
    return text ? text : "";
}

/* SQLite reports table by table and constraint by constraint, so rows of one constraint follow each other. */
static gw_status count_row(struct sqlite_session *session, const struct sqlite_statement *running,
                           struct sqlite_violations *out)
{
    struct sqlite_violation *last = out->n ? &out->at[out->n - 1] : NULL;
    int64_t fk = sqlite3_column_int64(running->stmt, 2);
    if (!last || last->fk != fk || strcmp(last->child, column(running, 0)) != 0) {
        last = add(out);
        if (!last)
            return sqlite_fail_memory(session);
        last->fk = fk;
        last->child = strdup(column(running, 0));
        last->parent = strdup(column(running, 1));
        if (!last->child || !last->parent)
            return sqlite_fail_memory(session);
    }
    last->rows++;
    return GW_OK;
}

/* A plain SQLITE_ERROR means that SQLite cannot check the table: a parent has no unique key, or is a view. */
static gw_status check(struct sqlite_session *session, const char *table,
                       struct sqlite_violations *out)
{
    const struct gw_cell arg = { .kind = GW_TEXT, .v.s = { table, strlen(table) } };
    const struct gw_statement statement = { .sql = { check_table, sizeof check_table - 1 },
                                            .args = &arg,
                                            .n_args = 1 };
    struct sqlite_statement running;
    gw_status status = sqlite_statement_begin(session, &statement, NULL, &running);
    int result = SQLITE_OK;
    while (status == GW_OK && (result = sqlite3_step(running.stmt)) == SQLITE_ROW)
        status = count_row(session, &running, out);
    if (status == GW_OK && (result & 0xff) == SQLITE_ERROR) {
        out->unchecked++;
        sqlite_log(session, GW_LOG_WARN, "the foreign keys of table '%s' cannot be checked: %s",
                   table, sqlite3_errmsg(session->db));
    } else if (status == GW_OK && result != SQLITE_DONE) {
        status = sqlite_fail_database(session, result, (struct gw_str){ 0 });
    }
    sqlite_statement_end(session, &running);
    return status;
}

/* The table has a foreign key, and its rows or those of a parent may have changed. */
static bool concerned(const struct sqlite_session *session, const char *name, const char *sql)
{
    const struct sqlite_touched *touched = &session->touched;
    struct sqlite_lexer lexer = { sql, strlen(sql), 0, 0 };
    bool own = touched->all || sqlite_touched_has(touched, name);
    for (enum sqlite_token token; (token = sqlite_lex_next(&lexer)) != SQLITE_T_END;) {
        char parent[256];
        if (token != SQLITE_T_WORD || !sqlite_lex_is(&lexer, "REFERENCES"))
            continue;
        sqlite_lex_next(&lexer);
        sqlite_lex_plain(&lexer, parent, sizeof parent);
        if (own || lexer.at - lexer.begin >= sizeof parent || sqlite_touched_has(touched, parent))
            return true;
    }
    return false;
}

static gw_status check_concerned(struct sqlite_session *session, struct sqlite_violations *out)
{
    const struct gw_statement statement = { .sql = { list_tables, sizeof list_tables - 1 } };
    struct sqlite_statement tables;
    bool row = true, keys = false;
    if (session->group.without_keys)
        return GW_OK;
    gw_status status = sqlite_statement_begin(session, &statement, NULL, &tables);
    while (status == GW_OK) {
        status = sqlite_statement_step(session, &tables, statement.sql, &row);
        if (status != GW_OK || !row)
            break;
        /* Nearly no text has the word at all; only one that has it is worth reading as SQL. */
        if (!strcasestr(column(&tables, 1), "REFERENCES"))
            continue;
        keys = true;
        if (concerned(session, column(&tables, 0), column(&tables, 1)))
            status = check(session, column(&tables, 0), out);
    }
    sqlite_statement_end(session, &tables);
    /* Within a group nobody else changes the schema, so a look that found nothing serves until we do. */
    session->group.without_keys = status == GW_OK && !keys && session->group.open;
    return status;
}

/* Numbers of constraints change when a table is rebuilt; the names of their columns say which is which. */
static gw_status name_columns(struct sqlite_session *session, struct sqlite_violation *violation)
{
    const struct gw_cell args[] = {
        { .kind = GW_TEXT, .v.s = { violation->child, strlen(violation->child) } },
        { .kind = GW_INT, .v.i = violation->fk },
    };
    const struct gw_statement statement = { .sql = { list_columns, sizeof list_columns - 1 },
                                            .args = args,
                                            .n_args = 2 };
    struct sqlite_statement running;
    bool row = false;
    gw_status status = sqlite_statement_begin(session, &statement, NULL, &running);
    if (status == GW_OK)
        status = sqlite_statement_step(session, &running, statement.sql, &row);
    if (status == GW_OK) {
        violation->columns = strdup(row ? column(&running, 0) : "");
        if (!violation->columns)
            status = sqlite_fail_memory(session);
    }
    sqlite_statement_end(session, &running);
    return status;
}

static int compare(const void *left, const void *right)
{
    const struct sqlite_violation *a = left, *b = right;
    int order = strcasecmp(a->child, b->child);
    if (!order)
        order = strcasecmp(a->parent, b->parent);
    return order ? order : strcasecmp(a->columns, b->columns);
}

gw_status sqlite_violations_read(struct sqlite_session *session, struct sqlite_violations *out)
{
    *out = (struct sqlite_violations){ 0 };
    gw_status status = check_concerned(session, out);
    for (size_t i = 0; i < out->n && status == GW_OK; i++)
        status = name_columns(session, &out->at[i]);
    if (status == GW_OK && out->n)
        qsort(out->at, out->n, sizeof *out->at, compare);
    return status;
}

const struct sqlite_violation *sqlite_violations_new(const struct sqlite_violations *before,
                                                     const struct sqlite_violations *after,
                                                     int64_t *rows)
{
    for (size_t i = 0; i < after->n; i++) {
        const struct sqlite_violation *now = &after->at[i];
        const struct sqlite_violation *then =
            before->n ? bsearch(now, before->at, before->n, sizeof *now, compare) : NULL;
        *rows = now->rows - (then ? then->rows : 0);
        if (*rows > 0)
            return now;
    }
    *rows = 0;
    return NULL;
}

void sqlite_violations_free(struct sqlite_violations *violations)
{
    for (size_t i = 0; i < violations->n; i++) {
        free(violations->at[i].child);
        free(violations->at[i].parent);
        free(violations->at[i].columns);
    }
    free(violations->at);
    *violations = (struct sqlite_violations){ 0 };
}
