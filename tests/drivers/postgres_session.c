/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, settings, what lasts in a session and what does not, COPY, large units, poolers. */
#include "postgres_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plugin *plugin;

enum {
    TX = GW_RUN_TX,
    RELAXED = GW_RUN_TX | GW_RUN_RELAXED,
    FRESH = GW_RUN_TX | GW_RUN_FRESH
};

/* ---- open ---- */

static void test_open_never_shows_a_password(void **state)
{
    static const char *const urls[] = {
        "postgresql://u:s3cret/x@localhost/d",
        "postgresql://u:s3cret@t@localhost:1/d",
        "postgresql://u:s3cret@localhost:1/d",
        "host=localhost port=1 password=s3cret",
        "host=localhost password='s3cret",
        "postgresql://u:a:s3cret@localhost:1/d?nonsense=1",
        "postgresql://u@localhost:1/d?password=s3cret&sslmode=s3cret",
    };
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct connection c;
        gw_status status = connection_open(&c, plugin, &(struct opening){ .url = urls[i] });
        assert_true(status == GW_E_CONNECT || status == GW_E_ARGUMENT);
        if (strstr(c.call.message, "s3cret") || strstr(c.call.detail, "s3cret") ||
            strstr(c.call.hint, "s3cret"))
            fail_msg("'%s' shows it: %s", urls[i], c.call.message);
        assert_true(c.call.hint[0] != '\0');
    }
}

static void test_open_says_what_is_in_the_way(void **state)
{
    struct connection c;
    (void)state;
    assert_int_equal(
        connection_open(&c, plugin, &(struct opening){ .url = "postgresql://127.0.0.1:1/d" }),
        GW_E_CONNECT);
    expect_message(&c, "cannot connect");
    assert_int_equal(connection_open(&c, plugin, &(struct opening){ .url = "app.db" }),
                     GW_E_ARGUMENT);
    assert_int_equal(connection_open(&c, plugin, &(struct opening){ .url = "service=no_such" }),
                     GW_E_CONNECT);
}

static void test_read_only_cannot_be_switched_off(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, GW_OPEN_READ_ONLY);
    assert_true(query(&c, "SELECT set_config('transaction_read_only', 'off', false)") < 0);
    assert_int_equal(query(&c, "SELECT set_config('default_transaction_read_only', 'off', false)"),
                     GW_OK);
    assert_int_equal(query(&c, "CREATE TABLE x (i int)"), GW_E_READ_ONLY);
    assert_int_equal(run_user(&c, "CREATE TABLE x (i int)"), GW_E_READ_ONLY);
    connection_close(&c);
}

static void test_a_query_of_a_migration_only_reads(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    assert_int_equal(query_args(&c, "CREATE TABLE x (i int)", GW_STMT_USER, NULL, 0), GW_E_REFUSED);
    assert_int_equal(query_args(&c, "SELECT 1", GW_STMT_USER, NULL, 0), GW_OK);
    connection_close(&c);
}

static void test_cells_have_their_types(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    expect_rows(&c,
                "SELECT 1::smallint, 2::bigint, true, 1.5::float8, '\\x00ff'::bytea, 'a', NULL,"
                " 1.50::numeric, '2024-01-01'::date",
                "1|2|1|1.5|x'00ff'|a|NULL|1.50|2024-01-01\n");
    connection_close(&c);
}

/* ---- settings ---- */

static void test_settings_last_for_their_unit(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    const struct unit together = {
        .flags = TX,
        .statement_flags = GW_STMT_USER,
        .sql = { "CREATE TABLE a AS SELECT current_setting('work_mem')" },
        .settings = { "work_mem", "7MB", "app.tenant", "x'y" }
    };
    struct unit apart = together;
    apart.flags = 0;
    apart.sql[0] = "CREATE TABLE b AS SELECT current_setting('work_mem')";
    assert_int_equal(run(&c, &together), GW_OK);
    assert_int_equal(run(&c, &apart), GW_OK);
    expect_rows(&c, "SELECT * FROM a UNION ALL SELECT * FROM b", "7MB\n7MB\n");
    expect_rows(&c, "SELECT current_setting('work_mem') <> '7MB'", "1\n");
    connection_close(&c);
}

