/* SPDX-License-Identifier: Apache-2.0 */
#include "set.h"

#include <string.h>
#include <strings.h>

void my_set_begin(struct my_set *set, struct gw_str sql, const struct my_modes *modes)
{
    *set = (struct my_set){ .lexer = MY_LEXER(sql, *modes), .first = true };
    my_lex_next(&set->lexer); /* SET */
}

static void lower_name(char *name)
{
    for (; *name; name++)
        if (*name >= 'A' && *name <= 'Z')
            *name = (char)(*name + ('a' - 'A'));
}

/* "@@global.x", "@@x", "@x", "x": the lexer takes '@' for a letter, but not '.' */
static void read_name(struct my_set *set, enum my_token token, struct my_assignment *out)
{
    char text[80];
    const char *name = text;
    my_lex_plain(&set->lexer, text, sizeof text);
    out->scope = set->scope;
    if (token == MY_T_WORD && strncmp(text, "@@", 2) == 0) {
        name = text + 2;
        if (my_lex_peek(&set->lexer, ".")) {
            bool global = strcasecmp(name, "global") == 0 || strncasecmp(name, "persist", 7) == 0;
            my_lex_next(&set->lexer);
            my_lex_next(&set->lexer);
            my_lex_plain(&set->lexer, text, sizeof text);
            name = text;
            out->scope = global ? MY_SET_GLOBAL : MY_SET_SESSION;
        }
    } else if (token == MY_T_WORD && text[0] == '@') {
        name = text + 1;
        out->scope = MY_SET_USER;
        if (!*name) { /* @`x`, @'x' */
            my_lex_next(&set->lexer);
            my_lex_plain(&set->lexer, text, sizeof text);
            name = text;
        }
    }
    size_t len = strnlen(name, sizeof out->name - 1);
    memmove(out->name, name, len);
    out->name[len] = '\0';
    lower_name(out->name);
}

/* Up to the comma that ends it, or the end. */
static void read_value(struct my_set *set, struct my_assignment *out)
{
    size_t depth = 0, begin = set->lexer.at, end = begin;
    for (enum my_token token; (token = my_lex_next(&set->lexer)) != MY_T_END;) {
        if (token == MY_T_OTHER && my_lex_mark(&set->lexer, ','))
            if (!depth)
                break;
        if (token == MY_T_OTHER && my_lex_mark(&set->lexer, '('))
            depth++;
        else if (token == MY_T_OTHER && my_lex_mark(&set->lexer, ')'))
            depth -= depth > 0;
        end = set->lexer.at;
    }
    out->value = (struct gw_str){ set->lexer.text + begin, end - begin };
}

static bool take_scope(struct my_set *set)
{
    if (my_lex_among(&set->lexer, "GLOBAL PERSIST PERSIST_ONLY"))
        set->scope = MY_SET_GLOBAL;
    else if (my_lex_among(&set->lexer, "SESSION LOCAL"))
        set->scope = MY_SET_SESSION;
    else
        return false;
    return true;
}

bool my_set_next(struct my_set *set, struct my_assignment *out)
{
    enum my_token token = my_lex_next(&set->lexer);
    bool form = set->first;
    *out = (struct my_assignment){ 0 };
    set->first = false;
    if (token == MY_T_WORD && take_scope(set))
        token = my_lex_next(&set->lexer);
    if (token == MY_T_END)
        return false;
    read_name(set, token, out);
    struct my_lexer next = set->lexer;
    my_lex_next(&next);
    if (my_lex_mark(&next, ':'))
        my_lex_next(&next);
    if (my_lex_mark(&next, '=')) {
        set->lexer = next;
    } else if (form && out->scope != MY_SET_USER) {
        if (set->scope != MY_SET_GLOBAL || strcmp(out->name, "transaction") != 0)
            out->scope = MY_SET_FORM;
    }
    read_value(set, out);
    return true;
}

/* ---- sql_mode ---- */

static bool holds_mode(const char *list, const char *mode)
{
    size_t n = strlen(mode);
    for (const char *at = list; *at; at += strcspn(at, ",")) {
        at += *at == ',';
        if (strncasecmp(at, mode, n) == 0 && (at[n] == ',' || !at[n]))
            return true;
    }
    return false;
}

