/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a script into statements, as psql does: ';' ends one outside of quotes, parentheses and bodies. */
#include "driver.h"
#include "scan.h"
#include "session.h"
#include "variable.h"

#include <godwit/sdk.h>
#include <string.h>

struct splitter {
    struct gw_call *call;
    const struct gw_split_out *out;
    struct postgres_lexer lexer;
    struct postgres_scan scan;
    GW_VEC(struct gw_str) set; /* names that \set gave a value so far */
    bool unset;                /* the statement has a variable of psql that nothing gives one */
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
    if (split->unset)
        kind.flags |= GW_SPLIT_REFUSED;
    split->unset = false;
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

static size_t find_set(const struct splitter *split, struct gw_str name)
{
    size_t i = 0;
    while (i < split->set.len && (split->set.at[i].len != name.len ||
                                  memcmp(split->set.at[i].ptr, name.ptr, name.len) != 0))
        i++;
    return i;
}

static void look_variable(struct splitter *split)
{
    if (!split->scan.variable.len)
        return;
    struct gw_str name = postgres_variable_name(split->lexer.text, &split->scan.variable);
    split->unset = split->unset ||
                   (!postgres_variable_builtin(name) && find_set(split, name) == split->set.len);
}

/* What \set and \unset do to the names that have a value. */
static gw_status look_assignment(struct splitter *split, struct gw_str command)
{
    struct postgres_assignment assignment;
    struct postgres_kind kind = { 0 };
    if (!postgres_assignment_read(command, &assignment, &kind))
        return GW_OK;
    size_t at = find_set(split, assignment.name);
    if (assignment.unset && at < split->set.len)
        split->set.at[at] = split->set.at[--split->set.len];
    if (assignment.unset || at < split->set.len || gw_vec_push(&split->set, assignment.name))
        return GW_OK;
    return gw_failf(postgres_host(), split->call, GW_E_NO_MEMORY, "", "out of memory");
}

/* A command of psql takes the rest of its line, and what stands before it has no end of its own. */
static gw_status psql_command(struct splitter *split)
{
    struct postgres_lexer *lexer = &split->lexer;
    size_t begin = lexer->begin, end = line_end(lexer, begin);
    bool alone = split->scan.n == 0;

    lexer->at = end;
    while (end > begin + 1 && strchr(" \t\r", lexer->text[end - 1]))
        end--;
    if (alone && postgres_psql_idle(lexer->text + begin, end - begin))
        return GW_OK;
    if (alone) {
        gw_status status =
            look_assignment(split, (struct gw_str){ lexer->text + begin, end - begin });
        if (status != GW_OK)
            return status;
    }
    const struct postgres_lexer backslash = { .text = lexer->text,
                                              .begin = begin,
                                              .at = begin + 1 };
    postgres_scan_token(&split->scan, &backslash, POSTGRES_T_BACKSLASH);
    return emit(split, end);
}

gw_status postgres_split(struct gw_call *call, void *conn, struct gw_str script,
                         const struct gw_split_out *out)
{
    struct splitter split = {
        .call = call,
        .out = out,
        .lexer = { .text = script.ptr,
                   .len = script.len,
                   .backslashes = postgres_backslashes(conn) },
    };
    enum postgres_token token;
    gw_status status = GW_OK;

    if (conn) /* a new script begins, and knows nothing of the one before */
        postgres_variables_forget(conn);
    while (status == GW_OK && (token = postgres_lex_next(&split.lexer)) != POSTGRES_T_END) {
        if (token == POSTGRES_T_BACKSLASH)
            status = psql_command(&split);
        else if (token == POSTGRES_T_SEMICOLON && !split.scan.n)
            continue;
        else if (postgres_scan_token(&split.scan, &split.lexer, token))
            status = end_statement(&split);
        else
            look_variable(&split);
    }
    if (status == GW_OK && split.scan.n)
        status = emit(&split, split.scan.last.begin + split.scan.last.len);
    gw_vec_free(&split.set);
    return status == GW_STOP ? GW_OK : status;
}
