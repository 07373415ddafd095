/* SPDX-License-Identifier: Apache-2.0 */
/* When the disk is full, a file may not grow, or another process is in the way. */
#include "sqlite_cases.h"

#include "cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plugin plugin;

enum {
    TX = GW_RUN_TX,
    RELAXED = GW_RUN_TX | GW_RUN_RELAXED
};

static const char fill[] =
    "INSERT INTO t SELECT randomblob(1000) FROM"
    " (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 8000) SELECT i FROM n)";

static void test_page_limit(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, "PRAGMA max_page_count = 100");
    sqlite_must(&c, TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    sqlite_must(&c, RELAXED, (const char *const[]){ "INSERT INTO t VALUES ('kept')", NULL });
    assert_int_equal(run(&c, &(struct unit){ .flags = RELAXED,
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { "INSERT INTO t VALUES ('undone')", fill } }),
                     GW_E_FULL);
    bool lost = c.call.flags & GW_ERR_TX_ABORTED;
    assert_int_equal(flush(&c), GW_OK);
    expect_rows(&c, "SELECT count(*) FROM t", lost ? "0\n" : "1\n");
    connection_close(&c);
}

/* In a process of its own: runs units on a file that cannot grow, and returns what is wrong, or 0. */
static int run_without_room(const char *database)
{
    struct connection c;
    int64_t n;
    if (connection_open(&c, &plugin,
                        &(struct opening){ .url = database, .flags = GW_OPEN_CREATE }) != GW_OK)
        return 1;
    if (run(&c, &(struct unit){ .flags = RELAXED, .sql = { "INSERT INTO t VALUES ('first')" } }) !=
        GW_OK)
        return 2;
    gw_status status = run(&c, &(struct unit){ .flags = RELAXED,
                                               .statement_flags = GW_STMT_USER,
                                               .sql = { "INSERT INTO t VALUES ('second')", fill,
                                                        "INSERT INTO t VALUES ('third')" } });
    if (status != GW_E_FULL && status != GW_E_IO)
        return 3;
    if (c.call.n_done > 1) /* nothing may run on in autocommit mode after the roll back */
        return 4;
    bool lost = c.call.flags & GW_ERR_TX_ABORTED;
    if (flush(&c) != GW_OK)
        return 5;
    connection_close(&c);
    if (connection_open(&c, &plugin, &(struct opening){ .url = database }) != GW_OK)
        return 6;
    if (query(&c, "SELECT count(*) FROM t") != GW_OK)
        return 7;
    n = c.call.text[0] - '0';
    connection_close(&c);
    return n == (lost ? 0 : 1) ? 0 : 8;
}

static int in_child(const char *database, rlim_t file_limit)
{
    int how;
    pid_t child = fork_child();
    if (child == 0) {
        const struct sigaction ignore = { .sa_handler = SIG_IGN };
        const struct rlimit limit = { file_limit, file_limit };
        sigaction(SIGXFSZ, &ignore, NULL);
        if (file_limit && setrlimit(RLIMIT_FSIZE, &limit))
            _exit(100);
        _exit(run_without_room(database));
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    return WEXITSTATUS(how);
}

static void test_file_may_not_grow(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    connection_close(&c);
    assert_int_equal(in_child(folder_file("app.db"), 1 << 20), 0);
}

static void test_full_disk(void **state)
{
    struct connection c;
    char database[300];
    (void)state;
    assert_int_equal(mkdir(folder_file("disk"), 0700), 0);
    if (mount("none", folder_file("disk"), "tmpfs", 0, "size=1m"))
        skip();
    snprintf(database, sizeof database, "%s/app.db", folder_file("disk"));
    gw_status status =
        connection_open(&c, &plugin, &(struct opening){ .url = database, .flags = GW_OPEN_CREATE });
    if (status == GW_OK)
        status = run(&c, &(struct unit){ .flags = TX, .sql = { "CREATE TABLE t (a)" } });
    if (status == GW_OK)
        connection_close(&c);
    int wrong = in_child(database, 0);
    assert_int_equal(umount(folder_file("disk")), 0);
    assert_int_equal(status, GW_OK);
    assert_int_equal(wrong, 0);
}

static void test_conflict_clause_that_rolls_back(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, TX, (const char *const[]){ "CREATE TABLE t (a UNIQUE)", NULL });
    sqlite_must(&c, RELAXED, (const char *const[]){ "INSERT INTO t VALUES (1)", NULL });
    assert_int_equal(run(&c, &(struct unit){ .flags = RELAXED,
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { "INSERT OR ROLLBACK INTO t VALUES (1)",
                                                      "INSERT INTO t VALUES (2)" } }),
                     GW_E_CONSTRAINT);
    assert_true(c.call.flags &
                GW_ERR_TX_ABORTED); /* the unit before it is gone as well, and the host is told */
    expect_rows(&c, "SELECT count(*) FROM t", "0\n");
    sqlite_must(&c, RELAXED, (const char *const[]){ "INSERT INTO t VALUES (3)", NULL });
    assert_int_equal(flush(&c), GW_OK);
    expect_rows(&c, "SELECT a FROM t", "3\n");
    connection_close(&c);
}

