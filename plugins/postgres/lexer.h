/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL's lexical rules, as far as finding statements needs them. */
#ifndef POSTGRES_LEXER_H
#define POSTGRES_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum postgres_token {
    POSTGRES_T_END,
    POSTGRES_T_SPACE, /* and comments */
    POSTGRES_T_WORD,
    POSTGRES_T_NAME,   /* "quoted" */
    POSTGRES_T_STRING, /* of every kind, dollar quotes as well */
    POSTGRES_T_NUMBER,
    POSTGRES_T_SEMICOLON,
    POSTGRES_T_OPEN, /* ( */
    POSTGRES_T_CLOSE,
    POSTGRES_T_COLON,     /* one alone, not :: or := */
    POSTGRES_T_BACKSLASH, /* outside of quotes: psql's, not SQL */
    POSTGRES_T_OTHER,
    POSTGRES_T_UNFINISHED /* a quote or comment that is never closed */
};

struct postgres_lexer {
    const char *text;
    size_t len;
    size_t begin, at; /* of the token read last, and behind it */
    bool backslashes; /* standard_conforming_strings is off: '\'' is one string */
};

/* The next token, white space and comments among them. */
enum postgres_token postgres_lex(struct postgres_lexer *lexer);
/* The next one that is neither. */
enum postgres_token postgres_lex_next(struct postgres_lexer *lexer);
/* The token read last is this word, in any case. */
bool postgres_lex_is(const struct postgres_lexer *lexer, const char *word);
/* What a name or string stands for: without its quotes, a word in lower case; cut to room. */
void postgres_plain(const char *token, size_t len, char *out, size_t room);
/* The same two, for a token that is kept. */
bool postgres_word_is(const char *token, size_t len, const char *word);

#endif
