/* SPDX-License-Identifier: Apache-2.0 */
/* What is MySQL's and MariaDB's own, in parts; each returns the number of failed tests. */
#ifndef MYSQL_CASES_H
#define MYSQL_CASES_H

#include "contract.h"

#include <mysql.h>

int mysql_split_cases(const struct plugin *plugin);
int mysql_session_cases(const struct plugin *plugin);
int mysql_trouble_cases(const struct plugin *plugin);
int mysql_recover_cases(const struct plugin *plugin);

/* The URL of the test's database. */
const char *mysql_url(void);
/* The server's, with another database. */
const char *mysql_url_of(const char *database);
/* A connection of the client library's own to the test's database, for what another session does. */
MYSQL *mysql_other(void);
/* One statement on it; fails the test if it fails. Returns the first cell, in a buffer that the next call replaces. */
const char *mysql_other_ask(MYSQL *other, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool mysql_is_mariadb(void);

void mysql_new(struct connection *out, const struct plugin *plugin, uint64_t flags);
/* The statements of a migration, together or each by itself; fails the test if one fails. */
void mysql_must(struct connection *connection, uint64_t flags, const char *const sql[]);
#define MUST(connection_, flags_, ...) \
    mysql_must(connection_, flags_, (const char *const[]){ __VA_ARGS__, NULL })

#define MYSQL_CASE(name_) \
    { \
#name_, name_, contract_begin, contract_end, NULL \
    }

#endif
