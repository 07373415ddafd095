/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "project/project.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("'%s' is in '%s'", part, text);
}

static int parse(struct gw_project *project, const char *text, const char *environment,
                 struct gw_fault *fault)
{
    *fault = (struct gw_fault){ 0 };
    return gw_project_parse(project, text, strlen(text), "plugins.conf", environment, fault);
}

static void parse_good(struct gw_project *project, const char *text, const char *environment)
{
    struct gw_fault fault;
    if (parse(project, text, environment, &fault))
        fail_msg("%s", fault.message);
}

/* ---- refusals ---- */

static const struct refusal {
    const char *text;
    const char *environment;
    const char *message; /* its beginning */
    const char *hint;    /* a part of it */
} refusals[] = {
    { "databse = { };", NULL, "plugins.conf:1: unknown key 'databse'; did you mean 'database'?",
      "" },
    { "\nxyzzy = 1;", NULL, "plugins.conf:2: unknown key 'xyzzy'",
      "known here: database, migrations, engine, plugins, plugin_policy, environments" },
    { "backup = { };", NULL, "plugins.conf:1: unknown key 'backup'", "known here" },
    { "database = {\n urll = \"a\"; };", NULL,
      "plugins.conf:2: unknown key 'urll' in 'database'; did you mean 'url'?", "" },
    { "plugins = (\n { name = \"a\"; },\n { nam = \"b\"; } );", NULL,
      "plugins.conf:3: unknown key 'nam'; did you mean 'name'?", "" },
    { "environments = { ci = {\n engine = { lock_wiat = \"1s\"; }; }; };", NULL,
      "plugins.conf:2: unknown key 'lock_wiat' in 'engine'; did you mean 'lock_wait'?", "" },
    { "environments = { a = { environments = { }; }; };", NULL,
      "plugins.conf:1: unknown key 'environments' in 'a'", "known here: database" },
    /* environments */
    { "environments = { staging = { }; production = { }; };", "prod",
      "plugins.conf: unknown environment 'prod'", "there are: staging, production" },
    { "", "prod", "plugins.conf: unknown environment 'prod'", "none is configured" },
    { "environments = { x = 1; };", NULL,
      "plugins.conf:1: environments.x: must be a group { }, not a number", "" },
    { "environments = 1;", NULL, "plugins.conf:1: environments: must be a group", "" },
    /* types */
    { "database = \"sqlite\";", NULL, "plugins.conf:1: database: must be a group { }, not text",
      "" },
    { "database = { url = 5; };", NULL, "plugins.conf:1: database.url: must be text, not a number",
      "quotes" },
    { "database = { url = \"\"; };", NULL, "plugins.conf:1: database.url: is empty", "" },
    { "database = { session = \"x\"; };", NULL,
      "plugins.conf:1: database.session: must be an array of texts, not text", "[ " },
    { "database = { session = [ 1 ]; };", NULL,
      "plugins.conf:1: database.session[0]: must be text, not a number", "" },
    { "database = { options = { a = [ 1 ]; }; };", NULL,
      "plugins.conf:1: database.options.a: must be one value, not an array [ ]", "" },
    { "migrations = { placeholders = \"@{x}\"; };", NULL,
      "plugins.conf:1: migrations.placeholders: '@{x}' is no form of a placeholder", "\"off\"" },
    { "migrations = { placeholders = \"${name\"; };", NULL,
      "plugins.conf:1: migrations.placeholders: '${name' is no form", "\"@{name}\"" },
    { "migrations = { placeholders = \"name}\"; };", NULL,
      "plugins.conf:1: migrations.placeholders: 'name}' is no form", "\"@{name}\"" },
    { "migrations = { placeholders = false; };", NULL,
      "plugins.conf:1: migrations.placeholders: must be text, not true or false", "quotes" },
    { "migrations = { vars = { a = 1; }; };", NULL,
      "plugins.conf:1: migrations.vars.a: must be text, not a number", "quotes" },
    { "database = { backend = \"../x\"; };", NULL,
      "plugins.conf:1: database.backend: '../x' is not the name of a plugin", "a-z" },
    { "database = { backend = \"postgres\"; };", NULL,
      "plugins.conf:1: database.url is missing: backend 'postgres' has no default", "url =" },
    { "engine = { lock_wait = \"ten\"; };", NULL,
      "plugins.conf:1: engine.lock_wait: 'ten' is not a duration", "250ms" },
    { "engine = { durability = \"never\"; };", NULL,
      "plugins.conf:1: engine.durability: 'never' is not a choice", "run|revision" },
    { "environments = { ci = { engine = { lock_wait = \"ten\"; }; }; };", NULL,
      "plugins.conf:1: environments.ci.engine.lock_wait: 'ten' is not a duration", "" },
    { "database = { options = { a = 1e999; }; };", NULL,
      "plugins.conf:1: database.options.a: is too large a number", "" },
    /* plugins */
    { "plugins = { name = \"a\"; };", NULL, "plugins.conf:1: plugins: must be a list ( )",
      "write" },
    { "plugins = ( { name = \"a\"; path = \"a.so\"; } );", NULL,
      "plugins.conf:1: plugins[0].path: 'a.so' is a bare name, and nothing is searched for",
      "./plugins/my_check.so" },
    { "plugins = ( { name = \"a\"; path = \"\"; } );", NULL,
      "plugins.conf:1: plugins[0].path: is empty", "" },
    { "plugins = ( { name = \"a\"; sha256 = \"abc\"; } );", NULL,
      "plugins.conf:1: plugins[0].sha256: 'abc' is not a sha256", "sha256sum FILE" },
    { "plugins = ( { name = \"a\"; public_key = \"abc\"; } );", NULL,
      "plugins.conf:1: plugins[0].public_key: 'abc' is not an Ed25519 public key", "base64" },
    { "plugin_policy = { require_pins = \"true\"; };", NULL,
      "plugins.conf:1: plugin_policy.require_pins: must be true or false, not text", "quotes" },
    { "plugins = ( { path = \"./a\"; } );", NULL, "plugins.conf:1: plugins[0]: has no name", "" },
    { "plugins = ( { name = \"a\"; },\n { name = \"a\"; } );", NULL,
      "plugins.conf:2: plugins[1].name: plugin 'a' has an entry already, in line 1", "" },
    { "plugins = ( { name = \"A b\"; } );", NULL,
      "plugins.conf:1: plugins[0].name: 'A b' is not the name", "" },
    { "plugins = ( { name = \"a${HOME}\"; } );", NULL,
      "plugins.conf:1: plugins[0].name: must be written out", "" },
    { "plugins = ( { name = \"a\"; memory = \"5x\"; } );", NULL,
      "plugins.conf:1: plugins[0].memory: '5x' is not a size", "256M or 2G" },
    { "plugins = ( { name = \"a\"; memory = \"0M\"; } );", NULL,
      "plugins.conf:1: plugins[0].memory: '0M' is not a size", "256M or 2G" },
    { "plugins = ( { name = \"a\"; secrets = \"all\"; } );", NULL,
      "plugins.conf:1: plugins[0].secrets: must be", "" },
    { "plugins = ( { name = \"a\"; isolate = \"jail\"; } );", NULL,
      "plugins.conf:1: plugins[0].isolate: 'jail' is not a choice", "process|none" },
    /* the environment */
    { "database = {\n\n url = \"${GW_TEST_UNSET}\"; };", NULL,
      "plugins.conf:3: database.url: environment variable 'GW_TEST_UNSET' is not set", "export" },
    { "environments = { a = { database = { url = \"${GW_TEST_UNSET}\"; }; }; };", "a",
      "plugins.conf:1: environments.a.database.url: environment variable 'GW_TEST_UNSET'", "" },
    { "environments = { a = { database = { url = \"${GW TEST}\"; }; }; };", NULL,
      "plugins.conf:1: environments.a.database.url: '${' without the name", "$${" },
    { "database = { url = \"${\"; };", NULL, "plugins.conf:1: database.url: '${' without", "" },
    { "database = { url = \"${1A}\"; };", NULL, "plugins.conf:1: database.url: '${' without", "" },
    { "engine = { lock_wait = \"${GW_TEST_SECRET}\"; };", NULL,
      "plugins.conf:1: engine.lock_wait: the value from the environment is not a duration", "" },
    /* what libconfig finds */
    { "database = {\n url = ;\n};", NULL, "plugins.conf:2: syntax error", "missing ';'" },
    { "database = { };\ndatabase = { };", NULL, "plugins.conf:2: duplicate setting name", "" },
    /* what it does not find */
    { "a = 1; /* \n\n", NULL, "plugins.conf:1: the comment that begins here never ends", "" },
    { "\na = \"b", NULL, "plugins.conf:2: text that begins here never ends", "" },
    { "database = { options = { a = 3000000000; }; };", NULL,
      "plugins.conf:1: the number 3000000000 needs an L behind it", "3000000000L" },
    { "database = { options = { a = 0xFFFFFFFF; }; };", NULL,
      "plugins.conf:1: the number 0xFFFFFFFF needs an L", "" },
    { "database = { options = { a = 9223372036854775808L; }; };", NULL,
      "plugins.conf:1: the number 9223372036854775808 is too large", "" },
    { "database = { options = { a = \"x\\x00y\"; }; };", NULL,
      "plugins.conf:1: text cannot hold a zero byte", "" },
    { "database = { options = { a = \"\\xff\"; }; };", NULL,
      "plugins.conf:1: database.options.a: is not valid UTF-8", "" },
    { "\n\"database\" = { };", NULL, "plugins.conf:2: a text where none belongs",
      "without quotes" },
    { "# \xff", NULL, "plugins.conf:1: invalid UTF-8 at byte 3", "" },
    { "@include \"/etc/passwd\"\n", NULL, "plugins.conf:1: '@include' is refused", "this file" },
    { "database = { };\n  @include \"/etc/passwd\"\n", NULL, "plugins.conf:2: '@include'", "" },
};

