/* SPDX-License-Identifier: Apache-2.0 */
/* The native file: header, directives, sections, placeholders, hashes, and the stored form. */
#include "folder.h"

#include <sys/stat.h>

#define HEAD "-- Add users\n--\n-- revision: abc\n-- revises:\n\n"
#define UP HEAD "-- godwit:up\n"
#define BYTES(literal) literal, sizeof(literal) - 1
#define DOWN UP "SELECT 1;\n-- godwit:down\n"

struct native_case {
    const char *text;
    const char *message; /* NULL: it loads */
    const char *hint;    /* part of it; NULL: any */
};

static const struct native_case native_cases[] = {
    { UP "SELECT 1;\n", NULL, NULL },
    { HEAD, "no `-- godwit:up` section", "add the line" },
    { "", "no `-- revision:` line", "migrations.format" },
    { "-- t\n-- godwit:up\n", "no `-- revision:` line", NULL },
    { HEAD "SELECT 1;\n-- godwit:up\n", ":6: SQL above the first section", "-- godwit:up" },
    { HEAD "SELECT 1;\n", ":6: SQL above the first section", NULL },
    { "/* licence;\n none */\n" UP "SELECT 1;\n", NULL, NULL },
    /* header */
    { "-- t\n-- revison: abc\n-- godwit:up\n", ":2: unknown header key 'revison'",
      "did you mean 'revision'?" },
    { "-- t\n-- depends-on: x\n" UP, ":2: unknown header key", "'depends_on'" },
    { "-- t\n-- Note: see the wiki: page 3\n" UP, NULL, NULL },
    { "-- t\n-- revision: a\n-- revision: b\n-- godwit:up\n", ":3: 'revision' is given twice",
      NULL },
    { "-- t\n-- revision: a b\n-- godwit:up\n", ":2: 'revision' needs one id", NULL },
    { "-- t\n-- revision:\n-- godwit:up\n", ":2: 'revision' needs one id", NULL },
    { "-- t\n-- revision: a-b\n-- godwit:up\n", ":2: 'a-b' is no revision id", NULL },
    { "-- t\n-- revision: head\n-- godwit:up\n", ":2: 'head' is no revision id", NULL },
    { "-- t\n-- revision: a\n-- revises:\n-- branch: x@y\n-- godwit:up\n",
      ":4: 'x@y' is no branch label", NULL },
    /* directives as such */
    { HEAD "-- godwit:upp\n", ":6: unknown directive 'upp'", "did you mean 'up'?" },
    { UP "-- godwit:no-transactions\n", ":7: unknown directive 'no-transactions'",
      "'no-transaction'" },
    { UP "-- Godwit:Down\n", ":7: unknown directive 'Down'", "'down'" },
    { UP "--godwit : irreversable \"x\"\n", ":7: unknown directive", "'irreversible'" },
    { UP "-- godwit:batch size=1000\n", ":7: unknown directive 'batch'", NULL },
    { UP "-- godwit:total SELECT 1\n", ":7: unknown directive 'total'", NULL },
    { UP "-- godwit:\n", ":7: unknown directive ''", "known are: up, down" },
    { UP "-- about godwit: a bird\n", NULL, NULL },
    { UP "-- godwit:no-transaction now\n", ":7: malformed directive 'no-transaction'",
      "its form is: -- godwit:no-transaction" },
    /* sections */
    { UP "-- godwit:up\n", "sections on lines 6 and 7 are for the same dialect", NULL },
    { HEAD "-- godwit:up sqlite\n-- godwit:up postgres, sqlite\n", "lines 6 and 7", NULL },
    { HEAD "-- godwit:up sqlite\n-- godwit:up\n-- godwit:up mysql postgres\n", NULL, NULL },
    { HEAD "-- godwit:up postgres\n", ":6: no up section is for sqlite",
      "add `-- godwit:up sqlite`" },
    { HEAD "-- godwit:up SQLite\n", "'SQLite' is no name of a dialect", NULL },
    { UP "-- godwit:down\n-- godwit:down\n", "the 'down' sections on lines 7 and 8", NULL },
    /* one at a time */
    { HEAD "-- godwit:no-transaction\n-- godwit:up\n", ":6: 'no-transaction' cannot stand here",
      "below `-- godwit:up`" },
    { UP "-- godwit:vars a\n", ":7: 'vars' cannot stand here", "above the first section" },
    { UP "-- godwit:lossless\n", ":7: 'lossless' cannot stand here", "below `-- godwit:down`" },
    { DOWN "-- godwit:lossless\n", NULL, NULL },
    { UP "-- godwit:assert\nSELECT 1;\n", ":7: malformed directive 'assert'",
      "assert \"message\"" },
    { UP "-- godwit:assert \"\"\nSELECT 1;\n", ":7: malformed directive 'assert'", NULL },
    { UP "-- godwit:assert \"x\" y\nSELECT 1;\n", ":7: malformed directive 'assert'", NULL },
    { UP "-- godwit:assert \"x\n", ":7: malformed directive 'assert'", NULL },
    { UP "-- godwit:assert \"x\"\n-- nothing\n", ":7: 'assert' without a statement", NULL },
    { UP "-- godwit:assert \"x\"\n-- godwit:down\nSELECT 1;\n", ":7: 'assert' without a statement",
      NULL },
    { UP "-- godwit:assert \"x\"\n-- godwit:assert \"y\"\nSELECT 1;\n",
      ":8: the next statement has one of these already, on line 7", NULL },
    { UP "-- godwit:probe\nSELECT 1;\n", ":7: malformed directive 'probe'", "probe SELECT ..." },
    { UP "-- godwit:probe SELECT 1\n", ":7: 'probe' without a statement", NULL },
    { UP "-- godwit:set x\n", ":7: malformed directive 'set'", "set name=value" },
    { UP "-- godwit:set x=\n", ":7: malformed directive 'set'", NULL },
    { UP "-- godwit:set a b=1\n", ":7: malformed directive 'set'", NULL },
    { UP "-- godwit:set a=\"b\n", ":7: malformed directive 'set'", NULL },
    { UP "-- godwit:set a=1\n-- godwit:set a=2\n", ":8: 'a' is set twice", NULL },
    { UP "-- godwit:allow x\n", ":7: malformed directive 'allow'", "allow RULE \"reason\"" },
    { UP "-- godwit:allow drop-column \"nobody reads it\"\n", NULL, NULL },
    { UP "-- godwit:end\n", ":7: 'end' without", NULL },
    { UP "-- godwit:statement\nSELECT 1;\n", ":7: 'statement' without an end", NULL },
    { UP "-- godwit:statement\n-- x\n-- godwit:end\n",
      ":7: 'statement' with nothing before its end", NULL },
    { UP "-- godwit:irreversible\n", ":7: malformed directive 'irreversible'", NULL },
    { DOWN "-- godwit:irreversible \"gone\"\nSELECT 1;\n",
      ":9: 'irreversible', but the down section on line 8 has SQL", NULL },
    { UP "-- godwit:irreversible \"gone\"\n-- godwit:down\nSELECT 1;\n", ":7: 'irreversible', but",
      NULL },
    { HEAD "-- godwit:irreversible \"a\"\n-- godwit:up\n-- godwit:irreversible \"b\"\n",
      ":8: 'irreversible' is given twice, first on line 6", NULL },
    { HEAD "-- godwit:vars a\n-- godwit:vars b\n-- godwit:up\n", ":7: 'vars' is given twice",
      NULL },
};

