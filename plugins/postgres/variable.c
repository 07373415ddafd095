/* SPDX-License-Identifier: Apache-2.0 */
/* https://www.postgresql.org/docs/current/app-psql.html, "Variables" and "SQL Interpolation". */
#include "variable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    VARIABLES_MOST = 1000,
    VALUE_MOST = 1 << 20
};

static bool is(struct gw_str text, const char *word)
{
    return strlen(word) == text.len && memcmp(text.ptr, word, text.len) == 0;
}

struct gw_str postgres_variable_name(const char *text, const struct postgres_kept *token)
{
    const size_t quotes = token->token == POSTGRES_T_WORD ? 0 : 1;
    return (struct gw_str){ text + token->begin + quotes, token->len - 2 * quotes };
}

/* ---- what psql knows by itself ---- */

static const char *database(const struct postgres_session *session)
{
    return PQdb(session->db);
}

static const char *user(const struct postgres_session *session)
{
    return PQuser(session->db);
}

static const char *host(const struct postgres_session *session)
{
    return PQhost(session->db);
}

static const char *port(const struct postgres_session *session)
{
    return PQport(session->db);
}

static const char *encoding(const struct postgres_session *session)
{
    return PQparameterStatus(session->db, "client_encoding");
}

static const char *version(const struct postgres_session *session)
{
    return PQparameterStatus(session->db, "server_version");
}

static const struct {
    const char *name;
    const char *(*value)(const struct postgres_session *session);
} builtins[] = {
    { "DBNAME", database }, { "USER", user },         { "HOST", host },
    { "PORT", port },       { "ENCODING", encoding }, { "SERVER_VERSION_NAME", version },
};
enum {
    BUILTINS = sizeof builtins / sizeof builtins[0]
};

bool postgres_variable_builtin(struct gw_str name)
{
    size_t i = 0;
    while (i < BUILTINS && !is(name, builtins[i].name))
        i++;
    return i < BUILTINS || is(name, "SERVER_VERSION_NUM");
}

/* NULL: it is not set. number: room for the one that has no text of its own. */
static const char *value_of(const struct postgres_session *session, struct gw_str name,
                            char number[16])
{
    for (size_t i = 0; i < session->variables.len; i++)
        if (is(name, session->variables.at[i].name))
            return session->variables.at[i].value;
    for (size_t i = 0; i < BUILTINS; i++)
        if (is(name, builtins[i].name))
            return builtins[i].value(session);
    if (!is(name, "SERVER_VERSION_NUM"))
        return NULL;
    snprintf(number, 16, "%d", PQserverVersion(session->db));
    return number;
}

/* ---- putting a value into a text ---- */

static void add_quoted(struct gw_buf *out, const char *value, char quote)
{
    const bool escapes = quote == '\'' && strchr(value, '\\');
    gw_buf_text(out, escapes ? " E" : "");
    gw_buf_char(out, quote);
    for (; *value; value++) {
        if (*value == quote || (escapes && *value == '\\'))
            gw_buf_char(out, *value);
        gw_buf_char(out, *value);
    }
    gw_buf_char(out, quote);
}

static gw_status add_value(struct postgres_session *session, struct gw_buf *out, const char *text,
                           const struct postgres_kept *token)
{
    const struct gw_str name = postgres_variable_name(text, token);
    char number[16];
    const char *value = value_of(session, name, number);
    if (!value)
        return postgres_fail(session, GW_E_REFUSED,
                             "give it a value by \\set before it; in files of Godwit's own `-- "
                             "godwit:vars` does, too",
                             "psql's variable ':%.*s' is not set",
                             (int)(token->len < 64 ? token->len : 64), text + token->begin);
    if (token->token == POSTGRES_T_WORD)
        gw_buf_text(out, value);
    else
        add_quoted(out, value, text[token->begin]);
    return GW_OK;
}

static void add_piece(struct postgres_text *out, struct gw_str sql, size_t begin, size_t end)
{
    if (begin < end &&
        !gw_vec_push(&out->pieces, (struct postgres_piece){ .out = out->buf.len, .in = begin }))
        out->buf.failed = true;
    gw_buf_add(&out->buf, sql.ptr + begin, end - begin);
}

gw_status postgres_text_make(struct postgres_session *session, struct gw_str sql, size_t len,
                             struct postgres_text *out)
{
    struct postgres_lexer lexer = { .text = sql.ptr, .len = len };
    struct postgres_scan scan = { 0 };
    size_t done = 0;
    gw_status status = GW_OK;

