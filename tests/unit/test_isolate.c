/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin in a process of its own does what it does in here: the same calls, the same answers, the same events. */
#include "isolate_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- services of the test ---- */

static gw_status pass_text(struct gw_call *call, const struct gw_text_into *into, const char *text)
{
    return into->text(call, into->self, (struct gw_str){ text, strlen(text) });
}

static gw_status query(struct gw_services *services, struct gw_call *call, struct gw_str sql,
                       const struct gw_cell *args, uint32_t n_args, const struct gw_rows_into *into)
{
    const struct gw_column columns[] = { { GW_S("name"), GW_S("TEXT") }, { GW_S("n"), GW_S("") } };
    long n = strtol(sql.ptr, NULL, 10);
    gw_status says = into->columns(call, into->self, columns, 2);
    (void)services;

    if (n_args)
        assert_int_equal(args[0].v.i, 7);
    if (strstr(sql.ptr, "fails")) {
        const struct gw_error error = { .struct_size = sizeof error,
                                        .code = GW_E_SYNTAX,
                                        .message = GW_S("no such table: 'x'") };
        return (gw_host_table.fail)(call, &error); /* cmocka has a macro of that name */
    }
    for (long i = 0; i < n && says == GW_OK; i++) {
        char name[32];
        snprintf(name, sizeof name, "r%ld", i);
        const struct gw_cell cells[] = { strstr(sql.ptr, "numbers")
                                             ? (struct gw_cell){ .kind = GW_INT, .v.i = i }
                                             : (struct gw_cell){ .kind = GW_TEXT,
                                                                 .v.s = { name, strlen(name) } },
                                         { .kind = GW_REAL, .v.f = 0.5 } };
        says = into->row(call, into->self, cells, 2);
    }
    return says;
}

static gw_status quote(struct gw_services *services, struct gw_call *call, struct gw_str name,
                       const struct gw_text_into *into)
{
    char text[100];
    (void)services;
    snprintf(text, sizeof text, "\"%s\"", name.ptr);
    return pass_text(call, into, text);
}

static gw_status info(struct gw_services *services, struct gw_call *call,
                      const struct gw_fields_into *into)
{
    const struct gw_field field = { GW_S("dialect"), { .kind = GW_TEXT, .v.s = GW_S("sqlite") } };
    (void)services;
    return into->field(call, into->self, &field);
}

static gw_status list(struct gw_services *services, struct gw_call *call,
                      const struct gw_migrations_into *into)
{
    static const struct gw_str parent = GW_S("aaaa");
    struct gw_migration migration = { .struct_size = sizeof migration,
                                      .revision = GW_S("aaaa"),
                                      .title = GW_S("First"),
                                      .file = GW_S("a.sql"),
                                      .flags = GW_MIGRATION_APPLIED };
    (void)services;
    gw_status says = into->migration(call, into->self, &migration);
    if (says)
        return says;
    migration.revision = (struct gw_str)GW_S("bbbb");
    migration.n_parents = 1;
    migration.parents = &parent;
    return into->migration(call, into->self, &migration);
}

static gw_status text(struct gw_services *services, struct gw_call *call, struct gw_str revision,
                      uint32_t which, const struct gw_text_into *into)
{
    (void)services;
    assert_int_equal(which, GW_TEXT_UP);
    assert_string_equal(revision.ptr, "bbbb");
    return pass_text(call, into, "CREATE TABLE t (x);");
}

static int calls_ended;

static void end(struct gw_services *services)
{
    (void)services;
    calls_ended++;
}

static struct gw_services services = { query, quote, info, list, text, end };

/* ---- alike ---- */

