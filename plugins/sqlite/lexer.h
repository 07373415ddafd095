/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite's tokens, as far as the driver needs them: what is text, what is comment, where a ';' counts. Linear,
 * and never outside [text, text + len). */
#ifndef SQLITE_LEXER_H
#define SQLITE_LEXER_H

#include <godwit/base.h>
#include <stdbool.h>

enum sqlite_token {
    SQLITE_T_END,
    SQLITE_T_SPACE,  /* white space or a comment */
    SQLITE_T_WORD,   /* a keyword, an unquoted name, a number */
    SQLITE_T_STRING, /* '...' */
    SQLITE_T_NAME,   /* "...", `...`, [...] */
    SQLITE_T_SEMICOLON,
    SQLITE_T_OTHER,     /* one byte of an operator, or a byte that SQLite does not know */
    SQLITE_T_UNFINISHED /* a string, quoted name or block comment up to the end of the text */
};

struct sqlite_lexer {
    const char *text;
    size_t len;
    size_t begin; /* of the last token */
    size_t at;    /* its end */
};

enum sqlite_token sqlite_lex(struct sqlite_lexer *lexer);
/* The same, space and comments skipped. */
enum sqlite_token sqlite_lex_next(struct sqlite_lexer *lexer);
/* The last token is this word; upper is in capitals. */
bool sqlite_lex_is(const struct sqlite_lexer *lexer, const char *upper);
/* Writes the last token without quotes, in lower case and cut to room - 1 bytes. */
void sqlite_lex_plain(const struct sqlite_lexer *lexer, char *out, size_t room);

#endif
