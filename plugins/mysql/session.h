/* SPDX-License-Identifier: Apache-2.0 */
/* One session of one server, and how every entry of the driver begins, fails and ends. */
#ifndef MYSQL_SESSION_H
#define MYSQL_SESSION_H

#include "base/vec.h"
#include "lexer.h"
#include "url.h"

#include <mysql.h>
#include <stdatomic.h>

/* Why the call under way fails. Kept here until the call ends, because only the roll back after a failed statement
 * tells what else was lost with it. */
struct my_failure {
    gw_status code; /* 0: none recorded */
    uint64_t flags; /* GW_ERR_* */
    int64_t native;
    char sqlstate[8];
    uint64_t begin, end;
    char message[900];
    char hint[400];
};

enum {
    MY_LOCK_ROOM = 65,
    MY_BLOCKER_ROOM = 200
};

struct my_wait { /* of the statement under way */
    int64_t since_ns, told_ns;
    bool stopping;                 /* KILL QUERY was sent */
    char blocker[MY_BLOCKER_ROOM]; /* who was in the way last; empty: nobody known */
};

/* A statement that takes back what a migration did to the session. */
struct my_undo {
    char *sql;
    bool variable; /* sql is the quoted name of a session variable */
    bool done;     /* taken back already */
};

struct my_session {
    MYSQL *db;
    MYSQL *
        side; /* the second connection: KILL QUERY, and who is in the way; NULL until it is needed */
    const struct gw_host *host;
    struct gw_call *call; /* the call under way; NULL: none */
    struct gw_arena arena;
    struct my_target target;
    const struct gw_str *session; /* database.session */
    uint64_t n_session;

    bool mariadb;
    uint32_t version; /* 101119 */
    char version_text[64];
    char database[260];
    uint64_t id; /* as the server knows it */
    uint64_t max_packet;
    bool read_only;
    bool snapshot;    /* between begin and end of godwit.driver.snapshot/1 */
    bool row_lock;    /* other nodes do not see GET_LOCK */
    bool shared;      /* a proxy lends sessions */
    bool ansi_quotes; /* as far as it is known */

    int64_t lock_timeout_ns;
    bool fail_on_warnings; /* the option; `strict` is that of the unit under way */
    bool strict;
    atomic_bool interrupted;
    bool shielded; /* while a transaction ends: cancelling would leave its outcome unknown */
    bool committing;
    bool implicit; /* the statement under way commits what was done before it, even if it fails */
    struct my_wait wait;
    struct my_failure failure;

    char lock_name[MY_LOCK_ROOM]; /* of the last lock(); empty: none */
    bool locked;
    unsigned block; /* the mark of the last block; the next even number is free */
    bool checked;   /* just now, for the next statement of the migration */

    GW_VEC(struct my_undo) undo;
    char used[260]; /* the database that a migration USEs; empty: ours */
    bool away;      /* the connection is in it */
};

const struct gw_host *my_host(void); /* what init() got */

/* Every entry: enter first, leave last with what it returns. leave reports the recorded failure. */
void my_enter(struct my_session *session, struct gw_call *call);
gw_status my_leave(struct my_session *session, gw_status status);
/* The call was cancelled or interrupted. */
bool my_stopped(struct my_session *session);
int64_t my_now_ns(void); /* steady clock */
void my_log(struct my_session *session, int32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* How the server reads this session's texts now. */
struct my_modes my_modes_now(const struct my_session *session);

/* Records a failure and returns its code; the first of a call stays. hint may be NULL. */
gw_status my_fail(struct my_session *session, gw_status code, const char *hint, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
gw_status my_fail_memory(struct my_session *session);
/* From the error of the connection. sql: the statement that failed, for the position; may be empty. */
gw_status my_fail_server(struct my_session *session, MYSQL *from, struct gw_str sql);
/* Puts "text: " before the message of the recorded failure. */
void my_fail_prefix(struct my_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- connect.c ---- */

/* A connection with the session's own credentials; NULL with a recorded failure. */
MYSQL *my_connect(struct my_session *session);
int my_socket_of(MYSQL *db);
/* The second connection, made when first needed; NULL, with nothing recorded: it cannot be had. */
MYSQL *my_side(struct my_session *session);
/* One query on it; the caller frees what it gets. NULL: it failed, or gives no rows. */
MYSQL_RES *my_side_query(struct my_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- watch.c ---- */

/* A statement has been running for a while: looks who is in its way, and how far it is. */
void my_watch(struct my_session *session);

#endif
