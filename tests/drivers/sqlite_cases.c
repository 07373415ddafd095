/* SPDX-License-Identifier: Apache-2.0 */
/* Opening SQLite files, and what a migration may not do to them. */
#include "sqlite_cases.h"

#include "cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plugin plugin;

#define CASE(name_) \
    { \
#name_, name_, contract_begin, contract_end, NULL \
    }

/* ---- open ---- */

static gw_status try_open(const char *url, uint64_t flags, struct connection *c)
{
    return connection_open(c, &plugin, &(struct opening){ .url = url, .flags = flags });
}

static void test_url_forms(void **state)
{
    static const char *const before[] = { "", "sqlite:", "sqlite://" };
    struct connection c;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char url[300];
        snprintf(url, sizeof url, "%s%s", before[i], folder_file("app.db"));
        assert_int_equal(try_open(url, GW_OPEN_CREATE, &c), GW_OK);
        assert_string_equal(info(&c, "database"), folder_file("app.db"));
        connection_close(&c);
    }
    assert_int_equal(try_open(":memory:", 0, &c), GW_OK);
    sqlite_must(&c, GW_RUN_TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    assert_int_equal(lock(&c), GW_OK);
    assert_int_equal(holds(&c), GW_OK);
    connection_close(&c);
}

static void test_url_refusals(void **state)
{
    static const struct {
        const char *url;
        const char *part;
    } cases[] = {
        { "postgres://u:secret@h/db", "'postgres'" },
        { "mysql://h/db", "'mysql'" },
        { "file:app.db?mode=ro", "'file:'" },
        { "app.db?cache=shared", "query part" },
        { "sqlite://host/app.db", "host" },
        { "sqlite:", "no file" },
        { "", "no file" },
    };
    struct connection c;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(try_open(cases[i].url, GW_OPEN_CREATE, &c), GW_E_ARGUMENT);
        expect_message(&c, cases[i].part);
        assert_null(strstr(c.call.message, "secret"));
    }
}

static void test_open_says_what_is_wrong(void **state)
{
    static const char text[] =
        "This is a letter to a friend, and by no means a database of any kind. It is "
        "longer than the header of a database, so that nobody can mistake it for one.";
    struct connection c;
    char path[300];
    (void)state;
    assert_int_equal(try_open(folder_file("."), GW_OPEN_CREATE, &c), GW_E_NOT_A_DATABASE);
    expect_message(&c, "is a folder");
    snprintf(path, sizeof path, "%s/none/app.db", folder_file("."));
    assert_int_equal(try_open(path, GW_OPEN_CREATE, &c), GW_E_NOT_FOUND);
    expect_message(&c, "folder");
    file_write(folder_file("letter"), text, sizeof text - 1);
    assert_int_equal(try_open(folder_file("letter"), 0, &c), GW_E_NOT_A_DATABASE);
    expect_message(&c, "not a database");
    assert_int_equal(mkfifo(folder_file("pipe"), 0600), 0);
    assert_int_equal(try_open(folder_file("pipe"), 0, &c), GW_E_NOT_A_DATABASE);
    expect_message(&c, "not a regular file");
    assert_int_equal(try_open(folder_file("absent.db"), GW_OPEN_READ_ONLY | GW_OPEN_CREATE, &c),
                     GW_E_NOT_FOUND);
    assert_false(file_exists(folder_file("absent.db")));
}

/* Root may read and write all: then another user tries. */
static void test_open_without_rights(void **state)
{
    enum {
        NOBODY = 65534
    };
    static const struct {
        mode_t file, folder;
        uint64_t flags;
        gw_status status;
        const char *part;
    } cases[] = {
        { 0644, 0755, 0, GW_E_PERMISSION, "no right to write database" },
        { 0666, 0755, 0, GW_E_PERMISSION, "no right to write in the folder" },
        { 0600, 0777, GW_OPEN_READ_ONLY, GW_E_PERMISSION, "no right to read" },
        { 0644, 0755, GW_OPEN_READ_ONLY, GW_OK, "" },
        { 0644, 0700, GW_OPEN_READ_ONLY, GW_E_PERMISSION, "no right to reach" },
    };
    struct connection c;
    (void)state;
    if (geteuid() != 0)
        skip();
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, GW_RUN_TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    connection_close(&c);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(chmod(folder_file("app.db"), cases[i].file), 0);
        assert_int_equal(chmod(folder_file("."), cases[i].folder), 0);
        assert_int_equal(seteuid(NOBODY), 0);
        gw_status status = try_open(folder_file("app.db"), cases[i].flags, &c);
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(status, cases[i].status);
        if (status == GW_OK)
            connection_close(&c);
        else
            expect_message(&c, cases[i].part);
    }
}

