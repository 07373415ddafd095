/* SPDX-License-Identifier: 0BSD */
/* godwit.driver.check/1: would the database understand a statement? Where DDL cannot be rolled back, a mistake in the
 * third statement is better found before the first one runs. */
#ifndef GODWIT_DRIVER_CHECK_H
#define GODWIT_DRIVER_CHECK_H

#include <godwit/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GW_DRIVER_CHECK "godwit.driver.check/1"

struct gw_driver_check {
    uint32_t struct_size;
    uint32_t reserved;
    /* GW_E_SYNTAX if the database does not understand the text of the statement, as it reads it now; GW_OK if it
     * does, or if the driver cannot tell. Names are not looked up: what they name may be made by a statement before
     * this one. Changes nothing, runs nothing. */
    gw_status (*syntax)(struct gw_call *, void *conn, struct gw_str sql);
};

#ifdef __cplusplus
}
#endif

#endif
