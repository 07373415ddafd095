/* SPDX-License-Identifier: Apache-2.0 */
#include "contract.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

static const struct dialect *dialect;
static struct plugin plugin;

enum {
    TX = GW_RUN_TX,
    RELAXED = GW_RUN_TX | GW_RUN_RELAXED
};

int contract_begin(void **state)
{
    (void)state;
    folder_make();
    if (dialect->fresh)
        dialect->fresh();
    return 0;
}

int contract_end(void **state)
{
    (void)state;
    if (dialect->remove)
        dialect->remove();
    folder_remove();
    return 0;
}

static bool can(uint64_t capability)
{
    return plugin.driver->caps & capability;
}

static void open_with(struct connection *out, uint64_t flags)
{
    gw_status status =
        connection_open(out, &plugin, &(struct opening){ .url = dialect->url(), .flags = flags });
    if (status != GW_OK)
        fail_msg("open: %s", out->call.message);
}

static void open_new(struct connection *out)
{
    open_with(out, GW_OPEN_CREATE);
    assert_int_equal(run_user(out, dialect->create_parent), GW_OK);
}

/* ---- the descriptor ---- */

static void test_descriptor(void **state)
{
    const struct gw_driver *driver = plugin.driver;
    (void)state;
    assert_int_equal(plugin.descriptor->option_size, sizeof(struct gw_option));
    assert_true(driver->struct_size == sizeof *driver);
    for (int i = 0; i < GW_TYPES; i++)
        assert_true(driver->types[i][0] != '\0');
    assert_non_null(driver->schemes);
}

/* ---- open ---- */

static void test_open_absent_is_refused(void **state)
{
    struct connection c;
    (void)state;
    assert_int_equal(
        connection_open(&c, &plugin, &(struct opening){ .url = dialect->absent_url() }),
        GW_E_NOT_FOUND);
    assert_true(c.call.hint[0] != '\0');
    if (can(GW_CAP_CREATE))
        return;
    assert_int_equal(
        connection_open(&c, &plugin,
                        &(struct opening){ .url = dialect->absent_url(), .flags = GW_OPEN_CREATE }),
        GW_E_NOT_FOUND);
}

static void test_open_again_keeps_data(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(run_user(&c, "INSERT INTO parent (id, name) VALUES (1, 'a')"), GW_OK);
    connection_close(&c);
    open_with(&c, 0);
    expect_rows(&c, "SELECT id, name FROM parent", "1|a\n");
    connection_close(&c);
}

static void test_read_only_refuses_writes(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    connection_close(&c);
    open_with(&c, GW_OPEN_READ_ONLY);
    assert_int_equal(run_user(&c, "INSERT INTO parent (id, name) VALUES (1, 'a')"), GW_E_READ_ONLY);
    assert_true(query(&c, "DELETE FROM parent") < 0);
    assert_int_equal(lock(&c), GW_E_READ_ONLY);
    expect_rows(&c, "SELECT count(*) FROM parent", "0\n");
    connection_close(&c);
}

static void test_session_statements_run(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    connection_close(&c);
    assert_int_equal(
        connection_open(&c, &plugin,
                        &(struct opening){ .url = dialect->url(), .session = { dialect->broken } }),
        GW_E_SYNTAX);
}

static void test_info_names_the_session(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    assert_true(info(&c, "product")[0] != '\0');
    assert_true(info(&c, "version")[0] != '\0');
    assert_true(info(&c, "database")[0] != '\0');
    assert_true(info(&c, "connection")[0] != '\0');
    connection_close(&c);
}

/* ---- split ---- */

