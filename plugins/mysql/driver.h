/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of the driver's interfaces: <godwit/driver.h>, driver_recover.h and driver_progress.h say
 * what they do. */
#ifndef MYSQL_DRIVER_H
#define MYSQL_DRIVER_H

#include <godwit/driver.h>
#include <godwit/driver_check.h>
#include <godwit/driver_progress.h>
#include <godwit/driver_recover.h>
#include <godwit/driver_snapshot.h>

enum {
    MY_OPTION_LOCK_TIMEOUT,
    MY_OPTION_WARNINGS,
    MY_OPTIONS
};

gw_status my_open(struct gw_call *call, const struct gw_open *open, void **conn);
void my_close(void *conn);
gw_status my_info(struct gw_call *call, void *conn, const struct gw_fields_out *out);
gw_status my_split(struct gw_call *call, void *conn, struct gw_str script,
                   const struct gw_split_out *out);
gw_status my_run(struct gw_call *call, void *conn, const struct gw_run *run,
                 const struct gw_run_out *out);
gw_status my_flush(struct gw_call *call, void *conn);
gw_status my_query(struct gw_call *call, void *conn, const struct gw_statement *statement,
                   const struct gw_rows_out *out);
gw_status my_snapshot_begin(struct gw_call *call, void *conn);
gw_status my_snapshot_end(struct gw_call *call, void *conn);
gw_status my_lock(struct gw_call *call, void *conn, struct gw_str name);
gw_status my_unlock(struct gw_call *call, void *conn, struct gw_str name);
gw_status my_holds(struct gw_call *call, void *conn, struct gw_str name);
gw_status my_quote(struct gw_call *call, void *conn, uint32_t kind, struct gw_str text,
                   const struct gw_text_out *out);
void my_interrupt(void *conn);

gw_status my_fingerprint(struct gw_call *call, void *conn, struct gw_str except, struct gw_str sql,
                         const struct gw_text_out *out);
gw_status my_probe(struct gw_call *call, void *conn, struct gw_str sql, int32_t *result);
gw_status my_terminate(struct gw_call *call, void *conn, struct gw_str connection);

gw_status my_check_syntax(struct gw_call *call, void *conn, struct gw_str sql);

gw_status my_list_blockers(struct gw_call *call, void *conn, const struct gw_text_out *out);

#endif
