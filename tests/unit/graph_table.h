/* SPDX-License-Identifier: Apache-2.0 */
/* A history from a table in memory: the graph without files. */
#ifndef GW_TESTS_GRAPH_TABLE_H
#define GW_TESTS_GRAPH_TABLE_H

#include "migration/history.h"

/* One migration. Lists are separated by spaces; NULL counts as empty. */
struct graph_row {
    const char *id, *revises, *depends_on, *labels;
    const char *created;
    const char *file; /* NULL: the id and ".sql" */
    const char *version;
    const char *title; /* NULL: the id */
    enum gw_revision_kind kind;
    uint32_t flags;
};

/* Where the header of each row's file has its keys. */
enum {
    LINE_REVISION = 3,
    LINE_REVISES = 4,
    LINE_BRANCH = 6,
    LINE_DEPENDS_ON = 7
};

/* The history of a folder "migrations" that holds these rows. Nothing of rows is borrowed. *out is to be
 * freed in any case. */
int graph_table_build(struct gw_history *out, const struct graph_row *rows, size_t n,
                      struct gw_fault *fault);
/* The same for a format without a graph: the rows are its order, their lists are not read. */
int graph_table_build_linear(struct gw_history *out, const struct graph_row *rows, size_t n,
                             struct gw_fault *fault);
/* Fails the test if the rows make no graph. */
void graph_table_good(struct gw_history *out, const struct graph_row *rows, size_t n);

/* Fails the test if children, dependents, ids and order do not agree with parents and depends. */
void graph_table_sound(const struct gw_history *history);

/* The rows, in an order drawn from *seed. */
void graph_table_shuffle(struct graph_row *rows, size_t n, uint64_t *seed);
/* The next number of a sequence that seed fixes, below most. */
uint32_t graph_table_draw(uint64_t *seed, uint32_t most);

#endif
