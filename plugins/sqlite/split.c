/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a script into statements. A ';' outside text and comments ends a statement if sqlite3_complete() says
 * so; the one statement with ';' inside is CREATE TRIGGER, and it ends at "; END ;". So each statement is asked
 * about once or twice, and the work stays linear whatever the script holds. */
#include "classify.h"
#include "driver.h"
#include "lexer.h"
#include "session.h"

#include <godwit/sdk.h>
#include <stdlib.h>

struct splitter {
    struct gw_call *call;
    const struct gw_split_out *out;
    struct gw_str script;
    char *copy; /* of the script, without NUL bytes: sqlite3_complete() wants a C string */
    struct sqlite_lexer lexer;
    bool inside;       /* begin and end are set */
    size_t begin, end; /* the statement so far: from its first token to the end of its last */
    unsigned asked;    /* how often about this statement */
    size_t asked_len;
    enum {
        ELSEWHERE,
        AFTER_SEMICOLON,
        AFTER_END
    } place; /* inside a trigger */
};

static gw_status split_emit(struct splitter *split)
{
    struct sqlite_kind kind;
    sqlite_classify((struct gw_str){ split->script.ptr + split->begin, split->end - split->begin },
                    &kind);
    split->inside = false;
    split->asked = 0;
    split->place = ELSEWHERE;
    return split->out->statement(split->call, split->begin, split->end, kind.flags);
}

/* More than two questions about one statement mean that the lexer and SQLite disagree. Then the next is asked
 * when the statement has doubled, so that even that stays linear. */
static bool split_complete(struct splitter *split)
{
    size_t len = split->lexer.at - split->begin;
    if (split->asked > 0 && split->place != AFTER_END)
        return false;
    if (split->asked > 1 && len < 2 * split->asked_len)
        return false;
    split->asked++;
    split->asked_len = len;
    char *end = split->copy + split->lexer.at;
    char kept = *end;
    *end = '\0';
    bool complete = sqlite3_complete(split->copy + split->begin);
    *end = kept;
    return complete;
}

static gw_status split_semicolon(struct splitter *split)
{
    if (!split->inside)
        return GW_OK;
    if (split_complete(split))
        return split_emit(split);
    split->place = AFTER_SEMICOLON;
    split->end = split->lexer.at;
    return GW_OK;
}

/* A command of the sqlite3 shell takes the rest of its line. */
static void split_shell_command(struct splitter *split)
{
    struct sqlite_lexer *lexer = &split->lexer;
    const char *from = lexer->text + lexer->begin;
    const char *end = memchr(from, '\n', lexer->len - lexer->begin);
    lexer->at = end ? (size_t)(end - lexer->text) : lexer->len;
    split->end = lexer->at;
    while (lexer->text[split->end - 1] == ' ' || lexer->text[split->end - 1] == '\r')
        split->end--;
}

static gw_status split_token(struct splitter *split, enum sqlite_token token)
{
    if (token == SQLITE_T_SEMICOLON)
        return split_semicolon(split);
    bool first = !split->inside;
    if (first)
        split->begin = split->lexer.begin;
    split->inside = true;
    split->end = split->lexer.at;
    if (first && token == SQLITE_T_OTHER && split->lexer.text[split->begin] == '.') {
        split_shell_command(split);
        return split_emit(split);
    }
    split->place = split->place == AFTER_SEMICOLON && token == SQLITE_T_WORD &&
                           sqlite_lex_is(&split->lexer, "END")
                       ? AFTER_END
                       : ELSEWHERE;
    return GW_OK;
}

gw_status sqlite_split(struct gw_call *call, void *conn, struct gw_str script,
                       const struct gw_split_out *out)
{
    (void)conn; /* SQLite reads every script the same way */
    struct splitter split = { .call = call, .out = out, .script = script };
    enum sqlite_token token;
    gw_status status = GW_OK;

    split.lexer = (struct sqlite_lexer){ script.ptr, script.len, 0, 0 };
    split.copy = malloc(script.len + 1);
    if (!split.copy)
        return gw_failf(sqlite_host(), call, GW_E_NO_MEMORY, "",
                        "out of memory while splitting a script of %zu bytes", script.len);
    for (size_t i = 0; i < script.len; i++)
        split.copy[i] = script.ptr[i] ? script.ptr[i] : '\x01';
    split.copy[script.len] = '\0';

    while (status == GW_OK && (token = sqlite_lex_next(&split.lexer)) != SQLITE_T_END)
        status = split_token(&split, token);
    if (status == GW_OK && split.inside)
        status = split_emit(&split);
    free(split.copy);
    return status == GW_STOP ? GW_OK : status;
}