static void test_timeouts(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    expect_rows(&c, "SHOW lock_timeout", "5s\n");
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { "SELECT pg_sleep(20)" },
                                             .settings = { "statement_timeout", "50ms" } }),
                     GW_E_TIMEOUT);
    assert_string_equal(c.call.sqlstate, "57014");
    connection_close(&c);
}

static void test_messages_of_the_server_are_logged(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    assert_int_equal(
        run_user(&c, "DO $$ BEGIN RAISE WARNING 'Beware.'; RAISE NOTICE 'by the way'; END $$"),
        GW_OK);
    assert_non_null(strstr(c.call.log, "W: beware\n"));
    assert_non_null(strstr(c.call.log, "D: by the way\n"));
    connection_close(&c);
}

static void test_errors_have_a_place(void **state)
{
    static const char sql[] = "SELECT '\xc3\xa4\xe2\x82\xac', nowhere FROM pg_class";
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    assert_int_equal(run_user(&c, sql), GW_E_UNDEFINED);
    assert_int_equal(c.call.begin, strstr(sql, "nowhere") - sql);
    assert_int_equal(c.call.end - c.call.begin, strlen("nowhere"));
    assert_string_equal(c.call.sqlstate, "42703");
    connection_close(&c);
}

/* ---- what migrations leave behind ---- */

static void test_fresh_undoes_what_migrations_left(void **state)
{
    struct connection c;
    const struct gw_cell one = { .kind = GW_INT, .v.i = 1 };
    const struct opening opening = { .url = postgres_url(),
                                     .session = { "SET search_path = mine" } };
    (void)state;
    assert_int_equal(connection_open(&c, plugin, &opening), GW_OK);
    MUST(&c, TX, "CREATE SCHEMA mine", "CREATE TABLE mine.t (i bigint)");
    assert_int_equal(lock(&c), GW_OK);
    assert_int_equal(run_args(&c, "INSERT INTO t (i) VALUES (?1)", GW_STMT_ONE_ROW, &one, 1),
                     GW_OK);
    MUST(&c, TX, "SET search_path = public", "SET work_mem = '7MB'",
         "CREATE TEMPORARY TABLE left_over (i int)", "PREPARE mine AS SELECT 1",
         "SET ROLE pg_monitor");
    expect_rows(&c, "SELECT current_setting('search_path'), current_setting('work_mem')",
                "public|7MB\n");
    MUST(&c, FRESH, "CREATE TABLE made_in_mine (i int)");
    expect_rows(&c,
                "SELECT current_setting('search_path'), current_setting('work_mem') = '7MB',"
                " to_regclass('pg_temp.left_over') IS NULL, current_user = session_user,"
                " (SELECT count(*) FROM pg_prepared_statements WHERE name = 'mine'),"
                " current_setting('lock_timeout')",
                "mine|0|1|1|0|5s\n");
    assert_int_equal(holds(&c), GW_OK);
    assert_int_equal(run_args(&c, "INSERT INTO t (i) VALUES (?1)", GW_STMT_ONE_ROW, &one, 1),
                     GW_OK);
    expect_rows(&c, "SELECT count(*) FROM mine.t", "2\n");
    connection_close(&c);
}

static void test_fresh_that_fails_comes_again(void **state)
{
    struct connection c;
    const struct gw_cell one = { .kind = GW_INT, .v.i = 1 };
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (i bigint)");
    assert_int_equal(run_args(&c, "INSERT INTO t (i) VALUES (?1)", 0, &one, 1), GW_OK);
    MUST(&c, TX, "SET work_mem = '7MB'");
    const struct unit broken = { .flags = FRESH,
                                 .statement_flags = GW_STMT_USER,
                                 .sql = { "SELECT nothing" } };
    assert_int_equal(run(&c, &broken), GW_E_UNDEFINED);
    assert_int_equal(run_args(&c, "INSERT INTO t (i) VALUES (?1)", 0, &one, 1), GW_OK);
    MUST(&c, FRESH, "CREATE TABLE u (i int)");
    expect_rows(&c, "SELECT current_setting('work_mem') = '7MB'", "0\n");
    connection_close(&c);
}

