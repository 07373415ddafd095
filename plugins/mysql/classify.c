/* SPDX-License-Identifier: Apache-2.0 */
/* https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html and
 * https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/ as a table. */
#include "classify.h"

#include "set.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void my_refuse(struct my_kind *kind, gw_status status, const char *hint, const char *format, ...)
{
    va_list args;
    if (kind->flags & GW_SPLIT_REFUSED)
        return;
    kind->flags |= GW_SPLIT_REFUSED;
    kind->status = status;
    kind->hint = hint;
    va_start(args, format);
    vsnprintf(kind->message, sizeof kind->message, format, args);
    va_end(args);
}

/* ---- statements that need a second look ---- */

static void classify_begin(struct my_lexer *lexer, struct my_kind *kind)
{
    if (my_lex_peek(lexer, "NOT"))
        kind->flags |= GW_CLASS_N;
    else
        kind->flags |= GW_SPLIT_BEGIN;
}

static void classify_start(struct my_lexer *lexer, struct my_kind *kind)
{
    if (my_lex_peek(lexer, "TRANSACTION"))
        kind->flags |= GW_SPLIT_BEGIN;
    else
        my_refuse(kind, GW_E_REFUSED, "do it outside of migrations",
                  "replication is not started by a migration");
}

/* COMMIT AND CHAIN, ROLLBACK RELEASE. */
static void refuse_completion(struct my_lexer *lexer, struct my_kind *kind, const char *verb)
{
    struct my_lexer next = *lexer;
    my_lex_next(&next);
    if (my_lex_is(&next, "WORK"))
        my_lex_next(&next);
    if (my_lex_among(&next, "AND RELEASE") && !my_lex_peek(&next, "NO"))
        my_refuse(kind, GW_E_REFUSED, "write a plain one",
                  "'%s' with AND CHAIN or RELEASE is refused in a migration", verb);
}

static void classify_commit(struct my_lexer *lexer, struct my_kind *kind)
{
    kind->flags |= GW_SPLIT_COMMIT;
    refuse_completion(lexer, kind, "COMMIT");
}

static void classify_rollback(struct my_lexer *lexer, struct my_kind *kind)
{
    struct my_lexer next = *lexer;
    my_lex_next(&next);
    if (my_lex_is(&next, "WORK"))
        my_lex_next(&next);
    if (my_lex_is(&next, "TO"))
        return;
    kind->flags |= GW_SPLIT_ROLLBACK;
    refuse_completion(lexer, kind, "ROLLBACK");
}

static void classify_use(struct my_lexer *lexer, struct my_kind *kind)
{
    my_lex_next(lexer);
    my_lex_plain(lexer, kind->plain, sizeof kind->plain);
    kind->flags |= GW_SPLIT_SETTING;
    kind->verb = MY_V_USE;
}

static void classify_prepare(struct my_lexer *lexer, struct my_kind *kind)
{
    classify_use(lexer, kind);
    kind->verb = MY_V_PREPARE;
}

static void classify_deallocate(struct my_lexer *lexer, struct my_kind *kind)
{
    my_lex_next(lexer); /* PREPARE */
    classify_use(lexer, kind);
    kind->verb = MY_V_DEALLOCATE;
}

/* Its table is read for the sake of a refusal alone. */
static void classify_write(struct my_lexer *lexer, struct my_kind *kind)
{
    static const char between[] = "LOW_PRIORITY DELAYED HIGH_PRIORITY QUICK IGNORE INTO FROM";
    bool with = my_lex_is(lexer, "WITH");
    struct my_lexer next = *lexer;
    kind->verb = MY_V_WRITE;
    for (my_lex_next(&next); !with && my_lex_among(&next, between); my_lex_next(&next))
        *lexer = next;
    if (!with && my_take_object(lexer, kind, MY_O_TABLE))
        kind->n_objects = 0;
}

/* WITH ... UPDATE, (SELECT ...): nothing is lost by taking them for writers. SELECT ... INTO OUTFILE leaves a file. */
static void classify_select(struct my_lexer *lexer, struct my_kind *kind)
{
    bool into = false;
    struct my_lexer next = *lexer;
    for (enum my_token token; (token = my_lex_next(&next)) != MY_T_END;) {
        if (into && my_lex_among(&next, "OUTFILE DUMPFILE"))
            kind->flags |= GW_CLASS_N;
        into = my_lex_is(&next, "INTO");
    }
}