static void mistakes_are_named(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    for (size_t i = 0; i < sizeof native_cases / sizeof native_cases[0]; i++) {
        folder_write(&folder, "1_abc_x.sql", native_cases[i].text);
        int code = folder_load(&folder, "godwit", "sqlite");
        if (!native_cases[i].message && code)
            fail_msg("case %zu: %s (%s)", i, folder.fault.message, folder.fault.hint);
        if (!native_cases[i].message)
            continue;
        if (code != GW_USAGE)
            fail_msg("case %zu loads, but should say '%s'", i, native_cases[i].message);
        assert_contains(folder.fault.message, "1_abc_x.sql");
        assert_contains(folder.fault.message, native_cases[i].message);
        if (native_cases[i].hint)
            assert_contains(folder.fault.hint, native_cases[i].hint);
    }
    folder_close(&folder);
}

static void header_is_read(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    folder_write(
        &folder, "20241014_143022_7b15fd9db179_users.sql",
        "\xEF\xBB\xBF-- Add users\r\n--\r\n-- revision:      7b15fd9db179\r\n-- revises:\r\n"
        "-- created:       2024-10-14T14:30:22Z\r\n-- branch: auth, core\r\n-- depends_on:\r\n"
        "\r\n-- godwit:up\r\nSELECT 1;\r\n");
    folder_write(&folder, "sub/b.sql", "-- revision: b\n-- revises: 7b15fd9db179\n-- godwit:up\n");
    folder_write(&folder, "README.md", "nothing");
    folder_must_load(&folder, NULL, NULL);
    assert_string_equal(folder.history.format->name, "godwit");
    assert_int_equal(folder.history.n, 2);
    const struct gw_revision *first = &folder.history.at[0], *second = &folder.history.at[1];
    assert_string_equal(first->id, "7b15fd9db179");
    assert_string_equal(first->title, "Add users");
    assert_string_equal(first->created, "2024-10-14T14:30:22Z");
    assert_string_equal(first->labels, "auth core");
    assert_int_equal(first->flags, 0);
    assert_string_equal(second->id, "b");
    assert_string_equal(second->file, "sub/b.sql");
    assert_string_equal(second->title, "b");
    assert_int_equal(second->n_parents, 1);
    assert_int_equal(second->parents[0], 0);
    struct gw_script script;
    folder_read(&folder, &script, "7b15fd9db179", GW_UP, NULL);
    assert_string_equal(script_sql(&script), "SELECT 1;\r\n");
    assert_int_equal(script.segments.at[0].line, 10);
    gw_script_free(&script);
    folder_close(&folder);
}

