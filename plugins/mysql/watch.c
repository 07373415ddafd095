/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in the way: asked on the second connection, since the first one waits. */
#include "base/buf.h"
#include "driver.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t second_ns = 1000000000;

enum {
    MARIADB = 1,
    MYSQL_8 = 2,
    MYSQL_5 = 4,
    SIDE_ROWS = 8
};

/* Each gives id, user, host, seconds and state of the sessions that hold what session {id} waits for, or, with 0,
 * what any session waits for. The first that gives a row is believed; what a server lacks fails, and is passed over. */
static const struct source {
    unsigned servers;
    const char *sql;
} sources[] = {
    { MARIADB | MYSQL_5, "SELECT DISTINCT p.ID, p.USER, p.HOST, p.TIME, IF(p.COMMAND = 'Sleep', "
                         "'idle in a transaction', p.STATE)"
                         " FROM information_schema.INNODB_LOCK_WAITS w"
                         " JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id"
                         " JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id"
                         " JOIN information_schema.PROCESSLIST p ON p.ID = b.trx_mysql_thread_id"
                         " WHERE {id} IN (0, r.trx_mysql_thread_id)" },
    { MYSQL_8, "SELECT DISTINCT b.PROCESSLIST_ID, b.PROCESSLIST_USER, b.PROCESSLIST_HOST, "
               "b.PROCESSLIST_TIME,"
               " IF(b.PROCESSLIST_COMMAND = 'Sleep', 'idle in a transaction', b.PROCESSLIST_STATE)"
               " FROM performance_schema.data_lock_waits w"
               " JOIN performance_schema.threads r ON r.THREAD_ID = w.REQUESTING_THREAD_ID"
               " JOIN performance_schema.threads b ON b.THREAD_ID = w.BLOCKING_THREAD_ID"
               " WHERE {id} IN (0, r.PROCESSLIST_ID)" },
    { MARIADB | MYSQL_8 | MYSQL_5,
      "SELECT DISTINCT b.PROCESSLIST_ID, b.PROCESSLIST_USER, b.PROCESSLIST_HOST, "
      "b.PROCESSLIST_TIME,"
      " IF(b.PROCESSLIST_COMMAND = 'Sleep', 'idle in a transaction', b.PROCESSLIST_STATE)"
      " FROM performance_schema.metadata_locks w"
      " JOIN performance_schema.metadata_locks g ON g.OBJECT_TYPE = w.OBJECT_TYPE"
      " AND g.OBJECT_SCHEMA <=> w.OBJECT_SCHEMA AND g.OBJECT_NAME <=> w.OBJECT_NAME"
      " AND g.LOCK_STATUS = 'GRANTED' AND g.OWNER_THREAD_ID <> w.OWNER_THREAD_ID"
      " JOIN performance_schema.threads r ON r.THREAD_ID = w.OWNER_THREAD_ID"
      " JOIN performance_schema.threads b ON b.THREAD_ID = g.OWNER_THREAD_ID"
      " WHERE w.LOCK_STATUS = 'PENDING' AND w.OBJECT_TYPE = 'TABLE' AND {id} IN (0, "
      "r.PROCESSLIST_ID)" },
    /* MariaDB's plugin metadata_lock_info does not tell who waits. */
    { MARIADB, "SELECT DISTINCT p.ID, p.USER, p.HOST, p.TIME, IF(p.COMMAND = 'Sleep', 'idle in a "
               "transaction', p.STATE)"
               " FROM information_schema.METADATA_LOCK_INFO m"
               " JOIN information_schema.PROCESSLIST p ON p.ID = m.THREAD_ID"
               " WHERE m.TABLE_SCHEMA = DATABASE() AND p.STATE <> 'Waiting for table metadata lock'"
               " AND p.ID <> {id} AND EXISTS (SELECT 1 FROM information_schema.PROCESSLIST r"
               " WHERE {id} IN (0, r.ID) AND r.STATE = 'Waiting for table metadata lock')" },
    /* Neither instrument nor plugin: open transactions are the likely ones. */
    { MARIADB | MYSQL_5,
      "SELECT DISTINCT p.ID, p.USER, p.HOST, p.TIME, IF(p.COMMAND = 'Sleep', 'idle in a "
      "transaction', p.STATE)"
      " FROM information_schema.INNODB_TRX t"
      " JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id"
      " WHERE p.ID <> {id} AND p.STATE <> 'Waiting for table metadata lock'"
      " AND EXISTS (SELECT 1 FROM information_schema.PROCESSLIST r"
      " WHERE {id} IN (0, r.ID) AND r.STATE = 'Waiting for table metadata lock')" },
    { MARIADB | MYSQL_5,
      "SELECT DISTINCT p.ID, p.USER, p.HOST, p.TIME, p.STATE FROM information_schema.PROCESSLIST p"
      " WHERE p.ID <> {id} AND p.ID <> CONNECTION_ID() AND p.COMMAND <> 'Sleep' AND p.DB = "
      "DATABASE()"
      " AND p.STATE <> 'Waiting for table metadata lock'"
      " AND EXISTS (SELECT 1 FROM information_schema.PROCESSLIST r"
      " WHERE {id} IN (0, r.ID) AND r.STATE = 'Waiting for table metadata lock')" },
};