static void test_refusals(void **state)
{
    (void)state;
    unsetenv("GW_TEST_UNSET");
    setenv("GW_TEST_SECRET", "hunter2", 1);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *one = &refusals[i];
        struct gw_project project;
        struct gw_fault fault;
        if (parse(&project, one->text, one->environment, &fault) != GW_USAGE)
            fail_msg("accepted: %s", one->text);
        assert_int_equal(fault.code, GW_USAGE);
        if (strncmp(fault.message, one->message, strlen(one->message)) != 0)
            fail_msg("'%s' does not begin with '%s'", fault.message, one->message);
        assert_contains(fault.hint, one->hint);
        assert_lacks(fault.message, "hunter2");
        gw_project_free(&project);
    }
}

/* ---- hostile sizes ---- */

/* before, then times over: one, a number if there is a rest, the rest; then after. */
static int parse_repeated(const char *before, const char *one, const char *rest, size_t times,
                          const char *after, struct gw_fault *fault)
{
    struct gw_buf text = GW_BUF((size_t)8 << 20);
    struct gw_project project;
    gw_buf_text(&text, before);
    for (size_t i = 0; i < times; i++) {
        gw_buf_text(&text, one);
        if (rest)
            gw_buf_printf(&text, "%zu%s", i, rest);
    }
    gw_buf_text(&text, after);
    assert_false(text.failed);
    *fault = (struct gw_fault){ 0 };
    int code = gw_project_parse(&project, text.data, text.len, "p", NULL, fault);
    gw_project_free(&project);
    gw_buf_free(&text);
    return code;
}

