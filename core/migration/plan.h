/* SPDX-License-Identifier: Apache-2.0 */
/* Targets and plans: pure functions of the graph and the applied revisions. Semantics are Alembic's,
 * stricter where docs/targets.md says so. */
#ifndef GW_MIGRATION_PLAN_H
#define GW_MIGRATION_PLAN_H

#include "migration/history.h"
#include "migration/script.h"

/* What is applied: one byte a revision of gw_history.at. */
enum {
    GW_NOT_APPLIED = 0,
    GW_APPLIED = 1,
    GW_APPLIED_CHANGED = 2 /* repeatable whose text differs now */
};

struct gw_step {
    uint32_t revision;
    enum gw_direction direction;
};

struct gw_plan {
    GW_VEC(struct gw_step) steps; /* in the order to run */
};
void gw_plan_free(struct gw_plan *plan);

/* The revisions to upgrade to (NULL: "head"). Several heads for "head": GW_USAGE that lists them. Nothing to
 * do is an empty plan. Repeatables and callbacks join the plan when the target is head, heads or NULL.
 * Where nothing was ever applied, the highest baseline that the target reaches stands for its predecessors:
 * those are left out, then and in every later plan. */
int gw_plan_upgrade(struct gw_plan *out, const struct gw_history *history, const uint8_t *applied,
                    const char *target, struct gw_fault *fault);

struct gw_downgrade_options {
    bool branch_trunk; /* a label@base that takes a shared trunk along is agreed to */
};
/* GW_PENDING with the revisions listed if label@base would revert revisions outside the branch and
 * branch_trunk is false. */
int gw_plan_downgrade(struct gw_plan *out, const struct gw_history *history, const uint8_t *applied,
                      const char *target, const struct gw_downgrade_options *options,
                      struct gw_fault *fault);

/* stamp: which revisions are to be recorded (direction GW_UP) and which to be forgotten (GW_DOWN), without
 * running anything, so that the targets and all they stand on are applied and nothing that stands on them
 * is. Other branches stay as they are; label@base forgets the branch and what depends on it. */
int gw_plan_stamp(struct gw_plan *out, const struct gw_history *history, const uint8_t *applied,
                  const char *const *targets, size_t n_targets, struct gw_fault *fault);

/* One revision by id, unique prefix, head, base, current, rev+N, rev-N, label@head ...; for show, edit,
 * merge, create --head, repair. *out = UINT32_MAX for base. applied may be NULL (then "current" and bare +N
 * are refused with a sentence). */
int gw_target_one(uint32_t *out, const struct gw_history *history, const uint8_t *applied,
                  const char *target, struct gw_fault *fault);
/* The same for forms that may name several (heads, label@heads); in arena, ascending. */
int gw_target_many(uint32_t **out, size_t *n, const struct gw_history *history,
                   const uint8_t *applied, const char *target, struct gw_arena *arena,
                   struct gw_fault *fault);
/* history -r a:b, both ends inclusive: indices oldest first. -N as a start counts from the end, +N as an end
 * from the start; where there are fewer revisions, all there are. */
int gw_target_range(uint32_t **out, size_t *n, const struct gw_history *history,
                    const uint8_t *applied, const char *range, struct gw_arena *arena,
                    struct gw_fault *fault);

/* The applied revisions that no applied revision descends from, ascending; with resolve, those that are
 * only depended on are left out. */
int gw_applied_heads(const struct gw_history *history, const uint8_t *applied, bool resolve,
                     struct gw_arena *arena, uint32_t **out, size_t *n, struct gw_fault *fault);

#endif
