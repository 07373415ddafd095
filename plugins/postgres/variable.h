/* SPDX-License-Identifier: Apache-2.0 */
/* psql's variables: what \set gave a name, and what psql itself knows (DBNAME, ...). A script is cut with its
 * variables in it, so that hashes and positions are those of the file; a statement gets their values when it runs. */
#ifndef POSTGRES_VARIABLE_H
#define POSTGRES_VARIABLE_H

#include "scan.h"
#include "session.h"

#include "base/buf.h"

/* The name in ":name", ":'name'" or ":\"name\"", from the token behind the colon. */
struct gw_str postgres_variable_name(const char *text, const struct postgres_kept *token);
/* psql knows it without any \set. */
bool postgres_variable_builtin(struct gw_str name);

/* What "\set name value ..." or "\unset name" says. */
struct postgres_assignment {
    struct gw_str name;
    struct gw_str values; /* as written, to the end of the line */
    bool unset;
    bool idle; /* it steers psql alone, the way that we work anyway: nothing is left to do */
};
/* False: no such command stands there, or it is refused, with the reason in out. */
bool postgres_assignment_read(struct gw_str command, struct postgres_assignment *out,
                              struct postgres_kind *kind);
/* Does it. The values of other variables are those of now. */
gw_status postgres_assign(struct postgres_session *session,
                          const struct postgres_assignment *assignment);
void postgres_variables_forget(struct postgres_session *session);

struct postgres_piece {
    size_t out, in; /* where it begins in what is sent, and in the statement */
    bool value;     /* of a variable */
};
/* A statement with the values in place of its variables. */
struct postgres_text {
    struct gw_str sql; /* what is sent; the statement itself if there are none */
    struct gw_buf buf;
    GW_VEC(struct postgres_piece) pieces; /* none: nothing was put in */
};
/* *out is to be freed in any case. Fails for a variable that is not set. */
gw_status postgres_text_make(struct postgres_session *session, struct gw_str sql, size_t len,
                             struct postgres_text *out);
/* As postgres_fail_result, with the position in the statement as it was written: of a value, where its variable
 * begins. */
gw_status postgres_text_fail(struct postgres_session *session, const PGresult *result,
                             const struct postgres_text *text);
void postgres_text_free(struct postgres_text *text);

#endif