    *out = (struct postgres_text){ .sql = { sql.ptr, len }, .buf = GW_BUF_TEXT };
    if (!len || !memchr(sql.ptr, ':', len))
        return GW_OK;
    lexer.backslashes = postgres_backslashes(session);
    for (enum postgres_token token;
         status == GW_OK && (token = postgres_lex_next(&lexer)) != POSTGRES_T_END;) {
        if (token == POSTGRES_T_BACKSLASH && !scan.n)
            return GW_OK; /* a command of psql */
        postgres_scan_token(&scan, &lexer, token);
        if (!scan.variable.len)
            continue;
        add_piece(out, sql, done, scan.variable.begin - 1);
        const struct postgres_piece value = { out->buf.len, scan.variable.begin - 1, true };
        if (!gw_vec_push(&out->pieces, value))
            out->buf.failed = true;
        status = add_value(session, &out->buf, sql.ptr, &scan.variable);
        done = scan.variable.begin + scan.variable.len;
    }
    if (!done || status != GW_OK)
        return status;
    add_piece(out, sql, done, len);
    if (out->buf.failed)
        return postgres_fail(session, GW_E_NO_MEMORY, NULL, "the statement becomes too large");
    out->sql = (struct gw_str){ out->buf.data, out->buf.len };
    return GW_OK;
}

static size_t origin(const struct postgres_text *text, size_t at)
{
    size_t i = text->pieces.len;
    while (i && text->pieces.at[i - 1].out > at)
        i--;
    if (!i)
        return at;
    const struct postgres_piece *piece = &text->pieces.at[i - 1];
    return piece->value ? piece->in : piece->in + (at - piece->out);
}

gw_status postgres_text_fail(struct postgres_session *session, const PGresult *result,
                             const struct postgres_text *text)
{
    struct postgres_failure *failure = &session->failure;
    gw_status status = postgres_fail_result(session, result, text->sql);
    if (failure->end) {
        failure->begin = origin(text, failure->begin);
        failure->end = origin(text, failure->end - 1) + 1;
    }
    return status;
}

void postgres_text_free(struct postgres_text *text)
{
    gw_buf_free(&text->buf);
    gw_vec_free(&text->pieces);
}

/* ---- \set ---- */

/* Names that steer psql. Where a value would ask for other manners than ours it is refused. */
static const struct {
    const char *name;
    const char *refused; /* values, between spaces; NULL: all do for us */
    const char *why;
} controls[] = {
    { "ON_ERROR_STOP", " off false no 0 ", "a migration stops at its first error" },
    { "AUTOCOMMIT", " off false no 0 ", "say `-- godwit:no-transaction`, or BEGIN and COMMIT" },
    { "ON_ERROR_ROLLBACK", " on true yes 1 interactive ", "a migration stops at its first error" },
    { "SINGLELINE", " on true yes 1 ", "end statements with ';'" },
    { "SINGLESTEP", " on true yes 1 ", "there is nobody to ask" },
    { "QUIET", NULL, NULL },
    { "ECHO", NULL, NULL },
    { "ECHO_HIDDEN", NULL, NULL },
    { "VERBOSITY", NULL, NULL },
    { "SHOW_CONTEXT", NULL, NULL },
    { "FETCH_COUNT", NULL, NULL },
    { "HIDE_TABLEAM", NULL, NULL },
    { "HIDE_TOAST_COMPRESSION", NULL, NULL },
    { "PROMPT1", NULL, NULL },
    { "PROMPT2", NULL, NULL },
    { "PROMPT3", NULL, NULL },
};

static size_t skip_space(struct gw_str text, size_t at)
{
    while (at < text.len && strchr(" \t\r", text.ptr[at]))
        at++;
    return at;
}

static size_t skip_word(struct gw_str text, size_t at)
{
    while (at < text.len && !strchr(" \t\r", text.ptr[at]))
        at++;
    return at;
}

static void look_control(struct postgres_assignment *assignment, struct postgres_kind *kind)
{
    char value[32];
    size_t i = 0;
    while (i < sizeof controls / sizeof controls[0] && !is(assignment->name, controls[i].name))
        i++;
    assignment->idle = i < sizeof controls / sizeof controls[0];
    if (!assignment->idle || !controls[i].refused || assignment->unset)
        return;
    postgres_plain(assignment->values.ptr, assignment->values.len, value + 1, sizeof value - 2);
    value[0] = ' ';
    memcpy(value + strlen(value), " ", 2);
    if (strstr(controls[i].refused, value))
        postgres_kind_refuse(kind, GW_E_REFUSED, controls[i].why,
                             "psql's %s cannot be '%.*s' in a migration", controls[i].name,
                             (int)(strlen(value) - 2), value + 1);
}

static bool is_name(struct gw_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c >= 0x80))
            return false;
    }
    return name.len;
}

bool postgres_assignment_read(struct gw_str command, struct postgres_assignment *out,
                              struct postgres_kind *kind)
{
    size_t end = skip_word(command, 0);
    const struct gw_str word = { command.ptr, end };
    const size_t begin = skip_space(command, end);

