/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTGRES_LOCK_H
#define POSTGRES_LOCK_H

#include "session.h"

/* The advisory lock's key, as text; the database is part of an advisory lock anyway. */
void postgres_lock_key(struct gw_str name, char *out, size_t room);
/* Frees the migration lock if it is held, so that it is free when close returns. */
void postgres_lock_let_go(struct postgres_session *session);

#endif
