/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROWS(...) \
    (const struct graph_row[]) \
    { \
        __VA_ARGS__ \
    }

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

/* The ids in the order of the history, a space between two. */
static void assert_order(const struct gw_history *history, const char *expected)
{
    struct gw_buf text = GW_BUF_TEXT;
    for (uint32_t i = 0; i < history->n; i++)
        gw_buf_printf(&text, "%s%s", i ? " " : "", history->at[i].id);
    assert_string_equal(gw_buf_str(&text), expected);
    gw_buf_free(&text);
}

static uint32_t index_of(const struct gw_history *history, const char *id)
{
    uint32_t at = gw_map_get(&history->ids, id, strlen(id));
    if (at == GW_MAP_NONE || strcmp(history->at[at].id, id) != 0)
        fail_msg("'%s' is not found under its id", id);
    return at;
}

static void assert_names(const struct gw_history *history, const uint32_t *edges, uint32_t n,
                         const char *expected)
{
    struct gw_buf text = GW_BUF_TEXT;
    for (uint32_t k = 0; k < n; k++)
        gw_buf_printf(&text, "%s%s", k ? " " : "", history->at[edges[k]].id);
    assert_string_equal(gw_buf_str(&text), expected);
    gw_buf_free(&text);
}

static void assert_edges(const struct gw_history *history, const char *id, const char *parents,
                         const char *depends, const char *children, const char *dependents)
{
    const struct gw_revision *revision = &history->at[index_of(history, id)];
    assert_names(history, revision->parents, revision->n_parents, parents);
    assert_names(history, revision->depends, revision->n_depends, depends);
    assert_names(history, revision->children, revision->n_children, children);
    assert_names(history, revision->dependents, revision->n_dependents, dependents);
}

/* ---- refusals ---- */