static void directives_reach_the_script(void **state)
{
    (void)state;
    struct folder folder;
    struct gw_script script;
    folder_open(&folder);
    folder_write(&folder, "1.sql",
                 UP "-- godwit:no-transaction\n-- godwit:set lock_timeout=2s\n"
                    "-- godwit:set search_path=\"a \\\"b\\\"\"\nSELECT 1;\n"
                    "-- godwit:assert \"no \\\"rows\\\" left\"\n-- because of x\n"
                    "-- godwit:probe SELECT count(*) = 0 FROM t\nDELETE FROM t;\nSELECT 2;\n"
                    "-- godwit:statement\nCREATE TRIGGER x BEGIN\n-- godwit:down\nSELECT 1; END;\n"
                    "-- godwit:end\nSELECT 3;\n"
                    "-- godwit:down\n-- godwit:lossless\nDROP TABLE t;\n");
    folder_must_load(&folder, NULL, "sqlite");
    assert_int_equal(folder.history.at[0].flags, GW_REV_HAS_DOWN | GW_REV_LOSSLESS);

    folder_read(&folder, &script, "abc", GW_UP, "sqlite");
    assert_true(script.exists);
    assert_false(script.transaction);
    assert_int_equal(script.n_settings, 2);
    assert_string_equal(script.settings[0].key.ptr, "lock_timeout");
    assert_string_equal(script.settings[0].val.v.s.ptr, "2s");
    assert_string_equal(script.settings[1].val.v.s.ptr, "a \"b\"");
    assert_string_equal(script_sql(&script),
                        "SELECT 1;\n|DELETE FROM t;\nSELECT 2;\n|"
                        "CREATE TRIGGER x BEGIN\n-- godwit:down\nSELECT 1; END;\n|"
                        "SELECT 3;\n");
    const struct gw_segment *at = script.segments.at;
    assert_null(at[0].assert_text);
    assert_int_equal(at[0].line, 10);
    assert_string_equal(at[1].assert_text, "no \"rows\" left");
    assert_string_equal(at[1].probe, "SELECT count(*) = 0 FROM t");
    assert_int_equal(at[1].line, 14);
    assert_true(at[2].whole);
    assert_int_equal(at[2].line, 17);
    assert_false(at[3].whole);
    assert_int_equal(at[3].line, 21);
    assert_false(script.lossless);
    assert_contains(script.file, "/1.sql");
    gw_script_free(&script);

    folder_read(&folder, &script, "abc", GW_DOWN, "sqlite");
    assert_true(script.exists && script.transaction && script.lossless);
    assert_string_equal(script_sql(&script), "DROP TABLE t;\n");
    gw_script_free(&script);
    folder_close(&folder);
}

