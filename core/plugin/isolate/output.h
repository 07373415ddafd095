/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin writes to its standard output and error: lines that become events of type plugin.log. */
#ifndef GW_PLUGIN_ISOLATE_OUTPUT_H
#define GW_PLUGIN_ISOLATE_OUTPUT_H

#include "plugin/isolate/process.h"

#define GW_OUTPUT_LINE GW_BUF(8192) /* a longer one is several */

/* Reads what is there of output which (0 stdout, 1 stderr). False if nothing was. */
bool gw_output_read(struct gw_process *process, struct gw_events *events, int which);
/* The process is dead: everything that is left of both. */
void gw_output_rest(struct gw_process *process, struct gw_events *events);

#endif
