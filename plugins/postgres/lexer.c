/* SPDX-License-Identifier: Apache-2.0 */
#include "lexer.h"

#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool begins_word(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u == '_' || u >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return begins_word(c) || is_digit(c) || c == '$';
}

static bool is_number(char c)
{
    return is_digit(c) || begins_word(c) || c == '.';
}

static enum postgres_token lex_run(struct postgres_lexer *lexer, bool (*belongs)(char),
                                   enum postgres_token token)
{
    while (lexer->at < lexer->len && belongs(lexer->text[lexer->at]))
        lexer->at++;
    return token;
}

static enum postgres_token unfinished(struct postgres_lexer *lexer)
{
    lexer->at = lexer->len;
    return POSTGRES_T_UNFINISHED;
}

/* Behind a string: where it goes on after a line break, as SQL has it ('a' on one line, 'b' on the next), or 0. */
static size_t continued(const struct postgres_lexer *lexer, size_t at)
{
    bool line = false;
    for (;; at++) {
        if (at >= lexer->len)
            return 0;
        if (line && lexer->len - at > 1 && memcmp(lexer->text + at, "--", 2) == 0) {
            const char *end = memchr(lexer->text + at, '\n', lexer->len - at);
            if (!end)
                return 0;
            at = (size_t)(end - lexer->text);
        }
        if (!is_space(lexer->text[at]))
            return line && lexer->text[at] == '\'' ? at + 1 : 0;
        line = line || lexer->text[at] == '\n' || lexer->text[at] == '\r';
    }
}

/* From behind the opening quote. */
static enum postgres_token lex_quoted(struct postgres_lexer *lexer, size_t at, char quote,
                                      bool backslashes, enum postgres_token token)
{
    while (at < lexer->len) {
        char c = lexer->text[at++];
        if (c == '\\' && backslashes)
            at++;
        if (c != quote)
            continue;
        size_t next = quote == '\'' && backslashes ? continued(lexer, at) : 0;
        if (at < lexer->len && lexer->text[at] == quote)
            at++;
        else if (next)
            at = next;
        else {
            lexer->at = at;
            return token;
        }
    }
    return unfinished(lexer);
}

/* $tag$ ... $tag$; tags hold no '$', so comparing them costs no more than reading the text. */
static enum postgres_token lex_dollar(struct postgres_lexer *lexer)
{
    const char *text = lexer->text;
    size_t at = lexer->begin + 1;
    if (at < lexer->len && is_digit(text[at])) { /* a parameter */
        lexer->at = at;
        return lex_run(lexer, is_digit, POSTGRES_T_OTHER);
    }
    while (at < lexer->len && is_word(text[at]) && text[at] != '$')
        at++;
    if (at >= lexer->len || text[at] != '$') {
        lexer->at = lexer->begin + 1;
        return POSTGRES_T_OTHER;
    }
    size_t tag = ++at - lexer->begin;
    while (at < lexer->len) {
        const char *found = memchr(text + at, '$', lexer->len - at);
        size_t left = found ? (size_t)(text + lexer->len - found) : 0;
        if (left < tag)
            break;
        if (memcmp(found, text + lexer->begin, tag) == 0) {
            lexer->at = (size_t)(found - text) + tag;
            return POSTGRES_T_STRING;
        }
        at = (size_t)(found - text) + 1;
    }
    return unfinished(lexer);
}

static enum postgres_token lex_line_comment(struct postgres_lexer *lexer)
{
    const char *end = memchr(lexer->text + lexer->begin, '\n', lexer->len - lexer->begin);
    lexer->at = end ? (size_t)(end - lexer->text) + 1 : lexer->len;
    return POSTGRES_T_SPACE;
}

static enum postgres_token lex_block_comment(struct postgres_lexer *lexer)
{
    size_t at = lexer->begin + 2, depth = 1;
    while (at + 1 < lexer->len) {
        const char *two = lexer->text + at;
        bool opens = two[0] == '/' && two[1] == '*', closes = two[0] == '*' && two[1] == '/';
        depth += opens;
        depth -= closes;
        at += opens || closes ? 2 : 1;
        if (depth == 0) {
            lexer->at = at;
            return POSTGRES_T_SPACE;
        }
    }
    return unfinished(lexer);
}