static void sections_are_chosen_by_dialect(void **state)
{
    static const struct {
        const char *dialect, *up, *down;
    } cases[] = {
        { "sqlite", "S;\n", "D;\n" }, { "mysql", "M;\n", "D;\n" }, { "postgres", "M;\n", NULL },
        { "other", "U;\n", "D;\n" },  { NULL, "U;\n", "D;\n" },
    };
    (void)state;
    struct folder folder;
    folder_open(&folder);
    folder_write(&folder, "1.sql",
                 HEAD "-- godwit:up mysql postgres\nM;\n-- godwit:up\nU;\n"
                      "-- godwit:down\nD;\n-- godwit:up sqlite\nS;\n"
                      "-- godwit:down postgres\n-- godwit:irreversible \"data is gone\"\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gw_script script;
        folder_must_load(&folder, NULL, cases[i].dialect);
        assert_int_equal(folder.history.at[0].flags,
                         cases[i].down ? GW_REV_HAS_DOWN : GW_REV_IRREVERSIBLE);
        folder_read(&folder, &script, "abc", GW_UP, cases[i].dialect);
        assert_string_equal(script_sql(&script), cases[i].up);
        assert_int_equal(!script.irreversible, cases[i].down != NULL);
        gw_script_free(&script);
        folder_read(&folder, &script, "abc", GW_DOWN, cases[i].dialect);
        assert_string_equal(script_sql(&script), cases[i].down ? cases[i].down : "");
        if (!cases[i].down)
            assert_string_equal(script.irreversible, "data is gone");
        gw_script_free(&script);
    }
    folder_close(&folder);
}

static void unknown_dialect_takes_any_section(void **state)
{
    (void)state;
    struct folder folder;
    struct gw_script script;
    folder_open(&folder);
    folder_write(&folder, "1.sql", HEAD "-- godwit:up mysql\nM;\n-- godwit:up postgres\nP;\n");
    folder_must_load(&folder, NULL, NULL);
    folder_read(&folder, &script, "abc", GW_UP, NULL);
    assert_string_equal(script_sql(&script), "M;\n");
    gw_script_free(&script);
    folder_close(&folder);
}

static void no_down_is_no_down(void **state)
{
    (void)state;
    struct folder folder;
    struct gw_script script;
    folder_open(&folder);
    folder_write(&folder, "1.sql", UP "SELECT 1;\n");
    folder_must_load(&folder, NULL, NULL);
    folder_read(&folder, &script, "abc", GW_DOWN, NULL);
    assert_false(script.exists);
    assert_null(script.irreversible);
    gw_script_free(&script);
    folder_write(&folder, "1.sql", DOWN "-- godwit:allow x \"y\"\n");
    folder_must_load(&folder, NULL, NULL);
    folder_read(&folder, &script, "abc", GW_DOWN, NULL);
    assert_true(script.exists);
    assert_int_equal(script.segments.len, 0);
    gw_script_free(&script);
    folder_close(&folder);
}

static int read_code(struct folder *folder, struct gw_fault *fault)
{
    struct gw_script script;
    *fault = (struct gw_fault){ 0 };
    int code = gw_script_read(&script, &folder->history, 0, GW_UP, NULL, fault);
    gw_script_free(&script);
    return code;
}

static void placeholders_are_replaced_where_listed(void **state)
{
    (void)state;
    struct folder folder;
    struct gw_script script;
    struct gw_fault fault;
    folder_open(&folder);
    folder_var(&folder, "schema", "app");
    folder_var(&folder, "empty", "");
    folder_var(&folder, "unlisted", "no");
    folder_write(&folder, "1.sql",
                 HEAD "-- godwit:vars schema, empty\n-- godwit:up\n"
                      "-- godwit:probe SELECT '${schema}'\n"
                      "SELECT '${schema}${empty}.${schema}', '${unlisted}', '${other}', '${';\n");
    folder_must_load(&folder, NULL, NULL);
    folder_read(&folder, &script, "abc", GW_UP, NULL);
    assert_string_equal(script_sql(&script),
                        "SELECT 'app.app', '${unlisted}', '${other}', '${';\n");
    assert_string_equal(script.segments.at[0].probe, "SELECT 'app'");
    gw_script_free(&script);

    folder_write(&folder, "1.sql", UP "SELECT '${schema}';\n");
    folder_must_load(&folder, NULL, NULL);
    folder_read(&folder, &script, "abc", GW_UP, NULL);
    assert_string_equal(script_sql(&script), "SELECT '${schema}';\n");
    gw_script_free(&script);

    folder_var(&folder, "lines", "a\nb");
    folder_write(&folder, "1.sql",
                 HEAD "-- godwit:vars lines\n-- godwit:up\n-- godwit:probe SELECT ${lines}\nX;\n");
    folder_must_load(&folder, NULL, NULL);
    assert_int_equal(read_code(&folder, &fault), GW_USAGE);
    assert_contains(fault.message, "1.sql:9: a placeholder puts a line end into the probe");

    folder_write(&folder, "1.sql", HEAD "-- godwit:vars nowhere\n-- godwit:up\nSELECT 1;\n");
    folder_must_load(&folder, NULL, NULL);
    assert_int_equal(read_code(&folder, &fault), GW_USAGE);
    assert_contains(fault.message, "1.sql:6: placeholder '${nowhere}' has no value");
    folder_close(&folder);
}

