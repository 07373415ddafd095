/* SPDX-License-Identifier: Apache-2.0 */
/* The contract for PostgreSQL, and what is PostgreSQL's own. The server's URL is in GODWIT_TEST_POSTGRES; each test
 * makes a database of its own there. */
#include "postgres_cases.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SKIPPED = 77
};

static char database[40];

const char *postgres_server(void)
{
    return getenv("GODWIT_TEST_POSTGRES");
}

/* The path of a URL is the database; what follows '?' stays. */
const char *postgres_url_of(const char *server, const char *name)
{
    static char urls[4][1024];
    static unsigned next;
    char *url = urls[next++ % 4];
    const char *path = strchr(strstr(server, "://") + 3, '/');
    const char *query = strchr(server, '?');
    size_t len = path ? (size_t)(path - server) : strlen(server);
    snprintf(url, sizeof urls[0], "%.*s/%s%s", (int)len, server, name, query ? query : "");
    return url;
}

const char *postgres_url(void)
{
    return postgres_url_of(postgres_server(), database);
}

static const char *absent_url(void)
{
    return postgres_url_of(postgres_server(), "godwit_absent");
}

static PGconn *connect_to(const char *url)
{
    PGconn *db = PQconnectdb(url);
    if (PQstatus(db) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(db));
    return db;
}

PGconn *postgres_other(void)
{
    return connect_to(postgres_url());
}

const char *postgres_other_ask(PGconn *other, const char *sql)
{
    static char cell[256];
    PGresult *result = PQexec(other, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(other));
    snprintf(cell, sizeof cell, "%s", PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return cell;
}

static void fresh(void)
{
    struct timespec now;
    char sql[128];
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(database, sizeof database, "godwit_%d_%ld", (int)getpid(), now.tv_nsec);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", database);
    PGconn *db = connect_to(postgres_server());
    postgres_other_ask(db, sql);
    PQfinish(db);
}

static void remove_database(void)
{
    char sql[160];
    PGconn *db = connect_to(postgres_server());
    snprintf(sql, sizeof sql,
             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'",
             database);
    while (*postgres_other_ask(db,
                               sql)) /* as DROP DATABASE ... WITH (FORCE) does from version 13 on */
        continue;
    snprintf(sql, sizeof sql, "DROP DATABASE %s", database);
    postgres_other_ask(db, sql);
    PQfinish(db);
}

void postgres_new(struct connection *out, const struct plugin *plugin, uint64_t flags)
{
    const struct opening opening = { .url = postgres_url(), .flags = flags };
    if (connection_open(out, plugin, &opening) != GW_OK)
        fail_msg("open: %s", out->call.message);
}

void postgres_must(struct connection *connection, uint64_t flags, const char *const sql[])
{
    struct unit unit = { .flags = flags, .statement_flags = GW_STMT_USER };
    for (size_t i = 0; sql[i]; i++)
        unit.sql[i] = sql[i];
    if (run(connection, &unit) != GW_OK)
        fail_msg("statement %u: %s", connection->call.n_done, connection->call.message);
}

int main(void)
{
    struct plugin plugin;
    static const struct dialect postgres = {
        .library = TEST_BUILD_DIR "/plugins/postgres.so",
        .url = postgres_url,
        .absent_url = absent_url,
        .fresh = fresh,
        .remove = remove_database,
        .create_parent = "CREATE TABLE parent (id integer PRIMARY KEY, name text UNIQUE)",
        .create_child =
            "CREATE TABLE child (id integer PRIMARY KEY, parent integer REFERENCES parent)",
        .create_values =
            "CREATE TABLE value_of (id integer PRIMARY KEY, t text, i bigint, b bytea)",
        .broken = "SELEC 1",
        .slow = "SELECT count(*) FROM generate_series(1, 100000000000) AS n(i)",
        .begin = "BEGIN",
        .commit = "COMMIT",
        .rollback = "ROLLBACK",
    };
    if (!postgres_server() || !strstr(postgres_server(), "://")) {
        printf("skipped: there is no server; GODWIT_TEST_POSTGRES is not its URL\n");
        return SKIPPED;
    }
    plugin_load(&plugin, postgres.library);
    return contract_run(&postgres, "contract") + postgres_split_cases(&plugin) +
           postgres_session_cases(&plugin) + postgres_recover_cases(&plugin) +
           postgres_trouble_cases(&plugin);
}
