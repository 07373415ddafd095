/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include "connect.h"
#include "driver.h"
#include "lock.h"
#include "wire.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t second_ns = 1000000000;
enum {
    PATIENCE_S = 1, /* a statement waits so long before anybody looks */
    EVERY_S = 2,
    CONNECT_S = 2
};

/* A prepared transaction blocks as pid 0. Other users' sessions show no query without pg_read_all_stats. */
#define DESCRIBE \
    "CASE WHEN b.pid = 0 THEN 'a prepared transaction (see pg_prepared_xacts)'" \
    " ELSE format('pid %s (%s@%s, %s, %s since %s): %s', b.pid, coalesce(a.usename, '?')," \
    " coalesce(a.datname, '?'), coalesce(nullif(a.application_name, ''), 'no application')," \
    " coalesce(a.state, 'active'), coalesce(to_char(a.state_change, 'HH24:MI:SS'), '?')," \
    " left(regexp_replace(coalesce(a.query, ''), '\\s+', ' ', 'g'), 200)) END"

static const char question[] =
    "SELECT 0, b.pid, 0::bigint, 0::bigint, " DESCRIBE
    " FROM (SELECT DISTINCT unnest(pg_catalog.pg_blocking_pids($1::int)) AS pid) b"
    " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid"
    " UNION ALL SELECT 1, 0, blocks_done, blocks_total, phase"
    " FROM pg_catalog.pg_stat_progress_create_index WHERE pid = $1::int"
    " UNION ALL SELECT 1, 0, heap_blks_scanned, heap_blks_total, phase"
    " FROM pg_catalog.pg_stat_progress_vacuum WHERE pid = $1::int"
    " UNION ALL SELECT 1, 0, heap_blks_scanned, heap_blks_total, phase"
    " FROM pg_catalog.pg_stat_progress_cluster WHERE pid = $1::int";

void postgres_watch_close(struct postgres_session *session)
{
    if (session->watch.db)
        PQfinish(session->watch.db);
    session->watch.db = NULL;
    session->watch.state = POSTGRES_WATCH_OFF;
}

static void watch_fail(struct postgres_session *session)
{
    postgres_watch_close(session);
    session->watch.state = POSTGRES_WATCH_FAILED;
}

static bool ready(PGconn *db, short events)
{
    struct pollfd socket = { .fd = PQsocket(db), .events = events };
    return poll(&socket, 1, 0) > 0;
}

static void watch_connect(struct postgres_session *session, int64_t now)
{
    struct postgres_watch *watch = &session->watch;
    if (watch->state == POSTGRES_WATCH_OFF) {
        watch->db = postgres_connect_again(session);
        watch->state = POSTGRES_WATCH_CONNECTING;
        watch->poll = PGRES_POLLING_WRITING;
        watch->begun_ns = now;
    }
    if (!watch->db || PQstatus(watch->db) == CONNECTION_BAD ||
        now - watch->begun_ns > CONNECT_S * second_ns) {
        watch_fail(session);
        return;
    }
    while (watch->poll != PGRES_POLLING_OK &&
           ready(watch->db, watch->poll == PGRES_POLLING_READING ? POLLIN : POLLOUT)) {
        watch->poll = PQconnectPoll(watch->db);
        if (watch->poll == PGRES_POLLING_FAILED) {
            watch_fail(session);
            return;
        }
    }
    if (watch->poll != PGRES_POLLING_OK)
        return;
    watch->state = POSTGRES_WATCH_IDLE;
    watch->begun_ns = 0;
    PQsetnonblocking(watch->db, 1);
}

static void watch_ask(struct postgres_session *session, int64_t now)
{
    struct postgres_watch *watch = &session->watch;
    char pid[16];
    const char *const values[] = { pid };
    if (watch->begun_ns && now - watch->begun_ns < EVERY_S * second_ns)
        return;
    watch->begun_ns = now;
    snprintf(pid, sizeof pid, "%d", PQbackendPID(session->db));
    if (!PQsendQueryParams(watch->db, question, 1, NULL, values, NULL, NULL, 0)) {
        watch_fail(session);
        return;
    }
    PQflush(watch->db);
    watch->state = POSTGRES_WATCH_ASKING;
}