static void test_cancelled_unit_of_a_group(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    sqlite_must(&c, RELAXED, (const char *const[]){ "INSERT INTO t VALUES (1)", NULL });
    c.call.stop_after = 10;
    assert_int_equal(run(&c, &(struct unit){ .flags = RELAXED,
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { fill, fill, fill, fill, fill, fill } }),
                     GW_E_CANCELLED);
    bool lost = c.call.flags & GW_ERR_TX_ABORTED;
    c.call.stop_after = 0;
    assert_int_equal(flush(&c), GW_OK);
    expect_rows(&c, "SELECT count(*) FROM t", lost ? "0\n" : "1\n");
    connection_close(&c);
}

static int ready[2];

static void tell_reading(int look)
{
    if (look == 3 && write(ready[1], "x", 1) != 1)
        _exit(1);
}

/* A reader keeps a commit from ending: it waits as long as it may, then all is undone and the reader named. */
static void test_reader_blocks_commit(void **state)
{
    struct connection c;
    char byte;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, TX,
                (const char *const[]){ "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)", NULL });
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork_child();
    if (child == 0) {
        struct connection reader;
        sqlite_new(&reader, &plugin, NULL);
        reader.call.on_look = tell_reading;
        query(&reader, "WITH RECURSIVE n(i) AS (SELECT a FROM t UNION ALL SELECT i + 1 FROM n"
                       " WHERE i < 4000000000) SELECT count(*) FROM n, t");
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(run(&c, &(struct unit){ .flags = TX,
                                             .statement_flags = GW_STMT_USER,
                                             .sql = { "INSERT INTO t VALUES (2)" },
                                             .settings = { "lock_timeout", "50ms" } }),
                     GW_E_LOCKED);
    assert_int_equal(c.call.n_done, 1);
    expect_message(&c, "was not committed");
    expect_message(&c, "reading");
    expect_rows(&c, "SELECT a FROM t", "1\n");
    kill_child(child);
    close(ready[0]);
    close(ready[1]);
    sqlite_must(&c, TX, (const char *const[]){ "INSERT INTO t VALUES (2)", NULL });
    connection_close(&c);
}

static void test_transaction_left_open(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    assert_int_equal(run(&c, &(struct unit){ .sql = { "BEGIN" } }), GW_E_INTERNAL);
    sqlite_must(&c, TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    connection_close(&c);
}

static void test_killed_group_leaves_nothing(void **state)
{
    struct connection c;
    char byte;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    connection_close(&c);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork_child();
    if (child == 0) {
        sqlite_new(&c, &plugin, "PRAGMA cache_size = 10");
        run(&c, &(struct unit){ .flags = RELAXED, .sql = { "INSERT INTO t VALUES (1)" } });
        run(&c, &(struct unit){ .flags = RELAXED, .sql = { fill } });
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    kill_child(child);
    close(ready[0]);
    close(ready[1]);
    assert_true(file_exists(folder_file("app.db-journal")));
    /* A command that only reads comes next, and must not be kept out by what is left. */
    assert_int_equal(connection_open(&c, &plugin,
                                     &(struct opening){ .url = folder_file("app.db"),
                                                        .flags = GW_OPEN_READ_ONLY }),
                     GW_OK);
    expect_rows(&c, "SELECT count(*) FROM t", "0\n");
    expect_rows(&c, "PRAGMA integrity_check", "ok\n");
    connection_close(&c);
}

#define CASE(name_) \
    { \
#name_, name_, contract_begin, contract_end, NULL \
    }

int sqlite_fault_cases(const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        CASE(test_page_limit),
        CASE(test_file_may_not_grow),
        CASE(test_full_disk),
        CASE(test_conflict_clause_that_rolls_back),
        CASE(test_cancelled_unit_of_a_group),
        CASE(test_reader_blocks_commit),
        CASE(test_transaction_left_open),
        CASE(test_killed_group_leaves_nothing),
    };
    plugin = *loaded;
    return cmocka_run_group_tests_name("sqlite: faults", tests, NULL, NULL);
}
