/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PORT,
    WAIT,
    MODE,
    RATIO,
    LOUD,
    PASSWORD,
    PIN,
    LOG_FILE,
    SPEED
};

struct filled {
    struct gw_project project;
    struct gw_registry *registry;
    struct gw_arena arena;
    struct gw_events events;
    struct listener listener;
    struct gw_fault fault;
    struct gw_cell *cells;
    int code;
};

static void fill(struct filled *out, const char *options)
{
    char config[1000];
    snprintf(config, sizeof config, "\nplugins = ( { name = \"good\"; options = { %s }; } );",
             options);
    *out = (struct filled){ 0 };
    parse_project(&out->project, config);
    listen_to(&out->events, &out->listener);
    out->registry = new_registry(&out->project, &out->events);
    out->code =
        gw_options_fill(&out->arena, load_good(out->registry, "good"),
                        &out->project.plugins[0].options, &out->project, &out->cells, &out->fault);
}

static void fill_free(struct filled *filled)
{
    gw_registry_free(filled->registry);
    gw_events_close(&filled->events);
    gw_arena_free(&filled->arena);
    gw_project_free(&filled->project);
}

static void test_options(void **state)
{
    struct filled filled;
    char expected[300];
    (void)state;
    unsetenv("GODWIT_TEST_PASSWORD");
    fill(&filled, "password = \"a\"; port = 8080; ratio = 2; loud = true; mode = \"slow\"; "
                  "wait = \"250ms\"; log_file = \"x/y.log\"; speed = \"1\";");
    if (filled.code)
        fail_msg("%s", filled.fault.message);
    assert_int_equal(filled.cells[PORT].kind, GW_INT);
    assert_int_equal(filled.cells[PORT].v.i, 8080);
    assert_int_equal(filled.cells[WAIT].kind, GW_TIME);
    assert_int_equal(filled.cells[WAIT].v.i, 250000000);
    assert_string_equal(filled.cells[MODE].v.s.ptr, "slow");
    assert_int_equal(filled.cells[RATIO].kind, GW_REAL);
    assert_true(filled.cells[RATIO].v.f > 1.9 && filled.cells[RATIO].v.f < 2.1);
    assert_int_equal(filled.cells[LOUD].kind, GW_BOOL);
    assert_int_equal(filled.cells[LOUD].v.i, 1);
    assert_string_equal(filled.cells[PASSWORD].v.s.ptr, "a");
    assert_int_equal(filled.cells[PASSWORD].v.s.len, 1);
    snprintf(expected, sizeof expected, "%s/x/y.log", test_root);
    assert_string_equal(filled.cells[LOG_FILE].v.s.ptr, expected);
    assert_contains(gw_buf_str(&filled.listener.texts),
                    ":2: option 'speed' of plugin 'good' is deprecated: use mode");
    fill_free(&filled);

    setenv("GODWIT_TEST_PASSWORD", "from outside", 1);
    fill(&filled, "");
    if (filled.code)
        fail_msg("%s", filled.fault.message);
    assert_int_equal(filled.cells[PORT].v.i, 80);
    assert_int_equal(filled.cells[WAIT].v.i, 2000000000);
    assert_string_equal(filled.cells[MODE].v.s.ptr, "fast");
    assert_int_equal(filled.cells[RATIO].kind, GW_NULL);
    assert_int_equal(filled.cells[LOUD].v.i, 0);
    assert_string_equal(filled.cells[PASSWORD].v.s.ptr, "from outside");
    assert_int_equal(filled.cells[LOG_FILE].kind, GW_NULL);
    fill_free(&filled);
    fill(&filled, "password = \"from the file\";"); /* the file wins */
    assert_string_equal(filled.cells[PASSWORD].v.s.ptr, "from the file");
    fill_free(&filled);
    unsetenv("GODWIT_TEST_PASSWORD");
}

static void test_wrong_options(void **state)
{
    static const struct {
        const char *options, *message, *hint;
    } wrong[] = {
        { "prot = 1;", ":2: unknown option 'prot' of plugin 'good'; did you mean 'port'?", "" },
        { "xyzzy = 1;", ":2: unknown option 'xyzzy' of plugin 'good'", "it has: port, wait, mode" },
        { "", ":2: plugin 'good' needs the option 'password'", "GODWIT_TEST_PASSWORD" },
        { "port = 0;", ":2: option 'port' of plugin 'good': the value is out of range: 1 to 65535",
          "" },
        { "port = 65536;", "out of range", "" },
        { "port = 1.5;", "the value is not a whole number", "without quotes" },
        { "port = \"8o80\";", "'8o80' is not a whole number", "" },
        { "port = true;", "the value is not a whole number", "" },
        { "wait = 5;", "the value is not a duration", "\"10s\"" },
        { "wait = \"5 s\";", "'5 s' is not a duration", "" },
        { "wait = \"2m\";", "out of range: 1.0 ms to ", "" },
        { "mode = \"fsat\";", "'fsat' is not a choice", "fast|slow" },
        { "mode = 1;", "the value is not text", "quotes" },
        { "loud = 1;", "the value is not true or false", "" },
        { "loud = \"maybe\";", "'maybe' is not true or false", "" },
        { "ratio = \"1,5\";", "'1,5' is not a number", "1.5" },
        { "ratio = \"nan\";", "'nan' is not a number", "" },
        { "password = 12345;", "the value is not text", "" },
        { "password = \"a\"; pin = \"hunter2\";",
          "option 'pin' of plugin 'good': the value is not a whole number", "" },
        { "wait = \"${GODWIT_TEST_SECRET}\";", "the value is not a duration", "" },
    };
    (void)state;
    unsetenv("GODWIT_TEST_PASSWORD");
    setenv("GODWIT_TEST_SECRET", "hunter2", 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct filled filled;
        fill(&filled, wrong[i].options);
        if (filled.code != GW_USAGE)
            fail_msg("accepted: %s", wrong[i].options);
        assert_null(strstr(filled.fault.message, "hunter2"));
        assert_contains(filled.fault.message, wrong[i].message);
        assert_contains(filled.fault.hint, wrong[i].hint);
        fill_free(&filled);
    }
}

static void test_wrong_environment(void **state)
{
    struct filled filled;
    (void)state;
    setenv("GODWIT_TEST_RATIO", "hunter2", 1);
    fill(&filled, "password = \"a\";");
    unsetenv("GODWIT_TEST_RATIO");
    assert_int_equal(filled.code, GW_USAGE);
    assert_string_equal(
        filled.fault.message,
        "option 'ratio' of plugin 'good', environment variable 'GODWIT_TEST_RATIO': "
        "the value is not a number");
    fill_free(&filled);
}

static void test_options_text(void **state)
{
    struct filled filled;
    struct gw_buf text = GW_BUF_TEXT;
    (void)state;
    fill(&filled, "password = \"a\";");
    gw_plugin_options_text(&text, &load_good(filled.registry, "good")->descriptor);
    assert_contains(gw_buf_str(&text), "// where to listen\n"
                                       "// a whole number, 1 to 65535\n"
                                       "// port = 80;\n\n");
    assert_contains(gw_buf_str(&text), "// one of \"fast\", \"slow\"\n// mode = \"fast\";\n");
    assert_contains(gw_buf_str(&text),
                    "// of the account\n// text; required; secret, never shown; or "
                    "from the environment: GODWIT_TEST_PASSWORD\n"
                    "// password = \"...\";\n");
    gw_buf_free(&text);
    fill_free(&filled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_wrong_environment),
        cmocka_unit_test(test_options_text),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
