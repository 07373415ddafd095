/* SPDX-License-Identifier: Apache-2.0 */
/* What SQLite itself refuses in a statement that a migration's author wrote, however it is written: inside a
 * trigger, a view, behind quotes. */
#ifndef SQLITE_GUARD_H
#define SQLITE_GUARD_H

#include "session.h"

/* Once a connection. Inactive until guard.active is set. */
int sqlite_guard_install(struct sqlite_session *session);

#endif
