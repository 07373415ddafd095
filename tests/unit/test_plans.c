/* SPDX-License-Identifier: Apache-2.0 */
/* Plans on graphs drawn at random, held against a model of its own. GODWIT_SEED repeats a run. */
#include "graph_table.h"
#include "migration/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
    REVISIONS_MOST = 300,
    EDGES_MOST = 4,
    ROUNDS = 300,
    ID_ROOM = 24,
    LIST_ROOM = EDGES_MOST * ID_ROOM,
    LABEL_EVERY = 17
};

/* Revisions are drawn after what they stand on: numbers ascend along each edge. */
struct model {
    uint32_t n;
    uint32_t parents[REVISIONS_MOST][EDGES_MOST], depends[REVISIONS_MOST][EDGES_MOST];
    uint32_t n_parents[REVISIONS_MOST], n_depends[REVISIONS_MOST];
    char ids[REVISIONS_MOST][ID_ROOM], labels[REVISIONS_MOST][ID_ROOM];
    uint32_t at[REVISIONS_MOST];     /* its index in history */
    uint32_t number[REVISIONS_MOST]; /* and back */
    struct gw_history history;
};

static uint32_t draw_edges(uint32_t *edges, uint32_t i, uint32_t most, uint64_t *seed)
{
    uint32_t n = 0, wanted = graph_table_draw(seed, most + 1),
             near = 1 + graph_table_draw(seed, 12);
    for (uint32_t k = 0; k < wanted && i; k++) {
        uint32_t span = graph_table_draw(seed, 3) && near < i ? near : i;
        uint32_t to = i - 1 - graph_table_draw(seed, span);
        bool twice = false;
        for (uint32_t j = 0; j < n; j++)
            twice = twice || edges[j] == to;
        if (!twice)
            edges[n++] = to;
    }
    return n;
}

static void list_ids(char *out, const struct model *model, const uint32_t *edges, uint32_t n)
{
    size_t len = 0;
    out[0] = '\0';
    for (uint32_t k = 0; k < n; k++)
        len += (size_t)snprintf(out + len, LIST_ROOM - len, "%s%s", k ? " " : "",
                                model->ids[edges[k]]);
}

static void model_draw(struct model *model, uint64_t *seed)
{
    static char revises[REVISIONS_MOST][LIST_ROOM], depends_on[REVISIONS_MOST][LIST_ROOM];
    struct graph_row rows[REVISIONS_MOST];

    model->n = 1 + graph_table_draw(seed, graph_table_draw(seed, 2) ? 12 : REVISIONS_MOST);
    for (uint32_t i = 0; i < model->n; i++) {
        snprintf(model->ids[i], ID_ROOM, "%08x", (i + 1) * 0x9E3779B1u); /* odd: no two alike */
        snprintf(model->labels[i], ID_ROOM, "branch%u", i);
        model->n_parents[i] =
            draw_edges(model->parents[i], i, graph_table_draw(seed, 6) ? 1 : 3, seed);
        model->n_depends[i] =
            draw_edges(model->depends[i], i, graph_table_draw(seed, 8) ? 0 : 2, seed);
        list_ids(revises[i], model, model->parents[i], model->n_parents[i]);
        list_ids(depends_on[i], model, model->depends[i], model->n_depends[i]);
        rows[i] = (struct graph_row){ .id = model->ids[i],
                                      .revises = revises[i],
                                      .depends_on = depends_on[i],
                                      .labels = i % LABEL_EVERY ? "" : model->labels[i] };
    }
    graph_table_shuffle(rows, model->n, seed);
    graph_table_good(&model->history, rows, model->n);
    for (uint32_t i = 0; i < model->n; i++) {
        model->at[i] = gw_map_get(&model->history.ids, model->ids[i], strlen(model->ids[i]));
        assert_true(model->at[i] < model->n);
        model->number[model->at[i]] = i;
    }
}

/* ---- what the model says; sets are by number ---- */

static bool stands_on(const struct model *model, uint32_t i, const uint8_t *set, bool depends)
{
    bool found = false;
    for (uint32_t k = 0; k < model->n_parents[i]; k++)
        found = found || set[model->parents[i][k]];
    for (uint32_t k = 0; k < model->n_depends[i] && depends; k++)
        found = found || set[model->depends[i][k]];
    return found;
}

