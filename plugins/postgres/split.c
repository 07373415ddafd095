/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a script into statements, as psql does: ';' ends one outside of quotes, parentheses and bodies. */
#include "driver.h"
#include "scan.h"
#include "session.h"

#include <string.h>

struct splitter {
    struct gw_call *call;
    const struct gw_split_out *out;
    struct postgres_lexer lexer;
    struct postgres_scan scan;
};

/* Behind the line break at or after at. */
static size_t line_end(const struct postgres_lexer *lexer, size_t at)
{
    const char *end = at < lexer->len ? memchr(lexer->text + at, '\n', lexer->len - at) : NULL;
    return end ? (size_t)(end - lexer->text) : lexer->len;
}

/* The data end at the line "\." or with the script; *next is what comes behind that line. */
static size_t data_end(const struct postgres_lexer *lexer, size_t at, size_t *next)
{
    while (at < lexer->len) {
        size_t end = line_end(lexer, at);
        size_t len = end - at;
        *next = end < lexer->len ? end + 1 : end;
        if (len && lexer->text[at + len - 1] == '\r')
            len--;
        if (len == 2 && memcmp(lexer->text + at, "\\.", 2) == 0)
            return at;
        at = *next;
    }
    *next = lexer->len;
    return lexer->len;
}

static gw_status emit(struct splitter *split, size_t end)
{
    struct postgres_kind kind;
    const size_t begin = split->scan.kept[0].begin;
    postgres_scan_kind(&split->scan, split->lexer.text, end, &kind);
    if (kind.strings)
        split->lexer.backslashes = kind.strings < 0;
    split->scan = (struct postgres_scan){ 0 };
    return split->out->statement(split->call, begin, end, kind.flags);
}

static gw_status end_statement(struct splitter *split)
{
    struct postgres_lexer *lexer = &split->lexer;
    size_t end = split->scan.last.begin + split->scan.last.len, next = lexer->at;
    bool copies = split->scan.copies_in && postgres_word_is(lexer->text + split->scan.kept[0].begin,
                                                            split->scan.kept[0].len, "COPY");
    size_t data = copies ? postgres_copy_data(lexer->text, lexer->len, lexer->at) : 0;
    if (data)
        end = data_end(lexer, data, &next);
    gw_status status = emit(split, end);
    lexer->at = next;
    return status;
}

/* A command of psql takes the rest of its line, and what stands before it has no end of its own. */
static gw_status psql_command(struct splitter *split)
{
    struct postgres_lexer *lexer = &split->lexer;
    struct postgres_kind kind = { 0 };
    size_t begin = lexer->begin, end = line_end(lexer, begin);
    bool alone = split->scan.n == 0;

    lexer->at = end;
    while (end > begin + 1 && strchr(" \t\r", lexer->text[end - 1]))
        end--;
    if (alone && !postgres_psql_refuse(lexer->text + begin, end - begin, &kind))
        return GW_OK;
    const struct postgres_lexer backslash = { .text = lexer->text,
                                              .begin = begin,
                                              .at = begin + 1 };
    postgres_scan_token(&split->scan, &backslash, POSTGRES_T_BACKSLASH);
    return emit(split, end);
}

static bool backslashes(const struct postgres_session *session)
{
    const char *value = session && session->db
                            ? PQparameterStatus(session->db, "standard_conforming_strings")
                            : NULL;
    return value && strcmp(value, "off") == 0;
}

gw_status postgres_split(struct gw_call *call, void *conn, struct gw_str script,
                         const struct gw_split_out *out)
{
    struct splitter split = {
        .call = call,
        .out = out,
        .lexer = { .text = script.ptr, .len = script.len, .backslashes = backslashes(conn) },
    };
    enum postgres_token token;
    gw_status status = GW_OK;

    while (status == GW_OK && (token = postgres_lex_next(&split.lexer)) != POSTGRES_T_END) {
        if (token == POSTGRES_T_BACKSLASH)
            status = psql_command(&split);
        else if (token == POSTGRES_T_SEMICOLON && !split.scan.n)
            continue;
        else if (postgres_scan_token(&split.scan, &split.lexer, token))
            status = end_statement(&split);
    }
    if (status == GW_OK && split.scan.n)
        status = emit(&split, split.scan.last.begin + split.scan.last.len);
    return status == GW_STOP ? GW_OK : status;
}
