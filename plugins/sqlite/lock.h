/* SPDX-License-Identifier: Apache-2.0 */
/* The migration lock: a file beside the database, locked for as long as the session holds it. */
#ifndef SQLITE_LOCK_H
#define SQLITE_LOCK_H

#include "session.h"

#define SQLITE_LOCK_SUFFIX ".godwit-lock"

struct sqlite_connection; /* process.h */

/* Who holds the lock file now; false: nobody, or nobody that can be told. */
bool sqlite_lock_owner(const struct sqlite_session *session, struct sqlite_connection *out);
/* Path of the lock file, in memory of the caller; NULL without memory. */
char *sqlite_lock_path(const struct sqlite_session *session);
/* Once: from here on a child that is forked holds no lock of ours. */
void sqlite_lock_forks(void);
/* Gives it up, if it is held. */
void sqlite_lock_free(struct sqlite_session *session);

#endif