static bool stands_on_all(const struct model *model, uint32_t i, const uint8_t *set)
{
    bool all = true;
    for (uint32_t k = 0; k < model->n_parents[i]; k++)
        all = all && set[model->parents[i][k]];
    for (uint32_t k = 0; k < model->n_depends[i]; k++)
        all = all && set[model->depends[i][k]];
    return all;
}

static void close_below(const struct model *model, uint8_t *set)
{
    for (uint32_t i = model->n; i-- > 0;) {
        for (uint32_t k = 0; k < model->n_parents[i] && set[i]; k++)
            set[model->parents[i][k]] = 1;
        for (uint32_t k = 0; k < model->n_depends[i] && set[i]; k++)
            set[model->depends[i][k]] = 1;
    }
}

/* Adds what stands on the set. */
static void close_above(const struct model *model, uint8_t *set)
{
    for (uint32_t i = 0; i < model->n; i++)
        set[i] |= stands_on(model, i, set, true);
}

static void draw_applied(const struct model *model, uint8_t *set, uint64_t *seed)
{
    memset(set, 0, REVISIONS_MOST);
    for (uint32_t tips = graph_table_draw(seed, 4); tips; tips--)
        set[graph_table_draw(seed, model->n)] = 1;
    close_below(model, set);
}

static void to_history(const struct model *model, const uint8_t *set, uint8_t *applied)
{
    for (uint32_t i = 0; i < model->n; i++)
        applied[model->at[i]] = set[i];
}

/* ---- plans ---- */

/* Takes the steps one by one: each must be possible where it comes. */
static void follow(const struct model *model, const struct gw_plan *plan, uint8_t *set)
{
    for (size_t i = 0; i < plan->steps.len; i++) {
        const struct gw_step *step = &plan->steps.at[i];
        uint32_t number = model->number[step->revision];
        if (step->direction == GW_UP) {
            assert_false(set[number]);
            assert_true(stands_on_all(model, number, set));
            set[number] = 1;
            continue;
        }
        uint8_t alone[REVISIONS_MOST] = { 0 };
        assert_true(set[number]);
        alone[number] = 1;
        for (uint32_t k = number + 1; k < model->n; k++)
            assert_false(set[k] && stands_on(model, k, alone, true));
        set[number] = 0;
    }
}

enum verb {
    UPGRADE,
    DOWNGRADE,
    STAMP
};

static void run(const struct model *model, enum verb verb, const char *target, uint8_t *set)
{
    const struct gw_downgrade_options options = { .branch_trunk = true };
    uint8_t applied[REVISIONS_MOST];
    struct gw_fault fault = { 0 };
    struct gw_plan plan = { 0 };
    int code = GW_DONE;

    to_history(model, set, applied);
    switch (verb) {
    case UPGRADE:
        code = gw_plan_upgrade(&plan, &model->history, applied, target, &fault);
        break;
    case DOWNGRADE:
        code = gw_plan_downgrade(&plan, &model->history, applied, target, &options, &fault);
        break;
    case STAMP:
        code = gw_plan_stamp(&plan, &model->history, applied, &target, 1, &fault);
        break;
    }
    if (code)
        fail_msg("%s", fault.message);
    follow(model, &plan, set);
    gw_plan_free(&plan);
}

static void assert_same(const struct model *model, const uint8_t *got, const uint8_t *expected)
{
    assert_memory_equal(got, expected, model->n);
}

static void upgrade_to_heads(const struct model *model, uint64_t *seed)
{
    uint8_t set[REVISIONS_MOST], all[REVISIONS_MOST];
    memset(all, 1, sizeof all);
    draw_applied(model, set, seed);
    run(model, UPGRADE, "heads", set);
    assert_same(model, set, all);
}

static void upgrade_to_one(const struct model *model, uint64_t *seed)
{
    uint8_t set[REVISIONS_MOST], expected[REVISIONS_MOST];
    uint32_t target = graph_table_draw(seed, model->n);
    draw_applied(model, set, seed);
    memcpy(expected, set, sizeof expected);
    expected[target] = 1;
    close_below(model, expected);
    run(model, UPGRADE, model->ids[target], set);
    assert_same(model, set, expected);
}

