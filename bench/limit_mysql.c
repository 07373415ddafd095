/* SPDX-License-Identifier: Apache-2.0 */
/* The yardsticks for MySQL and MariaDB, where DDL commits by itself: the bare loop, which is half-way after a crash
 * and does not know it; and the loop that also journals what it is about to do and what is done, which is the least
 * that a runner must write to know. Godwit's figures are ratios to both, taken in the same run (bench/servers.py).
 *
 *   limit_mysql WHERE DATABASE COUNT up|down     bare
 *   limit_mysql WHERE DATABASE COUNT jup|jdown   with intent and done of each statement
 *   limit_mysql WHERE DATABASE COUNT record      records the versions in one transaction, and makes no tables
 *   limit_mysql WHERE DATABASE COUNT noop        connects, and reads which versions are applied
 *
 * WHERE is the path of a socket, or a port of 127.0.0.1. */
#include <errno.h>
#include <limits.h>
#include <mysql.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SQL_MOST = 512,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2
};

static bool run(MYSQL *connection, const char *sql)
{
    if (mysql_real_query(connection, sql, strlen(sql)) == 0) {
        MYSQL_RES *rows = mysql_store_result(connection);
        if (rows)
            mysql_free_result(rows);
        return true;
    }
    fprintf(stderr, "limit_mysql: %s\n  in: %s\n", mysql_error(connection), sql);
    return false;
}

__attribute__((format(printf, 2, 3))) static bool run_numbered(MYSQL *connection,
                                                               const char *format, ...)
{
    char sql[SQL_MOST];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    return run(connection, sql);
}

/* Before the first statement of a migration; durable by itself. */
static bool intend(MYSQL *connection, bool journal, int version)
{
    return !journal || run_numbered(connection,
                                    "INSERT INTO journal_limit (version, number, state)"
                                    " VALUES (%d, 1, 'intent')",
                                    version);
}

/* Between two statements: that the first is done, and what comes next, in one write. */
static bool go_on(MYSQL *connection, bool journal, int version)
{
    return !journal || run_numbered(connection,
                                    "INSERT INTO journal_limit (version, number, state) VALUES"
                                    " (%d, 1, 'done'), (%d, 2, 'intent')"
                                    " ON DUPLICATE KEY UPDATE state = VALUES(state)",
                                    version, version);
}

/* The version row, and the journal that has served, together. */
static bool record(MYSQL *connection, bool journal, int version, bool upward)
{
    if (journal &&
        !(run(connection, "START TRANSACTION") &&
          run_numbered(connection, "DELETE FROM journal_limit WHERE version = %d", version)))
        return false;
    bool good =
        upward ? run_numbered(connection,
                              "INSERT INTO schema_limit (version, name, applied_at)"
                              " VALUES (%d, 't%05d', CURRENT_TIMESTAMP)",
                              version, version)
               : run_numbered(connection, "DELETE FROM schema_limit WHERE version = %d", version);
    return good && (!journal || run(connection, "COMMIT"));
}

static bool up(MYSQL *connection, bool journal, int version)
{
    return intend(connection, journal, version) &&
           run_numbered(connection,
                        "CREATE TABLE t%05d (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)",
                        version) &&
           go_on(connection, journal, version) &&
           run_numbered(connection, "CREATE INDEX ix%05d ON t%05d (b)", version, version) &&
           record(connection, journal, version, true);
}

static bool down(MYSQL *connection, bool journal, int version)
{
    return intend(connection, journal, version) &&
           run_numbered(connection, "DROP TABLE t%05d", version) &&
           record(connection, journal, version, false);
}

static bool migrate(MYSQL *connection, int count, const char *work)
{
    bool journal = work[0] == 'j', upward = strcmp(work + journal, "up") == 0;
    for (int i = 0; i < count; i++)
        if (!(upward ? up(connection, journal, i + 1) : down(connection, journal, count - i)))
            return false;
    return true;
}

static bool record_all(MYSQL *connection, int count)
{
    bool good = run(connection, "START TRANSACTION");
    for (int i = 0; i < count && good; i++)
        good = record(connection, false, i + 1, true);
    return good && run(connection, "COMMIT");
}

static bool prepare(MYSQL *connection)
{
    return run(connection, "CREATE TABLE IF NOT EXISTS schema_limit (version INTEGER PRIMARY KEY,"
                           " name VARCHAR(200), applied_at TIMESTAMP)") &&
           run(connection, "CREATE TABLE IF NOT EXISTS journal_limit (version INTEGER,"
                           " number INTEGER, state VARCHAR(20), PRIMARY KEY (version, number))");
}

static bool work(MYSQL *connection, int count, const char *what)
{
    bool noop = strcmp(what, "noop") == 0, only_record = strcmp(what, "record") == 0;
    if (!(noop || prepare(connection)) ||
        !run(connection, "SELECT version, name FROM schema_limit ORDER BY version"))
        return false;
    if (only_record)
        return record_all(connection, count);
    return noop || migrate(connection, count, what);
}

static bool join(MYSQL *connection, const char *where, const char *database)
{
    const bool socket = where[0] == '/';
    const unsigned port = socket ? 0 : (unsigned)strtoul(where, NULL, 10);
    if (mysql_real_connect(connection, socket ? NULL : "127.0.0.1", "root", NULL, database, port,
                           socket ? where : NULL, 0))
        return true;
    fprintf(stderr, "limit_mysql: %s\n", mysql_error(connection));
    return false;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    errno = 0;
    long count = argc == 5 ? strtol(argv[3], &end, 10) : -1;
    if (errno || count < 0 || count > INT_MAX || *end) {
        fprintf(stderr, "usage: limit_mysql WHERE DATABASE COUNT up|down|jup|jdown|record|noop\n");
        return EXIT_USAGE;
    }
    MYSQL *connection = mysql_init(NULL);
    bool good =
        connection && join(connection, argv[1], argv[2]) && work(connection, (int)count, argv[4]);
    if (connection)
        mysql_close(connection);
    return good ? EXIT_SUCCESS : EXIT_FAILED;
}
