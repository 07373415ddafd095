/* SPDX-License-Identifier: Apache-2.0 */
/* From database.url to a connection. */
#ifndef POSTGRES_CONNECT_H
#define POSTGRES_CONNECT_H

#include "session.h"

/* Connects session->db to session->url and notes what of it must never be shown. */
gw_status postgres_connect(struct postgres_session *session);
/* Begins another connection to the same server and database; NULL when out of memory. */
PGconn *postgres_connect_again(const struct postgres_session *session);

#endif
