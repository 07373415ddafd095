/* SPDX-License-Identifier: Apache-2.0 */
#include "lexer.h"

#include <string.h>

enum {
    /* Both products mean "never" by it: /\*!999999\- ... *\/ at the top of MariaDB's dumps. */
    NEVER = 990000,
    /* MariaDB skips what is meant for MySQL 5.7 and later. */
    MYSQL_ONLY_FIRST = 50700,
    MYSQL_ONLY_LAST = 99999
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '_' ||
           u == '$' || u == '@' || u >= 0x80;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool delimiter_at(const struct my_lexer *lexer, size_t at)
{
    const struct gw_str *delimiter = &lexer->delimiter;
    return delimiter->len && lexer->len - at >= delimiter->len &&
           memcmp(lexer->text + at, delimiter->ptr, delimiter->len) == 0;
}

/* A doubled closing quote stands for itself; in strings a backslash shields what follows. */
static enum my_token lex_quoted(struct my_lexer *lexer, char closing, bool escapes,
                                enum my_token token)
{
    for (size_t at = lexer->begin + 1; at < lexer->len; at++) {
        if (escapes && lexer->text[at] == '\\') {
            at++;
        } else if (lexer->text[at] == closing) {
            if (at + 1 < lexer->len && lexer->text[at + 1] == closing) {
                at++;
                continue;
            }
            lexer->at = at + 1;
            return token;
        }
    }
    lexer->at = lexer->len;
    return MY_T_UNFINISHED;
}

static enum my_token lex_line_comment(struct my_lexer *lexer)
{
    const char *from = lexer->text + lexer->begin;
    const char *end = memchr(from, '\n', lexer->len - lexer->begin);
    lexer->at = end ? (size_t)(end - lexer->text) + 1 : lexer->len;
    return MY_T_SPACE;
}

/* nests: the server counts comments inside a version comment that it skips. */
static enum my_token lex_block_comment(struct my_lexer *lexer, bool nests)
{
    size_t depth = 1;
    for (size_t at = lexer->begin + 2; at + 1 < lexer->len; at++) {
        if (lexer->text[at] == '*' && lexer->text[at + 1] == '/') {
            at++;
            if (--depth == 0) {
                lexer->at = at + 1;
                return MY_T_SPACE;
            }
        } else if (nests && lexer->text[at] == '/' && lexer->text[at + 1] == '*') {
            depth++;
            at++;
        }
    }
    lexer->at = lexer->len;
    return MY_T_UNFINISHED;
}

static bool version_runs(const struct my_modes *modes, bool mariadb_only, uint32_t version)
{
    if (version >= NEVER)
        return false;
    if (!modes->version)
        return true;
    if (mariadb_only && !modes->mariadb)
        return false;
    if (modes->mariadb && !mariadb_only && version >= MYSQL_ONLY_FIRST &&
        version <= MYSQL_ONLY_LAST)
        return false;
    return version <= modes->version;
}

/* "!50003 ..." and "M!100100 ...": the server runs what is inside, if its version is high enough. */
static enum my_token lex_version_comment(struct my_lexer *lexer, bool mariadb_only)
{
    size_t at = lexer->begin + (mariadb_only ? 4 : 3);
    uint32_t version = 0;
    for (int i = 0; i < 6 && at < lexer->len && lexer->text[at] >= '0' && lexer->text[at] <= '9';
         i++)
        version = version * 10 + (uint32_t)(lexer->text[at++] - '0');
    if (!version_runs(&lexer->modes, mariadb_only, version))
        return lex_block_comment(lexer, true);
    lexer->inside++;
    lexer->executable = true;
    lexer->at = at;
    return MY_T_SPACE;
}

static enum my_token lex_slash(struct my_lexer *lexer, const char *text, size_t left)
{
    if (left >= 3 && text[2] == '!')
        return lex_version_comment(lexer, false);
    if (left >= 4 && text[2] == 'M' && text[3] == '!')
        return lex_version_comment(lexer, true);
    return lex_block_comment(lexer, false);
}

static enum my_token lex_run(struct my_lexer *lexer, bool (*belongs)(char), enum my_token token)
{
    size_t at = lexer->begin + 1;
    while (at < lexer->len && belongs(lexer->text[at]) &&
           (token == MY_T_SPACE || !delimiter_at(lexer, at)))
        at++;
    lexer->at = at;
    return token;
}

static enum my_token lex_mark(struct my_lexer *lexer, char mark)
{
    bool escapes = !lexer->modes.no_backslash;
    switch (mark) {
    case '\'':
        return lex_quoted(lexer, mark, escapes, MY_T_STRING);
    case '"':
        return lexer->modes.ansi_quotes ? lex_quoted(lexer, mark, false, MY_T_NAME)
                                        : lex_quoted(lexer, mark, escapes, MY_T_STRING);
    case '`':
        return lex_quoted(lexer, mark, false, MY_T_NAME);
    default:
        lexer->at++;
        return MY_T_OTHER;
    }
}

/* "--" begins a comment only before white space or the end: 5--1 is a sum. */
static bool is_line_comment(const char *text, size_t left)
{
    return *text == '#' || (left >= 2 && text[0] == '-' && text[1] == '-' &&
                            (left == 2 || (unsigned char)text[2] <= ' '));
}

static enum my_token lex_comment_or_mark(struct my_lexer *lexer, const char *text, size_t left)
{
    if (is_line_comment(text, left))
        return lex_line_comment(lexer);
    if (left >= 2 && text[0] == '/' && text[1] == '*')
        return lex_slash(lexer, text, left);
    if (lexer->inside && left >= 2 && text[0] == '*' && text[1] == '/') {
        lexer->inside--;
        lexer->executable = true;
        lexer->at += 2;
        return MY_T_SPACE;
    }
    return lex_mark(lexer, *text);
}

enum my_token my_lex(struct my_lexer *lexer)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    lexer->begin = lexer->at;
    lexer->executable = false;
    if (lexer->at == lexer->len)
        return MY_T_END;
    const char *text = lexer->text + lexer->begin;
    size_t left = lexer->len - lexer->begin;

