/* SPDX-License-Identifier: Apache-2.0 */
/* The user's trust file, which may be a stranger's work like any other file. */
#include "base/file.h"
#include "plugin/trusted.h"
#include "plugin_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "ffff456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int load(struct gw_trusted *out, struct gw_fault *fault)
{
    *fault = (struct gw_fault){ 0 };
    return gw_trusted_load(out, fault);
}

static void write_trusted(const void *bytes, size_t len, mode_t mode)
{
    struct gw_fault fault = { 0 };
    char path[256];
    test_path(path, "data/godwit");
    if (gw_file_make_folder(path, &fault) || chmod(path, 0700))
        fail_msg("%s", fault.message);
    test_path(path, "data/godwit/trusted");
    unlink(path);
    if (gw_file_write(path, bytes, len, GW_FILE_NEW, &fault) || chmod(path, mode))
        fail_msg("%s", fault.message);
}

static void assert_refused(const char *message, const char *hint)
{
    struct gw_trusted trusted;
    struct gw_fault fault;
    assert_int_equal(load(&trusted, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message, message);
    assert_contains(fault.hint, hint);
    gw_trusted_free(&trusted);
}

static void test_round_trip(void **state)
{
    struct gw_trusted trusted;
    struct gw_fault fault = { 0 };
    bool found;
    (void)state;
    assert_int_equal(load(&trusted, &fault), GW_DONE); /* none is none */
    assert_int_equal(trusted.entries.len, 0);
    gw_trusted_free(&trusted);
    assert_int_equal(gw_trusted_record("/a/b.so", NULL, &found, &fault), GW_DONE);
    assert_false(found);
    assert_int_equal(gw_trusted_record("/a/b.so", HASH, &found, &fault), GW_DONE);
    assert_int_equal(gw_trusted_record("/a/with a space.so", OTHER, &found, &fault), GW_DONE);
    assert_int_equal(gw_trusted_record("/a/b.so", OTHER, &found, &fault), GW_DONE);
    assert_true(found);
    assert_int_equal(load(&trusted, &fault), GW_DONE);
    assert_int_equal(trusted.entries.len, 2);
    assert_string_equal(gw_trusted_find(&trusted, "/a/b.so")->sha256, OTHER);
    assert_string_equal(gw_trusted_find(&trusted, "/a/with a space.so")->sha256, OTHER);
    assert_null(gw_trusted_find(&trusted, "/a/b"));
    gw_trusted_free(&trusted);
    assert_int_equal(gw_trusted_record("/a/b\n" HASH " /evil.so", HASH, &found, &fault),
                     GW_PLUGIN_REFUSED);
    assert_contains(fault.message, "control characters");
}

static void test_hostile_text(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *message;
    } cases[] = {
#define CASE(text_, message_) { text_, sizeof text_ - 1, message_ }
        CASE("nonsense\n", "trusted:1: does not begin with a sha256 and a space"),
        CASE("# fine\n\n" HASH "\n", "trusted:3: does not begin with a sha256"),
        CASE(HASH "  /a.so\n", "trusted:1: does not end with an absolute path"),
        CASE(HASH " a.so\n", "trusted:1: does not end with an absolute path"),
        CASE(HASH " /a\0.so\n", "trusted:1: does not end with an absolute path"),
        CASE(HASH " /a.so\r\n", "trusted:1: does not end with an absolute path"),
        CASE(HASH " /a\xff.so\n", "trusted:1: does not end with an absolute path"),
        CASE("\0\0\0\0", "trusted:1: does not begin"),
        CASE("g" HASH " /a.so", "trusted:1: does not begin"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_trusted(cases[i].text, cases[i].len, 0600);
        assert_refused(cases[i].message, "trust anew");
    }
    struct gw_buf text = GW_BUF((size_t)4 << 20);
    while (text.len <= (size_t)1 << 20)
        gw_buf_text(&text, "# a comment that is repeated\n");
    write_trusted(text.data, text.len, 0600);
    assert_refused("has more than the 1048576 bytes that are read", "lines");
    gw_buf_clear(&text);
    for (int i = 0; i < 5000; i++)
        gw_buf_text(&text, HASH " /a.so\n");
    write_trusted(text.data, text.len, 0600);
    assert_refused("trusted:4097: has more entries than the 4096", "");
    gw_buf_clear(&text);
    gw_buf_text(&text, HASH " /");
    for (int i = 0; i < 5000; i++)
        gw_buf_char(&text, 'a');
    write_trusted(text.data, text.len, 0600);
    assert_refused("does not end with an absolute path", "");
    gw_buf_free(&text);
}

static void test_places(void **state)
{
    struct gw_trusted trusted;
    struct gw_fault fault;
    char path[256], folder[256], away[256];
    (void)state;
    test_path(path, "data/godwit/trusted");
    test_path(folder, "data/godwit");
    test_path(away, "away");
    write_trusted(HASH " /a.so\n", strlen(HASH " /a.so\n"), 0620);
    assert_refused("others may write to '", "see that nobody added to it");
    write_trusted(HASH " /a.so\n", strlen(HASH " /a.so\n"), 0602);
    assert_refused("others may write to '", "chmod go-w '");
    write_trusted(HASH " /a.so", strlen(HASH " /a.so"), 0600);
    assert_int_equal(load(&trusted, &fault), GW_DONE);
    assert_int_equal(trusted.entries.len, 1);
    gw_trusted_free(&trusted);
    assert_int_equal(chmod(folder, 0770), 0);
    assert_refused("others may write to '", "");
    assert_int_equal(chmod(folder, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 12345), 0);
        assert_refused("belongs to another user (uid 12345)", "trust anew");
        assert_int_equal(chown(path, 0, 0), 0);
        assert_int_equal(chown(folder, 12345, 12345), 0);
        assert_refused("godwit' belongs to another user (uid 12345)", "trust anew");
        assert_int_equal(chown(folder, 0, 0), 0);
    }
    assert_int_equal(rename(path, away), 0);
    assert_int_equal(symlink(away, path), 0);
    assert_refused("cannot open '", "");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused("is not a regular file", "");
    unlink(path);
}

