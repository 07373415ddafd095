/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, the session's settings, what migrations may do to it, units with DDL inside, warnings. */
#include "mysql_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plugin *plugin;

enum {
    TX = GW_RUN_TX,
    FRESH = GW_RUN_TX | GW_RUN_FRESH
};

/* ---- sinks of no interest ---- */

static gw_status ignore_done(struct gw_call *call, uint32_t index, int64_t affected, int64_t ns)
{
    (void)call;
    (void)index;
    (void)affected;
    (void)ns;
    return GW_OK;
}

static gw_status ignore_columns(struct gw_call *call, const struct gw_column *columns, uint32_t n)
{
    (void)call;
    (void)columns;
    (void)n;
    return GW_OK;
}

static gw_status ignore_row(struct gw_call *call, const struct gw_cell *cells, uint32_t n)
{
    (void)call;
    (void)cells;
    (void)n;
    return GW_OK;
}

/* ---- the URL ---- */

static void test_url_that_is_wrong_does_not_show(void **state)
{
    static const struct {
        const char *url, *message;
    } cases[] = {
        { "mysql://u:hush@h/db?sslmode=required", "unknown parameter 'sslmode'" },
        { "mysql://u:hush@h/", "names no database" },
        { "mysql://u:hush@h", "names no database" },
        { "mysql://u:hush%zz@h/db", "'%' without two hex digits" },
        { "mysql://u:hush@h:port/db", "a port that is none" },
        { "mysql://u:hush@h:99999/db", "a port that is none" },
        { "mysql://u:p?hush@h/db", "is none" },
        { "mysql://u:hu/sh@h/db", "" },
        { "mysql://u:hush@h/a/b", "a '/' too many" },
        { "mysql://u:hush@h/db?ssl_mode=hush", "unknown ssl_mode" },
        { "mysql://u:hush@h/db?connect_timeout=hush", "connect_timeout" },
        { "mysql://u:hush%00@h/db", "NUL" },
        { "hush://x", "is not one of a MySQL or MariaDB server" },
    };
    struct connection c;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(connection_open(&c, plugin, &(struct opening){ .url = cases[i].url }),
                         GW_E_ARGUMENT);
        expect_message(&c, cases[i].message);
        assert_null(strstr(c.call.message, "hush"));
        assert_null(strstr(c.call.hint, "hush"));
    }
    assert_int_equal(connection_open(&c, plugin, &(struct opening){ .url = cases[0].url }),
                     GW_E_ARGUMENT);
    assert_string_equal(c.call.hint, "did you mean 'ssl_mode'?");
}

static void test_open_says_why_it_cannot(void **state)
{
    struct connection c;
    char url[1200];
    (void)state;
    assert_int_equal(
        connection_open(&c, plugin,
                        &(struct opening){ .url = "mysql://u:hush@localhost/db?socket=/nowhere" }),
        GW_E_CONNECT);
    assert_null(strstr(c.call.message, "hush"));
    assert_int_equal(
        connection_open(&c, plugin, &(struct opening){ .url = "mysql://u:hush@127.0.0.1:1/db" }),
        GW_E_CONNECT);
    snprintf(url, sizeof url, "mysql://nobody%%40x:hush@localhost/db%s",
             strchr(mysql_url(), '?') ? strchr(mysql_url(), '?') : "");
    if (strchr(mysql_url(), '?')) {
        assert_int_equal(connection_open(&c, plugin, &(struct opening){ .url = url }),
                         GW_E_PERMISSION);
        expect_message(&c, "nobody@x");
        assert_null(strstr(c.call.message, "hush"));
    }
}

/* ---- the session ---- */

static void test_session_is_strict_and_patient_for_seconds(void **state)
{
    const struct opening opening = { .url = mysql_url(), .session = { "SET sql_mode = 'ANSI';" } };
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    expect_rows(&c,
                "SELECT @@sql_mode LIKE '%STRICT_TRANS_TABLES%', @@autocommit, @@lock_wait_timeout,"
                " @@innodb_lock_wait_timeout",
                "1|1|5|5\n");
    connection_close(&c);
    assert_int_equal(connection_open(&c, plugin, &opening), GW_OK);
    expect_rows(&c, "SELECT @@sql_mode LIKE '%STRICT%'", "0\n");
    connection_close(&c);
}

static void test_fresh_takes_back_what_migrations_did(void **state)
{
    static const char look[] =
        "SELECT @@sql_mode, @@foreign_key_checks, @x, @@character_set_client,"
        " @@time_zone, DATABASE()";
    struct connection c;
    static char before[TEXT_ROOM];
    (void)state;
    mysql_new(&c, plugin, 0);
    assert_int_equal(query(&c, look), GW_OK);
    snprintf(before, sizeof before, "%s", c.call.text);
    MUST(&c, TX,
         "SET sql_mode = '', @x = 5, SESSION foreign_key_checks = 0, @@time_zone = '+03:00'",
         "SET NAMES latin1", "SET @godwit = 'SELECT 1'", "PREPARE p FROM @godwit",
         "CREATE TEMPORARY TABLE parent (a INT)", "USE information_schema",
         "SELECT count(*) FROM TABLES");
    assert_int_equal(query(&c, "SELECT @x, @@foreign_key_checks"), GW_OK);
    assert_string_equal(c.call.text, "5|0\n");
    MUST(&c, FRESH, "SELECT 1");
    expect_rows(&c, look, before);
    assert_int_equal(run_user(&c, "EXECUTE p"), GW_E_UNDEFINED);
    assert_int_equal(query(&c, "SELECT * FROM parent"), GW_E_UNDEFINED);
    connection_close(&c);
}

