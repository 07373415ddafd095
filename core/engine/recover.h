/* SPDX-License-Identifier: Apache-2.0 */
/* A revision that an earlier run left half-way: what the journal says, and the ways out. */
#ifndef GW_ENGINE_RECOVER_H
#define GW_ENGINE_RECOVER_H

#include "engine/workspace.h"

struct gw_halfway {
    bool found; /* false: nothing is half-way */
    char revision[130];
    enum gw_direction direction;
    uint32_t n_done;  /* statements done */
    uint32_t n_total; /* statements in all, as the run that began it counted */
    uint32_t unclear; /* number (from 1) of the statement whose effect is not known; 0: none */
};
/* "3 of 7 statements of abc (up) done, 4 unclear" goes into out (never empty if found). */
int gw_halfway_find(struct gw_workspace *workspace, struct gw_halfway *out, struct gw_buf *text,
                    struct gw_fault *fault);

/* All three need GW_NEED_WRITE, take the lock, and are recorded in godwit_audit. Nothing half-way: GW_DONE with an
 * event that says so. */
int gw_resume(struct gw_workspace *workspace, struct gw_fault *fault);
int gw_revert_partial(struct gw_workspace *workspace, struct gw_fault *fault);
/* number counts from 1. */
int gw_mark_done(struct gw_workspace *workspace, uint32_t number, const char *reason,
                 struct gw_fault *fault);

#endif
