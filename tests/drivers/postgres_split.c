/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting scripts as psql does, and what each statement is taken for. */
#include "postgres_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plugin *plugin;

enum {
    T = GW_CLASS_T,
    P = GW_CLASS_P,
    N = GW_CLASS_N,
    SETTING = GW_SPLIT_SETTING,
    REFUSED = GW_SPLIT_REFUSED
};

static void expect_split(const char *script, const char *const texts[])
{
    struct connection c = { .plugin = plugin };
    int n = 0;
    assert_int_equal(split(&c, script, strlen(script)), GW_OK);
    for (; texts[n]; n++) {
        if (n >= c.call.n_statements)
            fail_msg("'%s' has %d statements", script, c.call.n_statements);
        size_t len = (size_t)(c.call.statements[n].end - c.call.statements[n].begin);
        const char *found = script + c.call.statements[n].begin;
        if (len != strlen(texts[n]) || memcmp(found, texts[n], len) != 0)
            fail_msg("statement %d is '%.*s', not '%s'", n, (int)len, found, texts[n]);
    }
    if (n != c.call.n_statements)
        fail_msg("'%s' has %d statements, not %d", script, c.call.n_statements, n);
}
#define EXPECT(script_, ...) expect_split(script_, (const char *const[]){ __VA_ARGS__, NULL })

static void test_quotes(void **state)
{
    (void)state;
    EXPECT("SELECT 'a;b''c;' ; SELECT 2", "SELECT 'a;b''c;'", "SELECT 2");
    EXPECT("SELECT '\\'; SELECT 2", "SELECT '\\'", "SELECT 2");
    EXPECT("SELECT E'\\';'; SELECT 2", "SELECT E'\\';'", "SELECT 2");
    EXPECT("SELECT e'a'\n  'b\\';'; SELECT 2", "SELECT e'a'\n  'b\\';'", "SELECT 2");
    EXPECT("SELECT U&'d\\0061t;'; SELECT 2", "SELECT U&'d\\0061t;'", "SELECT 2");
    EXPECT("SELECT \"a;\"\"b\"; SELECT 2", "SELECT \"a;\"\"b\"", "SELECT 2");
    EXPECT("SELECT $$a;b$$; SELECT 2", "SELECT $$a;b$$", "SELECT 2");
    EXPECT("SELECT $x$a;$$;$y$;$x$; SELECT 2", "SELECT $x$a;$$;$y$;$x$", "SELECT 2");
    EXPECT("SELECT a$b$ ; SELECT $1; SELECT 3", "SELECT a$b$", "SELECT $1", "SELECT 3");
    EXPECT("SELECT $\xc3\xa4$;$\xc3\xa4$; SELECT 2", "SELECT $\xc3\xa4$;$\xc3\xa4$", "SELECT 2");
    EXPECT("\xef\xbb\xbfSELECT 1; SELECT 2", "SELECT 1", "SELECT 2");
}

static void test_comments(void **state)
{
    (void)state;
    EXPECT("/* a /* b; */ c; */ SELECT 1; -- x;\nSELECT 2", "SELECT 1", "SELECT 2");
    EXPECT("SELECT 1 /* ; */; SELECT 2 -- ;", "SELECT 1", "SELECT 2");
    EXPECT("SELECT 4 - -1; SELECT 2", "SELECT 4 - -1", "SELECT 2");
    EXPECT("SELECT '--'; SELECT '/*'; SELECT 3", "SELECT '--'", "SELECT '/*'", "SELECT 3");
}

