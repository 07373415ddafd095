/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of targets, each a row: a graph, what is applied, what is asked, what comes of it. */
#ifndef GW_TESTS_TARGET_CASE_H
#define GW_TESTS_TARGET_CASE_H

#include "migration/plan.h"

/* target_case.c draws them. */
enum target_graph {
    NONE,
    LINE,
    FORK,
    MERGED,
    DEPENDS,
    LIBRARY,
    MIDDLE,
    OTHERS,
    REPEATABLES,
    BASELINE,
    GHOSTS
};

enum target_operation {
    UPGRADE,
    DOWNGRADE,
    AGREED,
    STAMP,
    RANGE,
    ONE,
    MANY,
    CURRENT,
    EFFECTIVE
};

/* applied: titles; each stands for itself and all it stands on, after "=" for itself alone; "*" behind a
 * repeatable: its text differs now. "all": everything. NULL: not known. target of STAMP: a list.
 * text: the plan or the list; with a code, the beginning of the message. also: a part of message or hint. */
struct target_case {
    enum target_graph graph;
    const char *applied;
    enum target_operation operation;
    const char *target, *text;
    int code;
    const char *also;
};

/* Fails the test, after all cases were tried, if one of them went otherwise. */
void target_cases_check(const struct target_case *cases, size_t n);

#endif