static void test_hostile_sizes(void **state)
{
    struct gw_fault fault;
    (void)state;
    int64_t start = gw_clock_steady_ns();
    assert_int_equal(parse_repeated("x = ", "(", NULL, 200000, "", &fault), GW_USAGE);
    assert_string_equal(fault.message, "p:1: brackets are nested more than 64 deep");
    assert_int_equal(parse_repeated("x = ", "(", NULL, 64, "", &fault), GW_USAGE);
    assert_string_equal(fault.message, "p:2: syntax error"); /* as deep as allowed */
    assert_int_equal(
        parse_repeated("database = { options = { ", "a", " = 1; ", 9990, "}; };", &fault), GW_DONE);
    assert_int_equal(parse_repeated("", "a", "=1;\n", 100000, "", &fault), GW_USAGE);
    assert_string_equal(fault.message, "p:10001: more than 10000 settings");
    assert_int_equal(parse_repeated("", "# ", "\n", 200000, "", &fault), GW_USAGE);
    assert_contains(fault.message, "at most 1048576 are read");
    /* 100,000 references of 1 KiB each would be 100 MB. */
    char kilobyte[1025];
    memset(kilobyte, 'a', 1024);
    kilobyte[1024] = '\0';
    setenv("GW_K", kilobyte, 1);
    assert_int_equal(
        parse_repeated("database = { url = \"", "${GW_K}", NULL, 100000, "\"; };", &fault),
        GW_USAGE);
    assert_string_equal(fault.message,
                        "p:1: database.url: the environment brings in too much text");
    if (gw_clock_steady_ns() - start > 20 * SECOND)
        fail_msg("took too long");
}

