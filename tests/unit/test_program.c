/* SPDX-License-Identifier: Apache-2.0 */
/* How a script becomes units, with the real SQLite driver as the one that splits. */
#include "engine/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct gw_project project;
    struct gw_registry *registry;
    struct gw_session session;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    static const char conf[] = "database = { backend = \"sqlite\"; url = \":memory:\"; };";
    struct gw_fault fault = { 0 };

    fixture = (struct fixture){ 0 };
    assert_int_equal(
        gw_project_parse(&fixture.project, conf, sizeof conf - 1, "plugins.conf", NULL, &fault), 0);
    int code = gw_registry_new(&fixture.registry, &fixture.project, TEST_BUILD_DIR "/plugins", NULL,
                               NULL, &fault);
    if (!code)
        code = gw_session_init(&fixture.session, fixture.registry, &fixture.project, NULL, NULL,
                               &fault);
    if (!code)
        code = gw_session_open(&fixture.session, GW_OPEN_CREATE, &fault);
    if (code)
        print_error("%s\n", fault.message);
    *state = &fixture;
    return code;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    gw_session_close(&fixture->session);
    gw_registry_free(fixture->registry);
    gw_project_free(&fixture->project);
    return 0;
}

/* "2 1! 3": units of 2 and 3 statements in transactions, between them one that commits by itself. */
static void describe(const struct gw_program *program, char *out, size_t room)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < program->units.len; i++)
        len +=
            (size_t)snprintf(out + len, room - len, "%s%u%s", i ? " " : "", program->units.at[i].n,
                             program->units.at[i].transaction ? "" : "!");
}

static const struct {
    const char *name, *sql;
    bool no_transaction, whole, mixes;
    const char *probe;
    const char *units; /* NULL: refused, with `message` in the fault */
    const char *message;
    bool journalled;
} cases[] = {
    { .name = "empty", .sql = "", .units = "" },
    { .name = "comments alone", .sql = "-- nothing\n/* at all */;\n", .units = "" },
    { .name = "a COMMIT without a BEGIN, written for another tool",
      .sql = "CREATE TABLE a(x); COMMIT; CREATE TABLE b(x); CREATE TABLE c(x); COMMIT;",
      .mixes = true,
      .units = "1 2",
      .journalled = true },
    { .name = "a last COMMIT without a BEGIN, written for another tool",
      .sql = "CREATE TABLE a(x); CREATE TABLE b(x); COMMIT;",
      .mixes = true,
      .units = "2" },
    { .name = "one transaction", .sql = "CREATE TABLE a(x); CREATE TABLE b(x);", .units = "2" },
    { .name = "trigger",
      .sql = "CREATE TABLE a(x);\nCREATE TRIGGER t AFTER INSERT ON a BEGIN "
             "DELETE FROM a; DELETE FROM a; END;\nDROP TABLE a;",
      .units = "3" },
    { .name = "no transaction",
      .sql = "CREATE TABLE a(x); CREATE TABLE b(x);",
      .no_transaction = true,
      .units = "1 1",
      .journalled = true },
    { .name = "no transaction, one statement",
      .sql = "CREATE TABLE a(x);",
      .no_transaction = true,
      .units = "1" },
    { .name = "vacuum",
      .sql = "CREATE TABLE a(x); VACUUM; DROP TABLE a;",
      .no_transaction = true,
      .units = "1 1! 1",
      .journalled = true },
    { .name = "vacuum alone",
      .sql = "VACUUM",
      .no_transaction = true,
      .units = "1!",
      .journalled = true },
    { .name = "vacuum in a transaction",
      .sql = "CREATE TABLE a(x);\nVACUUM;",
      .message = "m.sql:2: this statement cannot run inside a transaction" },
    { .name = "vacuum among others, written for another tool",
      .mixes = true,
      .sql = "CREATE TABLE a(x); CREATE TABLE b(x); VACUUM; DROP TABLE a;",
      .units = "2 1! 1",
      .journalled = true },
    { .name = "nothing but vacuum",
      .sql = "-- tidy up\nVACUUM;",
      .units = "1!",
      .journalled = true },
    { .name = "own transaction",
      .sql = "BEGIN; CREATE TABLE a(x); CREATE TABLE b(x); COMMIT;",
      .units = "2" },
    { .name = "own transaction with settings around",
      .sql = "PRAGMA foreign_keys=OFF; BEGIN TRANSACTION; CREATE TABLE a(x); END; "
             "PRAGMA foreign_keys=ON;",
      .units = "3" },
    { .name = "two own transactions",
      .sql = "BEGIN; CREATE TABLE a(x); COMMIT;\n"
             "BEGIN; CREATE TABLE b(x); CREATE TABLE c(x); COMMIT;",
      .units = "1 2",
      .journalled = true },
    { .name = "own transaction and more",
      .sql = "CREATE TABLE z(x); BEGIN; CREATE TABLE a(x); COMMIT;",
      .units = "1 1",
      .journalled = true },
    { .name = "savepoints are the author's",
      .sql = "SAVEPOINT s; CREATE TABLE a(x); RELEASE s;",
      .units = "3" },
    { .name = "never committed",
      .sql = "CREATE TABLE a(x);\n\nBEGIN;\nCREATE TABLE b(x);",
      .message = "m.sql:3: begins a transaction that it never commits" },
    { .name = "commit without begin",
      .sql = "CREATE TABLE a(x);\nCOMMIT;",
      .message = "m.sql:2: commits a transaction that it did not begin" },
    { .name = "begin within",
      .sql = "BEGIN;\nBEGIN;\nCOMMIT;",
      .message = "m.sql:2: begins a transaction inside a transaction" },
    { .name = "rollback",
      .sql = "CREATE TABLE a(x);\nROLLBACK;",
      .message = "m.sql:2: a migration may not roll back" },
    { .name = "attach", .sql = "\n\nATTACH 'x.db' AS x;", .message = "m.sql:3: 'ATTACH'" },
    { .name = "shell command",
      .sql = "CREATE TABLE a(x);\n.mode csv\n",
      .message = "m.sql:2: '.mode' is a command of the sqlite3 shell" },
    { .name = "whole",
      .sql = "CREATE TABLE a(x); CREATE TABLE b(x);",
      .whole = true,
      .units = "1" },
    { .name = "whole of one class P",
      .sql = "VACUUM;",
      .whole = true,
      .no_transaction = true,
      .units = "1!",
      .journalled = true },
};

