/* SPDX-License-Identifier: Apache-2.0 */
/* Other sessions in the way, sessions that are ended, commits without an answer. */
#include "postgres_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plugin *plugin;

enum {
    TX = GW_RUN_TX,
    LOOK = 4 /* the statement is under way by then */
};

static PGconn *other;
static char other_sql[200];

static void act_at_look(int look)
{
    if (look == LOOK)
        postgres_other_ask(other, other_sql);
}

static int pid_of(struct connection *c)
{
    return (int)strtol(info(c, "connection"), NULL, 10);
}

static void end_at_look(struct connection *c)
{
    other = postgres_other();
    snprintf(other_sql, sizeof other_sql, "SELECT pg_terminate_backend(%d)", pid_of(c));
    c->call.on_look = act_at_look;
}

/* ---- locks ---- */

static void test_the_one_in_the_way_is_named(void **state)
{
    struct connection c;
    char pid[32];
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (a int)");
    other = postgres_other();
    snprintf(pid, sizeof pid, "pid %s", postgres_other_ask(other, "SELECT pg_backend_pid()"));
    postgres_other_ask(other, "BEGIN");
    postgres_other_ask(other, "INSERT INTO t VALUES (1)");
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { "ALTER TABLE t ADD b int" },
                                             .settings = { "lock_timeout", "3s" } }),
                     GW_E_LOCKED);
    assert_true(c.call.flags & GW_ERR_RETRYABLE);
    assert_string_equal(c.call.sqlstate, "55P03");
    assert_non_null(strstr(c.call.log, pid));
    assert_non_null(strstr(c.call.log, "INSERT INTO t"));
    assert_non_null(strstr(c.call.detail, pid));
    postgres_other_ask(other, "COMMIT");
    PQfinish(other);
    MUST(&c, TX, "ALTER TABLE t ADD b int");
    connection_close(&c);
}

static void test_blockers_are_listed(void **state)
{
    static const char *const lines[] = { "pid ", "godwit" };
    struct connection a, b;
    (void)state;
    postgres_new(&a, plugin, 0);
    postgres_new(&b, plugin, 0);
    assert_int_equal(blockers(&b), GW_OK);
    assert_string_equal(b.call.text, "");
    assert_int_equal(lock(&a), GW_OK);
    assert_int_equal(blockers(&b), GW_OK);
    for (size_t i = 0; i < 2; i++)
        assert_non_null(strstr(b.call.text, lines[i]));
    assert_int_equal(lock(&b), GW_E_LOCKED);
    expect_message(&b, "pid ");
    connection_close(&a);
    connection_close(&b);
}

static void test_a_reader_sees_the_lock(void **state)
{
    struct connection a, b;
    (void)state;
    postgres_new(&a, plugin, 0);
    postgres_new(&b, plugin, GW_OPEN_READ_ONLY);
    assert_int_equal(lock(&b), GW_E_READ_ONLY);
    assert_int_equal(lock(&a), GW_OK);
    assert_int_equal(lock(&b), GW_E_LOCKED);
    connection_close(&b);
    connection_close(&a);
}

static void test_a_long_wait_of_an_index_is_no_failure(void **state)
{
    struct connection c;
    const struct opening opening = { .url = postgres_url(), .busy_ms = 100 };
    (void)state;
    assert_int_equal(connection_open(&c, plugin, &opening), GW_OK);
    MUST(&c, TX, "CREATE TABLE t (a int)");
    other = postgres_other();
    postgres_other_ask(other, "BEGIN");
    postgres_other_ask(other, "INSERT INTO t VALUES (1)");
    snprintf(other_sql, sizeof other_sql, "COMMIT");
    c.call.on_look = act_at_look;
    MUST(&c, 0, "CREATE INDEX CONCURRENTLY i ON t (a)");
    c.call.on_look = NULL;
    expect_rows(&c, "SHOW lock_timeout", "100ms\n");
    assert_int_equal(run(&c, &(struct unit){ .statement_flags = GW_STMT_USER,
                                             .sql = { "CREATE INDEX CONCURRENTLY j ON t (a)" },
                                             .settings = { "lock_timeout", "7s" } }),
                     GW_OK);
    expect_rows(&c, "SHOW lock_timeout", "100ms\n");
    expect_rows(&c, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "1\n");
    PQfinish(other);
    connection_close(&c);
}