static void test_read_only_creates_nothing(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, GW_RUN_TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    connection_close(&c);
    assert_int_equal(
        connection_open(&c, &plugin,
                        &(struct opening){ .url = folder_file("app.db"),
                                           .flags = GW_OPEN_READ_ONLY,
                                           .session = { "PRAGMA journal_mode = WAL" } }),
        GW_OK);
    assert_int_equal(run_user(&c, "CREATE TABLE u (a)"), GW_E_READ_ONLY);
    assert_int_equal(run_user(&c, "PRAGMA user_version = 7"), GW_E_READ_ONLY);
    assert_int_equal(run(&c, &(struct unit){ .sql = { "CREATE TEMP TABLE u (a)" } }),
                     GW_E_READ_ONLY);
    assert_int_equal(
        run(&c, &(struct unit){ .sql = { "PRAGMA query_only = 0", "CREATE TABLE u (a)" } }),
        GW_E_READ_ONLY); /* the file itself is open for reading only */
    assert_int_equal(c.call.n_done, 1);
    assert_false(file_exists(folder_file("app.db-journal")));
    assert_false(file_exists(folder_file("app.db-wal")));
    assert_false(file_exists(folder_file("app.db.godwit-lock")));
    connection_close(&c);
}

static void test_session_statements(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
    expect_rows(&c, "PRAGMA foreign_keys", "1\n");
    expect_rows(&c, "PRAGMA synchronous", "1\n");
    connection_close(&c);
    sqlite_new(&c, &plugin, NULL);
    expect_rows(&c, "PRAGMA synchronous", "2\n");
    connection_close(&c);
    assert_int_equal(
        connection_open(&c, &plugin,
                        &(struct opening){ .url = folder_file("app.db"),
                                           .session = { "PRAGMA foreign_keys = ON", "BEGIN" } }),
        GW_E_ARGUMENT);
    expect_message(&c, "statement 2");
}

static void test_wal_is_warned_of(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    assert_string_equal(c.call.log, "");
    sqlite_must(&c, 0,
                (const char *const[]){ "PRAGMA journal_mode = WAL", "CREATE TABLE t (a)", NULL });
    expect_rows(&c, "PRAGMA journal_mode", "wal\n");
    connection_close(&c);
    sqlite_new(&c, &plugin, NULL);
    char *minor;
    long major = strtol(info(&c, "version"), &minor, 10);
    assert_int_equal(*minor, '.');
    bool mended = major > 3 || strtol(minor + 1, NULL, 10) > 51;
    sqlite_must(&c, GW_RUN_TX, (const char *const[]){ "INSERT INTO t VALUES (1)", NULL });
    connection_close(&c);
    if (mended)
        skip();
    try_open(folder_file("app.db"), 0, &c);
    assert_non_null(strstr(c.call.log, "W: "));
    assert_non_null(strstr(c.call.log, "3.51.3"));
    connection_close(&c);
}

/* ---- the lock file ---- */

