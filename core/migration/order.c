/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/order.h"

#include "migration/formats/format.h"

#include <stdlib.h>
#include <string.h>

struct ordering {
    struct gw_history *history;
    uint32_t *waits; /* parents and dependencies that are not placed yet */
    uint32_t *heap;  /* revisions that wait for nothing, the first to place on top */
    uint32_t n_heap;
    uint32_t *order; /* old indices, in the new order */
    uint32_t n_order;
};

/* ---- edges the other way round ---- */

static const uint32_t *edges_out(const struct gw_revision *revision, bool parents, uint32_t *n)
{
    *n = parents ? revision->n_parents : revision->n_depends;
    return parents ? revision->parents : revision->depends;
}

static uint32_t **edges_in(struct gw_revision *revision, bool parents)
{
    return parents ? &revision->children : &revision->dependents;
}

static uint32_t *count_in(struct gw_revision *revision, bool parents)
{
    return parents ? &revision->n_children : &revision->n_dependents;
}

/* Counts the edges that come in, and with fill sets them too, where the counts have been turned to room. */
static uint32_t visit_edges(struct gw_history *history, bool parents, bool fill)
{
    uint32_t total = 0, n;
    for (uint32_t i = 0; i < history->n; i++) {
        const uint32_t *out = edges_out(&history->at[i], parents, &n);
        for (uint32_t k = 0; k < n; k++) {
            struct gw_revision *to = &history->at[out[k]];
            uint32_t *count = count_in(to, parents);
            if (fill)
                (*edges_in(to, parents))[*count] = i;
            ++*count;
            total++;
        }
    }
    return total;
}

/* Fills children from parents, or dependents from depends, in one array for all. */
static bool reverse_edges(struct gw_history *history, bool parents)
{
    for (uint32_t i = 0; i < history->n; i++)
        *count_in(&history->at[i], parents) = 0;
    uint32_t total = visit_edges(history, parents, false);
    uint32_t *edges = gw_arena_array(&history->arena, (size_t)total + 1, sizeof *edges);
    if (!edges)
        return false;
    for (uint32_t i = 0; i < history->n; i++) {
        uint32_t *count = count_in(&history->at[i], parents);
        *edges_in(&history->at[i], parents) = edges;
        edges += *count;
        *count = 0;
    }
    visit_edges(history, parents, true);
    return true;
}

/* ---- which comes first ---- */

/* In a linear format edges order all but baselines and ghosts: those go where their version puts them. */
static bool version_comes_first(const struct ordering *ordering, uint32_t a, uint32_t b)
{
    const struct gw_revision *x = &ordering->history->at[a], *y = &ordering->history->at[b];
    int order = ordering->history->format->compare(x->version ? x->version : x->id,
                                                   y->version ? y->version : y->id);
    return order ? order < 0 : a < b;
}

static bool comes_first(const struct ordering *ordering, uint32_t a, uint32_t b)
{
    const struct gw_revision *x = &ordering->history->at[a], *y = &ordering->history->at[b];
    int order = 0;
    if (ordering->history->format && ordering->history->format->linear)
        return version_comes_first(ordering, a, b);
    if (x->created && y->created)
        order = strcmp(x->created, y->created);
    else if (x->created || y->created)
        order = x->created ? -1 : 1;
    return order ? order < 0 : strcmp(x->id, y->id) < 0;
}

static void heap_push(struct ordering *ordering, uint32_t value)
{
    uint32_t at = ordering->n_heap++;
    while (at && comes_first(ordering, value, ordering->heap[(at - 1) / 2])) {
        ordering->heap[at] = ordering->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    ordering->heap[at] = value;
}

static uint32_t heap_pop(struct ordering *ordering)
{
    uint32_t top = ordering->heap[0], value = ordering->heap[--ordering->n_heap], at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= ordering->n_heap)
            break;
        if (child + 1 < ordering->n_heap &&
            comes_first(ordering, ordering->heap[child + 1], ordering->heap[child]))
            child++;
        if (!comes_first(ordering, ordering->heap[child], value))
            break;
        ordering->heap[at] = ordering->heap[child];
        at = child;
    }
    ordering->heap[at] = value;
    return top;
}

static void release(struct ordering *ordering, const uint32_t *waiting, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        if (--ordering->waits[waiting[k]] == 0)
            heap_push(ordering, waiting[k]);
}

static void place_all(struct ordering *ordering)
{
    const struct gw_history *history = ordering->history;
    for (uint32_t i = 0; i < history->n_versioned; i++) {
        ordering->waits[i] = history->at[i].n_parents + history->at[i].n_depends;
        if (!ordering->waits[i])
            heap_push(ordering, i);
    }
    while (ordering->n_heap) {
        uint32_t next = heap_pop(ordering);
        const struct gw_revision *revision = &history->at[next];
        ordering->order[ordering->n_order++] = next;
        release(ordering, revision->children, revision->n_children);
        release(ordering, revision->dependents, revision->n_dependents);
    }
}

/* ---- cycles ---- */

/* A revision that still waits has a parent or dependency that still waits: following them must come back. */
static uint32_t still_waiting(const struct ordering *ordering, uint32_t i)
{
    const struct gw_revision *revision = &ordering->history->at[i];
    for (uint32_t k = 0; k < revision->n_parents; k++)
        if (ordering->waits[revision->parents[k]])
            return revision->parents[k];
    for (uint32_t k = 0; k < revision->n_depends; k++)
        if (ordering->waits[revision->depends[k]])
            return revision->depends[k];
    return i;
}

