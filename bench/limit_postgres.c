/* SPDX-License-Identifier: Apache-2.0 */
/* The yardstick for PostgreSQL: the loop that a runner makes which is honest and no more. Each migration is one
 * transaction with its version row, a round trip a statement, at the server's default durability; nothing is parsed,
 * hashed, locked or checked. Godwit's figures are ratios to this program's, taken in the same run (bench/servers.py).
 *
 *   limit_postgres URL COUNT up       creates COUNT tables, each with an index, oldest first
 *   limit_postgres URL COUNT down     drops them, newest first
 *   limit_postgres URL COUNT one      up, but each migration is sent in one go, which no runner can do that wants
 *                                     to know which statement failed
 *   limit_postgres URL COUNT record   records the versions in one transaction, and makes no tables
 *   limit_postgres URL COUNT ping     asks for nothing COUNT times: what a round trip takes
 *   limit_postgres URL COUNT noop     connects, reads which versions are applied, and finds nothing to do */
#include <errno.h>
#include <libpq-fe.h>
#include <limits.h>
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

static bool run(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good)
        fprintf(stderr, "limit_postgres: %s  in: %s\n", PQerrorMessage(connection), sql);
    PQclear(result);
    return good;
}

__attribute__((format(printf, 2, 3))) static bool run_numbered(PGconn *connection,
                                                               const char *format, ...)
{
    char sql[SQL_MOST];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    return run(connection, sql);
}

static bool up(PGconn *connection, int number)
{
    return run_numbered(connection,
                        "CREATE TABLE t%05d (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)", number) &&
           run_numbered(connection, "CREATE INDEX ix%05d ON t%05d (b)", number, number) &&
           run_numbered(connection,
                        "INSERT INTO schema_limit (version, name, applied_at)"
                        " VALUES (%d, 't%05d', CURRENT_TIMESTAMP)",
                        number, number);
}

static bool down(PGconn *connection, int number)
{
    return run_numbered(connection, "DROP TABLE t%05d", number) &&
           run_numbered(connection, "DELETE FROM schema_limit WHERE version = %d", number);
}

static bool up_in_one(PGconn *connection, int number)
{
    return run_numbered(connection,
                        "BEGIN;"
                        "CREATE TABLE t%05d (id INTEGER PRIMARY KEY, a TEXT, b INTEGER);"
                        "CREATE INDEX ix%05d ON t%05d (b);"
                        "INSERT INTO schema_limit (version, name, applied_at)"
                        " VALUES (%d, 't%05d', CURRENT_TIMESTAMP);"
                        "COMMIT",
                        number, number, number, number, number);
}

static bool migrate(PGconn *connection, int count, bool upward)
{
    for (int i = 0; i < count; i++) {
        if (!run(connection, "BEGIN") ||
            !(upward ? up(connection, i + 1) : down(connection, count - i)) ||
            !run(connection, "COMMIT"))
            return false;
    }
    return true;
}

static bool record(PGconn *connection, int count)
{
    return run_numbered(connection,
                        "INSERT INTO schema_limit (version, name, applied_at)"
                        " SELECT n, 't' || lpad(n::text, 5, '0'), CURRENT_TIMESTAMP"
                        " FROM generate_series(1, %d) AS n",
                        count);
}

static bool work(PGconn *connection, int count, const char *what)
{
    bool good = true;
    if (strcmp(what, "record") == 0)
        return record(connection, count);
    bool one = strcmp(what, "one") == 0;
    if (!one && strcmp(what, "ping") != 0)
        return migrate(connection, count, strcmp(what, "up") == 0);
    for (int i = 0; i < count && good; i++)
        good = one ? up_in_one(connection, i + 1) : run(connection, "SELECT 1");
    return good;
}

static bool prepare(PGconn *connection)
{
    return run(connection, "SET client_min_messages = error") &&
           run(connection, "CREATE TABLE IF NOT EXISTS schema_limit (version INTEGER PRIMARY KEY,"
                           " name VARCHAR(200), applied_at TIMESTAMP)");
}

int main(int argc, char **argv)
{
    char *end = NULL;
    errno = 0;
    long count = argc == 4 ? strtol(argv[2], &end, 10) : -1;
    if (errno || count < 0 || count > INT_MAX || *end) {
        fprintf(stderr, "usage: limit_postgres URL COUNT up|down|one|record|ping|noop\n");
        return EXIT_USAGE;
    }
    PGconn *connection = PQconnectdb(argv[1]);
    bool good = PQstatus(connection) == CONNECTION_OK;
    if (!good)
        fprintf(stderr, "limit_postgres: %s", PQerrorMessage(connection));
    bool noop = strcmp(argv[3], "noop") == 0;
    good = good && (noop || prepare(connection)) &&
           run(connection, "SELECT version, name FROM schema_limit ORDER BY version") &&
           (noop || work(connection, (int)count, argv[3]));
    PQfinish(connection);
    return good ? EXIT_SUCCESS : EXIT_FAILED;
}