static void check_case(struct fixture *fixture, size_t i)
{
    struct gw_script script = { .file = "m.sql",
                                .transaction = !cases[i].no_transaction,
                                .mixes = cases[i].mixes,
                                .exists = true };
    struct gw_program program;
    struct gw_fault fault = { 0 };
    char units[256];

    assert_true(gw_vec_push(&script.segments, (struct gw_segment){ .sql = cases[i].sql,
                                                                   .len = strlen(cases[i].sql),
                                                                   .line = 1,
                                                                   .whole = cases[i].whole,
                                                                   .probe = cases[i].probe }));
    int code = gw_program_make(&program, &fixture->session, &script, &fault);
    describe(&program, units, sizeof units);
    if (cases[i].units &&
        (code || strcmp(units, cases[i].units) != 0 || program.journalled != cases[i].journalled))
        fail_msg("%s: got '%s' (%s), journalled %d", cases[i].name, units, fault.message,
                 program.journalled);
    if (!cases[i].units && (code != GW_USAGE || !strstr(fault.message, cases[i].message)))
        fail_msg("%s: code %d, '%s'", cases[i].name, code, fault.message);
    if (!cases[i].units)
        assert_true(fault.hint[0] != '\0');
    gw_program_free(&program);
    gw_script_free(&script);
}

static void test_units(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(*state, i);
}

static void test_lines(void **state)
{
    struct fixture *fixture = *state;
    static const char sql[] = "\n-- first\nSELECT 1;\n\n/* two\nlines */ SELECT 2;";
    struct gw_script script = { .file = "m.sql", .transaction = true, .exists = true };
    struct gw_program program;
    struct gw_fault fault = { 0 };

    assert_true(gw_vec_push(&script.segments, (struct gw_segment){ .sql = sql,
                                                                   .len = sizeof sql - 1,
                                                                   .line = 10,
                                                                   .assert_text = "holds" }));
    assert_int_equal(gw_program_make(&program, &fixture->session, &script, &fault), 0);
    assert_int_equal(program.statements.len, 2);
    assert_int_equal(program.statements.at[0].line, 12);
    assert_int_equal(program.statements.at[1].line, 15);
    assert_string_equal(program.statements.at[0].assert_text, "holds");
    assert_null(program.statements.at[1].assert_text);
    gw_program_free(&program);
    gw_script_free(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