/* All that can be seen from here of one plugin. */
static void tell_all(struct gw_buf *out, const char *how)
{
    static const char *const sqls[] = {
        "",
        "echo",
        "echo",
        "find 3",
        "fail",
        "fail silent",
        "fail odd",
        "ask query 2 rows",
        "ask find 2 rows",
        "ask query 3 numbers ?1",
        "ask two 100 numbers",
        "ask query 0 fails",
        "ask find 5000 rows",
        "ask info",
        "ask quote users",
        "migrations",
        "migrations bbbb",
        "secret database.url",
        "secret GODWIT_TEST_SECRET",
        "secret HOME",
        "secret GODWIT_TEST_UNSET",
    };
    struct worker worker;
    char entry[400];

    snprintf(entry, sizeof entry,
             "%s secrets = [ \"database.url\", \"GODWIT_TEST_SECRET\", \"GODWIT_TEST_UNSET\" ]; "
             "options = { password = \"sesame\"; };",
             how);
    worker_load(&worker, "worker", entry);
    assert_int_equal(worker.fault.code, GW_DONE);
    assert_int_equal(worker_instance(&worker, GW_KIND_VALIDATOR), GW_DONE);
    worker.services = &services;
    for (size_t i = 0; i < sizeof sqls / sizeof sqls[0]; i++) {
        int code = worker_check(&worker, sqls[i]);
        gw_buf_printf(out, "%s: %d %d '%s' '%s' found %zu\n", sqls[i], code, worker.status,
                      worker.fault.message, worker.fault.hint, worker.n_findings);
        gw_buf_printf(out, "%.400s", gw_buf_str(&worker.found));
    }
    gw_buf_printf(out, "%.6000s", worker_said(&worker));
    const struct gw_plugin *d = &worker.plugin->descriptor;
    gw_buf_printf(out, "%s %s %s %u %s %d %d\n", d->id, d->version, d->summary, d->n_options,
                  worker.validator.rules[0].doc, (int)worker.validator.phases,
                  (int)worker.backup.caps);
    for (const struct gw_provides *one = d->provides; one->id; one++)
        gw_buf_printf(out, "%s ", one->id);
    gw_plugin_options_text(out, d);
    worker_close(&worker);
}

static void test_alike(void **state)
{
    struct gw_buf here = GW_BUF_TEXT, there = GW_BUF_TEXT;
    (void)state;
    setenv("GODWIT_TEST_SECRET", "hidden", 1);
    calls_ended = 0;
    tell_all(&here, WITHIN);
    assert_int_equal(calls_ended, 21);
    tell_all(&there, PROCESS);
    assert_int_equal(calls_ended, 42);
    size_t same = 0;
    while (here.data[same] && here.data[same] == there.data[same])
        same++;
    if (here.data[same] != there.data[same])
        fail_msg("in here:\n%.300s\nover there:\n%.300s", here.data + same, there.data + same);
    assert_contains(gw_buf_str(&there), "fail: 5 -700 'it is 'locked': by \\xff somebody' 'wait'");
    assert_contains(gw_buf_str(&there), "check returned -1000 without a message");
    assert_contains(gw_buf_str(&there), "piece of 6 bytes: hidden");
    assert_contains(gw_buf_str(&there), "'HOME', which is not granted to it");
    assert_contains(gw_buf_str(&there), "needs the secret 'GODWIT_TEST_UNSET', which is not set");
    gw_buf_free(&here);
    gw_buf_free(&there);
}

static void test_no_services(void **state)
{
    struct worker worker;
    (void)state;
    worker_open(&worker, "worker", PROCESS, GW_KIND_VALIDATOR);
    worker_check(&worker, "ask query 2 rows");
    assert_int_equal(worker.status, GW_E_UNSUPPORTED);
    assert_string_equal(worker.fault.message,
                        "plugin 'w' asked for the database, and there is none in this call");
    assert_int_equal(worker_check(&worker, "echo"), GW_DONE);
    worker_close(&worker);
}

static void test_stop_at_findings(void **state)
{
    struct worker worker;
    (void)state;
    worker_open(&worker, "worker", PROCESS, GW_KIND_VALIDATOR);
    worker.findings_wanted = 2;
    assert_int_equal(worker_check(&worker, "dirty 1000"), GW_DONE);
    assert_int_equal(worker.n_findings, 2);
    assert_string_equal(gw_buf_str(&worker.found),
                        "worker/rule 1 found 0 \xEF\xBF\xBD [a hint]  1-4\n"
                        "worker/rule 1 found 1 \xEF\xBF\xBD [a hint]  1-4\n");
    worker_close(&worker);
}

/* A text that no single frame holds. */
static void test_large_subject(void **state)
{
    const size_t len = (size_t)40 << 20;
    struct worker worker;
    char *sql = malloc(len + 1);
    (void)state;
    assert_non_null(sql);
    memset(sql, 'x', len);
    memcpy(sql, "echo", 4);
    sql[len] = '\0';
    worker_open(&worker, "worker", PROCESS, GW_KIND_VALIDATOR);
    assert_int_equal(worker_check(&worker, sql), GW_DONE);
    assert_contains(worker_said(&worker), "41943040 bytes");
    worker_close(&worker);
    free(sql);
}