static void test_lock_file(void **state)
{
    struct connection a, b;
    struct stat database, file;
    char number[32];
    (void)state;
    sqlite_new(&a, &plugin, NULL);
    assert_int_equal(symlink("app.db", folder_file("link.db")), 0);
    assert_int_equal(try_open(folder_file("link.db"), 0, &b), GW_OK);
    assert_int_equal(lock(&a), GW_OK);
    assert_int_equal(lstat(folder_file("app.db.godwit-lock"), &file), 0);
    assert_int_equal(stat(folder_file("app.db"), &database), 0);
    assert_int_equal(file.st_mode & 0777, database.st_mode & 0666);
    assert_int_equal(lock(&b), GW_E_LOCKED);
    snprintf(number, sizeof number, "(%d)", (int)getpid());
    expect_message(&b, number);
    assert_int_equal(unlink(folder_file("app.db.godwit-lock")), 0);
    assert_int_equal(holds(&a), GW_E_FENCED);
    assert_int_equal(lock(&b), GW_OK);
    assert_int_equal(unlock(&a), GW_OK); /* must leave the file of b alone */
    assert_int_equal(holds(&b), GW_OK);
    assert_int_equal(unlock(&b), GW_OK);
    assert_false(file_exists(folder_file("app.db.godwit-lock")));
    connection_close(&b);
    connection_close(&a);
}

static void test_lock_file_of_a_stranger(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    file_write(folder_file("precious"), "precious", 8);
    assert_int_equal(symlink("precious", folder_file("app.db.godwit-lock")), 0);
    assert_int_equal(lock(&c), GW_E_REFUSED);
    assert_int_equal(unlink(folder_file("app.db.godwit-lock")), 0);
    assert_int_equal(link(folder_file("precious"), folder_file("app.db.godwit-lock")), 0);
    assert_int_equal(lock(&c), GW_E_REFUSED);
    assert_int_equal(unlink(folder_file("app.db.godwit-lock")), 0);
    struct stat file;
    assert_int_equal(stat(folder_file("precious"), &file), 0);
    assert_int_equal(file.st_size, 8);
    file_write(folder_file("app.db.godwit-lock"),
               "1:2:", 4); /* left over from a machine that failed */
    assert_int_equal(lock(&c), GW_OK);
    connection_close(&c);
}

static void test_terminate_only_on_this_host(void **state)
{
    struct connection c;
    char session[128];
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    assert_int_equal(terminate(&c, "4711:12:another-host.example"), GW_E_UNSUPPORTED);
    expect_message(&c, "another-host.example");
    snprintf(session, sizeof session, "%s", info(&c, "connection"));
    assert_int_equal(terminate(&c, session), GW_E_REFUSED);
    connection_close(&c);
}

/* Asked to end first, and made to end after 5 seconds. */
static void test_terminate_by_force(void **state)
{
    static const struct sigaction ways[] = { { .sa_handler = SIG_DFL }, { .sa_handler = SIG_IGN } };
    static const int ends[] = { SIGTERM, SIGKILL };
    struct connection c;
    char byte;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    for (size_t i = 0; i < 2; i++) {
        int ready[2], how;
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork_child();
        if (child == 0) {
            struct connection mine;
            sigaction(SIGTERM, &ways[i], NULL);
            if (try_open(folder_file("app.db"), 0, &mine) != GW_OK || lock(&mine) != GW_OK ||
                write(ready[1], "x", 1) != 1)
                _exit(1);
            for (;;)
                pause();
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        gw_status status = terminate(&c, "");
        if (status == GW_E_UNSUPPORTED) { /* an old kernel */
            kill_child(child);
            connection_close(&c);
            skip();
        }
        assert_int_equal(status, GW_OK);
        assert_int_equal(lock(&c), GW_OK);
        assert_int_equal(unlock(&c), GW_OK);
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how) && WTERMSIG(how) == ends[i]);
        close(ready[0]);
        close(ready[1]);
    }
    assert_int_equal(terminate(&c, ""), GW_E_NOT_FOUND);
    connection_close(&c);
}

/* ---- who is in the way ---- */

static gw_status take_text(struct gw_call *call, struct gw_str text)
{
    size_t used = strlen(call->text);
    snprintf(call->text + used, sizeof call->text - used, "%.*s", (int)text.len, text.ptr);
    return GW_OK;
}

