/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in the way while a statement waits, and how far it is; asked on a second connection. */
#ifndef POSTGRES_WATCH_H
#define POSTGRES_WATCH_H

#include "session.h"

/* At each tick of a wait; never blocks. */
void postgres_watch_tick(struct postgres_session *session, int64_t now);
void postgres_watch_close(struct postgres_session *session);

#endif
