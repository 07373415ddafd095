/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/plan.h"

#include "base/text.h"
#include "migration/target.h"
#include "migration/version.h"

#include <string.h>

void gw_plan_free(struct gw_plan *plan)
{
    gw_vec_free(&plan->steps);
}

static int add_step(struct gw_plan *plan, uint32_t revision, enum gw_direction direction,
                    struct gw_fault *fault)
{
    return gw_vec_push(&plan->steps, (struct gw_step){ revision, direction })
               ? GW_DONE
               : gw_fail_memory(fault);
}

static int resolve(const struct gw_targeting *targeting, const char *text, struct gw_target *target,
                   struct gw_resolved *out)
{
    int code = gw_target_parse(targeting, text, target);
    return code ? code : gw_target_resolve(targeting, target, out);
}

/* Repeatables and callbacks have no place in the graph that could be gone to. */
static int check_versioned(const struct gw_targeting *targeting, const struct gw_resolved *resolved)
{
    const struct gw_history *history = targeting->history;
    if (!resolved->n || resolved->at[resolved->n - 1] < history->n_versioned)
        return GW_DONE;
    const struct gw_revision *other = &history->at[resolved->at[resolved->n - 1]];
    gw_fail(targeting->fault, GW_USAGE, "'%.150s' is %s, which is no target", other->id,
            other->kind == GW_KIND_REPEATABLE ? "a repeatable migration" : "a callback");
    return gw_hint(targeting->fault, "`godwit upgrade head` runs it when it is due");
}

/* Where to go in direction, which a bare +N or -N must not contradict. */
static int find_destination(const struct gw_targeting *targeting, const char *text,
                            enum gw_direction direction, struct gw_target *target,
                            struct gw_resolved *out)
{
    const bool up = direction == GW_UP;
    int code = gw_target_parse(targeting, text, target);
    if (code)
        return code;
    if (target->relative && !target->name && (up ? target->offset < 0 : target->offset > 0)) {
        gw_fail(targeting->fault, GW_USAGE, "'%.150s' goes %s, and %s goes %s", text,
                up ? "down" : "up", up ? "upgrade" : "downgrade", up ? "up" : "down");
        return gw_hint(targeting->fault, "use `godwit %s %.150s`", up ? "downgrade" : "upgrade",
                       text);
    }
    code = gw_target_resolve(targeting, target, out);
    return code ? code : check_versioned(targeting, out);
}

/* ---- upgrade ---- */

/* The highest version that is wanted, baselines aside; NULL if none. */
static const char *highest_wanted(const struct gw_history *history, const uint8_t *wanted)
{
    const char *highest = NULL;
    for (uint32_t i = 0; i < history->n_versioned; i++)
        if (wanted[i] && !(history->at[i].flags & GW_REV_BASELINE) &&
            gw_version_compare(history->at[i].version, highest) > 0)
            highest = history->at[i].version;
    return highest;
}

static bool nothing_applied(const struct gw_history *history, const uint8_t *applied)
{
    for (uint32_t i = 0; i < history->n_versioned; i++)
        if (applied[i])
            return false;
    return true;
}

/* A baseline stands for every version up to its own: on an empty database the highest that fits is run
 * instead of them, and once it is applied they are not pending any more. */
static void use_baseline(const struct gw_history *history, const uint8_t *applied, uint8_t *wanted)
{
    const char *highest = highest_wanted(history, wanted);
    const bool empty = nothing_applied(history, applied);
    uint32_t best = GW_MAP_NONE;

    for (uint32_t i = 0; i < history->n_versioned; i++) {
        const struct gw_revision *revision = &history->at[i];
        if (!(revision->flags & GW_REV_BASELINE))
            continue;
        const bool reached =
            applied[i] ||
            (empty && (wanted[i] || gw_version_compare(highest, revision->version) >= 0));
        wanted[i] = 0;
        if (reached && (best == GW_MAP_NONE ||
                        gw_version_compare(revision->version, history->at[best].version) > 0))
            best = i;
    }
    if (best == GW_MAP_NONE)
        return;
    for (uint32_t i = 0; i < history->n_versioned; i++)
        if (gw_baseline_covers(history, best, i))
            wanted[i] = 0;
    wanted[best] = 1;
}

static bool has_baseline(const struct gw_history *history)
{
    for (uint32_t i = 0; i < history->n_versioned; i++)
        if (history->at[i].flags & GW_REV_BASELINE)
            return true;
    return false;
}

