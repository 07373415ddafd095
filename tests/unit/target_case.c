/* SPDX-License-Identifier: Apache-2.0 */
#include "target_case.h"

#include "graph_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- graphs: titles are what the cases call the revisions ---- */

/* clang-format off: one row a line */
#define FORK_ROWS \
    { .id = "aaaa00000001", .title = "a1" }, \
        { .id = "aaaa00000002", .title = "a2", .revises = "aaaa00000001" }, \
        { .id = "bbbb00000001", .title = "b1", .revises = "aaaa00000002", .labels = "feat" }, \
        { .id = "bbbb00000002", .title = "b2", .revises = "bbbb00000001" }, \
        { .id = "cccc00000001", .title = "c1", .revises = "aaaa00000002" }, \
        { .id = "dddd00000001", .title = "d1", .labels = "other" }, \
    { \
        .id = "dddd00000002", .title = "d2", .revises = "dddd00000001", \
        .depends_on = "bbbb00000001" \
    }
/* clang-format on */

static const struct graph {
    struct graph_row rows[9];
    struct gw_ghost ghosts[3];
    bool linear;
} graphs[] = {
    [NONE] = { .linear = false },
    [LINE] = { .rows = { { .id = "ae1000000001", .title = "ae1" },
                         { .id = "ae2000000001", .title = "ae2", .revises = "ae1000000001" },
                         { .id = "27c600000001", .title = "27c", .revises = "ae2000000001" },
                         { .id = "ab3000000001", .title = "ab3", .revises = "27c600000001" } } },
    [FORK] = { .rows = { FORK_ROWS } },
    [MERGED] = { .rows = { FORK_ROWS,
                           { .id = "eeee00000001",
                             .title = "e1",
                             .revises = "bbbb00000002 cccc00000001" } } },
    [DEPENDS] = { .rows = { { .id = "aaaa00000001", .title = "a1" },
                            { .id = "bbbb00000001",
                              .title = "b1",
                              .revises = "aaaa00000001",
                              .labels = "x" },
                            { .id = "cccc00000001",
                              .title = "c1",
                              .revises = "aaaa00000001",
                              .labels = "y",
                              .depends_on = "x" } } },
    [LIBRARY] = { .rows = { { .id = "r1", .labels = "lib" },
                            { .id = "r2", .revises = "r1" },
                            { .id = "s1", .labels = "app" },
                            { .id = "s2", .revises = "s1", .depends_on = "lib" } } },
    [MIDDLE] = { .rows = { { .id = "m1" },
                           { .id = "m2", .revises = "m1", .labels = "mid" },
                           { .id = "m3", .revises = "m2" } } },
    [OTHERS] = { .rows = { { .id = "v1" },
                           { .id = "v2", .revises = "v1" },
                           { .id = "R__b", .kind = GW_KIND_REPEATABLE },
                           { .id = "R__a", .kind = GW_KIND_REPEATABLE },
                           { .id = "after", .kind = GW_KIND_AFTER },
                           { .id = "before2", .kind = GW_KIND_BEFORE },
                           { .id = "before1", .kind = GW_KIND_BEFORE } } },
    [REPEATABLES] = { .rows = { { .id = "R__a", .kind = GW_KIND_REPEATABLE } } },
    [BASELINE] = { .rows = { { .id = "8", .version = "8" },
                             { .id = "9", .version = "9" },
                             { .id = "B9", .version = "9", .flags = GW_REV_BASELINE },
                             { .id = "10", .version = "10" },
                             { .id = "11", .version = "11" } },
                   .linear = true },
    [GHOSTS] = { .rows = { { .id = "g1" },
                           { .id = "g2", .revises = "g1" },
                           { .id = "g3", .revises = "g2" } },
                 .ghosts = { { .id = "gone",
                               .title = "gone",
                               .parents = "g2",
                               .depends = "",
                               .labels = "" },
                             { .id = "later",
                               .title = "later",
                               .parents = "gone",
                               .depends = "",
                               .labels = "",
                               .has_down = true } } },
};

static void graph_open(struct gw_history *out, enum target_graph name)
{
    const struct graph *graph = &graphs[name];
    struct gw_fault fault = { 0 };
    size_t n = 0, ghosts = 0;

    while (n < COUNT(graph->rows) && graph->rows[n].id)
        n++;
    while (ghosts < COUNT(graph->ghosts) && graph->ghosts[ghosts].id)
        ghosts++;
    int code = graph->linear ? graph_table_build_linear(out, graph->rows, n, &fault)
                             : graph_table_build(out, graph->rows, n, &fault);
    if (!code && ghosts)
        code = gw_history_add_ghosts(out, graph->ghosts, ghosts, &fault);
    if (code)
        fail_msg("%s", fault.message);
}

/* ---- cases ---- */

static const char *const operation_names[] = { "upgrade", "downgrade", "downgrade --yes",
                                               "stamp",   "range",     "one",
                                               "many",    "current",   "current, resolved" };

static uint32_t titled(const struct gw_history *history, const char *title, size_t len)
{
    for (uint32_t i = 0; i < history->n; i++)
        if (strlen(history->at[i].title) == len && memcmp(history->at[i].title, title, len) == 0)
            return i;
    fail_msg("no revision is called '%.*s'", (int)len, title);
    return 0;
}

