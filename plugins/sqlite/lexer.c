/* SPDX-License-Identifier: Apache-2.0 */
#include "lexer.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_word(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '_' ||
           u == '$' || u >= 0x80;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* A doubled closing quote stands for itself, except in [...]. */
static enum sqlite_token lex_quoted(struct sqlite_lexer *lexer, char closing,
                                    enum sqlite_token token)
{
    size_t at = lexer->begin + 1;
    for (;;) {
        const char *end = memchr(lexer->text + at, closing, lexer->len - at);
        if (!end) {
            lexer->at = lexer->len;
            return SQLITE_T_UNFINISHED;
        }
        at = (size_t)(end - lexer->text) + 1;
        if (closing == ']' || at == lexer->len || lexer->text[at] != closing)
            break;
        at++;
    }
    lexer->at = at;
    return token;
}

static enum sqlite_token lex_line_comment(struct sqlite_lexer *lexer)
{
    const char *from = lexer->text + lexer->begin;
    const char *end = memchr(from, '\n', lexer->len - lexer->begin);
    lexer->at = end ? (size_t)(end - lexer->text) + 1 : lexer->len;
    return SQLITE_T_SPACE;
}

static enum sqlite_token lex_block_comment(struct sqlite_lexer *lexer)
{
    size_t at = lexer->begin + 2;
    while (at < lexer->len) {
        const char *star = memchr(lexer->text + at, '*', lexer->len - at);
        if (!star)
            break;
        at = (size_t)(star - lexer->text) + 1;
        if (at < lexer->len && lexer->text[at] == '/') {
            lexer->at = at + 1;
            return SQLITE_T_SPACE;
        }
    }
    lexer->at = lexer->len;
    return SQLITE_T_UNFINISHED;
}

static enum sqlite_token lex_run(struct sqlite_lexer *lexer, bool (*belongs)(char),
                                 enum sqlite_token token)
{
    size_t at = lexer->begin + 1;
    while (at < lexer->len && belongs(lexer->text[at]))
        at++;
    lexer->at = at;
    return token;
}

static enum sqlite_token lex_mark(struct sqlite_lexer *lexer, char mark)
{
    switch (mark) {
    case '\'':
        return lex_quoted(lexer, mark, SQLITE_T_STRING);
    case '"':
    case '`':
        return lex_quoted(lexer, mark, SQLITE_T_NAME);
    case '[':
        return lex_quoted(lexer, ']', SQLITE_T_NAME);
    default:
        lexer->at++;
        return mark == ';' ? SQLITE_T_SEMICOLON : SQLITE_T_OTHER;
    }
}

enum sqlite_token sqlite_lex(struct sqlite_lexer *lexer)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    lexer->begin = lexer->at;
    if (lexer->at == lexer->len)
        return SQLITE_T_END;
    const char *text = lexer->text + lexer->begin;
    size_t left = lexer->len - lexer->begin;
    char next = left > 1 ? text[1] : '\0';

    if (is_space(*text))
        return lex_run(lexer, is_space, SQLITE_T_SPACE);
    if (left >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        lexer->at += 3;
        return SQLITE_T_SPACE;
    }
    if (is_word(*text))
        return lex_run(lexer, is_word, SQLITE_T_WORD);
    if (*text == '-' && next == '-')
        return lex_line_comment(lexer);
    if (*text == '/' && next == '*')
        return lex_block_comment(lexer);
    return lex_mark(lexer, *text);
}

enum sqlite_token sqlite_lex_next(struct sqlite_lexer *lexer)
{
    enum sqlite_token token;
    do
        token = sqlite_lex(lexer);
    while (token == SQLITE_T_SPACE);
    return token;
}

bool sqlite_lex_is(const struct sqlite_lexer *lexer, const char *upper)
{
    size_t len = lexer->at - lexer->begin;
    if (strlen(upper) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (lower(lexer->text[lexer->begin + i]) != lower(upper[i]))
            return false;
    return true;
}

void sqlite_lex_plain(const struct sqlite_lexer *lexer, char *out, size_t room)
{
    const char *from = lexer->text + lexer->begin;
    size_t len = lexer->at - lexer->begin;
    char closing = len >= 2 && strchr("'\"`[", *from) && *from ? from[len - 1] : '\0';
    size_t n = 0;

    if (closing) {
        from++;
        len -= 2;
    }
    for (size_t i = 0; i < len && n + 1 < room; i++) {
        out[n++] = lower(from[i]);
        if (closing && closing != ']' && from[i] == closing)
            i++; /* doubled */
    }
    out[n] = '\0';
}