static void file_that_changes_is_seen(void **state)
{
    (void)state;
    struct folder folder;
    struct gw_script script;
    folder_open(&folder);
    folder_write(&folder, "1.sql", UP "SELECT 1;\n");
    folder_must_load(&folder, NULL, NULL);
    folder_read(&folder, &script, "abc", GW_UP, NULL);
    assert_memory_equal(&script.sha256, &folder.history.at[0].sha256, sizeof script.sha256);
    gw_script_free(&script);
    folder_write(&folder, "1.sql", UP "SELECT 2;\n");
    folder_read(&folder, &script, "abc", GW_UP, NULL);
    assert_memory_not_equal(&script.sha256, &folder.history.at[0].sha256, sizeof script.sha256);
    gw_script_free(&script);
    folder_close(&folder);
}

static void tokens_of(struct folder *folder, const char *text, struct gw_hash *out)
{
    struct gw_script script;
    folder_write(folder, "1.sql", text);
    folder_must_load(folder, "godwit", NULL);
    folder_read(folder, &script, "abc", GW_DOWN, NULL);
    *out = script.token_sha256;
    gw_script_free(&script);
    folder_read(folder, &script, "abc", GW_UP, NULL);
    assert_memory_equal(&script.token_sha256, out, sizeof *out);
    gw_script_free(&script);
}

static void token_hash_sees_what_matters(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        { "SELECT 1,\n  2;\n", "SELECT\t1, 2;\r\n\r\n", true },
        { "SELECT 1; -- one\n", "SELECT 1;\n-- two\n", true },
        { "SELECT /* a */ 1;", "SELECT 1;", true },
        { "SELECT /* a\n b */ 1;", "-- x\nSELECT 1;", true },
        { "SELECT 1;", "SELECT 2;", false },
        { "SELECT 12;", "SELECT 1 2;", false },
        { "SELECT 'a  b';", "SELECT 'a b';", false },
        { "SELECT 'a -- b';", "SELECT 'a -- c';", false },
        { "SELECT \"a  b\";", "SELECT \"a b\";", false },
        { "SELECT `a  b`;", "SELECT `a b`;", false },
        { "SELECT $$a  b$$;", "SELECT $$a b$$;", false },
        { "SELECT $x$ $$ -- a$x$;", "SELECT $x$ $$ -- b$x$;", false },
        { "SELECT $1  + $2;", "SELECT $1 + $2;", true },
        { "SELECT 'it''s' -- a\n;", "SELECT 'it''s' -- b\n;", true },
        { "SELECT 'it\\'s  -- a';", "SELECT 'it\\'s  -- b';", false }, /* MySQL reads on */
        { "SELECT 5--1\n;", "SELECT 5--2\n;", false },                 /* minus minus in MySQL */
        { "/*!40101 SET x=1 */;", "/*!40101 SET x=2 */;", false },
        { "SELECT /*+ INDEX(a) */ 1;", "SELECT /*+ INDEX(b) */ 1;", false },
        { "/* a /* b */ c */ SELECT 1;", "/* a /* x */ c */ SELECT 1;",
          false }, /* nests in one dialect */
        { "SELECT 'open", "SELECT  'open", true },
        { "SELECT 'open  x", "SELECT 'open x", false },
        { "# it's\nSELECT 1;", "# its\nSELECT 1;", false },
        { "SELECT 1;\n-- godwit:allow r \"a\"\n", "SELECT 1;\n-- godwit:allow r \"b\"\n", true },
        { "-- godwit:no-transaction\nSELECT 1;", "SELECT 1;", false },
        { "SELECT 1;\n-- godwit:down\nSELECT 2;", "SELECT 1; SELECT 2;\n-- godwit:down\n", false },
    };
    (void)state;
    struct folder folder;
    folder_open(&folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        struct gw_hash a, b;
        snprintf(text, sizeof text, UP "%s", cases[i].a);
        tokens_of(&folder, text, &a);
        snprintf(text, sizeof text, UP "%s", cases[i].b);
        tokens_of(&folder, text, &b);
        if ((memcmp(&a, &b, sizeof a) == 0) != cases[i].same)
            fail_msg("case %zu: %s", i, cases[i].same ? "differs" : "is the same");
    }
    folder_close(&folder);
}