static void classify_load(struct my_lexer *lexer, struct my_kind *kind)
{
    if (my_lex_peek(lexer, "INDEX")) {
        kind->flags |= GW_CLASS_A;
        kind->scope = MY_SCOPE_NONE;
        return;
    }
    kind->verb = MY_V_WRITE;
    struct my_lexer next = *lexer;
    my_lex_next(&next); /* DATA, XML */
    my_lex_next(&next);
    if (my_lex_among(&next, "LOW_PRIORITY CONCURRENT"))
        my_lex_next(&next);
    if (my_lex_is(&next, "LOCAL"))
        my_refuse(kind, GW_E_REFUSED,
                  "write the rows as INSERT, or load them outside of migrations",
                  "'LOAD DATA LOCAL' is refused: the server could ask for any file of this host");
}

static void classify_truncate(struct my_lexer *lexer, struct my_kind *kind)
{
    kind->flags |= GW_CLASS_A;
    kind->scope = MY_SCOPE_NONE; /* empty is empty, however often */
    if (my_lex_peek(lexer, "TABLE"))
        my_lex_next(lexer);
    my_take_object(lexer, kind, MY_O_TABLE);
}

/* Commits, and may be run again without harm. */
static void classify_upkeep(struct my_lexer *lexer, struct my_kind *kind)
{
    bool flush = my_lex_is(lexer, "FLUSH");
    kind->flags |= GW_CLASS_A;
    kind->scope = MY_SCOPE_NONE;
    struct my_lexer next = *lexer;
    for (enum my_token token; flush && (token = my_lex_next(&next)) != MY_T_END;)
        if (token == MY_T_WORD && my_lex_among(&next, "LOCK EXPORT"))
            my_refuse(kind, GW_E_REFUSED, "do it outside of migrations",
                      "'FLUSH TABLES' with a lock would also lock out the migration history");
}

static void classify_definition(struct my_lexer *lexer, struct my_kind *kind)
{
    (void)lexer;
    kind->flags |= GW_CLASS_A;
}

static void classify_nothing(struct my_lexer *lexer, struct my_kind *kind)
{
    (void)lexer;
    kind->flags |= GW_CLASS_N;
}

/* While tables are locked, a session reaches no other table, so the history would be out of reach. */
static void classify_lock(struct my_lexer *lexer, struct my_kind *kind)
{
    struct my_lexer next = *lexer;
    my_lex_next(&next);
    if (my_lex_among(&next, "TABLE TABLES")) {
        kind->flags |= GW_SPLIT_SETTING;
        kind->ignored = true;
    } else {
        my_refuse(kind, GW_E_REFUSED, "do it outside of migrations",
                  "'LOCK INSTANCE' is refused in a migration");
    }
}

/* ---- SET ---- */

static void classify_form(const struct my_assignment *set, struct my_kind *kind)
{
    if (strcmp(set->name, "password") == 0 || strcmp(set->name, "default") == 0)
        kind->flags = GW_CLASS_A;
    else if (strcmp(set->name, "role") == 0)
        my_refuse(kind, GW_E_REFUSED, "put it into database.session, or log in as that user",
                  "'SET ROLE' is refused in a migration");
}

static void classify_assignment(const struct my_assignment *set, struct my_kind *kind)
{
    static const char *const modes_of_ours[] = { "tx_read_only", "transaction_read_only",
                                                 "completion_type" };
    const struct my_modes modes = { 0 };
    struct my_lexer value = MY_LEXER(set->value, modes);
    if (set->scope == MY_SET_GLOBAL) {
        kind->flags = (kind->flags & GW_SPLIT_REFUSED) | GW_CLASS_A;
        kind->scope = MY_SCOPE_NONE;
    }
    if (set->scope != MY_SET_SESSION)
        return;
    my_lex_next(&value);
    if (strcmp(set->name, "autocommit") == 0 && !my_lex_among(&value, "1 ON TRUE DEFAULT"))
        kind->ignored = true;
    for (size_t i = 0; i < sizeof modes_of_ours / sizeof modes_of_ours[0]; i++)
        if (strcmp(set->name, modes_of_ours[i]) == 0)
            my_refuse(kind, GW_E_REFUSED, "remove it",
                      "'SET %s' is refused in a migration: its own record follows in the same "
                      "transaction",
                      set->name);
}