/* What is left is what does not stand on the children of the target. */
static void downgrade_to_one(const struct model *model, uint64_t *seed)
{
    uint8_t set[REVISIONS_MOST], gone[REVISIONS_MOST] = { 0 }, target[REVISIONS_MOST] = { 0 };
    uint8_t expected[REVISIONS_MOST];
    uint32_t number = graph_table_draw(seed, model->n);
    draw_applied(model, set, seed);
    set[number] = 1;
    close_below(model, set);
    target[number] = 1;
    for (uint32_t i = 0; i < model->n; i++)
        gone[i] = stands_on(model, i, target, false);
    close_above(model, gone);
    for (uint32_t i = 0; i < model->n; i++)
        expected[i] = set[i] && !gone[i];
    run(model, DOWNGRADE, model->ids[number], set);
    assert_same(model, set, expected);
    assert_true(set[number]);
}

static void downgrade_to_base(const struct model *model, uint64_t *seed)
{
    uint8_t set[REVISIONS_MOST];
    const uint8_t none[REVISIONS_MOST] = { 0 };
    draw_applied(model, set, seed);
    run(model, DOWNGRADE, "base", set);
    assert_same(model, set, none);
}

static void up_and_down_again(const struct model *model, uint64_t *seed)
{
    uint8_t set[REVISIONS_MOST], expected[REVISIONS_MOST] = { 0 };
    uint32_t target = graph_table_draw(seed, model->n);
    memset(set, 0, sizeof set);
    run(model, UPGRADE, "heads", set);
    run(model, DOWNGRADE, "base", set);
    run(model, UPGRADE, model->ids[target], set);
    expected[target] = 1;
    close_below(model, expected);
    assert_same(model, set, expected);
    run(model, DOWNGRADE, model->ids[target], set); /* nothing stands on it */
    assert_same(model, set, expected);
}

/* A stamp runs nothing, but what it leaves can be upgraded and downgraded like anything else. */
static void stamp_one(const struct model *model, uint64_t *seed)
{
    uint8_t set[REVISIONS_MOST], above[REVISIONS_MOST] = { 0 }, expected[REVISIONS_MOST] = { 0 };
    uint32_t target = graph_table_draw(seed, model->n);
    draw_applied(model, set, seed);
    above[target] = expected[target] = 1;
    close_above(model, above);
    close_below(model, expected);
    for (uint32_t i = 0; i < model->n; i++)
        expected[i] = expected[i] || (set[i] && !above[i]);
    run(model, STAMP, model->ids[target], set);
    assert_same(model, set, expected);
}

/* A branch goes without leaving anything that stands on it. */
static void downgrade_branch(const struct model *model, uint64_t *seed)
{
    uint8_t set[REVISIONS_MOST], branch[REVISIONS_MOST] = { 0 };
    uint32_t number = graph_table_draw(seed, model->n);
    char target[ID_ROOM + 8];
    draw_applied(model, set, seed);
    branch[number] = 1;
    close_above(model, branch);
    snprintf(target, sizeof target, "%s@base", model->ids[number]);
    run(model, graph_table_draw(seed, 2) ? DOWNGRADE : STAMP, target, set);
    for (uint32_t i = 0; i < model->n; i++)
        assert_false(set[i] && branch[i]);
}

static void applied_heads(const struct model *model, uint64_t *seed)
{
    uint8_t set[REVISIONS_MOST], applied[REVISIONS_MOST], expected[REVISIONS_MOST] = { 0 };
    uint8_t got[REVISIONS_MOST] = { 0 };
    bool resolve = graph_table_draw(seed, 2);
    struct gw_arena arena = { 0 };
    struct gw_fault fault = { 0 };
    uint32_t *heads;
    size_t n;
    draw_applied(model, set, seed);
    to_history(model, set, applied);
    for (uint32_t i = 0; i < model->n; i++) {
        uint8_t alone[REVISIONS_MOST] = { 0 };
        alone[i] = 1;
        expected[i] = set[i];
        for (uint32_t k = i + 1; k < model->n; k++)
            expected[i] = expected[i] && !(set[k] && stands_on(model, k, alone, resolve));
    }
    assert_int_equal(
        gw_applied_heads(&model->history, applied, resolve, &arena, &heads, &n, &fault), GW_DONE);
    for (size_t i = 0; i < n; i++)
        got[model->number[heads[i]]] = 1;
    assert_same(model, got, expected);
    gw_arena_free(&arena);
}