static uint8_t *applied_of(const struct gw_history *history, const char *list)
{
    if (!list)
        return NULL;
    uint8_t *applied = calloc(history->n + 1, 1);
    assert_non_null(applied);
    const bool exact = *list == '=', all = strcmp(list, "all") == 0;
    for (uint32_t i = 0; i < history->n && all; i++)
        applied[i] = GW_APPLIED;
    for (const char *s = list + exact; *s && !all; s += strspn(s, " ")) {
        size_t len = strcspn(s, " ");
        bool changed = s[len - 1] == '*';
        applied[titled(history, s, len - changed)] = changed ? GW_APPLIED_CHANGED : GW_APPLIED;
        s += len;
    }
    for (uint32_t i = history->n_versioned; i-- > 0 && !exact;) {
        const struct gw_revision *revision = &history->at[i];
        for (uint32_t k = 0; k < revision->n_parents && applied[i]; k++)
            applied[revision->parents[k]] = GW_APPLIED;
        for (uint32_t k = 0; k < revision->n_depends && applied[i]; k++)
            applied[revision->depends[k]] = GW_APPLIED;
    }
    return applied;
}

struct answer {
    struct gw_plan plan;
    uint32_t *list, one;
    size_t n;
    struct gw_arena arena;
};

static int stamp(struct answer *out, const struct gw_history *history, const uint8_t *applied,
                 const char *targets, struct gw_fault *fault)
{
    const char *list[4] = { 0 };
    size_t n = 0;
    for (const char *s = targets; *s; s += strspn(s, " ")) {
        size_t len = strcspn(s, " ");
        assert_true(n < COUNT(list));
        list[n] = gw_arena_copy(&out->arena, s, len);
        assert_non_null(list[n++]);
        s += len;
    }
    return gw_plan_stamp(&out->plan, history, applied, list, n, fault);
}

static int ask(struct answer *out, const struct gw_history *history, const struct target_case *row,
               const uint8_t *applied, struct gw_fault *fault)
{
    const struct gw_downgrade_options options = { .branch_trunk = row->operation == AGREED };
    switch (row->operation) {
    case UPGRADE:
        return gw_plan_upgrade(&out->plan, history, applied, row->target, fault);
    case DOWNGRADE:
    case AGREED:
        return gw_plan_downgrade(&out->plan, history, applied, row->target, &options, fault);
    case STAMP:
        return stamp(out, history, applied, row->target, fault);
    case RANGE:
        return gw_target_range(&out->list, &out->n, history, applied, row->target, &out->arena,
                               fault);
    case MANY:
        return gw_target_many(&out->list, &out->n, history, applied, row->target, &out->arena,
                              fault);
    case CURRENT:
    case EFFECTIVE:
        return gw_applied_heads(history, applied, row->operation == EFFECTIVE, &out->arena,
                                &out->list, &out->n, fault);
    case ONE:
        break;
    }
    out->list = &out->one;
    out->n = 1;
    return gw_target_one(&out->one, history, applied, row->target, fault);
}

static void describe(struct gw_buf *out, const struct gw_history *history,
                     const struct answer *answer)
{
    for (size_t i = 0; i < answer->plan.steps.len; i++) {
        const struct gw_step *step = &answer->plan.steps.at[i];
        gw_buf_printf(out, "%s%c%s", i ? " " : "", step->direction == GW_UP ? '+' : '-',
                      history->at[step->revision].title);
    }
    for (size_t i = 0; i < answer->n; i++)
        gw_buf_printf(out, "%s%s", i ? " " : "",
                      answer->list[i] == UINT32_MAX ? "base" : history->at[answer->list[i]].title);
}

static bool check(const struct target_case *row)
{
    struct gw_history history;
    struct gw_fault fault = { 0 };
    struct answer answer = { 0 };
    struct gw_buf text = GW_BUF_TEXT;

    graph_open(&history, row->graph);
    uint8_t *applied = applied_of(&history, row->applied);
    int code = ask(&answer, &history, row, applied, &fault);
    if (code)
        gw_buf_text(&text, fault.message);
    else
        describe(&text, &history, &answer);
    const char *got = gw_buf_str(&text);
    bool good =
        code == row->code && code == fault.code && (!code || *fault.hint) &&
        (row->code ? strncmp(got, row->text, strlen(row->text)) == 0 : !strcmp(got, row->text)) &&
        (!row->also || strstr(fault.message, row->also) || strstr(fault.hint, row->also));
    if (!good)
        print_error(
            "graph %d, applied '%s', %s '%s'\n  expected %d: %s (%s)\n  got      %d: %s (%s)\n",
            (int)row->graph, row->applied ? row->applied : "not known",
            operation_names[row->operation], row->target ? row->target : "", row->code, row->text,
            row->also ? row->also : "", code, got, fault.hint);
    gw_plan_free(&answer.plan);
    gw_arena_free(&answer.arena);
    gw_buf_free(&text);
    gw_history_free(&history);
    free(applied);
    return good;
}

void target_cases_check(const struct target_case *cases, size_t n)
{
    size_t bad = 0;
    for (size_t i = 0; i < n; i++)
        bad += !check(&cases[i]);
    assert_int_equal(bad, 0);
}
