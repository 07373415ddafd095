/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said about one statement from its text alone. */
#ifndef SQLITE_CLASSIFY_H
#define SQLITE_CLASSIFY_H

#include "pragma.h"

#include <godwit/driver.h>

struct sqlite_kind {
    uint64_t flags; /* as split() reports them */
    bool rebuilds;  /* drops or renames a table, or says PRAGMA foreign_keys = off */
    bool vacuum;
    bool savepoint;                   /* SAVEPOINT, RELEASE or ROLLBACK TO */
    enum sqlite_pragma_policy policy; /* of a PRAGMA that sets something; else SQLITE_PRAGMA_FREE */
    char pragma[32]; /* its name, in lower case; empty: no PRAGMA that sets something */
    char value[32];  /* what it sets, in lower case */
    /* With GW_SPLIT_REFUSED: why, and what to do. */
    gw_status status;
    char message[200];
    const char *hint;
};

void sqlite_classify(struct gw_str sql, struct sqlite_kind *out);
/* INSERT, UPDATE, DELETE, REPLACE or WITH: the number of changed rows means something. */
bool sqlite_changes_rows(struct gw_str sql);

#endif
