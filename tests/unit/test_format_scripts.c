/* SPDX-License-Identifier: Apache-2.0 */
/* What a file of another tool becomes when it is read to be run. */
#include "folder.h"

struct file {
    const char *name, *text;
};

struct script_case {
    const char *format;
    struct file files[3];
    enum gw_direction direction;
    const char *sql; /* segments, "|" between two; NULL: there is no such direction */
    bool transaction;
    const char *message; /* of the mistake */
};

static const struct script_case script_cases[] = {
    { "goose",
      { { "1_a.sql", "-- +goose Up\r\nA;\r\n\r\n-- +goose Down\r\nB;" } },
      GW_UP,
      "A;\r\n\r\n",
      true,
      NULL },
    { "goose",
      { { "1_a.sql", "-- +goose up\nA;\n-- +GOOSE is no mark\n-- +goose down\nB;" } },
      GW_DOWN,
      "B;",
      true,
      NULL },
    { "goose",
      { { "1_a.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nA;\n" } },
      GW_UP,
      "A;\n",
      false,
      NULL },
    { "goose",
      { { "1_a.sql", "-- +goose no transaction\n-- +goose Up\nA;\n" } },
      GW_DOWN,
      NULL,
      false,
      NULL },
    { "goose",
      { { "1_a.sql", "-- +goose Up\nA;\n-- +goose StatementBegin\nB;\nC;\n-- +goose StatementEnd\n"
                     "-- c\n-- +goose StatementBegin\nD\n-- +goose StatementEnd\nE;\n" } },
      GW_UP,
      "A;\n|B;\nC;\n|D\n|E;\n",
      true,
      NULL },
    { "goose",
      { { "1_a.sql", "-- +goose Up\nA ${GW_T_SET};\n-- +goose ENVSUB ON\n-- $NOT_SEEN\n"
                     "B $GW_T_SET ${GW_T_SET} ${GW_T_NO:-d $GW_T_SET} ${GW_T_NO-e}"
                     " ${GW_T_EMPTY-f} ${GW_T_EMPTY:-g} ${GW_T_SET?x} ${GW_T_SET:?x} $$1 \\$2"
                     " $(3) $\n;\n-- +goose ENVSUB OFF\nC $GW_T_SET;\n" } },
      GW_UP,
      "A ${GW_T_SET};\n|-- $NOT_SEEN\nB v v d v e  g v v $1 $2 $(3) $\n;\n|C $GW_T_SET;\n",
      true,
      NULL },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose StatementBegin\nF $$\n-- +goose ENVSUB ON\n"
                     "'${GW_T_SET}'\n-- +goose ENVSUB OFF\n$$\n-- +goose StatementEnd\n" } },
      GW_UP,
      "F $$\n'v'\n$$\n",
      true,
      NULL },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\n\nX ${GW_T_NO};\n" } },
      GW_UP,
      NULL,
      true,
      ":4: environment variable 'GW_T_NO' is not set" },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nX $GW_T_NO;\n" } },
      GW_UP,
      NULL,
      true,
      ":3: environment variable 'GW_T_NO' is not set" },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nX ${GW_T_NO?give $GW_T_NO};\n" } },
      GW_UP,
      NULL,
      true,
      ":3: environment variable 'GW_T_NO': give $GW_T_NO" },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nX ${GW_T_EMPTY:?give it};\n" } },
      GW_UP,
      NULL,
      true,
      ":3: environment variable 'GW_T_EMPTY': give it" },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nX ${GW_T_SET:1:2};\n" } },
      GW_UP,
      NULL,
      true,
      ":3: after a variable's name only" },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nX ${GW_T_SET;\n" } },
      GW_UP,
      NULL,
      true,
      ":3: after a variable's name only" },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nX ${GW_T_NO:-a;\n" } },
      GW_UP,
      NULL,
      true,
      ":3: '${' without '}'" },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nX $1;\n" } },
      GW_UP,
      NULL,
      true,
      ":3: '$' begins no variable" },
    { "goose",
      { { "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\n${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-"
                     "${A:-${A:-x}}}}}}}}}}\n" } },
      GW_UP,
      NULL,
      true,
      ":3: defaults are nested too deep" },
    { "dbmate",
      { { "1.sql", "-- x\n-- migrate:up transaction:false\nA;\n-- migrate:down\nB;\n" } },
      GW_UP,
      "A;\n",
      false,
      NULL },
    { "dbmate",
      { { "1.sql", "-- migrate:up transaction:false\nA;\n-- migrate:down\nB;\n" } },
      GW_DOWN,
      "B;\n",
      true,
      NULL },
    { "dbmate",
      { { "1.sql",
          "-- migrate:up\nA;\n-- migrate:down\n-- migrate:up\nB;\n-- migrate:down\nC;\n" } },
      GW_UP,
      "A;\n|B;\n",
      true,
      NULL },
    { "dbmate",
      { { "1.sql",
          "-- migrate:up\nA;\n-- migrate:down\nD;\n-- migrate:up\nB;\n-- migrate:down\nC;\n" } },
      GW_DOWN,
      "D;\n|C;\n",
      true,
      NULL },
    { "dbmate", { { "1.sql", "-- migrate:up\nA;\n" } }, GW_DOWN, NULL, true, NULL },
    { "golang-migrate",
      { { "1_a.up.sql", "A;" }, { "1_a.down.sql", "B;" } },
      GW_UP,
      "A;",
      true,
      NULL },
    { "golang-migrate",
      { { "1_a.up.sql", "A;" }, { "1_a.down.sql", "B;" } },
      GW_DOWN,
      "B;",
      true,
      NULL },
    { "golang-migrate", { { "1_a.up.sql", "A;" } }, GW_DOWN, NULL, true, NULL },
    { "golang-migrate", { { "1_a.down.sql", "B;" } }, GW_UP, "", true, NULL },
    { "golang-migrate", { { "1_a.down.sql", "B;" } }, GW_DOWN, "B;", true, NULL },
    { "golang-migrate",
      { { "1_a.up.sql", "-- nothing\n/* at\nall */\n" } },
      GW_UP,
      "",
      true,
      NULL },
    { "flyway",
      { { "V1__a.sql", "A ${Name-1} ${flyway:filename};" } },
      GW_UP,
      "A v V1__a.sql;",
      true,
      NULL },
    { "flyway",
      { { "V1__a.sql", "A;\n${other}" } },
      GW_UP,
      NULL,
      true,
      "V1__a.sql:2: placeholder '${other}' has no value" },
    { "flyway",
      { { "V1__a.sql", "A ${flyway:timestamp}" } },
      GW_UP,
      NULL,
      true,
      ":1: placeholder '${flyway:timestamp}' has no value" },
    { "flyway",
      { { "V1__a.sql", "A ${name\n}" } },
      GW_UP,
      NULL,
      true,
      ":1: '${' begins a placeholder" },
    { "flyway",
      { { "V1__a.sql", "A;" }, { "U1__a.sql", "B ${name-1};" } },
      GW_DOWN,
      "B v;",
      true,
      NULL },
    { "flyway",
      { { "V1__a.sql", "A;" }, { "V1__a.sql.conf", "executeInTransaction=false" } },
      GW_UP,
      "A;",
      false,
      NULL },
    { "flyway", { { "V1__a.sql", "A;" } }, GW_DOWN, NULL, true, NULL },
    { "diesel", { { "1_a/up.sql", "A;" }, { "1_a/down.sql", "B;" } }, GW_DOWN, "B;", true, NULL },
    { "diesel",
      { { "1_a/up.sql", "A;" }, { "1_a/metadata.toml", "run_in_transaction = false" } },
      GW_UP,
      "A;",
      false,
      NULL },
    { "sqlx",
      { { "1_a.sql", "-- no-transaction\nA;" } },
      GW_UP,
      "-- no-transaction\nA;",
      false,
      NULL },
    { "sqlx",
      { { "1_a.sql", "\n-- no-transaction\nA;" } },
      GW_UP,
      "\n-- no-transaction\nA;",
      true,
      NULL },
    { "sqlx", { { "1_a.sql", "A;" } }, GW_DOWN, NULL, true, NULL },
    { "sqlx",
      { { "1_a.up.sql", "A;" }, { "1_a.down.sql", "-- no-transaction\nB;" } },
      GW_DOWN,
      "-- no-transaction\nB;",
      false,
      NULL },
};