    *out = (struct postgres_assignment){ .unset = is(word, "\\unset") };
    if (!out->unset && !is(word, "\\set"))
        return false;
    end = skip_word(command, begin);
    out->name = (struct gw_str){ command.ptr + begin, end - begin };
    end = skip_space(command, end);
    out->values = (struct gw_str){ command.ptr + end, command.len - end };
    while (out->values.len && strchr(" \t\r", out->values.ptr[out->values.len - 1]))
        out->values.len--;
    if (!is_name(out->name))
        postgres_kind_refuse(kind, GW_E_SYNTAX, "write \\set name value",
                             "psql's '\\set' without a name of letters, digits and '_'");
    if (memchr(out->values.ptr, '`', out->values.len))
        postgres_kind_refuse(kind, GW_E_REFUSED, "use `-- godwit:vars`",
                             "psql's '\\set' from the output of a command is refused");
    look_control(out, kind);
    return !(kind->flags & GW_SPLIT_REFUSED);
}

/* A value in single quotes: '' is one, and a backslash begins an escape as in C. */
static size_t add_single(struct gw_buf *out, struct gw_str text, size_t at)
{
    static const char escapes[] = "n\nt\tr\rb\bf\f";
    for (at++; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '\'' && (at + 1 >= text.len || text.ptr[at + 1] != '\''))
            return at + 1;
        if ((c == '\'' || c == '\\') && at + 1 < text.len) {
            const char *escape = c == '\\' ? strchr(escapes, text.ptr[at + 1]) : NULL;
            at++;
            c = escape && (escape - escapes) % 2 == 0 ? escape[1] : text.ptr[at];
        }
        gw_buf_char(out, c);
    }
    return at;
}

/* ":name" in a value. */
static size_t add_other(struct postgres_session *session, struct gw_buf *out, struct gw_str text,
                        size_t at, gw_status *status)
{
    struct postgres_lexer lexer = { .text = text.ptr, .len = text.len, .at = at + 1 };
    struct postgres_kept token = { .token = postgres_lex(&lexer) };
    token.begin = lexer.begin;
    token.len = lexer.at - lexer.begin;
    if (token.token != POSTGRES_T_WORD && token.token != POSTGRES_T_NAME &&
        (token.token != POSTGRES_T_STRING || text.ptr[token.begin] != '\'')) {
        gw_buf_char(out, ':');
        return at + 1;
    }
    *status = add_value(session, out, text.ptr, &token);
    return lexer.at;
}

/* The words of a value are put together without the space between them. */
static gw_status read_values(struct postgres_session *session, struct gw_str text,
                             struct gw_buf *out)
{
    gw_status status = GW_OK;
    for (size_t at = 0; at < text.len && status == GW_OK;) {
        char c = text.ptr[at];
        if (c == '\'')
            at = add_single(out, text, at);
        else if (c == ':')
            at = add_other(session, out, text, at, &status);
        else {
            if (!strchr(" \t\r", c))
                gw_buf_char(out, c);
            at++;
        }
    }
    if (status == GW_OK && (out->failed || memchr(gw_buf_str(out), '\0', out->len)))
        status = postgres_fail(session, GW_E_REFUSED, NULL, "the value of a variable is too large");
    return status;
}

static void unset(struct postgres_session *session, struct gw_str name)
{
    for (size_t i = 0; i < session->variables.len; i++) {
        struct postgres_variable *variable = &session->variables.at[i];
        if (!is(name, variable->name))
            continue;
        free(variable->name);
        free(variable->value);
        *variable = session->variables.at[--session->variables.len];
        return;
    }
}

gw_status postgres_assign(struct postgres_session *session,
                          const struct postgres_assignment *assignment)
{
    struct gw_buf value = GW_BUF(VALUE_MOST);
    struct postgres_variable variable = { 0 };
    gw_status status = GW_OK;

    if (!assignment->unset)
        status = read_values(session, assignment->values, &value);
    if (status == GW_OK && session->variables.len >= VARIABLES_MOST)
        status = postgres_fail(session, GW_E_REFUSED, NULL, "more than %d variables of psql",
                               VARIABLES_MOST);
    if (status == GW_OK)
        unset(session, assignment->name);
    if (status == GW_OK && !assignment->unset) {
        variable.name = strndup(assignment->name.ptr, assignment->name.len);
        variable.value = strdup(gw_buf_str(&value));
        if (!variable.name || !variable.value || !gw_vec_push(&session->variables, variable)) {
            free(variable.name);
            free(variable.value);
            status = postgres_fail_memory(session);
        }
    }
    gw_buf_free(&value);
    return status;
}

void postgres_variables_forget(struct postgres_session *session)
{
    for (size_t i = 0; i < session->variables.len; i++) {
        free(session->variables.at[i].name);
        free(session->variables.at[i].value);
    }
    gw_vec_free(&session->variables);
}
