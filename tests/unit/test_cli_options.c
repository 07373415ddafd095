/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    JSON = 1,
    RANGE,
    COLOR,
    VERBOSE,
    QUIET,
    REASON,
    PLAN
};

static const struct gw_switch global_table[] = {
    { JSON, 0, "json", NULL, NULL, "TEST_JSON", "" },
    { VERBOSE, 'v', "verbose", NULL, NULL, NULL, "" },
    { QUIET, 'q', "quiet", NULL, NULL, "TEST_QUIET", "" },
    { COLOR, 0, "color", "WHEN", "auto|always|never", "TEST_COLOR", "" },
};
static const struct gw_switch command_table[] = {
    { RANGE, 'r', "rev-range", "A:B", NULL, NULL, "" },
    { REASON, 0, "reason", "TEXT", NULL, NULL, "" },
    { PLAN, 0, "plan", NULL, NULL, NULL, "" },
};
static const struct gw_switches sets[] = {
    { command_table, sizeof command_table / sizeof command_table[0] },
    { global_table, sizeof global_table / sizeof global_table[0] },
};

enum {
    WORDS = 8
};

/* One command line: what it reads as. seen lists the options as "ID=VALUE" or "ID", words as they are. */
static const struct {
    const char *line[WORDS];
    const char *seen;
    const char *message; /* part of it; NULL: no failure */
    const char *hint;    /* part of it */
} cases[] = {
    { { "head" }, "head", NULL, NULL },
    { { "-1" }, "-1", NULL, NULL },
    { { "--plan", "-1" }, "7 -1", NULL, NULL },
    { { "-1", "--plan" }, "7 -1", NULL, NULL },
    { { "-12abc" }, "-12abc", NULL, NULL },
    { { "+1" }, "+1", NULL, NULL },
    { { "-" }, "-", NULL, NULL },
    { { "-r", "-2:current" }, "2=-2:current", NULL, NULL },
    { { "-r-2:current" }, "2=-2:current", NULL, NULL },
    { { "--rev-range=-3:" }, "2=-3:", NULL, NULL },
    { { "--rev-range", "-3:" }, "2=-3:", NULL, NULL },
    { { "-r", "a:b", "-vv" }, "2=a:b 4 4", NULL, NULL },
    { { "-vqr", "a:" }, "4 5 2=a:", NULL, NULL },
    { { "-vra:" }, "4 2=a:", NULL, NULL },
    { { "--color=always" }, "3=always", NULL, NULL },
    { { "--color", "never" }, "3=never", NULL, NULL },
    { { "--reason=" }, "6=", NULL, NULL },
    { { "--reason=--plan" }, "6=--plan", NULL, NULL },
    { { "--", "--plan", "-v" }, "--plan -v", NULL, NULL },
    { { "a", "--", "--" }, "a --", NULL, NULL },
    { { "" }, "", NULL, NULL },
    { { "--plam" }, "", "unknown option '--plam'", "'--plan'" },
    { { "--jsno=1" }, "", "unknown option '--jsno'", "'--json'" },
    { { "--nothing-like-it" }, "", "unknown option '--nothing-like-it'", "--help" },
    { { "-x" }, "", "unknown option '-x'", "--help" },
    { { "-vx" }, "", "unknown option '-x'", "--help" },
    { { "-\033" }, "", "unknown option '-?'", "--help" },
    { { "--json=yes" }, "", "takes no value", "--json" },
    { { "--reason" }, "", "'--reason' needs a value", "--reason=TEXT" },
    { { "-r" }, "", "'--rev-range' needs a value", "" },
    { { "--reason", "--plan" }, "", "'--reason' needs a value", "--reason=--plan" },
    { { "--color", "green" }, "", "cannot be 'green'", "auto|always|never" },
    { { "--color=" }, "", "cannot be ''", "auto|always|never" },
    { { "--color", "alw" }, "", "cannot be 'alw'", "auto|always|never" },
};

static void describe(const struct gw_arguments *arguments, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < arguments->options.len; i++) {
        const struct gw_given_option *given = &arguments->options.at[i];
        used += (size_t)snprintf(out + used, room - used, "%s%d%s%s", used ? " " : "",
                                 given->option->id, given->value ? "=" : "",
                                 given->value ? given->value : "");
    }
    for (size_t i = 0; i < arguments->words.len; i++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", used ? " " : "",
                                 arguments->words.at[i]);
}

