/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MYSQL_BLOCK_H
#define MYSQL_BLOCK_H

#include "session.h"

enum {
    MY_BLOCK_MOST = 16
};

/* Statements of the host that begin a transaction, sent in one round trip. */
struct my_block {
    const struct gw_statement *statements;
    uint32_t n;
    bool commits;                    /* they are the last of the unit: COMMIT goes with them */
    int64_t affected[MY_BLOCK_MOST]; /* rows that each has changed, or -1 */
};

/* Whether the statements from index on may go so, and which. */
bool my_block_find(const struct my_session *session, const struct gw_run *run, uint32_t index,
                   struct my_block *out);
/* Runs it. If it does not commit, a look whether the migration lock is still held goes with it, for the statement of
 * the migration that follows. *done is false, with nothing recorded and nothing done, if only running the statements
 * one by one will tell more. */
gw_status my_block_run(struct my_session *session, struct my_block *block, bool *done);

#endif
