/* SPDX-License-Identifier: Apache-2.0 */
#include "setup.h"

#include "scan.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OLDEST = 120000,
    HAS_CHECK_INTERVAL = 140000
};

/* $1 is the pid that the connection thinks it has: behind a pooler it is another, and nothing is set, since that
 * would last for the pooler's next client; what lasts for the transaction alone may be set there too. $2:
 * lock_timeout. idle_in_transaction_session_timeout ends the transaction of a runner that hangs between two
 * statements. */
#define SETTINGS(local, condition) \
    "SELECT pg_catalog.set_config(s.name, s.value, " local ") FROM (VALUES" \
    " (1, 'client_min_messages', 'notice'), (2, 'lock_timeout', $2::text)," \
    " (3, 'statement_timeout', '0'), (4, 'idle_in_transaction_session_timeout', '60s')," \
    " (5, 'standard_conforming_strings', 'on')," \
    " (6, 'synchronous_commit', CASE pg_catalog.current_setting('synchronous_commit')" \
    " WHEN 'off' THEN 'on' ELSE pg_catalog.current_setting('synchronous_commit') END))" \
    " AS s (number, name, value) WHERE " condition " ORDER BY number"

static const char session_settings[] = SETTINGS("false", "pg_catalog.pg_backend_pid() = $1::int");
static const char local_settings[] = SETTINGS("true", "$1::int = 0");

static const char look[] =
    "SELECT pg_catalog.pg_backend_pid(), (SELECT pg_catalog.date_part('epoch', "
    "a.backend_start)::text"
    " FROM pg_catalog.pg_stat_activity a WHERE a.pid = pg_catalog.pg_backend_pid()),"
    " pg_catalog.pg_is_in_recovery(), pg_catalog.current_schema(), session_user,"
    " pg_catalog.current_setting('role'), pg_catalog.current_database()";

static void send_settings(struct postgres_session *session, const char *sql, int pid)
{
    char number[16];
    struct postgres_params params = { .n = 2, .values = { number, session->lock_timeout } };
    snprintf(number, sizeof number, "%d", pid);
    postgres_send(session, POSTGRES_STEP_OWN, 0, sql, &params);
}

/* ---- the first look ---- */

struct found {
    PGresult *row;
    bool known;
};

static gw_status setup_take(struct postgres_session *session, void *payload,
                            const struct postgres_step *step, const PGresult *result)
{
    struct found *found = payload;
    if (!result)
        return GW_OK;
    if (PQresultStatus(result) == PGRES_FATAL_ERROR) /* 1: nice to have */
        return step->index ? GW_OK : postgres_fail_result(session, result, (struct gw_str){ 0 });
    if (!found->row)
        found->row = PQcopyResult(result, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);
    return found->row ? GW_OK : postgres_fail_memory(session);
}

static const char *text_or(const PGresult *row, int column, const char *fallback)
{
    return PQgetisnull(row, 0, column) ? fallback : PQgetvalue(row, 0, column);
}

static gw_status keep_identity(struct postgres_session *session, const PGresult *row)
{
    session->schema = gw_arena_string(&session->arena, text_or(row, 3, ""));
    session->user = gw_arena_string(&session->arena, text_or(row, 4, ""));
    session->role = gw_arena_string(&session->arena, text_or(row, 5, ""));
    return session->schema && session->user && session->role ? GW_OK
                                                             : postgres_fail_memory(session);
}

static gw_status keep_look(struct postgres_session *session, const PGresult *row)
{
    long pid = strtol(text_or(row, 0, "0"), NULL, 10);
    const char *host = PQhost(session->db);
    session->pooled = pid != PQbackendPID(session->db);
    snprintf(session->connection, sizeof session->connection, "%ld@%.40s", pid,
             text_or(row, 1, "0"));
    if (session->pooled) /* that server session is lent to somebody else the next moment */
        snprintf(session->connection, sizeof session->connection, "pooled");
    session->database = gw_arena_printf(&session->arena, "%s on %s:%s", text_or(row, 6, ""),
                                        host ? host : "?", PQport(session->db));
    if (!session->database || keep_identity(session, row) != GW_OK)
        return postgres_fail_memory(session);
    if (*text_or(row, 2, "f") == 't' && !session->read_only)
        return postgres_fail(session, GW_E_READ_ONLY,
                             "connect to the primary: name all hosts and add "
                             "target_session_attrs=read-write",
                             "the server '%s' is a standby: nothing can be written to it",
                             host ? host : "?");
    return GW_OK;
}

