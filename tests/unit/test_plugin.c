/* SPDX-License-Identifier: Apache-2.0 */
#include "../plugins/trace.h"
#include "base/file.h"
#include "plugin_folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct trace *trace_of(const struct gw_plugin_loaded *plugin)
{
    struct trace copy;
    assert_true(gw_plugin_interface(plugin, TRACE, &copy, sizeof copy));
    return copy.self;
}

/* ---- loading ---- */

static void test_lifecycle(void **state)
{
    struct gw_project project;
    struct gw_events events;
    struct listener listener;
    static int32_t fini_clock; /* the plugins stay, and with them their pointer to it */
    (void)state;
    parse_project(&project, "");
    listen_to(&events, &listener);
    struct gw_registry *registry = new_registry(&project, &events);

    const struct gw_plugin_loaded *good = load_good(registry, "good");
    assert_true(good->ready);
    assert_string_equal(good->name, "good");
    assert_string_equal(good->descriptor.id, "org.example.plugin");
    assert_string_equal(good->descriptor.version, "1.2");
    assert_string_equal(good->descriptor.vendor, "");
    assert_int_equal(good->facts.kinds, GW_KIND_HOOK);
    assert_string_equal(good->facts.sha256, ""); /* bundled: let in by its place */
    assert_contains(gw_buf_str(&listener.texts), "plugin.log 4 good: hello\\x1b[31m\n");
    assert_ptr_equal(load_good(registry, "good"), good);
    const struct gw_plugin_loaded *second = load_good(registry, "second");

    struct trace *first_trace = trace_of(good), *second_trace = trace_of(second);
    assert_int_equal(first_trace->inits, 1);
    assert_int_equal(first_trace->finis, 0);
    first_trace->clock = second_trace->clock = &fini_clock;
    gw_registry_free(registry);
    assert_int_equal(first_trace->finis, 1); /* still mapped */
    assert_int_equal(second_trace->fini_at, 1);
    assert_int_equal(first_trace->fini_at, 2);

    gw_events_close(&events);
    gw_project_free(&project);
    gw_registry_free(NULL);
}

static void test_interface(void **state)
{
    struct gw_project project;
    struct {
        struct trace known;
        uint64_t later; /* what this host knows and the plugin does not */
    } wide;
    uint32_t narrow = 0;
    (void)state;
    parse_project(&project, "");
    struct gw_registry *registry = new_registry(&project, NULL);
    const struct gw_plugin_loaded *good = load_good(registry, "good");
    memset(&wide, 0xFF, sizeof wide);
    assert_true(gw_plugin_interface(good, TRACE, &wide, sizeof wide));
    assert_int_equal(wide.known.struct_size, sizeof wide.known);
    assert_int_equal(wide.later, 0);
    assert_true(gw_plugin_interface(good, TRACE, &narrow, sizeof narrow));
    assert_int_equal(narrow, sizeof(struct trace));
    memset(&wide, 0xFF, sizeof wide);
    assert_false(gw_plugin_interface(good, "godwit.driver/1", &wide, sizeof wide));
    assert_int_equal(wide.later, 0);
    gw_registry_free(registry);
    gw_project_free(&project);
}

