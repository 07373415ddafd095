/* SPDX-License-Identifier: Apache-2.0 */
#include "event/consumer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <cmocka.h>

struct capture { /* what a consumer wrote to a file */
    FILE *file;
    char *text;
    size_t len;
};

static void capture_open(struct capture *capture)
{
    capture->file = tmpfile();
    assert_non_null(capture->file);
    capture->text = NULL;
}

static const char *capture_read(struct capture *capture)
{
    fflush(capture->file);
    long end = ftell(capture->file);
    assert_true(end >= 0);
    free(capture->text);
    capture->len = (size_t)end;
    capture->text = calloc(1, capture->len + 1);
    assert_non_null(capture->text);
    rewind(capture->file);
    assert_int_equal(fread(capture->text, 1, capture->len, capture->file), capture->len);
    return capture->text;
}

static void capture_close(struct capture *capture)
{
    fclose(capture->file);
    free(capture->text);
}

#define BYTES(text) (text), sizeof(text) - 1

static const struct {
    const char *bytes;
    size_t len;
    const char *read; /* as a JSON reader gets it */
} hostile[] = {
    { BYTES("plain"), "plain" },
    { BYTES("\"quoted\" \\ / "), "\"quoted\" \\ / " },
    { BYTES("line\nreturn\rtab\tbell\a"), "line\nreturn\rtab\tbell\a" },
    { BYTES("\033[2J\033]0;title\a"), "\033[2J\033]0;title\a" },
    { BYTES("\xff\xfe"), "\xEF\xBF\xBD\xEF\xBF\xBD" },
    { BYTES("a\xC3"), "a\xEF\xBF\xBD" },
    { BYTES("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" }, /* a lone surrogate */
    { BYTES("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD" },                 /* an overlong slash */
    { BYTES("a\0b"), "a\xEF\xBF\xBD"
                     "b" },
    { BYTES("\xC2\x9B"
            "31m"),
      "\xC2\x9B"
      "31m" }, /* an 8-bit escape */
    { BYTES("\xE2\x80\xAE"
            "gnp"),
      "\xE2\x80\xAE"
      "gnp" },
    { BYTES("\xF0\x9F\x90\xA6"), "\xF0\x9F\x90\xA6" },
    { BYTES(""), "" },
};

static struct gw_field bytes_field(const char *key, const char *bytes, size_t len)
{
    struct gw_field field = gw_field_text(key, "");
    field.val.v.s = (struct gw_str){ bytes, len };
    return field;
}

static void test_json_is_valid_for_any_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct gw_events events;
        struct capture out;
        capture_open(&out);
        gw_events_init(&events);
        gw_events_add(&events, gw_jsonl_new(out.file, 0));
        gw_emit(&events, GW_LEVEL_INFO, "test",
                GW_FIELDS(bytes_field("value", hostile[i].bytes, hostile[i].len)), "%.*s",
                (int)hostile[i].len, hostile[i].bytes);
        const char *line = capture_read(&out);
        for (size_t c = 0; c + 1 < out.len; c++) /* nothing for a terminal to obey */
            assert_in_range((unsigned char)line[c], 0x20, 0x7E);
        json_error_t error;
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        if (!object)
            fail_msg("case %zu: %s in %s", i, error.text, line);
        assert_string_equal(json_string_value(json_object_get(object, "value")), hostile[i].read);
        json_decref(object);
        gw_events_close(&events);
        capture_close(&out);
    }
}

