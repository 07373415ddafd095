/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of the host: arguments, expectations, and preparing them once. */
#ifndef POSTGRES_STATEMENT_H
#define POSTGRES_STATEMENT_H

#include "wire.h"

#include "base/buf.h"

/* Queues a statement of the host. Its expectations fail on the server, so that a COMMIT behind it in the pipeline
 * rolls back. */
gw_status postgres_send_host(struct postgres_session *session, uint32_t index,
                             const struct gw_statement *statement, uint32_t expectations);
/* Queues a statement that a migration's author wrote: as it is, and the server takes no second one with it. */
gw_status postgres_send_user(struct postgres_session *session, uint32_t index, struct gw_str sql);

#endif
