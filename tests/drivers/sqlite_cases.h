/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what only SQLite has. Each returns the number of failed tests. */
#ifndef DRIVER_SQLITE_CASES_H
#define DRIVER_SQLITE_CASES_H

#include "contract.h"

int sqlite_open_cases(const struct plugin *plugin);
int sqlite_split_cases(const struct plugin *plugin);
int sqlite_guard_cases(const struct plugin *plugin);
int sqlite_rebuild_cases(const struct plugin *plugin);
int sqlite_fault_cases(const struct plugin *plugin);

/* A new database in the folder of the test, with these session statements (NULL: none). */
void sqlite_new(struct connection *out, const struct plugin *plugin, const char *session);
/* One unit of these statements of a migration, up to the first NULL; fails the test if it fails. */
void sqlite_must(struct connection *connection, uint64_t flags, const char *const sql[]);

#endif