/* From a revision to one that descends from it: exactly what lies between, both included. */
static void range(const struct model *model, uint64_t *seed)
{
    uint8_t from[REVISIONS_MOST] = { 0 }, to[REVISIONS_MOST] = { 0 }, got[REVISIONS_MOST] = { 0 };
    uint32_t start = graph_table_draw(seed, model->n), end = graph_table_draw(seed, model->n);
    struct gw_arena arena = { 0 };
    struct gw_fault fault = { 0 };
    char text[2 * ID_ROOM];
    uint32_t *list;
    size_t n = 0;
    from[start] = to[end] = 1;
    for (uint32_t i = 0; i < model->n; i++)
        from[i] |= stands_on(model, i, from, false);
    for (uint32_t i = model->n; i-- > 0;)
        for (uint32_t k = 0; k < model->n_parents[i] && to[i]; k++)
            to[model->parents[i][k]] = 1;
    snprintf(text, sizeof text, "%s:%s", model->ids[start], model->ids[end]);
    int code = gw_target_range(&list, &n, &model->history, NULL, text, &arena, &fault);
    assert_int_equal(code, from[end] ? GW_DONE : GW_USAGE);
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || list[i] > list[i - 1]);
        got[model->number[list[i]]] = 1;
    }
    for (uint32_t i = 0; i < model->n; i++)
        assert_int_equal(got[i], from[i] && to[i]);
    gw_arena_free(&arena);
}

/* Whatever is written for a target: an answer, or one sentence that says what is wrong with it. */
static void any_text(const struct model *model, uint64_t *seed)
{
    static const char *const parts[] = { "@",        "+",    "-",     ":",    "1",       "2",
                                         "99",       "head", "heads", "base", "current", "branch0",
                                         "branch17", "9",    "9e37",  " ",    "" };
    const struct gw_downgrade_options options = { 0 };
    uint8_t set[REVISIONS_MOST], applied[REVISIONS_MOST];
    struct gw_fault faults[5] = { 0 };
    struct gw_plan plan = { 0 };
    struct gw_arena arena = { 0 };
    struct gw_buf text = GW_BUF_TEXT;
    uint32_t one, *list;
    size_t n;

    draw_applied(model, set, seed);
    to_history(model, set, applied);
    for (uint32_t k = graph_table_draw(seed, 7); k; k--)
        gw_buf_text(&text, parts[graph_table_draw(seed, COUNT(parts))]);
    const char *const target = gw_buf_str(&text);
    const int codes[COUNT(faults)] = {
        gw_plan_upgrade(&plan, &model->history, applied, target, &faults[0]),
        gw_plan_downgrade(&plan, &model->history, applied, target, &options, &faults[1]),
        gw_plan_stamp(&plan, &model->history, applied, &target, 1, &faults[2]),
        gw_target_one(&one, &model->history, applied, target, &faults[3]),
        gw_target_range(&list, &n, &model->history, applied, target, &arena, &faults[4]),
    };
    for (size_t i = 0; i < COUNT(faults); i++) {
        assert_int_equal(codes[i], faults[i].code);
        assert_true(codes[i] == GW_DONE || codes[i] == GW_USAGE || codes[i] == GW_PENDING);
        assert_true(!codes[i] || (*faults[i].message && *faults[i].hint));
    }
    gw_plan_free(&plan);
    gw_arena_free(&arena);
    gw_buf_free(&text);
}

static void test_random_graphs(void **state)
{
    static void (*const properties[])(const struct model *, uint64_t *) = {
        upgrade_to_heads,  upgrade_to_one,    downgrade_to_one,
        downgrade_to_base, up_and_down_again, stamp_one,
        downgrade_branch,  applied_heads,     range,
        any_text,
    };
    static struct model model;
    const char *given = getenv("GODWIT_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 20241014;
    (void)state;

    seed = seed ? seed : 1;
    print_message("GODWIT_SEED=%llu\n", (unsigned long long)seed);
    for (int round = 0; round < ROUNDS; round++) {
        model_draw(&model, &seed);
        for (size_t i = 0; i < COUNT(properties); i++)
            properties[i](&model, &seed);
        gw_history_free(&model.history);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_graphs) };
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
