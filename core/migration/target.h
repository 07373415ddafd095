/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of targets, for plan.c: docs/targets.md has the grammar. */
#ifndef GW_MIGRATION_TARGET_H
#define GW_MIGRATION_TARGET_H

#include "migration/plan.h"

struct gw_targeting {
    const struct gw_history *history;
    const uint8_t *applied; /* NULL: not known */
    struct gw_arena *arena;
    struct gw_fault *fault;
};

struct gw_target {
    const char *text;
    const char *branch, *name; /* in arena; NULL: not given */
    bool relative;
    int64_t offset; /* with relative */
    bool symbol;    /* name is head, heads, base or current */
    bool clamped; /* with relative: where the revisions run out, the walk ends instead of failing */
};

struct gw_resolved {
    uint32_t *at; /* ascending, in arena */
    size_t n;
    bool base; /* below the first revision; n is 0 */
    uint8_t
        *branch; /* with a branch, or counted from the one head that is applied: the revisions that
                      * share its lineage; else NULL */
    uint32_t carrier; /* with branch: the revision that it is the lineage of */
};

int gw_target_parse(const struct gw_targeting *targeting, const char *text, struct gw_target *out);
int gw_target_resolve(const struct gw_targeting *targeting, const struct gw_target *target,
                      struct gw_resolved *out);
/* A relative target without a name, counted from start instead of from what is applied. */
int gw_target_walk(const struct gw_targeting *targeting, const struct gw_target *target,
                   const struct gw_resolved *start, struct gw_resolved *out);
/* Fails with GW_USAGE: "'text' is ambiguous: WHY: a, b, c". */
int gw_target_ambiguous(const struct gw_targeting *targeting, const char *text, const char *why,
                        const uint32_t *at, size_t n);

/* ---- baselines: beside the chain of a linear format, each stands for what its version covers ---- */
/* The applied one with the highest version; GW_MAP_NONE if there is none. */
uint32_t gw_baseline_applied(const struct gw_history *history, const uint8_t *applied);
bool gw_baseline_covers(const struct gw_history *history, uint32_t baseline, uint32_t revision);
/* The first revision of the chain that it does not cover, or GW_MAP_NONE. */
uint32_t gw_baseline_next(const struct gw_history *history, uint32_t baseline);

/* ---- sets of revisions: one byte each ---- */
uint8_t *gw_set_new(const struct gw_targeting *targeting); /* NULL: fault is set */
void gw_set_ancestors(const struct gw_history *history, uint8_t *set, bool depends);
void gw_set_descendants(const struct gw_history *history, uint8_t *set, bool dependents);
int gw_set_list(const struct gw_targeting *targeting, const uint8_t *set, uint32_t **at, size_t *n);

#endif
