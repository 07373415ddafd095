/* SPDX-License-Identifier: Apache-2.0 */
/* One option of a plugin: what it takes, and turning what was given into its cell. */
#ifndef GW_PLUGIN_OPTIONS_H
#define GW_PLUGIN_OPTIONS_H

#include "plugin/registry.h"

struct gw_given {         /* a value for an option */
    struct gw_cell value; /* text is NUL-terminated */
    bool hidden;          /* not to be shown in a message */
};

/* Coerces given to the type of option and checks range and choices. A mistake is set as a fault of that
 * code that tells what is wrong with the value; who and where is the caller's to put in front. */
int gw_option_coerce(const struct gw_option *option, const struct gw_given *given,
                     struct gw_cell *out, int code, struct gw_fault *fault);

#endif