static void check_script(const struct script_case *one, size_t number)
{
    struct folder folder;
    struct gw_script script;
    struct gw_fault fault = { 0 };
    folder_open(&folder);
    folder_var(&folder, "name-1", "v");
    for (size_t f = 0; f < 3 && one->files[f].name; f++)
        folder_write(&folder, one->files[f].name, one->files[f].text);
    folder_must_load(&folder, one->format, NULL);
    int code = gw_script_read(&script, &folder.history, 0, one->direction, NULL, &fault);
    if (!one->message && code)
        fail_msg("case %zu: %s", number, fault.message);
    if (one->message && code != GW_USAGE)
        fail_msg("case %zu is read, but should say '%s'", number, one->message);
    if (one->message)
        assert_contains(fault.message, one->message);
    else {
        assert_int_equal(script.exists, one->sql != NULL);
        assert_string_equal(script_sql(&script), one->sql ? one->sql : "");
        if (one->sql)
            assert_int_equal(script.transaction, one->transaction);
        assert_memory_equal(&script.sha256, &folder.history.at[0].sha256, sizeof script.sha256);
    }
    gw_script_free(&script);
    folder_close(&folder);
}

static void files_become_scripts(void **state)
{
    (void)state;
    setenv("GW_T_SET", "v", 1);
    setenv("GW_T_EMPTY", "", 1);
    unsetenv("GW_T_NO");
    for (size_t i = 0; i < sizeof script_cases / sizeof script_cases[0]; i++)
        check_script(&script_cases[i], i);
}