/* ---- events of a hook ---- */

static void test_hook(void **state)
{
    const struct gw_field fields[] = { { GW_S("code"), { .kind = GW_INT, .v.i = 3 } },
                                       { GW_S("list"), { .kind = GW_TEXT, .v.s = GW_S("a b") } } };
    struct gw_hook_event event = { .struct_size = sizeof event,
                                   .n_fields = 2,
                                   .flags = GW_EVENT_GATE,
                                   .type = GW_S("run.started"),
                                   .run_id = GW_S("0f3c"),
                                   .fields = fields };
    struct worker worker;
    (void)state;
    worker_open(&worker, "worker-hook", PROCESS "options = { crash = \"gate\"; };", GW_KIND_HOOK);
    assert_string_equal(worker.hook.events[0], "*");
    assert_null(worker.hook.events[1]);
    struct gw_call call = worker_call(&worker);
    worker_end(&worker, &call, worker.hook.handle(&call, worker.self, &event), "handle");
    assert_string_equal(worker.fault.message, "not on a friday");
    assert_string_equal(worker.fault.hint, "ask the release manager");
    event.flags = 0;
    call = worker_call(&worker);
    assert_int_equal(worker.hook.handle(&call, worker.self, &event), GW_OK);
    assert_contains(worker_said(&worker),
                    "w: run.started (gate), 2 fields\nplugin.log 3 w: run.started, 2 fields");
    worker.hook.close(worker.self);
    worker.self = NULL;
    worker_close(&worker);
}

/* ---- the place that it lives in ---- */

static void test_place(void **state)
{
    struct worker worker;
    int leaked = dup(2); /* ours, and no business of a plugin */
    (void)state;
    setenv("GODWIT_TEST_SECRET", "hidden", 1);
    worker_open(&worker, "worker", PROCESS "memory = \"3G\";", GW_KIND_VALIDATOR);
    assert_int_equal(worker_check(&worker, "place"), GW_DONE);
    const char *said = worker_said(&worker);
    assert_contains(said, "in /dev/null, leader 1, core 0, files 256, cpu 86400");
    assert_contains(said, "no-new-privs 1, open 0");
#ifndef __SANITIZE_ADDRESS__
    assert_contains(said, "memory 3072");
#endif
    assert_contains(said, "secret unseen, path seen");
    worker_close(&worker);
    close(leaked);
}

static void test_output(void **state)
{
    struct worker worker;
    (void)state;
    worker_open(&worker, "worker", PROCESS, GW_KIND_VALIDATOR);
    assert_int_equal(worker_check(&worker, "print hello"), GW_DONE);
    worker.validator.close(worker.self);
    gw_registry_free(worker.registry); /* whatever was under way has come */
    worker.registry = NULL;
    const char *said = worker_said(&worker);
    assert_contains(said, "plugin.log 3 w: to stdout: hello\n");
    assert_contains(said, "plugin.log 4 w: to stderr\\x1b[31m\n");
    assert_contains(said, "plugin.log 4 w: without an end\n");
    worker.self = NULL;
    worker_close(&worker);
}

/* ---- who gets a process of its own ---- */

static void load_own(const char *so, const char *entry, struct gw_fault *fault, bool *isolated)
{
    const struct gw_plugin_loaded *plugin = NULL;
    struct gw_plugin_facts facts;
    struct gw_project project;
    char config[400], from[300];
    enum gw_trust trust;

    snprintf(from, sizeof from, BUILT "%s.so", so);
    copy_file(from, "own.so");
    snprintf(config, sizeof config, "plugins = ( { name = \"own\"; path = \"./own.so\"; %s } );",
             entry);
    parse_project(&project, config);
    struct gw_registry *registry = new_registry(&project, NULL);
    *fault = (struct gw_fault){ 0 };
    if (!gw_registry_trust(registry, "own", &facts, &trust, fault))
        gw_registry_load(registry, "own", &plugin, fault);
    *isolated = plugin && plugin->isolated;
    gw_registry_free(registry);
    gw_project_free(&project);
}

