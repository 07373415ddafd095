/* SPDX-License-Identifier: 0BSD */
/* godwit.host.session/1: questions to the target database, for a plugin that is no driver.
 *
 * host->service(host, GW_HOST_SESSION) in init() tells whether the host knows it; a call without a database
 * (phase FILES, say) fails with GW_E_UNSUPPORTED. The plugin gets no credentials: the host asks for it, in
 * one read-only transaction a call, so that all questions of one call see the same state. */
#ifndef GODWIT_HOST_SESSION_H
#define GODWIT_HOST_SESSION_H

#include <godwit/setup.h>

GW_C_BEGIN

#define GW_HOST_SESSION "godwit.host.session/1"

/* All entries: only within a call from the host and from its thread, with that call; one at a time.
 * A failure has its text already: return the code as it is, or go on without the answer. */
struct gw_host_session {
    uint32_t struct_size;
    uint32_t reserved;
    /* One statement that only reads; arguments are written ?1, ?2, ... in ascending order, each once.
     * GW_E_READ_ONLY or GW_E_REFUSED: it would write. GW_E_SYNTAX: several statements, or none.
     * GW_E_TIMEOUT, GW_E_CANCELLED: the call's own. GW_E_CONNECT: the database is gone. */
    gw_status (*query)(struct gw_call *, struct gw_str sql, const struct gw_cell *args,
                       uint32_t n_args, const struct gw_rows_into *);
    /* name as the dialect writes an identifier, in one piece. Never put names into SQL without it. */
    gw_status (*quote)(struct gw_call *, struct gw_str name, const struct gw_text_into *);
    /* dialect, product, version, database, schema: what the driver tells of itself; no secret. */
    gw_status (*info)(struct gw_call *, const struct gw_fields_into *);
};

GW_C_END

#endif
