/* SPDX-License-Identifier: Apache-2.0 */
/* The yardstick for SQLite: the tightest loop that is still honest. Each migration is one transaction with
 * its version row, at SQLite's default durability; nothing is parsed, hashed, locked or checked. Godwit's
 * figures are ratios to this program's, taken in the same run (bench/run.py).
 *
 *   limit FILE COUNT up       creates COUNT tables, each with an index, oldest first
 *   limit FILE COUNT down     drops them, newest first
 *   limit FILE COUNT noop     reads which versions are applied, and finds nothing to do
 *   limit FILE COUNT single   as up, but in one transaction: what grouping can reach at best */
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SQL_MOST = 512,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2
};

static const char make_table[] = "CREATE TABLE IF NOT EXISTS schema_limit ("
                                 "version INTEGER PRIMARY KEY, name VARCHAR(200), "
                                 "applied_at TIMESTAMP)";
static const char read_versions[] = "SELECT version, name FROM schema_limit ORDER BY version";

/* The same change as bench/run.py writes into godwit's migration files. */
static const char up_sql[] = "CREATE TABLE t%05d (id INTEGER PRIMARY KEY, a TEXT, b INTEGER);\n"
                             "CREATE INDEX ix%05d ON t%05d (b);\n";
static const char up_row[] = "INSERT INTO schema_limit (version, name, applied_at) "
                             "VALUES (%d, 't%05d', CURRENT_TIMESTAMP)";
static const char down_sql[] = "DROP TABLE t%05d;\n";
static const char down_row[] = "DELETE FROM schema_limit WHERE version = %d";

enum work {
    WORK_UP,
    WORK_DOWN,
    WORK_NOOP,
    WORK_SINGLE
};
static const char *const work_names[] = { "up", "down", "noop", "single" };

static bool run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    fprintf(stderr, "limit: %s\n  in: %s\n", sqlite3_errmsg(db), sql);
    return false;
}

/* What a runner has to know before it can say that nothing is pending. */
static bool read_applied(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, read_versions, -1, &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW)
        code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code == SQLITE_DONE)
        return true;
    fprintf(stderr, "limit: %s\n  in: %s\n", sqlite3_errmsg(db), read_versions);
    return false;
}

static bool change(sqlite3 *db, int number, bool up)
{
    char sql[SQL_MOST], row[SQL_MOST];
    if (up) {
        snprintf(sql, sizeof sql, up_sql, number, number, number);
        snprintf(row, sizeof row, up_row, number, number);
    } else {
        snprintf(sql, sizeof sql, down_sql, number);
        snprintf(row, sizeof row, down_row, number);
    }
    return run(db, sql) && run(db, row);
}

static bool migrate(sqlite3 *db, int count, enum work work)
{
    bool up = work != WORK_DOWN, each = work != WORK_SINGLE;
    if (!each && !run(db, "BEGIN IMMEDIATE"))
        return false;
    for (int i = 0; i < count; i++) {
        if (each && !run(db, "BEGIN IMMEDIATE"))
            return false;
        if (!change(db, up ? i + 1 : count - i, up))
            return false;
        if (each && !run(db, "COMMIT"))
            return false;
    }
    return each || run(db, "COMMIT");
}

static bool parse_count(const char *text, int *count)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || end == text || *end || number < 0 || number > INT_MAX)
        return false;
    *count = (int)number;
    return true;
}

static bool parse_work(const char *text, enum work *work)
{
    for (size_t i = 0; i < sizeof work_names / sizeof work_names[0]; i++)
        if (strcmp(text, work_names[i]) == 0) {
            *work = (enum work)i;
            return true;
        }
    return false;
}

int main(int argc, char **argv)
{
    int count;
    enum work work;
    sqlite3 *db = NULL;

    if (argc != 4 || !parse_count(argv[2], &count) || !parse_work(argv[3], &work)) {
        fprintf(stderr, "usage: limit FILE COUNT up|down|noop|single\n");
        return EXIT_USAGE;
    }
    bool good = sqlite3_open(argv[1], &db) == SQLITE_OK;
    if (!good)
        fprintf(stderr, "limit: cannot open '%s': %s\n", argv[1], sqlite3_errmsg(db));
    good = good && run(db, make_table) && read_applied(db);
    if (good && work != WORK_NOOP)
        good = migrate(db, count, work);
    sqlite3_close(db);
    return good ? EXIT_SUCCESS : EXIT_FAILED;
}