static void stored_down_reads_back(void **state)
{
    (void)state;
    struct folder folder;
    struct gw_script script, again;
    struct gw_fault fault = { 0 };
    struct gw_buf text = GW_BUF_TEXT, twice = GW_BUF_TEXT;
    folder_open(&folder);
    folder_write(&folder, "1.sql",
                 DOWN
                 "-- godwit:no-transaction\n-- godwit:lossless\n-- godwit:set a=\"x \\\\ \\\"y\"\n"
                 "SELECT 1\n-- godwit:allow r \"z\"\nSELECT 2;\n-- godwit:assert \"m \\\"n\\\"\"\n"
                 "-- godwit:probe SELECT 3\nSELECT 4;\n-- godwit:statement\n"
                 "-- godwit:sql line=1 bytes=2\n$$\n-- godwit:up\n$$\n-- godwit:end\n");
    folder_must_load(&folder, NULL, NULL);
    folder_read(&folder, &script, "abc", GW_DOWN, NULL);
    gw_script_text(&text, &script);
    assert_int_equal(strncmp(text.data, "-- godwit:down\n", 15), 0);
    assert_int_equal(gw_script_parse_stored(&again, text.data, text.len, "database", &fault), 0);
    assert_true(again.exists && again.lossless && !again.transaction);
    assert_string_equal(again.file, "database");
    assert_string_equal(again.settings[0].val.v.s.ptr, "x \\ \"y");
    assert_int_equal(again.segments.len, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct gw_segment *a = &script.segments.at[i], *b = &again.segments.at[i];
        assert_int_equal(a->len, b->len);
        assert_memory_equal(a->sql, b->sql, a->len);
        assert_int_equal(a->line, b->line);
        assert_int_equal(a->whole, b->whole);
    }
    assert_string_equal(again.segments.at[2].assert_text, "m \"n\"");
    assert_string_equal(again.segments.at[2].probe, "SELECT 3");
    gw_script_text(&twice, &again);
    assert_string_equal(twice.data, text.data);
    gw_script_free(&again);

    for (size_t cut = 1; cut < text.len;
         cut++) { /* damage of any kind is an error or a shorter script */
        fault = (struct gw_fault){ 0 };
        int code = gw_script_parse_stored(&again, text.data, cut, "database", &fault);
        if (code)
            assert_int_equal(strncmp(fault.message, "database:", 9), 0);
        gw_script_free(&again);
    }
    gw_script_free(&script);
    gw_buf_free(&text);
    gw_buf_free(&twice);
    folder_close(&folder);
}

static void stored_nothing_is_nothing(void **state)
{
    static const char *const damaged[] = {
        "SELECT 1;\n",
        "-- godwit:up\n",
        "-- godwit:down\nSELECT 1;\n",
        "-- godwit:down\n-- godwit:sql line=1 bytes=99\nSELECT 1;\n",
        "-- godwit:down\n-- godwit:sql line=1 bytes=18446744073709551615\nS\n",
        "-- godwit:down\n-- godwit:sql line=1 bytes=3\nSELECT 1;\n",
        "-- godwit:down\n-- godwit:sql bytes=3\nabc\n",
        "-- godwit:down\n-- godwit:nonsense\n",
    };
    (void)state;
    struct gw_script script;
    struct gw_fault fault = { 0 };
    struct gw_buf text = GW_BUF_TEXT;
    assert_int_equal(gw_script_parse_stored(&script, "", 0, "database", &fault), 0);
    assert_false(script.exists);
    gw_script_text(&text, &script);
    assert_int_equal(text.len, 0);
    gw_script_free(&script);
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        fault = (struct gw_fault){ 0 };
        int code =
            gw_script_parse_stored(&script, damaged[i], strlen(damaged[i]), "database", &fault);
        if (code != GW_USAGE)
            fail_msg("case %zu is accepted", i);
        assert_contains(fault.message, "database:");
        gw_script_free(&script);
    }
}

