/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of file headers: used where nothing changed, and never where there is any doubt. */
#include "base/clock.h"
#include "base/file.h"
#include "migration/history.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    FILES = 520,
    WRITTEN_AT = 24, /* offsets in the cache file: the time of writing, */
    CHECK_AT = 32,   /* the checksum of what follows the head, */
    HEAD = 72        /* and the length of the head */
};

static char root[] = "/tmp/godwit-cache-XXXXXX";
static char cache_file[512];

static void write_migration(int number, const char *title)
{
    struct gw_fault fault = { 0 };
    char path[128], text[512];
    snprintf(path, sizeof path, "migrations/%04d.sql", number);
    char before[16] = "";
    if (number > 1)
        snprintf(before, sizeof before, "r%04d", number - 1);
    snprintf(text, sizeof text,
             "-- %s %04d\n--\n-- revision: r%04d\n-- revises: %s\n\n-- godwit:up\n-- godwit:down\n",
             title, number, number, before);
    assert_int_equal(gw_file_write(path, text, strlen(text), GW_FILE_REPLACE, &fault), 0);
}

static int set_up(void **state)
{
    struct gw_fault fault = { 0 };
    (void)state;
    assert_non_null(mkdtemp(root));
    assert_int_equal(chdir(root), 0);
    setenv("XDG_CACHE_HOME", root, 1);
    unsetenv("GODWIT_CACHE");
    assert_int_equal(gw_file_make_folder("migrations", &fault), 0);
    for (int i = 1; i <= FILES; i++)
        write_migration(i, "Title");
    return 0;
}

static void remove_all(const char *folder)
{
    struct gw_arena arena = { 0 };
    struct gw_fault fault = { 0 };
    char **names;
    size_t n;
    int fd;
    if (gw_file_list(&arena, folder, &names, &n, &fd, &fault) == 0) {
        for (size_t i = 0; i < n; i++)
            unlinkat(fd, names[i], 0);
        close(fd);
    }
    gw_arena_free(&arena);
    rmdir(folder);
}

static int tear_down(void **state)
{
    (void)state;
    remove_all("migrations");
    remove_all("godwit");
    return chdir("/") || rmdir(root);
}

/* The title of revision number as a fresh load sees it. */
static void load_title(int number, char *out, size_t room)
{
    static const char conf[] = "migrations = { directory = \"migrations\"; format = \"godwit\"; };";
    struct gw_project project;
    struct gw_history history;
    struct gw_fault fault = { 0 };
    char id[16];

    snprintf(id, sizeof id, "r%04d", number);
    assert_int_equal(
        gw_project_parse(&project, conf, sizeof conf - 1, "plugins.conf", NULL, &fault), 0);
    if (gw_history_load(&history, &project, "sqlite", &fault))
        fail_msg("%s", fault.message);
    assert_int_equal(history.n, FILES);
    uint32_t at = gw_map_get(&history.ids, id, strlen(id));
    assert_int_not_equal(at, GW_MAP_NONE);
    snprintf(out, room, "%s", history.at[at].title);
    gw_history_free(&history);
    gw_project_free(&project);
}

static void assert_title(int number, const char *wanted)
{
    char title[64];
    load_title(number, title, sizeof title);
    assert_string_equal(title, wanted);
}

static void find_cache(void)
{
    struct gw_arena arena = { 0 };
    struct gw_fault fault = { 0 };
    char **names;
    size_t n;
    int fd;
    assert_int_equal(gw_file_list(&arena, "godwit", &names, &n, &fd, &fault), 0);
    assert_int_equal(n, 1);
    snprintf(cache_file, sizeof cache_file, "godwit/%s", names[0]);
    close(fd);
    gw_arena_free(&arena);
}

/* As if it had been written then. */
static void date_cache(int64_t written)
{
    int fd = open(cache_file, O_RDWR);
    assert_int_equal(pwrite(fd, &written, sizeof written, WRITTEN_AT), sizeof written);
    close(fd);
}

/* Nothing is too fresh for a cache of ten seconds later, without waiting for it. */
static void age_cache(void)
{
    date_cache(gw_clock_wall_ns() + INT64_C(10000000000));
}

/* Written with the files themselves, however long the test took to come here. */
static void rejuvenate_cache(void)
{
    struct stat file;
    assert_int_equal(stat("migrations/0007.sql", &file), 0);
    date_cache(file.st_mtim.tv_sec * INT64_C(1000000000) + file.st_mtim.tv_nsec);
}

