/* SPDX-License-Identifier: Apache-2.0 */
/* Statements that define: which objects they touch, and whether they are one atomic step. */
#include "classify.h"

#include <string.h>
#include <strings.h>

/* ---- names ---- */

static bool is_name(enum my_token token)
{
    return token == MY_T_WORD || token == MY_T_NAME || token == MY_T_STRING;
}

bool my_take_object(struct my_lexer *lexer, struct my_kind *kind, enum my_object_kind what)
{
    struct my_object object = { .kind = what };
    if (!is_name(my_lex_next(lexer)))
        return false;
    my_lex_plain(lexer, object.name, sizeof object.name);
    struct my_lexer next = *lexer;
    my_lex_next(&next);
    if (my_lex_mark(&next, '.') && is_name(my_lex_next(&next))) {
        memcpy(object.schema, object.name, sizeof object.schema);
        my_lex_plain(&next, object.name, sizeof object.name);
        *lexer = next;
    }
    if (what == MY_O_TABLE && strncasecmp(object.name, "godwit_", 7) == 0)
        my_refuse(kind, GW_E_REFUSED, "choose another name",
                  "a table name that begins with 'godwit_' is reserved for the migration history");
    if (kind->n_objects == MY_OBJECTS)
        kind->scope = MY_SCOPE_ALL;
    else
        kind->objects[kind->n_objects++] = object;
    return true;
}

/* name, name, ...: true if there is more than one. */
static bool take_list(struct my_lexer *lexer, struct my_kind *kind, enum my_object_kind what)
{
    size_t n = 0;
    do
        n += my_take_object(lexer, kind, what);
    while (my_lex_mark(lexer, ',') ||
           (my_lex_peek(lexer, ",") && my_lex_next(lexer) == MY_T_OTHER));
    return n > 1;
}

/* user@host; the lexer takes '@' for a letter. */
static void take_account(struct my_lexer *lexer, struct my_kind *kind)
{
    struct my_object object = { .kind = MY_O_ACCOUNT, .schema = "%" };
    if (!is_name(my_lex_next(lexer)))
        return;
    my_lex_plain(lexer, object.name, sizeof object.name);
    char *at = lexer->text[lexer->begin] == '\'' || lexer->text[lexer->begin] == '`'
                   ? NULL
                   : strchr(object.name, '@');
    struct my_lexer next = *lexer;
    if (at) {
        memmove(object.schema, at + 1, strlen(at + 1) + 1);
        *at = '\0';
    } else if (my_lex_next(&next) == MY_T_WORD && next.text[next.begin] == '@') {
        if (next.at == next.begin + 1) { /* @'host' */
            my_lex_next(&next);
            my_lex_plain(&next, object.schema, sizeof object.schema);
        } else {
            my_lex_plain(&next, object.schema, sizeof object.schema);
            memmove(object.schema, object.schema + 1, strlen(object.schema));
        }
    }
    if (!object.schema[0])
        my_lex_next(&next), my_lex_plain(&next, object.schema, sizeof object.schema);
    kind->objects[0] = object;
    kind->n_objects = 1;
}

static bool take_if_exists(struct my_lexer *lexer)
{
    if (!my_lex_peek(lexer, "IF"))
        return false;
    my_lex_next(lexer);
    if (my_lex_peek(lexer, "NOT"))
        my_lex_next(lexer);
    my_lex_next(lexer); /* EXISTS */
    return true;
}

/* Moves to this word, if it comes at all. */
static bool skip_to(struct my_lexer *lexer, const char *word)
{
    for (enum my_token token; (token = my_lex_next(lexer)) != MY_T_END;)
        if (token == MY_T_WORD && my_lex_is(lexer, word))
            return true;
    return false;
}

static bool holds_word(const struct my_lexer *from, const char *words)
{
    struct my_lexer lexer = *from;
    for (enum my_token token; (token = my_lex_next(&lexer)) != MY_T_END;)
        if (token == MY_T_WORD && my_lex_among(&lexer, words))
            return true;
    return false;
}

/* ---- several objects at once ---- */