static unsigned server_of(const struct my_session *session)
{
    if (session->mariadb)
        return MARIADB;
    return session->version >= 80000 ? MYSQL_8 : MYSQL_5;
}

static void describe(MYSQL_ROW row, char *text, size_t room)
{
    const char *state = row[4] && *row[4] ? row[4] : "running";
    snprintf(text, room, "session %.20s (%.80s@%.60s, %.12s s, %.60s)", row[0] ? row[0] : "?",
             row[1] ? row[1] : "?", row[2] ? row[2] : "?", row[3] ? row[3] : "?", state);
}

static MYSQL_RES *ask(struct my_session *session, const char *sql, unsigned long long waiter)
{
    static const char mark[] = "{id}";
    struct gw_buf text = GW_BUF_TEXT;
    for (const char *at; (at = strstr(sql, mark)); sql = at + sizeof mark - 1) {
        gw_buf_add(&text, sql, (size_t)(at - sql));
        gw_buf_printf(&text, "%llu", waiter);
    }
    gw_buf_text(&text, sql);
    MYSQL_RES *rows = text.failed ? NULL : my_side_query(session, "%s", gw_buf_str(&text));
    gw_buf_free(&text);
    return rows;
}

static MYSQL_RES *find(struct my_session *session, unsigned long long waiter)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (!(sources[i].servers & server_of(session)))
            continue;
        MYSQL_RES *rows = ask(session, sources[i].sql, waiter);
        if (rows && mysql_num_rows(rows))
            return rows;
        mysql_free_result(rows);
    }
    return NULL;
}

static void tell_blocker(struct my_session *session)
{
    char before[MY_BLOCKER_ROOM];
    MYSQL_RES *rows = find(session, session->id);
    MYSQL_ROW row = rows ? mysql_fetch_row(rows) : NULL;
    if (row) {
        snprintf(before, sizeof before, "%s", session->wait.blocker);
        describe(row, session->wait.blocker, sizeof session->wait.blocker);
        size_t name = strcspn(before, "(");
        if (!*before || strncmp(before, session->wait.blocker, name) != 0)
            my_log(session, GW_LOG_WARN, "waiting for a lock of %s", session->wait.blocker);
    }
    mysql_free_result(rows);
}

/* MariaDB tells how far an ALTER TABLE is: stage 1 of 2, 37.5 of 100. */
static void tell_progress(struct my_session *session)
{
    if (!session->mariadb || !GW_HAS(session->host, progress))
        return;
    MYSQL_RES *rows = my_side_query(session,
                                    "SELECT STAGE, MAX_STAGE, PROGRESS, STATE FROM "
                                    "information_schema.PROCESSLIST WHERE ID = %llu",
                                    (unsigned long long)session->id);
    MYSQL_ROW row = rows ? mysql_fetch_row(rows) : NULL;
    if (row && row[0] && row[1] && row[2] && row[3]) {
        uint64_t stage = strtoull(row[0], NULL, 10), stages = strtoull(row[1], NULL, 10);
        uint64_t done = (uint64_t)(strtod(row[2], NULL) * 10);
        if (stages && stage && stage <= stages)
            session->host->progress(session->call, (stage - 1) * 1000 + done, stages * 1000,
                                    (struct gw_str){ row[3], strlen(row[3]) });
    }
    mysql_free_result(rows);
}

/* After a second, or half the time that it may wait, and then each second. */
void my_watch(struct my_session *session)
{
    struct my_wait *wait = &session->wait;
    int64_t now = my_now_ns();
    int64_t first =
        session->lock_timeout_ns / 2 < second_ns ? session->lock_timeout_ns / 2 : second_ns;
    if (!session->call || wait->stopping || now - wait->since_ns < first ||
        (wait->told_ns && now - wait->told_ns < second_ns))
        return;
    wait->told_ns = now;
    tell_blocker(session);
    tell_progress(session);
}

gw_status my_list_blockers(struct gw_call *call, void *conn, const struct gw_text_out *out)
{
    struct my_session *session = conn;
    gw_status status = GW_OK;
    MYSQL_ROW row;
    my_enter(session, call);
    MYSQL_RES *rows = find(session, 0);
    for (int i = 0; rows && i < SIDE_ROWS && status == GW_OK && (row = mysql_fetch_row(rows));
         i++) {
        char line[MY_BLOCKER_ROOM + 64];
        describe(row, line, sizeof line - 1);
        size_t len = strlen(line);
        line[len++] = '\n';
        status = out->text(call, (struct gw_str){ line, len });
    }
    mysql_free_result(rows);
    return my_leave(session, status == GW_STOP ? GW_OK : status);
}
