/* SPDX-License-Identifier: Apache-2.0 */
/* What a session is like before the first migration, and making it so again. */
#ifndef POSTGRES_SETUP_H
#define POSTGRES_SETUP_H

#include "session.h"

/* Looks what was connected to, and sets the session up. */
gw_status postgres_setup(struct postgres_session *session, const struct gw_open *open);
/* Queues what brings the session back to that state. */
void postgres_send_fresh(struct postgres_session *session);
/* Queues the settings that a transaction needs where the session cannot have them. */
void postgres_send_pooled(struct postgres_session *session);

#endif
