/* SPDX-License-Identifier: 0BSD */
/* godwit.driver.progress/1: who is in the way. */
#ifndef GODWIT_DRIVER_PROGRESS_H
#define GODWIT_DRIVER_PROGRESS_H

#include <godwit/sink.h>

GW_C_BEGIN

#define GW_DRIVER_PROGRESS "godwit.driver.progress/1"

struct gw_driver_progress {
    uint32_t struct_size;
    uint32_t reserved;
    /* One readable line a session that holds what this database's writers wait for; none if none. */
    gw_status (*blockers)(struct gw_call *, void *conn, const struct gw_text_out *);
};

GW_C_END

#endif
