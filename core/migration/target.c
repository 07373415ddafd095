/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/target.h"

#include "base/text.h"
#include "migration/version.h"

#include <ctype.h>
#include <string.h>

/* ---- sets ---- */

uint8_t *gw_set_new(const struct gw_targeting *targeting)
{
    uint8_t *set = gw_arena_alloc(targeting->arena, (size_t)targeting->history->n + 1);
    if (!set)
        gw_fail_memory(targeting->fault);
    return set;
}

/* The order of the graph makes both a single pass. */
void gw_set_ancestors(const struct gw_history *history, uint8_t *set, bool depends)
{
    for (uint32_t i = history->n_versioned; i-- > 0;) {
        const struct gw_revision *revision = &history->at[i];
        if (!set[i])
            continue;
        for (uint32_t k = 0; k < revision->n_parents; k++)
            set[revision->parents[k]] = 1;
        for (uint32_t k = 0; k < revision->n_depends && depends; k++)
            set[revision->depends[k]] = 1;
    }
}

void gw_set_descendants(const struct gw_history *history, uint8_t *set, bool dependents)
{
    for (uint32_t i = 0; i < history->n_versioned; i++) {
        const struct gw_revision *revision = &history->at[i];
        if (!set[i])
            continue;
        for (uint32_t k = 0; k < revision->n_children; k++)
            set[revision->children[k]] = 1;
        for (uint32_t k = 0; k < revision->n_dependents && dependents; k++)
            set[revision->dependents[k]] = 1;
    }
}

int gw_set_list(const struct gw_targeting *targeting, const uint8_t *set, uint32_t **at, size_t *n)
{
    size_t count = 0;
    for (uint32_t i = 0; i < targeting->history->n_versioned; i++)
        count += set[i] != 0;
    *n = 0;
    *at = gw_arena_array(targeting->arena, count + 1, sizeof **at);
    if (!*at)
        return gw_fail_memory(targeting->fault);
    for (uint32_t i = 0; i < targeting->history->n_versioned; i++)
        if (set[i])
            (*at)[(*n)++] = i;
    return GW_DONE;
}

/* ---- baselines ---- */

static bool is_baseline(const struct gw_revision *revision)
{
    return revision->flags & GW_REV_BASELINE;
}

uint32_t gw_baseline_applied(const struct gw_history *history, const uint8_t *applied)
{
    uint32_t best = GW_MAP_NONE;
    for (uint32_t i = 0; i < history->n_versioned; i++)
        if (is_baseline(&history->at[i]) && applied[i] &&
            (best == GW_MAP_NONE || gw_baseline_covers(history, i, best)))
            best = i;
    return best;
}

bool gw_baseline_covers(const struct gw_history *history, uint32_t baseline, uint32_t revision)
{
    const struct gw_revision *covered = &history->at[revision];
    return gw_version_compare(covered->version ? covered->version : covered->id,
                              history->at[baseline].version) <= 0;
}

uint32_t gw_baseline_next(const struct gw_history *history, uint32_t baseline)
{
    for (uint32_t i = 0; i < history->n_versioned; i++)
        if (!is_baseline(&history->at[i]) && !gw_baseline_covers(history, baseline, i))
            return i;
    return GW_MAP_NONE;
}

/* ---- messages ---- */

enum {
    LISTED_MOST = 8
};

int gw_target_ambiguous(const struct gw_targeting *targeting, const char *text, const char *why,
                        const uint32_t *at, size_t n)
{
    struct gw_buf list = GW_BUF_TEXT;
    for (size_t i = 0; i < n && i < LISTED_MOST; i++)
        gw_buf_printf(&list, "%s%s", i ? ", " : "", targeting->history->at[at[i]].id);
    if (n > LISTED_MOST)
        gw_buf_printf(&list, " and %zu more", n - LISTED_MOST);
    gw_fail(targeting->fault, GW_USAGE, "'%.150s' is ambiguous: %s: %.700s", text, why,
            gw_buf_str(&list));
    gw_buf_free(&list);
    if (strchr(text, '@'))
        return gw_hint(targeting->fault, "name a revision");
    return gw_hint(targeting->fault, "say on which branch, `BRANCH@%.150s`, or name a revision",
                   text);
}