/* E'', B'', X'', N'' and U&'', U&"" begin like words. */
static enum postgres_token lex_word(struct postgres_lexer *lexer)
{
    const char *text = lexer->text + lexer->begin;
    size_t left = lexer->len - lexer->begin;
    char next = left > 1 ? text[1] : '\0';

    if (next == '\'' && strchr("eEbBxXnN", *text)) {
        bool escapes =
            *text == 'e' || *text == 'E' || ((*text == 'n' || *text == 'N') && lexer->backslashes);
        return lex_quoted(lexer, lexer->begin + 2, '\'', escapes, POSTGRES_T_STRING);
    }
    if ((*text == 'u' || *text == 'U') && next == '&' && left > 2 &&
        (text[2] == '\'' || text[2] == '"'))
        return lex_quoted(lexer, lexer->begin + 3, text[2], false,
                          text[2] == '"' ? POSTGRES_T_NAME : POSTGRES_T_STRING);
    return lex_run(lexer, is_word, POSTGRES_T_WORD);
}

static enum postgres_token lex_mark(struct postgres_lexer *lexer, char mark, char next)
{
    lexer->at = lexer->begin + 1;
    switch (mark) {
    case '\'':
        return lex_quoted(lexer, lexer->at, mark, lexer->backslashes, POSTGRES_T_STRING);
    case '"':
        return lex_quoted(lexer, lexer->at, mark, false, POSTGRES_T_NAME);
    case '$':
        return lex_dollar(lexer);
    case ';':
        return POSTGRES_T_SEMICOLON;
    case '(':
        return POSTGRES_T_OPEN;
    case ')':
        return POSTGRES_T_CLOSE;
    case '\\':
        return POSTGRES_T_BACKSLASH;
    case ':':
        if (next != ':' && next != '=')
            return POSTGRES_T_COLON;
        lexer->at++;
        return POSTGRES_T_OTHER;
    default:
        return POSTGRES_T_OTHER;
    }
}

enum postgres_token postgres_lex(struct postgres_lexer *lexer)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    lexer->begin = lexer->at;
    if (lexer->at >= lexer->len)
        return POSTGRES_T_END;
    const char *text = lexer->text + lexer->begin;
    size_t left = lexer->len - lexer->begin;
    char next = left > 1 ? text[1] : '\0';

    if (is_space(*text))
        return lex_run(lexer, is_space, POSTGRES_T_SPACE);
    if (left >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        lexer->at += 3;
        return POSTGRES_T_SPACE;
    }
    if (begins_word(*text))
        return lex_word(lexer);
    if (is_digit(*text))
        return lex_run(lexer, is_number, POSTGRES_T_NUMBER);
    if (*text == '-' && next == '-')
        return lex_line_comment(lexer);
    if (*text == '/' && next == '*')
        return lex_block_comment(lexer);
    return lex_mark(lexer, *text, next);
}

enum postgres_token postgres_lex_next(struct postgres_lexer *lexer)
{
    enum postgres_token token;
    do
        token = postgres_lex(lexer);
    while (token == POSTGRES_T_SPACE);
    return token;
}

bool postgres_word_is(const char *token, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(token, word, len) == 0;
}

bool postgres_lex_is(const struct postgres_lexer *lexer, const char *word)
{
    return postgres_word_is(lexer->text + lexer->begin, lexer->at - lexer->begin, word);
}

void postgres_plain(const char *token, size_t len, char *out, size_t room)
{
    char quote = len >= 2 && (*token == '"' || *token == '\'') ? *token : '\0';
    size_t n = 0;

    if (quote) {
        token++;
        len -= 2;
    }
    for (size_t i = 0; i < len && n + 1 < room; i++) {
        char c = token[i];
        out[n++] = !quote && c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
        if (quote && c == quote)
            i++; /* doubled */
    }
    out[n] = '\0';
}
