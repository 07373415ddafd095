/* SPDX-License-Identifier: Apache-2.0 */
/* The contract for MySQL and MariaDB, and what is their own. The server's URL is in GODWIT_TEST_MYSQL; each test makes
 * a database of its own there. */
#include "mysql_cases.h"

#include "cmocka_all.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SKIPPED = 77
};

static char database[64];

/* ---- the server ---- */

const char *mysql_url_of(const char *name)
{
    static char urls[4][1024];
    static unsigned next;
    const char *server = getenv("GODWIT_TEST_MYSQL");
    char *url = urls[next++ % 4];
    const char *query = strchr(server, '?');
    const char *path = strchr(strstr(server, "://") + 3, '/');
    size_t len = path && (!query || path < query) ? (size_t)(path - server)
                 : query                          ? (size_t)(query - server)
                                                  : strlen(server);
    snprintf(url, sizeof urls[0], "%.*s/%s%s", (int)len, server, name, query ? query : "");
    return url;
}

const char *mysql_url(void)
{
    return mysql_url_of(database);
}

static const char *absent_url(void)
{
    return mysql_url_of("godwit_absent");
}

struct parts {
    char user[64], password[64], host[128], socket[256];
    unsigned port;
};

/* mysql://user:password@host:port/?socket=..., as the servers of the tests write it: nothing is quoted. */
static void read_url(struct parts *out)
{
    const char *server = getenv("GODWIT_TEST_MYSQL"), *at = strstr(server, "://") + 3;
    const char *sign = strchr(at, '@'), *socket = strstr(server, "socket=");
    *out = (struct parts){ .user = "root", .host = "localhost" };
    if (sign) {
        size_t n = strcspn(at, ":@");
        snprintf(out->user, sizeof out->user, "%.*s", (int)n, at);
        if (at[n] == ':')
            snprintf(out->password, sizeof out->password, "%.*s", (int)(sign - at) - (int)n - 1,
                     at + n + 1);
        at = sign + 1;
    }
    size_t n = strcspn(at, ":/?");
    if (n)
        snprintf(out->host, sizeof out->host, "%.*s", (int)n, at);
    if (at[n] == ':')
        out->port = (unsigned)strtoul(at + n + 1, NULL, 10);
    if (socket)
        snprintf(out->socket, sizeof out->socket, "%.*s", (int)strcspn(socket + 7, "&"),
                 socket + 7);
}

static MYSQL *connect_to(const char *name)
{
    struct parts parts;
    MYSQL *db = mysql_init(NULL);
    read_url(&parts);
    if (!mysql_real_connect(db, parts.host, parts.user, parts.password, name, parts.port,
                            parts.socket[0] ? parts.socket : NULL, 0))
        fail_msg("%s", mysql_error(db));
    return db;
}

MYSQL *mysql_other(void)
{
    return connect_to(database);
}

const char *mysql_other_ask(MYSQL *other, const char *format, ...)
{
    static char cell[256];
    char sql[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    cell[0] = '\0';
    if (mysql_query(other, sql))
        fail_msg("%s: %s", sql, mysql_error(other));
    MYSQL_RES *result = mysql_store_result(other);
    MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
    if (row && row[0])
        snprintf(cell, sizeof cell, "%s", row[0]);
    mysql_free_result(result);
    return cell;
}

bool mysql_is_mariadb(void)
{
    MYSQL *db = connect_to(NULL);
    bool mariadb = strstr(mysql_other_ask(db, "SELECT @@version"), "MariaDB");
    mysql_close(db);
    return mariadb;
}

static void fresh(void)
{
    struct timespec now;
    MYSQL *db = connect_to(NULL);
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(database, sizeof database, "godwit_%d_%ld", (int)getpid(), now.tv_nsec);
    mysql_other_ask(db, "CREATE DATABASE %s", database);
    mysql_close(db);
}

static void remove_database(void)
{
    MYSQL *db = connect_to(NULL);
    mysql_other_ask(db, "DROP DATABASE IF EXISTS %s", database);
    mysql_close(db);
}

/* ---- sessions of the driver ---- */

void mysql_new(struct connection *out, const struct plugin *plugin, uint64_t flags)
{
    const struct opening opening = { .url = mysql_url(), .flags = flags };
    if (connection_open(out, plugin, &opening) != GW_OK)
        fail_msg("open: %s", out->call.message);
}

void mysql_must(struct connection *connection, uint64_t flags, const char *const sql[])
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
    static const struct dialect mysql = {
        .library = TEST_BUILD_DIR "/plugins/mysql.so",
        .url = mysql_url,
        .absent_url = absent_url,
        .fresh = fresh,
        .remove = remove_database,
        .create_parent = "CREATE TABLE parent (id INT PRIMARY KEY, name VARCHAR(50) UNIQUE)"
                         " ENGINE=InnoDB",
        .create_child = "CREATE TABLE child (id INT PRIMARY KEY, parent INT,"
                        " FOREIGN KEY (parent) REFERENCES parent (id)) ENGINE=InnoDB",
        .create_values = "CREATE TABLE value_of (id INT PRIMARY KEY, t TEXT, i BIGINT, b BLOB)"
                         " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
        .broken = "SELEC 1",
        .slow = "SELECT count(*) FROM information_schema.COLLATIONS a,"
                " information_schema.COLLATIONS b, information_schema.COLLATIONS c,"
                " information_schema.COLLATIONS d",
        .begin = "START TRANSACTION",
        .commit = "COMMIT",
        .rollback = "ROLLBACK",
    };
    if (!getenv("GODWIT_TEST_MYSQL")) {
        fprintf(stderr, "GODWIT_TEST_MYSQL is not set: skipped\n");
        return SKIPPED;
    }
    plugin_load(&plugin, mysql.library);
    return contract_run(&mysql, "contract") + mysql_split_cases(&plugin) +
           mysql_session_cases(&plugin) + mysql_trouble_cases(&plugin) +
           mysql_recover_cases(&plugin);
}