/* The host's statements find their tables whatever a migration USEs. */
static void test_use_moves_the_migration_alone(void **state)
{
    static const char *const sql[] = { "USE information_schema", "SELECT count(*) FROM TABLES",
                                       "INSERT INTO parent VALUES (1)" };
    struct gw_statement statements[3];
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE parent (id INT) ENGINE=InnoDB");
    for (size_t i = 0; i < 3; i++)
        statements[i] = (struct gw_statement){ .sql = { sql[i], strlen(sql[i]) },
                                               .flags = i < 2 ? GW_STMT_USER : 0 };
    const struct gw_run unit = {
        .struct_size = sizeof unit, .n_statements = 3, .flags = TX, .statements = statements
    };
    static const struct gw_run_out out = { .struct_size = sizeof out, .done = ignore_done };
    assert_int_equal(plugin->driver->run(call_of(&c), c.conn, &unit, &out), GW_OK);
    expect_rows(&c, "SELECT id FROM parent", "1\n");
    connection_close(&c);
}

static void test_settings_hold_for_one_unit(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE seen (a INT, b VARCHAR(200), c INT)");
    assert_int_equal(
        run(&c, &(struct unit){ .flags = TX,
                                .statement_flags = GW_STMT_USER,
                                .sql = { "INSERT INTO seen SELECT @@lock_wait_timeout, @@sql_mode,"
                                         " @@sort_buffer_size" },
                                .settings = { "lock_timeout", "3s", "sql_mode", "ANSI_QUOTES",
                                              "sort_buffer_size", "131072" } }),
        GW_OK);
    expect_rows(&c, "SELECT * FROM seen", "3|ANSI_QUOTES|131072\n");
    expect_rows(
        &c, "SELECT @@lock_wait_timeout, @@sql_mode LIKE '%STRICT%', @@sort_buffer_size <> 131072",
        "5|1|1\n");
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .sql = { "SELECT 1" },
                                             .settings = { "sql_mode", "NO_SUCH_MODE" } }),
                     GW_E_ARGUMENT);
    assert_int_equal(
        run(&c,
            &(struct unit){ .flags = TX, .sql = { "SELECT 1" }, .settings = { "a = 1, b", "1" } }),
        GW_E_ARGUMENT);
    connection_close(&c);
}

/* ---- units ---- */

static void test_what_follows_ddl_happens_together(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB");
    assert_int_equal(
        run(&c, &(struct unit){ .flags = TX,
                                .statement_flags = GW_STMT_USER,
                                .sql = { "INSERT INTO t VALUES (1)", "ALTER TABLE t ADD x INT",
                                         "INSERT INTO t (id) VALUES (2)",
                                         "INSERT INTO t (id) VALUES (3)",
                                         "INSERT INTO t (id) VALUES (3)" } }),
        GW_E_CONSTRAINT);
    assert_int_equal(c.call.n_done, 4);
    expect_rows(&c, "SELECT id FROM t ORDER BY id",
                "1\n"); /* DDL committed it; 2 and 3 are undone */
    connection_close(&c);
}

static void test_several_results_are_read(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, 0, "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2 UNION SELECT 3; DO 0; SELECT 4; END",
         "CALL p()", "SELECT 1");
    expect_rows(&c, "CALL p()", "1\n");
    expect_rows(&c, "SELECT 5", "5\n");
    MUST(&c, 0,
         "CREATE PROCEDURE q() BEGIN SELECT 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; "
         "END");
    assert_int_equal(
        run(&c, &(struct unit){ .statement_flags = GW_STMT_USER, .sql = { "CALL q()" } }),
        GW_E_CONSTRAINT);
    expect_message(&c, "no");
    connection_close(&c);
}

static void test_found_rows_count(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (id INT PRIMARY KEY, x INT)", "INSERT INTO t VALUES (1, 5)");
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .statement_flags = GW_STMT_ONE_ROW,
                                             .sql = { "UPDATE t SET x = 5 WHERE id = 1" } }),
                     GW_OK);
    connection_close(&c);
}