static void classify_statement(struct gw_str sql, const struct my_modes *modes,
                               struct my_kind *kind);

/* SET STATEMENT a = 1 FOR SELECT ...: of the class of what follows. */
static void classify_for(struct my_lexer *lexer, struct my_kind *kind)
{
    for (enum my_token token; (token = my_lex_next(lexer)) != MY_T_END;) {
        if (token != MY_T_WORD || !my_lex_is(lexer, "FOR"))
            continue;
        struct gw_str rest = { lexer->text + lexer->at, lexer->len - lexer->at };
        if (my_lex_peek(lexer, "SET"))
            my_refuse(kind, GW_E_REFUSED, "write a plain SET",
                      "'SET STATEMENT ... FOR SET' is refused in a migration");
        else
            classify_statement(rest, &lexer->modes, kind);
        return;
    }
}

/* It, or keeping what it was: SET @OLD_AUTOCOMMIT = @@AUTOCOMMIT, @@AUTOCOMMIT = 0. */
static bool about_autocommit(const struct my_assignment *set, const struct my_modes *modes)
{
    struct my_lexer value = MY_LEXER(set->value, *modes);
    my_lex_next(&value);
    return strcmp(set->name, "autocommit") == 0 ||
           (set->scope == MY_SET_USER && my_lex_among(&value, "@@AUTOCOMMIT @@SESSION"));
}

static void classify_set(struct my_lexer *lexer, struct my_kind *kind)
{
    struct my_set set;
    struct my_assignment assignment;
    if (my_lex_peek(lexer, "STATEMENT")) {
        classify_for(lexer, kind);
        return;
    }
    kind->verb = MY_V_SET;
    kind->flags |= GW_SPLIT_SETTING;
    kind->scope = MY_SCOPE_NONE;
    my_set_begin(&set, (struct gw_str){ lexer->text, lexer->len }, &lexer->modes);
    bool others = false;
    while (my_set_next(&set, &assignment)) {
        others |= !about_autocommit(&assignment, &lexer->modes);
        if (my_set_reads(&assignment, &lexer->modes))
            kind->flags |= GW_SPLIT_READING;
        if (assignment.scope == MY_SET_FORM)
            classify_form(&assignment, kind);
        else
            classify_assignment(&assignment, kind);
    }
    /* Left out: up to the next COMMIT all that can happen together does so anyway. */
    if (kind->ignored && others)
        my_refuse(kind, GW_E_REFUSED, "set it in a statement of its own, or remove it",
                  "'SET autocommit = 0' beside other variables is refused in a migration");
}

/* ---- the table ---- */

static void refuse_outside(struct my_lexer *lexer, struct my_kind *kind)
{
    my_refuse(kind, GW_E_REFUSED, "do it outside of migrations", "'%.*s' is refused in a migration",
              (int)(lexer->at - lexer->begin), lexer->text + lexer->begin);
}

static void refuse_xa(struct my_lexer *lexer, struct my_kind *kind)
{
    (void)lexer;
    my_refuse(kind, GW_E_REFUSED, "remove it: a migration is a transaction of its own",
              "'XA' is refused in a migration");
}

static const struct {
    const char *words;
    void (*classify)(struct my_lexer *, struct my_kind *);
} words[] = {
    { "SELECT TABLE VALUES", classify_select },
    { "INSERT UPDATE DELETE REPLACE WITH", classify_write },
    { "LOAD", classify_load },
    { "SET", classify_set },
    { "USE", classify_use },
    { "PREPARE", classify_prepare },
    { "DEALLOCATE", classify_deallocate },
    { "LOCK UNLOCK", classify_lock },
    { "CREATE", my_classify_create },
    { "ALTER", my_classify_alter },
    { "DROP", my_classify_drop },
    { "RENAME", my_classify_rename },
    { "TRUNCATE", classify_truncate },
    { "GRANT REVOKE", my_classify_grant },
    { "EXECUTE INSTALL UNINSTALL IMPORT", classify_definition },
    { "ANALYZE OPTIMIZE REPAIR CHECK CHECKSUM CACHE FLUSH", classify_upkeep },
    { "CALL KILL BACKUP", classify_nothing },
    { "BEGIN", classify_begin },
    { "START", classify_start },
    { "COMMIT", classify_commit },
    { "ROLLBACK", classify_rollback },
    { "XA", refuse_xa },
    { "STOP CHANGE RESET PURGE SHUTDOWN RESTART CLONE BINLOG", refuse_outside },
};

