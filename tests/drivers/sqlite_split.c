/* SPDX-License-Identifier: Apache-2.0 */
/* How SQLite scripts are cut, held against SQLite itself. */
#include "sqlite_cases.h"

#include "cmocka_all.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct plugin plugin;

static void expect_split(const char *script, const char *const texts[])
{
    struct connection c = { .plugin = &plugin };
    int n = 0;
    assert_int_equal(split(&c, script, strlen(script)), GW_OK);
    for (; texts[n]; n++) {
        assert_true(n < c.call.n_statements);
        size_t len = (size_t)(c.call.statements[n].end - c.call.statements[n].begin);
        if (len != strlen(texts[n]) ||
            memcmp(script + c.call.statements[n].begin, texts[n], len) != 0)
            fail_msg("statement %d is '%.*s', not '%s'", n, (int)len,
                     script + c.call.statements[n].begin, texts[n]);
    }
    assert_int_equal(c.call.n_statements, n);
}

static void test_triggers(void **state)
{
    (void)state;
    expect_split(
        "CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET x = 1; DELETE FROM u; END; SELECT "
        "1;",
        (const char *const[]){
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET x = 1; DELETE FROM u; END",
            "SELECT 1", NULL });
    expect_split("/* x */ create temp trigger if not exists \"end\" after insert on t\n begin\n"
                 " select case when 1 then ';' end; -- end;\n insert into \"end\" values "
                 "(';end;');\nend ; x",
                 (const char *const[]){
                     "create temp trigger if not exists \"end\" after insert on t\n begin\n"
                     " select case when 1 then ';' end; -- end;\n insert into \"end\" values "
                     "(';end;');\nend",
                     "x", NULL });
    expect_split(
        "CREATE TABLE trigger_x (a); SELECT 1; END; SELECT 2",
        (const char *const[]){ "CREATE TABLE trigger_x (a)", "SELECT 1", "END", "SELECT 2", NULL });
}

static void test_quotes_and_comments(void **state)
{
    (void)state;
    expect_split("SELECT 'it''s; ', \"a\"\";\", `b;`, [c;] ; -- x;\nSELECT /* ; */ 2;",
                 (const char *const[]){ "SELECT 'it''s; ', \"a\"\";\", `b;`, [c;]",
                                        "SELECT /* ; */ 2", NULL });
    expect_split("\xef\xbb\xbfSELECT 1;", (const char *const[]){ "SELECT 1", NULL });
    expect_split("SELECT 1; SELECT 'open; ",
                 (const char *const[]){ "SELECT 1", "SELECT 'open; ", NULL });
    expect_split("SELECT 1; /* open; ", (const char *const[]){ "SELECT 1", "/* open; ", NULL });
    expect_split(".mode csv\nSELECT 1;\n.read 'a;b'\r\n SELECT 2",
                 (const char *const[]){ ".mode csv", "SELECT 1", ".read 'a;b'", "SELECT 2", NULL });
}

static void test_unfinished_is_refused(void **state)
{
    static const char *const texts[] = { "/* open", "SELECT 1 /* open", "SELECT 'open",
                                         "SELECT \"open" };
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(run_user(&c, texts[i]), GW_E_SYNTAX);
        expect_message(&c, "never closed");
    }
    connection_close(&c);
}

static void test_flags(void **state)
{
    static const struct {
        const char *sql;
        uint64_t flags;
    } cases[] = {
        { "BEGIN", GW_SPLIT_BEGIN },
        { "begin exclusive transaction", GW_SPLIT_BEGIN },
        { "END", GW_SPLIT_COMMIT },
        { "COMMIT TRANSACTION", GW_SPLIT_COMMIT },
        { "ROLLBACK TRANSACTION", GW_SPLIT_ROLLBACK },
        { "ROLLBACK TRANSACTION TO x", 0 },
        { "RELEASE SAVEPOINT x", 0 },
        { "VACUUM", GW_CLASS_P },
        { "VACUUM main", GW_CLASS_P },
        { "VACUUM main INTO 'x'", GW_CLASS_P | GW_SPLIT_REFUSED },
        { "PRAGMA journal_mode = wal", GW_CLASS_P },
        { "PRAGMA journal_mode(delete)", GW_CLASS_P },
        { "PRAGMA journal_mode", 0 },
        { "PRAGMA main.journal_mode = 'OFF'", GW_SPLIT_REFUSED },
        { "PRAGMA wal_checkpoint(TRUNCATE)", GW_CLASS_P },
        { "PRAGMA foreign_keys = OFF", GW_SPLIT_SETTING },
        { "PRAGMA legacy_alter_table = 1", GW_SPLIT_SETTING },
        { "PRAGMA legacy_alter_table", 0 },
        { "PRAGMA user_version = 1", 0 },
        { "PRAGMA writable_schema=1", GW_SPLIT_REFUSED },
        { "PRAGMA writable_schema", 0 },
        { "ATTACH 'x' AS y", GW_SPLIT_REFUSED },
        { "DETACH y", GW_SPLIT_REFUSED },
        { ".quit", GW_SPLIT_REFUSED },
        { "CREATE TABLE t (a)", 0 },
    };
    struct connection c = { .plugin = &plugin };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(split(&c, cases[i].sql, strlen(cases[i].sql)), GW_OK);
        assert_int_equal(c.call.n_statements, 1);
        if (c.call.statements[0].flags != cases[i].flags)
            fail_msg("'%s' has the flags %llx", cases[i].sql,
                     (unsigned long long)c.call.statements[0].flags);
    }
}