/* placeholderReplacement, placeholderPrefix and placeholderSuffix of Flyway. */
static void placeholders_of_flyway_have_other_forms_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *form, *text, *sql, *message;
    } cases[] = {
        { NULL, "A ${name-1} $x ${", NULL, ":1: '${' begins a placeholder" },
        { "${name}", "A ${name-1};", "A v;", NULL },
        { "off", "A ${name-1} ${other} ${\n;", "A ${name-1} ${other} ${\n;", NULL },
        { "$${name}", "A ${other} $${name-1} $$${name-1} ${;", "A ${other} v $v ${;", NULL },
        { "$${name}", "A;\nB $${other};", NULL, ":2: placeholder '$${other}' has no value" },
        { "__name__", "A __NAME-1__ ${x};", "A v ${x};", NULL },
        { "@name@", "A @name-1@;", "A v;", NULL },
        { "<<name>>", "A <<name-1>> <<name-1> ;", NULL, ":1: '<<' begins a placeholder" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        struct gw_script script;
        struct gw_fault fault = { 0 };
        folder_open(&folder);
        folder_var(&folder, "name-1", "v");
        folder.project.migrations.placeholders = cases[i].form;
        folder_write(&folder, "V1__a.sql", cases[i].text);
        folder_must_load(&folder, "flyway", NULL);
        int code = gw_script_read(&script, &folder.history, 0, GW_UP, NULL, &fault);
        assert_int_equal(code, cases[i].message ? GW_USAGE : GW_DONE);
        if (cases[i].message) {
            assert_contains(fault.message, cases[i].message);
            assert_contains(fault.hint, "migrations.placeholders");
        } else
            assert_string_equal(script_sql(&script), cases[i].sql);
        gw_script_free(&script);
        folder_close(&folder);
    }
}

static void no_message_shows_the_environment(void **state)
{
    (void)state;
    struct folder folder;
    struct gw_script script;
    struct gw_fault fault = { 0 };
    setenv("GW_T_SECRET", "hunter2", 1);
    folder_open(&folder);
    folder_write(&folder, "1_a.sql",
                 "-- +goose Up\n-- +goose ENVSUB ON\nX $GW_T_SECRET ${GW_T_NO?$GW_T_SECRET};\n");
    folder_must_load(&folder, NULL, NULL);
    assert_int_equal(gw_script_read(&script, &folder.history, 0, GW_UP, NULL, &fault), GW_USAGE);
    assert_null(strstr(fault.message, "hunter2"));
    assert_null(strstr(fault.hint, "hunter2"));
    gw_script_free(&script);
    folder_close(&folder);
}

static void lines_are_those_of_the_file(void **state)
{
    (void)state;
    struct folder folder;
    struct gw_script script;
    folder_open(&folder);
    folder_write(&folder, "1_a.sql",
                 "-- x\n-- +goose Up\n-- +goose NO TRANSACTION\nA;\n"
                 "-- +goose StatementBegin\nB\n-- +goose StatementEnd\nC;\n");
    folder_must_load(&folder, NULL, NULL);
    folder_read(&folder, &script, "1", GW_UP, NULL);
    assert_int_equal(script.segments.len, 3);
    assert_int_equal(script.segments.at[0].line, 4);
    assert_int_equal(script.segments.at[1].line, 6);
    assert_int_equal(script.segments.at[2].line, 8);
    gw_script_free(&script);
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_become_scripts),
        cmocka_unit_test(placeholders_of_flyway_have_other_forms_or_none),
        cmocka_unit_test(no_message_shows_the_environment),
        cmocka_unit_test(lines_are_those_of_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