static int add_others(struct gw_plan *plan, const struct gw_history *history,
                      const uint8_t *applied, struct gw_fault *fault)
{
    static const enum gw_revision_kind kinds[] = { GW_KIND_REPEATABLE, GW_KIND_BEFORE,
                                                   GW_KIND_AFTER };
    /* What repeatables made went with the versioned ones when those were reverted. */
    const bool empty = history->n_versioned && nothing_applied(history, applied);
    int code = GW_DONE;

    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && !code; k++)
        for (uint32_t i = history->n_versioned; i < history->n && !code; i++) {
            const struct gw_revision *revision = &history->at[i];
            bool pending = kinds[k] == GW_KIND_REPEATABLE ? (empty || applied[i] != GW_APPLIED) &&
                                                                !(revision->flags & GW_REV_GHOST)
                                                          : plan->steps.len > 0;
            if (revision->kind == kinds[k] && pending)
                code = add_step(plan, i, GW_UP, fault);
        }
    return code;
}

/* Callbacks that run before everything were added last: they go to the front, in their order. */
static void move_before(struct gw_plan *plan, const struct gw_history *history)
{
    size_t front = 0;
    for (size_t i = 0; i < plan->steps.len; i++) {
        const struct gw_step step = plan->steps.at[i];
        if (history->at[step.revision].kind != GW_KIND_BEFORE)
            continue;
        memmove(&plan->steps.at[front + 1], &plan->steps.at[front], (i - front) * sizeof step);
        plan->steps.at[front++] = step;
    }
}

/* What has to be applied in the end; NULL: fault is set. */
static uint8_t *wanted_by(const struct gw_targeting *targeting, const struct gw_resolved *resolved)
{
    uint8_t *wanted = gw_set_new(targeting);
    if (!wanted)
        return NULL;
    for (size_t i = 0; i < resolved->n; i++)
        wanted[resolved->at[i]] = 1;
    gw_set_ancestors(targeting->history, wanted, true);
    if (has_baseline(targeting->history))
        use_baseline(targeting->history, targeting->applied, wanted);
    return wanted;
}

static bool is_whole(const struct gw_target *target)
{
    return !target->branch && !target->relative && target->symbol &&
           strncmp(target->name, "head", strlen("head")) == 0;
}

int gw_plan_upgrade(struct gw_plan *out, const struct gw_history *history, const uint8_t *applied,
                    const char *target, struct gw_fault *fault)
{
    struct gw_arena arena = { 0 };
    const struct gw_targeting targeting = { history, applied, &arena, fault };
    struct gw_resolved resolved;
    struct gw_target parsed;
    uint8_t *wanted = NULL;

    int code = find_destination(&targeting, target ? target : "head", GW_UP, &parsed, &resolved);
    if (!code && !(wanted = wanted_by(&targeting, &resolved)))
        code = fault->code;
    for (uint32_t i = 0; i < history->n_versioned && !code; i++)
        if (wanted[i] && !applied[i])
            code = add_step(out, i, GW_UP, fault);
    if (!code && is_whole(&parsed))
        code = add_others(out, history, applied, fault);
    move_before(out, history);
    gw_arena_free(&arena);
    return code;
}

/* ---- downgrade ---- */

static void doom(const struct gw_resolved *resolved, uint32_t revision, uint8_t *doomed)
{
    if (!resolved->branch || resolved->branch[revision])
        doomed[revision] = 1;
}

/* What must go when resolved is to be the highest that stays; NULL: fault is set. */
static uint8_t *doomed_by(const struct gw_targeting *targeting, const struct gw_resolved *resolved)
{
    const struct gw_history *history = targeting->history;
    uint8_t *doomed = gw_set_new(targeting);
    if (!doomed)
        return NULL;
    for (uint32_t i = 0; i < history->n_versioned && resolved->base; i++)
        if (!resolved->branch || history->at[i].n_parents == 0)
            doom(resolved, i, doomed);
    for (size_t k = 0; k < resolved->n; k++) {
        const struct gw_revision *stays = &history->at[resolved->at[k]];
        for (uint32_t c = 0; c < stays->n_children; c++)
            doom(resolved, stays->children[c], doomed);
        uint32_t next = stays->flags & GW_REV_BASELINE ? gw_baseline_next(history, resolved->at[k])
                                                       : GW_MAP_NONE;
        if (next != GW_MAP_NONE)
            doom(resolved, next, doomed);
    }
    gw_set_descendants(history, doomed, true);
    return doomed;
}

