/* SPDX-License-Identifier: Apache-2.0 */
/* Where a file lies, and who else could exchange it there. */
#ifndef GW_PLUGIN_PLACE_H
#define GW_PLUGIN_PLACE_H

#include "base/fault.h"

#include <sys/stat.h>

struct gw_place {     /* a file that is to be opened */
    const char *path; /* absolute, symbolic links resolved */
    const char *what; /* "the plugin": what others could exchange, for the messages */
};

/* Opens a regular file by its folders' descriptors, one after the other, so that nothing on the way can be exchanged
 * meanwhile. unsafe gets the first reason not to believe it: file or folder of another user (neither root nor
 * us), writable by others, or set-id. fault: GW_PLUGIN_REFUSED, it cannot be read at all. *fd is the caller's. */
int gw_place_open(const struct gw_place *place, int *fd, struct stat *st, struct gw_fault *unsafe,
                  struct gw_fault *fault);
/* GW_PLUGIN_REFUSED if another user could put files into that folder (absolute, resolved). */
int gw_place_folder(const char *real, struct gw_fault *fault);

#endif