static void test_zero_byte(void **state)
{
    static const char text[] = "database = { };\n\0engine = { };";
    struct gw_project project;
    struct gw_fault fault = { 0 };
    (void)state;
    assert_int_equal(gw_project_parse(&project, text, sizeof text - 1, "p", NULL, &fault),
                     GW_USAGE);
    assert_string_equal(fault.message, "p:2: a zero byte at byte 1 of the line");
    gw_project_free(&project);
}

/* ---- values ---- */

static void test_defaults(void **state)
{
    struct gw_project project;
    (void)state;
    unsetenv("GODWIT_EDITOR");
    unsetenv("VISUAL");
    unsetenv("EDITOR");
    parse_good(&project, "", NULL);
    assert_string_equal(project.database.backend, "sqlite");
    assert_string_equal(project.database.url, "app.db");
    assert_string_equal(project.database.url_shown, "app.db");
    assert_string_equal(project.migrations.directory, "migrations");
    assert_null(project.migrations.schema);
    assert_null(project.migrations.format);
    assert_int_equal(project.engine.durability, GW_DURABLE_RUN);
    assert_int_equal(project.engine.lock_wait_ns, 10 * SECOND);
    assert_null(project.engine.state_schema);
    assert_string_equal(project.editor, "vi");
    assert_int_equal(project.n_plugins, 0);
    gw_project_free(&project);
    setenv("EDITOR", "ed", 1);
    setenv("VISUAL", "", 1);
    parse_good(&project, "", NULL);
    assert_string_equal(project.editor, "ed");
    gw_project_free(&project);
}

static const char full[] =
    "\xEF\xBB\xBF// a comment\n"
    "database = { backend = \"mysql\"; url = \"mysql://u:pw@h/d\";\n"
    "  session = [ \"SET a\", \"SET '$${b}'\" ];\n"
    "  options = { n = 5; big = 5000000000L; hex = 0x10; yes = true; real = 1.5; t = \"x/* y\"; }; "
    "};\n"
    "migrations = { directory = \"m\"; schema = \"s.sql\"; format = \"goose\";\n"
    "  ignore = [ \"a\", \"b/*\" ]; placeholders = \"$${name}\"; vars = { who = "
    "\"me\"; }; };\n"
    "engine = { durability = \"revision\"; lock_wait = \"250ms\"; state_schema = \"ops\"; };\n"
    "plugins = ( { name = \"a\"; },\n"
    "  { name = \"my-check\"; path = \"/opt/x.so\"; isolate = \"process\"; timeout = \"5s\";\n"
    "    memory = \"512M\"; secrets = [ \"database.url\", \"TOKEN\" ];\n"
    "    options = { max = 3; }; } );\n"
    "environments = { ci = { database = { url = \"${GW_TEST_UNSET}\"; }; }; };\n"
    "# the end, without a newline";

