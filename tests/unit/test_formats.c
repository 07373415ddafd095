/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of other tools: which names become which revisions, what a file becomes, what is refused. */
#include "folder.h"

enum {
    FILES = 8
};
struct file {
    const char *name, *text;
};

#define UP "-- +goose Up\nSELECT 1;\n"
#define DBUP "-- migrate:up\nSELECT 1;\n"

/* ---- folders ---- */
struct folder_case {
    const char *format; /* NULL: found out */
    struct file files[FILES];
    const char *revisions; /* id and marks of each, or NULL */
    const char *message;   /* of the mistake */
};

static const struct folder_case folder_cases[] = {
    /* goose */
    { "goose",
      { { "00002_b.sql", UP }, { "10_c.sql", UP "-- +goose Down\n" }, { "1_a.sql", UP } },
      "1 2 10/d",
      NULL },
    { "goose",
      { { "20260703000000000001_b.sql", UP },
        { "20260703000000000000_a.sql", UP },
        { "18446744073709551616_z.sql", UP } },
      "18446744073709551616 20260703000000000000 20260703000000000001",
      NULL },
    { "goose", { { "1_b.sql", UP }, { "01_a-x.sql", UP }, { "2_c.sql", UP } }, "1 1_b 2", NULL },
    { "goose",
      { { "1_a.sql", UP }, { "README.md", "x" }, { "2_b_test.go", "x" }, { "main.go", "x" } },
      "1",
      NULL },
    { "goose",
      { { "1_a.sql", UP }, { "2_b.go", "package x" } },
      NULL,
      "2_b.go: a migration written in Go" },
    { "goose",
      { { "1_a.sql", UP }, { "seed.sql", "x" } },
      NULL,
      "seed.sql: not a name of the form" },
    { "goose", { { "0_a.sql", UP } }, NULL, "0_a.sql: not a name of the form" },
    { "goose",
      { { "1_a.sql", "SELECT 1;\n" UP } },
      NULL,
      "1_a.sql:1: SQL above the first section" },
    { "goose", { { "1_a.sql", "-- x\n" } }, NULL, "1_a.sql: no `-- +goose Up` line" },
    { "goose",
      { { "1_a.sql", "-- +goose Dwon\n" } },
      NULL,
      "1_a.sql:1: unknown goose annotation 'Dwon'" },
    { "goose",
      { { "1_a.sql", UP "  -- +goose Down\n" } },
      NULL,
      ":3: white space before an annotation" },
    { "goose", { { "1_a.sql", UP "-- see +goose Down\n" } }, NULL, ":3: '+goose' in a comment" },
    { "goose", { { "1_a.sql", "-- +goose Down\n" UP } }, NULL, ":1: 'Down' above 'Up'" },
    { "goose", { { "1_a.sql", UP UP } }, NULL, ":3: a second 'Up'" },
    { "goose",
      { { "1_a.sql", UP "-- +goose Down\n-- +goose Down\n" } },
      NULL,
      ":4: a second 'Down'" },
    { "goose",
      { { "1_a.sql", UP "-- +goose StatementBegin\nX\n" } },
      NULL,
      ":3: 'StatementBegin' without its end" },
    { "goose",
      { { "1_a.sql", UP "-- +goose StatementBegin\n-- +goose Down\n" } },
      NULL,
      ":3: 'StatementBegin' without its end" },
    { "goose",
      { { "1_a.sql", UP "-- +goose StatementEnd\n" } },
      NULL,
      ":3: 'StatementEnd' without" },
    { "goose",
      { { "1_a.sql", "-- +goose StatementBegin\n" } },
      NULL,
      ":1: a statement block above 'Up'" },
    /* dbmate */
    { "dbmate",
      { { "20240101000000_a.sql", DBUP "-- migrate:down\n" }, { "20230101000000.sql", DBUP } },
      "20230101000000 20240101000000/d",
      NULL },
    { "dbmate", { { "007_b c.sql", DBUP }, { "007_a.sql", DBUP } }, "007 007_b_c", NULL },
    { "dbmate", { { "a.sql", DBUP } }, NULL, "a.sql: not a name of the form" },
    { "dbmate", { { "1.sql", "SELECT 1;\n" DBUP } }, NULL, ":1: SQL above the first block" },
    { "dbmate", { { "1.sql", "-- x\n" } }, NULL, "1.sql: no `-- migrate:up` line" },
    { "dbmate",
      { { "1.sql", DBUP "-- migrate:downn\n" } },
      NULL,
      ":3: unknown dbmate mark 'downn'" },
    { "dbmate", { { "1.sql", "-- migrate:down\n" DBUP } }, NULL, ":1: 'migrate:down' without" },
    { "dbmate",
      { { "1.sql", DBUP "-- migrate:down\n-- migrate:down\n" } },
      NULL,
      ":4: 'migrate:down' without" },
    { "dbmate",
      { { "1.sql", "-- migrate:up transaction:no\n" } },
      NULL,
      ":1: an option that is not known" },
    { "dbmate",
      { { "1.sql", DBUP "-- migrate:up transaction:false\n" } },
      NULL,
      ":3: blocks with and without a transaction" },
    { "dbmate",
      { { "1.sql", DBUP " -- migrate:down\n" } },
      NULL,
      ":3: a mark that does not begin" },
    /* golang-migrate */
    { "golang-migrate",
      { { "10_b.up.sql", "x" },
        { "9_a.up.sql", "x" },
        { "9_a.down.sql", "x" },
        { "README.md", "x" },
        { "embed.go", "x" } },
      "9/d 10",
      NULL },
    { "golang-migrate", { { "0_init.up.sql", "x" }, { "000001_b.up.sql", "x" } }, "0 1", NULL },
    { "golang-migrate",
      { { "1_new_inputs.down.sql", "x" }, { "1_new_input.up.sql", "x" } },
      "1/d",
      NULL },
    { "golang-migrate",
      { { "1_b.down.sql", "x" },
        { "1_a.up.sql", "x" },
        { "1_b.up.sql", "x" },
        { "1_a.down.sql", "x" } },
      "1/d 1_b/d",
      NULL },
    { "golang-migrate",
      { { "1_a.up.sql", "x" }, { "2_b.down.sql", "DROP TABLE t;" } },
      "1 2/d",
      NULL },
    { "golang-migrate",
      { { "1_a.up.sql", "x" }, { "2_b.up.json", "x" } },
      NULL,
      "2_b.up.json: a migration of kind 'json'" },
    { "golang-migrate", { { "1_a.up.sql", "x" }, { "2_b.up.go", "x" } }, NULL, "of kind 'go'" },
    { "golang-migrate",
      { { "1_a.up.sql", "x" }, { "2_b.sql", "x" } },
      NULL,
      "2_b.sql: not a name" },
    { "golang-migrate",
      { { "1_a.up.sql", "x" }, { "a.up.sql", "x" } },
      NULL,
      "a.up.sql: not a name" },
    /* flyway */
    { "flyway",
      { { "V1_10__b.sql", "x" },
        { "V1_2__a.sql", "x" },
        { "V1.2.1__c.sql", "x" },
        { "sub/V2__d.sql", "x" } },
      "1.2 1.2.1 1.10 2",
      NULL },
    { "flyway",
      { { "V1__a.sql", "x" },
        { "U1__other.sql", "x" },
        { "V2__b.sql", "x" },
        { "B2__base.sql", "x" },
        { "B3__base.sql", "x" } },
      "1/d 2 B2/b B3/b",
      NULL },
    { "flyway",
      { { "V1__a.sql", "x" },
        { "R__b view.sql", "x" },
        { "R__a.sql", "x" },
        { "views/afterMigrate__v-1.sql", "x" },
        { "beforeMigrate.sql", "x" } },
      "1 R__a/r R__b_view/r afterMigrate__v_1/> beforeMigrate/<",
      NULL },
    { "flyway",
      { { "V1__a.sql", "x" },
        { "V1__a.sql.conf", "# x\nexecuteInTransaction = false\n" },
        { "V2__b.sql", "x" },
        { "V2__b.sql.conf", "executeInTransaction=true" },
        { "flyway.conf", "x" } },
      "1/n 2",
      NULL },
    { "flyway",
      { { "V1__a.sql", "x" }, { "V1__a.sql.conf", "x\nencoding=UTF-16\n" } },
      NULL,
      "V1__a.sql.conf:1: 'x' cannot be honoured" },
    { "flyway",
      { { "V1__a.sql", "x" }, { "V1__a.sql.conf", "shouldExecute=1\n" } },
      NULL,
      "V1__a.sql.conf:1: 'shouldExecute' cannot be honoured" },
    { "flyway",
      { { "V1__a.sql", "x" }, { "V1__a.sql.conf", "executeInTransaction=no\n" } },
      NULL,
      ":1: 'executeInTransaction' is neither true nor false" },
    { "flyway",
      { { "V1__a.sql", "x" }, { "V2__b.sql.conf", "executeInTransaction=no\n" } },
      NULL,
      "V2__b.sql.conf: a script configuration without its script" },
    { "flyway", { { "V1__a.sql", "x" }, { "V1.0__b.sql", "x" } }, NULL, "its version is that of" },
    { "flyway",
      { { "V2__a.sql", "x" }, { "U1__b.sql", "x" } },
      NULL,
      "U1__b.sql: an undo migration without its V migration" },
    { "flyway",
      { { "V1__a.sql", "x" }, { "afterEachMigrate.sql", "x" } },
      NULL,
      "afterEachMigrate.sql: this callback cannot be honoured" },
    { "flyway",
      { { "V1__a.sql", "x" }, { "V2__b.java", "x" } },
      NULL,
      "V2__b.java: a migration that is not" },
    { "flyway", { { "V1__a.sql", "x" }, { "V1a__b.sql", "x" } }, NULL, "V1a__b.sql: not a name" },
    { "flyway", { { "V1__a.sql", "x" }, { "R1__b.sql", "x" } }, NULL, "R1__b.sql: not a name" },
    { "flyway", { { "V1__a.sql", "x" }, { "data.sql", "x" } }, NULL, "data.sql: not a name" },
    /* diesel */
    { "diesel",
      { { "2017-09-23-182408_b/up.sql", "x" },
        { "20170804200817_a/up.sql", "x" },
        { "20170804200817_a/down.sql", "x" },
        { "00000000000000_init/up.sql", "x" },
        { ".gitkeep", "" },
        { "2017-09-23-182408_b/README", "x" } },
      "00000000000000 20170804200817/d 20170923182408",
      NULL },
    { "diesel",
      { { "1_a/up.sql", "x" }, { "1_a/metadata.toml", "# x\nrun_in_transaction = false # y\n" } },
      "1/n",
      NULL },
    { "diesel",
      { { "1_a/up.sql", "x" }, { "1_a/metadata.toml", "run_in_transaction = true\nx = 1\n" } },
      NULL,
      "1_a/metadata.toml:2: 'x' cannot be honoured" },
    { "diesel",
      { { "1_a/up.sql", "x" }, { "1_a/metadata.toml", "" } },
      NULL,
      "1_a/metadata.toml: does not say 'run_in_transaction'" },
    { "diesel",
      { { "1_a/up.sql", "x" }, { "2_b/down.sql", "x" } },
      NULL,
      "2_b/down.sql: no up.sql beside it" },
    { "diesel",
      { { "1_a/up.sql", "x" }, { "1_a/more.sql", "x" } },
      NULL,
      "1_a/more.sql: not a name" },
    { "flyway",
      { { "3.0.0/ddl/V1__x.sql", "x" },
        { "3.0.0/dml/a/b/V2__x.sql", "x" },
        { "3.0.0/dml/a/b/V2__x.sql.conf", "executeInTransaction=false" },
        { ".hidden/V3__x.sql", "x" },
        { "3.0.0/.git/V4__x.sql", "x" } },
      "1 2/n",
      NULL },
    { NULL, { { "a/b/V1__x.sql", "x" } }, "1", NULL },
    { "flyway",
      { { "a/b/V1__x.sql", "x" }, { "a/c/V1__y.sql", "x" } },
      NULL,
      "a/c/V1__y.sql: its version is that of 'a/b/V1__x.sql'" },
    { "flyway",
      { { "V1__a.sql", "x" }, { "a/b/c/seed.sql", "x" } },
      NULL,
      "a/b/c/seed.sql: not a name" },
    { "diesel",
      { { "2020-12-7-190800_x/up.sql", "x" }, /* Diesel compares versions as text */
        { "2022-03-09-07000_x/up.sql", "x" },
        { "2020-11-01-000000_x/up.sql", "x" },
        { "2025-12-18-104956-0000_x/up.sql", "x" },
        { "2023-05-23-1715-update-x/up.sql", "x" },
        { "2023-05-23-171500_x/up.sql", "x" },
        { "9_x/up.sql", "x" },
        { "10_x/up.sql", "x" } },
      "10 20201101000000 2020127190800 2022030907000 20230523171500 202305231715updatex"
      " 202512181049560000 9",
      NULL },
    { "diesel", { { "1_a/up.sql", "x" }, { "x/up.sql", "x" } }, "1 x", NULL },
    { "diesel", { { "a b_c/up.sql", "x" } }, NULL, "a b_c/up.sql: not a name" },
    { "diesel", { { "_c/up.sql", "x" } }, NULL, "_c/up.sql: not a name" },
    { "diesel", { { "head_c/up.sql", "x" } }, NULL, "head_c/up.sql: not a name" },
    /* sqlx */
    { "sqlx",
      { { "002_b.sql", "x" },
        { "10_c.up.sql", "x" },
        { "10_c.down.sql", "x" },
        { "1_a.sql", "x" },
        { "notes.txt", "x" } },
      "1 2 10/d",
      NULL },
    { "sqlx",
      { { "1_a.sql", "x" }, { "2_b.down.sql", "x" } },
      NULL,
      "2_b.down.sql: a down migration without its up" },
    { "sqlx", { { "a_1.sql", "x" } }, NULL, "a_1.sql: not a name" },
    /* found out */
    { NULL, { { "1_a.sql", UP } }, "1", NULL },
    { NULL, { { "1_a.sql", DBUP } }, "1", NULL },
    { NULL, { { "1_a.sql", "SELECT 1;" } }, "1", NULL },
    { NULL,
      { { "1_a.sql", UP }, { "2_b.sql", DBUP } },
      NULL,
      "may be a folder of goose or of dbmate" },
    { NULL, { { "1_a.up.sql", "x" }, { "V1__a.sql", "x" } }, NULL, "1_a.up.sql: not a name" },
    { NULL,
      { { "schema.sql", "CREATE TABLE t (a);" } },
      NULL,
      "schema.sql: no `-- revision:` line" },
    { "goos", { { "1_a.sql", UP } }, NULL, "unknown format 'goos'" },
};

