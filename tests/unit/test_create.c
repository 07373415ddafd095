/* SPDX-License-Identifier: Apache-2.0 */
/* Names and texts of new migrations. */
#include "folder.h"

struct file {
    const char *name, *text;
};

#define UP "-- +goose Up\nSELECT 1;\n"
#define DBUP "-- migrate:up\nSELECT 1;\n"

struct create_case {
    const char *format;
    struct file files[2];
    const char *names[2];
};

static const struct create_case create_cases[] = {
    /* at 2024-10-14T14:30:22Z */
    { "goose", { { NULL, NULL } }, { "20241014143022_add_users.sql", NULL } },
    { "goose", { { "00009_a.sql", UP } }, { "00010_add_users.sql", NULL } },
    { "goose", { { "99_a.sql", UP } }, { "100_add_users.sql", NULL } },
    { "goose", { { "20240101000000_a.sql", UP } }, { "20241014143022_add_users.sql", NULL } },
    { "goose", { { "20990101000009_a.sql", UP } }, { "20990101000010_add_users.sql", NULL } },
    { "goose",
      { { "20240101000000000000_a.sql", UP } },
      { "20241014143022000000_add_users.sql", NULL } },
    { "dbmate", { { "20240101000000_a.sql", DBUP } }, { "20241014143022_add_users.sql", NULL } },
    { "golang-migrate",
      { { "000001_a.up.sql", "x" } },
      { "000002_add_users.up.sql", "000002_add_users.down.sql" } },
    { "golang-migrate",
      { { "1510262030_a.up.sql", "x" } },
      { "1728916222_add_users.up.sql", "1728916222_add_users.down.sql" } },
    { "flyway", { { NULL, NULL } }, { "V20241014143022__add_users.sql", NULL } },
    { "flyway", { { "V1_12_9__a.sql", "x" } }, { "V1_12_10__add_users.sql", NULL } },
    { "flyway", { { "V1.9__a.sql", "x" } }, { "V1.10__add_users.sql", NULL } },
    { "flyway", { { "V9__a.sql", "x" } }, { "V10__add_users.sql", NULL } },
    { "diesel",
      { { NULL, NULL } },
      { "2024-10-14-143022_add_users/up.sql", "2024-10-14-143022_add_users/down.sql" } },
    { "diesel",
      { { "2024-01-01-000000-0000_a/up.sql", "x" } },
      { "2024-10-14-143022-0000_add_users/up.sql", "2024-10-14-143022-0000_add_users/down.sql" } },
    { "diesel",
      { { "20240101000000_a/up.sql", "x" } },
      { "20241014143022_add_users/up.sql", "20241014143022_add_users/down.sql" } },
    { "diesel",
      { { "2020-12-7-190800_a/up.sql", "x" } },
      { "2024-10-14-143022_add_users/up.sql", "2024-10-14-143022_add_users/down.sql" } },
    { "diesel",
      { { "2099-05-23-1715-update-x/up.sql", "x" } },
      { "209905231716_add_users/up.sql", "209905231716_add_users/down.sql" } },
    { "diesel",
      { { "00000000000001_a/up.sql", "x" } },
      { "00000000000002_add_users/up.sql", "00000000000002_add_users/down.sql" } },
    { "sqlx", { { "0001_a.sql", "x" } }, { "0002_add_users.sql", NULL } },
    { "sqlx",
      { { "1_a.up.sql", "x" }, { "1_a.down.sql", "x" } },
      { "2_add_users.up.sql", "2_add_users.down.sql" } },
};

static void new_names_continue_the_old(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof create_cases / sizeof create_cases[0]; i++) {
        struct folder folder;
        const char *names[3], *texts[3];
        const struct gw_create_options options = { .title = "Add users!",
                                                   .now_ns = INT64_C(1728916222) * 1000000000 };
        folder_open(&folder);
        for (size_t f = 0; f < 2 && create_cases[i].files[f].name; f++)
            folder_write(&folder, create_cases[i].files[f].name, create_cases[i].files[f].text);
        folder_must_load(&folder, create_cases[i].format, NULL);
        uint32_t before = folder.history.n;
        assert_int_equal(folder.history.format->create(&folder.history.arena, &folder.history,
                                                       &options, names, texts, &folder.fault),
                         0);
        for (size_t f = 0; f < 2; f++) {
            if (!create_cases[i].names[f]) {
                assert_null(names[f]);
                break;
            }
            assert_string_equal(names[f], create_cases[i].names[f]);
            folder_write(&folder, names[f], texts[f]);
        }
        assert_null(names[2]);
        folder_must_load(&folder, create_cases[i].format, NULL); /* and it is the newest */
        assert_int_equal(folder.history.n, before + 1);
        assert_string_equal(folder.history.at[before].title, "add users");
        folder_close(&folder);
    }
}

