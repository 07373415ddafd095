/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that are built anew, with rows that refer to them. */
#include "sqlite_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

static struct plugin plugin;

enum {
    TX = GW_RUN_TX,
    RELAXED = GW_RUN_TX | GW_RUN_RELAXED
};

static const char *const modes[] = { "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys = OFF" };

/* Two parents, and a child of each that goes when its parent goes. */
static void open_family(struct connection *c, const char *session)
{
    sqlite_new(c, &plugin, session);
    sqlite_must(c, TX,
                (const char *const[]){ "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT)",
                                       "CREATE TABLE child (id INTEGER PRIMARY KEY,"
                                       " parent INTEGER REFERENCES parent (id) ON DELETE CASCADE)",
                                       "INSERT INTO parent VALUES (1, 'a'), (2, 'b')",
                                       "INSERT INTO child VALUES (1, 1), (2, 2)", NULL });
}

static void open_again(struct connection *c, const char *session)
{
    connection_close(c);
    sqlite_new(c, &plugin, session);
}

static const char *const rebuild[] = {
    "CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "INSERT INTO parent_new SELECT id, name FROM parent", "DROP TABLE parent",
    "ALTER TABLE parent_new RENAME TO parent", NULL
};

static void test_rebuild_keeps_children(void **state)
{
    struct connection c;
    (void)state;
    for (size_t mode = 0; mode < 2; mode++)
        for (uint64_t flags = 0; flags <= RELAXED; flags++) {
            if (flags == GW_RUN_RELAXED)
                continue;
            open_family(&c, modes[mode]);
            sqlite_must(&c, flags, rebuild);
            assert_int_equal(flush(&c), GW_OK);
            expect_rows(&c, "PRAGMA foreign_keys", mode == 0 ? "1\n" : "0\n");
            open_again(&c, NULL);
            expect_rows(&c, "SELECT id, parent FROM child", "1|1\n2|2\n");
            connection_close(&c);
            assert_int_equal(remove(folder_file("app.db")), 0);
        }
}

static void test_enforcement_is_on_again(void **state)
{
    struct connection c;
    (void)state;
    open_family(&c, modes[0]);
    sqlite_must(&c, RELAXED, rebuild);
    assert_int_equal(run_user(&c, "INSERT INTO child VALUES (3, 9)"), GW_E_CONSTRAINT);
    sqlite_must(&c, RELAXED, (const char *const[]){ "DELETE FROM parent WHERE id = 1", NULL });
    assert_int_equal(flush(&c), GW_OK);
    expect_rows(&c, "SELECT id FROM child", "2\n");
    connection_close(&c);
}

static void test_failed_rebuild_leaves_all(void **state)
{
    struct connection c;
    (void)state;
    open_family(&c, modes[0]);
    struct unit unit = { .flags = RELAXED, .statement_flags = GW_STMT_USER };
    memcpy(unit.sql, rebuild, sizeof rebuild);
    unit.sql[4] = "SELECT broken";
    assert_int_equal(run(&c, &unit), GW_E_UNDEFINED);
    expect_rows(&c, "SELECT count(*) FROM child", "2\n");
    expect_rows(&c, "PRAGMA foreign_keys", "1\n");
    assert_int_equal(run_user(&c, "INSERT INTO child VALUES (3, 9)"), GW_E_CONSTRAINT);
    connection_close(&c);
}

static void test_lost_parents_fail(void **state)
{
    static const char *const units[][3] = {
        { "DROP TABLE parent" },
        { "PRAGMA foreign_keys = OFF", "DELETE FROM parent WHERE id = 1" },
        { "PRAGMA foreign_keys = no", "INSERT INTO child VALUES (3, 7)" },
        { "ALTER TABLE parent RENAME TO old", "DROP TABLE old" },
    };
    struct connection c;
    (void)state;
    for (size_t mode = 0; mode < 2; mode++)
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
            for (uint64_t flags = TX; flags <= RELAXED; flags += GW_RUN_RELAXED) {
                open_family(&c, modes[mode]);
                struct unit unit = { .flags = flags, .statement_flags = GW_STMT_USER };
                memcpy(unit.sql, units[i], sizeof units[i]);
                assert_int_equal(run(&c, &unit), GW_E_CONSTRAINT);
                expect_message(&c, "'child' (parent)");
                assert_non_null(strstr(c.call.hint, "foreign_key_check=off"));
                assert_int_equal(flush(&c), GW_OK);
                expect_rows(&c,
                            "SELECT (SELECT count(*) FROM parent), (SELECT count(*) FROM child)",
                            "2|2\n");
                unit.settings[0] = "foreign_key_check";
                unit.settings[1] = "off";
                assert_int_equal(run(&c, &unit), GW_OK);
                connection_close(&c);
                assert_int_equal(remove(folder_file("app.db")), 0);
            }
}

static void test_old_violations_are_no_obstacle(void **state)
{
    struct connection c;
    (void)state;
    for (size_t mode = 0; mode < 2; mode++)
        for (uint64_t flags = TX; flags <= RELAXED; flags += GW_RUN_RELAXED) {
            open_family(&c, modes[1]);
            sqlite_must(&c, TX,
                        (const char *const[]){ "INSERT INTO child VALUES (3, 7), (4, 8)", NULL });
            open_again(&c, modes[mode]);
            /* The unit runs twice, to compare: each time as if for the first time. */
            sqlite_must(
                &c, flags,
                (const char *const[]){ rebuild[0], rebuild[1], rebuild[2], rebuild[3],
                                       "CREATE TABLE was AS SELECT 'a' LIKE 'A' AS like_folds",
                                       "PRAGMA case_sensitive_like = ON", NULL });
            assert_int_equal(c.call.n_done, 6);
            expect_rows(&c, "SELECT like_folds FROM was", "1\n");
            assert_int_equal(flush(&c), GW_OK);
            expect_rows(&c, "SELECT count(*) FROM child", "4\n");
            assert_int_equal(run_user(&c, "DROP TABLE parent"), GW_E_CONSTRAINT); /* two more */
            expect_message(&c, "2 rows");
            connection_close(&c);
            assert_int_equal(remove(folder_file("app.db")), 0);
        }
}

