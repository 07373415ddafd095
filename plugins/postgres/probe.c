/* SPDX-License-Identifier: Apache-2.0 */
/* What a statement of class P did before the crash. IF NOT EXISTS is no evidence: an invalid index satisfies it. */
#include "driver.h"
#include "lexer.h"
#include "variable.h"
#include "wire.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    NAME = 400,
    SERVER_NAME = 64, /* the server cuts names to 63 bytes */
    HAS_PENDING_DETACH = 140000
};

struct probe {
    struct postgres_session *session;
    struct postgres_lexer lexer; /* at a token that is not taken yet */
    enum postgres_token token;
    int32_t *result;
};

/* ---- reading the statement ---- */

static void next(struct probe *probe)
{
    probe->token = postgres_lex_next(&probe->lexer);
}

/* Takes these words if all are there. */
static bool skip(struct probe *probe, const char *words)
{
    const struct probe before = *probe;
    while (*words) {
        size_t len = strcspn(words, " ");
        const size_t begin = probe->lexer.begin;
        if (probe->token != POSTGRES_T_WORD || probe->lexer.at - begin != len ||
            strncasecmp(probe->lexer.text + begin, words, len) != 0) {
            *probe = before;
            return false;
        }
        next(probe);
        words += len + (words[len] == ' ');
    }
    return true;
}

static void skip_group(struct probe *probe)
{
    if (probe->token != POSTGRES_T_OPEN)
        return;
    while (probe->token != POSTGRES_T_CLOSE && probe->token != POSTGRES_T_END)
        next(probe);
    next(probe);
}

/* A name with its schema, as it is written. */
static bool take_name(struct probe *probe, char out[NAME])
{
    const size_t begin = probe->lexer.begin;
    size_t end = begin;
    while (probe->token == POSTGRES_T_WORD || probe->token == POSTGRES_T_NAME) {
        end = probe->lexer.at;
        next(probe);
        if (probe->token != POSTGRES_T_OTHER || probe->lexer.text[probe->lexer.begin] != '.')
            break;
        next(probe);
    }
    snprintf(out, NAME, "%.*s", (int)(end - begin), probe->lexer.text + begin);
    return end > begin && end - begin < NAME;
}

/* ---- asking ---- */

static gw_status answer(struct probe *probe, int32_t result)
{
    *probe->result = result;
    return GW_OK;
}

/* One result if the query has a row, another if it has none. */
static gw_status by_rows(struct probe *probe, const char *sql, const char *name, int32_t some,
                         int32_t none)
{
    const char *const values[] = { name };
    PGresult *rows = NULL;
    gw_status status = postgres_ask(probe->session, sql, 1, values, &rows);
    if (status == GW_OK)
        answer(probe, PQntuples(rows) ? some : none);
    PQclear(rows);
    return status;
}

/* Outside of a transaction and without lock_timeout: a wait that ends early leaves the next left-over. */
static gw_status run_patiently(struct probe *probe, const char *sql)
{
    struct postgres_session *session = probe->session;
    const char *const values[] = { session->lock_timeout };
    gw_status status = postgres_ask(session, "SET lock_timeout = 0", 0, NULL, NULL);
    if (status == GW_OK)
        status = postgres_ask(session, sql, 0, NULL, NULL);
    const struct postgres_failure kept = session->failure;
    session->failure = (struct postgres_failure){ 0 };
    if (!session->lost)
        postgres_ask(session, "SELECT pg_catalog.set_config('lock_timeout', $1, false)", 1, values,
                     NULL);
    session->failure = kept;
    return status;
}

static gw_status drop_index(struct probe *probe, const char *name)
{
    char sql[NAME + 64];
    snprintf(sql, sizeof sql, "DROP INDEX CONCURRENTLY IF EXISTS %.*s", NAME, name);
    postgres_log(probe->session, GW_LOG_INFO, "dropping the index %s: it is invalid", name);
    return run_patiently(probe, sql);
}

/* ---- CREATE INDEX ---- */

/* The server itself says what the statement means: the same index is made on an empty copy of the table, in a
 * transaction that is rolled back. What follows USING is equal, or it is another index. */
