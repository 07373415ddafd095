/* SPDX-License-Identifier: 0BSD */
/* Sinks: all that a plugin produces goes through one of these and is copied before the call returns.
 * A sink that returns non-zero wants no more: the plugin stops and returns GW_OK on GW_STOP, or the
 * sink's failure code as it is. */
#ifndef GODWIT_SINK_H
#define GODWIT_SINK_H

#include <godwit/host.h>

GW_C_BEGIN

struct gw_rows_out {
    uint32_t struct_size;
    uint32_t reserved;
    gw_status (*columns)(struct gw_call *, const struct gw_column *, uint32_t n); /* once, first */
    gw_status (*row)(struct gw_call *, const struct gw_cell *, uint32_t n);
};

struct gw_fields_out {
    uint32_t struct_size;
    uint32_t reserved;
    gw_status (*field)(struct gw_call *, const struct gw_field *);
};

struct gw_text_out {
    uint32_t struct_size;
    uint32_t reserved;
    gw_status (*text)(struct gw_call *,
                      struct gw_str); /* may be called several times: one text in pieces */
};

GW_C_END

#endif