static const struct refusal {
    const char *name;
    const char *message;
    const char *hint;
    bool constructed; /* its constructor ran before it could be found out */
} refusals[] = {
    { "old-major", "needs plugin ABI 0.0; this godwit serves 1.0", "newer build of the plugin",
      false },
    { "new-major", "needs plugin ABI 2.0; this godwit serves 1.0", "newer godwit", false },
    { "new-minor", "needs plugin ABI 1.7; this godwit serves 1.0", "newer godwit", false },
    { "no-note", "no-note.so' is not a plugin of godwit: it has no .note.godwit", "GW_PLUGIN()",
      false },
    { "lying-minor", "needs plugin ABI 1.7; this godwit serves 1.0", "newer godwit", true },
    { "no-symbol", "no-symbol.so' exports no 'godwit_plugin_v1'", "GW_PLUGIN()", false },
    { "two-notes", "two-notes.so' holds two plugins", "GW_PLUGIN()", false },
    { "runpath-relative",
      "runpath-relative.so' looks for libraries in 'lib', which is not an absolute folder",
      "-rpath", false },
    { "runpath-empty", "looks for libraries in '', which is not an absolute folder", "-rpath",
      false },
    { "runpath-origin", "looks for libraries in '$ORIGIN/lib', which is not an", "-rpath", false },
    { "runpath-open",
      "looks for libraries in '/tmp': others may write into the folder '/tmp' and exchange", "move",
      false },
    { "no-descriptor", "plugin 'no-descriptor': 'godwit_plugin_v1' returned no descriptor", "",
      true },
    { "no-id", "plugin 'no-id': its descriptor has no id", "author", true },
    { "small", "plugin 'small': the struct_size of its descriptor is out of range", "", true },
    { "huge", "plugin 'huge': the struct_size of its descriptor is out of range", "", true },
    { "other-kind", "its note and its list of interfaces name different kinds", "", true },
    { "no-list", "its descriptor provides no interface", "", true },
    { "empty-list", "its descriptor provides no interface", "", true },
    { "no-table", "an interface has no table", "", true },
    { "short-table", "the struct_size of an interface is out of range", "", true },
    { "bad-stride", "the size of its table of options is out of range", "", true },
    { "bad-default", "the value is out of range: 1 to 65535, which is the default of: 'port'", "",
      true },
    { "twice", "an option is there twice: 'port'", "", true },
    { "init-fails", "no moon today", "give it a %s", true },
    { "godo", "no plugin 'godo' in '", "did you mean 'good'?", false },
    { "xyzzy", "; there are: bad-default, bad-stride, ", "path in plugins.conf", false },
    { "../good", "'../good' is not the name of a plugin", "a-z", false },
    { "Good", "'Good' is not the name of a plugin", "", false },
    { "", "'' is not the name of a plugin", "", false },
};

static void test_refusals(void **state)
{
    struct gw_project project;
    (void)state;
    parse_project(&project, "");
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *one = &refusals[i];
        struct gw_registry *registry = new_registry(&project, NULL);
        unsetenv("GODWIT_TEST_CONSTRUCTED");
        for (int again = 0; again < 2; again++) {
            const struct gw_plugin_loaded *plugin;
            struct gw_fault fault = { 0 };
            if (gw_registry_load(registry, one->name, &plugin, &fault) != GW_PLUGIN_REFUSED)
                fail_msg("'%s' is not refused: %s", one->name, fault.message);
            assert_null(plugin);
            assert_contains(fault.message, one->message);
            assert_contains(fault.hint, one->hint);
        }
        if ((getenv("GODWIT_TEST_CONSTRUCTED") != NULL) != one->constructed)
            fail_msg("constructor of %s", one->name);
        gw_registry_free(registry);
    }
    gw_project_free(&project);
}

/* ---- files ---- */

static int inspect(const char *below, struct gw_fault *fault)
{
    struct gw_plugin_facts facts;
    char path[256];
    test_path(path, below);
    *fault = (struct gw_fault){ 0 };
    return gw_plugin_inspect(&facts, path, fault);
}

static void assert_inspect(const char *below, const char *message, const char *hint)
{
    struct gw_fault fault;
    int code = inspect(below, &fault);
    if (!message) {
        if (code)
            fail_msg("%s", fault.message);
        return;
    }
    assert_int_equal(code, GW_PLUGIN_REFUSED);
    assert_contains(fault.message, message);
    assert_contains(fault.hint, hint);
}