static void test_changed_values_fail_the_unit(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (name VARCHAR(3) NOT NULL) ENGINE=InnoDB", "SET sql_mode = ''");
    assert_int_equal(run_user(&c, "INSERT INTO t VALUES ('long')"), GW_E_CONSTRAINT);
    expect_message(&c, "changed on its way in");
    expect_rows(&c, "SELECT count(*) FROM t", "0\n");
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { "INSERT INTO t VALUES ('long')" },
                                             .settings = { "warnings", "log" } }),
                     GW_OK);
    expect_rows(&c, "SELECT name FROM t", "lon\n");
    MUST(&c, TX,
         "ALTER TABLE t MODIFY name VARCHAR(2) NOT NULL"); /* done is done: a line in the log */
    assert_non_null(strstr(c.call.log, "W: the server warns"));
    MUST(&c, TX, "DROP TABLE IF EXISTS nothing"); /* a note */
    assert_string_equal(c.call.log, "");
    connection_close(&c);
}

static void test_transactions_of_a_migration_are_refused(void **state)
{
    static const char *const refused[] = { "COMMIT",
                                           "ROLLBACK",
                                           "BEGIN",
                                           "SET autocommit = 0, unique_checks = 0",
                                           "SELECT RELEASE_ALL_LOCKS()",
                                           "SET ROLE NONE",
                                           "LOAD DATA LOCAL INFILE 'x' INTO TABLE t" };
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(run_user(&c, refused[i]), GW_E_REFUSED);
    MUST(&c, TX, "CREATE TABLE t (id INT)", "LOCK TABLES t WRITE", "INSERT INTO t VALUES (1)",
         "UNLOCK TABLES", "SET autocommit = 0");
    assert_non_null(strstr(c.call.log, "LOCK TABLES"));
    expect_rows(&c, "SELECT @@autocommit", "1\n");
    connection_close(&c);
}

static void test_read_only_refuses_ddl(void **state)
{
    static const struct gw_rows_out out = { .struct_size = sizeof out,
                                            .columns = ignore_columns,
                                            .row = ignore_row };
    const struct gw_statement write = { .sql = GW_S("CREATE TABLE x (id INT)"),
                                        .flags = GW_STMT_USER };
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, GW_OPEN_READ_ONLY);
    assert_int_equal(run_user(&c, "CREATE TABLE x (id INT)"), GW_E_READ_ONLY);
    assert_int_equal(query(&c, "CREATE TABLE x (id INT)"), GW_E_READ_ONLY);
    connection_close(&c);
    mysql_new(&c, plugin, 0);
    assert_int_equal(plugin->driver->query(call_of(&c), c.conn, &write, &out), GW_E_READ_ONLY);
    connection_close(&c);
}

static void test_quoting_follows_the_session(void **state)
{
    static const char *const modes[] = { "SET sql_mode = 'ANSI_QUOTES'",
                                         "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
                                         "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'" };
    static const char text[] = "a\\'\"`\\";
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct opening opening = { .url = mysql_url(), .session = { modes[i] } };
        struct connection c;
        char sql[200];
        assert_int_equal(connection_open(&c, plugin, &opening), GW_OK);
        assert_int_equal(quote(&c, GW_QUOTE_TEXT, text, strlen(text)), GW_OK);
        snprintf(sql, sizeof sql, "SELECT %.100s", c.call.text);
        expect_rows(&c, sql, "a\\'\"`\\\n");
        assert_int_equal(quote(&c, GW_QUOTE_TEXT, "a\0b", 3), GW_OK);
        snprintf(sql, sizeof sql, "SELECT hex(%.100s)", c.call.text);
        expect_rows(&c, sql, "610062\n");
        connection_close(&c);
    }
    struct connection none = { .plugin = plugin };
    char name[66];
    memset(name, 'x', sizeof name);
    assert_int_equal(quote(&none, GW_QUOTE_NAME, name, 65), GW_E_ARGUMENT);
    assert_int_equal(quote(&none, GW_QUOTE_NAME, name, 64), GW_OK);
    assert_int_equal(quote(&none, GW_QUOTE_NAME, "a\0b", 3), GW_E_ARGUMENT);
}

int mysql_session_cases(const struct plugin *of)
{
    const struct CMUnitTest tests[] = {
        MYSQL_CASE(test_url_that_is_wrong_does_not_show),
        MYSQL_CASE(test_open_says_why_it_cannot),
        MYSQL_CASE(test_session_is_strict_and_patient_for_seconds),
        MYSQL_CASE(test_fresh_takes_back_what_migrations_did),
        MYSQL_CASE(test_use_moves_the_migration_alone),
        MYSQL_CASE(test_settings_hold_for_one_unit),
        MYSQL_CASE(test_what_follows_ddl_happens_together),
        MYSQL_CASE(test_several_results_are_read),
        MYSQL_CASE(test_found_rows_count),
        MYSQL_CASE(test_changed_values_fail_the_unit),
        MYSQL_CASE(test_transactions_of_a_migration_are_refused),
        MYSQL_CASE(test_read_only_refuses_ddl),
        MYSQL_CASE(test_quoting_follows_the_session),
    };
    plugin = of;
    return _cmocka_run_group_tests("mysql: session", tests, sizeof tests / sizeof tests[0], NULL,
                                   NULL);
}
