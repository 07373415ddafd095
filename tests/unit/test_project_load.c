/* SPDX-License-Identifier: Apache-2.0 */
#include "project/project.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

static char folder[] = "/tmp/godwit-project-XXXXXX";

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int enter_folder(void **state)
{
    (void)state;
    unsetenv("GODWIT_CONFIG");
    unsetenv("GODWIT_ENVIRONMENT");
    return mkdtemp(folder) && chdir(folder) == 0 && mkdir("a", 0755) == 0 &&
                   mkdir("a/b", 0755) == 0 && mkdir("else", 0755) == 0
               ? 0
               : -1;
}

static int leave_folder(void **state)
{
    static const char *const files[] = { "plugins.conf", "else/my.conf" };
    static const char *const folders[] = { "a/b", "a", "else" };
    (void)state;
    if (chdir(folder))
        return -1;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(files[i]);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        rmdir(folders[i]);
    return chdir("/") || rmdir(folder);
}

static void load_good(struct gw_project *project, const char *config, const char *environment)
{
    struct gw_fault fault = { 0 };
    const struct gw_project_where where = { config, environment };
    if (gw_project_load(project, &where, &fault))
        fail_msg("%s", fault.message);
}

static void test_load(void **state)
{
    struct gw_project project;
    struct gw_fault fault = { 0 };
    (void)state;

    assert_int_equal(chdir("a/b"), 0);
    load_good(&project, NULL, NULL); /* nothing up to the root */
    assert_null(project.file);
    assert_string_equal(project.folder, ".");
    assert_string_equal(project.migrations.directory, "migrations");
    gw_project_free(&project);
    assert_int_equal(gw_project_load(&project, &(struct gw_project_where){ NULL, "ci" }, &fault),
                     GW_USAGE);
    assert_contains(fault.hint, "godwit init");
    gw_project_free(&project);

    write_text("../../plugins.conf",
               "environments = { ci = { database = { url = \"ci.db\"; }; }; };\n"
               "plugins = ( { name = \"mine\"; path = \"./mine.so\"; } );\n");
    load_good(&project, NULL, NULL);
    assert_string_equal(project.file, "../../plugins.conf");
    assert_string_equal(project.migrations.directory, "../../migrations");
    char expected[300];
    snprintf(expected, sizeof expected, "%s/./mine.so", folder);
    assert_string_equal(project.plugins[0].path, expected);
    gw_project_free(&project);

    setenv("GODWIT_ENVIRONMENT", "ci", 1);
    load_good(&project, NULL, NULL);
    assert_string_equal(project.environment, "ci");
    assert_string_equal(project.database.url, "../../ci.db");
    gw_project_free(&project);
    setenv("GODWIT_ENVIRONMENT", "", 1);

    write_text("../../else/my.conf", "migrations = { directory = \"there\"; };\n");
    setenv("GODWIT_CONFIG", "../../else/my.conf", 1);
    load_good(&project, NULL, NULL);
    assert_string_equal(project.migrations.directory, "../../else/there");
    gw_project_free(&project);
    load_good(&project, "../../plugins.conf", NULL); /* the option wins */
    assert_string_equal(project.file, "../../plugins.conf");
    gw_project_free(&project);
    unsetenv("GODWIT_CONFIG");

    fault = (struct gw_fault){ 0 };
    assert_int_equal(
        gw_project_load(&project, &(struct gw_project_where){ "no.conf", NULL }, &fault), GW_USAGE);
    assert_contains(fault.message, "no.conf");
    gw_project_free(&project);
    fault = (struct gw_fault){ 0 };
    assert_int_equal(gw_project_load(&project, &(struct gw_project_where){ "..", NULL }, &fault),
                     GW_USAGE);
    gw_project_free(&project);
    assert_int_equal(chdir(folder), 0);
}

static void test_file_of_another_user(void **state)
{
    struct gw_project project;
    struct gw_fault fault = { 0 };
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    write_text("plugins.conf", "");
    assert_int_equal(chown("plugins.conf", 12345, 12345), 0);
    load_good(&project, NULL, NULL); /* in the working directory it was asked for */
    gw_project_free(&project);
    assert_int_equal(chdir("a"), 0);
    assert_int_equal(gw_project_load(&project, &(struct gw_project_where){ 0 }, &fault), GW_USAGE);
    assert_string_equal(fault.message, "'../plugins.conf' belongs to another user (uid 12345)");
    assert_contains(fault.hint, "--config ../plugins.conf");
    gw_project_free(&project);
    assert_int_equal(chdir(".."), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_file_of_another_user),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
