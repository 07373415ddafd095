/* SPDX-License-Identifier: Apache-2.0 */
#include "classify.h"

#include "lexer.h"

#include <stdio.h>
#include <string.h>

static void refuse(struct sqlite_kind *kind, gw_status status, const char *hint, const char *what,
                   const char *why)
{
    if (kind->flags & GW_SPLIT_REFUSED)
        return;
    kind->flags |= GW_SPLIT_REFUSED;
    kind->status = status;
    kind->hint = hint;
    snprintf(kind->message, sizeof kind->message, "%s %s", what, why);
}

static void classify_attach(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    (void)lexer;
    refuse(
        kind, GW_E_REFUSED,
        "a transaction over several files is not atomic; migrate each file by a project of its own",
        "'ATTACH'", "is refused in a migration");
}

static void classify_detach(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    (void)lexer;
    refuse(kind, GW_E_REFUSED, "remove the statement; a migration sees its own database only",
           "'DETACH'", "is refused in a migration");
}

static void classify_begin(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    (void)lexer;
    kind->flags |= GW_SPLIT_BEGIN;
}

static void classify_commit(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    (void)lexer;
    kind->flags |= GW_SPLIT_COMMIT;
}

static void classify_savepoint(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    (void)lexer;
    kind->savepoint = true;
}

static void classify_rollback(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    enum sqlite_token token = sqlite_lex_next(lexer);
    if (token == SQLITE_T_WORD && sqlite_lex_is(lexer, "TRANSACTION"))
        token = sqlite_lex_next(lexer);
    if (token == SQLITE_T_WORD && sqlite_lex_is(lexer, "TO"))
        kind->savepoint = true;
    else
        kind->flags |= GW_SPLIT_ROLLBACK;
}

static void classify_vacuum(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    kind->vacuum = true;
    kind->flags |= GW_CLASS_P;
    for (enum sqlite_token token; (token = sqlite_lex_next(lexer)) != SQLITE_T_END;)
        if (token == SQLITE_T_WORD && sqlite_lex_is(lexer, "INTO"))
            refuse(kind, GW_E_REFUSED, "copy a database with `godwit backup`", "'VACUUM INTO'",
                   "is refused in a migration: it writes another file");
}

static void classify_drop(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    if (sqlite_lex_next(lexer) == SQLITE_T_WORD)
        kind->rebuilds = sqlite_lex_is(lexer, "TABLE");
}

/* ALTER TABLE [schema.]name RENAME TO name: renaming a column leaves the table in its place. */
static void classify_alter(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    bool renames = false;
    char name[16];
    for (enum sqlite_token token; (token = sqlite_lex_next(lexer)) != SQLITE_T_END;) {
        if (renames && token == SQLITE_T_WORD && sqlite_lex_is(lexer, "TO"))
            break;
        renames = token == SQLITE_T_WORD && sqlite_lex_is(lexer, "RENAME");
    }
    if (!renames)
        return;
    kind->rebuilds = true;
    sqlite_lex_next(lexer);
    sqlite_lex_plain(lexer, name, sizeof name);
    if (strncmp(name, "godwit_", 7) == 0)
        refuse(kind, GW_E_REFUSED, "choose another name", "a table name that begins with 'godwit_'",
               "is reserved for the migration history");
}

/* The value of PRAGMA name = value, PRAGMA name(value) and PRAGMA name = -1; false: it is only read. */
static bool pragma_value(struct sqlite_lexer *lexer, char *out, size_t room)
{
    if (sqlite_lex_next(lexer) == SQLITE_T_END)
        return false;
    enum sqlite_token token = sqlite_lex_next(lexer);
    if (token == SQLITE_T_OTHER)
        token = sqlite_lex_next(lexer);
    if (token == SQLITE_T_END)
        return false;
    sqlite_lex_plain(lexer, out, room);
    return true;
}