/* The host's rows are the host's, whatever role the migration takes. */
static void test_a_role_is_the_migrations_alone(void **state)
{
    struct gw_statement statements[3] = {
        { GW_S("SET LOCAL ROLE pg_monitor"), NULL, 0, GW_STMT_USER },
        { GW_S("SELECT 1"), NULL, 0, GW_STMT_USER },
        { GW_S("INSERT INTO t (i) VALUES (?1)"), NULL, 1, GW_STMT_ONE_ROW },
    };
    const struct gw_cell one = { .kind = GW_INT, .v.i = 1 };
    const struct gw_run request = {
        .struct_size = sizeof request, .n_statements = 3, .flags = TX, .statements = statements
    };
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (i bigint)");
    statements[2].args = &one;
    assert_int_equal(run_request(&c, &request), GW_OK);
    expect_rows(&c, "SELECT count(*) FROM t", "1\n");
    connection_close(&c);
}

/* ---- COPY ---- */

static void test_copy_in_the_middle_of_a_unit(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (i int, s text)", "COPY t FROM stdin;\n1\ta\n2\tb\n",
         "INSERT INTO t VALUES (3, 'c')",
         "COPY t (i, s) FROM STDIN WITH (FORMAT csv);\n4,\"d;\"\n");
    assert_int_equal(c.call.n_done, 4);
    assert_int_equal(c.call.affected[1], 2);
    expect_rows(&c, "SELECT string_agg(s, '') FROM (SELECT s FROM t ORDER BY i) x", "abcd;\n");
    const struct unit wrong = { .flags = TX,
                                .statement_flags = GW_STMT_USER,
                                .sql = { "INSERT INTO t VALUES (5, 'e')",
                                         "COPY t FROM stdin;\n6\tf\nx\tg\n" } };
    assert_int_equal(run(&c, &wrong), GW_E_CONSTRAINT);
    assert_int_equal(c.call.n_done, 1);
    assert_non_null(strstr(c.call.detail, "line 2"));
    expect_rows(&c, "SELECT count(*) FROM t", "4\n");
    MUST(&c, 0, "COPY t FROM stdin;\n7\tg\n");
    expect_rows(&c, "SELECT count(*) FROM t", "5\n");
    connection_close(&c);
}

/* What \set gave a name is put into what follows, as psql does, until the session is made fresh. */
static void test_psql_variables_have_values(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (a text, b text)", "\\set what 'it''s \\\\'", "\\set number 4 2",
         "\\set both <:what> - :number", "INSERT INTO t VALUES (:'what', :number)",
         "\\set column b", "INSERT INTO t VALUES (:'both', 'x')",
         "UPDATE t SET :\"column\" = 'y' WHERE b = 'x'",
         "INSERT INTO t SELECT 'same', datname = :'DBNAME' FROM pg_database WHERE datname = "
         ":'DBNAME'");
    expect_rows(&c, "SELECT a, b FROM t ORDER BY b", "it's \\|42\nsame|true\n<it's \\>-42|y\n");
    MUST(&c, TX, "COPY t (:\"column\") FROM stdin;\n:number\n");
    expect_rows(&c, "SELECT count(*) FROM t WHERE b = ':number'", "1\n");

    /* A position is that of the file. */
    assert_int_equal(run_user(&c, "SELECT :'both', nonsense FROM t"), GW_E_UNDEFINED);
    assert_int_equal(c.call.begin, 16);
    assert_int_equal(c.call.end, 24);
    /* A value is no way to a second statement. */
    MUST(&c, TX, "\\set two '1; DROP TABLE t'");
    assert_int_equal(run_user(&c, "SELECT :two"), GW_E_SYNTAX);
    assert_int_equal(run_user(&c, "SELECT ':two', a[1:2] FROM (SELECT ARRAY[1, 2] a) x"), GW_OK);

    MUST(&c, TX | FRESH, "SELECT 1");
    assert_int_equal(run_user(&c, "SELECT :number"), GW_E_REFUSED);
    expect_message(&c, "':number' is not set");
    connection_close(&c);
}

