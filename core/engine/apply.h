/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a plan: lock, journal, run, record. */
#ifndef GW_ENGINE_APPLY_H
#define GW_ENGINE_APPLY_H

#include "engine/workspace.h"

enum gw_apply_how {
    GW_APPLY_RUN,
    GW_APPLY_FAKE, /* record, run nothing (--fake) */
    GW_APPLY_STAMP /* record, run nothing; revisions need no down and files may have changed */
};

struct gw_apply_options {
    enum gw_apply_how how;
    const char *command; /* "upgrade head": what `lock status` shows */
    /* Makes the plan anew once the lock is held and another runner changed something in between. */
    int (*replan)(void *payload, struct gw_workspace *workspace, struct gw_plan *out,
                  struct gw_fault *fault);
    void *payload;
};

/* Runs plan in a workspace opened with GW_NEED_WRITE. An empty plan takes no lock. A revision left half-way by
 * an earlier run is finished first if it stands first in the plan and its journal is clear; otherwise
 * GW_HALFWAY. Events: run.started, revision.started, statement.done, revision.applied, revision.reverted,
 * run.finished. GW_UNCHANGED: the failing revision left nothing behind, those before it stay; where the database rolled
 * back relaxed units too, the event run.undone says how many are left. */
int gw_apply(struct gw_workspace *workspace, struct gw_plan *plan,
             const struct gw_apply_options *options, struct gw_fault *fault);

/* The events around everything that changes migrations: the lock is held, and nothing has changed yet. run.started is a
 * gate: a hook may say no, with GW_UNCHANGED. start_ns: steady clock. */
int gw_run_started(struct gw_workspace *workspace, const char *command, size_t steps,
                   struct gw_fault *fault);
void gw_run_finished(struct gw_workspace *workspace, int code, int64_t start_ns);

/* plan as events of level data, type "plan.step" and "plan.statement": statements, classes, file positions. The
 * same checks as gw_apply does before it runs anything. */
int gw_plan_show(struct gw_workspace *workspace, const struct gw_plan *plan,
                 struct gw_fault *fault);

/* The script that would bring a database that is at `applied` through the plan, as one text (--sql). from_base:
 * with the state tables' DDL. how: GW_APPLY_STAMP writes the records alone. Needs GW_NEED_DRIVER only. */
int gw_plan_sql(struct gw_workspace *workspace, const struct gw_plan *plan, enum gw_apply_how how,
                bool from_base, struct gw_buf *out, struct gw_fault *fault);

#endif