static void test_every_key(void **state)
{
    struct gw_project project;
    (void)state;
    parse_good(&project, full, NULL);
    assert_string_equal(project.database.backend, "mysql");
    assert_string_equal(project.database.url, "mysql://u:pw@h/d");
    assert_int_equal(project.database.session.n, 2);
    assert_string_equal(project.database.session.at[0].ptr, "SET a");
    assert_string_equal(project.database.session.at[1].ptr, "SET '${b}'");
    const struct gw_settings *options = &project.database.options;
    assert_int_equal(options->n, 6);
    assert_string_equal(options->at[0].key, "n");
    assert_int_equal(options->at[0].line, 4);
    assert_int_equal(options->at[0].value.kind, GW_INT);
    assert_int_equal(options->at[0].value.v.i, 5);
    assert_int_equal(options->at[1].value.v.i, INT64_C(5000000000));
    assert_int_equal(options->at[2].value.v.i, 16);
    assert_int_equal(options->at[3].value.kind, GW_BOOL);
    assert_int_equal(options->at[3].value.v.i, 1);
    assert_int_equal(options->at[4].value.kind, GW_REAL);
    assert_true(options->at[4].value.v.f > 1.49 && options->at[4].value.v.f < 1.51);
    assert_string_equal(options->at[5].value.v.s.ptr, "x/* y");
    assert_string_equal(project.migrations.directory, "m");
    assert_string_equal(project.migrations.schema, "s.sql");
    assert_string_equal(project.migrations.format, "goose");
    assert_string_equal(project.migrations.vars.at[0].value.v.s.ptr, "me");
    assert_string_equal(project.migrations.placeholders, "$${name}");
    assert_int_equal(project.migrations.ignore.n, 2);
    assert_string_equal(project.migrations.ignore.at[1].ptr, "b/*");
    assert_int_equal(project.engine.durability, GW_DURABLE_REVISION);
    assert_int_equal(project.engine.lock_wait_ns, SECOND / 4);
    assert_string_equal(project.engine.state_schema, "ops");
    assert_int_equal(project.n_plugins, 2);
    assert_null(project.plugins[0].path);
    assert_null(project.plugins[0].isolate);
    assert_string_equal(project.plugins[1].name, "my-check");
    assert_string_equal(project.plugins[1].path, "/opt/x.so");
    assert_string_equal(project.plugins[1].isolate, "process");
    assert_int_equal(project.plugins[1].memory, 512 << 20);
    assert_int_equal(project.plugins[1].secrets.n, 2);
    assert_string_equal(project.plugins[1].secrets.at[1].ptr, "TOKEN");
    assert_int_equal(project.plugins[0].secrets.n, 0);
    assert_int_equal(project.plugins[1].timeout_ns, 5 * SECOND);
    assert_int_equal(project.plugins[1].options.at[0].value.v.i, 3);
    assert_int_equal(project.plugins[1].line, 9);
    gw_project_free(&project);
}

static const char layered[] =
    "database = { url = \"${GW_TEST_UNSET}\"; session = [ \"one\" ]; options = { a = 1; b = 2; }; "
    "};\n"
    "migrations = { vars = { x = \"base\"; }; };\n"
    "plugins = ( { name = \"p\"; timeout = \"1s\"; options = { k = 1; l = 1; }; }, { name = \"q\"; "
    "} );\n"
    "environments = {\n"
    "  same = { database = { url = \"other.db\"; options = { b = 3; c = 4; }; };\n"
    "           plugins = ( { name = \"r\"; }, { name = \"p\"; options = { l = 2; }; } ); };\n"
    "  other = { database = { backend = \"postgres\"; url = \"postgres://h/d\"; }; };\n"
    "  lost = { database = { backend = \"postgres\"; }; };\n"
    "};\n";

