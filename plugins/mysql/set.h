/* SPDX-License-Identifier: Apache-2.0 */
/* SET a = b, c = d: what it assigns. */
#ifndef MYSQL_SET_H
#define MYSQL_SET_H

#include "lexer.h"

enum my_set_scope {
    MY_SET_SESSION,
    MY_SET_GLOBAL, /* PERSIST and PERSIST_ONLY too */
    MY_SET_USER,   /* @name */
    MY_SET_FORM /* SET NAMES, SET PASSWORD and their like: name is that word, nothing is assigned */
};

struct my_assignment {
    enum my_set_scope scope;
    char name[65];       /* lower case, without @ and scope */
    struct gw_str value; /* its text */
};

struct my_set {
    struct my_lexer lexer;
    enum my_set_scope scope; /* SET GLOBAL a = 1, b = 2: of all that follow */
    bool first;
};

/* sql: a statement that begins with SET. */
void my_set_begin(struct my_set *set, struct gw_str sql, const struct my_modes *modes);
bool my_set_next(struct my_set *set, struct my_assignment *out);
/* The server reads what follows in another way than now: sql_mode, or a character set that is not UTF-8. */
bool my_set_reads(const struct my_assignment *assignment, const struct my_modes *modes);
/* What a statement that begins with SET makes of sql_mode. base: modes that @saved variables and DEFAULT mean. */
void my_set_modes(struct gw_str sql, const struct my_modes *base, struct my_modes *modes);

#endif