static void test_split_ranges(void **state)
{
    static const char script[] =
        " -- one\nSELECT 1 ; ;\n/* two; */ SELECT ';' /* x */ ;SELECT 3 -- end";
    static const char *const texts[] = { "SELECT 1", "SELECT ';'", "SELECT 3" };
    struct connection c = { .plugin = &plugin };
    (void)state;
    assert_int_equal(split(&c, script, sizeof script - 1), GW_OK);
    assert_int_equal(c.call.n_statements, 3);
    for (int i = 0; i < 3; i++) {
        size_t len = (size_t)(c.call.statements[i].end - c.call.statements[i].begin);
        assert_int_equal(len, strlen(texts[i]));
        assert_memory_equal(script + c.call.statements[i].begin, texts[i], len);
        assert_int_equal(c.call.statements[i].flags, GW_CLASS_T);
    }
}

static void test_split_empty(void **state)
{
    static const char *const scripts[] = { "", ";;;", " \n\t", "-- only a comment",
                                           "/* one */ ; -- two\n" };
    struct connection c = { .plugin = &plugin };
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        assert_int_equal(split(&c, scripts[i], strlen(scripts[i])), GW_OK);
        assert_int_equal(c.call.n_statements, 0);
    }
}

static void test_split_knows_transactions(void **state)
{
    const struct {
        const char *text;
        uint64_t flags;
    } cases[] = {
        { dialect->begin, GW_SPLIT_BEGIN },
        { dialect->commit, GW_SPLIT_COMMIT },
        { dialect->rollback, GW_SPLIT_ROLLBACK },
        { "ROLLBACK TO SAVEPOINT x", 0 },
        { "SAVEPOINT x", 0 },
    };
    struct connection c = { .plugin = &plugin };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(split(&c, cases[i].text, strlen(cases[i].text)), GW_OK);
        assert_int_equal(c.call.n_statements, 1);
        assert_int_equal(c.call.statements[0].flags & ~(uint64_t)GW_CLASS_MASK, cases[i].flags);
    }
}

/* ---- run ---- */

static void test_run_is_all_or_nothing(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = TX,
                                .statement_flags = GW_STMT_USER,
                                .sql = { "INSERT INTO parent (id, name) VALUES (1, 'a')",
                                         can(GW_CAP_TX_DDL)
                                             ? dialect->create_child
                                             : "INSERT INTO parent (id, name) VALUES (2, 'b')",
                                         dialect->broken } }),
        GW_E_SYNTAX);
    assert_int_equal(c.call.n_done, 2);
    assert_int_equal(c.call.flags & GW_ERR_TX_ABORTED, 0);
    expect_rows(&c, "SELECT count(*) FROM parent", "0\n");
    assert_int_equal(query(&c, "SELECT count(*) FROM child"), GW_E_UNDEFINED);
    connection_close(&c);
}

static void test_run_without_transaction_keeps_what_is_done(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(
        run(&c, &(struct unit){ .statement_flags = GW_STMT_USER,
                                .sql = { "INSERT INTO parent (id, name) VALUES (1, 'a')",
                                         dialect->broken } }),
        GW_E_SYNTAX);
    assert_int_equal(c.call.n_done, 1);
    expect_rows(&c, "SELECT id FROM parent", "1\n");
    connection_close(&c);
}

static void test_run_counts_rows(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = TX,
                                .sql = { "INSERT INTO parent (id, name) VALUES (1, 'a'), (2, 'b')",
                                         dialect->create_child,
                                         "UPDATE parent SET name = 'c' WHERE id = 7",
                                         "DELETE FROM parent" } }),
        GW_OK);
    assert_int_equal(c.call.n_done, 4);
    assert_int_equal(c.call.affected[0], 2);
    assert_true(c.call.affected[1] <= 0);
    assert_int_equal(c.call.affected[2], 0);
    assert_int_equal(c.call.affected[3], 2);
    connection_close(&c);
}