static void test_trigger_that_orphans(void **state)
{
    struct connection c;
    (void)state;
    open_family(&c, modes[1]);
    sqlite_must(&c, TX,
                (const char *const[]){ "CREATE TABLE bell (a)",
                                       "CREATE TRIGGER ring AFTER INSERT ON bell BEGIN"
                                       " DELETE FROM parent; END",
                                       NULL });
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { "PRAGMA foreign_keys = off",
                                                      "INSERT INTO bell VALUES (1)" } }),
                     GW_E_CONSTRAINT);
    expect_rows(&c, "SELECT count(*) FROM parent", "2\n");
    connection_close(&c);
}

static void test_deferred_violation_is_of_its_unit(void **state)
{
    struct connection c;
    (void)state;
    open_family(&c, modes[0]);
    sqlite_must(&c, RELAXED, (const char *const[]){ "INSERT INTO parent VALUES (3, 'c')", NULL });
    assert_int_equal(run(&c, &(struct unit){ .flags = RELAXED,
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { "PRAGMA defer_foreign_keys = ON",
                                                      "INSERT INTO child VALUES (3, 9)" } }),
                     GW_E_CONSTRAINT);
    assert_int_equal(c.call.flags & GW_ERR_TX_ABORTED, 0);
    sqlite_must(&c, RELAXED,
                (const char *const[]){ "PRAGMA defer_foreign_keys = ON",
                                       "INSERT INTO child VALUES (3, 9)",
                                       "INSERT INTO parent VALUES (9, 'i')", NULL });
    assert_int_equal(run(&c, &(struct unit){ .flags = RELAXED, /* not deferred any more */
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { "INSERT INTO child VALUES (4, 10)",
                                                      "INSERT INTO parent VALUES (10, 'j')" } }),
                     GW_E_CONSTRAINT);
    assert_int_equal(c.call.n_done, 0);
    assert_int_equal(flush(&c), GW_OK);
    expect_rows(&c, "SELECT group_concat(id) FROM parent", "1,2,3,9\n");
    connection_close(&c);
}

static void test_what_cannot_be_checked_is_a_warning(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, modes[1]);
    sqlite_must(&c, TX,
                (const char *const[]){ "CREATE TABLE parent (id INTEGER, name TEXT)",
                                       "CREATE TABLE child (p INTEGER REFERENCES parent (name))",
                                       "INSERT INTO child VALUES (1)", NULL });
    sqlite_must(&c, TX,
                (const char *const[]){ "CREATE TABLE x (p INTEGER REFERENCES parent (name))",
                                       "INSERT INTO x SELECT * FROM child", "DROP TABLE child",
                                       "ALTER TABLE x RENAME TO child", NULL });
    assert_non_null(strstr(c.call.log, "W: the foreign keys of table 'child' cannot be checked"));
    /* Now it can be checked, but whose fault the row is cannot be told. */
    sqlite_must(&c, TX,
                (const char *const[]){ "PRAGMA foreign_keys = off",
                                       "CREATE UNIQUE INDEX u ON parent (name)",
                                       "INSERT INTO parent VALUES (1, 'a')", NULL });
    assert_non_null(strstr(c.call.log, "W: foreign key violated: 1 row of 'child'"));
    connection_close(&c);
}

/* Outside a transaction a migration's own PRAGMA takes effect, until the next transaction begins. */
static void test_pragma_outside_a_transaction(void **state)
{
    struct connection c;
    (void)state;
    open_family(&c, modes[0]);
    sqlite_must(&c, 0, (const char *const[]){ "PRAGMA foreign_keys = OFF", NULL });
    expect_rows(&c, "PRAGMA foreign_keys", "0\n");
    sqlite_must(&c, 0, (const char *const[]){ "DELETE FROM parent WHERE id = 1", NULL });
    expect_rows(&c, "SELECT count(*) FROM child", "2\n");
    sqlite_must(&c, TX, (const char *const[]){ "DELETE FROM parent WHERE id = 2", NULL });
    expect_rows(&c, "PRAGMA foreign_keys", "1\n");
    expect_rows(&c, "SELECT group_concat(id) FROM child", "1\n");
    connection_close(&c);
}

#define CASE(name_) \
    { \
#name_, name_, contract_begin, contract_end, NULL \
    }

int sqlite_rebuild_cases(const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        CASE(test_rebuild_keeps_children),
        CASE(test_enforcement_is_on_again),
        CASE(test_failed_rebuild_leaves_all),
        CASE(test_lost_parents_fail),
        CASE(test_old_violations_are_no_obstacle),
        CASE(test_trigger_that_orphans),
        CASE(test_deferred_violation_is_of_its_unit),
        CASE(test_what_cannot_be_checked_is_a_warning),
        CASE(test_pragma_outside_a_transaction),
    };
    plugin = *loaded;
    return cmocka_run_group_tests_name("sqlite: rebuild", tests, NULL, NULL);
}
