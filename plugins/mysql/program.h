/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a ';' ends a statement, or is part of a body: CREATE TRIGGER ... BEGIN ...; END. */
#ifndef MYSQL_PROGRAM_H
#define MYSQL_PROGRAM_H

#include "lexer.h"

enum my_program_state {
    MY_PROGRAM_START,  /* no token of the statement yet */
    MY_PROGRAM_CREATE, /* CREATE or ALTER, and not yet what */
    MY_PROGRAM_NONE,   /* a statement without a body */
    MY_PROGRAM_HEADER,
    MY_PROGRAM_BODY
};

struct my_program { /* zero-initialise */
    enum my_program_state state;
    char kind;       /* of CREATE: T trigger, E event, R procedure or function */
    bool declares;   /* the statement of the body under way is a DECLARE */
    bool parameters; /* the list of parameters is closed */
    size_t paren;
    size_t depth; /* blocks that are open */
    size_t cases; /* CASE expressions that are open */
    bool after_end;
    char last[12]; /* the token before, in capitals, cut */
};

/* Takes each token of a statement but space and delimiters. */
void my_program_token(struct my_program *program, const struct my_lexer *lexer,
                      enum my_token token);
/* A ';': true if it ends the statement. */
bool my_program_semicolon(struct my_program *program);

#endif
