/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a script into statements, as the mysql client does it: up to the delimiter, which DELIMITER changes. What
 * it cannot do is done too: a stored program without DELIMITER ends with its last END. */
#include "classify.h"
#include "driver.h"
#include "program.h"
#include "session.h"
#include "set.h"

#include <string.h>

struct splitter {
    struct gw_call *call;
    const struct gw_split_out *out;
    struct gw_str script;
    struct my_lexer lexer;
    struct my_modes base; /* at the start of the script */
    bool inside;          /* begin and end are set */
    size_t begin, end;    /* the statement so far: from its first token to the end of its last */
    size_t open;          /* where a version comment that is part of it began */
    struct my_program program;
    bool custom; /* DELIMITER says what ends a statement */
};

static const struct gw_str semicolon = GW_S(";");

static gw_status split_emit(struct splitter *split)
{
    const struct gw_str sql = { split->script.ptr + split->begin, split->end - split->begin };
    struct my_kind kind;
    my_classify(sql, &split->lexer.modes, &kind);
    if (kind.verb == MY_V_SET)
        my_set_modes(sql, &split->base, &split->lexer.modes);
    split->inside = false;
    split->program = (struct my_program){ 0 };
    split->lexer.inside = 0;
    return split->out->statement(split->call, split->begin, split->end, kind.flags);
}

static size_t line_end(const struct splitter *split, size_t from)
{
    const char *end = memchr(split->script.ptr + from, '\n', split->script.len - from);
    return end ? (size_t)(end - split->script.ptr) : split->script.len;
}

static bool starts_line(const struct splitter *split)
{
    size_t at = split->lexer.begin;
    while (at && (split->script.ptr[at - 1] == ' ' || split->script.ptr[at - 1] == '\t'))
        at--;
    return !at || split->script.ptr[at - 1] == '\n';
}

/* A command of the client takes the rest of its line. */
static gw_status split_line(struct splitter *split)
{
    split->begin = split->lexer.begin;
    split->lexer.at = line_end(split, split->begin);
    split->end = split->lexer.at;
    while ((unsigned char)split->script.ptr[split->end - 1] <= ' ')
        split->end--;
    return split_emit(split);
}

/* DELIMITER x: no statement, but if nothing follows it, one that is refused. */
static gw_status split_delimiter(struct splitter *split)
{
    const char *text = split->script.ptr;
    size_t at = split->lexer.at, end = line_end(split, at);
    while (at < end && (unsigned char)text[at] <= ' ')
        at++;
    size_t len = 0;
    while (at + len < end && (unsigned char)text[at + len] > ' ')
        len++;
    if (!len || memchr(text + at, '\\', len))
        return split_line(split);
    split->lexer.delimiter = (struct gw_str){ text + at, len };
    split->custom = len != 1 || text[at] != ';';
    split->lexer.at = end;
    return GW_OK;
}

/* "\G" ends a statement in the client; others stand alone. None is SQL, but \N. */
static gw_status split_backslash(struct splitter *split, bool first)
{
    const char *text = split->script.ptr;
    size_t at = split->lexer.at;
    bool ends = at < split->script.len && (text[at] == 'g' || text[at] == 'G');
    if (first && !ends)
        return split_line(split);
    if (!ends)
        return GW_OK;
    split->lexer.at++;
    split->end = split->lexer.at;
    return split_emit(split);
}

static gw_status split_first(struct splitter *split, enum my_token token, bool *taken)
{
    *taken = true;
    if (token == MY_T_WORD && starts_line(split) && my_lex_is(&split->lexer, "DELIMITER"))
        return split_delimiter(split);
    if (token == MY_T_WORD && my_is_client_command(&split->lexer))
        return split_line(split);
    *taken = false;
    return GW_OK;
}

/* A delimiter, or a ';' beside another one: what stands between two of those the client sends together, and the server
 * cuts it up. Only a body goes on behind a ';' then, and no guess is made where it ends. */
static bool ends_statement(struct splitter *split, enum my_token token)
{
    if (split->custom)
        return token == MY_T_DELIMITER ||
               (!split->lexer.inside && split->program.state == MY_PROGRAM_NONE);
    bool ends = my_program_semicolon(&split->program); /* counts it in any case */
    return ends && !split->lexer.inside;
}

static gw_status split_token(struct splitter *split, enum my_token token)
{
    bool first = !split->inside, taken = false;
    bool beside = split->custom && token == MY_T_OTHER && my_lex_mark(&split->lexer, ';');
    if (token == MY_T_DELIMITER || beside) {
        if (first)
            return GW_OK;
        if (ends_statement(split, token))
            return split_emit(split);
        split->end = split->lexer.at;
        return GW_OK;
    }
    if (first) {
        gw_status status = split_first(split, token, &taken);
        if (taken)
            return status;
        split->begin = split->lexer.inside ? split->open : split->lexer.begin;
    }
    split->inside = true;
    split->end = split->lexer.at;
    if (token == MY_T_OTHER && my_lex_mark(&split->lexer, '\\'))
        return split_backslash(split, first);
    my_program_token(&split->program, &split->lexer, token);
    return GW_OK;
}

/* The brackets of a version comment belong to the statement whose tokens they enclose. */
static void split_space(struct splitter *split)
{
    const struct my_lexer *lexer = &split->lexer;
    if (!lexer->executable)
        return;
    bool opened = lexer->text[lexer->begin] == '/';
    if (opened && lexer->inside == 1)
        split->open = lexer->begin;
    if (!opened && split->inside)
        split->end = lexer->at;
}

/* "--" where a line and a statement begin: to the client a comment whatever follows, to the server only before a
 * blank. Inside of a statement the server decides: 5--1 is a sum. */
static bool skip_comment(struct splitter *split)
{
    const struct my_lexer *lexer = &split->lexer;
    split->lexer.begin = lexer->at;
    if (split->inside || split->lexer.inside || lexer->len - lexer->at < 2 ||
        memcmp(lexer->text + lexer->at, "--", 2) != 0 || !starts_line(split))
        return false;
    split->lexer.at = line_end(split, lexer->at);
    return true;
}

gw_status my_split(struct gw_call *call, void *conn, struct gw_str script,
                   const struct gw_split_out *out)
{
    struct my_session *session = conn;
    struct splitter split = { .call = call, .out = out, .script = script };
    enum my_token token;
    gw_status status = GW_OK;

    if (session)
        split.base = my_modes_now(session);
    split.lexer = MY_LEXER(script, split.base);
    split.lexer.delimiter = semicolon;
    while (status == GW_OK) {
        if (skip_comment(&split))
            continue;
        if ((token = my_lex(&split.lexer)) == MY_T_END)
            break;
        if (token == MY_T_SPACE)
            split_space(&split);
        else
            status = split_token(&split, token);
    }
    if (status == GW_OK && split.inside)
        status = split_emit(&split);
    return status == GW_STOP ? GW_OK : status;
}
