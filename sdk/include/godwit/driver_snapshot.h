/* SPDX-License-Identifier: 0BSD */
/* godwit.driver.snapshot/1: several queries that see one state. A host that answers a plugin's questions
 * (host_session.h) begins with it; without it, each question is a transaction of its own. */
#ifndef GODWIT_DRIVER_SNAPSHOT_H
#define GODWIT_DRIVER_SNAPSHOT_H

#include <godwit/sink.h>

GW_C_BEGIN

#define GW_DRIVER_SNAPSHOT "godwit.driver.snapshot/1"

struct gw_driver_snapshot {
    uint32_t struct_size;
    uint32_t reserved;
    /* On a session that was opened with GW_OPEN_READ_ONLY: from the first query on, until end(), queries see what was
     * there then. run(), lock() and a second begin() are not called in between. A query that fails may make those
     * after it see a later state. */
    gw_status (*begin)(struct gw_call *, void *conn);
    gw_status (*end)(struct gw_call *, void *conn); /* of one that has not begun: no failure */
};

GW_C_END

#endif