static void test_run_says_what_is_wrong(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(run_user(&c, "INSERT INTO parent (id, name) VALUES (1, 'a')"), GW_OK);
    assert_int_equal(run_user(&c, "INSERT INTO parent (id, name) VALUES (1, 'b')"),
                     GW_E_CONSTRAINT);
    assert_int_equal(run_user(&c, "INSERT INTO nowhere VALUES (1)"), GW_E_UNDEFINED);
    assert_int_equal(run_user(&c, "SELECT missing FROM parent"), GW_E_UNDEFINED);
    assert_int_equal(run_user(&c, dialect->create_parent), GW_E_EXISTS);
    assert_int_equal(run_user(&c, "SELECT id FRM parent"), GW_E_SYNTAX);
    assert_true(c.call.begin > 0 && c.call.begin < c.call.end);
    assert_true(c.call.end <= strlen("SELECT id FRM parent"));
    connection_close(&c);
}

static void test_two_statements_are_refused(void **state)
{
    static const char two[] = "INSERT INTO parent (id, name) VALUES (1, 'a'); DELETE FROM parent";
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(run_user(&c, two), GW_E_SYNTAX);
    assert_int_equal(run(&c, &(struct unit){ .flags = TX, .sql = { two } }), GW_E_SYNTAX);
    assert_int_equal(query(&c, "SELECT 1; SELECT 2"), GW_E_SYNTAX);
    assert_int_equal(run_user(&c, "-- nothing"), GW_E_SYNTAX);
    expect_rows(&c, "SELECT count(*) FROM parent", "0\n");
    assert_int_equal(run_user(&c, "SELECT 1 ; -- a comment may follow"), GW_OK);
    connection_close(&c);
}

static void test_one_row(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(run_user(&c, "INSERT INTO parent (id, name) VALUES (1, 'a')"), GW_OK);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = TX,
                                .statement_flags = GW_STMT_ONE_ROW,
                                .sql = { "UPDATE parent SET name = 'b' WHERE id = 1",
                                         "UPDATE parent SET name = 'c' WHERE id = 2" } }),
        GW_E_FENCED);
    assert_int_equal(c.call.n_done, 1);
    expect_rows(&c, "SELECT name FROM parent", "a\n");
    connection_close(&c);
}

static void test_expect_true(void **state)
{
    static const char *const untrue[] = { "SELECT 0", "SELECT NULL", "SELECT 1 WHERE 1 = 0",
                                          "SELECT 1 UNION ALL SELECT 1" };
    struct connection c;
    struct unit unit = { .flags = TX, .statement_flags = GW_STMT_USER | GW_STMT_EXPECT_TRUE };
    (void)state;
    open_new(&c);
    unit.sql[0] = "SELECT count(*) = 0 FROM parent";
    assert_int_equal(run(&c, &unit), GW_OK);
    for (size_t i = 0; i < sizeof untrue / sizeof untrue[0]; i++) {
        unit.sql[0] = untrue[i];
        assert_int_equal(run(&c, &unit), GW_E_ASSERT);
    }
    connection_close(&c);
}

static void test_unknown_setting(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .sql = { "DELETE FROM parent" },
                                             .settings = { "no_such_setting", "1" } }),
                     GW_E_ARGUMENT);
    expect_message(&c, "no_such_setting");
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .sql = { "DELETE FROM parent" },
                                             .settings = { "lock_timeout", "2s" } }),
                     GW_OK);
    connection_close(&c);
}

/* ---- relaxed units ---- */

static void test_relaxed_is_durable_after_flush(void **state)
{
    struct connection c, other;
    (void)state;
    open_new(&c);
    for (int i = 0; i < 20; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "INSERT INTO parent (id, name) VALUES (%d, 'n%d')", i, i);
        assert_int_equal(run(&c, &(struct unit){ .flags = RELAXED, .sql = { sql } }), GW_OK);
    }
    expect_rows(&c, "SELECT count(*) FROM parent", "20\n");
    assert_int_equal(flush(&c), GW_OK);
    open_with(&other, GW_OPEN_READ_ONLY);
    expect_rows(&other, "SELECT count(*) FROM parent", "20\n");
    connection_close(&other);
    assert_int_equal(flush(&c), GW_OK);
    connection_close(&c);
}

