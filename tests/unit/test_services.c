/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin may ask of a real database and of real migrations, from in here and from a process of its own. */
#include "base/file.h"
#include "engine/services.h"

#include <godwit/validator.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char conf[] = "database = { backend = \"sqlite\"; url = \"app.db\"; session = [ "
                           "\"PRAGMA journal_mode = WAL\" ]; };\n"
                           "plugins = ( { name = \"w\"; path = \"" TEST_BUILD_DIR
                           "/tests/plugins/worker.so\"; secrets = [ \"database.url\" ]; %s } );\n";
static const char first[] = "-- First\n--\n-- revision: aaaa\n-- revises:\n"
                            "-- created: 2024-01-02T03:04:05Z\n\n-- godwit:up\n"
                            "CREATE TABLE users (name TEXT);\n-- godwit:down\nDROP TABLE users;\n";
static const char second[] = "-- Second\n--\n-- revision: bbbb\n-- revises: aaaa\n\n-- godwit:up\n"
                             "INSERT INTO users VALUES ('ann');\n";

struct fixture {
    char folder[64];
    struct gw_consumer consumer;
    struct gw_events events;
    struct gw_buf said;
    struct gw_workspace workspace;
    struct gw_workspace_services services;
    const struct gw_plugin_loaded *plugin;
    struct gw_validator validator;
    void *self;
    struct gw_fault fault;
    bool meddle; /* somebody else writes when the first row comes */
};

static void write_text(const char *path, const char *text)
{
    struct gw_fault fault = { 0 };
    assert_int_equal(gw_file_write(path, text, strlen(text), GW_FILE_REPLACE, &fault), 0);
}

static void execute(struct fixture *fixture, const char *sql)
{
    const struct gw_statement statement = { { sql, strlen(sql) }, NULL, 0, 0 };
    const struct gw_run run = {
        .struct_size = sizeof run, .n_statements = 1, .flags = GW_RUN_TX, .statements = &statement
    };
    struct gw_fault fault = { 0 };
    if (gw_session_run(&fixture->workspace.session, &run, NULL, GW_UNCHANGED, &fault))
        fail_msg("%s", fault.message);
}

static void take(struct gw_consumer *consumer, const struct gw_event *event)
{
    struct fixture *fixture =
        (struct fixture *)((char *)consumer - offsetof(struct fixture, consumer));
    gw_buf_printf(&fixture->said, "%s\n", event->text);
    if (fixture->meddle && strstr(event->text, "row ")) {
        fixture->meddle = false;
        execute(fixture, "INSERT INTO users VALUES ('bob')");
    }
}

static void ignore(struct gw_consumer *consumer)
{
    (void)consumer;
}

static void open_plugin(struct fixture *fixture)
{
    struct gw_plugin_facts facts;
    struct gw_arena arena = { 0 };
    struct gw_cell *options = NULL;
    struct gw_call call;
    enum gw_trust trust;
    struct gw_registry *registry = fixture->workspace.registry;

    if (gw_registry_trust(registry, "w", &facts, &trust, &fixture->fault) ||
        gw_registry_load(registry, "w", &fixture->plugin, &fixture->fault) ||
        gw_options_fill(&arena, fixture->plugin, &fixture->workspace.project.plugins[0].options,
                        &fixture->workspace.project, &options, &fixture->fault))
        fail_msg("%s", fixture->fault.message);
    const struct gw_setup setup = { .struct_size = sizeof setup,
                                    .n_options = fixture->plugin->descriptor.n_options,
                                    .options = options,
                                    .name = GW_S("w") };
    gw_plugin_interface(fixture->plugin, GW_VALIDATOR, &fixture->validator,
                        sizeof fixture->validator);
    gw_call_to(&call, fixture->plugin, NULL, NULL);
    assert_int_equal(fixture->validator.open(&call, &setup, &fixture->self), GW_OK);
    gw_arena_free(&arena);
}

static void set_up(struct fixture *fixture, const char *isolate)
{
    struct gw_fault fault = { 0 };
    const struct gw_project_where where = { .config = "plugins.conf" };
    char text[1024];

    *fixture = (struct fixture){ .folder = "/tmp/godwit-services-XXXXXX",
                                 .consumer = { take, ignore },
                                 .said = GW_BUF_TEXT };
    assert_non_null(mkdtemp(fixture->folder));
    assert_int_equal(chdir(fixture->folder), 0);
    assert_int_equal(gw_file_make_folder("migrations", &fault), 0);
    snprintf(text, sizeof text, conf, isolate);
    write_text("plugins.conf", text);
    write_text("migrations/1.sql", first);
    write_text("migrations/2.sql", second);
    setenv("GODWIT_PLUGIN_DIR", TEST_BUILD_DIR "/plugins", 1);
    setenv("XDG_DATA_HOME", fixture->folder, 1);
    gw_events_init(&fixture->events);
    gw_events_add(&fixture->events, &fixture->consumer);
    /* The hook that the plugin is too is not to hear of this. */
    if (gw_workspace_open(&fixture->workspace, &where, GW_NEED_DRIVER, &fixture->events, NULL,
                          &fixture->fault) ||
        gw_session_open(&fixture->workspace.session, GW_OPEN_CREATE, &fixture->fault))
        fail_msg("%s", fixture->fault.message);
    execute(fixture, "CREATE TABLE users (name TEXT)");
    execute(fixture, "INSERT INTO users VALUES ('ann')");
    open_plugin(fixture);
    gw_workspace_services_init(&fixture->services, &fixture->workspace, true, NULL);
}