static void test_inspect(void **state)
{
    struct gw_plugin_facts facts;
    struct gw_fault fault = { 0 };
    char path[256], expected[256];
    (void)state;
    test_path(path, "bundled/../bundled/good.so");
    test_path(expected, "bundled/good.so");
    assert_int_equal(gw_plugin_inspect(&facts, path, &fault), GW_DONE);
    assert_string_equal(facts.path, expected);
    assert_int_equal(facts.abi_major, 1);
    assert_int_equal(facts.abi_minor, 0);
    assert_int_equal(facts.kinds, GW_KIND_HOOK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(facts.bytes, st.st_size);
}

static void test_file_checks(void **state)
{
    char path[256], other[256];
    (void)state;
    copy_file(BUILT "good.so", "file.so");
    test_path(path, "file.so");
    assert_inspect("file.so", NULL, NULL);
    assert_int_equal(chmod(path, 0664), 0);
    assert_inspect("file.so", "others may write to '", "chmod go-w '");
    assert_int_equal(chmod(path, 0646), 0);
    assert_inspect("file.so", "others may write to '", "chmod go-w '");
    assert_int_equal(chmod(path, 04755), 0);
    assert_inspect("file.so", "is set-id, which no plugin needs to be", "chmod ug-s '");
    assert_int_equal(chmod(path, 0644), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 12345), 0);
        assert_inspect("file.so", "belongs to another user (uid 12345)", "root");
    }

    assert_inspect("missing.so", "cannot find the plugin file", "");
    assert_inspect("bundled", "is not a regular file", "shared object");
    test_path(path, "pipe.so");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_inspect("pipe.so", "is not a regular file", "");

    test_path(path, "link.so"); /* a link is what it points to */
    test_path(other, "bundled/good.so");
    assert_int_equal(symlink(other, path), 0);
    assert_inspect("link.so", NULL, NULL);
}

static void test_folder_checks(void **state)
{
    char path[256];
    (void)state;
    test_path(path, "open");
    assert_int_equal(mkdir(path, 0755), 0);
    copy_file(BUILT "good.so", "open/good.so");
    assert_inspect("open/good.so", NULL, NULL);
    assert_int_equal(chmod(path, 0775), 0);
    assert_inspect("open/good.so", "others may write into the folder '", "chmod go-w '");
    assert_int_equal(chmod(path, 0757), 0);
    assert_inspect("open/good.so", "others may write into the folder '", "chmod go-w '");
    assert_int_equal(chmod(path, 01777), 0); /* as /tmp, where this one lies too, but further up */
    assert_inspect("open/good.so", "others may write into the folder '", "move the plugin");
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 12345), 0);
        assert_inspect("open/good.so", "belongs to another user (uid 12345)", "");
    }
}

static void write_bytes(const char *below, const void *bytes, size_t len)
{
    struct gw_fault fault = { 0 };
    char path[256];
    test_path(path, below);
    unlink(path);
    if (gw_file_write(path, bytes, len, GW_FILE_NEW, &fault) || chmod(path, 0644))
        fail_msg("%s", fault.message);
}

/* Whatever becomes of the bytes, inspection ends with a sentence or with facts. */
static void test_hostile_elf(void **state)
{
    static const struct {
        size_t offset;
        unsigned char byte;
        const char *message;
    } changes[] = {
        { 0, 'X', "is not a shared object" },      { 4, 1, "was built for another machine" },
        { 5, 2, "was built for another machine" }, { 18, 3, "was built for another machine" },
        { 16, 2, "is not a shared object" },       { 54, 1, "is cut off or damaged" },
        { 57, 255, "is cut off or damaged" },      { 39, 255, "is cut off or damaged" },
    };
    struct gw_buf good = GW_BUF((size_t)64 << 20);
    struct gw_fault fault = { 0 };
    uint32_t random = 1;
    (void)state;
    assert_int_equal(gw_file_read(&good, AT_FDCWD, BUILT "good.so", "good.so", &fault), GW_DONE);

    write_bytes("elf.so", "#!/bin/sh\nexit 0\n", 17);
    assert_inspect("elf.so", "is not a shared object", "GW_PLUGIN()");
    write_bytes("elf.so", "", 0);
    assert_inspect("elf.so", "is not a shared object", "");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char kept = good.data[changes[i].offset];
        good.data[changes[i].offset] = (char)changes[i].byte;
        write_bytes("elf.so", good.data, good.len);
        assert_inspect("elf.so", changes[i].message, "");
        good.data[changes[i].offset] = kept;
    }
    for (size_t len = 1; len < 600; len += 7) { /* headers and notes lie past that */
        write_bytes("elf.so", good.data, len);
        assert_inspect("elf.so", len < 64 ? "is not a shared object" : "is cut off or damaged", "");
    }
    for (int i = 0; i < 300; i++) {
        random = random * 1664525 + 1013904223;
        size_t at = (random >> 8) % 1024;
        char kept = good.data[at];
        good.data[at] = (char)(random >> 3);
        write_bytes("elf.so", good.data, good.len);
        int code = inspect("elf.so", &fault);
        assert_true(code == GW_DONE || (code == GW_PLUGIN_REFUSED && fault.message[0]));
        good.data[at] = kept;
    }
    gw_buf_free(&good);
}

