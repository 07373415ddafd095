/* SPDX-License-Identifier: Apache-2.0 */
/* The graph: ids, edges and order. Everything is linear in revisions and edges but the order of those that
 * could come at the same place, which is kept by a heap. */
#include "migration/graph.h"

#include "base/text.h"
#include "migration/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ID_MOST = 128,
    EDGES_MOST = 1024
};

struct building {
    struct gw_history *history;
    const struct gw_found *found; /* by index before ordering */
    uint32_t n, n_versioned;
    struct gw_revision *at;
    struct gw_fault *fault;
};

static int blame(const struct building *building, uint32_t i, unsigned line, const char *format,
                 ...) GW_PRINTF(4, 5);

static int blame(const struct building *building, uint32_t i, unsigned line, const char *format,
                 ...)
{
    const char *file = building->at[i].file;
    va_list args;

    va_start(args, format);
    gw_vfail(building->fault, GW_USAGE, format, args);
    va_end(args);
    if (!file)
        return building->fault->code;
    const char *directory = building->history->directory ? building->history->directory : "";
    if (line)
        return gw_fault_prefix(building->fault, "%s%s%s:%u", directory, *directory ? "/" : "", file,
                               line);
    return gw_fault_prefix(building->fault, "%s%s%s", directory, *directory ? "/" : "", file);
}

/* ---- names ---- */

static bool name_allowed(const char *name, size_t len)
{
    static const char *const reserved[] = { "head", "heads", "base", "current" };
    if (len == 0 || len > ID_MOST)
        return false;
    for (size_t i = 0; i < len; i++)
        if (strchr("@-+:,", name[i]) || (unsigned char)name[i] <= ' ' || name[i] == 0x7F)
            return false;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strlen(reserved[i]) == len && memcmp(reserved[i], name, len) == 0)
            return false;
    return true;
}

static int refuse_name(const struct building *building, uint32_t i, unsigned line, const char *what,
                       const char *name)
{
    blame(building, i, line, "'%.150s' cannot be a %s", name, what);
    return gw_hint(building->fault,
                   "use 1 to %d characters, none of them '@ - + : ,' or a space, and "
                   "not head, heads, base or current",
                   ID_MOST);
}

static int add_ids(const struct building *building)
{
    struct gw_map *ids = &building->history->ids;
    for (uint32_t i = 0; i < building->n; i++) {
        const char *id = building->at[i].id;
        uint32_t other;
        if (!name_allowed(id, strlen(id)))
            return refuse_name(building, i, building->found ? building->found[i].id_line : 0,
                               "revision id", id);
        if (!gw_map_add(ids, id, i, &other))
            return gw_fail_memory(building->fault);
        if (other == i)
            continue;
        blame(building, i, building->found ? building->found[i].id_line : 0,
              "revision '%s' is also in '%s'", id,
              building->at[other].file ? building->at[other].file : "the database");
        return gw_hint(building->fault, "give one of the two files another id");
    }
    return GW_DONE;
}

/* The next word of a space-separated list; false at its end. */
static bool next_word(const char **list, const char **word, size_t *len)
{
    const char *s = *list;
    while (*s == ' ')
        s++;
    *word = s;
    while (*s && *s != ' ')
        s++;
    *len = (size_t)(s - *word);
    *list = s;
    return *len > 0;
}

static int add_label(const struct building *building, uint32_t i, const char *label)
{
    unsigned line = building->found ? building->found[i].labels_line : 0;
    uint32_t other;

    if (!name_allowed(label, strlen(label)))
        return refuse_name(building, i, line, "branch label", label);
    if (gw_map_get(&building->history->ids, label, strlen(label)) != GW_MAP_NONE)
        return blame(building, i, line, "branch label '%s' is also the id of a revision", label);
    if (!gw_map_add(&building->history->labels, label, i, &other))
        return gw_fail_memory(building->fault);
    if (other != i)
        return blame(building, i, line, "branch label '%s' is also given in '%s'", label,
                     building->at[other].file ? building->at[other].file : "the database");
    return GW_DONE;
}

