/* SPDX-License-Identifier: Apache-2.0 */
/* Other sessions, a lost connection, a lost lock, a statement that is too large. */
#include "mysql_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plugin *plugin;
static MYSQL *other; /* the session that makes the trouble */

enum {
    TX = GW_RUN_TX
};

/* ---- waiting ---- */

static void expect_blocked(struct connection *c, const char *sql)
{
    char session[64];
    snprintf(session, sizeof session, "session %lu ", mysql_thread_id(other));
    assert_int_equal(run(c, &(struct unit){ .flags = TX,
                                            .statement_flags = GW_STMT_USER,
                                            .sql = { sql },
                                            .settings = { "lock_timeout", "2s" } }),
                     GW_E_LOCKED);
    assert_true(c->call.flags & GW_ERR_RETRYABLE);
    expect_message(c, session);
    assert_non_null(strstr(c->call.log, session));
}

static void test_lock_timeout_names_the_blocker(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (id INT PRIMARY KEY, x INT) ENGINE=InnoDB",
         "INSERT INTO t VALUES (1, 1)");
    other = mysql_other();
    mysql_other_ask(other, "START TRANSACTION");
    mysql_other_ask(other, "UPDATE t SET x = 2");
    expect_blocked(&c, "ALTER TABLE t ADD y INT");
    expect_blocked(&c, "UPDATE t SET x = 3");
    mysql_other_ask(other, "ROLLBACK");
    MUST(&c, TX, "ALTER TABLE t ADD y INT");
    mysql_close(other);
    connection_close(&c);
}

static char in_the_way[512];

static void list_blockers(int look)
{
    static struct connection c;
    if (look != 8)
        return;
    mysql_new(&c, plugin, GW_OPEN_READ_ONLY);
    assert_int_equal(blockers(&c), GW_OK);
    snprintf(in_the_way, sizeof in_the_way, "%.500s", c.call.text);
    connection_close(&c);
}

static void test_blockers_are_listed(void **state)
{
    struct connection c;
    char session[64];
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO t VALUES (1)");
    other = mysql_other();
    mysql_other_ask(other, "START TRANSACTION");
    mysql_other_ask(other, "SELECT * FROM t FOR UPDATE");
    in_the_way[0] = '\0';
    c.call.on_look = list_blockers;
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .sql = { "DELETE FROM t" },
                                             .settings = { "lock_timeout", "2s" } }),
                     GW_E_LOCKED);
    c.call.on_look = NULL;
    snprintf(session, sizeof session, "session %lu ", mysql_thread_id(other));
    assert_non_null(strstr(in_the_way, session));
    mysql_close(other);
    connection_close(&c);
}

/* ---- the connection ---- */

static void kill_it(int look)
{
    if (look == 4)
        mysql_other_ask(other, "KILL CONNECTION %s",
                        mysql_other_ask(other, "SELECT ID FROM information_schema.PROCESSLIST"
                                               " WHERE INFO LIKE 'SELECT SLEEP(%%'"));
}

static void test_lost_connection_is_told(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    other = mysql_other();
    c.call.on_look = kill_it;
    assert_int_equal(run_user(&c, "SELECT SLEEP(60)"), GW_E_CONNECT);
    assert_true(c.call.flags & GW_ERR_CONN_LOST);
    assert_false(c.call.flags & GW_ERR_UNKNOWN_OUTCOME);
    c.call.on_look = NULL;
    assert_int_equal(query(&c, "SELECT 1"), GW_E_CONNECT); /* it does not connect anew */
    mysql_close(other);
    connection_close(&c);
}

static void test_cancel_leaves_the_session_usable(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB");
    for (int i = 0; i < 5; i++) {
        c.call.stop_after = 3;
        assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                                 .statement_flags = GW_STMT_USER,
                                                 .sql = { "INSERT INTO t VALUES (1)",
                                                          "INSERT INTO t SELECT 2 + SLEEP(60)" } }),
                         GW_E_CANCELLED);
        c.call.stop_after = 0;
        expect_rows(&c, "SELECT count(*) FROM t", "0\n");
    }
    connection_close(&c);
}

