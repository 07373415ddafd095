/* SPDX-License-Identifier: Apache-2.0 */
/* The migration lock: GET_LOCK, which belongs to the session and ends with it. */
#ifndef MYSQL_LOCK_H
#define MYSQL_LOCK_H

#include "session.h"

/* GW_E_FENCED if this session took the lock and has lost it. */
gw_status my_lock_check(struct my_session *session);
/* The session that holds it now; 0: none. */
gw_status my_lock_owner(struct my_session *session, uint64_t *out);
/* Gives the lock of this database its name; two databases of one server share a name space. */
gw_status my_lock_set_name(struct my_session *session, struct gw_str name);

#endif