/* Each of these is quadratic, or worse, in a splitter that asks again for each ';' or copies what is left. */
static void test_hostile_scripts_are_linear(void **state)
{
    static const char *const pieces[] = {
        ";",       "'",      "\"",
        "[",       "/*",     "*",
        "--\n",    "a;",     "CREATE TRIGGER x BEGIN ;",
        ";END x;", "a;END;", "''",
        "PRAGMA ", "x/**/",  "(",
        "\xff",
    };
    enum {
        SIZE = 4000000
    };
    static const char *const starts[] = { "", "CREATE TRIGGER x BEGIN " };
    struct connection c = { .plugin = &plugin };
    char *script = malloc(SIZE);
    struct timespec begun, ended;
    (void)state;
    assert_non_null(script);
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
            size_t used = strlen(starts[s]), len = strlen(pieces[i]);
            memcpy(script, starts[s], used);
            while (used + len <= SIZE) {
                memcpy(script + used, pieces[i], len);
                used += len;
            }
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
            assert_int_equal(split(&c, script, used), GW_OK);
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
            if (ended.tv_sec - begun.tv_sec > 20)
                fail_msg("'%s%s...' takes %ld s", starts[s], pieces[i],
                         (long)(ended.tv_sec - begun.tv_sec));
        }
    free(script);
}

/* ---- against sqlite3_complete ---- */

/* A fixed generator, so that a printed seed is the same test on each machine. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Nothing but white space, closed comments and ';': SQLite finds the first statement behind it. */
static bool is_empty(sqlite3 *db, const char *text, size_t len)
{
    static const char behind[] = "\n;SELECT 1 AS found";
    char copy[1024];
    const char *at = copy, *tail = NULL;
    sqlite3_stmt *stmt = NULL;
    memcpy(copy, text, len);
    memcpy(copy + len, behind, sizeof behind);
    while (*at && !stmt && sqlite3_prepare_v2(db, at, -1, &stmt, &tail) == SQLITE_OK)
        at = tail;
    bool empty = stmt && at == copy + len + sizeof behind - 1 && sqlite3_column_count(stmt) == 1 &&
                 strcmp(sqlite3_column_name(stmt, 0), "found") == 0;
    sqlite3_finalize(stmt);
    return empty;
}

/* Cuts at each ';' where sqlite3_complete() is content with all since the last cut. */
static void check_against_sqlite(sqlite3 *db, const char *script, size_t len)
{
    struct connection c = { .plugin = &plugin };
    char piece[1024];
    size_t from = 0;
    int n = 0;
    assert_int_equal(split(&c, script, len), GW_OK);
    for (size_t at = 0; at <= len; at++) {
        if (at < len && script[at] != ';')
            continue;
        size_t to = at < len ? at + 1 : len;
        memcpy(piece, script + from, to - from);
        piece[to - from] = '\0';
        if (at < len && !sqlite3_complete(piece))
            continue;
        if (!is_empty(db, script + from, to - from)) {
            assert_true(n < c.call.n_statements);
            uint64_t begin = c.call.statements[n].begin, end = c.call.statements[n].end;
            assert_in_range(begin, from, to);
            assert_in_range(end, begin + 1, to);
            if (!is_empty(db, script + from, (size_t)begin - from) ||
                !is_empty(db, script + end, to - (size_t)end))
                fail_msg("statement %d, %d to %d, is cut short in: %.*s", n, (int)begin, (int)end,
                         (int)len, script);
            n++;
        }
        from = to;
    }
    if (n != c.call.n_statements)
        fail_msg("%d statements, not %d, in: %.*s", c.call.n_statements, n, (int)len, script);
}

static void test_like_sqlite3_complete(void **state)
{
    static const char *const words[] = {
        "CREATE ", "create ", "TRIGGER ", "TEMP ",    "TEMPORARY ", "EXPLAIN ", "QUERY PLAN ",
        "END",     " END ",   "end;",     ";",        ";",          ";",        " ; ",
        "BEGIN ",  "SELECT ", "CASE ",    "x",        "1",          "'",        "''",
        "\"",      "`",       "[",        "]",        "--",         "\n",       "/*",
        "*/",      "/",       "*",        "-",        " ",          "\t",       "(",
        ")",       ",",       "TABLE ",   "\xc3\xa4", "$",          "_end",     "ending",
    };
    enum {
        ROUNDS = 20000,
        WORDS = sizeof words / sizeof words[0]
    };
    const char *given = getenv("GODWIT_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    uint64_t first = seed | 1;
    sqlite3 *db;
    (void)state;
    seed = first;
    print_message("GODWIT_SEED=%llu\n", (unsigned long long)first);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (int round = 0; round < ROUNDS; round++) {
        char script[512];
        size_t used = 0;
        for (uint64_t n = next_random(&seed) % 40; n > 0; n--) {
            const char *word = words[next_random(&seed) % WORDS];
            memcpy(script + used, word, strlen(word));
            used += strlen(word);
        }
        script[used] = '\0';
        check_against_sqlite(db, script, used);
    }
    sqlite3_close(db);
}

int sqlite_split_cases(const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_triggers),
        cmocka_unit_test(test_quotes_and_comments),
        cmocka_unit_test_setup_teardown(test_unfinished_is_refused, contract_begin, contract_end),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_hostile_scripts_are_linear),
        cmocka_unit_test(test_like_sqlite3_complete),
    };
    plugin = *loaded;
    return cmocka_run_group_tests_name("sqlite: split", tests, NULL, NULL);
}