static int name_cycle(struct ordering *ordering, struct gw_fault *fault)
{
    enum {
        NAMED_MOST = 8
    };
    const struct gw_history *history = ordering->history;
    struct gw_buf text = GW_BUF_TEXT;
    uint32_t at = 0, length = 0;

    while (!ordering->waits[at])
        at++;
    for (uint32_t i = 0; i < history->n_versioned; i++) /* surely on the cycle, not before it */
        at = still_waiting(ordering, at);
    uint32_t start = at;
    do {
        const struct gw_revision *revision = &history->at[at];
        if (length++ < NAMED_MOST)
            gw_buf_printf(&text, "%s (%s) -> ", revision->id,
                          revision->file ? revision->file : "in the database");
        at = still_waiting(ordering, at);
    } while (at != start);
    if (length > NAMED_MOST)
        gw_buf_printf(&text, "... %u more -> ", length - NAMED_MOST);
    gw_buf_text(&text, history->at[start].id);
    gw_fail(fault, GW_USAGE, "the migrations revise each other in a circle: %.900s",
            gw_buf_str(&text));
    gw_buf_free(&text);
    return gw_hint(fault, "correct `revises` or `depends_on` in one of these files");
}

/* ---- renumbering ---- */

static void renumber(uint32_t *edges, uint32_t n, const uint32_t *new_index)
{
    for (uint32_t k = 0; k < n; k++)
        edges[k] = new_index[edges[k]];
}

static int renumber_labels(struct gw_history *history, struct gw_fault *fault)
{
    gw_map_free(&history->labels);
    for (uint32_t i = 0; i < history->n; i++) {
        const char *s = history->at[i].labels;
        while (s && *s) {
            size_t skip = strspn(s, " "), len = strcspn(s + skip, " ");
            uint32_t found;
            char *label = gw_arena_copy(&history->arena, s + skip, len);
            if (!label || (len && !gw_map_add(&history->labels, label, i, &found)))
                return gw_fail_memory(fault);
            s += skip + len;
        }
    }
    return GW_DONE;
}

static int apply_order(const struct ordering *ordering, struct gw_fault *fault)
{
    struct gw_history *history = ordering->history;
    uint32_t *new_index = ordering->waits; /* has served */
    bool moved = false;

    for (uint32_t i = 0; i < history->n_versioned; i++) {
        new_index[ordering->order[i]] = i;
        moved = moved || ordering->order[i] != i;
    }
    if (moved) {
        struct gw_revision *sorted =
            gw_arena_array(&history->arena, history->n + 1, sizeof *sorted);
        if (!sorted)
            return gw_fail_memory(fault);
        for (uint32_t i = 0; i < history->n; i++)
            sorted[i] = history->at[i < history->n_versioned ? ordering->order[i] : i];
        history->at = sorted;
        for (uint32_t i = 0; i < history->n_versioned; i++) {
            renumber(sorted[i].parents, sorted[i].n_parents, new_index);
            renumber(sorted[i].depends, sorted[i].n_depends, new_index);
        }
        gw_map_free(&history->ids);
        for (uint32_t i = 0; i < history->n; i++) {
            uint32_t found;
            if (!gw_map_add(&history->ids, sorted[i].id, i, &found))
                return gw_fail_memory(fault);
        }
        if (!reverse_edges(history, true) || !reverse_edges(history, false))
            return gw_fail_memory(fault);
    }
    return renumber_labels(history, fault);
}

int gw_order(struct gw_history *history, struct gw_fault *fault)
{
    struct ordering ordering = { .history = history };
    size_t n = (size_t)history->n_versioned + 1;
    int code = GW_DONE;

    if (!reverse_edges(history, true) || !reverse_edges(history, false))
        return gw_fail_memory(fault);
    ordering.waits = calloc(n, sizeof *ordering.waits);
    ordering.heap = calloc(n, sizeof *ordering.heap);
    ordering.order = calloc(n, sizeof *ordering.order);
    if (!ordering.waits || !ordering.heap || !ordering.order)
        code = gw_fail_memory(fault);
    if (!code) {
        place_all(&ordering);
        code = ordering.n_order < history->n_versioned ? name_cycle(&ordering, fault)
                                                       : apply_order(&ordering, fault);
    }
    free(ordering.waits);
    free(ordering.heap);
    free(ordering.order);
    return code;
}

int gw_history_heads(const struct gw_history *history, bool resolve, struct gw_arena *arena,
                     uint32_t **out, size_t *n, struct gw_fault *fault)
{
    *n = 0;
    *out = gw_arena_array(arena, (size_t)history->n_versioned + 1, sizeof **out);
    if (!*out)
        return gw_fail_memory(fault);
    for (uint32_t i = 0; i < history->n_versioned; i++) {
        const struct gw_revision *revision = &history->at[i];
        if (revision->n_children || (resolve && revision->n_dependents) ||
            (revision->flags & GW_REV_BASELINE))
            continue;
        (*out)[(*n)++] = i;
    }
    return GW_DONE;
}