/* Names of modes that contain ANSI_QUOTES. */
static const char *const ansi[] = { "ANSI_QUOTES", "ANSI",       "DB2",   "MAXDB",
                                    "MSSQL",       "POSTGRESQL", "ORACLE" };

struct expression {         /* what the value of sql_mode is made of */
    bool quotes, backslash; /* these modes are named */
    bool live;              /* @@sql_mode */
    bool saved;             /* @old_sql_mode, DEFAULT */
    bool removes;           /* REPLACE(...) */
};

static void read_token(const struct my_lexer *lexer, enum my_token token, struct expression *out)
{
    char text[1024];
    if (token == MY_T_OTHER)
        return;
    my_lex_plain(lexer, text, sizeof text);
    bool variable = token == MY_T_WORD && text[0] == '@';
    out->live |= variable && text[1] == '@';
    out->saved |= (variable && text[1] != '@') || my_lex_is(lexer, "DEFAULT");
    out->removes |= my_lex_is(lexer, "REPLACE");
    for (size_t i = 0; i < sizeof ansi / sizeof ansi[0]; i++)
        out->quotes |= holds_mode(text, ansi[i]);
    out->backslash |= holds_mode(text, "NO_BACKSLASH_ESCAPES");
}

static void assign_modes(const struct my_assignment *assignment, const struct my_modes *base,
                         struct my_modes *modes)
{
    struct my_lexer lexer = MY_LEXER(assignment->value, *modes);
    struct expression read = { 0 };
    for (enum my_token token; (token = my_lex_next(&lexer)) != MY_T_END;)
        read_token(&lexer, token, &read);
    const struct my_modes none = { 0 }, *from = read.live ? modes : read.saved ? base : &none;
    bool quotes = from->ansi_quotes, backslash = from->no_backslash;
    modes->ansi_quotes = read.removes ? quotes && !read.quotes : quotes || read.quotes;
    modes->no_backslash = read.removes ? backslash && !read.backslash : backslash || read.backslash;
}

/* Modes that the parser looks at besides those. */
static const char *const parsing[] = { "NO_BACKSLASH_ESCAPES", "IGNORE_SPACE", "PIPES_AS_CONCAT",
                                       "HIGH_NOT_PRECEDENCE" };

static bool mode_reads(const struct my_assignment *assignment, const struct my_modes *modes)
{
    struct my_lexer lexer = MY_LEXER(assignment->value, *modes);
    struct expression read = { 0 };
    char text[1024];
    bool reads = modes->ansi_quotes || modes->no_backslash; /* and may not do so any more */
    for (enum my_token token; (token = my_lex_next(&lexer)) != MY_T_END;) {
        read_token(&lexer, token, &read);
        my_lex_plain(&lexer, text, sizeof text);
        for (size_t i = 0; i < sizeof parsing / sizeof parsing[0]; i++)
            reads |= token != MY_T_OTHER && holds_mode(text, parsing[i]);
    }
    return reads || read.quotes || read.live || read.saved || read.removes;
}

bool my_set_reads(const struct my_assignment *assignment, const struct my_modes *modes)
{
    static const char *const sets[] = { "names", "character", "charset", "character_set_client" };
    struct my_lexer value = MY_LEXER(assignment->value, *modes);
    if (assignment->scope == MY_SET_SESSION && strcmp(assignment->name, "sql_mode") == 0)
        return mode_reads(assignment, modes);
    if (assignment->scope != MY_SET_SESSION && assignment->scope != MY_SET_FORM)
        return false;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        char text[32];
        if (strcmp(assignment->name, sets[i]) != 0)
            continue;
        if (my_lex_peek(&value, "SET")) /* CHARACTER SET x */
            my_lex_next(&value);
        my_lex_next(&value);
        my_lex_plain(&value, text, sizeof text);
        return strncasecmp(text, "utf8", 4) != 0;
    }
    return false;
}

void my_set_modes(struct gw_str sql, const struct my_modes *base, struct my_modes *modes)
{
    struct my_set set;
    struct my_assignment assignment;
    my_set_begin(&set, sql, modes);
    while (my_set_next(&set, &assignment))
        if (assignment.scope == MY_SET_SESSION && strcmp(assignment.name, "sql_mode") == 0)
            assign_modes(&assignment, base, modes);
}