static const struct refusal {
    struct graph_row rows[5];
    const char *message; /* the whole of it */
    const char *hint;    /* a part of it */
} refusals[] = {
    /* ids */
    { { { .id = "aaaa", .file = "1_first.sql" }, { .id = "aaaa", .file = "2_second.sql" } },
      "migrations/2_second.sql:3: revision 'aaaa' is also in '1_first.sql'",
      "another id" },
    { { { .id = "aaaa", .file = "1_first.sql" },
        { .id = "aaaa", .file = "R__aaaa.sql", .kind = GW_KIND_REPEATABLE } },
      "migrations/R__aaaa.sql:3: revision 'aaaa' is also in '1_first.sql'",
      "another id" },
    { { { .id = "a@b", .file = "1.sql" } },
      "migrations/1.sql:3: 'a@b' cannot be a revision id",
      "'@ - + : ,' or a space" },
    { { { .id = "a-b", .file = "1.sql" } },
      "migrations/1.sql:3: 'a-b' cannot be a revision id",
      "" },
    { { { .id = "a+1", .file = "1.sql" } },
      "migrations/1.sql:3: 'a+1' cannot be a revision id",
      "" },
    { { { .id = "a:b", .file = "1.sql" } },
      "migrations/1.sql:3: 'a:b' cannot be a revision id",
      "" },
    { { { .id = "a,b", .file = "1.sql" } },
      "migrations/1.sql:3: 'a,b' cannot be a revision id",
      "" },
    { { { .id = "a b", .file = "1.sql" } },
      "migrations/1.sql:3: 'a b' cannot be a revision id",
      "" },
    { { { .id = "a\tb", .file = "1.sql" } },
      "migrations/1.sql:3: 'a\tb' cannot be a revision id",
      "" },
    { { { .id = "", .file = "1.sql" } },
      "migrations/1.sql:3: '' cannot be a revision id",
      "1 to 128" },
    { { { .id = "head", .file = "1.sql" } },
      "migrations/1.sql:3: 'head' cannot be a revision id",
      "not head, heads, base or current" },
    { { { .id = "heads", .file = "1.sql" } },
      "migrations/1.sql:3: 'heads' cannot be a revision id",
      "" },
    { { { .id = "base", .file = "1.sql" } },
      "migrations/1.sql:3: 'base' cannot be a revision id",
      "" },
    { { { .id = "current", .file = "1.sql" } },
      "migrations/1.sql:3: 'current' cannot be a revision id",
      "" },
    /* labels */
    { { { .id = "aaaa", .labels = "feat" }, { .id = "bbbb", .revises = "aaaa", .labels = "feat" } },
      "migrations/bbbb.sql:6: branch label 'feat' is also given in 'aaaa.sql'",
      "" },
    { { { .id = "aaaa", .labels = "bbbb" }, { .id = "bbbb", .revises = "aaaa" } },
      "migrations/aaaa.sql:6: branch label 'bbbb' is also the id of a revision",
      "" },
    { { { .id = "aaaa", .labels = "good a@b" } },
      "migrations/aaaa.sql:6: 'a@b' cannot be a branch label",
      "" },
    { { { .id = "aaaa", .labels = "a-b" } },
      "migrations/aaaa.sql:6: 'a-b' cannot be a branch label",
      "" },
    { { { .id = "aaaa", .labels = "a,b" } },
      "migrations/aaaa.sql:6: 'a,b' cannot be a branch label",
      "" },
    { { { .id = "aaaa", .labels = "head" } },
      "migrations/aaaa.sql:6: 'head' cannot be a branch label",
      "" },
    { { { .id = "aaaa", .labels = "current" } },
      "migrations/aaaa.sql:6: 'current' cannot be a branch label",
      "" },
    /* parents and dependencies */
    { { { .id = "7b15fd9db179" }, { .id = "84cb1aaf7a64", .revises = "7b15fd9db197" } },
      "migrations/84cb1aaf7a64.sql:4: revises '7b15fd9db197', but no migration has that id",
      "did you mean '7b15fd9db179'?" },
    { { { .id = "7b15fd9db000" }, /* near, but another is nearer */
        { .id = "7b15fd9db179" },
        { .id = "84cb1aaf7a64", .revises = "7b15fd9db170" } },
      "migrations/84cb1aaf7a64.sql:4: revises '7b15fd9db170', but no migration has that id",
      "did you mean '7b15fd9db179'?" },
    { { { .id = "aaaa" }, { .id = "bbbb", .revises = "aaaa 123456789abc" } },
      "migrations/bbbb.sql:4: revises '123456789abc', but no migration has that id",
      "bring the missing file back" },
    { { { .id = "aaaa", .labels = "feat" }, { .id = "bbbb", .revises = "feat" } },
      "migrations/bbbb.sql:4: revises 'feat', but no migration has that id",
      "" },
    { { { .id = "aaaa" }, { .id = "bbbb", .depends_on = "nowhere" } },
      "migrations/bbbb.sql:7: depends on 'nowhere', but no migration has that id or branch label",
      "" },
    { { { .id = "R__x", .kind = GW_KIND_REPEATABLE }, { .id = "bbbb", .revises = "R__x" } },
      "migrations/bbbb.sql:4: revises 'R__x', but no migration has that id",
      "" },
    { { { .id = "aaaa" }, { .id = "bbbb", .revises = "aaaa aaaa" } },
      "migrations/bbbb.sql:4: 'aaaa' is named twice",
      "" },
    { { { .id = "aaaa", .labels = "feat" }, { .id = "bbbb", .depends_on = "aaaa feat" } },
      "migrations/bbbb.sql:7: 'feat' is named twice",
      "" },
    { { { .id = "aaaa", .revises = "aaaa" } }, "migrations/aaaa.sql:4: 'aaaa' revises itself", "" },
    { { { .id = "aaaa", .labels = "feat", .depends_on = "feat" } },
      "migrations/aaaa.sql:7: 'aaaa' depends on itself",
      "" },
    /* circles: what hangs below or above one is not named */
    { { { .id = "aaaa", .revises = "bbbb" }, { .id = "bbbb", .revises = "aaaa" } },
      "the migrations revise each other in a circle: aaaa (aaaa.sql) -> bbbb (bbbb.sql) -> aaaa",
      "`revises`" },
    { { { .id = "0000", .revises = "cccc" },
        { .id = "aaaa", .file = "1.sql" },
        { .id = "bbbb", .file = "2.sql", .revises = "aaaa dddd" },
        { .id = "cccc", .file = "3.sql", .revises = "bbbb" },
        { .id = "dddd", .file = "4.sql", .revises = "cccc" } },
      "the migrations revise each other in a circle: bbbb (2.sql) -> dddd (4.sql) -> cccc (3.sql) "
      "-> bbbb",
      "" },
    { { { .id = "aaaa", .depends_on = "bbbb" }, { .id = "bbbb", .depends_on = "aaaa" } },
      "the migrations revise each other in a circle: aaaa (aaaa.sql) -> bbbb (bbbb.sql) -> aaaa",
      "`depends_on`" },
    { { { .id = "aaaa", .depends_on = "feat" },
        { .id = "bbbb", .revises = "aaaa", .labels = "feat" } },
      "the migrations revise each other in a circle: aaaa (aaaa.sql) -> bbbb (bbbb.sql) -> aaaa",
      "" },
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct gw_history history;
        struct gw_fault fault;
        size_t n = 0;
        while (n < COUNT(row->rows) && row->rows[n].id)
            n++;
        int code = graph_table_build(&history, row->rows, n, &fault);
        assert_string_equal(fault.message, row->message);
        assert_int_equal(code, GW_USAGE);
        assert_contains(fault.hint, row->hint);
        gw_history_free(&history);
    }
}

