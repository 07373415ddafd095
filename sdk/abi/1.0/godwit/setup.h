/* SPDX-License-Identifier: 0BSD */
/* How an instance of a validator, a backup or a hook is opened, and how it receives what a host service
 * gives. */
#ifndef GODWIT_SETUP_H
#define GODWIT_SETUP_H

#include <godwit/host.h>

GW_C_BEGIN

/* What open() gets. Everything lives until open() returns; copy what the instance needs later. */
struct gw_setup {
    uint32_t struct_size;
    uint32_t n_options;            /* as many as the plugin's schema has */
    const struct gw_cell *options; /* in schema order, checked, defaults filled in; else GW_NULL */
    struct gw_str name;            /* of the instance in plugins.conf; goes into its messages */
    struct gw_str folder;          /* absolute: where plugins.conf is */
};

/* What the plugin fills in to receive from a service. The functions get `self` back, which is theirs. They
 * run within the service's call, in its thread; what they are given lives until they return. They return
 * GW_OK, GW_STOP when they have seen enough (the service then returns GW_OK), or a failure that the service
 * returns as it is. They call no service themselves. */
struct gw_text_into {
    uint32_t struct_size;
    uint32_t reserved;
    void *self;
    gw_status (*text)(struct gw_call *, void *self, struct gw_str piece); /* in order */
};

struct gw_fields_into {
    uint32_t struct_size;
    uint32_t reserved;
    void *self;
    gw_status (*field)(struct gw_call *, void *self, const struct gw_field *);
};

struct gw_rows_into {
    uint32_t struct_size;
    uint32_t reserved;
    void *self;
    /* Optional. Once, before the first row, even if there is none. */
    gw_status (*columns)(struct gw_call *, void *self, const struct gw_column *, uint32_t n);
    gw_status (*row)(struct gw_call *, void *self, const struct gw_cell *, uint32_t n);
};

GW_C_END

#endif