static void test_command_lines_read_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gw_arguments arguments = { 0 };
        struct gw_fault fault = { 0 };
        char *argv[WORDS + 1] = { NULL }, seen[256];
        int argc = 0, at = 0;
        while (argc < WORDS && cases[i].line[argc]) {
            argv[argc] = strdup(cases[i].line[argc]);
            argc++;
        }
        int code = gw_options_read(&arguments, sets, 2, argc, argv, &at, false, &fault);
        describe(&arguments, seen, sizeof seen);
        if (cases[i].message) {
            assert_int_equal(code, GW_USAGE);
            if (!strstr(fault.message, cases[i].message) || !strstr(fault.hint, cases[i].hint))
                fail_msg("case %zu: '%s' / '%s'", i, fault.message, fault.hint);
        } else {
            if (code || strcmp(seen, cases[i].seen) != 0)
                fail_msg("case %zu: %d '%s', expected '%s'", i, code, seen, cases[i].seen);
            assert_int_equal(at, argc);
        }
        gw_arguments_free(&arguments);
        for (int j = 0; j < argc; j++)
            free(argv[j]);
    }
}

static void test_reading_stops_before_the_command(void **state)
{
    char json[] = "--json", command[] = "upgrade", plan[] = "--plan";
    char *argv[] = { json, command, plan, NULL };
    struct gw_arguments arguments = { 0 };
    struct gw_fault fault = { 0 };
    int at = 0;
    (void)state;

    assert_int_equal(gw_options_read(&arguments, &sets[1], 1, 3, argv, &at, true, &fault), GW_DONE);
    assert_int_equal(at, 1);
    assert_int_equal(arguments.words.len, 0);
    assert_int_equal(gw_argument_count(&arguments, JSON), 1);
    gw_arguments_free(&arguments);
}

static void test_the_last_value_counts(void **state)
{
    char a[] = "--color=never", b[] = "--color=always";
    char *argv[] = { a, b, NULL };
    struct gw_arguments arguments = { 0 };
    struct gw_fault fault = { 0 };
    int at = 0;
    (void)state;

    assert_int_equal(gw_options_read(&arguments, sets, 2, 2, argv, &at, false, &fault), GW_DONE);
    assert_string_equal(gw_argument_text(&arguments, COLOR), "always");
    assert_int_equal(gw_argument_count(&arguments, COLOR), 2);
    assert_null(gw_argument_text(&arguments, REASON));
    gw_arguments_free(&arguments);
}

static void test_environment_stands_in(void **state)
{
    static const struct {
        const char *name, *value;
        int code, id, count;
    } table[] = {
        { "TEST_JSON", "1", GW_DONE, JSON, 1 },       { "TEST_JSON", "Yes", GW_DONE, JSON, 1 },
        { "TEST_JSON", "0", GW_DONE, JSON, 0 },       { "TEST_JSON", "off", GW_DONE, JSON, 0 },
        { "TEST_JSON", "", GW_DONE, JSON, 0 },        { "TEST_JSON", "maybe", GW_USAGE, JSON, 0 },
        { "TEST_COLOR", "never", GW_DONE, COLOR, 1 }, { "TEST_COLOR", "red", GW_USAGE, COLOR, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct gw_arguments arguments = { 0 };
        struct gw_fault fault = { 0 };
        setenv(table[i].name, table[i].value, 1);
        assert_int_equal(gw_options_environment(&arguments, &sets[1], &fault), table[i].code);
        assert_int_equal(gw_argument_count(&arguments, table[i].id), table[i].count);
        if (fault.code) {
            assert_non_null(strstr(fault.message, table[i].name));
            assert_true(fault.hint[0]);
        }
        gw_arguments_free(&arguments);
        unsetenv(table[i].name);
    }
}

static void test_command_line_wins_over_environment(void **state)
{
    char color[] = "--color=never";
    char *argv[] = { color, NULL };
    struct gw_arguments arguments = { 0 };
    struct gw_fault fault = { 0 };
    int at = 0;
    (void)state;

    setenv("TEST_COLOR", "always", 1);
    assert_int_equal(gw_options_read(&arguments, sets, 2, 1, argv, &at, false, &fault), GW_DONE);
    assert_int_equal(gw_options_environment(&arguments, &sets[1], &fault), GW_DONE);
    assert_string_equal(gw_argument_text(&arguments, COLOR), "never");
    unsetenv("TEST_COLOR");
    gw_arguments_free(&arguments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_lines_read_as_written),
        cmocka_unit_test(test_reading_stops_before_the_command),
        cmocka_unit_test(test_the_last_value_counts),
        cmocka_unit_test(test_environment_stands_in),
        cmocka_unit_test(test_command_line_wins_over_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