/* MySQL 8 does all or nothing; MariaDB one after another. */
static void several(struct my_lexer *lexer, struct my_kind *kind, bool repeatable)
{
    bool atomic = !lexer->modes.mariadb && lexer->modes.version >= 80000;
    if (repeatable)
        kind->scope = MY_SCOPE_NONE;
    else if (!atomic)
        kind->flags = (kind->flags & ~(uint64_t)GW_CLASS_MASK) | GW_CLASS_N;
}

/* ---- what follows CREATE, ALTER and DROP ---- */

static const struct what {
    const char *word;
    enum my_object_kind kind;
    enum my_scope scope;
} whats[] = {
    { "TABLE", MY_O_TABLE, MY_SCOPE_OBJECTS },
    { "TABLES", MY_O_TABLE, MY_SCOPE_OBJECTS },
    { "VIEW", MY_O_TABLE, MY_SCOPE_OBJECTS },
    { "SEQUENCE", MY_O_TABLE, MY_SCOPE_OBJECTS },
    { "INDEX", MY_O_TABLE, MY_SCOPE_OBJECTS },
    { "KEY", MY_O_TABLE, MY_SCOPE_OBJECTS },
    { "TRIGGER", MY_O_TRIGGER, MY_SCOPE_OBJECTS },
    { "PROCEDURE", MY_O_PROCEDURE, MY_SCOPE_OBJECTS },
    { "FUNCTION", MY_O_FUNCTION, MY_SCOPE_OBJECTS },
    { "EVENT", MY_O_EVENT, MY_SCOPE_OBJECTS },
    { "DATABASE", MY_O_DATABASE, MY_SCOPE_OBJECTS },
    { "SCHEMA", MY_O_DATABASE, MY_SCOPE_OBJECTS },
    { "USER", MY_O_ACCOUNT, MY_SCOPE_OBJECTS },
    { "ROLE", MY_O_ACCOUNT, MY_SCOPE_OBJECTS },
    { "PACKAGE", MY_O_PROCEDURE, MY_SCOPE_ALL },
    { "SERVER", MY_O_TABLE, MY_SCOPE_ALL },
    { "TABLESPACE", MY_O_TABLE, MY_SCOPE_ALL },
    { "RESOURCE", MY_O_TABLE, MY_SCOPE_ALL },
    { "INSTANCE", MY_O_TABLE, MY_SCOPE_ALL },
};

/* DEFINER = user@host, where user may be any word. */
static void skip_definer(struct my_lexer *lexer)
{
    my_lex_next(lexer); /* = */
    my_lex_next(lexer);
    struct my_lexer next = *lexer;
    if (my_lex_next(&next) == MY_T_WORD && next.text[next.begin] == '@') {
        if (next.at == next.begin + 1)
            my_lex_next(&next);
        *lexer = next;
    }
}

/* Skips OR REPLACE, DEFINER = ..., UNIQUE, TEMPORARY and so on up to the kind of object. */
static const struct what *take_what(struct my_lexer *lexer, bool *replace, bool *temporary)
{
    for (enum my_token token; (token = my_lex_next(lexer)) != MY_T_END;) {
        if (token != MY_T_WORD)
            continue;
        *replace |= my_lex_is(lexer, "REPLACE");
        *temporary |= my_lex_is(lexer, "TEMPORARY");
        if (my_lex_is(lexer, "DEFINER"))
            skip_definer(lexer);
        for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++)
            if (my_lex_is(lexer, whats[i].word))
                return &whats[i];
    }
    return NULL;
}

static bool is_index(const struct what *what)
{
    return strcmp(what->word, "INDEX") == 0 || strcmp(what->word, "KEY") == 0;
}

static void take_target(struct my_lexer *lexer, struct my_kind *kind, const struct what *what)
{
    kind->scope = what->scope;
    if (is_index(what) && !skip_to(lexer, "ON"))
        return;
    take_if_exists(lexer);
    if (what->kind == MY_O_ACCOUNT)
        take_account(lexer, kind);
    else
        my_take_object(lexer, kind, what->kind);
}

static void make_temporary(struct my_kind *kind, enum my_verb verb)
{
    kind->flags = (kind->flags & ~(uint64_t)GW_CLASS_MASK) | GW_CLASS_T;
    kind->verb = verb;
    kind->scope = MY_SCOPE_NONE;
}