static void test_environment_wins_key_by_key(void **state)
{
    struct gw_project project;
    struct gw_fault fault;
    (void)state;
    unsetenv("GW_TEST_UNSET"); /* of a url that is overridden: nobody needs it */
    parse_good(&project, layered, "same");
    assert_string_equal(project.environment, "same");
    assert_string_equal(project.database.backend, "sqlite");
    assert_string_equal(project.database.url, "other.db");
    assert_int_equal(project.database.session.n, 1);
    assert_int_equal(project.database.options.n, 3);
    assert_int_equal(project.database.options.at[0].value.v.i, 1);
    assert_int_equal(project.database.options.at[1].value.v.i, 3);
    assert_int_equal(project.database.options.at[2].value.v.i, 4);
    assert_string_equal(project.migrations.vars.at[0].value.v.s.ptr, "base");
    assert_int_equal(project.n_plugins, 3);
    assert_string_equal(project.plugins[0].name, "p");
    assert_int_equal(project.plugins[0].timeout_ns, SECOND);
    assert_int_equal(project.plugins[0].options.at[0].value.v.i, 1);
    assert_int_equal(project.plugins[0].options.at[1].value.v.i, 2);
    assert_string_equal(project.plugins[1].name, "q");
    assert_string_equal(project.plugins[2].name, "r");
    gw_project_free(&project);

    parse_good(&project, layered, "other");
    assert_string_equal(project.database.backend, "postgres");
    assert_int_equal(project.database.session.n, 0); /* it was written for sqlite */
    assert_int_equal(project.database.options.n, 0);
    gw_project_free(&project);

    assert_int_equal(parse(&project, layered, "lost", &fault), GW_USAGE);
    assert_contains(fault.message, "database.url is missing");
    gw_project_free(&project);
}

