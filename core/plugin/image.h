/* SPDX-License-Identifier: Apache-2.0 */
/* A name for dlopen that leads to the bytes that were checked and to no others. */
#ifndef GW_PLUGIN_IMAGE_H
#define GW_PLUGIN_IMAGE_H

#include "plugin/file.h"

/* name gets "/proc/self/fd/N", of a sealed copy in memory of the hashed file, or, where the system lets nobody run
 * code from memory, of the file that was hashed, unless it was written to since; a detail event tells then.
 * The descriptor stays open for as long as the program runs: the loader knows a library by its name, so a number
 * that came back would bring the first plugin that had it. Equal bytes get the same name again.
 * GW_PLUGIN_REFUSED, or GW_INTERNAL. */
int gw_image_open(char name[GW_PLUGIN_PATH], const struct gw_plugin_file *file,
                  struct gw_events *events, struct gw_fault *fault);

/* The same as a descriptor for another process to load from; the caller closes it. */
int gw_image_descriptor(int *fd, const struct gw_plugin_file *file, struct gw_events *events,
                        struct gw_fault *fault);

#endif