static gw_status compare(struct probe *probe, const char *index, const char *table, bool unique,
                         const char *rest, size_t rest_len)
{
    static const char same[] =
        "SELECT 1 FROM pg_catalog.pg_index a, pg_catalog.pg_index b,"
        " LATERAL pg_catalog.pg_get_indexdef(a.indexrelid) da,"
        " LATERAL pg_catalog.pg_get_indexdef(b.indexrelid) db"
        " WHERE a.indexrelid = pg_catalog.to_regclass($1)"
        " AND b.indrelid = 'pg_temp.godwit_probe'::regclass AND a.indisunique = b.indisunique"
        " AND pg_catalog.substr(da, pg_catalog.strpos(da, ' USING '))"
        " = pg_catalog.substr(db, pg_catalog.strpos(db, ' USING '))";
    struct postgres_session *session = probe->session;
    struct gw_buf sql = GW_BUF_TEXT;

    gw_status status = postgres_ask(session, "BEGIN", 0, NULL, NULL);
    gw_buf_printf(&sql, "CREATE TEMPORARY TABLE godwit_probe (LIKE %s)", table);
    if (status == GW_OK)
        status = postgres_ask(session, gw_buf_str(&sql), 0, NULL, NULL);
    gw_buf_clear(&sql);
    gw_buf_printf(&sql, "CREATE %sINDEX godwit_probe_index ON pg_temp.godwit_probe ",
                  unique ? "UNIQUE " : "");
    gw_buf_add(&sql, rest, rest_len);
    if (status == GW_OK)
        status = sql.failed ? postgres_fail_memory(session)
                            : postgres_ask(session, gw_buf_str(&sql), 0, NULL, NULL);
    if (status == GW_OK)
        status = by_rows(probe, same, index, GW_PROBE_DONE, GW_PROBE_UNCLEAR);
    postgres_undo(session);
    if (status != GW_OK && !session->lost && status != GW_E_CANCELLED) {
        session->failure = (struct postgres_failure){ 0 }; /* it cannot be compared */
        status = answer(probe, GW_PROBE_UNCLEAR);
    }
    gw_buf_free(&sql);
    return status;
}

static gw_status probe_create_index(struct probe *probe, bool unique)
{
    static const char find[] =
        "SELECT i.indisvalid AND i.indisready, i.indrelid = t.oid,"
        " pg_catalog.format('%I.%I', n.nspname, c.relname),"
        " pg_catalog.format('%I.%I', n.nspname, t.relname)"
        " FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid"
        " JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
        " WHERE t.oid = pg_catalog.to_regclass($1) AND c.relname = $2";
    char index[NAME], plain[SERVER_NAME], table[NAME];
    const char *const values[] = { table, plain };
    PGresult *row = NULL;

    skip(probe, "IF NOT EXISTS");
    if (!take_name(probe, index) || !skip(probe, "ON"))
        return answer(probe, GW_PROBE_UNCLEAR);
    skip(probe, "ONLY");
    if (!take_name(probe, table))
        return answer(probe, GW_PROBE_UNCLEAR);
    postgres_plain(index, strlen(index), plain, sizeof plain);
    const size_t rest = probe->lexer.begin;

    gw_status status = postgres_ask(probe->session, find, 2, values, &row);
    if (status == GW_OK && !PQntuples(row))
        answer(probe, GW_PROBE_ABSENT);
    else if (status == GW_OK && *postgres_value(row, 0, 1) != 't')
        answer(probe, GW_PROBE_UNCLEAR); /* of another table */
    else if (status == GW_OK && *postgres_value(row, 0, 0) != 't') {
        answer(probe, GW_PROBE_ABSENT);
        status = drop_index(probe, postgres_value(row, 0, 2));
    } else if (status == GW_OK)
        status = compare(probe, postgres_value(row, 0, 2), postgres_value(row, 0, 3), unique,
                         probe->lexer.text + rest, probe->lexer.len - rest);
    PQclear(row);
    return status;
}

/* ---- the others ---- */

static gw_status probe_drop_index(struct probe *probe)
{
    char name[NAME];
    skip(probe, "IF EXISTS");
    if (!take_name(probe, name) || probe->token == POSTGRES_T_OTHER)
        return answer(probe, GW_PROBE_UNCLEAR);
    /* An invalid one is half dropped, and is dropped again. */
    return by_rows(probe, "SELECT 1 WHERE pg_catalog.to_regclass($1) IS NOT NULL", name,
                   GW_PROBE_ABSENT, GW_PROBE_DONE);
}

/* The indexes that REINDEX CONCURRENTLY builds and did not live to swap or drop. */
static gw_status probe_reindex(struct probe *probe)
{
    static const char find[] =
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND n.nspname <> 'pg_toast'"
        " AND ($1 = '' OR i.indrelid = pg_catalog.to_regclass($1) OR i.indrelid ="
        " (SELECT x.indrelid FROM pg_catalog.pg_index x"
        " WHERE x.indexrelid = pg_catalog.to_regclass($1)))";
    char name[NAME] = "";
    const char *const values[] = { name };
    PGresult *rows = NULL;

    skip_group(probe);
    skip(probe, "VERBOSE");
    if (skip(probe, "INDEX") || skip(probe, "TABLE")) {
        skip(probe, "CONCURRENTLY");
        take_name(probe, name);
    }
    gw_status status = postgres_ask(probe->session, find, 1, values, &rows);
    for (int row = 0; status == GW_OK && row < PQntuples(rows); row++)
        status = drop_index(probe, postgres_value(rows, row, 0));
    PQclear(rows);
    return status == GW_OK ? answer(probe, GW_PROBE_ABSENT) : status;
}