static void tear_down(struct fixture *fixture)
{
    static const char *const files[] = { "plugins.conf",   "migrations/1.sql", "migrations/2.sql",
                                         "app.db",         "app.db-wal",       "app.db-shm",
                                         "godwit/trusted", "app.db-journal" };
    fixture->validator.close(fixture->self);
    gw_workspace_services_close(&fixture->services);
    gw_workspace_close(&fixture->workspace);
    gw_events_close(&fixture->events);
    gw_buf_free(&fixture->said);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(files[i]);
    rmdir("migrations");
    rmdir("godwit");
    assert_int_equal(chdir("/"), 0);
    rmdir(fixture->folder);
}

static gw_status found(struct gw_call *call, const struct gw_finding *finding)
{
    struct fixture *fixture = call->sink;
    gw_buf_printf(&fixture->said, "found %s\n", finding->message.ptr);
    return GW_OK;
}

/* What the plugin said and what it returned. */
static const char *ask(struct fixture *fixture, const char *sql)
{
    static const struct gw_findings_out out = { sizeof out, 0, found };
    static char said[4000];
    const struct gw_subject subject = { .struct_size = sizeof subject,
                                        .phase = GW_PHASE_AFTER,
                                        .sql = { sql, strlen(sql) } };
    struct gw_fault fault = { 0 };
    struct gw_call call;

    gw_buf_clear(&fixture->said);
    gw_call_to(&call, fixture->plugin, &fixture->services.services, NULL);
    call.sink = fixture;
    gw_status status = fixture->validator.check(&call, fixture->self, &subject, &out);
    gw_call_end(&call, status, "check", GW_INVALID, &fault);
    snprintf(said, sizeof said, "%s%d %s", gw_buf_str(&fixture->said), status, fault.message);
    return said;
}

static void assert_says(struct fixture *fixture, const char *sql, const char *part)
{
    const char *said = ask(fixture, sql);
    if (!strstr(said, part))
        fail_msg("%s: '%s' is not in '%s'", sql, part, said);
}

static void check_all(struct fixture *fixture)
{
    assert_says(fixture, "ask query SELECT count(*) FROM users", "w: row 1\n0 ");
    assert_says(fixture, "ask find SELECT name FROM users", "found row 'ann'\n0 ");
    assert_says(fixture, "ask query SELECT ?1", "w: row 7\n0 ");
    assert_says(fixture, "ask info", "w: dialect = sqlite\nw: product = ");
    assert_says(fixture, "ask quote na\"me", "piece of 8 bytes: \"na\"\"me\"\n0 ");

    assert_says(fixture, "ask query DELETE FROM users", "-503 ");
    assert_says(fixture, "ask query DELETE FROM users WHERE 7 = ?1", "-401 ");
    assert_says(fixture, "ask query COMMIT",
                "-503 a plugin may ask the database, and not change it");
    assert_says(fixture, "ask query ATTACH 'x.db' AS x", "-503 ");
    assert_says(fixture, "ask query SELECT 1; SELECT 2", "-500 a question of several statements");
    assert_says(fixture, "ask query -- nothing", "-500 a question of no statement");
    assert_says(fixture, "ask query SELECT x FROM nowhere", "-501 ");
    assert_says(fixture, "ask query SELECT count(*) FROM users", "w: row 1\n0 ");

    /* Two questions of one call see one state; the next call sees the next one. */
    fixture->meddle = true;
    assert_says(fixture, "ask again SELECT count(*) FROM users",
                "w: row 1\nw: 1 columns, first 'count(*)' \nw: row 1\n0 ");
    assert_false(fixture->meddle);
    assert_says(fixture, "ask query SELECT count(*) FROM users", "w: row 2\n0 ");

    assert_says(
        fixture, "migrations",
        "w: aaaa First migrations/1.sql 0 - 0\nw: bbbb Second migrations/2.sql 1 aaaa c\n0 ");
    assert_says(fixture, "migrations bbbb", "bytes: INSERT INTO users VALUES ('ann');\n");
    assert_says(fixture, "migrations cccc", "-100 there is no such revision");
    assert_says(fixture, "secret database.url", "app.db\n0 ");
}

static void test_in_here(void **state)
{
    struct fixture fixture;
    (void)state;
    set_up(&fixture, "isolate = \"none\";");
    assert_null(fixture.plugin->isolated);
    check_all(&fixture);
    tear_down(&fixture);
}

static void test_over_there(void **state)
{
    struct fixture fixture;
    (void)state;
    set_up(&fixture, "");
    assert_non_null(fixture.plugin->isolated);
    check_all(&fixture);
    tear_down(&fixture);
}

/* A call without a database has none, whoever asks. */
static void test_without_database(void **state)
{
    struct fixture fixture;
    (void)state;
    set_up(&fixture, "");
    gw_workspace_services_close(&fixture.services);
    gw_workspace_services_init(&fixture.services, &fixture.workspace, false, NULL);
    assert_says(&fixture, "ask query SELECT 1", "-200 plugin 'w' asked for the database");
    assert_says(&fixture, "migrations bbbb", "INSERT INTO users");
    tear_down(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_in_here),
                                        cmocka_unit_test(test_over_there),
                                        cmocka_unit_test(test_without_database) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