/* Makes the cache say something else than the file, so that a title tells where it came from. */
static void forge_title(const char *from, const char *to)
{
    struct gw_buf bytes = GW_BUF((size_t)1 << 24);
    struct gw_fault fault = { 0 };
    assert_int_equal(gw_file_read(&bytes, AT_FDCWD, cache_file, cache_file, &fault), 0);
    char *at = memmem(bytes.data, bytes.len, from, strlen(from) + 1);
    assert_non_null(at);
    memcpy(at, to, strlen(to) + 1);
    const unsigned char key[crypto_shorthash_KEYBYTES] = { 0 };
    crypto_shorthash((unsigned char *)bytes.data + CHECK_AT, (unsigned char *)bytes.data + HEAD,
                     bytes.len - HEAD, key);
    int fd = open(cache_file, O_RDWR);
    assert_int_equal(pwrite(fd, bytes.data, bytes.len, 0), bytes.len);
    close(fd);
    gw_buf_free(&bytes);
}

static void fresh_cache(void)
{
    if (cache_file[0])
        unlink(cache_file);
    assert_title(7, "Title 0007");
    find_cache();
}

static void test_what_did_not_change_is_not_read(void **state)
{
    (void)state;
    fresh_cache();
    age_cache();
    forge_title("Title 0007", "Cache 0007");
    assert_title(7, "Cache 0007");
    assert_title(8, "Title 0008");
}

static void test_too_fresh_is_read(void **state)
{
    (void)state;
    fresh_cache();
    rejuvenate_cache();
    forge_title("Title 0007", "Cache 0007");
    assert_title(7, "Title 0007");
}

/* A change in a folder below does not show in the folder itself. */
static void test_folders_below_are_looked_at(void **state)
{
    struct gw_fault fault = { 0 };
    (void)state;
    assert_int_equal(gw_file_make_folder("migrations/below/deep", &fault), 0);
    assert_int_equal(rename("migrations/0520.sql", "migrations/below/deep/0520.sql"), 0);
    fresh_cache();
    age_cache();
    assert_title(520, "Title 0520");
    write_migration(520, "Other");
    assert_int_equal(rename("migrations/0520.sql", "migrations/below/deep/0520.sql"), 0);
    assert_title(520, "Other 0520");
    age_cache();
    assert_title(520, "Other 0520");
    write_migration(520, "Title");
    assert_int_equal(unlink("migrations/below/deep/0520.sql"), 0);
    assert_int_equal(rmdir("migrations/below/deep"), 0);
    assert_int_equal(rmdir("migrations/below"), 0);
    assert_title(520, "Title 0520");
}

static void test_changed_file_is_read(void **state)
{
    (void)state;
    fresh_cache();
    age_cache();
    write_migration(9, "Other");
    assert_title(9, "Other 0009");
    write_migration(9, "Title");
    assert_title(9, "Title 0009");
}

static void test_others_could_have_written_it(void **state)
{
    (void)state;
    fresh_cache();
    age_cache();
    forge_title("Title 0007", "Cache 0007");
    assert_int_equal(chmod(cache_file, 0666), 0);
    assert_title(7, "Title 0007");
}

static void test_off(void **state)
{
    (void)state;
    fresh_cache();
    age_cache();
    forge_title("Title 0007", "Cache 0007");
    setenv("GODWIT_CACHE", "off", 1);
    assert_title(7, "Title 0007");
    unsetenv("GODWIT_CACHE");
}

static void test_damaged_cache_is_no_harm(void **state)
{
    struct gw_buf bytes = GW_BUF((size_t)1 << 24);
    struct gw_fault fault = { 0 };
    unsigned seed = 1;
    (void)state;

    fresh_cache();
    age_cache();
    assert_int_equal(gw_file_read(&bytes, AT_FDCWD, cache_file, cache_file, &fault), 0);
    for (size_t cut = 0; cut < bytes.len; cut = cut * 2 + 7) {
        assert_int_equal(gw_file_write(cache_file, bytes.data, cut, GW_FILE_REPLACE, &fault), 0);
        assert_title(7, "Title 0007");
    }
    for (int round = 0; round < 40; round++) {
        seed = seed * 1103515245 + 12345;
        size_t at = seed % bytes.len;
        if (at >= WRITTEN_AT && at < CHECK_AT)
            continue; /* another time of writing damages nothing */
        bytes.data[at] = (char)(bytes.data[at] + 1);
        assert_int_equal(gw_file_write(cache_file, bytes.data, bytes.len, GW_FILE_REPLACE, &fault),
                         0);
        assert_title(7, "Title 0007");
        bytes.data[at] = (char)(bytes.data[at] - 1);
    }
    gw_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_did_not_change_is_not_read),
        cmocka_unit_test(test_too_fresh_is_read),
        cmocka_unit_test(test_folders_below_are_looked_at),
        cmocka_unit_test(test_changed_file_is_read),
        cmocka_unit_test(test_others_could_have_written_it),
        cmocka_unit_test(test_off),
        cmocka_unit_test(test_damaged_cache_is_no_harm),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