static void test_json_has_the_fields(void **state)
{
    struct gw_events events;
    struct capture out;
    struct gw_field nan = gw_field_int("nan", 0);
    (void)state;

    nan.val = (struct gw_cell){ .kind = GW_REAL, .v.f = __builtin_nan("") };
    capture_open(&out);
    gw_events_init(&events);
    gw_events_add(&events, gw_jsonl_new(out.file, 0));
    gw_emit(&events, GW_LEVEL_DATA, "revision",
            GW_FIELDS(gw_field_int("number", INT64_MIN), gw_field_bool("yes", true),
                      gw_field_text("nothing", NULL), gw_field_list("list", " a  b c "),
                      gw_field_list("empty", NULL), nan),
            "a line");
    json_t *object = json_loads(capture_read(&out), 0, NULL);
    assert_non_null(object);
    assert_string_equal(json_string_value(json_object_get(object, "type")), "revision");
    assert_string_equal(json_string_value(json_object_get(object, "level")), "data");
    assert_string_equal(json_string_value(json_object_get(object, "run")), events.run);
    assert_int_equal(strlen(events.run), 16);
    assert_string_equal(json_string_value(json_object_get(object, "text")), "a line");
    const char *time = json_string_value(json_object_get(object, "time"));
    assert_int_equal(strlen(time), strlen("2024-10-14T14:30:22.123456Z"));
    assert_true(json_integer_value(json_object_get(object, "number")) == INT64_MIN);
    assert_true(json_is_true(json_object_get(object, "yes")));
    assert_true(json_is_null(json_object_get(object, "nothing")));
    assert_true(json_is_null(json_object_get(object, "nan")));
    const json_t *list = json_object_get(object, "list");
    assert_int_equal(json_array_size(list), 3);
    assert_string_equal(json_string_value(json_array_get(list, 2)), "c");
    assert_int_equal(json_array_size(json_object_get(object, "empty")), 0);
    json_decref(object);
    gw_events_close(&events);
    capture_close(&out);
}

static void test_json_leaves_out_what_was_not_asked_for(void **state)
{
    static const int lines[] = { 1, 2, 3 };
    (void)state;
    for (int verbosity = 0; verbosity <= 2; verbosity++) {
        struct gw_events events;
        struct capture out;
        int n = 0;
        capture_open(&out);
        gw_events_init(&events);
        gw_events_add(&events, gw_jsonl_new(out.file, verbosity));
        gw_emit(&events, GW_LEVEL_DEBUG, "a", GW_NO_FIELDS, "a");
        gw_emit(&events, GW_LEVEL_DETAIL, "b", GW_NO_FIELDS, "b");
        gw_emit(&events, GW_LEVEL_INFO, "c", GW_NO_FIELDS, "c");
        for (const char *c = capture_read(&out); *c; c++)
            n += *c == '\n';
        assert_int_equal(n, lines[verbosity]);
        gw_events_close(&events);
        capture_close(&out);
    }
}

struct screen {
    struct capture out, err;
    struct gw_events events;
};

static void screen_open(struct screen *screen, const struct gw_terminal_options *options)
{
    capture_open(&screen->out);
    capture_open(&screen->err);
    gw_events_init(&screen->events);
    gw_events_add(&screen->events, gw_terminal_new(screen->out.file, screen->err.file, options));
}

static void screen_close(struct screen *screen)
{
    gw_events_close(&screen->events);
    capture_close(&screen->out);
    capture_close(&screen->err);
}

static void test_terminal_keeps_data_apart(void **state)
{
    struct gw_fault fault = { .code = GW_USAGE, .message = "it broke", .hint = "mend it" };
    struct gw_terminal_options options = { .color = GW_COLOR_AUTO };
    struct screen screen;
    (void)state;

    screen_open(&screen, &options);
    gw_emit(&screen.events, GW_LEVEL_DATA, "a", GW_NO_FIELDS, "data");
    gw_emit(&screen.events, GW_LEVEL_INFO, "b", GW_NO_FIELDS, "info");
    gw_emit(&screen.events, GW_LEVEL_DETAIL, "c", GW_NO_FIELDS, "detail");
    gw_emit(&screen.events, GW_LEVEL_PROGRESS, "d", GW_NO_FIELDS, "progress");
    gw_emit(&screen.events, GW_LEVEL_WARN, "e", GW_NO_FIELDS, "careful");
    gw_emit_fault(&screen.events, &fault);
    assert_string_equal(capture_read(&screen.out), "data\n");
    assert_string_equal(capture_read(&screen.err),
                        "info\nwarning: careful\ngodwit: it broke\n  mend it\n");
    screen_close(&screen);
}

static void test_quiet_keeps_warnings_and_errors(void **state)
{
    struct gw_terminal_options options = { .color = GW_COLOR_NEVER, .quiet = true, .verbosity = 2 };
    struct screen screen;
    (void)state;

    screen_open(&screen, &options);
    gw_emit(&screen.events, GW_LEVEL_DATA, "a", GW_NO_FIELDS, "data");
    gw_emit(&screen.events, GW_LEVEL_INFO, "b", GW_NO_FIELDS, "info");
    gw_emit(&screen.events, GW_LEVEL_DEBUG, "c", GW_NO_FIELDS, "debug");
    gw_emit(&screen.events, GW_LEVEL_WARN, "d", GW_NO_FIELDS, "careful");
    assert_string_equal(capture_read(&screen.out), "data\n");
    assert_string_equal(capture_read(&screen.err), "warning: careful\n");
    screen_close(&screen);
}