static void test_paths_count_from_the_folder(void **state)
{
    static const struct {
        const char *url, *expected;
    } urls[] = {
        { "app.db", "conf/app.db" },
        { "./a=b.db", "conf/./a=b.db" },
        { "/abs.db", "/abs.db" },
        { "sqlite:app.db", "sqlite:app.db" },
        { "sqlite:///abs", "sqlite:///abs" },
        { ":memory:", ":memory:" },
        { "postgres://h/d", "postgres://h/d" },
        { "host=h dbname=d", "host=h dbname=d" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct gw_project project;
        struct gw_fault fault = { 0 };
        char text[200];
        int len = snprintf(text, sizeof text,
                           "database = { url = \"%s\"; }; migrations = { schema = \"s.sql\"; };",
                           urls[i].url);
        int code = gw_project_parse(&project, text, (size_t)len, "conf/plugins.conf", NULL, &fault);
        assert_int_equal(code, GW_DONE);
        assert_string_equal(project.folder, "conf");
        assert_string_equal(project.database.url, urls[i].expected);
        assert_string_equal(project.migrations.directory, "conf/migrations");
        assert_string_equal(project.migrations.schema, "conf/s.sql");
        gw_project_free(&project);
    }
}

/* ---- secrets ---- */

static void test_url_shown(void **state)
{
    static const struct {
        const char *url, *written, *shown;
    } urls[] = {
        { "app.db", NULL, "app.db" },
        { "postgres://u@h/d", NULL, "postgres://u@h/d" },
        { "postgres://u:pw@h:5/d?x=1", NULL, "postgres://u:***@h:5/d?x=1" },
        { "postgres://:pw@h/d", NULL, "postgres://:***@h/d" },
        { "postgres://u:p:w@h/d", NULL, "postgres://u:***@h/d" },
        { "postgres://u:p/w?x@h/d", NULL, "postgres://u:***@h/d" },
        { "postgres://u:p@w@h/d", NULL, "postgres://***" },
        { "postgres://h/d?user=u&password=pw&x=1", NULL, "postgres://h/d?user=u&password=***&x=1" },
        { "postgres://h/d?sslpassword=a;b c&x=1", NULL, "postgres://h/d?sslpassword=***&x=1" },
        { "postgres://h/d?p%61ssword=pw", NULL, "postgres://h/d?p%61ssword=***" },
        { "host=h password=pw dbname=d", NULL, "host=h password=*** dbname=d" },
        { "host=h PassWord = 'p w\\' x' dbname=d", NULL, "host=h PassWord = *** dbname=d" },
        { "passwd=p\\ w user=u", NULL, "passwd=*** user=u" },
        { "Server=h;Pwd=pw;x=1", NULL, "Server=h;Pwd=***" },
        { "sqlite:app.db?key=pw", NULL, "sqlite:app.db?key=***" },
        { "postgres://u:pw@h/d", "${URL}", "postgres://u:***@h/d" },
        { "host=h password=pw", "${URL}", "host=h password=***" },
        { "what is this", "${URL}", "(from environment)" },
        { "postgres://u:pw@h/d", "postgres://u:${PW}@h/d", "postgres://u:***@h/d" },
        { "postgres://u:lit@h/d", "postgres://u:lit@${HOST}/d", "postgres://u:***@${HOST}/d" },
        { "postgres://h/d?x=pw", "postgres://h/d?x=${X}", "postgres://h/d?x=${X}" },
        { "postgres://u:lit@h/d", "${PRE}:lit@h/d", "(from environment)" },
        { "postgres://u:lit@h/d", "postgres://u${SEP}lit@h/d", "postgres://***@h/d" },
    };
    struct gw_arena arena = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        assert_string_equal(gw_url_shown(&arena, urls[i].url, urls[i].written), urls[i].shown);
    gw_arena_free(&arena);
}

static void test_show(void **state)
{
    static const char text[] =
        "database = { url = \"${GW_URL}\"; session = [ \"SET x = '${GW_PW}'\" ];\n"
        "  options = { password = \"hunter2\"; port = 5; other = \"${GW_PW}\"; }; };\n"
        "plugins = ( { name = \"hook\"; options = { url = \"https://u:hunter2@h/\"; on = true; }; "
        "} );\n"
        "environments = { ci = { migrations = { directory = \"ci\"; }; }; };\n";
    static const char *const lines[] = {
        "database.backend ",
        " sqlite ",
        "default",
        "database.url ",
        " postgres://app:***@h/d ",
        "plugins.conf:1 and the environment\n",
        "plugins.hook.options.on ",
        "plugins.conf:3\n",
        "https://u:***@h/",
        "database.options.password ",
        " *** ",
        "migrations.directory ",
        " ci ",
        "plugins.conf:4\n",
        "migrations.schema ",
        "(not set)",
        "engine.lock_wait ",
        " 10s ",
        "editor ",
        "GODWIT_EDITOR\n",
        "database.session[0] ",
        "(from environment)",
    };
    struct gw_project project;
    struct gw_buf out = GW_BUF_TEXT;
    (void)state;
    setenv("GW_URL", "postgres://app:hunter2@h/d", 1);
    setenv("GW_PW", "hunter2", 1);
    setenv("GODWIT_EDITOR", "nano", 1);
    parse_good(&project, text, "ci");
    gw_project_show(&out, &project);
    assert_false(out.failed);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_contains(gw_buf_str(&out), lines[i]);
    assert_lacks(gw_buf_str(&out), "hunter2");
    assert_true(project.database.options.at[2].from_env);
    assert_false(project.database.options.at[1].from_env);
    unsetenv("GODWIT_EDITOR");
    gw_buf_free(&out);
    gw_project_free(&project);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_hostile_sizes),
        cmocka_unit_test(test_zero_byte),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_environment_wins_key_by_key),
        cmocka_unit_test(test_paths_count_from_the_folder),
        cmocka_unit_test(test_url_shown),
        cmocka_unit_test(test_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
