/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's file, opened once: everything that is checked, hashed and loaded comes from that one reading. */
#ifndef GW_PLUGIN_FILE_H
#define GW_PLUGIN_FILE_H

#include "base/buf.h"
#include "plugin/registry.h"

#include <sys/stat.h>

struct gw_plugin_file {
    struct gw_plugin_facts facts; /* path and bytes; sha256 after gw_plugin_file_hash */
    struct gw_str content;        /* the whole file, in one of the next two */
    struct gw_buf bytes;
    void *map;
    struct stat st; /* when it was opened */
    int fd;
};

/* The absolute path without symbolic links. */
int gw_path_resolve(char out[GW_PLUGIN_PATH], const char *path, struct gw_fault *fault);

/* Opens and reads it. whole: into memory of ours, as what is hashed and loaded from there must be; else a safe file is
 * only mapped, of which the checks touch a few pages. unsafe gets the reason not to load it from where it is, if there
 * is one (place.h); fault: GW_PLUGIN_REFUSED, it cannot be read. *out is to be closed in any case. */
int gw_plugin_file_open(struct gw_plugin_file *out, const char *path, bool whole,
                        struct gw_fault *unsafe, struct gw_fault *fault);
void gw_plugin_file_hash(struct gw_plugin_file *file);
/* GW_PLUGIN_REFUSED if the opened file was written to since. */
int gw_plugin_file_same(const struct gw_plugin_file *file, struct gw_fault *fault);
void gw_plugin_file_close(struct gw_plugin_file *file);

#endif