static void test_strangers_cannot_steer_the_terminal(void **state)
{
    struct gw_fault fault = { .code = GW_USAGE,
                              .message = "in '\033[2Jx'",
                              .hint = "see \xC2\x9B"
                                      "1m" };
    struct gw_terminal_options options = { .color = GW_COLOR_NEVER };
    struct screen screen;
    (void)state;

    screen_open(&screen, &options);
    gw_emit(&screen.events, GW_LEVEL_DATA, "a", GW_NO_FIELDS, "title \033]0;owned\a\r\xff");
    gw_emit(&screen.events, GW_LEVEL_INFO, "b", GW_NO_FIELDS, "\033[31mred");
    gw_emit_fault(&screen.events, &fault);
    const char *texts[] = { capture_read(&screen.out), capture_read(&screen.err) };
    for (size_t i = 0; i < 2; i++)
        for (const char *c = texts[i]; *c; c++)
            if (*c != '\n')
                assert_in_range((unsigned char)*c, 0x20, 0x7E);
    assert_non_null(strstr(texts[0], "\\x1b]0;owned"));
    screen_close(&screen);
}

static void test_a_script_goes_to_a_file_as_it_is(void **state)
{
    struct gw_terminal_options options = { .color = GW_COLOR_NEVER };
    struct screen screen;
    (void)state;

    screen_open(&screen, &options);
    gw_emit(&screen.events, GW_LEVEL_DATA, "script", GW_NO_FIELDS, "SELECT '\033\t\r\n';");
    assert_string_equal(capture_read(&screen.out), "SELECT '\033\t\r\n';\n");
    screen_close(&screen);
}

static void test_color_only_where_it_is_wanted(void **state)
{
    static const struct {
        enum gw_color color;
        bool expected;
    } table[] = { { GW_COLOR_AUTO, false }, /* a file is no terminal */
                  { GW_COLOR_NEVER, false },
                  { GW_COLOR_ALWAYS, true } };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct gw_terminal_options options = { .color = table[i].color };
        struct screen screen;
        screen_open(&screen, &options);
        gw_emit(&screen.events, GW_LEVEL_WARN, "a", GW_NO_FIELDS, "careful");
        assert_int_equal(strchr(capture_read(&screen.err), '\033') != NULL, table[i].expected);
        screen_close(&screen);
    }
}

/* ---- a real terminal: the far end of a pseudo-terminal ---- */

struct pty {
    int master;
    FILE *slave;
};

static void pty_open(struct pty *pty)
{
    pty->master = posix_openpt(O_RDWR);
    assert_true(pty->master >= 0);
    assert_int_equal(grantpt(pty->master), 0);
    assert_int_equal(unlockpt(pty->master), 0);
    pty->slave = fopen(ptsname(pty->master), "w");
    assert_non_null(pty->slave);
}

static void pty_read(struct pty *pty, char *out, size_t room)
{
    fflush(pty->slave);
    ssize_t got = read(pty->master, out, room - 1);
    assert_true(got > 0);
    out[got] = '\0';
}

static void test_progress_is_one_line_on_a_terminal(void **state)
{
    struct gw_terminal_options options = { .color = GW_COLOR_NEVER };
    struct gw_events events;
    struct capture out;
    struct pty pty;
    char wide[400], seen[1024];
    (void)state;

    setenv("TERM", "xterm", 1);
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    capture_open(&out);
    pty_open(&pty);
    gw_events_init(&events);
    gw_events_add(&events, gw_terminal_new(out.file, pty.slave, &options));
    gw_emit(&events, GW_LEVEL_PROGRESS, "a", GW_NO_FIELDS, "%s", wide);
    pty_read(&pty, seen, sizeof seen);
    assert_null(strchr(seen, '\n'));
    assert_int_equal(strspn(strchr(seen, 'x'), "x"), 79); /* cut before the edge */
    gw_emit(&events, GW_LEVEL_INFO, "b", GW_NO_FIELDS, "done");
    pty_read(&pty, seen, sizeof seen);
    assert_string_equal(seen, "\r\033[Kdone\r\n"); /* drawn over */
    gw_events_close(&events);
    capture_close(&out);
    fclose(pty.slave);
    close(pty.master);
}

