/* SPDX-License-Identifier: Apache-2.0 */
/* What a migration may do with which PRAGMA: one table for the splitter, the guard and the runner. */
#ifndef SQLITE_PRAGMA_H
#define SQLITE_PRAGMA_H

#include <stdbool.h>

enum sqlite_pragma_policy {
    SQLITE_PRAGMA_FREE,     /* part of the database, or without lasting effect */
    SQLITE_PRAGMA_RESTORED, /* a session setting: put back when the unit is over */
    SQLITE_PRAGMA_SIGNAL,   /* foreign_keys: says that tables are rebuilt */
    SQLITE_PRAGMA_ALONE,    /* works outside a transaction only */
    SQLITE_PRAGMA_REFUSED
};

/* Both in lower case, without quotes; value NULL: the pragma is only read. *why gets the reason of a refusal. */
enum sqlite_pragma_policy sqlite_pragma_policy(const char *name, const char *value,
                                               const char **why);
/* SQLite's own reading of a truth value: on, yes, true and numbers other than 0. */
bool sqlite_pragma_true(const char *value);

#endif
