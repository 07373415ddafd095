/* SPDX-License-Identifier: Apache-2.0 */
/* 100,000 revisions: no step of the graph may recurse along it or look at all others. */
#include "graph_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

enum {
    LARGE = 100000,
    ID_ROOM = 16,
    LIST_ROOM = 40,
    SECONDS_MOST = 10
};

struct large {
    char (*ids)[ID_ROOM];
    char (*lists)[LIST_ROOM];
    struct graph_row *rows;
};

static void large_make(struct large *large)
{
    large->ids = calloc(LARGE, sizeof *large->ids);
    large->lists = calloc(LARGE, sizeof *large->lists);
    large->rows = calloc(LARGE, sizeof *large->rows);
    assert_non_null(large->ids);
    assert_non_null(large->lists);
    assert_non_null(large->rows);
    for (unsigned i = 0; i < LARGE; i++) {
        snprintf(large->ids[i], sizeof large->ids[i], "%08x",
                 i * 0x9E3779B1u); /* odd: no two alike */
        large->rows[i] = (struct graph_row){ .id = large->ids[i], .revises = large->lists[i] };
    }
}

static void large_free(struct large *large)
{
    free(large->ids);
    free(large->lists);
    free(large->rows);
}

static void large_parent(struct large *large, unsigned child, unsigned parent)
{
    size_t len = strlen(large->lists[child]);
    snprintf(large->lists[child] + len, LIST_ROOM - len, "%s%s", len ? " " : "",
             large->ids[parent]);
}

/* Builds it, on a stack that a walk of that depth would overflow. */
static void large_build(struct gw_history *history, const struct large *large)
{
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_STACK, &old), 0);
    small = old;
    small.rlim_cur = 1 << 20;
    assert_int_equal(setrlimit(RLIMIT_STACK, &small), 0);
    clock_t start = clock();
    graph_table_good(history, large->rows, LARGE);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_int_equal(setrlimit(RLIMIT_STACK, &old), 0);
    assert_true(seconds < SECONDS_MOST); /* 0.1 s if linear, minutes if quadratic */
    assert_int_equal(history->n, LARGE);
    graph_table_sound(history);
}

static void test_long_chain(void **state)
{
    struct gw_history history;
    struct large large;
    uint64_t seed = 7;
    (void)state;
    large_make(&large);
    for (unsigned i = 1; i < LARGE; i++)
        large_parent(&large, i, i - 1);
    graph_table_shuffle(large.rows, LARGE, &seed);
    large_build(&history, &large);
    for (unsigned i = 0; i < LARGE; i++)
        assert_string_equal(history.at[i].id, large.ids[i]);
    gw_history_free(&history);
    large_free(&large);
}

/* Two sides that meet at each rung: there are 2^33333 ways through it. */
static void test_merge_ladder(void **state)
{
    struct gw_history history;
    struct large large;
    (void)state;
    large_make(&large);
    for (unsigned i = 1; i < LARGE; i++) {
        if (i % 3 == 0)
            large_parent(&large, i, i - 2);
        large_parent(&large, i, i % 3 == 2 ? i - 2 : i - 1);
    }
    large_build(&history, &large);
    gw_history_free(&history);
    large_free(&large);
}

static void test_wide(void **state)
{
    struct gw_history history;
    struct large large;
    (void)state;
    large_make(&large);
    for (unsigned i = 1; i < LARGE; i++)
        large_parent(&large, i, 0);
    large_build(&history, &large);
    assert_int_equal(history.at[0].n_children, LARGE - 1);
    gw_history_free(&history);
    large_free(&large);
}

static void test_widest_merge(void **state)
{
    enum {
        MOST = 1024
    };
    struct gw_history history;
    struct gw_fault fault;
    struct large large;
    struct gw_buf all = GW_BUF_TEXT;
    (void)state;
    large_make(&large);
    for (unsigned i = 0; i < MOST; i++)
        gw_buf_printf(&all, "%s ", large.ids[i]);
    large.rows[MOST].revises = gw_buf_str(&all);
    graph_table_good(&history, large.rows, MOST + 1);
    assert_int_equal(history.at[MOST].n_parents, MOST);
    gw_history_free(&history);

    gw_buf_printf(&all, "%s ", large.ids[MOST]);
    large.rows[MOST + 1].revises = gw_buf_str(&all);
    large.rows[MOST].revises = "";
    assert_int_equal(graph_table_build(&history, large.rows, MOST + 2, &fault), GW_USAGE);
    assert_contains(fault.message, "names 1025 revisions; at most 1024 are accepted");
    gw_history_free(&history);
    gw_buf_free(&all);
    large_free(&large);
}

static void test_long_chain_with_missing_root(void **state)
{
    struct gw_history history;
    struct gw_fault fault;
    struct large large;
    (void)state;
    large_make(&large);
    for (unsigned i = 1; i < LARGE; i++)
        large_parent(&large, i, i - 1);
    large_parent(&large, 0, LARGE - 1);
    assert_int_equal(graph_table_build(&history, large.rows, LARGE, &fault), GW_USAGE);
    assert_contains(fault.message, "... 99992 more");
    gw_history_free(&history);
    assert_int_equal(graph_table_build(&history, large.rows + 1, LARGE - 1, &fault), GW_USAGE);
    assert_contains(fault.message, "revises '00000000', but no migration has that id");
    gw_history_free(&history);
    large_free(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_chain),
        cmocka_unit_test(test_merge_ladder),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_widest_merge),
        cmocka_unit_test(test_long_chain_with_missing_root),
    };
    return cmocka_run_group_tests_name("graph_size", tests, NULL, NULL);
}