static void test_blockers(void **state)
{
    static const struct gw_text_out out = { sizeof out, 0, take_text };
    struct connection c;
    char expected[64], byte;
    int ready[2];
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork_child();
    if (child == 0) {
        struct connection mine;
        if (try_open(folder_file("app.db"), 0, &mine) != GW_OK ||
            run(&mine, &(struct unit){ .flags = GW_RUN_TX | GW_RUN_RELAXED,
                                       .sql = { "CREATE TABLE t (a)" } }) != GW_OK ||
            write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    snprintf(expected, sizeof expected, "process %d (", (int)child);
    assert_int_equal(plugin.progress->blockers(call_of(&c), c.conn, &out), GW_OK);
    assert_non_null(strstr(c.call.text, expected));
    assert_non_null(strstr(c.call.text, "writing\n"));
    assert_int_equal(run(&c, &(struct unit){ .flags = GW_RUN_TX,
                                             .sql = { "CREATE TABLE u (a)" },
                                             .settings = { "lock_timeout", "10ms" } }),
                     GW_E_LOCKED);
    expect_message(&c, expected);
    kill_child(child);
    close(ready[0]);
    close(ready[1]);
    assert_int_equal(plugin.progress->blockers(call_of(&c), c.conn, &out), GW_OK);
    assert_string_equal(c.call.text, "");
    connection_close(&c);
}

static int running[2];

static void tell_running(int look)
{
    if (look == 3 && write(running[1], "x", 1) != 1)
        _exit(1);
}

/* In WAL mode a reader is in nobody's way. */
static void test_blockers_in_wal_mode(void **state)
{
    static const struct gw_text_out out = { sizeof out, 0, take_text };
    static const char *const what[] = {
        "WITH RECURSIVE n AS (SELECT a FROM t UNION ALL SELECT a FROM n) SELECT count(*) FROM n",
        "INSERT INTO t WITH RECURSIVE n AS (SELECT 1 a UNION ALL SELECT a FROM n) SELECT a FROM n",
    };
    struct connection c;
    char byte;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, 0,
                (const char *const[]){ "PRAGMA journal_mode = WAL", "CREATE TABLE t (a)",
                                       "INSERT INTO t VALUES (1)", NULL });
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pipe(running), 0);
        pid_t child = fork_child();
        if (child == 0) {
            struct connection mine;
            if (try_open(folder_file("app.db"), 0, &mine) != GW_OK)
                _exit(1);
            mine.call.on_look = tell_running;
            run(&mine, &(struct unit){ .flags = i ? GW_RUN_TX : 0, .sql = { what[i] } });
            _exit(0);
        }
        assert_int_equal(read(running[0], &byte, 1), 1);
        assert_int_equal(plugin.progress->blockers(call_of(&c), c.conn, &out), GW_OK);
        assert_true(i ? strstr(c.call.text, "writing\n") != NULL : c.call.text[0] == '\0');
        kill_child(child);
        close(running[0]);
        close(running[1]);
    }
    connection_close(&c);
}

int sqlite_open_cases(const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        CASE(test_url_forms),
        CASE(test_url_refusals),
        CASE(test_open_says_what_is_wrong),
        CASE(test_open_without_rights),
        CASE(test_read_only_creates_nothing),
        CASE(test_session_statements),
        CASE(test_wal_is_warned_of),
        CASE(test_lock_file),
        CASE(test_lock_file_of_a_stranger),
        CASE(test_terminate_only_on_this_host),
        CASE(test_terminate_by_force),
        CASE(test_blockers),
        CASE(test_blockers_in_wal_mode),
    };
    plugin = *loaded;
    return cmocka_run_group_tests_name("sqlite: open", tests, NULL, NULL);
}

/* ---- what a migration may not do ---- */