static void test_id_of_128_characters(void **state)
{
    char most[130];
    struct gw_history history;
    struct gw_fault fault;
    (void)state;
    memset(most, 'a', sizeof most - 1);
    most[128] = '\0';
    graph_table_good(&history, ROWS({ .id = most }), 1);
    gw_history_free(&history);
    most[128] = 'a';
    most[129] = '\0';
    assert_int_equal(graph_table_build(&history, ROWS({ .id = most, .file = "1.sql" }), 1, &fault),
                     GW_USAGE);
    gw_history_free(&history);
}

/* Each of a circle of 20: the message stays short and says how many are left out. */
static void test_long_circle(void **state)
{
    enum {
        LENGTH = 20
    };
    static char ids[LENGTH][8];
    struct graph_row rows[LENGTH] = { 0 };
    struct gw_history history;
    struct gw_fault fault;
    (void)state;
    for (size_t i = 0; i < LENGTH; i++)
        snprintf(ids[i], sizeof ids[i], "r%zu", i);
    for (size_t i = 0; i < LENGTH; i++)
        rows[i] = (struct graph_row){ .id = ids[i], .revises = ids[(i + 1) % LENGTH] };
    assert_int_equal(graph_table_build(&history, rows, LENGTH, &fault), GW_USAGE);
    assert_contains(fault.message, "... 12 more -> ");
    gw_history_free(&history);
}

/* ---- what a graph is ---- */

static void test_empty(void **state)
{
    struct gw_arena arena = { 0 };
    struct gw_history history;
    struct gw_fault fault;
    uint32_t *heads;
    size_t n;
    (void)state;
    graph_table_good(&history, NULL, 0);
    assert_int_equal(history.n, 0);
    assert_int_equal(gw_history_heads(&history, false, &arena, &heads, &n, &fault), GW_DONE);
    assert_int_equal(n, 0);
    gw_arena_free(&arena);
    gw_history_free(&history);
}

static const struct graph_row branches[] = {
    { .id = "dddd2", .revises = "dddd1", .depends_on = "feat" },
    { .id = "bbbb2", .revises = "bbbb1" },
    { .id = "cccc1", .revises = "aaaa2" },
    { .id = "eeee1", .revises = "bbbb2 cccc1" },
    { .id = "bbbb1", .revises = "aaaa2", .labels = "feat second" },
    { .id = "aaaa2", .revises = "aaaa1" },
    { .id = "dddd1", .labels = "other" },
    { .id = "aaaa1" },
};

