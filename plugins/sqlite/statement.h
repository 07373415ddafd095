/* SPDX-License-Identifier: Apache-2.0 */
/* One statement: prepared exactly once, bound, stepped, ended. */
#ifndef SQLITE_STATEMENT_H
#define SQLITE_STATEMENT_H

#include "classify.h"
#include "session.h"

struct sqlite_statement {
    sqlite3_stmt *stmt;
    struct sqlite_cached *cached; /* where stmt is kept; NULL: it is thrown away */
};

/* Prepares one statement and binds its arguments. kind: of a statement with GW_STMT_USER, else NULL. Those of
 * the host are kept for their next use. To be ended in any case. */
gw_status sqlite_statement_begin(struct sqlite_session *session,
                                 const struct gw_statement *statement,
                                 const struct sqlite_kind *kind, struct sqlite_statement *out);
/* GW_OK with *row set, or a recorded failure. */
gw_status sqlite_statement_step(struct sqlite_session *session, struct sqlite_statement *running,
                                struct gw_str sql, bool *row);
void sqlite_statement_end(struct sqlite_session *session, struct sqlite_statement *running);
/* Runs it to its end and holds its result against GW_STMT_ONE_ROW and GW_STMT_EXPECT_TRUE. *affected: changed
 * rows, or -1. */
gw_status sqlite_statement_run(struct sqlite_session *session, const struct gw_statement *statement,
                               const struct sqlite_kind *kind, int64_t *affected);

/* Runs a statement of the driver itself; returns SQLite's result code and records nothing. *value, if not NULL,
 * gets the first column of the first row. */
int sqlite_execute(struct sqlite_session *session, const char *sql, int64_t *value);
/* Finalises all that is kept. */
void sqlite_statements_forget(struct sqlite_session *session);

/* Waiting for locks and cancelling, once a connection. */
void sqlite_wait_install(struct sqlite_session *session);

#endif