static void test_relaxed_failure_keeps_units_before(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    for (int i = 0; i < 3; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "INSERT INTO parent (id, name) VALUES (%d, 'n%d')", i, i);
        assert_int_equal(run(&c, &(struct unit){ .flags = RELAXED, .sql = { sql } }), GW_OK);
    }
    assert_int_equal(
        run(&c, &(struct unit){ .flags = RELAXED,
                                .statement_flags = GW_STMT_USER,
                                .sql = { can(GW_CAP_TX_DDL)
                                             ? dialect->create_child
                                             : "INSERT INTO parent (id, name) VALUES (8, 'w')",
                                         "INSERT INTO parent (id, name) VALUES (9, 'x')",
                                         "INSERT INTO parent (id, name) VALUES (1, 'y')" } }),
        GW_E_CONSTRAINT);
    assert_int_equal(c.call.flags & GW_ERR_TX_ABORTED, 0);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = RELAXED,
                                .sql = { "INSERT INTO parent (id, name) VALUES (3, 'n3')" } }),
        GW_OK);
    assert_int_equal(flush(&c), GW_OK);
    connection_close(&c);
    open_with(&c, 0);
    expect_rows(&c, "SELECT id FROM parent ORDER BY id", "0\n1\n2\n3\n");
    assert_int_equal(query(&c, "SELECT id FROM child"), GW_E_UNDEFINED);
    connection_close(&c);
}

static void test_relaxed_is_lost_with_the_session_or_kept(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = RELAXED,
                                .sql = { "INSERT INTO parent (id, name) VALUES (1, 'a')",
                                         "INSERT INTO parent (id, name) VALUES (2, 'b')" } }),
        GW_OK);
    connection_close(&c);
    open_with(&c, 0);
    assert_int_equal(query(&c, "SELECT count(*) FROM parent"), GW_OK);
    assert_true(strcmp(c.call.text, "0\n") == 0 || strcmp(c.call.text, "2\n") == 0);
    connection_close(&c);
}

static void test_plain_unit_after_relaxed_is_durable(void **state)
{
    struct connection c, other;
    (void)state;
    open_new(&c);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = RELAXED,
                                .sql = { "INSERT INTO parent (id, name) VALUES (1, 'a')" } }),
        GW_OK);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = TX,
                                .sql = { "INSERT INTO parent (id, name) VALUES (2, 'b')" } }),
        GW_OK);
    open_with(&other, GW_OPEN_READ_ONLY);
    expect_rows(&other, "SELECT id FROM parent ORDER BY id", "1\n2\n");
    connection_close(&other);
    connection_close(&c);
}

/* ---- arguments and results ---- */

static void test_arguments_of_each_type(void **state)
{
    const struct gw_cell args[][4] = {
        { { .kind = GW_INT, .v.i = 1 },
          { .kind = GW_TEXT, .v.s = GW_S("it's \"quoted\" `\xc3\xa4`") },
          { .kind = GW_INT, .v.i = INT64_MIN },
          { .kind = GW_BLOB, .v.s = GW_S("\0\xff\0x") } },
        { { .kind = GW_INT, .v.i = 2 },
          { .kind = GW_TEXT, .v.s = { NULL, 0 } },
          { .kind = GW_BOOL, .v.i = 1 },
          { .kind = GW_BLOB, .v.s = { NULL, 0 } } },
        { { .kind = GW_INT, .v.i = 3 },
          { .kind = GW_NULL },
          { .kind = GW_NULL },
          { .kind = GW_NULL } },
    };
    struct connection c;
    (void)state;
    open_new(&c);
    assert_int_equal(run_user(&c, dialect->create_values), GW_OK);
    for (size_t i = 0; i < 3;
         i++) /* the same text each time: a kept statement must not keep values */
        assert_int_equal(run_args(&c, "INSERT INTO value_of (id, t, i, b) VALUES (?1, ?2, ?3, ?4)",
                                  GW_STMT_ONE_ROW, args[i], 4),
                         GW_OK);
    expect_rows(&c, "SELECT id, t, i, b FROM value_of ORDER BY id",
                "1|it's \"quoted\" `\xc3\xa4`|-9223372036854775808|x'00ff0078'\n"
                "2||1|x''\n"
                "3|NULL|NULL|NULL\n");
    assert_int_equal(query_args(&c, "SELECT t FROM value_of WHERE id = ?1", 0, args[2], 1), GW_OK);
    assert_string_equal(c.call.text, "NULL\n");
    connection_close(&c);
}

