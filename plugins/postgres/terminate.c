/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the session of a runner that hangs, and seeing it gone. */
#include "driver.h"
#include "lock.h"
#include "wire.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_EVERY_MS = 50
};
static const int64_t longest_ns = INT64_C(30000000000);

/* pid@start: the number alone is used again one day. */
static bool parse(struct gw_str text, char *pid, char *start, size_t room)
{
    const char *at = text.len ? memchr(text.ptr, '@', text.len) : NULL;
    size_t len = at ? (size_t)(at - text.ptr) : 0;
    if (!len || len >= room || text.len - len > room || text.len == len + 1 ||
        strspn(text.ptr, "0123456789") != len)
        return false;
    memcpy(pid, text.ptr, len);
    pid[len] = '\0';
    snprintf(start, room, "%.*s", (int)(text.len - len - 1), at + 1);
    return true;
}

static gw_status find_holder(struct postgres_session *session, char *pid, char *start, size_t room)
{
    static const char sql[] =
        "SELECT a.pid, pg_catalog.date_part('epoch', a.backend_start)::text"
        " FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.granted AND l.locktype = 'advisory' AND l.objsubid = 1"
        " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
        " WHERE d.datname = pg_catalog.current_database())"
        " AND ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint"
        " AND a.pid <> pg_catalog.pg_backend_pid()";
    char key[32];
    const char *const values[] = { key };
    PGresult *row = NULL;

    *pid = '\0';
    postgres_lock_key((struct gw_str)GW_S("godwit"), key, sizeof key);
    gw_status status = postgres_ask(session, sql, 1, values, &row);
    if (status == GW_OK && PQntuples(row)) {
        snprintf(pid, room, "%s", postgres_value(row, 0, 0));
        snprintf(start, room, "%s", postgres_value(row, 0, 1));
    }
    PQclear(row);
    return status;
}

static gw_status look(struct postgres_session *session, const char *sql, const char *pid,
                      const char *start, bool *there)
{
    const char *const values[] = { pid, start };
    PGresult *row = NULL;
    gw_status status = postgres_ask(session, sql, 2, values, &row);
    *there = status == GW_OK && PQntuples(row) > 0;
    PQclear(row);
    return status;
}

#define OTHER \
    " FROM pg_catalog.pg_stat_activity WHERE pid = $1::int" \
    " AND pg_catalog.date_part('epoch', backend_start)::text = $2::text" \
    " AND pid <> pg_catalog.pg_backend_pid()"

static gw_status end(struct postgres_session *session, const char *pid, const char *start)
{
    const int64_t until = postgres_now_ns() + longest_ns;
    bool there;
    gw_status status =
        look(session, "SELECT pg_catalog.pg_terminate_backend(pid)" OTHER, pid, start, &there);
    if (status == GW_E_PERMISSION)
        snprintf(session->failure.hint, sizeof session->failure.hint,
                 "the role that runs it may end it, so may a member of pg_signal_backend, or a "
                 "superuser");
    while (status == GW_OK && there) {
        if (postgres_stopped(session))
            return postgres_fail(session, GW_E_CANCELLED, NULL,
                                 "cancelled while waiting for the session %s to end", pid);
        if (postgres_now_ns() > until)
            return postgres_fail(session, GW_E_TIMEOUT, "look at it in pg_stat_activity",
                                 "the session %s was told to end and is still there", pid);
        poll(NULL, 0, LOOK_EVERY_MS);
        status = look(session, "SELECT 1" OTHER, pid, start, &there);
    }
    return status;
}

gw_status postgres_terminate(struct gw_call *call, void *conn, struct gw_str connection)
{
    struct postgres_session *session = conn;
    static const struct gw_str pooled = GW_S("pooled");
    char pid[64], start[64];
    gw_status status = GW_OK;

    postgres_enter(session, call);
    if (!connection.len)
        status = find_holder(session, pid, start, sizeof pid);
    else if (connection.len == pooled.len && memcmp(connection.ptr, pooled.ptr, pooled.len) == 0)
        status = postgres_fail(session, GW_E_UNSUPPORTED,
                               "end the process itself, on the host that the lock names",
                               "a session behind a connection pooler cannot be ended");
    else if (!parse(connection, pid, start, sizeof pid))
        status = postgres_fail(session, GW_E_ARGUMENT, NULL, "'%.*s' is not a session",
                               (int)(connection.len < 64 ? connection.len : 64), connection.ptr);
    if (status == GW_OK && *pid)
        status = end(session, pid, start);
    return postgres_leave(session, status);
}