static void test_copy_of_many_rows(void **state)
{
    enum {
        ROWS_OF_COPY = 400000,
        ROOM = ROWS_OF_COPY * 40
    };
    struct connection c;
    char *sql = malloc(ROOM);
    size_t len;
    (void)state;
    assert_non_null(sql);
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (i int, s text)");
    len = (size_t)snprintf(sql, ROOM, "COPY t FROM stdin;\n");
    for (int i = 0; i < ROWS_OF_COPY; i++)
        len += (size_t)snprintf(sql + len, ROOM - len, "%d\tsome text of row\n", i);
    c.call.stop_after = 2; /* rows are on their way by then */
    assert_int_equal(run_user(&c, sql), GW_E_CANCELLED);
    c.call.stop_after = 0;
    expect_rows(&c, "SELECT count(*) FROM t", "0\n");
    assert_int_equal(run_user(&c, sql), GW_OK);
    expect_rows(&c, "SELECT count(*) FROM t", "400000\n");
    connection_close(&c);
    free(sql);
}

/* ---- size ---- */

/* Neither side may wait for the other to read: many statements that answer much, in one pipeline. */
static void test_large_unit_does_not_block(void **state)
{
    enum {
        MANY = 20000
    };
    static const char sql[] =
        "SELECT repeat('x', 2000) AS a_long_answer /* and a text that is long "
        "enough to fill the buffers of both sides */";
    struct gw_statement *statements = calloc(MANY, sizeof *statements);
    struct connection c;
    (void)state;
    assert_non_null(statements);
    for (int i = 0; i < MANY; i++)
        statements[i] = (struct gw_statement){ { sql, sizeof sql - 1 }, NULL, 0, GW_STMT_USER };
    const struct gw_run request = {
        .struct_size = sizeof request, .n_statements = MANY, .flags = TX, .statements = statements
    };
    postgres_new(&c, plugin, 0);
    assert_int_equal(run_request(&c, &request), GW_OK);
    assert_int_equal(c.call.n_done, MANY);
    connection_close(&c);
    free(statements);
}

static void test_large_results_of_a_migration_are_dropped(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "SELECT repeat('x', 1000) FROM generate_series(1, 200000)");
    assert_int_equal(c.call.affected[0], 200000);
    connection_close(&c);
}

/* ---- durability ---- */

static void test_flush_writes_the_log_out(void **state)
{
    struct connection c;
    PGconn *other = postgres_other();
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (i int)");
    MUST(&c, RELAXED, "INSERT INTO t SELECT generate_series(1, 1000)",
         "CREATE TABLE at AS SELECT pg_current_wal_insert_lsn() AS lsn");
    assert_int_equal(flush(&c), GW_OK);
    assert_string_equal(
        postgres_other_ask(other, "SELECT pg_current_wal_flush_lsn() >= (SELECT lsn FROM at)"),
        "t");
    PQfinish(other);
    connection_close(&c);
}

static void test_flush_needs_no_superuser(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "GRANT CREATE ON SCHEMA public TO public");
    connection_close(&c);
    const struct opening opening = { .url = postgres_url(),
                                     .session = { "SET SESSION AUTHORIZATION pg_monitor" } };
    assert_int_equal(connection_open(&c, plugin, &opening), GW_OK);
    MUST(&c, RELAXED, "CREATE TABLE t (i int)");
    assert_int_equal(flush(&c), GW_OK);
    connection_close(&c);
}

/* ---- names ---- */

static void test_names_that_cannot_be(void **state)
{
    struct connection c;
    char name[80];
    (void)state;
    postgres_new(&c, plugin, 0);
    memset(name, 'n', sizeof name);
    assert_int_equal(quote(&c, GW_QUOTE_NAME, name, 64), GW_E_ARGUMENT);
    assert_int_equal(quote(&c, GW_QUOTE_NAME, name, 63), GW_OK);
    assert_int_equal(quote(&c, GW_QUOTE_NAME, "", 0), GW_E_ARGUMENT);
    assert_int_equal(quote(&c, GW_QUOTE_NAME, "a\0b", 3), GW_E_ARGUMENT);
    assert_int_equal(quote(&c, GW_QUOTE_TEXT, "a\0b", 3), GW_E_ARGUMENT);
    connection_close(&c);
}

