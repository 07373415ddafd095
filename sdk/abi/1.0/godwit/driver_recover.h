/* SPDX-License-Identifier: 0BSD */
/* godwit.driver.recover/1: what the engine needs to know after a crash. */
#ifndef GODWIT_DRIVER_RECOVER_H
#define GODWIT_DRIVER_RECOVER_H

#include <godwit/sink.h>

GW_C_BEGIN

#define GW_DRIVER_RECOVER "godwit.driver.recover/1"

/* result of probe */
enum {
    GW_PROBE_ABSENT = 0, /* the statement has had no effect, or may be run again without harm */
    GW_PROBE_DONE = 1,   /* its whole effect is there */
    GW_PROBE_UNCLEAR = 2
};

struct gw_driver_recover {
    uint32_t struct_size;
    uint32_t reserved;
    /* A text that is equal for equal schemas (of everything but the tables whose name starts with `except`); the
     * host hashes it. sql: only of the objects that this statement touches, if the driver can tell which; empty:
     * of all. */
    gw_status (*fingerprint)(struct gw_call *, void *conn, struct gw_str except, struct gw_str sql,
                             const struct gw_text_out *);
    /* What a statement of class P did before the crash. Cleans up left-overs that nobody can use. */
    gw_status (*probe)(struct gw_call *, void *conn, struct gw_str sql, int32_t *result);
    /* Ends the session that info() called `connection` (empty: the one that holds the migration lock), and
     * returns only when it is gone. */
    gw_status (*terminate)(struct gw_call *, void *conn, struct gw_str connection);
};

GW_C_END

#endif
