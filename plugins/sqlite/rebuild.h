/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that point at no parent, as a unit that rebuilds tables with foreign keys off can leave them. */
#ifndef SQLITE_REBUILD_H
#define SQLITE_REBUILD_H

#include "session.h"

struct sqlite_violation {
    char *child, *parent, *columns;
    int64_t fk; /* SQLite's number of the constraint in its table */
    int64_t rows;
};
struct sqlite_violations {
    struct sqlite_violation *at; /* by child, parent and columns */
    size_t n, room;
    size_t unchecked; /* tables that SQLite could not check */
};

/* In the tables of session->touched and their children. To be freed in any case. */
gw_status sqlite_violations_read(struct sqlite_session *session, struct sqlite_violations *out);
/* The first constraint that more rows break in after than in before; NULL: none. *rows: how many more. */
const struct sqlite_violation *sqlite_violations_new(const struct sqlite_violations *before,
                                                     const struct sqlite_violations *after,
                                                     int64_t *rows);
void sqlite_violations_free(struct sqlite_violations *violations);

/* Enforcement on this connection. set works outside a transaction only. */
bool sqlite_foreign_keys(struct sqlite_session *session);
gw_status sqlite_foreign_keys_set(struct sqlite_session *session, bool on);

#endif