/* What the host writes goes to MariaDB together with its COMMIT, and can be cancelled for all that. */
static void test_cancelled_write_has_done_nothing(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO t VALUES (1)");
    other = mysql_other();
    mysql_other_ask(other, "START TRANSACTION");
    mysql_other_ask(other, "SELECT * FROM t WHERE id = 1 FOR UPDATE");
    for (int i = 0; i < 3; i++) {
        c.call.stop_after = 3;
        assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                                 .sql = { "INSERT INTO t VALUES (2)",
                                                          "DELETE FROM t WHERE id = 1" },
                                                 .settings = { "lock_timeout", "60s" } }),
                         GW_E_CANCELLED);
        assert_false(c.call.flags & GW_ERR_UNKNOWN_OUTCOME);
        c.call.stop_after = 0;
        expect_rows(&c, "SELECT count(*) FROM t", "1\n");
    }
    mysql_close(other);
    connection_close(&c);
}

/* ---- the lock ---- */

/* I6: what took the lock away may have been another run. */
static void test_statement_without_the_lock_is_fenced(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB");
    assert_int_equal(lock(&c), GW_OK);
    assert_int_equal(lock(&c), GW_OK); /* once, however often */
    MUST(&c, TX, "INSERT INTO t VALUES (1)");
    assert_int_equal(query(&c, "SELECT RELEASE_ALL_LOCKS()"), GW_OK);
    assert_string_equal(c.call.text, "1\n");
    assert_int_equal(run_user(&c, "INSERT INTO t VALUES (2)"), GW_E_FENCED);
    expect_rows(&c, "SELECT count(*) FROM t", "1\n");
    assert_int_equal(holds(&c), GW_E_FENCED);
    assert_int_equal(lock(&c), GW_OK);
    assert_int_equal(query(&c, "SELECT RELEASE_ALL_LOCKS()"), GW_OK);
    assert_int_equal(unlock(&c), GW_E_FENCED);
    connection_close(&c);
}

static void test_lock_is_the_databases_own(void **state)
{
    struct connection a, b;
    (void)state;
    mysql_new(&a, plugin, 0);
    assert_int_equal(connection_open(&b, plugin, &(struct opening){ .url = mysql_url_of("mysql") }),
                     GW_OK);
    assert_int_equal(lock(&a), GW_OK);
    assert_int_equal(lock(&b), GW_OK);
    connection_close(&b);
    mysql_new(&b, plugin, GW_OPEN_READ_ONLY);
    assert_int_equal(lock(&b), GW_E_LOCKED);
    expect_message(&b, info(&a, "connection"));
    connection_close(&b);
    connection_close(&a);
}

/* ---- size ---- */

static void test_statement_too_large_is_told(void **state)
{
    struct connection c;
    (void)state;
    mysql_new(&c, plugin, 0);
    assert_int_equal(query(&c, "SELECT @@GLOBAL.max_allowed_packet"), GW_OK);
    size_t most = (size_t)strtoull(c.call.text, NULL, 10);
    char *sql = malloc(most + 1);
    assert_non_null(sql);
    memset(sql, ' ', most);
    memcpy(sql, "SELECT 1", 8);
    sql[most] = '\0';
    assert_int_equal(run_user(&c, sql), GW_E_UNSUPPORTED);
    expect_message(&c, "max_allowed_packet");
    free(sql);
    expect_rows(&c, "SELECT 1", "1\n");
    connection_close(&c);
}

int mysql_trouble_cases(const struct plugin *of)
{
    const struct CMUnitTest tests[] = {
        MYSQL_CASE(test_lock_timeout_names_the_blocker),
        MYSQL_CASE(test_blockers_are_listed),
        MYSQL_CASE(test_cancelled_write_has_done_nothing),
        MYSQL_CASE(test_lost_connection_is_told),
        MYSQL_CASE(test_cancel_leaves_the_session_usable),
        MYSQL_CASE(test_statement_without_the_lock_is_fenced),
        MYSQL_CASE(test_lock_is_the_databases_own),
        MYSQL_CASE(test_statement_too_large_is_told),
    };
    plugin = of;
    return _cmocka_run_group_tests("mysql: trouble", tests, sizeof tests / sizeof tests[0], NULL,
                                   NULL);
}