static void test_a_dumb_terminal_gets_no_escapes(void **state)
{
    struct gw_terminal_options options = { .color = GW_COLOR_AUTO };
    struct gw_events events;
    struct capture out;
    struct pty pty;
    char seen[256];
    (void)state;

    setenv("TERM", "dumb", 1);
    capture_open(&out);
    pty_open(&pty);
    gw_events_init(&events);
    gw_events_add(&events, gw_terminal_new(out.file, pty.slave, &options));
    gw_emit(&events, GW_LEVEL_PROGRESS, "a", GW_NO_FIELDS, "progress");
    gw_emit(&events, GW_LEVEL_WARN, "b", GW_NO_FIELDS, "careful");
    pty_read(&pty, seen, sizeof seen);
    assert_string_equal(seen, "warning: careful\r\n");
    gw_events_close(&events);
    capture_close(&out);
    fclose(pty.slave);
    close(pty.master);
}

static void test_no_color_is_honoured(void **state)
{
    static const struct {
        const char *value;
        bool expected;
    } table[] = { { "1", false }, { "", true } };
    (void)state;
    setenv("TERM", "xterm", 1);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct gw_terminal_options options = { .color = GW_COLOR_AUTO };
        struct gw_events events;
        struct pty pty;
        char seen[256];
        setenv("NO_COLOR", table[i].value, 1);
        pty_open(&pty);
        gw_events_init(&events);
        gw_events_add(&events, gw_terminal_new(NULL, pty.slave, &options));
        gw_emit(&events, GW_LEVEL_WARN, "b", GW_NO_FIELDS, "careful");
        pty_read(&pty, seen, sizeof seen);
        assert_int_equal(strchr(seen, '\033') != NULL, table[i].expected);
        gw_events_close(&events);
        fclose(pty.slave);
        close(pty.master);
    }
    unsetenv("NO_COLOR");
}

static void test_a_full_disk_does_not_stop_the_stream(void **state)
{
    struct gw_events events;
    FILE *full = fopen("/dev/full", "w");
    (void)state;

    assert_non_null(full);
    gw_events_init(&events);
    gw_events_add(&events, gw_jsonl_new(full, 0));
    for (int i = 0; i < 1000; i++)
        gw_emit(&events, GW_LEVEL_INFO, "a", GW_NO_FIELDS, "line %d", i);
    gw_events_close(&events);
    assert_true(ferror(full)); /* what the command turns into its exit code */
    fclose(full);
}

static void test_long_texts_arrive_whole(void **state)
{
    enum {
        LONG = 300000
    };
    struct gw_terminal_options options = { .color = GW_COLOR_NEVER };
    struct screen screen;
    char *text = malloc(LONG + 1);
    (void)state;

    assert_non_null(text);
    memset(text, 'a', LONG);
    text[LONG] = '\0';
    screen_open(&screen, &options);
    gw_emit(&screen.events, GW_LEVEL_DATA, "a", GW_NO_FIELDS, "%s", text);
    assert_int_equal(strlen(capture_read(&screen.out)), LONG + 1);
    screen_close(&screen);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_is_valid_for_any_bytes),
        cmocka_unit_test(test_json_has_the_fields),
        cmocka_unit_test(test_json_leaves_out_what_was_not_asked_for),
        cmocka_unit_test(test_terminal_keeps_data_apart),
        cmocka_unit_test(test_quiet_keeps_warnings_and_errors),
        cmocka_unit_test(test_strangers_cannot_steer_the_terminal),
        cmocka_unit_test(test_a_script_goes_to_a_file_as_it_is),
        cmocka_unit_test(test_color_only_where_it_is_wanted),
        cmocka_unit_test(test_progress_is_one_line_on_a_terminal),
        cmocka_unit_test(test_a_dumb_terminal_gets_no_escapes),
        cmocka_unit_test(test_no_color_is_honoured),
        cmocka_unit_test(test_a_full_disk_does_not_stop_the_stream),
        cmocka_unit_test(test_long_texts_arrive_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