static gw_status look_around(struct postgres_session *session)
{
    struct found found = { 0 };
    postgres_send(session, POSTGRES_STEP_OWN, 0, look, NULL);
    send_settings(session, session_settings, PQbackendPID(session->db));
    postgres_send_sync(session);
    if (PQserverVersion(session->db) >= HAS_CHECK_INTERVAL) { /* a client that died is noticed */
        char sql[160];
        snprintf(sql, sizeof sql,
                 "SELECT pg_catalog.set_config('client_connection_check_interval', '1s', false)"
                 " WHERE pg_catalog.pg_backend_pid() = %d",
                 PQbackendPID(session->db));
        postgres_send(session, POSTGRES_STEP_OWN, 1, sql, NULL);
        postgres_send_sync(session);
    }
    gw_status status = postgres_receive(session, false, setup_take, &found);
    if (status == GW_OK)
        status = keep_look(session, found.row);
    PQclear(found.row);
    return status;
}

/* ---- database.session ---- */

static gw_status strict_take(struct postgres_session *session, void *payload,
                             const struct postgres_step *step, const PGresult *result)
{
    (void)payload;
    (void)step;
    return result && PQresultStatus(result) == PGRES_FATAL_ERROR
               ? postgres_fail_result(session, result, (struct gw_str){ 0 })
               : GW_OK;
}

static void send_statements(struct postgres_session *session)
{
    for (size_t i = 0; i < session->n_setup; i++)
        postgres_send(session, POSTGRES_STEP_OWN, 0, session->setup[i].ptr, NULL);
    if (session->read_only && !session->pooled) /* last: nothing before it can undo it */
        postgres_send(session, POSTGRES_STEP_OWN, 0, "SET default_transaction_read_only = on",
                      NULL);
}

static gw_status keep_statements(struct postgres_session *session, const struct gw_open *open)
{
    session->setup =
        gw_arena_array(&session->arena, (size_t)open->n_session + 1, sizeof *session->setup);
    for (uint64_t i = 0; session->setup && i < open->n_session; i++) {
        session->setup[i].len = open->session[i].len;
        session->setup[i].ptr =
            gw_arena_copy(&session->arena, open->session[i].ptr, open->session[i].len);
        if (!session->setup[i].ptr)
            return postgres_fail_memory(session);
    }
    session->n_setup = (size_t)open->n_session;
    return session->setup ? GW_OK : postgres_fail_memory(session);
}

gw_status postgres_setup(struct postgres_session *session, const struct gw_open *open)
{
    int version = PQserverVersion(session->db);
    if (version < OLDEST)
        return postgres_fail(session, GW_E_UNSUPPORTED, "upgrade the server",
                             "PostgreSQL %d is too old: this driver needs 12 or later",
                             version / 10000);
    gw_status status = look_around(session);
    if (status == GW_OK)
        status = keep_statements(session, open);
    if (status == GW_OK && session->pooled && session->n_setup)
        return postgres_fail(session, GW_E_UNSUPPORTED,
                             "connect to the server itself, not to the pooler, or remove "
                             "database.session",
                             "database.session cannot be used behind a connection pooler: its "
                             "settings would reach other clients");
    if (status != GW_OK || (!session->n_setup && !session->read_only) || session->pooled)
        return status;
    send_statements(session);
    postgres_send_sync(session);
    status = postgres_receive(session, false, strict_take, NULL);
    PGresult *row = NULL; /* its own search_path and role count */
    if (status == GW_OK && session->n_setup)
        status = postgres_ask(session, look, 0, NULL, &row);
    if (row)
        status = keep_identity(session, row);
    PQclear(row);
    return status;
}

/* ---- again ---- */

void postgres_send_fresh(struct postgres_session *session)
{
    /* DISCARD ALL would take the migration lock along, and cannot run with other statements. */
    static const char *const commands[] = {
        "SET SESSION AUTHORIZATION DEFAULT",
        "RESET ROLE",
        "RESET ALL",
        "CLOSE ALL",
        "UNLISTEN *",
        "DISCARD TEMP",
        "DISCARD SEQUENCES",
        "DEALLOCATE ALL",
    };
    if (session->pooled)
        return;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        postgres_send(session, POSTGRES_STEP_OWN, 0, commands[i], NULL);
    for (size_t i = 0; i < POSTGRES_CACHED; i++)
        session->cached[i].state = POSTGRES_NOT_PREPARED;
    send_settings(session, session_settings, PQbackendPID(session->db));
    send_statements(session);
}

void postgres_send_pooled(struct postgres_session *session)
{
    send_settings(session, local_settings, 0);
}