    if (delimiter_at(lexer, lexer->at)) {
        lexer->at += lexer->delimiter.len;
        return MY_T_DELIMITER;
    }
    if (is_space(*text))
        return lex_run(lexer, is_space, MY_T_SPACE);
    if (left >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        lexer->at += 3;
        return MY_T_SPACE;
    }
    if (is_word(*text))
        return lex_run(lexer, is_word, MY_T_WORD);
    return lex_comment_or_mark(lexer, text, left);
}

enum my_token my_lex_next(struct my_lexer *lexer)
{
    enum my_token token;
    do
        token = my_lex(lexer);
    while (token == MY_T_SPACE);
    return token;
}

static bool same(const char *text, size_t len, const char *word)
{
    for (size_t i = 0; i < len; i++)
        if (lower(text[i]) != lower(word[i]))
            return false;
    return true;
}

bool my_lex_is(const struct my_lexer *lexer, const char *upper)
{
    size_t len = lexer->at - lexer->begin;
    return strlen(upper) == len && same(lexer->text + lexer->begin, len, upper);
}

bool my_lex_mark(const struct my_lexer *lexer, char mark)
{
    return lexer->at == lexer->begin + 1 && lexer->text[lexer->begin] == mark;
}

bool my_lex_among(const struct my_lexer *lexer, const char *words)
{
    size_t len = lexer->at - lexer->begin;
    while (*words) {
        size_t n = strcspn(words, " ");
        if (n == len && same(lexer->text + lexer->begin, len, words))
            return true;
        words += n + (words[n] == ' ');
    }
    return false;
}

bool my_lex_peek(const struct my_lexer *lexer, const char *upper)
{
    struct my_lexer next = *lexer;
    my_lex_next(&next);
    return my_lex_is(&next, upper);
}

void my_lex_plain(const struct my_lexer *lexer, char *out, size_t room)
{
    const char *from = lexer->text + lexer->begin;
    size_t len = lexer->at - lexer->begin, n = 0;
    char closing = len >= 2 && strchr("'\"`", *from) && *from ? from[len - 1] : '\0';
    bool escapes = closing && closing != '`' && !lexer->modes.no_backslash;

    if (closing) {
        from++;
        len -= 2;
    }
    for (size_t i = 0; i < len && n + 1 < room; i++) {
        if (escapes && from[i] == '\\' && i + 1 < len)
            i++;
        else if (closing && from[i] == closing)
            i++; /* doubled */
        if (i < len)
            out[n++] = from[i];
    }
    out[n] = '\0';
}
