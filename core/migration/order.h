/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GW_MIGRATION_ORDER_H
#define GW_MIGRATION_ORDER_H

#include "migration/history.h"

/* Sorts the versioned revisions of history so that each comes after its parents and dependencies; among those that
 * could come next, the one created first, then the lesser id. Renumbers edges, ids and labels and sets children and
 * dependents. A cycle is GW_USAGE and names the files along it. */
int gw_order(struct gw_history *history, struct gw_fault *fault);

#endif