static int unknown(const struct gw_targeting *targeting, const char *name)
{
    const struct gw_history *history = targeting->history;
    const char *near = NULL;

    for (uint32_t i = 0; i < history->n; i++) {
        const char *const rivals[] = { near ? near : history->at[i].id, history->at[i].id };
        near = gw_text_nearest(name, rivals, 2);
    }
    gw_fail(targeting->fault, GW_USAGE, "no revision '%.150s'", name);
    if (near)
        return gw_hint(targeting->fault, "did you mean '%s'? `godwit history` lists them all",
                       near);
    return gw_hint(targeting->fault, "`godwit history` lists the revisions; "
                                     "an id, its beginning or a branch label will do");
}

static int malformed(const struct gw_targeting *targeting, const char *text)
{
    gw_fail(targeting->fault, GW_USAGE, "'%.150s' is not a target", text);
    return gw_hint(targeting->fault,
                   "a target is an id or its beginning, head, heads, base, current, "
                   "+N, -N, REV+N, REV-N, or BRANCH@ and one of these");
}

/* ---- grammar: [BRANCH@][NAME][+N|-N], anchored ---- */

static bool is_symbol(const char *name)
{
    return strcmp(name, "head") == 0 || strcmp(name, "heads") == 0 || strcmp(name, "base") == 0 ||
           strcmp(name, "current") == 0;
}

/* Where the "+N" or "-N" at the end begins; len if there is none. */
static size_t offset_start(const char *text, size_t len)
{
    size_t at = len;
    while (at && isdigit((unsigned char)text[at - 1]))
        at--;
    return at < len && at && (text[at - 1] == '+' || text[at - 1] == '-') ? at - 1 : len;
}

static bool parse_offset(const char *text, size_t len, int64_t *out)
{
    int64_t number = 0;
    for (size_t i = 1; i < len; i++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, text[i] - '0', &number))
            return false;
    *out = text[0] == '-' ? -number : number;
    return true;
}

int gw_target_parse(const struct gw_targeting *targeting, const char *text, struct gw_target *out)
{
    const char *at = strchr(text, '@'), *rest = at ? at + 1 : text;
    size_t len = strlen(rest), name = offset_start(rest, len);

    *out = (struct gw_target){ .text = text };
    if (at == text || len == 0 || strcspn(rest, "@:, ") < len || strcspn(rest, "+-") < name)
        return malformed(targeting, text);
    if (at && strcspn(text, "+-:, ") < (size_t)(at - text))
        return malformed(targeting, text);
    out->relative = name < len;
    if (out->relative && !parse_offset(rest + name, len - name, &out->offset))
        return malformed(targeting, text);
    if (at && !(out->branch = gw_arena_copy(targeting->arena, text, (size_t)(at - text))))
        return gw_fail_memory(targeting->fault);
    if (name && !(out->name = gw_arena_copy(targeting->arena, rest, name)))
        return gw_fail_memory(targeting->fault);
    out->symbol = out->name && is_symbol(out->name);
    return GW_DONE;
}

/* ---- names ---- */

/* Exact id, branch label, unique prefix of either. */
static int resolve_name(const struct gw_targeting *targeting, const char *name, uint32_t *out)
{
    const struct gw_history *history = targeting->history;
    size_t len = strlen(name);
    uint8_t *hits;
    uint32_t *list;
    size_t n;

    *out = gw_map_get(&history->ids, name, len);
    if (*out == GW_MAP_NONE)
        *out = gw_map_get(&history->labels, name, len);
    if (*out != GW_MAP_NONE)
        return GW_DONE;
    if (!(hits = gw_set_new(targeting)))
        return targeting->fault->code;
    for (uint32_t i = 0; i < history->n_versioned; i++) {
        hits[i] = strncmp(history->at[i].id, name, len) == 0;
        for (const char *s = history->at[i].labels; s && *s && !hits[i]; s += strspn(s, " ")) {
            hits[i] = strncmp(s, name, len) == 0;
            s += strcspn(s, " ");
        }
    }
    int code = gw_set_list(targeting, hits, &list, &n);
    if (code)
        return code;
    if (n == 0)
        return unknown(targeting, name);
    if (n > 1) {
        gw_target_ambiguous(targeting, name, "several revisions begin with it", list, n);
        return gw_hint(targeting->fault, "give as much of the id as tells it from the others");
    }
    *out = list[0];
    return GW_DONE;
}

