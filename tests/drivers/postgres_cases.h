/* SPDX-License-Identifier: Apache-2.0 */
/* What is PostgreSQL's own, in parts; each returns the number of failed tests. */
#ifndef POSTGRES_CASES_H
#define POSTGRES_CASES_H

#include "contract.h"

#include <libpq-fe.h>

int postgres_split_cases(const struct plugin *plugin);
int postgres_session_cases(const struct plugin *plugin);
int postgres_recover_cases(const struct plugin *plugin);
int postgres_trouble_cases(const struct plugin *plugin);

/* The URL of the test's database. */
const char *postgres_url(void);
/* The server's, with another database. */
const char *postgres_url_of(const char *server, const char *database);
const char *postgres_server(void);
/* A connection of libpq's own to it, for what another session does. */
PGconn *postgres_other(void);
/* One statement on it; fails the test if it fails. Returns the first cell, in a buffer that the next call replaces. */
const char *postgres_other_ask(PGconn *other, const char *sql);

void postgres_new(struct connection *out, const struct plugin *plugin, uint64_t flags);
/* The statements of a migration, together or each by itself; fails the test if one fails. */
void postgres_must(struct connection *connection, uint64_t flags, const char *const sql[]);
#define MUST(connection_, flags_, ...) \
    postgres_must(connection_, flags_, (const char *const[]){ __VA_ARGS__, NULL })

#define POSTGRES_CASE(name_) \
    { \
#name_, name_, contract_begin, contract_end, NULL \
    }

#endif