static void test_bodies(void **state)
{
    static const char rule[] =
        "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO a VALUES (1); DELETE FROM b)";
    static const char function[] = "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql BEGIN "
                                   "ATOMIC SELECT 1; SELECT CASE "
                                   "WHEN true THEN 1 END; END";
    static const char procedure[] =
        "CREATE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1); END";
    static const char plpgsql[] =
        "CREATE FUNCTION f() RETURNS int AS $f$ BEGIN RETURN 1; END; $f$ LANGUAGE plpgsql";
    char script[1024];
    (void)state;
    snprintf(script, sizeof script, "%s; %s; %s; %s; SELECT 2", rule, function, procedure, plpgsql);
    EXPECT(script, rule, function, procedure, plpgsql, "SELECT 2");
    EXPECT("CREATE TABLE begin_atomic (i int); SELECT 2", "CREATE TABLE begin_atomic (i int)",
           "SELECT 2");
}

static void test_copy_data_belongs_to_its_statement(void **state)
{
    (void)state;
    EXPECT("COPY t FROM stdin;\n1\ta;b\n2\t'x\n\\.\nSELECT 1;",
           "COPY t FROM stdin;\n1\ta;b\n2\t'x\n", "SELECT 1");
    EXPECT("COPY t (a, b) FROM STDIN WITH (FORMAT csv) ; -- rows\r\n1,2\r\n\\.\r\nSELECT 1",
           "COPY t (a, b) FROM STDIN WITH (FORMAT csv) ; -- rows\r\n1,2\r\n", "SELECT 1");
    EXPECT("COPY t FROM STDIN;\n\\.\n\nSELECT 1", "COPY t FROM STDIN;\n", "SELECT 1");
    EXPECT("COPY t FROM STDIN;\n1\n2", "COPY t FROM STDIN;\n1\n2");
    EXPECT("COPY t FROM '/tmp/x';\nSELECT 1", "COPY t FROM '/tmp/x'", "SELECT 1");
}

static void test_what_pg_dump_writes(void **state)
{
    (void)state;
    EXPECT("\\restrict abc\nSET statement_timeout = 0;\n\\unrestrict abc\n",
           "SET statement_timeout = 0");
    EXPECT("SET standard_conforming_strings = off;\nSELECT '\\';';\nSET "
           "standard_conforming_strings = on;\nSELECT '\\'; SELECT 2",
           "SET standard_conforming_strings = off", "SELECT '\\';'",
           "SET standard_conforming_strings = on", "SELECT '\\'", "SELECT 2");
}

static void test_psql_is_refused(void **state)
{
    struct connection c;
    static const struct {
        const char *script, *message, *hint;
    } cases[] = {
        { "\\copy t FROM 'x.csv'", "'\\copy' is for psql", "COPY ... FROM STDIN" },
        { "\\i other.sql", "'\\i' is for psql", "migration of its own" },
        { "\\set", "without a name", "\\set name value" },
        { "\\set x `date`", "output of a command", "godwit:vars" },
        { "\\set ON_ERROR_STOP off", "ON_ERROR_STOP cannot be 'off'", "first error" },
        { "\\set AUTOCOMMIT 'off'", "AUTOCOMMIT cannot be 'off'", "no-transaction" },
        { "\\if 1", "'\\if' is for psql", "two migrations" },
        { "SELECT 1 \\set x 1", "in the middle of a statement", "';'" },
        { "SELECT 1 AS a \\gset", "'\\gset' is for psql", "godwit:vars" },
        { "\\c other", "'\\c' is for psql", "a project of its own" },
        { "\\nonsense", "'\\nonsense' is for psql", "SQL" },
        { "SELECT * FROM t WHERE a = :id", "variable ':id'", "godwit:vars" },
        { "INSERT INTO t VALUES (:'name')", "variable ':'name''", "godwit:vars" },
        { "SELECT 'open", "never closed", "close" },
        { "SELECT 1 /* open", "never closed", "close" },
        { "COPY t TO STDOUT", "'COPY ... TO STDOUT'", "file" },
        { "COPY t FROM STDIN", "no rows", "lines" },
    };
    (void)state;
    postgres_new(&c, plugin, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(split(&c, cases[i].script, strlen(cases[i].script)), GW_OK);
        assert_int_equal(c.call.n_statements, 1);
        if (!(c.call.statements[0].flags & REFUSED))
            fail_msg("'%s' is not refused", cases[i].script);
        assert_true(run_user(&c, cases[i].script) < 0);
        expect_message(&c, cases[i].message);
        if (!strstr(c.call.hint, cases[i].hint))
            fail_msg("'%s' has the hint '%s'", cases[i].script, c.call.hint);
    }
    connection_close(&c);
}

