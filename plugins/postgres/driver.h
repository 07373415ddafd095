/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of the driver's interfaces: <godwit/driver.h>, driver_recover.h and driver_progress.h say
 * what they do. */
#ifndef POSTGRES_DRIVER_H
#define POSTGRES_DRIVER_H

#include <godwit/driver.h>
#include <godwit/driver_progress.h>
#include <godwit/driver_recover.h>
#include <godwit/driver_snapshot.h>

enum {
    POSTGRES_OPTION_LOCK_TIMEOUT,
    POSTGRES_OPTION_CONNECT_TIMEOUT,
    POSTGRES_OPTIONS
};

gw_status postgres_open(struct gw_call *call, const struct gw_open *open, void **conn);
void postgres_close(void *conn);
gw_status postgres_info(struct gw_call *call, void *conn, const struct gw_fields_out *out);
gw_status postgres_split(struct gw_call *call, void *conn, struct gw_str script,
                         const struct gw_split_out *out);
gw_status postgres_run(struct gw_call *call, void *conn, const struct gw_run *run,
                       const struct gw_run_out *out);
gw_status postgres_flush(struct gw_call *call, void *conn);
gw_status postgres_query(struct gw_call *call, void *conn, const struct gw_statement *statement,
                         const struct gw_rows_out *out);
gw_status postgres_snapshot_begin(struct gw_call *call, void *conn);
gw_status postgres_snapshot_end(struct gw_call *call, void *conn);
gw_status postgres_lock(struct gw_call *call, void *conn, struct gw_str name);
gw_status postgres_unlock(struct gw_call *call, void *conn, struct gw_str name);
gw_status postgres_holds(struct gw_call *call, void *conn, struct gw_str name);
gw_status postgres_quote(struct gw_call *call, void *conn, uint32_t kind, struct gw_str text,
                         const struct gw_text_out *out);
void postgres_interrupt(void *conn);

gw_status postgres_fingerprint(struct gw_call *call, void *conn, struct gw_str except,
                               struct gw_str sql, const struct gw_text_out *out);
gw_status postgres_probe(struct gw_call *call, void *conn, struct gw_str sql, int32_t *result);
gw_status postgres_terminate(struct gw_call *call, void *conn, struct gw_str connection);

gw_status postgres_list_blockers(struct gw_call *call, void *conn, const struct gw_text_out *out);

#endif
