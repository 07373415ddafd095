/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MYSQL_STATEMENT_H
#define MYSQL_STATEMENT_H

#include "session.h"

/* Runs one statement of a unit and holds its result against GW_STMT_ONE_ROW and GW_STMT_EXPECT_TRUE. *affected: changed
 * rows, or -1. transaction: it can still be rolled back, if it does not commit by itself. */
gw_status my_statement_run(struct my_session *session, const struct gw_statement *statement,
                           bool transaction, int64_t *affected);
/* The transaction that was begun is open: neither DDL nor the server has ended it. */
bool my_in_transaction(const struct my_session *session);

#endif
