/* SPDX-License-Identifier: Apache-2.0 */
/* From what a format found to the graph. */
#ifndef GW_MIGRATION_GRAPH_H
#define GW_MIGRATION_GRAPH_H

#include "migration/formats/format.h"

/* Resolves edges and labels, orders the revisions and fills at, n, n_versioned, ids and labels
 * of *out, whose arena, format and directory are set. at, the edges and everything they point at
 * live in out->arena; the revisions of found are copied (shallow, their strings are in the arena
 * already) and found stays the caller's. For a linear format each versioned revision revises the
 * one before it in found. GW_USAGE, with "DIRECTORY/FILE:LINE: " in front where a line is known:
 * duplicate id, a missing parent, a cycle, a dangling dependency, a duplicate label. */
int gw_graph_build(struct gw_history *out, struct gw_found_list *found, struct gw_fault *fault);

#endif
