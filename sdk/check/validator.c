/* SPDX-License-Identifier: 0BSD */
#include "cases.h"

#include <stdlib.h>
#include <string.h>

gw_status check_validate(struct check *check, void *self, const struct gw_subject *subject,
                         const struct check_how *how)
{
    struct gw_call *call = check_begin(check, "check");
    call->subject = subject;
    check_how_to(call, how);
    return check_end(call, check->plugin.validator.check(call, self, subject, &check_findings_out));
}

static struct gw_subject subject_of(uint64_t phase, struct gw_str sql)
{
    const bool file = phase == GW_PHASE_FILES || phase == GW_PHASE_CLEAN;
    struct gw_subject subject = { .struct_size = sizeof subject,
                                  .direction = file ? GW_DIRECTION_UP : GW_DIRECTION_NONE,
                                  .phase = phase,
                                  .dialect = GW_S("sqlite") };
    if (file) {
        subject.revision = (struct gw_str)GW_S("7b15fd9db179");
        subject.title = (struct gw_str)GW_S("Add question bank foundation");
        subject.file = (struct gw_str)GW_S("migrations/add_question_bank_foundation.sql");
        subject.sql = sql;
    } else
        subject.revision = subject.title = subject.file = subject.sql = (struct gw_str)GW_S("");
    return subject;
}

static void validate_phases(struct check *check, void *self, struct gw_str sql,
                            const struct gw_span *spans, uint64_t n_spans,
                            const struct check_how *how)
{
    const uint64_t known =
        GW_PHASE_FILES | GW_PHASE_CLEAN | GW_PHASE_BEFORE | GW_PHASE_AFTER | GW_PHASE_MONITOR;
    for (uint64_t phase = GW_PHASE_FILES; phase <= GW_PHASE_MONITOR; phase <<= 1) {
        if (!(check->plugin.validator.phases & known & phase))
            continue;
        struct gw_subject subject = subject_of(phase, sql);
        if (subject.sql.len) {
            subject.statements = spans;
            subject.n_statements = spans ? n_spans : 0;
        }
        check_validate(check, self, &subject, how);
        subject.direction = subject.direction ? GW_DIRECTION_DOWN : GW_DIRECTION_NONE;
        check_validate(check, self, &subject, how);
    }
}

static const char usual[] = "CREATE TABLE question_bank (id INTEGER, title TEXT);\n"
                            "-- a comment: FIXME\n"
                            "DROP TABLE \"Session Notes\"; INSERT INTO t VALUES ('it''s');\n";
static const struct gw_span spans[] = { { 0, 51, 0 }, { 73, 99, 0 }, { 101, 131, 0 } };

void check_exercise_validator(struct check *check, void *self, const struct check_how *how)
{
    const struct gw_str sql = { usual, sizeof usual - 1 };
    validate_phases(check, self, sql, spans, CHECK_COUNT(spans), how);
    validate_phases(check, self, sql, NULL, 0, how);
}

static void with_input(struct check *check, struct check_instance *instance, const void *payload)
{
    const struct gw_str *input = payload;
    const struct gw_span whole = { 0, input->len, 0 };

    if (instance->kind != GW_KIND_VALIDATOR)
        return;
    validate_phases(check, instance->self, *input, NULL, 0, &CHECK_USUAL);
    if (input->len)
        validate_phases(check, instance->self, *input, &whole, 1, &CHECK_USUAL);
}

void check_case_input(struct check *check)
{
    for (size_t i = 0; i < check_n_inputs; i++) {
        struct gw_str input = check_input(i);
        if (!input.ptr) {
            check_fail(check, "out of memory");
            return;
        }
        check_each(check, with_input, &input);
        free((char *)input.ptr);
    }
}

/* ---- inputs that scripts are made of, too ---- */

static const struct {
    const char *piece;
    size_t len, times;
} inputs[] = {
    { "", 0, 0 },
    { " \n\t", 3, 1 },
    { "SELECT 'never closed", 20, 1 },
    { "/* never closed ;", 17, 1 },
    { "$$ never closed \"", 17, 1 },
    { "a\0;b", 4, 3 },
    { "\xff\xfe\xc0\x80;", 5, 1000 },
    { "\xed\xa0\x80\xf5", 4, 1 },
    { "(", 1, 1000000 },
    { "/*", 2, 500000 },
    { "'", 1, 1000001 },
    { "BEGIN ", 6, 100000 },
    { ";", 1, 1000000 },
    { "INSERT INTO question_bank VALUES (1, 'text');\n", 46, 400000 },
};
const size_t check_n_inputs = CHECK_COUNT(inputs);

struct gw_str check_input(size_t i)
{
    size_t len = inputs[i].len * inputs[i].times;
    char *text = malloc(len + 1);
    for (size_t n = 0; text && n < inputs[i].times; n++)
        memcpy(text + n * inputs[i].len, inputs[i].piece, inputs[i].len);
    if (text)
        text[len] = '\0';
    return (struct gw_str){ text, len };
}
