/* SPDX-License-Identifier: Apache-2.0 */
/* Which files there are in a migrations folder and below it. */
#ifndef GW_MIGRATION_LISTING_H
#define GW_MIGRATION_LISTING_H

#include "project/project.h"

/* The names of all that is no folder, sorted, in arena, as "below/name" in the folders below. Left out are: folders
 * whose name begins with a dot, what ignore has a pattern for, and what a link would show a second time by leading
 * back to a folder above it. GW_USAGE with a hint: no such folder, more than 16 folders deep, a name of SQL that
 * cannot be shown. *fd is the open folder, or -1 on failure. */
int gw_listing_read(struct gw_arena *arena, const char *directory, const struct gw_texts *ignore,
                    char ***names, size_t *n, int *fd, struct gw_fault *fault);

#endif
