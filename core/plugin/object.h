/* SPDX-License-Identifier: Apache-2.0 */
/* What a shared object says of itself, read from its bytes, of which nothing is believed. */
#ifndef GW_PLUGIN_OBJECT_H
#define GW_PLUGIN_OBJECT_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

#define GW_ENTRY "godwit_plugin_v1" /* the one symbol that a plugin exports */

enum {
    GW_OBJECT_LIBRARIES = 128, /* real plugins need ten */
    GW_OBJECT_PATHS = 4
};

struct gw_object { /* its texts lie in the bytes that were read */
    bool note;     /* it has one of ours; the next three come from there */
    uint16_t abi_major, abi_minor;
    uint32_t kinds;
    bool has_symbols;                        /* it lists what it exports */
    unsigned entries;                        /* how many symbols of those are our entry */
    const char *needed[GW_OBJECT_LIBRARIES]; /* libraries that are loaded with it */
    size_t n_needed;
    const char *runpath[GW_OBJECT_PATHS]; /* folders between colons, where those are looked for */
    size_t n_runpath;
};

/* GW_PLUGIN_REFUSED if it is no shared object for this machine, cut off or damaged; *out then holds what was read
 * before that. file names it in messages. */
int gw_object_read(struct gw_object *out, const void *bytes, size_t size, const char *file,
                   struct gw_fault *fault);

/* What makes a sound object one that is not loaded; each GW_PLUGIN_REFUSED with one sentence. */
typedef int gw_object_check(const struct gw_object *object, const char *file,
                            struct gw_fault *fault);
extern gw_object_check *const gw_object_checks[]; /* ends with NULL */

#endif