static void a_version_that_would_not_be_the_newest_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "9_a/up.sql", "x_a/up.sql" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct folder folder;
        const char *made[3], *texts[3];
        const struct gw_create_options options = { .title = "x", .now_ns = 1 };
        folder_open(&folder);
        folder_write(&folder, names[i], "x");
        folder_must_load(&folder, "diesel", NULL);
        assert_int_equal(folder.history.format->create(&folder.history.arena, &folder.history,
                                                       &options, made, texts, &folder.fault),
                         GW_USAGE);
        assert_contains(folder.fault.message, "would come before");
        folder_close(&folder);
    }
}

static void new_native_file_reads_back(void **state)
{
    (void)state;
    struct folder folder;
    const char *names[3], *texts[3];
    struct gw_create_options options = { .title = "Add question bank: part 1",
                                         .id = "7b15fd9db179",
                                         .label = "bank",
                                         .now_ns = INT64_C(1728916222) * 1000000000 };
    folder_open(&folder);
    folder_must_load(&folder, NULL, NULL);
    const struct gw_format *format = folder.history.format;
    struct gw_arena arena = { 0 };
    assert_int_equal(format->create(&arena, &folder.history, &options, names, texts, &folder.fault),
                     0);
    assert_string_equal(names[0], "20241014_143022_7b15fd9db179_add_question_bank_part_1.sql");
    assert_null(names[1]);
    folder_write(&folder, names[0], texts[0]);
    options = (struct gw_create_options){ .title = "More",
                                          .revises = "7b15fd9db179",
                                          .depends_on = "bank" };
    assert_int_equal(format->create(&arena, &folder.history, &options, names, texts, &folder.fault),
                     0);
    folder_write(&folder, names[0], texts[0]);

    folder_must_load(&folder, NULL, NULL);
    const struct gw_revision *first = &folder.history.at[0], *second = &folder.history.at[1];
    assert_int_equal(folder.history.n, 2);
    assert_string_equal(first->id, "7b15fd9db179");
    assert_string_equal(first->title, "Add question bank: part 1");
    assert_string_equal(first->created, "2024-10-14T14:30:22Z");
    assert_string_equal(first->labels, "bank");
    assert_int_equal(first->flags, GW_REV_HAS_DOWN);
    assert_int_equal(strlen(second->id), 12);
    assert_int_equal(strspn(second->id, "0123456789abcdef"), 12);
    assert_int_equal(second->n_parents, 1);
    assert_int_equal(second->n_depends, 1);

    static const char *const titles[] = { "",          "  ",  "a\nb", "-- x", "revision: x",
                                          "godwit:up", "\xFF" };
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        struct gw_fault fault = { 0 };
        options = (struct gw_create_options){ .title = titles[i] };
        assert_int_equal(format->create(&arena, &folder.history, &options, names, texts, &fault),
                         GW_USAGE);
    }
    gw_arena_free(&arena);
    folder_close(&folder);
}

static void linear_formats_hold_no_graph(void **state)
{
    static const struct gw_create_options refused[] = {
        { .title = "x", .label = "a" },
        { .title = "x", .depends_on = "1" },
        { .title = "x", .revises = "1" },
    };
    (void)state;
    struct folder folder;
    const char *names[3], *texts[3];
    folder_open(&folder);
    folder_write(&folder, "1_a.sql", UP);
    folder_write(&folder, "2_b.sql", UP);
    folder_must_load(&folder, NULL, NULL);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct gw_fault fault = { 0 };
        assert_int_equal(folder.history.format->create(&folder.history.arena, &folder.history,
                                                       &refused[i], names, texts, &fault),
                         GW_USAGE);
    }
    const struct gw_create_options last = { .title = "x", .revises = "2" };
    assert_int_equal(folder.history.format->create(&folder.history.arena, &folder.history, &last,
                                                   names, texts, &folder.fault),
                     0);
    assert_string_equal(names[0], "3_x.sql");
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_names_continue_the_old),
        cmocka_unit_test(a_version_that_would_not_be_the_newest_is_refused),
        cmocka_unit_test(new_native_file_reads_back),
        cmocka_unit_test(linear_formats_hold_no_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