static void test_sink_may_stop(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    c.call.stop_rows_at = 2;
    assert_int_equal(query(&c, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"), GW_OK);
    assert_int_equal(c.call.n_rows, 2);
    c.call.stop_rows_at = 0;
    expect_rows(&c, "SELECT 1", "1\n");
    connection_close(&c);
}

static void test_quote_round_trip(void **state)
{
    static const char *const texts[] = { "plain",
                                         "a b",
                                         "it's",
                                         "\"",
                                         "``",
                                         "[x]",
                                         "x;DROP TABLE parent",
                                         "\\",
                                         "\xc3\xa4\xe2\x82\xac",
                                         "--",
                                         "/*",
                                         "new\nline",
                                         "select" };
    struct connection c;
    (void)state;
    open_new(&c);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char name[64], text[64], sql[256], expected[64];
        assert_int_equal(quote(&c, GW_QUOTE_NAME, texts[i], strlen(texts[i])), GW_OK);
        snprintf(name, sizeof name, "%.63s", c.call.text);
        assert_int_equal(quote(&c, GW_QUOTE_TEXT, texts[i], strlen(texts[i])), GW_OK);
        snprintf(text, sizeof text, "%.63s", c.call.text);
        snprintf(sql, sizeof sql, "CREATE TABLE %s (%s INTEGER, t TEXT)", name, name);
        assert_int_equal(run_user(&c, sql), GW_OK);
        snprintf(sql, sizeof sql, "INSERT INTO %s (%s, t) VALUES (7, %s)", name, name, text);
        assert_int_equal(run_user(&c, sql), GW_OK);
        snprintf(sql, sizeof sql, "SELECT %s, t FROM %s WHERE t = %s", name, name, text);
        snprintf(expected, sizeof expected, "7|%s\n", texts[i]);
        expect_rows(&c, sql, expected);
    }
    connection_close(&c);
}

#define CASE(name_) \
    { \
#name_, name_, contract_begin, contract_end, NULL \
    }

int contract_run(const struct dialect *of, const char *name)
{
    const struct CMUnitTest tests[] = {
        CASE(test_descriptor),
        CASE(test_open_absent_is_refused),
        CASE(test_open_again_keeps_data),
        CASE(test_read_only_refuses_writes),
        CASE(test_session_statements_run),
        CASE(test_info_names_the_session),
        CASE(test_split_ranges),
        CASE(test_split_empty),
        CASE(test_split_knows_transactions),
        CASE(test_run_is_all_or_nothing),
        CASE(test_run_without_transaction_keeps_what_is_done),
        CASE(test_run_counts_rows),
        CASE(test_run_says_what_is_wrong),
        CASE(test_two_statements_are_refused),
        CASE(test_one_row),
        CASE(test_expect_true),
        CASE(test_unknown_setting),
        CASE(test_relaxed_is_durable_after_flush),
        CASE(test_relaxed_failure_keeps_units_before),
        CASE(test_relaxed_is_lost_with_the_session_or_kept),
        CASE(test_plain_unit_after_relaxed_is_durable),
        CASE(test_arguments_of_each_type),
        CASE(test_sink_may_stop),
        CASE(test_quote_round_trip),
    };
    dialect = of;
    plugin_load(&plugin, of->library);
    return _cmocka_run_group_tests(name, tests, sizeof tests / sizeof tests[0], NULL, NULL) +
           contract_sessions_run(of, &plugin);
}
