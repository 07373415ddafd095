/* SPDX-License-Identifier: Apache-2.0 */
/* One statement: sent, waited for, its results taken. */
#ifndef MYSQL_WIRE_H
#define MYSQL_WIRE_H

#include "session.h"

#include "base/buf.h"

struct my_rows { /* what becomes of the rows of the first result; both may be NULL */
    gw_status (*columns)(struct my_session *session, MYSQL_RES *result, void *payload);
    gw_status (*row)(struct my_session *session, MYSQL_RES *result, MYSQL_ROW row,
                     const unsigned long *lengths, void *payload);
    void *payload;
};

/* Runs it to the end of its last result; while it runs, the call can be cancelled, and who blocks it is watched.
 * rows may be NULL: they are dropped. *affected (may be NULL): changed rows, or -1. */
gw_status my_execute(struct my_session *session, struct gw_str sql, const struct my_rows *rows,
                     int64_t *affected);
/* A statement of the driver itself. */
gw_status my_command(struct my_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with at most one row of at most n texts, copied into memory of n times room bytes at out; NULL is "".
 * *found (may be NULL): there was a row. */
gw_status my_ask(struct my_session *session, char *out, size_t n, size_t room, bool *found,
                 const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Its failure is of no interest: it is logged for who looks for it. */
bool my_try(struct my_session *session, const char *sql);

/* A host's statement with its arguments in place of ?1, ?2, ... */
gw_status my_render(struct my_session *session, const struct gw_statement *statement,
                    struct gw_buf *out);

#endif