/* The revisions that descend from carrier or that it descends from; a baseline shares the one chain. */
static int take_lineage(const struct gw_targeting *targeting, uint32_t carrier,
                        struct gw_resolved *out)
{
    const struct gw_history *history = targeting->history;
    uint8_t *above = gw_set_new(targeting);

    out->carrier = carrier;
    out->branch = gw_set_new(targeting);
    if (!above || !out->branch)
        return targeting->fault->code;
    out->branch[carrier] = 1;
    above[carrier] = 1;
    gw_set_descendants(history, out->branch, false);
    gw_set_ancestors(history, above, false);
    for (uint32_t i = 0; i < history->n_versioned; i++)
        out->branch[i] |=
            above[i] || is_baseline(&history->at[i]) || is_baseline(&history->at[carrier]);
    return GW_DONE;
}

static int resolve_branch(const struct gw_targeting *targeting, const char *branch,
                          struct gw_resolved *out)
{
    uint32_t carrier;

    if (is_symbol(branch))
        return malformed(targeting, branch);
    int code = resolve_name(targeting, branch, &carrier);
    return code ? code : take_lineage(targeting, carrier, out);
}

static int resolve_heads(const struct gw_targeting *targeting, const struct gw_target *target,
                         struct gw_resolved *out)
{
    uint32_t *heads;
    size_t n, kept = 0;
    int code =
        gw_history_heads(targeting->history, false, targeting->arena, &heads, &n, targeting->fault);
    if (code)
        return code;
    for (size_t i = 0; i < n; i++)
        if (!out->branch || out->branch[heads[i]])
            heads[kept++] = heads[i];
    if (kept > 1 && strcmp(target->name, "head") == 0)
        return gw_target_ambiguous(targeting, target->text, "there are several heads", heads, kept);
    out->at = heads;
    out->n = kept;
    return GW_DONE;
}

/* The applied heads, within the branch if there is one. A bare +N or -N does not count from what is only
 * depended on: where that leaves one head, the lineage of that head is meant. */
static int resolve_current(const struct gw_targeting *targeting, const struct gw_target *target,
                           struct gw_resolved *out)
{
    const struct gw_history *history = targeting->history;
    const bool bare = !target->name && !target->branch;

    if (!targeting->applied) {
        gw_fail(targeting->fault, GW_USAGE,
                "'%.150s' counts from what is applied, which is not known here", target->text);
        return gw_hint(targeting->fault, "name a revision instead, such as head or an id");
    }
    const uint8_t *applied = targeting->applied;
    if (out->branch) {
        uint8_t *within = gw_set_new(targeting);
        if (!within)
            return targeting->fault->code;
        for (uint32_t i = 0; i < history->n_versioned; i++)
            within[i] = applied[i] && out->branch[i];
        applied = within;
    }
    int code = gw_applied_heads(history, applied, bare, targeting->arena, &out->at, &out->n,
                                targeting->fault);
    out->base = !code && out->n == 0;
    return !code && bare && out->n == 1 ? take_lineage(targeting, out->at[0], out) : code;
}

/* ---- walks ---- */

static int too_far(const struct gw_targeting *targeting, const struct gw_target *target,
                   int64_t got)
{
    const long long wanted = target->offset < 0 ? -target->offset : target->offset;
    gw_fail(targeting->fault, GW_USAGE, "'%.150s' asks for %lld %s, but there %s %lld",
            target->text, wanted, wanted == 1 ? "revision" : "revisions",
            got == 1 ? "is only" : "are only", (long long)got);
    return gw_hint(targeting->fault,
                   "`godwit history` lists the revisions, `godwit current` those applied");
}