static void test_edges(void **state)
{
    struct gw_history history;
    (void)state;
    graph_table_good(&history, branches, COUNT(branches));
    graph_table_sound(&history);
    assert_edges(&history, "aaaa1", "", "", "aaaa2", "");
    assert_edges(&history, "aaaa2", "aaaa1", "", "bbbb1 cccc1", "");
    assert_edges(&history, "bbbb1", "aaaa2", "", "bbbb2", "dddd2");
    assert_edges(&history, "eeee1", "bbbb2 cccc1", "", "", "");
    assert_edges(&history, "dddd2", "dddd1", "bbbb1", "", "");
    static const char *const labels[][2] = { { "feat", "bbbb1" },
                                             { "second", "bbbb1" },
                                             { "other", "dddd1" } };
    for (size_t i = 0; i < COUNT(labels); i++) {
        uint32_t at = gw_map_get(&history.labels, labels[i][0], strlen(labels[i][0]));
        assert_int_equal(at, index_of(&history, labels[i][1]));
    }
    gw_history_free(&history);
}

static void test_order_does_not_follow_the_input(void **state)
{
    struct graph_row rows[COUNT(branches)];
    uint64_t seed = 1;
    (void)state;
    memcpy(rows, branches, sizeof rows);
    for (int round = 0; round < 200; round++) {
        struct gw_history history;
        graph_table_shuffle(rows, COUNT(rows), &seed);
        graph_table_good(&history, rows, COUNT(rows));
        assert_order(&history, "aaaa1 aaaa2 bbbb1 bbbb2 cccc1 dddd1 dddd2 eeee1");
        gw_history_free(&history);
    }
}

static void test_ties_by_time_then_id(void **state)
{
    const struct graph_row rows[] = {
        { .id = "dddd" }, /* no time: last */
        { .id = "aaaa", .created = "2024-03-01T00:00:00Z" },
        { .id = "cccc", .created = "2024-01-01T00:00:00Z" },
        { .id = "bbbb", .created = "2024-01-01T00:00:00Z" },
        { .id = "eeee",
          .created = "2023-01-01T00:00:00Z",
          .revises = "aaaa" }, /* edges come first */
    };
    struct gw_history history;
    (void)state;
    graph_table_good(&history, rows, COUNT(rows));
    assert_order(&history, "bbbb cccc aaaa eeee dddd");
    gw_history_free(&history);
}

static void test_repeatables_and_callbacks_come_last(void **state)
{
    const struct graph_row rows[] = {
        { .id = "R__views", .kind = GW_KIND_REPEATABLE },
        { .id = "zzzz" },
        { .id = "afterMigrate", .kind = GW_KIND_AFTER },
        { .id = "R__functions", .kind = GW_KIND_REPEATABLE },
        { .id = "aaaa", .revises = "zzzz" },
    };
    struct gw_history history;
    (void)state;
    graph_table_good(&history, rows, COUNT(rows));
    graph_table_sound(&history);
    assert_int_equal(history.n_versioned, 2);
    assert_order(&history, "zzzz aaaa R__functions R__views afterMigrate");
    gw_history_free(&history);
}

/* ---- heads ---- */

static void assert_heads(const struct gw_history *history, bool resolve, const char *expected)
{
    struct gw_arena arena = { 0 };
    struct gw_fault fault = { 0 };
    uint32_t *heads;
    size_t n;
    assert_int_equal(gw_history_heads(history, resolve, &arena, &heads, &n, &fault), GW_DONE);
    assert_names(history, heads, (uint32_t)n, expected);
    gw_arena_free(&arena);
}

