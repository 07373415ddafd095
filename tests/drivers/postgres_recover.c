/* SPDX-License-Identifier: Apache-2.0 */
/* What statements that commit by themselves did, and whether two schemas are equal. */
#include "postgres_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plugin *plugin;

enum {
    TX = GW_RUN_TX
};

static void expect_probe(struct connection *c, const char *sql, int32_t expected)
{
    int32_t result = -1;
    gw_status status =
        plugin->recover->probe(call_of(c), c->conn, (struct gw_str){ sql, strlen(sql) }, &result);
    if (status != GW_OK)
        fail_msg("probe of '%s': %s", sql, c->call.message);
    if (result != expected)
        fail_msg("probe of '%s' says %d, not %d", sql, result, expected);
}

/* ---- indexes ---- */

static void test_create_index_is_recognised(void **state)
{
    static const char create[] = "CREATE INDEX CONCURRENTLY i ON t (lower(s), n DESC) WHERE n > 0";
    static const struct {
        const char *sql;
        int32_t result;
    } cases[] = {
        { create, GW_PROBE_DONE },
        { "create index concurrently if not exists I on T (LOWER(s),   n desc) where (n>0)",
          GW_PROBE_DONE },
        { "CREATE INDEX CONCURRENTLY \"i\" ON public.t USING btree (lower(s), n DESC NULLS FIRST) "
          "WHERE n > 0",
          GW_PROBE_DONE },
        { "CREATE INDEX CONCURRENTLY i ON t (lower(s), n) WHERE n > 0", GW_PROBE_UNCLEAR },
        { "CREATE INDEX CONCURRENTLY i ON t (lower(s), n DESC)", GW_PROBE_UNCLEAR },
        { "CREATE UNIQUE INDEX CONCURRENTLY i ON t (lower(s), n DESC) WHERE n > 0",
          GW_PROBE_UNCLEAR },
        { "CREATE INDEX CONCURRENTLY i ON u (s)", GW_PROBE_UNCLEAR },
        { "CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON t (n)", GW_PROBE_ABSENT },
        { "CREATE INDEX CONCURRENTLY j ON no_such_table (n)", GW_PROBE_ABSENT },
        { "CREATE INDEX CONCURRENTLY i ON t (no_such_column)", GW_PROBE_UNCLEAR },
    };
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (n int, s text)", "CREATE TABLE u (s text)");
    MUST(&c, 0, create);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_probe(&c, cases[i].sql, cases[i].result);
    expect_rows(&c, "SELECT count(*) FROM pg_class WHERE relname LIKE 'godwit_probe%'", "0\n");
    connection_close(&c);
}

static void test_invalid_index_is_dropped(void **state)
{
    static const char create[] = "CREATE UNIQUE INDEX CONCURRENTLY i ON t (n)";
    struct connection c;
    const struct unit unit = { .statement_flags = GW_STMT_USER, .sql = { create } };
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t AS SELECT 1 AS n FROM generate_series(1, 2)");
    assert_int_equal(run(&c, &unit), GW_E_CONSTRAINT);
    expect_rows(&c, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "0\n");
    expect_probe(&c, create, GW_PROBE_ABSENT);
    expect_rows(&c, "SELECT to_regclass('i') IS NULL", "1\n");
    expect_rows(&c, "SHOW lock_timeout", "5s\n");
    MUST(&c, TX, "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)");
    assert_int_equal(run(&c, &unit), GW_OK);
    expect_probe(&c, create, GW_PROBE_DONE);
    connection_close(&c);
}

