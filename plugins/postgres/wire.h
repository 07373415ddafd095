/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to the server and comes back: pipelines, polled, so that nothing blocks and everything can be
 * cancelled. The connection is in libpq's pipeline mode except inside COPY. */
#ifndef POSTGRES_WIRE_H
#define POSTGRES_WIRE_H

#include "session.h"

enum {
    POSTGRES_PARAMS = 32
};
struct postgres_params {
    int n;
    Oid types[POSTGRES_PARAMS];
    const char *values[POSTGRES_PARAMS];
    int lengths[POSTGRES_PARAMS];
    int formats[POSTGRES_PARAMS];
};

/* Queue one step; nothing is answered before postgres_receive. A failure is recorded and stays. */
gw_status postgres_send(struct postgres_session *session, enum postgres_step_kind kind,
                        uint32_t index, const char *sql, const struct postgres_params *params);
gw_status postgres_send_prepare(struct postgres_session *session, uint32_t cached, int n_params,
                                const Oid *types);
gw_status postgres_send_prepared(struct postgres_session *session, uint32_t index, uint32_t cached,
                                 const struct postgres_params *params);
/* A statement that has nothing for the server. */
gw_status postgres_send_nothing(struct postgres_session *session, uint32_t index);
gw_status postgres_send_sync(struct postgres_session *session);

/* Gets each result of each step that is queued, in order; NULL: the step is over. A status other than GW_OK is
 * kept, and the rest is read without asking again. */
typedef gw_status postgres_take(struct postgres_session *session, void *payload,
                                const struct postgres_step *step, const PGresult *result);
/* Sends, and reads all answers. rows: results row by row, so that none is ever held as a whole. */
gw_status postgres_receive(struct postgres_session *session, bool rows, postgres_take *take,
                           void *payload);
/* One statement of ours by itself. *out: its rows, to be cleared; may be NULL. */
gw_status postgres_ask(struct postgres_session *session, const char *sql, int n,
                       const char *const *values, PGresult **out);
/* ROLLBACK, if a transaction is open. Never cancelled. */
void postgres_undo(struct postgres_session *session);

/* Outside of pipelines: the next result (NULL: no more), and a wait until the server takes or sends bytes. */
gw_status postgres_wait_result(struct postgres_session *session, PGresult **out);
gw_status postgres_wait_writable(struct postgres_session *session);

static inline const char *postgres_value(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column);
}

#endif
