/* SPDX-License-Identifier: Apache-2.0 */
/* The server's tokens, as far as the driver needs them: what is text, what is comment, where a delimiter counts.
 * Linear, and never outside [text, text + len). */
#ifndef MYSQL_LEXER_H
#define MYSQL_LEXER_H

#include <godwit/base.h>
#include <stdbool.h>

/* How the server reads a text. All zero: as one with default settings that understands every version comment. */
struct my_modes {
    bool ansi_quotes;  /* sql_mode ANSI_QUOTES: "x" is a name */
    bool no_backslash; /* sql_mode NO_BACKSLASH_ESCAPES */
    bool mariadb;
    uint32_t version; /* 101119 for 10.11.19; 0: not known */
};

enum my_token {
    MY_T_END,
    MY_T_SPACE,  /* white space, a comment, the brackets of a version comment that is run */
    MY_T_WORD,   /* a keyword, an unquoted name, a number */
    MY_T_STRING, /* '...', or "..." */
    MY_T_NAME,   /* `...`, or "..." with ANSI_QUOTES */
    MY_T_DELIMITER,
    MY_T_OTHER,     /* one byte of an operator, or one that the server does not know */
    MY_T_UNFINISHED /* a string, quoted name or block comment up to the end of the text */
};

struct my_lexer {
    const char *text;
    size_t len;
    size_t begin; /* of the last token */
    size_t at;    /* its end */
    struct my_modes modes;
    struct gw_str delimiter; /* empty: none counts */
    unsigned inside;         /* version comments that are open */
    bool executable;         /* the last token opened or closed a version comment */
};

#define MY_LEXER(sql_, modes_) \
    ((struct my_lexer){ .text = (sql_).ptr, .len = (sql_).len, .modes = (modes_) })

enum my_token my_lex(struct my_lexer *lexer);
/* The same, space and comments skipped. */
enum my_token my_lex_next(struct my_lexer *lexer);
/* The last token is this word; upper is in capitals. */
bool my_lex_is(const struct my_lexer *lexer, const char *upper);
/* The last token is this one byte. */
bool my_lex_mark(const struct my_lexer *lexer, char mark);
/* Writes the last token without quotes, cut to room - 1 bytes. */
void my_lex_plain(const struct my_lexer *lexer, char *out, size_t room);
/* my_lex_next() of a copy: what follows is this word. */
bool my_lex_peek(const struct my_lexer *lexer, const char *upper);
/* One of the words, separated by a blank each. */
bool my_lex_among(const struct my_lexer *lexer, const char *words);

#endif
