/* SPDX-License-Identifier: 0BSD */
/* The cases, where they are not in the table's own file. */
#ifndef CHECK_CASES_H
#define CHECK_CASES_H

#include "host.h"

/* Scripts that nobody writes: allocated, NULL when out of memory. */
extern const size_t check_n_inputs;
struct gw_str check_input(size_t i);

void check_case_input(struct check *check);
void check_case_events(struct check *check);
void check_case_damage(struct check *check);
void check_case_split(struct check *check);
void check_case_quote(struct check *check);
void check_case_absent(struct check *check);

/* facts.c: what can be told without a call */
void check_case_note(struct check *check);
void check_case_symbols(struct check *check);
void check_case_descriptor(struct check *check);
void check_case_interfaces(struct check *check);
void check_case_options(struct check *check);

/* process.c: what a plugin leaves behind in its process */
void check_case_init(struct check *check);
void check_case_process(struct check *check);
void check_case_leaks(struct check *check);
void check_case_threads(struct check *check);

#endif