static void tell_blocker(struct postgres_session *session, int pid, const char *text)
{
    struct postgres_watch *watch = &session->watch;
    snprintf(watch->blocker, sizeof watch->blocker, "it waited for %s", text);
    postgres_scrub(session, watch->blocker);
    for (int i = 0; i < watch->n_told; i++)
        if (watch->told[i] == pid)
            return;
    if (watch->n_told < POSTGRES_BLOCKERS)
        watch->told[watch->n_told++] = pid;
    postgres_log(session, GW_LOG_WARN, "waiting for %s", text);
}

static void tell_row(struct postgres_session *session, const PGresult *result, int row)
{
    const char *text = postgres_value(result, row, 4);
    if (*postgres_value(result, row, 0) == '0') {
        tell_blocker(session, (int)strtol(postgres_value(result, row, 1), NULL, 10), text);
        return;
    }
    uint64_t done = strtoull(postgres_value(result, row, 2), NULL, 10);
    uint64_t total = strtoull(postgres_value(result, row, 3), NULL, 10);
    if (GW_HAS(session->host, progress))
        session->host->progress(session->call, done, total, (struct gw_str){ text, strlen(text) });
}

static void watch_read(struct postgres_session *session)
{
    struct postgres_watch *watch = &session->watch;
    PQflush(watch->db);
    if (!PQconsumeInput(watch->db)) {
        watch_fail(session);
        return;
    }
    while (!PQisBusy(watch->db)) {
        PGresult *result = PQgetResult(watch->db);
        if (!result) {
            watch->state = POSTGRES_WATCH_IDLE;
            return;
        }
        for (int row = 0; session->call && row < PQntuples(result); row++)
            tell_row(session, result, row);
        PQclear(result);
    }
}

void postgres_watch_tick(struct postgres_session *session, int64_t now)
{
    /* Behind a pooler our backend is nobody's in particular. */
    if (session->pooled || !session->call || session->watch.state == POSTGRES_WATCH_FAILED ||
        now - session->wait_begun_ns < PATIENCE_S * second_ns)
        return;
    if (session->watch.state <= POSTGRES_WATCH_CONNECTING)
        watch_connect(session, now);
    if (session->watch.state == POSTGRES_WATCH_ASKING)
        watch_read(session);
    if (session->watch.state == POSTGRES_WATCH_IDLE)
        watch_ask(session, now);
}

/* ---- godwit.driver.progress/1 ---- */

/* Who holds the migration lock, and who makes others wait. */
static const char list[] =
    "SELECT " DESCRIBE " FROM (SELECT l.pid FROM pg_catalog.pg_locks l WHERE l.granted"
    " AND l.pid <> pg_catalog.pg_backend_pid() AND l.locktype = 'advisory' AND l.objsubid = 1"
    " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
    " WHERE d.datname = pg_catalog.current_database())"
    " AND ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint"
    " UNION SELECT unnest(pg_catalog.pg_blocking_pids(w.pid)) FROM pg_catalog.pg_locks w"
    " WHERE NOT w.granted) b LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid ORDER BY 1";

gw_status postgres_list_blockers(struct gw_call *call, void *conn, const struct gw_text_out *out)
{
    struct postgres_session *session = conn;
    char key[32];
    const char *const values[] = { key };
    PGresult *rows = NULL;

    postgres_enter(session, call);
    postgres_lock_key((struct gw_str)GW_S("godwit"), key, sizeof key);
    gw_status status = postgres_ask(session, list, 1, values, &rows);
    for (int row = 0; status == GW_OK && row < PQntuples(rows); row++) {
        const char *line = postgres_value(rows, row, 0);
        status = out->text(call, (struct gw_str){ line, strlen(line) });
        if (status == GW_OK)
            status = out->text(call, (struct gw_str)GW_S("\n"));
    }
    PQclear(rows);
    return postgres_leave(session, status == GW_STOP ? GW_OK : status);
}