/* BRANCH@base where the branch leaves a trunk takes the trunk along, and all that stands on it. */
static int check_trunk(const struct gw_targeting *targeting, const struct gw_target *target,
                       const struct gw_resolved *resolved, const uint8_t *doomed)
{
    const struct gw_history *history = targeting->history;
    uint8_t *own = gw_set_new(targeting), *beyond = gw_set_new(targeting);
    uint32_t *list;
    size_t n;

    if (!own || !beyond)
        return targeting->fault->code;
    own[resolved->carrier] = 1;
    gw_set_descendants(history, own, true);
    for (uint32_t i = 0; i < history->n_versioned; i++)
        beyond[i] = doomed[i] && targeting->applied[i] && !own[i];
    int code = gw_set_list(targeting, beyond, &list, &n);
    if (code || n == 0)
        return code;
    struct gw_buf names = GW_BUF_TEXT;
    for (size_t i = 0; i < n && i < 8; i++)
        gw_buf_printf(&names, "%s%s", i ? ", " : "", history->at[list[i]].id);
    gw_fail(targeting->fault, GW_PENDING, "'%.150s' reverts %zu %s not of the branch alone: %s%s",
            target->text, n, n == 1 ? "revision that is" : "revisions that are", gw_buf_str(&names),
            n > 8 ? ", ..." : "");
    gw_buf_free(&names);
    return gw_hint(targeting->fault, "agree with --yes, or name the last revision that is to stay");
}

static int check_applied(const struct gw_targeting *targeting, const struct gw_resolved *resolved)
{
    for (size_t i = 0; i < resolved->n; i++) {
        if (targeting->applied[resolved->at[i]])
            continue;
        gw_fail(targeting->fault, GW_USAGE, "cannot go down to '%s': it is not applied",
                targeting->history->at[resolved->at[i]].id);
        return gw_hint(targeting->fault,
                       "`godwit current` shows what is; `godwit upgrade` goes up");
    }
    return GW_DONE;
}

static int plan_doomed(struct gw_plan *out, const struct gw_history *history,
                       const uint8_t *applied, const uint8_t *doomed, struct gw_fault *fault)
{
    int code = GW_DONE;
    for (uint32_t i = history->n_versioned; i-- > 0 && !code;)
        if (doomed[i] && applied[i])
            code = add_step(out, i, GW_DOWN, fault);
    return code;
}

int gw_plan_downgrade(struct gw_plan *out, const struct gw_history *history, const uint8_t *applied,
                      const char *target, const struct gw_downgrade_options *options,
                      struct gw_fault *fault)
{
    struct gw_arena arena = { 0 };
    const struct gw_targeting targeting = { history, applied, &arena, fault };
    struct gw_resolved resolved;
    struct gw_target parsed;
    uint8_t *doomed = NULL;

    int code = find_destination(&targeting, target, GW_DOWN, &parsed, &resolved);
    if (!code)
        code = check_applied(&targeting, &resolved);
    if (!code && !(doomed = doomed_by(&targeting, &resolved)))
        code = fault->code;
    if (!code && parsed.branch && resolved.base && !options->branch_trunk)
        code = check_trunk(&targeting, &parsed, &resolved, doomed);
    if (!code)
        code = plan_doomed(out, history, applied, doomed, fault);
    gw_arena_free(&arena);
    return code;
}

/* ---- stamp ---- */

struct stamping {
    uint8_t *keep; /* to be applied in the end */
    uint8_t *drop; /* not to be, unless kept */
};

/* BRANCH@base: the branch goes and what stands on it, and of its trunk what then bears nothing else. */
static int stamp_branch_base(const struct gw_targeting *targeting,
                             const struct gw_resolved *resolved, struct stamping *stamping)
{
    const struct gw_history *history = targeting->history;
    uint8_t *own = gw_set_new(targeting), *others = gw_set_new(targeting);

    if (!own || !others)
        return targeting->fault->code;
    own[resolved->carrier] = 1;
    gw_set_descendants(history, own, true);
    for (uint32_t i = 0; i < history->n_versioned; i++)
        others[i] = targeting->applied[i] && !own[i] && !resolved->branch[i];
    gw_set_ancestors(history, others, true);
    for (uint32_t i = 0; i < history->n_versioned; i++)
        stamping->drop[i] |= own[i] || (resolved->branch[i] && !others[i]);
    return GW_DONE;
}

