/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions of units: one each, or many relaxed units as savepoints of one group. */
#ifndef SQLITE_TRANSACTION_H
#define SQLITE_TRANSACTION_H

#include "session.h"

/* Begins a unit. relaxed: as a savepoint of the group, which is begun if there is none. */
gw_status sqlite_unit_begin(struct sqlite_session *session, bool relaxed);
/* Ends it. A relaxed one ends the group too when that is old enough. */
gw_status sqlite_unit_commit(struct sqlite_session *session, bool relaxed);
/* Undoes what it did so far; it goes on from its beginning. */
gw_status sqlite_unit_restart(struct sqlite_session *session, bool relaxed);
/* Undoes it after a recorded failure; adds GW_ERR_TX_ABORTED to that if units before it are gone too. */
void sqlite_unit_undo(struct sqlite_session *session, bool relaxed);

/* Commits the group, if there is one. */
gw_status sqlite_group_commit(struct sqlite_session *session);
/* True as long as the transaction that a unit began is open: SQLite rolls back by itself on a full disk, an I/O
 * error and an interrupt, and what follows would then run, and stay, statement by statement. */
bool sqlite_in_transaction(const struct sqlite_session *session);

#endif
