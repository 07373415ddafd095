/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/target.h"

#include <string.h>

struct range_end {
    const char *text; /* "": not given */
    struct gw_target target;
    struct gw_resolved resolved;
    bool counted; /* "+2", "-2": from the other end */
};

static int not_a_range(const struct gw_targeting *targeting, const char *range)
{
    gw_fail(targeting->fault, GW_USAGE, "'%.150s' is not a range", range);
    return gw_hint(targeting->fault, "a range is START:END, START: or :END, both ends included; "
                                     "-N as START counts from END, +N as END from START");
}

/* What nothing stands for is base as a start and all heads as an end. */
static int parse_end(const struct gw_targeting *targeting, bool start, struct range_end *end)
{
    const char *text = *end->text ? end->text : start ? "base" : "heads";
    int code = gw_target_parse(targeting, text, &end->target);
    end->counted = !code && end->target.relative && !end->target.name;
    end->target.clamped = true;
    return code;
}

static int resolve_ends(const struct gw_targeting *targeting, struct range_end *start,
                        struct range_end *end)
{
    struct range_end *fixed = start->counted ? end : start, *other = start->counted ? start : end;
    int code = gw_target_resolve(targeting, &fixed->target, &fixed->resolved);
    if (code)
        return code;
    return other->counted
               ? gw_target_walk(targeting, &other->target, &fixed->resolved, &other->resolved)
               : gw_target_resolve(targeting, &other->target, &other->resolved);
}

static int parse_range(const struct gw_targeting *targeting, const char *range,
                       struct range_end *start, struct range_end *end)
{
    const char *colon = strchr(range, ':');
    if (!colon || strchr(colon + 1, ':'))
        return not_a_range(targeting, range);
    end->text = colon + 1;
    start->text = gw_arena_copy(targeting->arena, range, (size_t)(colon - range));
    if (!start->text)
        return gw_fail_memory(targeting->fault);
    if (parse_end(targeting, true, start) || parse_end(targeting, false, end))
        return targeting->fault->code;
    const bool counts_up = start->counted && start->target.offset > 0;
    const bool counts_down = end->counted && end->target.offset < 0;
    if (counts_up || counts_down || (start->counted && end->counted))
        return not_a_range(targeting, range);
    return GW_DONE;
}

static void put(uint8_t *set, const struct gw_resolved *resolved)
{
    for (size_t i = 0; i < resolved->n; i++)
        set[resolved->at[i]] = 1;
}

int gw_target_range(uint32_t **out, size_t *n, const struct gw_history *history,
                    const uint8_t *applied, const char *range, struct gw_arena *arena,
                    struct gw_fault *fault)
{
    const struct gw_targeting targeting = { history, applied, arena, fault };
    uint8_t *within = gw_set_new(&targeting), *below = gw_set_new(&targeting);
    struct range_end start = { 0 }, end = { 0 };

    if (!within || !below || parse_range(&targeting, range, &start, &end) ||
        resolve_ends(&targeting, &start, &end))
        return fault->code;
    put(within, &start.resolved);
    put(below, &end.resolved);
    gw_set_descendants(history, within, false);
    gw_set_ancestors(history, below, false);
    for (uint32_t i = 0; i < history->n_versioned; i++)
        within[i] = (start.resolved.base || within[i]) && below[i];
    int code = gw_set_list(&targeting, within, out, n);
    if (code || *n || !start.resolved.n || (!end.resolved.n && !end.resolved.base))
        return code;
    gw_fail(fault, GW_USAGE, "'%.150s' is empty: its end does not descend from its start", range);
    return gw_hint(fault, "give the older revision first; both must be on the same branch");
}