/* A baseline above the target goes; what comes after a baseline that is the target goes, too. */
static void stamp_over_baselines(const struct gw_history *history,
                                 const struct gw_resolved *resolved, uint8_t *above)
{
    for (size_t k = 0; k < resolved->n; k++) {
        const uint32_t target = resolved->at[k];
        uint32_t next = history->at[target].flags & GW_REV_BASELINE
                            ? gw_baseline_next(history, target)
                            : GW_MAP_NONE;
        if (next != GW_MAP_NONE)
            above[next] = 1;
        for (uint32_t b = 0; b < history->n_versioned; b++)
            if ((history->at[b].flags & GW_REV_BASELINE) &&
                gw_version_compare(history->at[b].version, history->at[target].version) > 0)
                above[b] = 1;
    }
}

/* What the applied baseline stands for has no row of its own, unless the baseline goes. */
static void stamp_under_baseline(const struct gw_targeting *targeting, const uint8_t *above,
                                 uint8_t *below)
{
    const struct gw_history *history = targeting->history;
    uint32_t best = gw_baseline_applied(history, targeting->applied);
    for (uint32_t i = 0; i < history->n_versioned && best != GW_MAP_NONE && !above[best]; i++)
        if (i != best && !targeting->applied[i] && gw_baseline_covers(history, best, i))
            below[i] = 0;
}

static int stamp_target(const struct gw_targeting *targeting, const char *text,
                        struct stamping *stamping)
{
    const struct gw_history *history = targeting->history;
    struct gw_resolved resolved;
    struct gw_target parsed;

    int code = resolve(targeting, text, &parsed, &resolved);
    if (!code)
        code = check_versioned(targeting, &resolved);
    if (code)
        return code;
    if (resolved.base && resolved.branch)
        return stamp_branch_base(targeting, &resolved, stamping);
    for (uint32_t i = 0; i < history->n_versioned && resolved.base; i++)
        stamping->drop[i] = 1;
    uint8_t *below = gw_set_new(targeting), *above = gw_set_new(targeting);
    if (!below || !above)
        return targeting->fault->code;
    for (size_t i = 0; i < resolved.n; i++)
        below[resolved.at[i]] = above[resolved.at[i]] = 1;
    if (has_baseline(history))
        stamp_over_baselines(history, &resolved, above);
    gw_set_ancestors(history, below, true);
    gw_set_descendants(history, above, true);
    if (has_baseline(history))
        stamp_under_baseline(targeting, above, below);
    for (uint32_t i = 0; i < history->n_versioned; i++) {
        stamping->keep[i] |= below[i];
        stamping->drop[i] |= above[i];
    }
    return GW_DONE;
}

int gw_plan_stamp(struct gw_plan *out, const struct gw_history *history, const uint8_t *applied,
                  const char *const *targets, size_t n_targets, struct gw_fault *fault)
{
    struct gw_arena arena = { 0 };
    const struct gw_targeting targeting = { history, applied, &arena, fault };
    struct stamping stamping = { gw_set_new(&targeting), gw_set_new(&targeting) };
    int code = stamping.keep && stamping.drop ? GW_DONE : fault->code;

    for (size_t i = 0; i < n_targets && !code; i++)
        code = stamp_target(&targeting, targets[i], &stamping);
    for (uint32_t i = history->n_versioned; i-- > 0 && !code;)
        if (applied[i] && stamping.drop[i] && !stamping.keep[i])
            code = add_step(out, i, GW_DOWN, fault);
    for (uint32_t i = 0; i < history->n_versioned && !code; i++)
        if (!applied[i] && stamping.keep[i])
            code = add_step(out, i, GW_UP, fault);
    gw_arena_free(&arena);
    return code;
}

/* ---- one, many ---- */

int gw_target_many(uint32_t **out, size_t *n, const struct gw_history *history,
                   const uint8_t *applied, const char *target, struct gw_arena *arena,
                   struct gw_fault *fault)
{
    const struct gw_targeting targeting = { history, applied, arena, fault };
    struct gw_resolved resolved;
    struct gw_target parsed;
    int code = resolve(&targeting, target, &parsed, &resolved);
    *out = code ? NULL : resolved.at;
    *n = code ? 0 : resolved.n;
    return code;
}

int gw_target_one(uint32_t *out, const struct gw_history *history, const uint8_t *applied,
                  const char *target, struct gw_fault *fault)
{
    struct gw_arena arena = { 0 };
    const struct gw_targeting targeting = { history, applied, &arena, fault };
    uint32_t *list;
    size_t n;

    *out = GW_MAP_NONE;
    int code = gw_target_many(&list, &n, history, applied, target, &arena, fault);
    if (!code && n > 1)
        code = gw_target_ambiguous(&targeting, target, "it names several revisions", list, n);
    if (!code && n == 1)
        *out = list[0];
    gw_arena_free(&arena);
    return code;
}