static int add_labels(const struct building *building)
{
    for (uint32_t i = 0; i < building->n; i++) {
        const char *list = building->at[i].labels, *word;
        size_t len;
        if (!list)
            building->at[i].labels = "";
        while (list && next_word(&list, &word, &len)) {
            char *label = gw_arena_copy(&building->history->arena, word, len);
            int code = label ? add_label(building, i, label) : gw_fail_memory(building->fault);
            if (code)
                return code;
        }
    }
    return GW_DONE;
}

/* ---- edges ---- */

static const char *nearest_id(const struct building *building, const char *name)
{
    const char *best = NULL;
    for (uint32_t i = 0; i < building->n; i++) {
        const char *const rivals[] = { best ? best : building->at[i].id, building->at[i].id };
        best = gw_text_nearest(name, rivals, 2);
    }
    return best;
}

static int refuse_edge(const struct building *building, uint32_t i, bool parent, const char *name)
{
    const struct gw_found *found = &building->found[i];
    blame(building, i, parent ? found->revises_line : found->depends_line,
          "%s '%.150s', but no migration has that id%s", parent ? "revises" : "depends on", name,
          parent ? "" : " or branch label");
    const char *near = nearest_id(building, name);
    if (near)
        return gw_hint(building->fault, "did you mean '%s'?", near);
    return gw_hint(building->fault, "bring the missing file back, or correct the header");
}

static uint32_t resolve_edge(const struct building *building, const char *name, size_t len,
                             bool parent)
{
    uint32_t to = gw_map_get(&building->history->ids, name, len);
    if (to == GW_MAP_NONE && !parent)
        to = gw_map_get(&building->history->labels, name, len);
    return to < building->n_versioned ? to : GW_MAP_NONE;
}

static uint32_t count_words(const char *list)
{
    const char *word;
    size_t len;
    uint32_t n = 0;
    while (list && next_word(&list, &word, &len))
        n++;
    return n;
}

static unsigned edge_line(const struct building *building, uint32_t i, bool parent)
{
    return parent ? building->found[i].revises_line : building->found[i].depends_line;
}

static bool is_among(const uint32_t *edges, uint32_t n, uint32_t edge)
{
    for (uint32_t k = 0; k < n; k++)
        if (edges[k] == edge)
            return true;
    return false;
}

/* One name of a list, as the edge number kept. */
static int add_edge(const struct building *building, uint32_t i, struct gw_str word, bool parent,
                    uint32_t *edges, uint32_t kept)
{
    char name[ID_MOST + 32];
    snprintf(name, sizeof name, "%.*s", (int)(word.len < ID_MOST + 1 ? word.len : ID_MOST + 1),
             word.ptr);
    uint32_t to = resolve_edge(building, word.ptr, word.len, parent);
    if (to == GW_MAP_NONE)
        return refuse_edge(building, i, parent, name);
    if (to == i)
        return blame(building, i, edge_line(building, i, parent), "'%s' %s itself",
                     building->at[i].id, parent ? "revises" : "depends on");
    if (is_among(edges, kept, to))
        return blame(building, i, edge_line(building, i, parent), "'%s' is named twice", name);
    edges[kept] = to;
    return GW_DONE;
}

static int add_edges(const struct building *building, uint32_t i, const char *list, bool parent)
{
    struct gw_revision *revision = &building->at[i];
    uint32_t n = count_words(list), kept = 0;
    struct gw_str word;

    if (n == 0)
        return GW_DONE;
    if (n > EDGES_MOST)
        return blame(building, i, 0, "names %u revisions; at most %d are accepted", n, EDGES_MOST);
    uint32_t *edges = gw_arena_array(&building->history->arena, n, sizeof *edges);
    if (!edges)
        return gw_fail_memory(building->fault);
    for (; next_word(&list, &word.ptr, &word.len); kept++) {
        int code = add_edge(building, i, word, parent, edges, kept);
        if (code)
            return code;
    }
    *(parent ? &revision->parents : &revision->depends) = edges;
    *(parent ? &revision->n_parents : &revision->n_depends) = kept;
    return GW_DONE;
}

