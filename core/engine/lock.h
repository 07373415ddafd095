/* SPDX-License-Identifier: Apache-2.0 */
/* The migration lock: the driver's lock, and the epoch that fences off whoever lost it. */
#ifndef GW_ENGINE_LOCK_H
#define GW_ENGINE_LOCK_H

#include "engine/workspace.h"

/* Polls the driver's lock with jitter until it is ours or engine.lock_wait is over (GW_LOCKED, with the
 * owner named), creates the state tables if absent, raises the epoch. *moved: another runner may have
 * changed something since the state was read, so the caller must reload. */
int gw_lock_take(struct gw_workspace *workspace, const char *command, bool *moved,
                 struct gw_fault *fault);
/* Clears the owner, makes all durable, frees the lock. Does what can be done even after a failure;
 * session.error_flags are then those of all parts. */
int gw_lock_release(struct gw_workspace *workspace, struct gw_fault *fault);

struct gw_lock_owner {
    bool held; /* by anybody, now */
    bool
        known; /* the fields below are set: the present or, if not held, the last owner that did not release */
    int64_t epoch, pid;
    char owner[128], host[128], since[32], connection[128], command[256], doing[130];
    char note[512]; /* held: what the driver says of who holds it */
};
int gw_lock_status(struct gw_workspace *workspace, struct gw_lock_owner *out,
                   struct gw_fault *fault);
/* Ends the session that holds the lock and returns when it is gone; recorded in godwit_audit. */
int gw_lock_break(struct gw_workspace *workspace, const char *reason, struct gw_fault *fault);

#endif
