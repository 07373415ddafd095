/* SPDX-License-Identifier: Apache-2.0 */
/* What the host wants done together, while it is under way. */
#ifndef POSTGRES_UNIT_H
#define POSTGRES_UNIT_H

#include "scan.h"
#include "session.h"
#include "variable.h"

struct postgres_unit {
    const struct gw_run *run;
    const struct gw_run_out *out;
    struct postgres_kind *kinds; /* of each statement; of the host's: zero */
    struct postgres_text *texts; /* what is sent of it */
    bool transaction, relaxed;
    bool fresh;   /* the session is brought back first */
    bool dirties; /* a statement may have changed the session */
    bool quiet;   /* the sink wants no more */
    int64_t begun_ns;
    int64_t affected; /* of the statement that is being answered */
    int64_t asserted; /* the statement under way whose rows decide whether it is done; -1: none */
    int rows;         /* of it, as far as they matter: at most 2 */
    bool truth;
};

/* Tells the sink that statement index is done. */
gw_status postgres_unit_done(struct postgres_session *session, struct postgres_unit *unit,
                             uint32_t index);
/* Sends a COPY ... FROM STDIN with its data, outside of a pipeline. */
gw_status postgres_copy(struct postgres_session *session, struct postgres_unit *unit,
                        uint32_t index);

#endif