static void test_other_index_statements(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t AS SELECT 1 AS n FROM generate_series(1, 2)",
         "CREATE INDEX i ON t (n)");
    expect_probe(&c, "DROP INDEX CONCURRENTLY i", GW_PROBE_ABSENT);
    MUST(&c, 0, "DROP INDEX CONCURRENTLY i");
    expect_probe(&c, "DROP INDEX CONCURRENTLY IF EXISTS i", GW_PROBE_DONE);
    /* What REINDEX leaves behind: an invalid index with its mark. */
    assert_int_equal(
        run(&c, &(struct unit){ .statement_flags = GW_STMT_USER,
                                .sql = { "CREATE UNIQUE INDEX CONCURRENTLY i_ccnew ON t (n)" } }),
        GW_E_CONSTRAINT);
    expect_probe(&c, "REINDEX TABLE CONCURRENTLY t", GW_PROBE_ABSENT);
    expect_rows(&c, "SELECT to_regclass('i_ccnew') IS NULL", "1\n");
    connection_close(&c);
}

/* ---- partitions ---- */

static void test_detach_is_finished(void **state)
{
    static const char detach[] = "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY";
    struct connection c;
    PGconn *reader = postgres_other();
    const struct unit unit = { .statement_flags = GW_STMT_USER, .sql = { detach } };
    (void)state;
    postgres_new(&c, plugin, 0);
    if (PQserverVersion(reader) < 140000) { /* which have no such statement */
        expect_probe(&c, detach, GW_PROBE_UNCLEAR);
        PQfinish(reader);
        connection_close(&c);
        return;
    }
    MUST(&c, TX, "CREATE TABLE p (n int) PARTITION BY LIST (n)",
         "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)");
    expect_probe(&c, detach, GW_PROBE_ABSENT);
    postgres_other_ask(reader, "BEGIN");
    postgres_other_ask(reader, "SELECT * FROM p");
    c.call.stop_after = 3; /* it waits for the reader by then */
    assert_int_equal(run(&c, &unit), GW_E_CANCELLED);
    c.call.stop_after = 0;
    postgres_other_ask(reader, "COMMIT");
    expect_rows(&c, "SELECT inhdetachpending FROM pg_inherits", "1\n");
    expect_probe(&c, detach, GW_PROBE_DONE);
    expect_rows(&c, "SELECT count(*) FROM pg_inherits", "0\n");
    expect_probe(&c, detach, GW_PROBE_DONE);
    PQfinish(reader);
    connection_close(&c);
}

static void test_objects_of_the_server(void **state)
{
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    expect_probe(&c, "VACUUM", GW_PROBE_ABSENT);
    expect_probe(&c, "CREATE DATABASE postgres", GW_PROBE_DONE);
    expect_probe(&c, "CREATE DATABASE \"No Such\"", GW_PROBE_ABSENT);
    expect_probe(&c, "DROP DATABASE IF EXISTS no_such", GW_PROBE_DONE);
    expect_probe(&c, "DROP DATABASE postgres", GW_PROBE_ABSENT);
    expect_probe(&c, "DROP TABLESPACE no_such", GW_PROBE_DONE);
    expect_probe(&c, "DROP SUBSCRIPTION no_such", GW_PROBE_DONE);
    expect_probe(&c, "ALTER SYSTEM SET work_mem = '4MB'", GW_PROBE_ABSENT);
    MUST(&c, 0, "VACUUM");
    connection_close(&c);
}

/* ---- fingerprint ---- */

