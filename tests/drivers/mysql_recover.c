/* SPDX-License-Identifier: Apache-2.0 */
/* What tells after a crash whether a statement took effect, and the end of a session that still runs. */
#include "mysql_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

static const struct plugin *plugin;

enum {
    TX = GW_RUN_TX
};

/* Each statement changes the fingerprint of what it touches, and of nothing else. */
static void test_fingerprint_of_what_is_touched(void **state)
{
    static const char *const sql[] = {
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, x INT)",
        "ALTER TABLE t ADD y INT",
        "CREATE INDEX i ON t (x)",
        "DROP INDEX i ON t",
        "CREATE VIEW v AS SELECT id FROM t",
        "CREATE OR REPLACE VIEW v AS SELECT id, x FROM t",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.y = 1",
        "DROP TRIGGER tr",
        "CREATE PROCEDURE p() SELECT 1",
        "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
        "DROP EVENT IF EXISTS e",
        "RENAME TABLE t TO u",
        "ALTER TABLE u RENAME TO t",
        "ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2",
        "DROP PROCEDURE p",
        "DROP VIEW v",
        "DROP TABLE t",
    };
    static const char elsewhere[] = "ALTER TABLE other ADD x INT";
    static char before[TEXT_ROOM], else_before[4096];
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE other (id INT)");
    snprintf(else_before, sizeof else_before, "%s", fingerprint_of(&c, elsewhere));
    for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++) {
        snprintf(before, sizeof before, "%s", fingerprint_of(&c, sql[i]));
        assert_string_equal(fingerprint_of(&c, sql[i]), before);
        MUST(&c, TX, sql[i]);
        if (strcmp(fingerprint_of(&c, sql[i]), before) == 0)
            fail_msg("'%s' did not change '%s'", sql[i], before);
        assert_string_equal(fingerprint_of(&c, elsewhere), else_before);
    }
    connection_close(&c);
}

/* What cannot be seen in a name may be anywhere. */
static void test_fingerprint_of_execute_is_of_all(void **state)
{
    static char before[TEXT_ROOM];
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "SET @s = 'CREATE TABLE t (id INT)'", "PREPARE p FROM @s");
    snprintf(before, sizeof before, "%s", fingerprint_of(&c, "EXECUTE p"));
    MUST(&c, TX, "EXECUTE p");
    assert_string_not_equal(fingerprint_of(&c, "EXECUTE p"), before);
    connection_close(&c);
}

static void test_fingerprint_is_of_the_schema_alone(void **state)
{
    static char before[TEXT_ROOM];
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX,
         "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, x VARCHAR(20) COMMENT ' "
         "AUTO_INCREMENT=5')"
         " ENGINE=InnoDB COMMENT='x AUTO_INCREMENT=7'");
    snprintf(before, sizeof before, "%s", fingerprint(&c));
    MUST(&c, TX, "INSERT INTO t (x) VALUES ('a'), ('b')");
    assert_string_equal(fingerprint(&c), before);
    MUST(&c, TX, "SET sql_mode = 'ANSI'",
         "SET sql_quote_show_create = 0"); /* SHOW CREATE quotes otherwise */
    assert_string_equal(fingerprint(&c), before);
    MUST(&c, TX, "ALTER TABLE t COMMENT 'x AUTO_INCREMENT=8'");
    assert_string_not_equal(fingerprint(&c), before);
    /* run again without harm, whatever there is */
    snprintf(before, sizeof before, "%s", fingerprint_of(&c, "TRUNCATE t"));
    MUST(&c, TX, "TRUNCATE t");
    assert_string_equal(fingerprint_of(&c, "TRUNCATE t"), before);
    connection_close(&c);
}

static void test_fingerprint_of_grants(void **state)
{
    static char before[4096];
    char create[128], grant[160], drop[128];
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    const char *name = strrchr(info(&c, "database"), '_');
    snprintf(create, sizeof create, "CREATE USER gw%s@localhost", name);
    snprintf(grant, sizeof grant, "GRANT CREATE, DROP ON *.* TO `gw%s`@'localhost'", name);
    snprintf(drop, sizeof drop, "DROP USER 'gw%s'@localhost", name);
    const char *const sql[] = { create, grant, drop };
    for (size_t i = 0; i < 3; i++) {
        snprintf(before, sizeof before, "%s", fingerprint_of(&c, sql[i]));
        MUST(&c, TX, sql[i]);
        assert_string_not_equal(fingerprint_of(&c, sql[i]), before);
    }
    connection_close(&c);
}

/* After a restart of the server a number is another session's: only the holder of the lock is ended. */
static void test_terminate_ends_the_holder_alone(void **state)
{
    struct connection a, b;
    char holder[64];
    (void)state;
    mysql_new(&a, plugin, 0);
    mysql_new(&b, plugin, 0);
    snprintf(holder, sizeof holder, "%s", info(&a, "connection"));
    assert_int_equal(terminate(&b, holder), GW_OK);
    expect_rows(&a, "SELECT 1", "1\n"); /* it holds nothing, and lives */
    assert_int_equal(terminate(&b, ""), GW_E_NOT_FOUND);
    assert_int_equal(lock(&a), GW_OK);
    assert_int_equal(terminate(&a, holder), GW_E_REFUSED);
    assert_int_equal(terminate(&b, "0"), GW_E_ARGUMENT);
    assert_int_equal(terminate(&b, "99999999999999999999999"), GW_E_ARGUMENT);
    assert_int_equal(terminate(&b, ""), GW_OK);
    assert_int_equal(lock(&b), GW_OK);
    assert_int_equal(query(&a, "SELECT 1"), GW_E_CONNECT);
    connection_close(&a);
    connection_close(&b);
}

int mysql_recover_cases(const struct plugin *of)
{
    const struct CMUnitTest tests[] = {
        MYSQL_CASE(test_fingerprint_of_what_is_touched),
        MYSQL_CASE(test_fingerprint_of_execute_is_of_all),
        MYSQL_CASE(test_fingerprint_is_of_the_schema_alone),
        MYSQL_CASE(test_fingerprint_of_grants),
        MYSQL_CASE(test_terminate_ends_the_holder_alone),
    };
    plugin = of;
    return _cmocka_run_group_tests("mysql: recover", tests, sizeof tests / sizeof tests[0], NULL,
                                   NULL);
}