static const struct {
    const char *sql;
    const char *part; /* of the message */
} refused[] = {
    { "BEGIN", "'BEGIN'" },
    { "COMMIT", "'COMMIT'" },
    { "END TRANSACTION", "'COMMIT'" },
    { "ROLLBACK", "'ROLLBACK'" },
    { "ATTACH 'other.db' AS other", "ATTACH" },
    { "DETACH main", "DETACH" },
    { "VACUUM INTO 'copy.db'", "VACUUM INTO" },
    { "SELECT load_extension('x')", "load_extension" },
    { "PRAGMA writable_schema = ON", "writable_schema" },
    { "pragma main . \"Writable_Schema\" (1)", "writable_schema" },
    { "PRAGMA synchronous = OFF", "synchronous" },
    { "PRAGMA journal_mode = OFF", "journal_mode" },
    { "PRAGMA journal_mode = 'memory'", "journal_mode" },
    { "PRAGMA journal_mode = WAL", "journal_mode" },
    { "PRAGMA wal_checkpoint", "wal_checkpoint" },
    { "VACUUM", "'VACUUM'" },
    { "PRAGMA locking_mode = EXCLUSIVE", "locking_mode" },
    { "PRAGMA schema_version = 7", "schema_version" },
    { "PRAGMA query_only = 1", "query_only" },
    { "SAVEPOINT godwit_unit", "godwit_unit" },
    { "RELEASE Godwit_Unit", "Godwit_Unit" },
    { "ROLLBACK TO godwit_unit", "godwit_unit" },
    { "DELETE FROM godwit_revision", "godwit_revision" },
    { "UPDATE \"GODWIT_revision\" SET id = 1", "godwit_revision" },
    { "INSERT INTO godwit_revision VALUES (1)", "godwit_revision" },
    { "DROP TABLE godwit_revision", "godwit_revision" },
    { "ALTER TABLE godwit_revision ADD COLUMN x", "godwit_revision" },
    { "ALTER TABLE t RENAME TO godwit_lock", "godwit_" },
    { "CREATE TABLE godwit_mine (a)", "godwit_mine" },
    { "CREATE TEMP TABLE godwit_revision (id)", "godwit_revision" },
    { "CREATE TEMP VIEW godwit_revision AS SELECT 1", "godwit_revision" },
    { "CREATE INDEX i ON godwit_revision (id)", "godwit_revision" },
    { "CREATE TRIGGER x AFTER DELETE ON godwit_revision BEGIN SELECT 1; END", "godwit_revision" },
    { "INSERT INTO hidden VALUES (1)", "godwit_revision" }, /* through a trigger */
    { "WITH d AS (SELECT 1) DELETE FROM godwit_revision", "godwit_revision" },
    { ".mode csv", "sqlite3 shell" },
    { ".read other.sql", "sqlite3 shell" },
};

static void test_refusals(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = GW_RUN_TX,
                                .sql = { "CREATE TABLE godwit_revision (id)",
                                         "INSERT INTO godwit_revision VALUES (1)",
                                         "CREATE TABLE t (a)", "CREATE TABLE hidden (a)",
                                         "CREATE TRIGGER h AFTER INSERT ON hidden BEGIN"
                                         " DELETE FROM godwit_revision; END" } }),
        GW_OK);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        gw_status status =
            run(&c, &(struct unit){ .flags = GW_RUN_TX | GW_RUN_RELAXED,
                                    .statement_flags = GW_STMT_USER,
                                    .sql = { "INSERT INTO t VALUES (1)", refused[i].sql } });
        if (status != GW_E_REFUSED)
            fail_msg("'%s' gave %d: %s", refused[i].sql, status, c.call.message);
        expect_message(&c, refused[i].part);
        assert_true(c.call.hint[0] != '\0');
        assert_int_equal(c.call.n_done, 1);
    }
    assert_int_equal(flush(&c), GW_OK);
    expect_rows(&c, "SELECT (SELECT count(*) FROM t), (SELECT id FROM godwit_revision)", "0|1\n");
    connection_close(&c);
}

static void test_allowed(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    assert_int_equal(run(&c, &(struct unit){ .flags = GW_RUN_TX,
                                             .sql = { "CREATE TABLE godwit_revision (id)" } }),
                     GW_OK);
    sqlite_must(&c, GW_RUN_TX | GW_RUN_RELAXED,
                (const char *const[]){
                    "SAVEPOINT mine", "CREATE TABLE t (a, b)", "ROLLBACK TO mine", "RELEASE mine",
                    "CREATE TABLE t (a)", "CREATE VIRTUAL TABLE words USING fts5(w)",
                    "INSERT INTO words VALUES ('one')", "PRAGMA user_version = 7",
                    "SELECT count(*) FROM godwit_revision", "ANALYZE", "SAVEPOINT open", NULL });
    sqlite_must(&c, 0, (const char *const[]){ "VACUUM", "PRAGMA journal_mode = TRUNCATE", NULL });
    expect_rows(&c, "SELECT w, (SELECT user_version FROM pragma_user_version) FROM words",
                "one|7\n");
    expect_rows(&c, "SELECT count(*) FROM pragma_table_info('t')", "1\n");
    assert_int_equal(
        run(&c, &(struct unit){ .statement_flags = GW_STMT_USER, .sql = { "SAVEPOINT mine" } }),
        GW_E_REFUSED);
    connection_close(&c);
}

