/* SPDX-License-Identifier: Apache-2.0 */
/* Corrections of the records themselves, made by people. */
#ifndef GW_ENGINE_RECORD_H
#define GW_ENGINE_RECORD_H

#include "engine/workspace.h"

/* Accepts the present text of an applied revision: hashes and down are stored anew. */
int gw_repair(struct gw_workspace *workspace, uint32_t revision, const char *reason,
              struct gw_fault *fault);
/* Records that targets, and all they stand on, are applied, and nothing else; nothing is half-way then. purge: forgets all rows first, the
 * way out when the database names revisions that nobody knows. */
int gw_stamp(struct gw_workspace *workspace, const char *const *targets, size_t n_targets,
             bool purge, struct gw_fault *fault);

#endif
