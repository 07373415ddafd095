/* SPDX-License-Identifier: Apache-2.0 */
/* I6: a runner that lost the lock changes nothing any more, whatever it still believes. */
#include "base/file.h"
#include "engine/lock.h"
#include "engine/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char conf[] = "database = { backend = \"sqlite\"; url = \"app.db\"; };\n";
static const char first[] = "-- First\n--\n-- revision: aaaa\n-- revises:\n\n-- godwit:up\n"
                            "CREATE TABLE made (x);\n-- godwit:down\nDROP TABLE made;\n";
static const char second[] = "-- Second\n--\n-- revision: bbbb\n-- revises: aaaa\n\n-- godwit:up\n"
                             "-- godwit:no-transaction\nCREATE TABLE one (x);\nVACUUM;\n"
                             "CREATE TABLE two (x);\n-- godwit:down\nDROP TABLE two;\n";

struct fixture {
    char folder[64];
    struct gw_events events;
    struct gw_workspace workspace;
    struct gw_fault fault;
};

static void write_text(const char *path, const char *text)
{
    struct gw_fault fault = { 0 };
    assert_int_equal(gw_file_write(path, text, strlen(text), GW_FILE_NEW, &fault), 0);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct gw_fault fault = { 0 };

    fixture = (struct fixture){ .folder = "/tmp/godwit-fencing-XXXXXX" };
    assert_non_null(mkdtemp(fixture.folder));
    assert_int_equal(chdir(fixture.folder), 0);
    assert_int_equal(gw_file_make_folder("migrations", &fault), 0);
    write_text("plugins.conf", conf);
    write_text("migrations/1.sql", first);
    write_text("migrations/2.sql", second);
    setenv("GODWIT_PLUGIN_DIR", TEST_BUILD_DIR "/plugins", 1);
    gw_events_init(&fixture.events);
    const struct gw_project_where where = { .config = "plugins.conf" };
    int code = gw_workspace_open(&fixture.workspace, &where, GW_NEED_WRITE, &fixture.events, NULL,
                                 &fixture.fault);
    if (code)
        print_error("%s\n", fixture.fault.message);
    *state = &fixture;
    return code;
}

static int tear_down(void **state)
{
    static const char *const files[] = { "plugins.conf", "migrations/1.sql", "migrations/2.sql",
                                         "app.db",       "app.db-journal",   "app.db.godwit-lock" };
    struct fixture *fixture = *state;
    gw_workspace_close(&fixture->workspace);
    gw_events_close(&fixture->events);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(files[i]);
    rmdir("migrations");
    return chdir("/") || rmdir(fixture->folder);
}

/* What a successor does when it takes the lock over. */
static void take_over(struct fixture *fixture)
{
    struct gw_workspace *ours = &fixture->workspace;
    struct gw_session other;
    struct gw_fault fault = { 0 };
    const char *sql = "UPDATE godwit_lock SET epoch = epoch + 1";
    const struct gw_statement statement = { { sql, strlen(sql) }, NULL, 0, GW_STMT_ONE_ROW };
    const struct gw_run run = {
        .struct_size = sizeof run, .n_statements = 1, .flags = GW_RUN_TX, .statements = &statement
    };

    assert_int_equal(gw_session_flush(&ours->session, &fault), 0);
    assert_int_equal(gw_session_init(&other, ours->registry, &ours->project, NULL, NULL, &fault),
                     0);
    assert_int_equal(gw_session_open(&other, 0, &fault), 0);
    assert_int_equal(gw_session_run(&other, &run, NULL, GW_UNCHANGED, &fault), 0);
    gw_session_close(&other);
}

static int count_take(void *payload, const struct gw_cell *cells, uint32_t n,
                      struct gw_fault *fault)
{
    (void)n;
    (void)fault;
    *(int64_t *)payload = gw_cell_number(&cells[0]);
    return GW_STOP;
}

static int64_t count(struct fixture *fixture, const char *sql)
{
    struct gw_fault fault = { 0 };
    int64_t n = -1;
    assert_int_equal(gw_session_query(&fixture->workspace.session,
                                      &(struct gw_query){ sql, NULL, 0, 1, count_take, &n },
                                      &fault),
                     0);
    return n;
}

static int run_one(struct fixture *fixture, uint32_t revision)
{
    const struct gw_step step = { revision, GW_UP };
    struct gw_pending_duration duration = { .id = "" };
    struct gw_step_work work;

    fixture->fault = (struct gw_fault){ 0 };
    assert_int_equal(gw_step_load(&work, &fixture->workspace, step, GW_APPLY_RUN, &fixture->fault),
                     0);
    int code = gw_step_run(&work, GW_APPLY_RUN, NULL, true, &duration, &fixture->fault);
    gw_step_free(&work);
    return code;
}

static void test_I6_lost_lock_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    bool moved;

    assert_int_equal(gw_lock_take(&fixture->workspace, "test", &moved, &fixture->fault), 0);
    take_over(fixture);
    assert_int_equal(run_one(fixture, 0), GW_LOCKED);
    assert_non_null(strstr(fixture->fault.message, "not ours any more"));
    assert_int_equal(count(fixture, "SELECT count(*) FROM sqlite_schema WHERE name = 'made'"), 0);
    assert_int_equal(count(fixture, "SELECT count(*) FROM godwit_revision"), 0);
    gw_lock_release(&fixture->workspace, &(struct gw_fault){ 0 });
}

static void test_I6_lost_lock_journals_nothing(void **state)
{
    struct fixture *fixture = *state;
    bool moved;

    assert_int_equal(gw_lock_take(&fixture->workspace, "test", &moved, &fixture->fault), 0);
    assert_int_equal(run_one(fixture, 0), 0);
    take_over(fixture);
    assert_int_equal(run_one(fixture, 1), GW_LOCKED);
    assert_int_equal(count(fixture, "SELECT count(*) FROM sqlite_schema WHERE name = 'one'"), 0);
    assert_int_equal(count(fixture, "SELECT count(*) FROM godwit_statement"), 0);
    assert_int_equal(count(fixture, "SELECT count(*) FROM godwit_revision"), 1);
    gw_lock_release(&fixture->workspace, &(struct gw_fault){ 0 });
}

/* The row of the owner that came after us must survive our release. */
static void test_I6_release_leaves_the_successor(void **state)
{
    struct fixture *fixture = *state;
    bool moved;

    assert_int_equal(gw_lock_take(&fixture->workspace, "test", &moved, &fixture->fault), 0);
    take_over(fixture);
    assert_int_equal(gw_lock_release(&fixture->workspace, &fixture->fault), 0);
    assert_int_equal(count(fixture, "SELECT count(*) FROM godwit_lock WHERE command = 'test' "
                                    "AND owner <> ''"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_I6_lost_lock_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_I6_lost_lock_journals_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_I6_release_leaves_the_successor, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