static void test_heads(void **state)
{
    struct gw_history history;
    (void)state;
    graph_table_good(&history, branches, COUNT(branches));
    assert_heads(&history, false, "dddd2 eeee1");
    assert_heads(&history, true, "dddd2 eeee1"); /* a dependency that is no head hides no head */
    gw_history_free(&history);

    const struct graph_row depends[] = {
        { .id = "aaaa1" },
        { .id = "bbbb1", .revises = "aaaa1", .labels = "x" },
        { .id = "cccc1", .revises = "aaaa1", .labels = "y", .depends_on = "x" },
        { .id = "views", .kind = GW_KIND_REPEATABLE },
    };
    graph_table_good(&history, depends, COUNT(depends));
    assert_heads(&history, false, "bbbb1 cccc1");
    assert_heads(&history, true, "cccc1");
    gw_history_free(&history);
}

/* ---- formats without a graph ---- */

static void test_linear(void **state)
{
    const struct graph_row rows[] = {
        { .id = "9", .version = "9" },
        { .id = "10", .version = "10" },
        { .id = "R__views", .kind = GW_KIND_REPEATABLE },
        { .id = "11", .version = "11" },
    };
    struct gw_history history;
    struct gw_fault fault;
    (void)state;
    assert_int_equal(graph_table_build_linear(&history, rows, COUNT(rows), &fault), GW_DONE);
    graph_table_sound(&history);
    assert_order(&history, "9 10 11 R__views");
    assert_edges(&history, "9", "", "", "10", "");
    assert_edges(&history, "10", "9", "", "11", "");
    assert_edges(&history, "11", "10", "", "", "");
    assert_heads(&history, false, "11");
    gw_history_free(&history);
}

/* It is run instead of what it stands for, so it has to come where they come. */
static void test_baseline_stands_beside_the_chain(void **state)
{
    const struct graph_row rows[] = {
        { .id = "1", .version = "1" },
        { .id = "B2", .version = "2", .flags = GW_REV_BASELINE },
        { .id = "2", .version = "2" },
        { .id = "3", .version = "3" },
    };
    struct gw_history history;
    struct gw_fault fault;
    (void)state;
    assert_int_equal(graph_table_build_linear(&history, rows, COUNT(rows), &fault), GW_DONE);
    graph_table_sound(&history);
    assert_order(&history, "1 B2 2 3");
    assert_edges(&history, "2", "1", "", "3", "");
    assert_edges(&history, "B2", "", "", "", "");
    assert_heads(&history, false, "3");
    gw_history_free(&history);
}

/* ---- ghosts ---- */

static void test_ghosts(void **state)
{
    const struct graph_row rows[] = {
        { .id = "aaaa1" },
        { .id = "aaaa3", .revises = "aaaa1", .labels = "feat" },
        { .id = "views", .kind = GW_KIND_REPEATABLE },
    };
    const struct gw_ghost ghosts[] = {
        { .id = "cccc1",
          .title = "c",
          .parents = "aaaa2 gone",
          .depends = "aaaa3",
          .labels = "lost" },
        { .id = "aaaa2",
          .title = "two",
          .parents = "aaaa1",
          .depends = "",
          .labels = "feat",
          .has_down = true },
        { .id = "old_views",
          .title = "v",
          .parents = "",
          .depends = "",
          .labels = "",
          .repeatable = true },
    };
    struct gw_history history;
    struct gw_fault fault = { 0 };
    (void)state;
    graph_table_good(&history, rows, COUNT(rows));
    if (gw_history_add_ghosts(&history, ghosts, COUNT(ghosts), &fault))
        fail_msg("%s", fault.message);
    graph_table_sound(&history);
    assert_order(&history, "aaaa1 aaaa2 aaaa3 cccc1 views old_views");
    assert_int_equal(history.n_versioned, 4);
    assert_edges(&history, "aaaa1", "", "", "aaaa2 aaaa3", "");
    assert_edges(&history, "cccc1", "aaaa2", "aaaa3", "", "");
    const struct gw_revision *ghost = &history.at[index_of(&history, "aaaa2")];
    assert_int_equal(ghost->flags, GW_REV_GHOST | GW_REV_HAS_DOWN);
    assert_string_equal(ghost->title, "two");
    assert_null(ghost->file);
    assert_int_equal(history.at[index_of(&history, "cccc1")].flags, GW_REV_GHOST);
    assert_int_equal(history.at[index_of(&history, "aaaa3")].flags, 0);
    /* The label of a file stays with the file. */
    assert_int_equal(gw_map_get(&history.labels, "feat", 4), index_of(&history, "aaaa3"));
    assert_heads(&history, false, "aaaa3 cccc1");
    assert_heads(&history, true, "cccc1");
    gw_history_free(&history);
}

