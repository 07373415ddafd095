/* SPDX-License-Identifier: Apache-2.0 */
/* plan [MOST]: the CPU time that the graph and a plan of all of it take, for histories of 1,000 revisions up to
 * MOST, in memory. A chain, and a ladder of merges: two to the number of its rungs is how many ways lead up. */
#include "migration/plan.h"
#include "migration/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    LEAST = 1000,
    MOST = 100000,
    LIMIT = 10000000,
    TIMES = 10,
    ROUNDS = 5, /* the best counts: what disturbs only ever adds */
    RUNG = 3    /* revisions a rung: two sides and their merge */
};

struct times {
    int64_t build, plan; /* ns of CPU */
};

static int64_t cpu_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

typedef const char *list_parents(struct gw_arena *arena, uint32_t i);

/* Ids are hashes as a rule: their order is not that of the history. */
static const char *id_of(struct gw_arena *arena, uint32_t i)
{
    return gw_arena_printf(arena, "%012llx", (i + 1) * 0x9E3779B97F4BULL & 0xFFFFFFFFFFFFULL);
}

static const char *chain(struct gw_arena *arena, uint32_t i)
{
    return i ? id_of(arena, i - 1) : "";
}

static const char *ladder(struct gw_arena *arena, uint32_t i)
{
    if (i == 0)
        return "";
    if (i % RUNG)
        return id_of(arena, i - i % RUNG);
    return gw_arena_printf(arena, "%s %s", id_of(arena, i - 2), id_of(arena, i - 1));
}

static int add_found(struct gw_found_list *list, struct gw_arena *arena, uint32_t i,
                     list_parents *parents, struct gw_fault *fault)
{
    struct gw_found found = {
        .revision = { .id = id_of(arena, i), .title = "", .labels = "" },
        .revises = parents(arena, i),
        .depends_on = "",
    };
    found.revision.file = found.revision.id;
    return found.revision.id && found.revises && gw_vec_push(&list->found, found)
               ? GW_DONE
               : gw_fail_memory(fault);
}

static int measure(struct times *out, uint32_t n, list_parents *parents, struct gw_fault *fault)
{
    static const struct gw_format format = { .name = "godwit" };
    struct gw_history history = { .format = &format, .directory = "migrations" };
    struct gw_found_list list = { 0 };
    struct gw_plan plan = { 0 };
    uint8_t *applied = calloc(n, 1);
    int code = applied ? GW_DONE : gw_fail_memory(fault);

    for (uint32_t i = 0; i < n && !code; i++)
        code = add_found(&list, &history.arena, i, parents, fault);
    const int64_t start = cpu_ns();
    if (!code)
        code = gw_graph_build(&history, &list, fault);
    const int64_t built = cpu_ns();
    if (!code)
        code = gw_plan_upgrade(&plan, &history, applied, "heads", fault);
    const int64_t planned = cpu_ns();
    if (!code && plan.steps.len != n)
        code =
            gw_fail(fault, GW_INTERNAL, "a plan of %zu steps for %u revisions", plan.steps.len, n);
    *out = (struct times){ .build = built - start, .plan = planned - built };
    gw_plan_free(&plan);
    gw_vec_free(&list.found);
    gw_history_free(&history);
    free(applied);
    return code;
}

static int print_row(const char *shape, uint32_t n, list_parents *parents, struct gw_fault *fault)
{
    struct times best = { INT64_MAX, INT64_MAX };
    for (int round = 0; round < ROUNDS; round++) {
        struct times now;
        int code = measure(&now, n, parents, fault);
        if (code)
            return code;
        best.build = now.build < best.build ? now.build : best.build;
        best.plan = now.plan < best.plan ? now.plan : best.plan;
    }
    printf("  %-8s %8u revisions %11.1f ms %11.1f ms %9lld ns %9lld ns\n", shape, n,
           (double)best.build / 1e6, (double)best.plan / 1e6, (long long)(best.build / n),
           (long long)(best.plan / n));
    return GW_DONE;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        list_parents *parents;
    } shapes[] = { { "chain", chain }, { "ladder", ladder } };
    struct gw_fault fault = { 0 };
    const long most = argc > 1 ? strtol(argv[1], NULL, 10) : MOST;

    if (argc > 2 || most < LEAST || most > LIMIT) {
        fprintf(stderr, "usage: plan [MOST], from %d to %d\n", LEAST, LIMIT);
        return EXIT_USAGE;
    }
    printf("  %27s %14s %14s %12s %12s\n", "", "graph", "plan", "graph/rev.", "plan/rev.");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (long n = LEAST; n <= most; n *= TIMES)
            if (print_row(shapes[i].name, (uint32_t)n, shapes[i].parents, &fault)) {
                fprintf(stderr, "plan: %s\n", fault.message);
                return EXIT_FAILED;
            }
    return 0;
}
