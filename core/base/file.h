/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GW_BASE_FILE_H
#define GW_BASE_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include <stdbool.h>

/* Reads a whole regular file into out (cleared first; its ceiling is the largest size accepted). dir is
 * an open folder or AT_FDCWD. Missing, unreadable, not a regular file or too large: GW_USAGE, and the
 * message calls it `shown`. */
int gw_file_read(struct gw_buf *out, int dir, const char *path, const char *shown,
                 struct gw_fault *fault);

enum gw_file_how {
    GW_FILE_NEW,    /* GW_USAGE if path exists; removed again if it cannot be written whole */
    GW_FILE_REPLACE /* written aside, synced, renamed: path is the old file or the whole new one */
};
int gw_file_write(const char *path, const void *bytes, size_t len, enum gw_file_how how,
                  struct gw_fault *fault);

/* Names in the folder `path` but those that begin with a dot, unsorted, in arena. *dir gets an open
 * descriptor of the folder, which the caller closes. */
int gw_file_list(struct gw_arena *arena, const char *path, char ***names, size_t *n_names, int *dir,
                 struct gw_fault *fault);

bool gw_file_exists(const char *path);
/* mkdir -p */
int gw_file_make_folder(const char *path, struct gw_fault *fault);
/* name if absolute, else folder/name, in arena; NULL when out of memory. */
char *gw_file_join(struct gw_arena *arena, const char *folder, const char *name);
/* The folder part of path ("." if none), in arena; NULL when out of memory. */
char *gw_file_folder(struct gw_arena *arena, const char *path);

#endif