static void test_default(void **state)
{
    struct gw_fault fault;
    struct worker worker;
    bool isolated;
    (void)state;

    load_own("worker", "", &fault, &isolated);
    assert_int_equal(fault.code, GW_DONE);
    assert_true(isolated);
    load_own("worker", WITHIN, &fault, &isolated);
    assert_false(isolated);
    worker_load(&worker, "worker", ""); /* bundled */
    assert_null(worker.plugin->isolated);
    worker_close(&worker);

    load_own("worker-unwilling", "", &fault, &isolated);
    assert_int_equal(fault.code, GW_PLUGIN_REFUSED);
    assert_string_equal(fault.message,
                        "plugin 'own' does not say that it works in a process of its own");
    assert_contains(fault.hint, "isolate = \"none\";");
    load_own("worker-unwilling", WITHIN, &fault, &isolated);
    assert_int_equal(fault.code, GW_DONE);
}

static void test_driver(void **state)
{
    const struct gw_plugin_loaded *plugin;
    struct gw_project project;
    struct gw_fault fault = { 0 };
    (void)state;
    copy_file(TEST_BUILD_DIR "/plugins/sqlite.so", "bundled/sqlite.so");
    parse_project(&project, "\nplugins = ( { name = \"sqlite\"; isolate = \"process\"; } );");
    struct gw_registry *registry = new_registry(&project, NULL);
    assert_int_equal(gw_registry_load(registry, "sqlite", &plugin, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message, "plugins.conf:2: plugin 'sqlite' is a driver, and a driver "
                                   "cannot have a process of its own");
    gw_registry_free(registry);
    gw_project_free(&project);
}

/* Trust comes first, in this process: nothing is started for a file that was not let in. */
static void test_untrusted(void **state)
{
    const struct gw_plugin_loaded *plugin;
    struct gw_project project;
    struct gw_fault fault = { 0 };
    (void)state;
    copy_file(BUILT "worker-constructor.so", "stranger.so");
    parse_project(&project, "plugins = ( { name = \"s\"; path = \"./stranger.so\"; } );");
    struct gw_registry *registry = new_registry(&project, NULL);
    assert_int_equal(gw_registry_load(registry, "s", &plugin, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message, "that you have not trusted");
    gw_registry_free(registry);
    gw_project_free(&project);
}

/* What the process refuses is said as if it had been loaded here. */
static void test_refused_over_there(void **state)
{
    static const char *const sos[] = { "no-list", "bad-default", "no-id", "init-fails" };
    (void)state;
    for (size_t i = 0; i < sizeof sos / sizeof sos[0]; i++) {
        struct worker here, there;
        worker_load(&here, sos[i], WITHIN);
        worker_load(&there, sos[i], PROCESS);
        assert_int_equal(there.fault.code, GW_PLUGIN_REFUSED);
        if (strcmp(sos[i], "init-fails") != 0)
            assert_string_equal(there.fault.message, here.fault.message);
        worker_close(&here);
        worker_close(&there);
    }
}

static void test_no_program(void **state)
{
    const struct gw_plugin_loaded *plugin;
    struct gw_project project;
    struct gw_fault fault = { 0 };
    (void)state;
    parse_project(&project, "plugins = ( { name = \"worker\"; isolate = \"process\"; } );");
    struct gw_registry *registry;
    assert_int_equal(gw_registry_new(&registry, &project, test_bundled, NULL, NULL, &fault), 0);
    assert_int_equal(gw_registry_load(registry, "worker", &plugin, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message, "there is no godwit beside '");
    gw_registry_free(registry);
    assert_int_equal(gw_registry_new(&registry, &project, test_bundled, NULL, NULL, &fault), 0);
    gw_registry_use_host(registry, "/nowhere/godwit");
    fault = (struct gw_fault){ 0 };
    assert_int_equal(gw_registry_load(registry, "worker", &plugin, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message, "cannot start '/nowhere/godwit' as the process of plugin");
    gw_registry_free(registry);
    gw_project_free(&project);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alike),
        cmocka_unit_test(test_no_services),
        cmocka_unit_test(test_stop_at_findings),
        cmocka_unit_test(test_large_subject),
        cmocka_unit_test(test_hook),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_default),
        cmocka_unit_test(test_driver),
        cmocka_unit_test(test_untrusted),
        cmocka_unit_test(test_refused_over_there),
        cmocka_unit_test(test_no_program),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