/* A file that is gone from a numbered folder keeps the place of its number. */
static void test_linear_ghosts(void **state)
{
    const struct graph_row rows[] = { { .id = "9", .version = "9" },
                                      { .id = "11", .version = "11" } };
    const struct gw_ghost ghosts[] = {
        { .id = "12", .title = "", .parents = "11", .depends = "", .labels = "" },
        { .id = "10", .title = "", .parents = "9", .depends = "", .labels = "" },
        { .id = "8", .title = "", .parents = "", .depends = "", .labels = "" },
    };
    struct gw_history history;
    struct gw_fault fault = { 0 };
    (void)state;
    assert_int_equal(graph_table_build_linear(&history, rows, COUNT(rows), &fault), GW_DONE);
    if (gw_history_add_ghosts(&history, ghosts, COUNT(ghosts), &fault))
        fail_msg("%s", fault.message);
    graph_table_sound(&history);
    assert_order(&history, "8 9 10 11 12");
    gw_history_free(&history);
}

/* A database may say anything. */
static void test_hostile_ghosts(void **state)
{
    const struct graph_row rows[] = { { .id = "aaaa1" } };
    const struct gw_ghost circle[] = {
        { .id = "x", .title = "", .parents = "y aaaa1", .depends = "", .labels = "" },
        { .id = "y", .title = "", .parents = "x", .depends = "", .labels = "" },
    };
    const struct gw_ghost twice[] = {
        { .id = "x", .title = "", .parents = "", .depends = "", .labels = "" },
        { .id = "x", .title = "", .parents = "", .depends = "", .labels = "" },
    };
    const struct gw_ghost strange[] = {
        { .id = "x",
          .title = "",
          .parents = "x x aaaa1 aaaa1",
          .depends = "x aaaa1",
          .labels = "head @" },
    };
    struct gw_history history;
    struct gw_fault fault = { 0 };
    (void)state;

    graph_table_good(&history, rows, COUNT(rows));
    assert_int_equal(gw_history_add_ghosts(&history, circle, COUNT(circle), &fault), GW_USAGE);
    assert_contains(fault.message, "y (in the database) -> x (in the database) -> y");
    gw_history_free(&history);

    fault = (struct gw_fault){ 0 };
    graph_table_good(&history, rows, COUNT(rows));
    assert_int_equal(gw_history_add_ghosts(&history, twice, COUNT(twice), &fault), GW_USAGE);
    assert_string_equal(fault.message, "the database has the revision 'x' twice");
    gw_history_free(&history);

    fault = (struct gw_fault){ 0 };
    graph_table_good(&history, rows, COUNT(rows));
    assert_int_equal(gw_history_add_ghosts(&history, strange, COUNT(strange), &fault), GW_DONE);
    graph_table_sound(&history);
    assert_order(&history, "aaaa1 x");
    assert_int_equal(gw_map_get(&history.labels, "head", 4), GW_MAP_NONE);
    gw_history_free(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_id_of_128_characters),
        cmocka_unit_test(test_long_circle),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_order_does_not_follow_the_input),
        cmocka_unit_test(test_ties_by_time_then_id),
        cmocka_unit_test(test_repeatables_and_callbacks_come_last),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_baseline_stands_beside_the_chain),
        cmocka_unit_test(test_ghosts),
        cmocka_unit_test(test_linear_ghosts),
        cmocka_unit_test(test_hostile_ghosts),
    };
    return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