/* ---- a pooler that lends sessions for a transaction ---- */

static const char *pooler_url(void)
{
    const char *pooler = getenv("GODWIT_TEST_PGBOUNCER");
    const char *name = strchr(strstr(postgres_url(), "://") + 3, '/') + 1;
    char database[64];
    if (!pooler)
        return NULL;
    snprintf(database, sizeof database, "%.*s", (int)strcspn(name, "?"), name);
    return postgres_url_of(pooler, database);
}

static void test_behind_a_pooler(void **state)
{
    struct connection c;
    const struct gw_cell one = { .kind = GW_INT, .v.i = 1 };
    (void)state;
    if (!pooler_url())
        skip();
    const struct opening plain = { .url = pooler_url() };
    const struct opening with_session = { .url = pooler_url(),
                                          .session = { "SET search_path = x" } };
    assert_int_equal(connection_open(&c, plugin, &with_session), GW_E_UNSUPPORTED);
    assert_non_null(strstr(c.call.hint, "not to the pooler"));
    assert_int_equal(connection_open(&c, plugin, &plain), GW_OK);
    assert_string_equal(info(&c, "lock"), "row");
    assert_string_equal(info(&c, "session"), "shared");
    expect_rows(&c, "SHOW lock_timeout", "0\n"); /* the session is somebody else's */
    MUST(&c, TX, "CREATE TABLE t AS SELECT current_setting('lock_timeout') AS s, 0::bigint AS i");
    expect_rows(&c, "SELECT s FROM t", "5s\n");
    for (int i = 0; i < 3; i++)
        assert_int_equal(run_args(&c, "UPDATE t SET i = i + ?1", GW_STMT_ONE_ROW, &one, 1), GW_OK);
    expect_rows(&c, "SELECT i FROM t", "3\n");
    assert_int_equal(lock(&c), GW_OK);
    assert_int_equal(holds(&c), GW_OK);
    assert_int_equal(unlock(&c), GW_OK);
    assert_int_equal(run(&c, &(struct unit){ .statement_flags = GW_STMT_USER,
                                             .sql = { "CREATE INDEX CONCURRENTLY x ON t (i)" } }),
                     GW_E_UNSUPPORTED);
    assert_int_equal(run(&c, &(struct unit){ .flags = RELAXED, .sql = { "UPDATE t SET i = 9" } }),
                     GW_OK);
    assert_int_equal(flush(&c), GW_OK);
    assert_int_equal(terminate(&c, info(&c, "connection")), GW_E_UNSUPPORTED);
    connection_close(&c);
}

int postgres_session_cases(const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        POSTGRES_CASE(test_open_never_shows_a_password),
        POSTGRES_CASE(test_open_says_what_is_in_the_way),
        POSTGRES_CASE(test_read_only_cannot_be_switched_off),
        POSTGRES_CASE(test_a_query_of_a_migration_only_reads),
        POSTGRES_CASE(test_cells_have_their_types),
        POSTGRES_CASE(test_settings_last_for_their_unit),
        POSTGRES_CASE(test_timeouts),
        POSTGRES_CASE(test_messages_of_the_server_are_logged),
        POSTGRES_CASE(test_errors_have_a_place),
        POSTGRES_CASE(test_fresh_undoes_what_migrations_left),
        POSTGRES_CASE(test_fresh_that_fails_comes_again),
        POSTGRES_CASE(test_a_role_is_the_migrations_alone),
        POSTGRES_CASE(test_copy_in_the_middle_of_a_unit),
        POSTGRES_CASE(test_psql_variables_have_values),
        POSTGRES_CASE(test_copy_of_many_rows),
        POSTGRES_CASE(test_large_unit_does_not_block),
        POSTGRES_CASE(test_large_results_of_a_migration_are_dropped),
        POSTGRES_CASE(test_flush_writes_the_log_out),
        POSTGRES_CASE(test_flush_needs_no_superuser),
        POSTGRES_CASE(test_names_that_cannot_be),
        POSTGRES_CASE(test_behind_a_pooler),
    };
    plugin = loaded;
    return _cmocka_run_group_tests("postgres: session", tests, sizeof tests / sizeof tests[0], NULL,
                                   NULL);
}