/* Variables stay in the text of a statement, and are known from what stands before it. */
static void test_psql_variables(void **state)
{
    struct connection c = { .plugin = plugin };
    static const char *const fine[] = {
        "\\set x 1\nSELECT :x",
        "\\set x\nSELECT :'x'",
        "GRANT ALL ON DATABASE :\"DBNAME\" TO :USER",
        "\\set x 1\n\\unset y\n\\set x 2\nSELECT :x",
    };
    static const char *const unknown[] = {
        "SELECT :x",
        "SELECT :x; \n\\set x 1\n",
        "\\set x 1\n\\unset x\nSELECT :x",
        "\\set x 1\nSELECT :x, :X",
        "SELECT :\"dbname\"",
    };
    (void)state;
    EXPECT("\\echo hi; there\n\\set ON_ERROR_STOP on\n\\timing\nSELECT 1;\n\\set VERBOSITY terse\n",
           "SELECT 1");
    EXPECT("\\set x 'a;b' ; c \r\nSELECT :'x'; \\unset x", "\\set x 'a;b' ; c", "SELECT :'x'",
           "\\unset x");
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        assert_int_equal(split(&c, fine[i], strlen(fine[i])), GW_OK);
        for (int n = 0; n < c.call.n_statements; n++)
            if (c.call.statements[n].flags & REFUSED)
                fail_msg("statement %d of '%s' is refused", n, fine[i]);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        bool refused = false;
        assert_int_equal(split(&c, unknown[i], strlen(unknown[i])), GW_OK);
        for (int n = 0; n < c.call.n_statements; n++)
            refused = refused || c.call.statements[n].flags & REFUSED;
        if (!refused)
            fail_msg("'%s' is not refused", unknown[i]);
    }
    assert_int_equal(split(&c, "\\set x 1", 8), GW_OK);
    assert_int_equal(c.call.statements[0].flags, SETTING);
}