static void test_cancelled_by_somebody_else(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    other = postgres_other();
    snprintf(other_sql, sizeof other_sql, "SELECT pg_cancel_backend(%d)", pid_of(&c));
    c.call.on_look = act_at_look;
    assert_int_equal(run_user(&c, "SELECT pg_sleep(20)"), GW_E_CANCELLED);
    expect_message(&c, "another session");
    PQfinish(other);
    connection_close(&c);
}

static void test_a_deadlock_may_be_tried_again(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    assert_int_equal(
        run_user(&c, "DO $$ BEGIN RAISE EXCEPTION 'x' USING errcode = '40P01'; END $$"),
        GW_E_LOCKED);
    assert_true(c.call.flags & GW_ERR_RETRYABLE);
    connection_close(&c);
}

/* ---- sessions that end ---- */

static void test_a_session_that_is_ended_is_lost(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (a int)");
    assert_int_equal(lock(&c), GW_OK);
    end_at_look(&c);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = TX,
                                .statement_flags = GW_STMT_USER,
                                .sql = { "INSERT INTO t VALUES (1)", "SELECT pg_sleep(20)" } }),
        GW_E_CONNECT);
    assert_true(c.call.flags & GW_ERR_CONN_LOST);
    assert_false(c.call.flags & GW_ERR_UNKNOWN_OUTCOME); /* it ended before the COMMIT */
    assert_int_equal(c.call.n_done, 1);
    c.call.on_look = NULL;
    assert_int_equal(holds(&c), GW_E_FENCED);
    assert_int_equal(run_user(&c, "SELECT 1"), GW_E_CONNECT);
    assert_true(c.call.flags & GW_ERR_CONN_LOST);
    assert_int_equal(query(&c, "SELECT 1"), GW_E_CONNECT);
    connection_close(&c);
    assert_string_equal(postgres_other_ask(other, "SELECT count(*) FROM t"), "0");
    PQfinish(other);
}

static void test_a_commit_without_an_answer(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (a int)",
         "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
         " 'BEGIN PERFORM pg_sleep(20); RETURN NULL; END'",
         "CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED"
         " FOR EACH ROW EXECUTE FUNCTION f()");
    end_at_look(&c);
    assert_int_equal(run_user(&c, "INSERT INTO t VALUES (1)"), GW_E_CONNECT);
    assert_int_equal(c.call.flags & (GW_ERR_CONN_LOST | GW_ERR_UNKNOWN_OUTCOME),
                     GW_ERR_CONN_LOST | GW_ERR_UNKNOWN_OUTCOME);
    assert_int_equal(c.call.n_done, 1);
    connection_close(&c);
    PQfinish(other);
}