static void describe(const struct gw_history *history, char *out, size_t room)
{
    static const char kinds[] = { 0, 'r', '<', '>' };
    size_t len = 0;
    uint32_t before = UINT32_MAX;
    out[0] = '\0';
    for (uint32_t i = 0; i < history->n; i++) {
        const struct gw_revision *revision = &history->at[i];
        len += (size_t)snprintf(out + len, room - len, "%s%s%s%s%s", i ? " " : "", revision->id,
                                revision->flags & GW_REV_HAS_DOWN ? "/d" : "",
                                revision->flags & GW_REV_BASELINE ? "/b" : "",
                                revision->flags & GW_REV_NO_TRANSACTION ? "/n" : "");
        if (kinds[revision->kind])
            len += (size_t)snprintf(out + len, room - len, "/%c", kinds[revision->kind]);
        assert_true(len < room);
        if (revision->kind != GW_KIND_VERSIONED || revision->flags & GW_REV_BASELINE ||
            !history->format->linear)
            continue;
        assert_int_equal(revision->n_parents, before != UINT32_MAX);
        if (before != UINT32_MAX)
            assert_int_equal(revision->parents[0], before);
        before = i;
    }
}

static void folders_become_revisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folder_cases / sizeof folder_cases[0]; i++) {
        const struct folder_case *one = &folder_cases[i];
        struct folder folder;
        char got[512];
        folder_open(&folder);
        for (size_t f = 0; f < FILES && one->files[f].name; f++)
            folder_write(&folder, one->files[f].name, one->files[f].text);
        int code = folder_load(&folder, one->format, NULL);
        if (one->revisions && code)
            fail_msg("case %zu (%s): %s", i, one->revisions, folder.fault.message);
        if (one->message && code != GW_USAGE)
            fail_msg("case %zu loads, but should say '%s'", i, one->message);
        if (one->message) {
            assert_contains(folder.fault.message, one->message);
            if (!folder.fault.hint[0])
                fail_msg("case %zu: no hint", i);
        } else {
            describe(&folder.history, got, sizeof got);
            assert_string_equal(got, one->revisions);
        }
        folder_close(&folder);
    }
}