struct walk {
    const struct gw_target *target;
    const uint8_t *branch;
    uint32_t baseline; /* applied, and what is applied is counted; else GW_MAP_NONE */
    bool counts_applied;
    uint32_t at;   /* GW_MAP_NONE: below the first revision */
    int64_t done;  /* steps */
    bool finished; /* nothing more to go to, and the target is clamped */
};

/* Where the walk can go: *edges holds *n revisions; NULL: the roots are among all of them. */
static void next_edges(const struct gw_history *history, const struct walk *walk,
                       const uint32_t **edges, uint32_t *n, uint32_t *room)
{
    const bool up = walk->target->offset > 0;
    *edges = NULL;
    *n = up ? history->n_versioned : 0;
    if (walk->at == GW_MAP_NONE)
        return;
    const struct gw_revision *revision = &history->at[walk->at];
    *edges = up ? revision->children : revision->parents;
    *n = up ? revision->n_children : revision->n_parents;
    if (up && is_baseline(revision)) {
        *room = gw_baseline_next(history, walk->at);
        *edges = room;
        *n = *room != GW_MAP_NONE;
    }
}

static bool is_root(const struct gw_revision *revision)
{
    return revision->n_parents == 0 && !is_baseline(revision);
}

static int walk_end(const struct gw_targeting *targeting, struct walk *walk)
{
    walk->finished = true;
    return walk->target->clamped ? GW_DONE : too_far(targeting, walk->target, walk->done);
}

static int walk_step(const struct gw_targeting *targeting, struct walk *walk)
{
    const struct gw_history *history = targeting->history;
    const bool up = walk->target->offset > 0, below = walk->at == GW_MAP_NONE;
    uint32_t n_edges, room, found[LISTED_MOST + 1], n = 0;
    const uint32_t *edges;

    if (below && !up)
        return walk_end(targeting, walk);
    next_edges(history, walk, &edges, &n_edges, &room);
    for (uint32_t k = 0; k < n_edges && n <= LISTED_MOST; k++) {
        uint32_t to = edges ? edges[k] : k;
        if ((!walk->branch || walk->branch[to]) && (!below || is_root(&history->at[to])))
            found[n++] = to;
    }
    if (n > 1)
        return gw_target_ambiguous(targeting, walk->target->text,
                                   up ? "the way up forks" : "the way down forks at a merge", found,
                                   n);
    if (n == 0 && up)
        return walk_end(targeting, walk);
    walk->at = n ? found[0] : GW_MAP_NONE;
    return GW_DONE;
}

/* One step; what is applied may have gaps, and counting down from it counts what is applied. */
static int walk_on(const struct gw_targeting *targeting, struct walk *walk)
{
    int code = walk_step(targeting, walk);
    while (!code && walk->counts_applied && walk->at != GW_MAP_NONE &&
           !targeting->applied[walk->at]) {
        if (walk->baseline != GW_MAP_NONE &&
            gw_baseline_covers(targeting->history, walk->baseline, walk->at))
            walk->at = walk->baseline;
        else
            code = walk_step(targeting, walk);
    }
    return code;
}

/* From what *out holds; it gets where the walk ends. */
static int walk_from(const struct gw_targeting *targeting, const struct gw_target *target,
                     bool counts_applied, struct gw_resolved *out)
{
    const int64_t steps = target->offset < 0 ? -target->offset : target->offset;
    struct walk walk = { .target = target, .branch = out->branch, .baseline = GW_MAP_NONE };

    if (out->n > 1)
        return gw_target_ambiguous(targeting, target->text, "it counts from several revisions",
                                   out->at, out->n);
    if (!out->n && !out->base)
        return steps && !target->clamped ? too_far(targeting, target, 0) : GW_DONE;
    walk.counts_applied = counts_applied;
    if (counts_applied)
        walk.baseline = gw_baseline_applied(targeting->history, targeting->applied);
    walk.at = out->n ? out->at[0] : GW_MAP_NONE;
    for (; walk.done < steps && !walk.finished; walk.done++) {
        int code = walk_on(targeting, &walk);
        if (code)
            return code;
    }
    out->base = walk.at == GW_MAP_NONE;
    out->n = out->base ? 0 : 1;
    out->at = gw_arena_array(targeting->arena, 1, sizeof *out->at);
    if (!out->at)
        return gw_fail_memory(targeting->fault);
    out->at[0] = walk.at;
    return GW_DONE;
}