static gw_status finish_detach(struct probe *probe, const char *parent, const char *child)
{
    char sql[2 * NAME + 64];
    snprintf(sql, sizeof sql, "ALTER TABLE %s DETACH PARTITION %s FINALIZE", parent, child);
    gw_status status = run_patiently(probe, sql);
    return status == GW_OK ? answer(probe, GW_PROBE_DONE) : status;
}

static gw_status probe_detach(struct probe *probe)
{
    static const char find[] =
        "SELECT (SELECT i.inhdetachpending FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid"
        " AND i.inhparent = pg_catalog.to_regclass($1)) FROM pg_catalog.pg_class c"
        " WHERE c.oid = pg_catalog.to_regclass($2)";
    char parent[NAME], child[NAME];
    const char *const values[] = { parent, child };
    PGresult *row = NULL;

    skip(probe, "IF EXISTS");
    skip(probe, "ONLY");
    if (PQserverVersion(probe->session->db) < HAS_PENDING_DETACH || !take_name(probe, parent) ||
        !skip(probe, "DETACH PARTITION") || !take_name(probe, child))
        return answer(probe, GW_PROBE_UNCLEAR);
    gw_status status = postgres_ask(probe->session, find, 2, values, &row);
    if (status == GW_OK && !PQntuples(row))
        answer(probe, GW_PROBE_UNCLEAR); /* there is no such table */
    else if (status == GW_OK && PQgetisnull(row, 0, 0))
        answer(probe, GW_PROBE_DONE);
    else if (status == GW_OK && *postgres_value(row, 0, 0) == 't')
        status = finish_detach(probe, parent, child);
    else if (status == GW_OK)
        answer(probe, GW_PROBE_ABSENT);
    PQclear(row);
    return status;
}

/* Objects of the whole server, each in a catalog of its own. */
static const struct {
    const char *words;
    const char *find; /* NULL: it does no harm to run the statement again */
    int32_t some, none;
} objects[] = {
    { "CREATE DATABASE", "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", GW_PROBE_DONE,
      GW_PROBE_ABSENT },
    { "DROP DATABASE", "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", GW_PROBE_ABSENT,
      GW_PROBE_DONE },
    { "CREATE TABLESPACE", "SELECT 1 FROM pg_catalog.pg_tablespace WHERE spcname = $1",
      GW_PROBE_DONE, GW_PROBE_ABSENT },
    { "DROP TABLESPACE", "SELECT 1 FROM pg_catalog.pg_tablespace WHERE spcname = $1",
      GW_PROBE_ABSENT, GW_PROBE_DONE },
    { "CREATE SUBSCRIPTION", "SELECT 1 FROM pg_catalog.pg_subscription WHERE subname = $1",
      GW_PROBE_DONE, GW_PROBE_ABSENT },
    { "DROP SUBSCRIPTION", "SELECT 1 FROM pg_catalog.pg_subscription WHERE subname = $1",
      GW_PROBE_ABSENT, GW_PROBE_DONE },
    { "VACUUM", NULL, 0, 0 },
    { "CLUSTER", NULL, 0, 0 },
    { "ALTER SYSTEM", NULL, 0, 0 },
    { "ALTER DATABASE", NULL, 0, 0 },
};

static gw_status probe_object(struct probe *probe)
{
    char name[NAME], plain[SERVER_NAME];
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        if (!skip(probe, objects[i].words))
            continue;
        if (!objects[i].find)
            return answer(probe, GW_PROBE_ABSENT);
        skip(probe, "IF EXISTS");
        if (!take_name(probe, name))
            break;
        postgres_plain(name, strlen(name), plain, sizeof plain);
        return by_rows(probe, objects[i].find, plain, objects[i].some, objects[i].none);
    }
    return answer(probe, GW_PROBE_UNCLEAR);
}

static gw_status probe_statement(struct postgres_session *session, struct gw_str sql,
                                 int32_t *result)
{
    struct probe probe = { .session = session,
                           .lexer = { .text = sql.ptr, .len = sql.len },
                           .result = result };
    gw_status status;

    next(&probe);
    if (skip(&probe, "CREATE UNIQUE INDEX CONCURRENTLY"))
        status = probe_create_index(&probe, true);
    else if (skip(&probe, "CREATE INDEX CONCURRENTLY"))
        status = probe_create_index(&probe, false);
    else if (skip(&probe, "DROP INDEX CONCURRENTLY"))
        status = probe_drop_index(&probe);
    else if (skip(&probe, "REINDEX"))
        status = probe_reindex(&probe);
    else if (skip(&probe, "ALTER TABLE"))
        status = probe_detach(&probe);
    else
        status = probe_object(&probe);
    return status;
}

gw_status postgres_probe(struct gw_call *call, void *conn, struct gw_str sql, int32_t *result)
{
    struct postgres_session *session = conn;
    struct postgres_text text;

    *result = GW_PROBE_UNCLEAR;
    postgres_enter(session, call);
    gw_status status = postgres_text_make(session, sql, sql.len, &text);
    if (status == GW_OK)
        status = probe_statement(session, text.sql, result);
    postgres_text_free(&text);
    return postgres_leave(session, status);
}
