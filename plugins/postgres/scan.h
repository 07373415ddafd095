/* SPDX-License-Identifier: Apache-2.0 */
/* What a statement is, from its text: one pass over its tokens, fed by the splitter and by classify. */
#ifndef POSTGRES_SCAN_H
#define POSTGRES_SCAN_H

#include "lexer.h"

#include <godwit/driver.h>

struct postgres_kind {
    uint64_t flags;    /* GW_CLASS_* | GW_SPLIT_* */
    gw_status status;  /* with GW_SPLIT_REFUSED: why */
    char message[200]; /* the same, as text */
    const char *hint;
    bool concurrent; /* works in steps and waits in between: lock_timeout would leave half of it */
    bool dirties;    /* may change the session */
    bool copies;     /* COPY ... FROM STDIN */
    bool identity;   /* may change the role */
    bool assigns;    /* \set and \unset of psql: nothing is sent */
    int strings;     /* 1, -1: switches standard_conforming_strings on, off */
    size_t command;  /* length of the command itself; of COPY without its data */
    size_t data;     /* of COPY: where its data begin; 0: there are none */
};

enum {
    POSTGRES_KEPT = 64
};
struct postgres_kept { /* a token */
    size_t begin, len;
    enum postgres_token token;
};

struct postgres_scan {
    struct postgres_kept kept[POSTGRES_KEPT]; /* the first */
    size_t n;                                 /* tokens in all */
    struct postgres_kept last;                /* the one before */
    size_t depth, brackets;                   /* open parentheses, open [ */
    size_t body;                              /* BEGIN ATOMIC and CASE that are not closed */
    bool colon;    /* the token before is a ':' that may begin a variable of psql */
    bool from, to; /* the token before is FROM, TO, outside of parentheses */
    bool copies_in, copies_out;
    bool dirties;
    bool unlocks;
    bool unfinished;
    struct postgres_kept variable; /* the token read last is one of psql; len 0: it is none */
    struct postgres_kept command;  /* the backslash of a psql command; len 0: none */
};

/* Adds the token that the lexer has just read; true: it is the ';' that ends the statement. */
bool postgres_scan_token(struct postgres_scan *scan, const struct postgres_lexer *lexer,
                         enum postgres_token token);
/* What the tokens mean. text: what the positions of the scan count from; len: where the statement ends. */
void postgres_scan_kind(const struct postgres_scan *scan, const char *text, size_t len,
                        struct postgres_kind *out);
/* Behind the ';' of COPY at `at`: where its data begin; 0: they do not follow on a line of their own. */
size_t postgres_copy_data(const char *text, size_t len, size_t at);
/* All of it for a statement that stands alone. */
void postgres_classify(struct gw_str sql, bool backslashes, struct postgres_kind *out);

/* psql.c: what a command of psql means, as a statement. */
void postgres_psql_kind(const char *command, size_t len, struct postgres_kind *out);
/* It means nothing to the database. */
bool postgres_psql_idle(const char *command, size_t len);

/* Used by both. */
__attribute__((format(printf, 4, 5))) void postgres_kind_refuse(struct postgres_kind *out,
                                                                gw_status status, const char *hint,
                                                                const char *format, ...);

#endif