static void format_is_found_out(void **state)
{
    static const struct {
        const char *format;
        struct file files[3];
    } cases[] = {
        { "godwit", { { "README.md", "x" } } },
        { "godwit", { { "1_a.sql", "-- t\n-- revision: a\n-- revises:\n-- godwit:up\n" } } },
        { "goose", { { "1_a.sql", "\n-- note\n-- +goose Up\n" }, { "2_b.sql", UP } } },
        { "dbmate", { { "1_a.sql", DBUP } } },
        { "golang-migrate", { { "1_a.up.sql", "x" }, { "1_a.down.sql", "x" } } },
        { "sqlx", { { "1_a.up.sql", "-- no-transaction\nx" }, { "1_a.down.sql", "x" } } },
        { "sqlx", { { "1_a.sql", "x" } } },
        { "sqlx", { { "1_a.sql", "x" }, { "2_a.up.sql", "x" } } },
        { "flyway", { { "V1__a.sql", "x" } } },
        { "flyway", { { "db/V20240101__a.sql", "x" }, { "views/afterMigrate__x.sql", "x" } } },
        { "diesel", { { "2024-01-01-000000_a/up.sql", "x" } } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        for (size_t f = 0; f < 3 && cases[i].files[f].name; f++)
            folder_write(&folder, cases[i].files[f].name, cases[i].files[f].text);
        folder_must_load(&folder, NULL, NULL);
        assert_string_equal(folder.history.format->name, cases[i].format);
        folder_close(&folder);
    }
}

static void titles_and_files_are_kept(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    folder_write(&folder, "000010_add_user__table.up.sql", "x");
    folder_write(&folder, "000010_add_user__table.down.sql", "y");
    folder_must_load(&folder, NULL, NULL);
    const struct gw_revision *revision = &folder.history.at[0];
    assert_string_equal(revision->title, "add user table");
    assert_string_equal(revision->version, "10");
    assert_string_equal(revision->file, "000010_add_user__table.up.sql");
    assert_string_equal(revision->file_down, "000010_add_user__table.down.sql");
    assert_string_equal(revision->labels, "");
    struct gw_hash hash;
    gw_hash_of(&hash, "x\0y", 3);
    assert_memory_equal(&revision->sha256, &hash, sizeof hash);
    folder_close(&folder);

    folder_open(&folder);
    char name[200] = "V";
    memset(name + 1, '1', 130);
    memcpy(name + 131, "__a.sql", 8);
    folder_write(&folder, name, "x");
    assert_int_equal(folder_load(&folder, "flyway", NULL), GW_USAGE);
    assert_contains(folder.fault.message, "a version of 130 characters");
    folder_close(&folder);
}

static void what_a_tool_does_not_look_at_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        struct file files[FILES];
        const char *ids, *passed;
    } cases[] = {
        { "goose",
          { { "1_a.sql", UP }, { "sub/2_b.sql", UP }, { "sub/x.md", "" } },
          "1",
          "sub/2_b.sql" },
        { "dbmate",
          { { "1_a.sql", DBUP }, { "sub/deep/2_b.sql", DBUP } },
          "1",
          "sub/deep/2_b.sql" },
        { "golang-migrate",
          { { "1_a.up.sql", "x" }, { "s/1.SQL", "x" }, { "s/2.sql", "x" } },
          "1",
          "s/1.SQL s/2.sql" },
        { "sqlx", { { "1_a.sql", "x" }, { "seeds/a.sql", "x" } }, "1", "seeds/a.sql" },
        { "diesel",
          { { "1_a/up.sql", "x" },
            { "data_oauth.sql", "x" },
            { "1_a/old/up.sql", "x" },
            { "notes/a/b.md", "" } },
          "1",
          "1_a/old/up.sql data_oauth.sql" },
        { "flyway", { { "V1__a.sql", "x" }, { "a/b/V2__c.sql", "x" } }, "1 2", "" },
        { "godwit",
          { { "a.sql", "-- revision: a\n-- revises:\n-- godwit:up\n" },
            { "x/y/b.sql", "-- revision: b\n-- revises: a\n-- godwit:up\n" } },
          "a b",
          "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        char got[512], passed[512] = "";
        size_t len = 0;
        folder_open(&folder);
        for (size_t f = 0; f < FILES && cases[i].files[f].name; f++)
            folder_write(&folder, cases[i].files[f].name, cases[i].files[f].text);
        folder_must_load(&folder, cases[i].format, NULL);
        describe(&folder.history, got, sizeof got);
        assert_string_equal(got, cases[i].ids);
        for (size_t n = 0; n < folder.history.n_passed; n++)
            len += (size_t)snprintf(passed + len, sizeof passed - len, "%s%s", n ? " " : "",
                                    folder.history.passed[n]);
        assert_string_equal(passed, cases[i].passed);
        folder_close(&folder);
    }
}