/* A relative XDG_DATA_HOME is none; HOME counts then. */
static void test_home(void **state)
{
    struct gw_trusted trusted;
    struct gw_fault fault;
    char *kept = strdup(getenv("XDG_DATA_HOME")), home[256], expected[300];
    (void)state;
    test_path(home, "home");
    setenv("HOME", home, 1);
    setenv("XDG_DATA_HOME", "relative", 1);
    assert_int_equal(load(&trusted, &fault), GW_DONE);
    snprintf(expected, sizeof expected, "%s/.local/share/godwit/trusted", home);
    assert_string_equal(trusted.file, expected);
    gw_trusted_free(&trusted);
    setenv("XDG_DATA_HOME", kept, 1);
    free(kept);
}

/* Many that write at once: the file is whole, and no word is lost. */
static void test_at_once(void **state)
{
    enum {
        WRITERS = 8
    };
    struct gw_trusted trusted;
    struct gw_fault fault;
    pid_t children[WRITERS];
    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct gw_fault mine = { 0 };
            char path[32];
            bool found;
            snprintf(path, sizeof path, "/at/once/%d.so", i);
            _exit(gw_trusted_record(path, HASH, &found, &mine));
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(load(&trusted, &fault), GW_DONE);
    for (int i = 0; i < WRITERS; i++) {
        char path[32];
        snprintf(path, sizeof path, "/at/once/%d.so", i);
        assert_non_null(gw_trusted_find(&trusted, path));
    }
    gw_trusted_free(&trusted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_places),     cmocka_unit_test(test_home),
        cmocka_unit_test(test_at_once),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
