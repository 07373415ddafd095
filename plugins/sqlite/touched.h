/* SPDX-License-Identifier: Apache-2.0 */
/* Which tables a unit changes, as SQLite says while it prepares the statements: triggers included. */
#ifndef SQLITE_TOUCHED_H
#define SQLITE_TOUCHED_H

#include "session.h"

/* Arguments of the authorizer callback. */
void sqlite_touched_note(struct sqlite_touched *touched, int action, const char *first,
                         const char *second);
bool sqlite_touched_has(const struct sqlite_touched *touched, const char *table);
void sqlite_touched_clear(struct sqlite_touched *touched);

#endif
