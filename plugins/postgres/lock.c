/* SPDX-License-Identifier: Apache-2.0 */
/* The migration lock: an advisory lock of the session, tried, never waited for (a blocking call would deadlock
 * with CREATE INDEX CONCURRENTLY). */
#include "lock.h"

#include "driver.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* FNV-1a, 64 bits (RFC 9923), over our constant and the name. */
void postgres_lock_key(struct gw_str name, char *out, size_t room)
{
    static const char ours[] = "org.godwit.migration:";
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof ours - 1 + name.len; i++) {
        char c = i < sizeof ours - 1 ? ours[i] : name.ptr[i - (sizeof ours - 1)];
        hash = (hash ^ (unsigned char)c) * UINT64_C(0x100000001b3);
    }
    snprintf(out, room, "%" PRId64, (int64_t)hash);
}

/* Who has it: pid, whether it is us, and a line for people. */
static const char holder[] =
    "SELECT l.pid, l.pid = pg_catalog.pg_backend_pid(), pg_catalog.format("
    "'pid %s (%s, %s, since %s)', l.pid, coalesce(a.usename, '?'),"
    " coalesce(nullif(a.application_name, ''), 'no application'),"
    " coalesce(pg_catalog.to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS'), '?'))"
    " FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.granted AND l.locktype = 'advisory' AND l.objsubid = 1"
    " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
    " WHERE d.datname = pg_catalog.current_database())"
    " AND ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint";

static gw_status fail_locked(struct postgres_session *session, const char *who)
{
    postgres_fail(session, GW_E_LOCKED, "wait until it has finished, or end that session",
                  "the migration lock is held by %s", who);
    session->failure.flags = GW_ERR_RETRYABLE;
    return GW_E_LOCKED;
}

static gw_status look(struct postgres_session *session, const char *key)
{
    const char *const values[] = { key };
    PGresult *row = NULL;
    gw_status status = postgres_ask(session, holder, 1, values, &row);
    if (status == GW_OK)
        status = PQntuples(row)
                     ? fail_locked(session, postgres_value(row, 0, 2))
                     : postgres_fail(session, GW_E_READ_ONLY, NULL,
                                     "the session is read-only, so that it takes no lock");
    PQclear(row);
    return status;
}

static gw_status try(struct postgres_session *session, const char *key)
{
    const char *const values[] = { key };
    PGresult *row = NULL;
    gw_status status = postgres_ask(session, "SELECT pg_catalog.pg_try_advisory_lock($1::bigint)",
                                    1, values, &row);
    bool taken = status == GW_OK && *postgres_value(row, 0, 0) == 't';
    PQclear(row);
    if (status != GW_OK || taken) {
        session->held = taken;
        return status;
    }
    status = postgres_ask(session, holder, 1, values, &row);
    if (status == GW_OK)
        status = fail_locked(session, PQntuples(row) ? postgres_value(row, 0, 2)
                                                     : "a session that has just ended");
    PQclear(row);
    return status;
}

gw_status postgres_lock(struct gw_call *call, void *conn, struct gw_str name)
{
    struct postgres_session *session = conn;
    char key[32];
    gw_status status = GW_OK;
    postgres_enter(session, call);
    postgres_lock_key(name, key, sizeof key);
    if (session->read_only)
        status = look(session, key);
    else if (!session->pooled && !session->held)
        status = try(session, key);
    return postgres_leave(session, status);
}

static gw_status unlock(struct postgres_session *session, const char *key)
{
    const char *const values[] = { key };
    PGresult *row = NULL;
    session->held = false;
    gw_status status =
        postgres_ask(session, "SELECT pg_catalog.pg_advisory_unlock($1::bigint)", 1, values, &row);
    if (status == GW_OK && *postgres_value(row, 0, 0) != 't')
        status = postgres_fail(session, GW_E_FENCED, "look who else runs migrations",
                               "the migration lock was not held any more");
    PQclear(row);
    return status;
}

gw_status postgres_unlock(struct gw_call *call, void *conn, struct gw_str name)
{
    struct postgres_session *session = conn;
    char key[32];
    postgres_enter(session, call);
    postgres_lock_key(name, key, sizeof key);
    return postgres_leave(session, session->held ? unlock(session, key) : GW_OK);
}

void postgres_lock_let_go(struct postgres_session *session)
{
    static const struct gw_str name = GW_S("godwit");
    char key[32];
    if (!session->held || PQtransactionStatus(session->db) != PQTRANS_IDLE)
        return;
    postgres_lock_key(name, key, sizeof key);
    session->failure = (struct postgres_failure){ 0 };
    unlock(session, key);
}

gw_status postgres_holds(struct gw_call *call, void *conn, struct gw_str name)
{
    struct postgres_session *session = conn;
    char key[32];
    const char *const values[] = { key };
    PGresult *row = NULL;
    gw_status status = GW_OK;

    postgres_enter(session, call);
    postgres_lock_key(name, key, sizeof key);
    if (session->pooled)
        return postgres_leave(session, GW_OK);
    bool ours = session->held && !session->lost;
    if (ours)
        status = postgres_ask(session, holder, 1, values, &row);
    if (session->lost) {
        session->failure.code = GW_OK;
        status = GW_OK;
    }
    ours = ours && row && PQntuples(row) && *postgres_value(row, 0, 1) == 't';
    if (status == GW_OK && !ours)
        status = postgres_fail(session, GW_E_FENCED, "run again",
                               session->lost ? "the migration lock went with the connection"
                                             : "the migration lock is not held by this session");
    PQclear(row);
    return postgres_leave(session, status);
}