static void ignored_files_and_folders_are_not_seen(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *sees; /* the first file that is refused or passed; NULL: none */
    } cases[] = {
        { "seed*.sql", "sub/seed.sql" },      { "sub", "seed_1.sql: not a name" },
        { "sub/", "seed_1.sql: not a name" }, { "*", NULL },
        { "seed_1.sql", "sub/seed.sql" },     { "seed_2.sql", "seed_1.sql: not a name" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        char pattern[32];
        struct gw_str ignore = { pattern, (size_t)snprintf(pattern, sizeof pattern, "%s",
                                                           cases[i].pattern) };
        folder_open(&folder);
        folder.project.migrations.ignore = (struct gw_texts){ &ignore, 1 };
        folder_write(&folder, "1_a.sql", UP);
        folder_write(&folder, "seed_1.sql", "x");
        folder_write(&folder, "sub/seed.sql", "x");
        int code = folder_load(&folder, "goose", NULL);
        const char *first = code                      ? folder.fault.message
                            : folder.history.n_passed ? folder.history.passed[0]
                                                      : NULL;
        if (!cases[i].sees)
            assert_null(first);
        else
            assert_contains(first ? first : "", cases[i].sees);
        folder_close(&folder);
    }
}

static void folders_are_read_down_to_a_bound_and_links_end(void **state)
{
    (void)state;
    struct folder folder;
    static const char sixteen[] = "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/";
    char path[256];
    folder_open(&folder);
    snprintf(path, sizeof path, "%sV2__b.sql", sixteen);
    folder_write(&folder, path, "x");
    folder_write(&folder, "a/b/V1__a.sql", "x");
    snprintf(path, sizeof path, "%s/a/b/up", folder.path);
    assert_int_equal(symlink("../..", path), 0);
    snprintf(path, sizeof path, "%s/a/self", folder.path);
    assert_int_equal(symlink(".", path), 0);
    snprintf(path, sizeof path, "%s/a/gone", folder.path);
    assert_int_equal(symlink("nowhere", path), 0);
    folder_write(&folder, "a/\xFF\n/V3__c.txt", "x");
    folder_must_load(&folder, "flyway", NULL);
    assert_int_equal(folder.history.n, 2);

    folder_write(&folder, "a/\xFF\n/V3__c.sql", "x");
    assert_int_equal(folder_load(&folder, "flyway", NULL), GW_USAGE);
    assert_contains(folder.fault.message, "is not UTF-8");
    snprintf(path, sizeof path, "%s/a/\xFF\n/V3__c.sql", folder.path);
    assert_int_equal(unlink(path), 0);

    snprintf(path, sizeof path, "%sd/V4__d.sql", sixteen);
    folder_write(&folder, path, "x");
    assert_int_equal(folder_load(&folder, "flyway", NULL), GW_USAGE);
    assert_contains(folder.fault.message, "is deeper than 16 folders");
    assert_contains(folder.fault.hint, "ignore");
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_become_revisions),
        cmocka_unit_test(what_a_tool_does_not_look_at_is_named),
        cmocka_unit_test(ignored_files_and_folders_are_not_seen),
        cmocka_unit_test(folders_are_read_down_to_a_bound_and_links_end),
        cmocka_unit_test(format_is_found_out),
        cmocka_unit_test(titles_and_files_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
