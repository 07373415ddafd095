/* SPDX-License-Identifier: Apache-2.0 */
/* What of the files could not be run, before anything is. */
#ifndef GW_ENGINE_REFUSALS_H
#define GW_ENGINE_REFUSALS_H

#include "engine/program.h"
#include "engine/workspace.h"

/* All that the file of a step has that is refused, to be read (a placeholder without a value) or to be run (VACUUM
 * within a transaction). A revision without a file has none. Without a connection, a script is split as a server with
 * default settings would read it. */
int gw_refusals_of(struct gw_workspace *workspace, struct gw_step step, gw_refusal_take *take,
                   void *payload, struct gw_fault *fault);
/* The same for reading it alone. */
int gw_refusals_of_text(struct gw_workspace *workspace, struct gw_step step, gw_refusal_take *take,
                        void *payload, struct gw_fault *fault);

#endif
