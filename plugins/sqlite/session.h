/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to one SQLite database, and how every entry of the driver begins, fails and ends. */
#ifndef SQLITE_SESSION_H
#define SQLITE_SESSION_H

#include <godwit/driver.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/* Why the call under way fails. Kept here until the call ends, because only the roll back after a failed
 * statement tells what else was lost with it. */
struct sqlite_failure {
    gw_status code; /* 0: none recorded */
    uint64_t flags; /* GW_ERR_* */
    int64_t native;
    uint64_t begin, end;
    char message[900];
    char detail[300];
    char hint[400];
};

enum {
    SQLITE_CACHED = 16
};
struct sqlite_cached { /* a prepared statement of the host, kept for its next use */
    char *sql;
    size_t len;
    sqlite3_stmt *stmt;
    uint64_t used; /* the clock of its last use; the smallest is replaced */
    bool busy;
};

struct sqlite_guard { /* restrictions on statements that a migration's author wrote; guard.c */
    bool active;
    bool transaction; /* the statement is part of a transaction */
    bool vacuum;      /* the statement is VACUUM, which works through an attached database */
    char message[300];
    const char *hint;
};

enum {
    SQLITE_TOUCHED = 64
};
struct
    sqlite_touched { /* tables that the statements of a unit that rebuilds tables change; touched.c */
    bool collecting;
    bool all; /* more than fit: take it that all are changed */
    size_t n;
    char *names[SQLITE_TOUCHED];
};

struct sqlite_group { /* the transaction that holds relaxed units until flush; unit.c */
    bool open;
    uint32_t units; /* done in it */
    int64_t since_ns;
    bool without_keys; /* no table had a foreign key at the last look, and none was made since */
};

struct sqlite_lock {
    int fd; /* -1: not held */
    bool held;
    dev_t dev;
    ino_t ino;
};

struct sqlite_session {
    sqlite3 *db;
    const struct gw_host *host;
    struct gw_call *call; /* the call under way; NULL: none */
    char *path;           /* absolute, links resolved; ":memory:" */
    bool in_memory;
    bool read_only;
    bool foreign_keys;       /* what the session asked for: every transaction begins with it */
    bool check_foreign_keys; /* of the unit under way: setting foreign_key_check */
    bool shielded;           /* while a transaction ends: cancelling would only undo more */
    bool wait_told;          /* who blocks was logged during this wait */
    atomic_bool interrupted;
    int64_t patience_ns; /* how long to wait for a lock: busy_timeout, or the unit's lock_timeout */
    int64_t wait_until_ns;
    uint64_t ticks; /* progress handler calls in this call */
    uint64_t clock; /* of the statement cache */
    struct sqlite_failure failure;
    struct sqlite_guard guard;
    struct sqlite_touched touched;
    struct sqlite_group group;
    struct sqlite_lock lock;
    struct sqlite_cached cached[SQLITE_CACHED];
};

const struct gw_host *sqlite_host(void); /* what init() got */

/* Every entry: enter first, leave last with what it returns. leave reports the recorded failure. */
void sqlite_enter(struct sqlite_session *session, struct gw_call *call);
gw_status sqlite_leave(struct sqlite_session *session, gw_status status);
/* The call was cancelled or interrupted. */
bool sqlite_stopped(struct sqlite_session *session);
int64_t sqlite_now_ns(void); /* steady clock */
void sqlite_log(struct sqlite_session *session, int32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Records a failure and returns its code; the first of a call stays. hint may be NULL. */
gw_status sqlite_fail(struct sqlite_session *session, gw_status code, const char *hint,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
gw_status sqlite_fail_memory(struct sqlite_session *session);
/* From SQLite's result code and text. sql: the statement that failed, for the position; may be empty. */
gw_status sqlite_fail_database(struct sqlite_session *session, int result, struct gw_str sql);
/* Puts "text: " before the message of the recorded failure. */
void sqlite_fail_prefix(struct sqlite_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends the processes that hold locks on the database to text, ", " between them; empty if none is known. */
void sqlite_blockers(struct sqlite_session *session, char *text, size_t room);

#endif