static const char client_commands[] = "DELIMITER SOURCE SYSTEM TEE NOTEE PAGER NOPAGER PROMPT "
                                      "REHASH STATUS CONNECT CHARSET EDIT EGO GO "
                                      "PRINT RESETCONNECTION WARNINGS NOWARNING SANDBOX";

bool my_is_client_command(const struct my_lexer *lexer)
{
    return my_lex_among(lexer, client_commands);
}

/* ANALYZE FORMAT=JSON SELECT and EXPLAIN run or plan a query, and commit nothing. */
static bool explains(const struct my_lexer *lexer)
{
    struct my_lexer next = *lexer;
    if (!my_lex_is(lexer, "ANALYZE"))
        return false;
    my_lex_next(&next);
    return my_lex_among(&next, "FORMAT SELECT UPDATE DELETE INSERT REPLACE WITH");
}

static void classify_statement(struct gw_str sql, const struct my_modes *modes,
                               struct my_kind *kind)
{
    struct my_lexer lexer = MY_LEXER(sql, *modes);
    enum my_token token = my_lex_next(&lexer);
    if (token != MY_T_WORD || explains(&lexer))
        return;
    if (my_lex_is(&lexer, "DELIMITER")) {
        my_refuse(kind, GW_E_SYNTAX, "write the delimiter behind it, on the same line",
                  "'DELIMITER' without a delimiter");
        return;
    }
    if (my_is_client_command(&lexer)) {
        my_refuse(kind, GW_E_REFUSED, "remove it, or write what it does in SQL",
                  "'%.*s' is a command of the mysql client, not SQL", (int)(lexer.at - lexer.begin),
                  sql.ptr + lexer.begin);
        return;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (my_lex_among(&lexer, words[i].words)) {
            words[i].classify(&lexer, kind);
            return;
        }
}

/* ---- anywhere in a statement ---- */

static void refuse_unfinished(const struct my_lexer *lexer, struct my_kind *kind)
{
    my_refuse(kind, GW_E_SYNTAX, "close it, or remove it", "%s is never closed",
              lexer->text[lexer->begin] == '/' ? "a comment" : "a quoted text");
}

static void check_backslash(const struct my_lexer *lexer, struct my_kind *kind)
{
    char next = lexer->at < lexer->len ? lexer->text[lexer->at] : '\n';
    if (next == '\n' || next == '\r')
        my_refuse(kind, GW_E_SYNTAX, "remove it", "a backslash at the end of a line is no SQL");
    else if (next != 'N')
        my_refuse(kind, GW_E_REFUSED, "end the statement with ';', and write SQL",
                  "'\\%c' is a command of the mysql client, not SQL", next);
}

/* The lock functions would free the lock of the migration. In the body of a stored program they run later. */
static void check_tokens(struct gw_str sql, const struct my_modes *modes, struct my_kind *kind)
{
    static const char locks[] = "GET_LOCK RELEASE_LOCK RELEASE_ALL_LOCKS";
    struct my_lexer lexer = MY_LEXER(sql, *modes);
    bool first = true, stored = false;
    for (enum my_token token; (token = my_lex_next(&lexer)) != MY_T_END; first = false) {
        if (first)
            stored = my_lex_among(&lexer, "CREATE ALTER");
        if (token == MY_T_UNFINISHED)
            refuse_unfinished(&lexer, kind);
        else if (token == MY_T_OTHER && my_lex_mark(&lexer, '\\'))
            check_backslash(&lexer, kind);
        else if (token == MY_T_WORD && !stored && my_lex_among(&lexer, locks) &&
                 my_lex_peek(&lexer, "("))
            my_refuse(kind, GW_E_REFUSED,
                      "remove it: the migration lock keeps other runs away already",
                      "'%.*s' is refused in a migration", (int)(lexer.at - lexer.begin),
                      sql.ptr + lexer.begin);
    }
    if (lexer.inside)
        my_refuse(kind, GW_E_SYNTAX, "close it, or remove it", "a comment is never closed");
}

void my_classify(struct gw_str sql, const struct my_modes *modes, struct my_kind *out)
{
    *out = (struct my_kind){ .flags = GW_CLASS_T };
    classify_statement(sql, modes, out);
    check_tokens(sql, modes, out);
}
