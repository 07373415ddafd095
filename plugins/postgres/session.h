/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to one PostgreSQL database, and how every entry of the driver begins, fails and ends. */
#ifndef POSTGRES_SESSION_H
#define POSTGRES_SESSION_H

#include "base/arena.h"
#include "base/vec.h"

#include <godwit/driver.h>
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Why the call under way fails. Kept here until the call ends: the first failure is the reason. */
struct postgres_failure {
    gw_status code; /* 0: none recorded */
    uint64_t flags; /* GW_ERR_* */
    char sqlstate[8];
    uint64_t begin, end;
    char message[900];
    char detail[600];
    char hint[400];
};

enum postgres_step_kind {
    POSTGRES_STEP_OWN,      /* a command of the driver's */
    POSTGRES_STEP_SETTINGS, /* of the unit: a failure is the setting's */
    POSTGRES_STEP_PREPARE,  /* of a cached statement: index */
    POSTGRES_STEP_STATEMENT,
    POSTGRES_STEP_LOCAL, /* a statement that the driver did by itself: nothing was sent */
    POSTGRES_STEP_COMMIT,
    POSTGRES_STEP_SYNC
};
/* What was sent and is not answered yet. */
struct postgres_step {
    enum postgres_step_kind kind;
    uint32_t index;
};

enum {
    POSTGRES_CACHED = 32,
    POSTGRES_CONNECTION_TEXT = 64,
    POSTGRES_BLOCKERS = 16
};
struct postgres_cached { /* a statement of the host that the server has prepared as gw_<serial> */
    char *sql;
    uint32_t
        serial; /* a new one each time: one that failed half-way may have left its name behind */
    enum {
        POSTGRES_NOT_PREPARED,
        POSTGRES_PREPARING, /* sent, not answered */
        POSTGRES_PREPARED
    } state;
};

/* A second connection that looks who is in the way while a statement waits; watch.c */
struct postgres_watch {
    PGconn *db;
    enum {
        POSTGRES_WATCH_OFF,
        POSTGRES_WATCH_CONNECTING,
        POSTGRES_WATCH_IDLE,
        POSTGRES_WATCH_ASKING,
        POSTGRES_WATCH_FAILED /* not again in this session */
    } state;
    PostgresPollingStatusType poll;
    int64_t begun_ns; /* of connecting, or of the last question */
    int told[POSTGRES_BLOCKERS];
    int n_told;
    char blocker[600]; /* seen last in this call; empty: none */
};

struct postgres_variable { /* of psql, by \set */
    char *name, *value;
};

struct postgres_session {
    PGconn *db;
    const struct gw_host *host;
    struct gw_call *call; /* the call under way; NULL: none */
    struct gw_arena arena;
    atomic_bool interrupted;
    bool read_only;
    bool snapshot; /* between begin and end of godwit.driver.snapshot/1 */
    bool pooled;   /* a pooler lends server sessions for a transaction */
    bool lost;     /* the connection is gone */
    bool relaxed;  /* something committed that may not be durable yet */
    bool dirty;    /* migrations may have changed the session since it was opened or made fresh */
    bool held;     /* the migration lock */
    bool shielded; /* while a transaction ends: cancelling would leave it open */
    char connection[POSTGRES_CONNECTION_TEXT];
    char *url;
    char *schema;
    char *user, *role;    /* as whom the session works, with its own statements counted in */
    char *database;       /* for people */
    struct gw_str *setup; /* gw_open.session */
    size_t n_setup;
    char lock_timeout[32]; /* as the server reads it */
    int64_t connect_timeout_ns;
    int64_t wait_begun_ns;
    int64_t cancelled_ns; /* when the server was last asked to cancel; 0: never in this call */
    bool commit_sent;
    GW_VEC(struct postgres_step) steps;
    size_t step;                  /* the one that is answered next */
    GW_VEC(const char *) secrets; /* never shown */
    GW_VEC(struct postgres_variable) variables;
    struct postgres_cached cached[POSTGRES_CACHED];
    uint32_t serial; /* of the statement prepared last */
    struct postgres_watch watch;
    struct postgres_failure failure;
};

const struct gw_host *postgres_host(void); /* what init() got */

/* Every entry: enter first, leave last with what it returns. leave reports the recorded failure. */
void postgres_enter(struct postgres_session *session, struct gw_call *call);
gw_status postgres_leave(struct postgres_session *session, gw_status status);
/* standard_conforming_strings is off. session may be NULL. */
bool postgres_backslashes(const struct postgres_session *session);
/* The call was cancelled or interrupted. */
bool postgres_stopped(struct postgres_session *session);
int64_t postgres_now_ns(void); /* steady clock */
void postgres_log(struct postgres_session *session, int32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Records a failure and returns its code; the first of a call stays. hint may be NULL. */
gw_status postgres_fail(struct postgres_session *session, gw_status code, const char *hint,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
gw_status postgres_fail_memory(struct postgres_session *session);
/* The connection is gone. */
gw_status postgres_fail_lost(struct postgres_session *session);
/* From an error of the server. sql: the statement that failed, for the position; may be empty. */
gw_status postgres_fail_result(struct postgres_session *session, const PGresult *result,
                               struct gw_str sql);
/* The status that belongs to a SQLSTATE; *hint gets what to do. */
gw_status postgres_status_of(const char *sqlstate, uint64_t *flags, const char **hint);
/* Replaces every secret in text by ***. */
void postgres_scrub(const struct postgres_session *session, char *text);
/* Lower case at the beginning, no full stop or line break at the end. */
void postgres_tidy(char *text);

#endif