int gw_target_walk(const struct gw_targeting *targeting, const struct gw_target *target,
                   const struct gw_resolved *start, struct gw_resolved *out)
{
    *out = (struct gw_resolved){ .base = start->base };
    int code = target->branch ? resolve_branch(targeting, target->branch, out) : GW_DONE;
    if (code)
        return code;
    out->at = gw_arena_array(targeting->arena, start->n + 1, sizeof *out->at);
    if (!out->at)
        return gw_fail_memory(targeting->fault);
    for (size_t i = 0; i < start->n; i++)
        if (!out->branch || out->branch[start->at[i]])
            out->at[out->n++] = start->at[i];
    return walk_from(targeting, target, false, out);
}

/* ---- together ---- */

static int resolve_start(const struct gw_targeting *targeting, const struct gw_target *target,
                         struct gw_resolved *out)
{
    const char *name = target->name;
    uint32_t found;

    if (!name || strcmp(name, "current") == 0)
        return resolve_current(targeting, target, out);
    if (strcmp(name, "base") == 0) {
        out->base = true;
        return GW_DONE;
    }
    if (target->symbol)
        return resolve_heads(targeting, target, out);
    int code = resolve_name(targeting, name, &found);
    if (code)
        return code;
    if (out->branch && found < targeting->history->n_versioned && !out->branch[found]) {
        gw_fail(targeting->fault, GW_USAGE, "'%s' is not on the branch '%s'",
                targeting->history->at[found].id, target->branch);
        return gw_hint(targeting->fault, "`godwit history --graph` shows the branches");
    }
    out->at = gw_arena_array(targeting->arena, 1, sizeof *out->at);
    if (!out->at)
        return gw_fail_memory(targeting->fault);
    out->at[0] = found;
    out->n = 1;
    return GW_DONE;
}

int gw_target_resolve(const struct gw_targeting *targeting, const struct gw_target *target,
                      struct gw_resolved *out)
{
    int code = GW_DONE;
    *out = (struct gw_resolved){ 0 };
    if (target->branch)
        code = resolve_branch(targeting, target->branch, out);
    if (!code)
        code = resolve_start(targeting, target, out);
    if (code || !target->relative)
        return code;
    bool counts_applied = targeting->applied && target->offset < 0 &&
                          (!target->name || strcmp(target->name, "current") == 0);
    return walk_from(targeting, target, counts_applied, out);
}

int gw_applied_heads(const struct gw_history *history, const uint8_t *applied, bool resolve,
                     struct gw_arena *arena, uint32_t **out, size_t *n, struct gw_fault *fault)
{
    const struct gw_targeting targeting = { history, applied, arena, fault };
    uint8_t *below = gw_set_new(&targeting), *heads = gw_set_new(&targeting);

    if (!below || !heads)
        return fault->code;
    /* Through revisions that are not applied too: what is applied may have gaps. A baseline has no
     * children, but what comes after its version stands on it. */
    bool later = false;
    for (uint32_t i = history->n_versioned; i-- > 0;) {
        const struct gw_revision *revision = &history->at[i];
        for (uint32_t k = 0; k < revision->n_children; k++)
            below[i] |= applied[revision->children[k]] || below[revision->children[k]];
        for (uint32_t k = 0; k < revision->n_dependents && resolve; k++)
            below[i] |= applied[revision->dependents[k]] || below[revision->dependents[k]];
        heads[i] = applied[i] && !below[i] && !(is_baseline(revision) && later);
        later = later || applied[i];
    }
    return gw_set_list(&targeting, heads, out, n);
}
