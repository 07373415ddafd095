/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "plugin_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* gw_host has a member of that name */

static struct gw_error error_of(gw_status code, const char *message, const char *hint)
{
    return (struct gw_error){ .struct_size = sizeof(struct gw_error),
                              .code = code,
                              .message = { message, strlen(message) },
                              .hint = { hint, strlen(hint) } };
}

static void test_call_end(void **state)
{
    static const struct {
        gw_status returned;
        const char *said;
        int code;
        const char *message;
    } ends[] = {
        { GW_OK, NULL, GW_DONE, "" },
        { GW_STOP, NULL, GW_DONE, "" },
        { GW_OK, "changed its mind", GW_DONE, "" },
        { GW_E_SYNTAX, "near 'x'", GW_UNCHANGED, "near 'x'" },
        { GW_E_LOCKED, "busy", GW_LOCKED, "busy" },
        { GW_E_FENCED, "lost", GW_UNCHANGED, "lost" },
        { GW_E_NOT_FOUND, "no file", GW_NO_CONNECTION, "no file" },
        { GW_E_CONNECT - 50, "odd", GW_NO_CONNECTION, "odd" },
        { GW_E_CONNECT, NULL, GW_NO_CONNECTION, "plugin 'p': run returned -300 without a message" },
        { 7, "text", GW_UNCHANGED, "plugin 'p': run returned 7, which means nothing" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct gw_call call;
        struct gw_fault fault = { 0 };
        gw_call_init(&call, "p", NULL, NULL);
        call.sink = &fault; /* there is one, so it may say that it has seen enough */
        if (ends[i].said) {
            const struct gw_error error = error_of(ends[i].returned, ends[i].said, "try again");
            gw_host_table.fail(&call, &error);
        }
        assert_int_equal(gw_call_end(&call, ends[i].returned, "run", GW_UNCHANGED, &fault),
                         ends[i].code);
        assert_int_equal(fault.code, ends[i].code);
        assert_string_equal(fault.message, ends[i].message);
        if (ends[i].said && ends[i].code && ends[i].returned < 0)
            assert_string_equal(fault.hint, "try again");
    }
}

static void test_fail_copies_and_bounds(void **state)
{
    struct gw_call call;
    char large[5000];
    (void)state;
    gw_call_init(&call, "p", NULL, NULL);
    memset(large, '\xC3', sizeof large);
    for (size_t i = 1; i < sizeof large; i += 2)
        large[i] = '\xA9'; /* e with an acute accent: two bytes each */
    struct gw_error error = error_of(GW_E_IO, "", "\033[2J\nx");
    error.message = (struct gw_str){ large, sizeof large };
    error.native = 42;
    error.begin = 3;
    error.end = 9;
    memcpy(error.sqlstate, "42P01\0\0", sizeof error.sqlstate);
    assert_int_equal(gw_host_table.fail(&call, &error), GW_E_IO);
    memset(large, 'x', sizeof large);
    assert_int_equal(strlen(call.message), 898); /* whole characters */
    assert_memory_equal(call.message, "\xC3\xA9", 2);
    assert_string_equal(call.hint, "\\x1b[2J\\x0ax");
    assert_string_equal(call.sqlstate, "42P01");
    assert_int_equal(call.native, 42);
    assert_int_equal(call.begin, 3);
    assert_int_equal(call.end, 9);

    error = error_of(5, "positive", ""); /* not a failure code */
    assert_int_equal(gw_host_table.fail(&call, &error), GW_E_INTERNAL);
    error.struct_size = offsetof(struct gw_error, sqlstate); /* of an older SDK */
    error.code = GW_E_FULL;
    assert_int_equal(gw_host_table.fail(&call, &error), GW_E_FULL);
    assert_string_equal(call.message, "");
}

static void test_host_services(void **state)
{
    struct gw_events events;
    struct listener listener;
    struct gw_stop stop = { 0 };
    struct gw_call call;
    const struct gw_str copying = GW_S("copying");
    (void)state;
    listen_to(&events, &listener);
    gw_call_init(&call, "p", &events, &stop);
    assert_non_null(gw_host_table.service(&gw_host_table, "godwit.host.session/1"));
    assert_null(gw_host_table.service(&gw_host_table, "godwit.host.session/2"));

    assert_false(gw_host_table.stopped(&call));
    stop.level = GW_STOP_SOON; /* finish first */
    assert_false(gw_host_table.stopped(&call));
    stop.level = GW_STOP_NOW;
    assert_true(gw_host_table.stopped(&call));
    stop.level = GW_STOP_NONE;
    call.deadline_ns = gw_clock_steady_ns() + INT64_C(3600000000000);
    assert_false(gw_host_table.stopped(&call));
    call.deadline_ns = gw_clock_steady_ns() - 1;
    assert_true(gw_host_table.stopped(&call));

    int64_t start = gw_clock_steady_ns();
    for (uint64_t i = 0; i < 100000; i++)
        gw_host_table.progress(&call, i, 100000, copying);
    int64_t elapsed = gw_clock_steady_ns() - start;
    assert_true(listener.n_progress >= 1);
    assert_true((int64_t)listener.n_progress <= 1 + elapsed / 200000000);
    assert_contains(gw_buf_str(&listener.texts), "p: copying: 0 of 100000\n");

    gw_host_table.log(&call, 99, (struct gw_str){ "odd\n", 4 });
    assert_contains(gw_buf_str(&listener.texts), "plugin.log 5 p: odd\n");
    gw_host_table.log(&call, -1, (struct gw_str){ NULL, 4 });
    assert_contains(gw_buf_str(&listener.texts), "plugin.log 0 p: \n");
    gw_events_close(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_end),
        cmocka_unit_test(test_fail_copies_and_bounds),
        cmocka_unit_test(test_host_services),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