/* A baseline stands beside the chain: nothing revises it and it revises nothing. */
static int link_chain(const struct building *building)
{
    uint32_t before = GW_MAP_NONE;
    for (uint32_t i = 0; i < building->n_versioned; i++) {
        struct gw_revision *revision = &building->at[i];
        if (revision->flags & GW_REV_BASELINE)
            continue;
        if (before != GW_MAP_NONE) {
            revision->parents = gw_arena_array(&building->history->arena, 1, sizeof(uint32_t));
            if (!revision->parents)
                return gw_fail_memory(building->fault);
            revision->parents[0] = before;
            revision->n_parents = 1;
        }
        before = i;
    }
    return GW_DONE;
}

static int link_found(const struct building *building)
{
    const struct gw_format *format = building->history->format;
    if (format && format->linear)
        return link_chain(building);
    for (uint32_t i = 0; i < building->n_versioned; i++) {
        int code = add_edges(building, i, building->found[i].revises, true);
        if (!code)
            code = add_edges(building, i, building->found[i].depends_on, false);
        if (code)
            return code;
    }
    return GW_DONE;
}

/* ---- all together ---- */

static int by_name(const void *a, const void *b)
{
    const struct gw_found *x = a, *y = b;
    return strcmp(x->revision.id, y->revision.id);
}

static uint32_t count_versioned(const struct gw_found_list *found)
{
    uint32_t n = 0;
    for (size_t i = 0; i < found->found.len; i++)
        n += found->found.at[i].revision.kind == GW_KIND_VERSIONED;
    return n;
}

/* Versioned ones first and in the order they were found, the others by name after them. *sorted is NULL if
 * they are found like that already, as nearly always: no copy is made of thousands. */
static int sort_found(struct building *building, const struct gw_found_list *found,
                      struct gw_found **sorted)
{
    uint32_t at = 0;

    building->n_versioned = count_versioned(found);
    building->found = found->found.at;
    *sorted = NULL;
    if (building->n_versioned == building->n)
        return GW_DONE;
    *sorted = calloc(building->n, sizeof **sorted);
    if (!*sorted)
        return gw_fail_memory(building->fault);
    for (size_t i = 0; i < found->found.len; i++)
        if (found->found.at[i].revision.kind == GW_KIND_VERSIONED)
            (*sorted)[at++] = found->found.at[i];
    for (size_t i = 0; i < found->found.len; i++)
        if (found->found.at[i].revision.kind != GW_KIND_VERSIONED)
            (*sorted)[at++] = found->found.at[i];
    qsort(*sorted + building->n_versioned, building->n - building->n_versioned, sizeof **sorted,
          by_name);
    building->found = *sorted;
    return GW_DONE;
}

int gw_graph_build(struct gw_history *out, struct gw_found_list *found, struct gw_fault *fault)
{
    struct building building = { .history = out, .fault = fault };
    struct gw_found *sorted = NULL;

    if (found->found.len >= UINT32_MAX / 4)
        return gw_fail(fault, GW_USAGE, "too many migrations");
    building.n = (uint32_t)found->found.len;
    int code = sort_found(&building, found, &sorted);
    if (code)
        return code;
    building.at = gw_arena_array(&out->arena, building.n + 1, sizeof *building.at);
    if (!building.at)
        code = gw_fail_memory(fault);
    for (uint32_t i = 0; i < building.n && !code; i++)
        building.at[i] = building.found[i].revision;
    if (!code)
        code = add_ids(&building);
    if (!code)
        code = add_labels(&building);
    if (!code)
        code = link_found(&building);
    out->at = building.at;
    out->n = building.n;
    out->n_versioned = building.n_versioned;
    if (!code)
        code = gw_order(out, fault);
    free(sorted);
    return code;
}

/* ---- ghosts ---- */

/* A ghost's edges go to whatever of them is known; the rest is not known even to the database. */
static int link_ghost(const struct building *building, uint32_t i, const char *list, bool parent)
{
    struct gw_revision *revision = &building->at[i];
    uint32_t n = count_words(list), kept = 0;
    uint32_t *edges = gw_arena_array(&building->history->arena, n + 1, sizeof *edges);
    const char *word;
    size_t len;
    if (!edges)
        return gw_fail_memory(building->fault);
    while (next_word(&list, &word, &len)) {
        uint32_t to = resolve_edge(building, word, len, true);
        if (to != GW_MAP_NONE && to != i)
            edges[kept++] = to;
    }
    *(parent ? &revision->parents : &revision->depends) = edges;
    *(parent ? &revision->n_parents : &revision->n_depends) = kept;
    return GW_DONE;
}