static void classify_pragma(struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    char name[sizeof kind->pragma], *value = kind->value;
    const char *why;

    sqlite_lex_next(lexer);
    sqlite_lex_plain(lexer, name, sizeof name);
    struct sqlite_lexer dot = *lexer;
    if (sqlite_lex_next(&dot) == SQLITE_T_OTHER && dot.text[dot.begin] == '.') {
        *lexer = dot;
        sqlite_lex_next(lexer);
        sqlite_lex_plain(lexer, name, sizeof name);
    }
    bool sets = pragma_value(lexer, value, sizeof kind->value);
    kind->policy = sqlite_pragma_policy(name, sets ? value : NULL, &why);
    if (sets)
        memcpy(kind->pragma, name, sizeof name);
    if (kind->policy == SQLITE_PRAGMA_ALONE)
        kind->flags |= GW_CLASS_P;
    if (kind->policy == SQLITE_PRAGMA_SIGNAL)
        kind->rebuilds = !sqlite_pragma_true(value);
    if (kind->policy == SQLITE_PRAGMA_SIGNAL || kind->policy == SQLITE_PRAGMA_RESTORED)
        kind->flags |= GW_SPLIT_SETTING;
    if (kind->policy == SQLITE_PRAGMA_REFUSED) {
        char what[80];
        snprintf(what, sizeof what, "'PRAGMA %s' is refused in a migration:", name);
        refuse(kind, GW_E_REFUSED, "remove it; what a session needs goes into database.session",
               what, why);
    }
}

static const struct {
    const char *word;
    void (*classify)(struct sqlite_lexer *, struct sqlite_kind *);
} words[] = {
    { "ALTER", classify_alter },         { "ATTACH", classify_attach },
    { "BEGIN", classify_begin },         { "COMMIT", classify_commit },
    { "DETACH", classify_detach },       { "DROP", classify_drop },
    { "END", classify_commit },          { "PRAGMA", classify_pragma },
    { "RELEASE", classify_savepoint },   { "ROLLBACK", classify_rollback },
    { "SAVEPOINT", classify_savepoint }, { "VACUUM", classify_vacuum },
};

/* Only a statement that the text ends in can be unfinished, and SQLite takes an unclosed comment for the end of
 * the script: what was meant to run after it would be skipped without a word. */
static void classify_unfinished(struct gw_str sql, struct sqlite_kind *kind)
{
    struct sqlite_lexer lexer = { sql.ptr, sql.len, 0, 0 };
    enum sqlite_token token;
    do
        token = sqlite_lex_next(&lexer);
    while (token != SQLITE_T_END && token != SQLITE_T_UNFINISHED);
    if (token == SQLITE_T_UNFINISHED)
        refuse(kind, GW_E_SYNTAX, "close it, or remove it",
               sql.ptr[lexer.begin] == '/' ? "a comment" : "a quoted text", "is never closed");
}

static void classify_shell_command(const struct sqlite_lexer *lexer, struct sqlite_kind *kind)
{
    struct sqlite_lexer word = *lexer;
    char name[32], what[40];
    sqlite_lex(&word);
    sqlite_lex_plain(&word, name, sizeof name);
    snprintf(what, sizeof what, "'.%s'", name);
    refuse(kind, GW_E_REFUSED, "remove it, or write what it does in SQL", what,
           "is a command of the sqlite3 shell, not SQL");
}

void sqlite_classify(struct gw_str sql, struct sqlite_kind *out)
{
    struct sqlite_lexer lexer = { sql.ptr, sql.len, 0, 0 };
    *out = (struct sqlite_kind){ .flags = GW_CLASS_T };
    enum sqlite_token token = sqlite_lex_next(&lexer);
    if (token == SQLITE_T_OTHER && sql.ptr[lexer.begin] == '.') {
        classify_shell_command(&lexer, out);
        return;
    }
    for (size_t i = 0; token == SQLITE_T_WORD && i < sizeof words / sizeof words[0]; i++)
        if (sqlite_lex_is(&lexer, words[i].word)) {
            words[i].classify(&lexer, out);
            break;
        }
    classify_unfinished(sql, out);
}

bool sqlite_changes_rows(struct gw_str sql)
{
    static const char *const words_of_rows[] = { "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH" };
    struct sqlite_lexer lexer = { sql.ptr, sql.len, 0, 0 };
    if (sqlite_lex_next(&lexer) != SQLITE_T_WORD)
        return false;
    for (size_t i = 0; i < sizeof words_of_rows / sizeof words_of_rows[0]; i++)
        if (sqlite_lex_is(&lexer, words_of_rows[i]))
            return true;
    return false;
}
