/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_table.h"

#include "migration/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct gw_format with_graph = { .name = "godwit" };
static const struct gw_format without_graph = { .name = "numbered",
                                                .linear = true,
                                                .compare = gw_version_compare };

static const char *copy(struct gw_arena *arena, const char *text)
{
    char *made = gw_arena_string(arena, text ? text : "");
    assert_non_null(made);
    return made;
}

static struct gw_found found_of(const struct graph_row *row, struct gw_arena *arena, bool linear)
{
    struct gw_found found = {
        .revision = {
            .id = copy(arena, row->id),
            .title = copy(arena, row->title ? row->title : row->id),
            .file = row->file ? copy(arena, row->file) : gw_arena_printf(arena, "%s.sql", row->id),
            .created = row->created ? copy(arena, row->created) : NULL,
            .labels = copy(arena, row->labels),
            .version = row->version ? copy(arena, row->version) : NULL,
            .flags = row->flags,
            .kind = row->kind,
        },
    };
    assert_non_null(found.revision.file);
    if (linear)
        return found;
    found.revises = copy(arena, row->revises);
    found.depends_on = copy(arena, row->depends_on);
    found.id_line = LINE_REVISION;
    found.revises_line = LINE_REVISES;
    found.labels_line = LINE_BRANCH;
    found.depends_line = LINE_DEPENDS_ON;
    found.root_given = !*found.revises;
    return found;
}

static int build(struct gw_history *out, const struct graph_row *rows, size_t n,
                 const struct gw_format *format, struct gw_fault *fault)
{
    struct gw_found_list list = { 0 };

    *fault = (struct gw_fault){ 0 };
    *out = (struct gw_history){ .format = format, .directory = "migrations" };
    for (size_t i = 0; i < n; i++) {
        struct gw_found found = found_of(&rows[i], &out->arena, format->linear);
        assert_true(gw_vec_push(&list.found, found));
    }
    int code = gw_graph_build(out, &list, fault);
    gw_vec_free(&list.found);
    return code;
}

int graph_table_build(struct gw_history *out, const struct graph_row *rows, size_t n,
                      struct gw_fault *fault)
{
    return build(out, rows, n, &with_graph, fault);
}

int graph_table_build_linear(struct gw_history *out, const struct graph_row *rows, size_t n,
                             struct gw_fault *fault)
{
    return build(out, rows, n, &without_graph, fault);
}

void graph_table_good(struct gw_history *out, const struct graph_row *rows, size_t n)
{
    struct gw_fault fault;
    if (graph_table_build(out, rows, n, &fault))
        fail_msg("%s", fault.message);
}

void graph_table_sound(const struct gw_history *history)
{
    size_t down = 0, up = 0;
    for (uint32_t i = 0; i < history->n; i++) {
        const struct gw_revision *revision = &history->at[i];
        assert_int_equal(gw_map_get(&history->ids, revision->id, strlen(revision->id)), i);
        assert_true((i < history->n_versioned) == (revision->kind == GW_KIND_VERSIONED));
        for (uint32_t k = 0; k < revision->n_parents; k++)
            assert_true(revision->parents[k] < i);
        for (uint32_t k = 0; k < revision->n_depends; k++)
            assert_true(revision->depends[k] < i);
        for (uint32_t k = 0; k < revision->n_children; k++)
            assert_true(revision->children[k] > i && revision->children[k] < history->n_versioned);
        for (uint32_t k = 0; k < revision->n_dependents; k++)
            assert_true(revision->dependents[k] > i &&
                        revision->dependents[k] < history->n_versioned);
        down += revision->n_parents + revision->n_depends;
        up += revision->n_children + revision->n_dependents;
    }
    assert_int_equal(down, up);
}

/* xorshift64*, Vigna 2016: the same numbers on each machine. */
uint32_t graph_table_draw(uint64_t *seed, uint32_t most)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (uint32_t)((*seed * UINT64_C(0x2545F4914F6CDD1D)) >> 32) % most;
}

void graph_table_shuffle(struct graph_row *rows, size_t n, uint64_t *seed)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = graph_table_draw(seed, (uint32_t)i);
        struct graph_row row = rows[i - 1];
        rows[i - 1] = rows[other];
        rows[other] = row;
    }
}