/* Every from in the bytes becomes to, which is as long. */
static void patch(const char *source, const char *below, const char *from, const char *to)
{
    struct gw_buf bytes = GW_BUF((size_t)64 << 20);
    struct gw_fault fault = { 0 };
    size_t len = strlen(from) + 1, n = 0;
    assert_int_equal(gw_file_read(&bytes, AT_FDCWD, source, source, &fault), GW_DONE);
    for (char *at = bytes.data; (at = memmem(at, bytes.len - (size_t)(at - bytes.data), from, len));
         n++)
        memcpy(at, to, len);
    assert_true(n > 0);
    write_bytes(below, bytes.data, bytes.len);
    gw_buf_free(&bytes);
}

static void test_objects(void **state)
{
    struct gw_plugin_facts facts;
    struct gw_plugin_report report;
    struct gw_fault fault = { 0 };
    char path[256];
    (void)state;
    test_path(path, "patched.so");
    patch(BUILT "good.so", "patched.so", "libc.so.6", "/ibc.so.6");
    assert_int_equal(gw_plugin_inspect(&facts, path, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message,
                    "patched.so' needs the library '/ibc.so.6', a path instead of a name");
    assert_contains(fault.hint, "soname");

    fault = (struct gw_fault){ 0 };
    patch(BUILT "two-symbols.so", "patched.so", "godwit_plugin_v2", "godwit_plugin_v1");
    assert_int_equal(gw_plugin_inspect(&facts, path, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message, "patched.so' exports more than one 'godwit_plugin_v1'");
    fault = (struct gw_fault){ 0 };
    assert_int_equal(gw_plugin_inspect(&facts, BUILT "two-symbols.so", &fault), GW_DONE);
    assert_int_equal(gw_plugin_inspect(&facts, BUILT "runpath-sound.so", &fault), GW_DONE);

    /* The report does not end at the first reason. */
    patch(BUILT "runpath-origin.so", "patched.so", "libc.so.6", "/ibc.so.6");
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(gw_plugin_report(&report, path, &fault), GW_DONE);
    assert_int_equal(report.n_refusals, 3);
    assert_contains(report.refusals[0].message, "others may write to");
    assert_contains(report.refusals[1].message, "a path instead of a name");
    assert_contains(report.refusals[2].message, "$ORIGIN/lib");
    assert_true(report.note);
    assert_contains(gw_buf_str(&report.needed), "/ibc.so.6");
    assert_string_equal(gw_buf_str(&report.runpath), "$ORIGIN/lib");
    assert_int_equal(strlen(report.facts.sha256), 64);
    gw_plugin_report_free(&report);
}

static void test_set_id(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    pid_t child = fork();
    if (child == 0) { /* as a set-uid program sees itself */
        struct gw_registry *registry;
        struct gw_fault fault = { 0 };
        struct gw_project project = { .folder = "." };
        if (setresuid(12345, 0, 0))
            _exit(2);
        _exit(gw_registry_new(&registry, &project, test_bundled, NULL, NULL, &fault) ==
                      GW_PLUGIN_REFUSED
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_folder_of_environment(void **state)
{
    struct gw_project project;
    struct gw_events events;
    struct listener listener;
    struct gw_registry *registry;
    struct gw_fault fault = { 0 };
    char open[256];
    (void)state;
    parse_project(&project, "");
    listen_to(&events, &listener);
    setenv("GODWIT_PLUGIN_DIR", test_bundled, 1);
    assert_int_equal(gw_registry_new(&registry, &project, NULL, &events, NULL, &fault), GW_DONE);
    assert_true(load_good(registry, "good")->ready);
    gw_registry_free(registry);

    if (geteuid() == 0) {
        const struct gw_plugin_loaded *plugin;
        test_path(open, "anybody");
        assert_int_equal(mkdir(open, 0755), 0);
        assert_int_equal(chmod(open, 0777), 0);
        copy_file(BUILT "good.so", "anybody/good.so");
        setenv("GODWIT_PLUGIN_DIR", open, 1);
        assert_int_equal(gw_registry_new(&registry, &project, NULL, &events, NULL, &fault),
                         GW_DONE);
        assert_contains(gw_buf_str(&listener.texts),
                        "GODWIT_PLUGIN_DIR is ignored: others may write");
        /* The folder beside this program counts instead, whatever it holds. */
        int code = gw_registry_load(registry, "good", &plugin, &fault);
        assert_null(strstr(code ? fault.message : plugin->facts.path, open));
        gw_registry_free(registry);
    }
    unsetenv("GODWIT_PLUGIN_DIR");
    gw_events_close(&events);
    gw_project_free(&project);
}

static void test_list(void **state)
{
    struct gw_project project;
    struct gw_arena arena = { 0 };
    struct gw_plugin_listing *list;
    struct gw_fault fault = { 0 };
    size_t n, good = 0;
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    parse_project(&project,
                  "plugins = ( { name = \"aaa\"; path = \"./mine.so\"; }, { name = \"good\"; },"
                  " { name = \"zzz\"; } );");
    struct gw_registry *registry = new_registry(&project, NULL);
    unsetenv("GODWIT_TEST_CONSTRUCTED");
    assert_int_equal(gw_registry_list(registry, &arena, &list, &n, &fault), GW_DONE);
    assert_int_equal(n, test_n_built + 2);
    assert_string_equal(list[0].name, "aaa");
    assert_contains(list[0].source, "plugins.conf:1");
    assert_contains(list[0].fault.message, "that you have not trusted");
    assert_int_equal(list[0].trust, GW_TRUST_NONE);
    assert_int_equal(list[0].facts.bytes > 0, 1);
    assert_string_equal(list[n - 1].name, "zzz");
    assert_contains(list[n - 1].fault.message, "no plugin 'zzz'");
    for (size_t i = 1; i < n; i++) {
        assert_true(strcmp(list[i - 1].name, list[i].name) < 0);
        if (strcmp(list[i].name, "good") == 0)
            good = i;
    }
    assert_int_equal(list[good].fault.code, GW_DONE);
    assert_string_equal(list[good].source, "bundled");
    assert_int_equal(list[good].facts.kinds, GW_KIND_HOOK);
    assert_int_equal(list[good].trust, GW_TRUST_BUNDLED);
    assert_null(getenv("GODWIT_TEST_CONSTRUCTED")); /* nothing was loaded */
    gw_registry_free(registry);
    gw_arena_free(&arena);
    gw_project_free(&project);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lifecycle),   cmocka_unit_test(test_interface),
        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_inspect),
        cmocka_unit_test(test_file_checks), cmocka_unit_test(test_folder_checks),
        cmocka_unit_test(test_hostile_elf), cmocka_unit_test(test_objects),
        cmocka_unit_test(test_set_id),      cmocka_unit_test(test_folder_of_environment),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