static void bytes_that_are_no_text_are_named(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *message;
    } cases[] = {
        { BYTES(UP "SELECT '\xC3\xA9\xE2\x82\xAC';\n"), NULL },
        { BYTES(UP "SELECT '\xE9';\n"), ":7: invalid UTF-8 at byte 67 of the file (0xe9)" },
        { BYTES("\xEF\xBB\xBF" UP "SELECT '\xE9';\n"), ":7: invalid UTF-8 at byte 70 of the file" },
        { BYTES(UP "SELECT 1;\0\n"), ":7: NUL at byte 68 of the file" },
        { BYTES("-- \0 a line that is long enough\n"), ":1: NUL at byte 3 of the file" },
        { BYTES("\xFF\xFE-\0-\0"), ":1: UTF-16 at byte 0 of the file" },
        { BYTES("\xFE\xFF\0-\0-"), ":1: UTF-16 at byte 0 of the file" },
    };
    (void)state;
    struct folder folder;
    folder_open(&folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        folder_write_bytes(&folder, "1.sql", cases[i].bytes, cases[i].len);
        int code = folder_load(&folder, "godwit", NULL);
        if (!cases[i].message && code)
            fail_msg("case %zu: %s", i, folder.fault.message);
        if (!cases[i].message)
            continue;
        assert_int_equal(code, GW_USAGE);
        assert_contains(folder.fault.message, cases[i].message);
        assert_contains(folder.fault.hint, "UTF-8");
    }
    folder_close(&folder);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct folder folder;
    char path[128];
    folder_open(&folder);
    snprintf(path, sizeof path, "%s/1.sql", folder.path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(folder_load(&folder, "godwit", NULL), GW_USAGE);
    assert_contains(folder.fault.message, "not a regular file");
    unlink(path);
    assert_int_equal(symlink("/nowhere/at/all.sql", path), 0);
    assert_int_equal(folder_load(&folder, "godwit", NULL), GW_USAGE);
    assert_contains(folder.fault.message, "1.sql");
    unlink(path);

    folder_write(&folder, "evil\x1b[31m.sql", "");
    assert_int_equal(folder_load(&folder, "godwit", NULL), GW_USAGE);
    assert_contains(folder.fault.message, "evil\\x1b[31m.sql");
    assert_null(strchr(folder.fault.message, '\x1b'));
    folder_close(&folder);

    folder_open(&folder);
    folder_write(&folder, "Icon\r", "");
    folder_must_load(&folder, NULL, NULL);
    assert_int_equal(folder.history.n, 0);
    assert_string_equal(folder.history.format->name, "godwit");
    folder_close(&folder);
}

static void missing_folder_names_init(void **state)
{
    (void)state;
    struct gw_project project = { .migrations.directory = "/nowhere/at/all" };
    struct gw_history history;
    struct gw_fault fault = { 0 };
    assert_int_equal(gw_history_load(&history, &project, NULL, &fault), GW_USAGE);
    assert_contains(fault.message, "/nowhere/at/all");
    assert_contains(fault.hint, "godwit init");
    gw_history_free(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(header_is_read),
        cmocka_unit_test(directives_reach_the_script),
        cmocka_unit_test(sections_are_chosen_by_dialect),
        cmocka_unit_test(unknown_dialect_takes_any_section),
        cmocka_unit_test(no_down_is_no_down),
        cmocka_unit_test(placeholders_are_replaced_where_listed),
        cmocka_unit_test(file_that_changes_is_seen),
        cmocka_unit_test(token_hash_sees_what_matters),
        cmocka_unit_test(stored_down_reads_back),
        cmocka_unit_test(stored_nothing_is_nothing),
        cmocka_unit_test(bytes_that_are_no_text_are_named),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(missing_folder_names_init),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