/* The labels that no file carries, and that can be labels at all: a row is a stranger's text. */
static const char *ghost_labels(const struct gw_history *history, const char *labels)
{
    const char *list = labels, *word;
    size_t len;
    while (list && next_word(&list, &word, &len))
        if (!name_allowed(word, len) || gw_map_get(&history->labels, word, len) != GW_MAP_NONE ||
            gw_map_get(&history->ids, word, len) != GW_MAP_NONE)
            return "";
    return labels ? labels : "";
}

/* Where versions order the files, a ghost's is what its id says: "B9" is the baseline of version 9. */
static struct gw_revision ghost_revision(const struct gw_history *history,
                                         const struct gw_ghost *ghost)
{
    const bool linear = history->format && history->format->linear;
    return (struct gw_revision){
        .id = ghost->id,
        .title = ghost->title,
        .labels = ghost_labels(history, ghost->labels),
        .version = linear ? ghost->id + strcspn(ghost->id, "0123456789") : NULL,
        .flags = GW_REV_GHOST | (ghost->has_down ? (uint32_t)GW_REV_HAS_DOWN : 0) |
                 (ghost->baseline ? (uint32_t)GW_REV_BASELINE : 0),
        .kind = ghost->repeatable ? GW_KIND_REPEATABLE : GW_KIND_VERSIONED,
    };
}

/* Old versioned, ghosts, old others, repeatable ghosts: indices of the first group stay. */
static void place_ghosts(struct building *building, const struct gw_ghost *ghosts, size_t n)
{
    const struct gw_history *history = building->history;
    uint32_t at = history->n_versioned;

    memcpy(building->at, history->at, history->n_versioned * sizeof *building->at);
    for (size_t i = 0; i < n; i++)
        if (!ghosts[i].repeatable)
            building->at[at++] = ghost_revision(history, &ghosts[i]);
    building->n_versioned = at;
    memcpy(building->at + at, history->at + history->n_versioned,
           (history->n - history->n_versioned) * sizeof *building->at);
    at += history->n - history->n_versioned;
    for (size_t i = 0; i < n; i++)
        if (ghosts[i].repeatable)
            building->at[at++] = ghost_revision(history, &ghosts[i]);
}

int gw_history_add_ghosts(struct gw_history *history, const struct gw_ghost *ghosts, size_t n,
                          struct gw_fault *fault)
{
    struct building building = { .history = history, .fault = fault };

    if (n >= UINT32_MAX / 4 - history->n)
        return gw_fail(fault, GW_USAGE, "too many revisions in the database");
    building.n = history->n + (uint32_t)n;
    building.at = gw_arena_array(&history->arena, building.n + 1, sizeof *building.at);
    if (!building.at)
        return gw_fail_memory(fault);
    place_ghosts(&building, ghosts, n);
    gw_map_free(&history->ids);
    for (uint32_t i = 0; i < building.n; i++) {
        uint32_t other;
        if (!gw_map_add(&history->ids, building.at[i].id, i, &other))
            return gw_fail_memory(fault);
        if (other !=
            i) /* the row changed under our eyes, or the id is as hostile as the database */
            return gw_fail(fault, GW_USAGE, "the database has the revision '%.150s' twice",
                           building.at[i].id);
    }
    for (uint32_t i = history->n_versioned, g = 0; g < n; g++) {
        if (ghosts[g].repeatable)
            continue;
        int code = link_ghost(&building, i, ghosts[g].parents, true);
        if (!code)
            code = link_ghost(&building, i, ghosts[g].depends, false);
        if (code)
            return code;
        i++;
    }
    history->at = building.at;
    history->n = building.n;
    history->n_versioned = building.n_versioned;
    return gw_order(history, fault);
}
