/* SPDX-License-Identifier: Apache-2.0 */
/* goose's ENVSUB: $NAME and ${NAME...} from the environment, as in a shell. */
#ifndef GW_MIGRATION_FORMATS_ENVSUB_H
#define GW_MIGRATION_FORMATS_ENVSUB_H

#include "migration/formats/common.h"

/* Appends line with its variables replaced. ${N:-d} and ${N-d} have defaults (which may hold
 * variables), ${N?text} and ${N:?text} fail with text; "$$" and "\$" are a dollar, "$(" stays.
 * Stricter than goose: a variable that is not set and has no default is an error. No message
 * shows a value. */
int gw_envsub_line(struct gw_buf *out, struct gw_str line, const char *file, unsigned number,
                   struct gw_fault *fault);

#endif