static void test_parameters_without_values(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, GW_RUN_TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    assert_int_equal(run_user(&c, "INSERT INTO t VALUES (:name)"), GW_E_SYNTAX);
    expect_message(&c, "parameter");
    assert_int_equal(run_args(&c, "INSERT INTO t VALUES (1)", GW_STMT_USER, NULL, 0), GW_OK);
    connection_close(&c);
}

static void test_nul_byte_hides_nothing(void **state)
{
    static const char sql[] = "CREATE TABLE t (a)\0; DROP TABLE t";
    const struct gw_statement statement = { { sql, sizeof sql - 1 }, NULL, 0, GW_STMT_USER };
    const struct gw_run request = { .struct_size = sizeof request,
                                    .n_statements = 1,
                                    .flags = GW_RUN_TX,
                                    .statements = &statement };
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    assert_int_equal(plugin.driver->run(call_of(&c), c.conn, &request, NULL), GW_E_SYNTAX);
    expect_message(&c, "NUL");
    expect_rows(&c, "SELECT count(*) FROM sqlite_schema", "0\n");
    connection_close(&c);
}

static void test_settings_are_put_back(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, "PRAGMA recursive_triggers = 0; PRAGMA case_sensitive_like = 0");
    sqlite_must(&c, GW_RUN_TX, (const char *const[]){ "CREATE TABLE t (a CHECK (a > 0))", NULL });
    sqlite_must(&c, GW_RUN_TX | GW_RUN_RELAXED,
                (const char *const[]){ "PRAGMA case_sensitive_like = ON",
                                       "PRAGMA ignore_check_constraints = ON",
                                       "INSERT INTO t SELECT -1 WHERE 'a' NOT LIKE 'A'", NULL });
    expect_rows(&c, "SELECT a, 'a' LIKE 'A' FROM t", "-1|1\n");
    assert_int_equal(run_user(&c, "INSERT INTO t VALUES (-2)"), GW_E_CONSTRAINT);
    assert_int_equal(run(&c, &(struct unit){ .flags = GW_RUN_TX,
                                             .sql = { "INSERT INTO t VALUES (-3)",
                                                      "INSERT INTO t VALUES (nothing)" },
                                             .settings = { "ignore_check_constraints", "on",
                                                           "recursive_triggers", "yes" } }),
                     GW_E_SYNTAX);
    expect_rows(&c, "PRAGMA recursive_triggers", "0\n");
    expect_rows(&c, "PRAGMA ignore_check_constraints", "0\n");
    assert_int_equal(run(&c, &(struct unit){ .flags = GW_RUN_TX,
                                             .sql = { "DELETE FROM t" },
                                             .settings = { "cache_size", "many" } }),
                     GW_E_ARGUMENT);
    expect_message(&c, "a whole number");
    connection_close(&c);
}

static void test_queries_of_a_migration_only_read(void **state)
{
    struct connection c;
    (void)state;
    sqlite_new(&c, &plugin, NULL);
    sqlite_must(&c, GW_RUN_TX, (const char *const[]){ "CREATE TABLE t (a)", NULL });
    assert_int_equal(query_args(&c, "INSERT INTO t VALUES (1) RETURNING a", GW_STMT_USER, NULL, 0),
                     GW_E_REFUSED);
    expect_rows(&c, "SELECT count(*) FROM t", "0\n");
    connection_close(&c);
}

int sqlite_guard_cases(const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        CASE(test_refusals),
        CASE(test_allowed),
        CASE(test_parameters_without_values),
        CASE(test_nul_byte_hides_nothing),
        CASE(test_settings_are_put_back),
        CASE(test_queries_of_a_migration_only_read),
    };
    plugin = *loaded;
    return cmocka_run_group_tests_name("sqlite: guard", tests, NULL, NULL);
}