void my_classify_create(struct my_lexer *lexer, struct my_kind *kind)
{
    bool replace = false, temporary = false;
    kind->flags |= GW_CLASS_A;
    const struct what *what = take_what(lexer, &replace, &temporary);
    if (!what)
        return;
    take_target(lexer, kind, what);
    if (temporary && strcmp(what->word, "TABLE") == 0)
        make_temporary(kind, MY_V_CREATE_TEMPORARY);
    else if (replace && strcmp(what->word, "TABLE") == 0) /* its DROP stays when the CREATE fails */
        kind->flags |= GW_CLASS_N;
}

void my_classify_alter(struct my_lexer *lexer, struct my_kind *kind)
{
    bool ignored = false;
    kind->flags |= GW_CLASS_A;
    const struct what *what = take_what(lexer, &ignored, &ignored);
    if (!what)
        return;
    take_target(lexer, kind, what);
    if (what->kind == MY_O_DATABASE && my_lex_among(lexer, "CHARACTER DEFAULT COLLATE CHARSET")) {
        kind->objects[0].name[0] = '\0'; /* ALTER DATABASE without a name: this one */
        return;
    }
    if (what->kind != MY_O_TABLE)
        return;
    if (holds_word(lexer, "EXCHANGE DISCARD IMPORT"))
        kind->flags |= GW_CLASS_N;
    struct my_lexer rename = *lexer;
    while (skip_to(&rename, "RENAME")) {
        struct my_lexer to = rename;
        my_lex_next(&to);
        if (my_lex_among(&to, "COLUMN INDEX KEY CONSTRAINT"))
            continue;
        if (!my_lex_among(&to, "TO AS"))
            to = rename;
        my_take_object(&to, kind, MY_O_TABLE);
    }
}

void my_classify_drop(struct my_lexer *lexer, struct my_kind *kind)
{
    bool ignored = false, temporary = false;
    kind->flags |= GW_CLASS_A;
    if (my_lex_peek(lexer, "PREPARE")) {
        my_lex_next(lexer);
        my_lex_next(lexer);
        my_lex_plain(lexer, kind->plain, sizeof kind->plain);
        kind->flags = GW_CLASS_T | GW_SPLIT_SETTING;
        kind->verb = MY_V_DEALLOCATE;
        return;
    }
    const struct what *what = take_what(lexer, &ignored, &temporary);
    if (!what)
        return;
    kind->scope = what->scope;
    if (what->kind != MY_O_TABLE || is_index(what)) {
        take_target(lexer, kind, what);
        if (what->kind == MY_O_DATABASE) /* table by table */
            kind->flags |= GW_CLASS_N;
        return;
    }
    bool repeatable = take_if_exists(lexer);
    if (take_list(lexer, kind, MY_O_TABLE))
        several(lexer, kind, repeatable);
    if (temporary)
        make_temporary(kind, MY_V_OTHER);
}

void my_classify_rename(struct my_lexer *lexer, struct my_kind *kind)
{
    kind->flags |= GW_CLASS_A;
    my_lex_next(lexer);
    if (!my_lex_among(lexer, "TABLE TABLES"))
        return;
    kind->scope = MY_SCOPE_OBJECTS;
    take_if_exists(lexer);
    size_t n = 0;
    do {
        my_take_object(lexer, kind, MY_O_TABLE);
        if (!skip_to(lexer, "TO") || !my_take_object(lexer, kind, MY_O_TABLE))
            break;
        n++;
    } while (my_lex_peek(lexer, ",") && my_lex_next(lexer) == MY_T_OTHER);
    if (n > 1)
        several(lexer, kind, false);
}

void my_classify_grant(struct my_lexer *lexer, struct my_kind *kind)
{
    bool grants = my_lex_is(lexer, "GRANT");
    kind->flags |= GW_CLASS_A;
    if (!skip_to(lexer, grants ? "TO" : "FROM"))
        return;
    kind->scope = MY_SCOPE_OBJECTS;
    take_account(lexer, kind);
    if (!kind->n_objects)
        kind->scope = MY_SCOPE_ALL;
}