static void test_a_session_ended_while_idle(void **state)
{
    struct connection c;
    char sql[100];
    (void)state;
    postgres_new(&c, plugin, 0);
    other = postgres_other();
    snprintf(sql, sizeof sql,
             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %d", pid_of(&c));
    while (*postgres_other_ask(other, sql)) /* until it has gone */
        continue;
    assert_int_equal(run_user(&c, "CREATE TABLE t (a int)"), GW_E_CONNECT);
    assert_true(c.call.flags & GW_ERR_CONN_LOST);
    connection_close(&c);
    PQfinish(other);
}

static void test_a_query_survives_nothing_and_says_so(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    end_at_look(&c);
    assert_int_equal(query(&c, "SELECT pg_sleep(20)"), GW_E_CONNECT);
    assert_true(c.call.flags & GW_ERR_CONN_LOST);
    connection_close(&c);
    PQfinish(other);
}

/* ---- units that fail ---- */

static void test_a_unit_that_failed_leaves_nothing_behind(void **state)
{
    const struct gw_cell one = { .kind = GW_INT, .v.i = 1 };
    struct gw_statement statements[2] = {
        { GW_S("SELECT nothing"), NULL, 0, GW_STMT_USER },
        { GW_S("INSERT INTO t (a) VALUES (?1)"), &one, 1, GW_STMT_ONE_ROW },
    };
    const struct gw_run request = {
        .struct_size = sizeof request, .n_statements = 2, .flags = TX, .statements = statements
    };
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (a int)");
    for (int i = 0; i < 3; i++)
        assert_int_equal(run_request(&c, &request), GW_E_UNDEFINED);
    statements[0].sql = (struct gw_str)GW_S("SELECT 1");
    for (int i = 0; i < 3; i++)
        assert_int_equal(run_request(&c, &request), GW_OK);
    expect_rows(&c, "SELECT count(*) FROM t", "3\n");
    connection_close(&c);
}

static void test_expectations_of_the_host(void **state)
{
    const struct gw_cell one = { .kind = GW_INT, .v.i = 1 };
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (a bigint)", "INSERT INTO t VALUES (1)");
    static const char lock_row[] =
        "SELECT count(*) = 1 FROM (SELECT a FROM t WHERE a = ?1 FOR UPDATE) x";
    static const char row[] = "SELECT a = ?1 FROM t WHERE a < 5 FOR UPDATE";
    assert_int_equal(run_args(&c, lock_row, GW_STMT_EXPECT_TRUE, &one, 1), GW_OK);
    assert_int_equal(run_args(&c, row, GW_STMT_EXPECT_TRUE, &one, 1), GW_OK);
    MUST(&c, TX, "UPDATE t SET a = 2");
    assert_int_equal(run_args(&c, row, GW_STMT_EXPECT_TRUE, &one, 1), GW_E_ASSERT);
    MUST(&c, TX, "DELETE FROM t");
    assert_int_equal(run_args(&c, row, GW_STMT_EXPECT_TRUE, &one, 1), GW_E_ASSERT);
    assert_int_equal(
        run_args(&c, "INSERT INTO t (a) SELECT ?1 WHERE false", GW_STMT_ONE_ROW, &one, 1),
        GW_E_FENCED);
    assert_int_equal(run_args(&c, "INSERT INTO t (a) VALUES (?1), (2)", GW_STMT_ONE_ROW, &one, 1),
                     GW_E_FENCED);
    expect_rows(&c, "SELECT count(*) FROM t", "0\n");
    connection_close(&c);
}

/* A migration that divides by zero is no lost lock. */
static void test_division_by_zero_is_the_migrations_own(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    assert_int_equal(run_user(&c, "SELECT 1 / 0"), GW_E_CONSTRAINT);
    connection_close(&c);
}

static void test_an_assertion_stands_between_statements(void **state)
{
    struct gw_statement statements[3] = {
        { GW_S("INSERT INTO t VALUES (1)"), NULL, 0, GW_STMT_USER },
        { GW_S("SELECT count(*) = 1 FROM t"), NULL, 0, GW_STMT_USER | GW_STMT_EXPECT_TRUE },
        { GW_S("INSERT INTO t VALUES (2)"), NULL, 0, GW_STMT_USER },
    };
    const struct gw_run request = {
        .struct_size = sizeof request, .n_statements = 3, .flags = TX, .statements = statements
    };
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (a int)");
    assert_int_equal(run_request(&c, &request), GW_OK);
    assert_int_equal(c.call.n_done, 3);
    assert_int_equal(run_request(&c, &request), GW_E_ASSERT);
    assert_int_equal(c.call.n_done, 1);
    expect_rows(&c, "SELECT count(*) FROM t", "2\n");
    connection_close(&c);
}

int postgres_trouble_cases(const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        POSTGRES_CASE(test_the_one_in_the_way_is_named),
        POSTGRES_CASE(test_blockers_are_listed),
        POSTGRES_CASE(test_a_reader_sees_the_lock),
        POSTGRES_CASE(test_a_long_wait_of_an_index_is_no_failure),
        POSTGRES_CASE(test_cancelled_by_somebody_else),
        POSTGRES_CASE(test_a_deadlock_may_be_tried_again),
        POSTGRES_CASE(test_a_session_that_is_ended_is_lost),
        POSTGRES_CASE(test_a_commit_without_an_answer),
        POSTGRES_CASE(test_a_session_ended_while_idle),
        POSTGRES_CASE(test_a_query_survives_nothing_and_says_so),
        POSTGRES_CASE(test_a_unit_that_failed_leaves_nothing_behind),
        POSTGRES_CASE(test_expectations_of_the_host),
        POSTGRES_CASE(test_division_by_zero_is_the_migrations_own),
        POSTGRES_CASE(test_an_assertion_stands_between_statements),
    };
    plugin = loaded;
    return _cmocka_run_group_tests("postgres: trouble", tests, sizeof tests / sizeof tests[0], NULL,
                                   NULL);
}