static const struct {
    const char *text;
    uint64_t flags;
} classes[] = {
    { "CREATE TABLE t (i int)", T },
    { "CREATE INDEX i ON t (a)", T },
    { "CREATE INDEX CONCURRENTLY i ON t (a)", P },
    { "create unique index concurrently if not exists i on t (a)", P },
    { "CREATE INDEX CONCURRENTLY ON t (a)", N },
    { "DROP INDEX CONCURRENTLY i", P },
    { "REINDEX TABLE t", T },
    { "REINDEX TABLE CONCURRENTLY t", P },
    { "REINDEX (CONCURRENTLY, VERBOSE) INDEX i", P },
    { "REINDEX SCHEMA s", P },
    { "REINDEX (VERBOSE) DATABASE d", P },
    { "ALTER TABLE a.b DETACH PARTITION c CONCURRENTLY", P },
    { "ALTER TABLE a DETACH PARTITION c", T },
    { "ALTER TYPE e ADD VALUE 'x'", T },
    { "VACUUM FULL t", P },
    { "CLUSTER", P },
    { "CLUSTER VERBOSE", P },
    { "CLUSTER t USING i", T },
    { "CREATE DATABASE d", P },
    { "DROP DATABASE d", P },
    { "ALTER DATABASE d SET TABLESPACE x", P },
    { "ALTER DATABASE d SET work_mem = '1MB'", T },
    { "CREATE TABLESPACE x LOCATION '/x'", P },
    { "ALTER SYSTEM SET work_mem = '1MB'", P },
    { "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", P },
    { "ALTER SUBSCRIPTION s REFRESH PUBLICATION", N },
    { "DO $$ BEGIN PERFORM 1; END $$", T },
    { "DO $$ BEGIN DELETE FROM t; COMMIT; END $$", N },
    { "DO $$ BEGIN PERFORM 'COMMIT'; -- COMMIT\n END $$", T },
    { "DO LANGUAGE plpgsql 'BEGIN ROLLBACK; END'", N },
    { "SET search_path = a", SETTING },
    { "SET LOCAL search_path = a", T },
    { "SET CONSTRAINTS ALL DEFERRED", T },
    { "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", T },
    { "SET ROLE x", SETTING },
    { "SET SESSION AUTHORIZATION x", SETTING },
    { "RESET ALL", SETTING },
    { "SELECT pg_catalog.set_config('search_path', '', false)", SETTING },
    { "SELECT set_config('search_path', '', true)", T },
    { "SELECT set_config('a.b', c, false) FROM t", T },
    { "DISCARD TEMP", SETTING },
    { "DISCARD ALL", REFUSED },
    { "SELECT pg_advisory_unlock_all()", REFUSED },
    { "PREPARE x AS SELECT 1", SETTING },
    { "PREPARE TRANSACTION 'x'", REFUSED },
    { "COMMIT PREPARED 'x'", REFUSED },
    { "COMMIT AND CHAIN", REFUSED },
    { "COMMIT AND NO CHAIN", GW_SPLIT_COMMIT },
    { "END", GW_SPLIT_COMMIT },
    { "ABORT", GW_SPLIT_ROLLBACK },
    { "ROLLBACK WORK", GW_SPLIT_ROLLBACK },
    { "ROLLBACK TO x", T },
    { "ROLLBACK TRANSACTION TO SAVEPOINT x", T },
    { "BEGIN ISOLATION LEVEL SERIALIZABLE", GW_SPLIT_BEGIN },
    { "START TRANSACTION", GW_SPLIT_BEGIN },
    { "BEGIN READ ONLY", REFUSED },
    { "SET client_encoding = 'LATIN1'", SETTING | REFUSED },
    { "SET client_encoding TO 'UTF8'", SETTING },
    { "SET NAMES 'SQL_ASCII'", SETTING | REFUSED },
    { "SELECT a[1:n], b::int, c := 1 FROM t", T },
    { "SELECT json_object('a':b, c :d)", REFUSED },
    { "SELECT json_object('a':b)", T },
    { "SELECT '12:30'::time", T },
};

static void test_classes(void **state)
{
    struct connection c = { .plugin = plugin };
    (void)state;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        assert_int_equal(split(&c, classes[i].text, strlen(classes[i].text)), GW_OK);
        if (c.call.n_statements != 1 || c.call.statements[0].flags != classes[i].flags)
            fail_msg("'%s' has the flags %llx, not %llx", classes[i].text,
                     (unsigned long long)c.call.statements[0].flags,
                     (unsigned long long)classes[i].flags);
    }
}

/* Time grows with the length of the script, whatever is in it. */
static void test_hostile_scripts_end(void **state)
{
    static const char *const pieces[] = { "$a$", "'",  "((", "/*",    "$a",
                                          "\\",  ":a", "[",  "CASE ", "E'\\" };
    enum {
        SIZE = 1 << 20
    };
    struct connection c = { .plugin = plugin };
    char *script = malloc(SIZE);
    (void)state;
    assert_non_null(script);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        size_t len = strlen(pieces[i]);
        for (size_t at = 0; at + len <= SIZE; at += len)
            memcpy(script + at, pieces[i], len);
        assert_int_equal(split(&c, script, SIZE / len * len), GW_OK);
    }
    free(script);
}

int postgres_split_cases(const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_copy_data_belongs_to_its_statement),
        cmocka_unit_test(test_what_pg_dump_writes),
        POSTGRES_CASE(test_psql_is_refused),
        cmocka_unit_test(test_psql_variables),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_hostile_scripts_end),
    };
    plugin = loaded;
    return _cmocka_run_group_tests("postgres: split", tests, sizeof tests / sizeof tests[0], NULL,
                                   NULL);
}