static void test_each_change_shows(void **state)
{
    static const char *const changes[] = {
        "CREATE SCHEMA s",
        "CREATE TABLE s.t (a int NOT NULL DEFAULT 1, b text)",
        "ALTER TABLE s.t ADD c int GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE s.t ALTER a DROP NOT NULL",
        "ALTER TABLE s.t ALTER a SET DEFAULT 2",
        "ALTER TABLE s.t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID",
        "ALTER TABLE s.t VALIDATE CONSTRAINT positive",
        "ALTER TABLE s.t ADD PRIMARY KEY (c)",
        "CREATE INDEX i ON s.t (lower(b)) WHERE a > 1",
        "CREATE VIEW s.v AS SELECT a FROM s.t",
        "CREATE OR REPLACE VIEW s.v AS SELECT a FROM s.t WHERE a > 1",
        "CREATE MATERIALIZED VIEW s.m AS SELECT 1 AS x",
        "CREATE TYPE s.mood AS ENUM ('good')",
        "ALTER TYPE s.mood ADD VALUE 'bad'",
        "CREATE DOMAIN s.d AS text CHECK (value <> '')",
        "CREATE TYPE s.pair AS (a int, b int)",
        "CREATE TYPE s.r AS RANGE (subtype = int)",
        "CREATE SEQUENCE s.q",
        "ALTER SEQUENCE s.q INCREMENT 5",
        "CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        ("CREATE OR REPLACE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql"
         " AS 'BEGIN RETURN OLD; END'"),
        "CREATE AGGREGATE s.total (int) (sfunc = int4pl, stype = int)",
        "CREATE TRIGGER g BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()",
        "ALTER TABLE s.t DISABLE TRIGGER g",
        "CREATE RULE ru AS ON DELETE TO s.v DO INSTEAD NOTHING",
        "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY po ON s.t USING (a > 1)",
        "GRANT SELECT ON s.t TO public",
        "COMMENT ON COLUMN s.t.a IS 'what it is'",
        "CREATE STATISTICS s.st ON a, b FROM s.t",
        "CREATE TABLE s.p (n int) PARTITION BY RANGE (n)",
        "CREATE TABLE s.p1 PARTITION OF s.p FOR VALUES FROM (1) TO (2)",
        "ALTER TABLE s.t DROP COLUMN b",
        "CREATE COLLATION s.co FROM \"C\"",
        "CREATE PUBLICATION pu FOR TABLE s.t",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO public",
        "CREATE OPERATOR s.### (leftarg = int, rightarg = int, function = int4pl)",
        "CREATE CAST (s.mood AS int) WITH INOUT",
    };
    static char before[TEXT_ROOM];
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    snprintf(before, sizeof before, "%s", fingerprint(&c));
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (run_user(&c, changes[i]) != GW_OK)
            fail_msg("%s: %s", changes[i], c.call.message);
        const char *after = fingerprint(&c);
        if (strcmp(before, after) == 0)
            fail_msg("'%s' does not show", changes[i]);
        snprintf(before, sizeof before, "%s", after);
    }
    connection_close(&c);
}

static void test_what_is_no_change_does_not_show(void **state)
{
    static const char *const others[] = {
        "INSERT INTO t VALUES (1)",
        "SET search_path = pg_catalog",
        "CREATE TEMPORARY TABLE x (a int)",
        "CREATE TABLE public.godwit_y (id int PRIMARY KEY)",
    };
    static char before[TEXT_ROOM];
    struct connection c;
    (void)state;
    postgres_new(&c, plugin, 0);
    MUST(&c, TX, "CREATE TABLE t (a int)", "CREATE VIEW v AS SELECT a FROM t");
    snprintf(before, sizeof before, "%s", fingerprint(&c));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        MUST(&c, TX, others[i]);
        assert_string_equal(fingerprint(&c), before);
    }
    MUST(&c, TX, "ALTER TABLE public.t ADD b int");
    MUST(&c, TX, "ALTER TABLE public.t DROP b", "GRANT SELECT ON public.t TO pg_monitor",
         "REVOKE SELECT ON public.t FROM pg_monitor");
    assert_string_equal(fingerprint(&c), before);
    connection_close(&c);
}

int postgres_recover_cases(const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        POSTGRES_CASE(test_create_index_is_recognised),
        POSTGRES_CASE(test_invalid_index_is_dropped),
        POSTGRES_CASE(test_other_index_statements),
        POSTGRES_CASE(test_detach_is_finished),
        POSTGRES_CASE(test_objects_of_the_server),
        POSTGRES_CASE(test_each_change_shows),
        POSTGRES_CASE(test_what_is_no_change_does_not_show),
    };
    plugin = loaded;
    return _cmocka_run_group_tests("postgres: recovery", tests, sizeof tests / sizeof tests[0],
                                   NULL, NULL);
}
