/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void postgres_kind_refuse(struct postgres_kind *out, gw_status status, const char *hint,
                          const char *format, ...)
{
    va_list args;
    if (out->flags & GW_SPLIT_REFUSED)
        return;
    out->flags |= GW_SPLIT_REFUSED;
    out->status = status;
    out->hint = hint;
    va_start(args, format);
    vsnprintf(out->message, sizeof out->message, format, args);
    va_end(args);
}

/* ---- tokens ---- */

static bool kept_is(const char *text, const struct postgres_kept *kept, const char *word)
{
    return kept->len && postgres_word_is(text + kept->begin, kept->len, word);
}

/* CREATE [OR REPLACE] FUNCTION or PROCEDURE: the one statement with ';' outside of parentheses. */
static bool is_routine(const struct postgres_scan *scan, const char *text)
{
    size_t at = scan->n > 3 && kept_is(text, &scan->kept[1], "OR") ? 3 : 1;
    return scan->n > at && kept_is(text, &scan->kept[0], "CREATE") &&
           (kept_is(text, &scan->kept[at], "FUNCTION") ||
            kept_is(text, &scan->kept[at], "PROCEDURE"));
}

static void scan_body(struct postgres_scan *scan, const struct postgres_lexer *lexer)
{
    if (scan->body == 0) {
        scan->body = postgres_lex_is(lexer, "ATOMIC") &&
                     kept_is(lexer->text, &scan->last, "BEGIN") && is_routine(scan, lexer->text);
        return;
    }
    scan->body += postgres_lex_is(lexer, "CASE");
    scan->body -= postgres_lex_is(lexer, "END");
}

static void scan_word(struct postgres_scan *scan, const struct postgres_lexer *lexer)
{
    static const char *const changes[] = { "SET_CONFIG", "TEMP", "TEMPORARY", "PG_TEMP" };
    bool outside = scan->depth == 0;

    scan_body(scan, lexer);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        scan->dirties = scan->dirties || postgres_lex_is(lexer, changes[i]);
    scan->unlocks = scan->unlocks || postgres_lex_is(lexer, "PG_ADVISORY_UNLOCK_ALL");
    scan->copies_in = scan->copies_in || (scan->from && postgres_lex_is(lexer, "STDIN"));
    scan->copies_out = scan->copies_out || (scan->to && postgres_lex_is(lexer, "STDOUT"));
    scan->from = outside && postgres_lex_is(lexer, "FROM");
    scan->to = outside && postgres_lex_is(lexer, "TO");
}

static bool is_value(const struct postgres_kept *kept)
{
    return kept->len && (kept->token == POSTGRES_T_WORD || kept->token == POSTGRES_T_NAME ||
                         kept->token == POSTGRES_T_STRING || kept->token == POSTGRES_T_NUMBER ||
                         kept->token == POSTGRES_T_CLOSE);
}

/* ":name" is psql's, "a[1:n]" and JSON_OBJECT('a':b) are SQL. */
static void scan_variable(struct postgres_scan *scan, const char *text,
                          const struct postgres_kept *now)
{
    bool adjacent = scan->last.begin + scan->last.len == now->begin;
    bool variable = scan->colon && adjacent &&
                    (now->token == POSTGRES_T_WORD || now->token == POSTGRES_T_NAME ||
                     (now->token == POSTGRES_T_STRING && text[now->begin] == '\''));
    scan->variable = variable ? *now : (struct postgres_kept){ 0 };
    scan->colon =
        now->token == POSTGRES_T_COLON && !scan->brackets && !(adjacent && is_value(&scan->last));
}

static void scan_mark(struct postgres_scan *scan, const struct postgres_kept *now, char mark)
{
    switch (now->token) {
    case POSTGRES_T_OPEN:
        scan->depth++;
        break;
    case POSTGRES_T_CLOSE:
        scan->depth -= scan->depth > 0;
        break;
    case POSTGRES_T_BACKSLASH:
        if (!scan->command.len)
            scan->command = *now;
        break;
    case POSTGRES_T_UNFINISHED:
        scan->unfinished = true;
        break;
    default:
        scan->brackets += mark == '[' && now->token == POSTGRES_T_OTHER;
        scan->brackets -= mark == ']' && now->token == POSTGRES_T_OTHER && scan->brackets;
        break;
    }
}

bool postgres_scan_token(struct postgres_scan *scan, const struct postgres_lexer *lexer,
                         enum postgres_token token)
{
    const struct postgres_kept now = { lexer->begin, lexer->at - lexer->begin, token };
    if (token == POSTGRES_T_SEMICOLON && !scan->depth && !scan->body)
        return true;
    scan_variable(scan, lexer->text, &now);
    if (token == POSTGRES_T_WORD)
        scan_word(scan, lexer);
    else {
        scan->from = scan->to = false;
        scan_mark(scan, &now, lexer->text[lexer->begin]);
    }
    if (scan->n < POSTGRES_KEPT)
        scan->kept[scan->n] = now;
    scan->n++;
    scan->last = now;
    return false;
}

/* ---- patterns over the first tokens ---- */

/* Words in order; [A|B] may be there; () is a group in parentheses that may be there; * is anything; $ is the
 * end. The depth of recursion is the number of words of a pattern. */
static bool match(const struct postgres_scan *scan, const char *text, const char *pattern,
                  size_t at);

static size_t skip_group(const struct postgres_scan *scan, size_t at, size_t most)
{
    size_t depth = 0, from = at;
    for (; at < most; at++) {
        depth += scan->kept[at].token == POSTGRES_T_OPEN;
        depth -= scan->kept[at].token == POSTGRES_T_CLOSE && depth;
        if (depth == 0)
            return scan->kept[from].token == POSTGRES_T_OPEN ? at + 1 : from;
    }
    return from;
}

static bool match_optional(const struct postgres_scan *scan, const char *text, const char *words,
                           size_t len, size_t at)
{
    while (len) {
        const char *bar = memchr(words, '|', len);
        size_t n = bar ? (size_t)(bar - words) : len;
        const struct postgres_kept *kept = &scan->kept[at];
        char word[24];
        postgres_plain(words, n, word, sizeof word);
        if (kept_is(text, kept, word))
            return true;
        words += n + (bar != NULL);
        len -= n + (bar != NULL);
    }
    return false;
}

static bool match_any(const struct postgres_scan *scan, const char *text, const char *rest,
                      size_t at, size_t most)
{
    for (; at <= most; at++)
        if (match(scan, text, rest, at))
            return true;
    return false;
}

static bool match(const struct postgres_scan *scan, const char *text, const char *pattern,
                  size_t at)
{
    const size_t most = scan->n < POSTGRES_KEPT ? scan->n : POSTGRES_KEPT;
    while (*pattern) {
        size_t len = strcspn(pattern, " ");
        const char *rest = pattern + len + (pattern[len] == ' ');
        char word[24];
        postgres_plain(pattern, len, word, sizeof word);
        if (*pattern == '*')
            return match_any(scan, text, rest, at, most);
        if (*pattern == '$')
            return at == scan->n;
        if (*pattern == '[')
            at += at < most && match_optional(scan, text, pattern + 1, len - 2, at);
        else if (len == 2 && *pattern == '(')
            at = skip_group(scan, at, most);
        else if (at < most && kept_is(text, &scan->kept[at], word))
            at++;
        else
            return false;
        pattern = rest;
    }
    return true;
}

/* ---- the kinds ---- */

enum {
    CONCURRENT = 1 << 0,
    DIRTIES = 1 << 1,
    IDENTITY = 1 << 2,
    TWO_PHASE = 1 << 3, /* refused, each with its sentence below */
    CHAIN = 1 << 4,
    READS_ONLY = 1 << 5,
    UNLOCKS = 1 << 6
};

/* The first that matches is it. */
static const struct rule {
    const char *pattern;
    uint32_t flags; /* GW_CLASS_*, GW_SPLIT_* */
    uint32_t more;
} rules[] = {
    { "BEGIN * READ ONLY", 0, READS_ONLY },
    { "START TRANSACTION * READ ONLY", 0, READS_ONLY },
    { "BEGIN", GW_SPLIT_BEGIN, 0 },
    { "START TRANSACTION", GW_SPLIT_BEGIN, 0 },
    { "PREPARE TRANSACTION", 0, TWO_PHASE },
    { "COMMIT PREPARED", 0, TWO_PHASE },
    { "ROLLBACK PREPARED", 0, TWO_PHASE },
    { "COMMIT [WORK|TRANSACTION] AND CHAIN", 0, CHAIN },
    { "END [WORK|TRANSACTION] AND CHAIN", 0, CHAIN },
    { "ROLLBACK [WORK|TRANSACTION] AND CHAIN", 0, CHAIN },
    { "ABORT [WORK|TRANSACTION] AND CHAIN", 0, CHAIN },
    { "COMMIT", GW_SPLIT_COMMIT, 0 },
    { "END", GW_SPLIT_COMMIT, 0 },
    { "ROLLBACK [WORK|TRANSACTION] TO", 0, 0 },
    { "ROLLBACK", GW_SPLIT_ROLLBACK, 0 },
    { "ABORT", GW_SPLIT_ROLLBACK, 0 },
    { "SET LOCAL [SESSION] ROLE", 0, IDENTITY },
    { "SET LOCAL SESSION AUTHORIZATION", 0, IDENTITY },
    { "SET LOCAL", 0, 0 },
    { "SET CONSTRAINTS", 0, 0 },
    { "SET TRANSACTION", 0, 0 },
    { "SET [SESSION] ROLE", GW_SPLIT_SETTING, IDENTITY },
    { "SET [SESSION] SESSION AUTHORIZATION", GW_SPLIT_SETTING, IDENTITY },
    { "SET SESSION AUTHORIZATION", GW_SPLIT_SETTING, IDENTITY },
    { "SET", GW_SPLIT_SETTING, 0 },
    { "RESET", GW_SPLIT_SETTING, 0 },
    { "DISCARD ALL", 0, UNLOCKS },
    { "DISCARD", GW_SPLIT_SETTING, 0 },
    { "PREPARE", GW_SPLIT_SETTING, 0 },
    { "DEALLOCATE", GW_SPLIT_SETTING, 0 },
    { "LISTEN", GW_SPLIT_SETTING, 0 },
    { "UNLISTEN", GW_SPLIT_SETTING, 0 },
    { "LOAD", GW_SPLIT_SETTING, 0 },
    { "SELECT SET_CONFIG ( * , FALSE ) $", GW_SPLIT_SETTING, 0 },
    { "SELECT PG_CATALOG . SET_CONFIG ( * , FALSE ) $", GW_SPLIT_SETTING, 0 },
    { "SELECT", 0, DIRTIES }, /* it may call a function that sets something */
    { "DECLARE", 0, DIRTIES },
    { "DO", 0, DIRTIES },
    { "CALL", 0, DIRTIES },
    { "CREATE [UNIQUE] INDEX CONCURRENTLY ON", GW_CLASS_N,
      CONCURRENT }, /* nobody could recognise it */
    { "CREATE [UNIQUE] INDEX CONCURRENTLY", GW_CLASS_P, CONCURRENT },
    { "DROP INDEX CONCURRENTLY", GW_CLASS_P, CONCURRENT },
    { "REINDEX * CONCURRENTLY", GW_CLASS_P, CONCURRENT },
    { "REINDEX () SCHEMA", GW_CLASS_P, 0 },
    { "REINDEX () DATABASE", GW_CLASS_P, 0 },
    { "REINDEX () SYSTEM", GW_CLASS_P, 0 },
    { "ALTER TABLE * DETACH PARTITION * CONCURRENTLY", GW_CLASS_P, CONCURRENT },
    { "VACUUM", GW_CLASS_P, 0 },
    { "CLUSTER () [VERBOSE] $", GW_CLASS_P, 0 },
    { "CREATE DATABASE", GW_CLASS_P, 0 },
    { "DROP DATABASE", GW_CLASS_P, 0 },
    { "ALTER DATABASE * SET TABLESPACE", GW_CLASS_P, 0 },
    { "CREATE TABLESPACE", GW_CLASS_P, 0 },
    { "DROP TABLESPACE", GW_CLASS_P, 0 },
    { "ALTER SYSTEM", GW_CLASS_P, 0 },
    { "CREATE SUBSCRIPTION", GW_CLASS_P, 0 },
    { "DROP SUBSCRIPTION", GW_CLASS_P, 0 },
    { "ALTER SUBSCRIPTION * REFRESH", GW_CLASS_N, 0 },
    { "ALTER SUBSCRIPTION * PUBLICATION", GW_CLASS_N, 0 },
};

static const struct {
    uint32_t more;
    const char *message, *hint;
} refusals[] = {
    { TWO_PHASE, "two-phase commit is refused in a migration",
      "the migration and its history row are one transaction; remove it" },
    { CHAIN, "'AND CHAIN' is refused in a migration",
      "write COMMIT, and a BEGIN for the next transaction" },
    { READS_ONLY, "a transaction that is READ ONLY changes nothing", "remove READ ONLY" },
    { UNLOCKS, "this would drop the migration lock",
      "use RESET ALL, DISCARD TEMP or pg_advisory_unlock(key)" },
};

static void apply_rule(const struct rule *rule, struct postgres_kind *out)
{
    out->flags |= rule->flags;
    out->concurrent = rule->more & CONCURRENT;
    out->identity = rule->more & IDENTITY;
    out->dirties |= (rule->more & (DIRTIES | IDENTITY)) || (rule->flags & GW_SPLIT_SETTING);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (rule->more & refusals[i].more)
            postgres_kind_refuse(out, GW_E_REFUSED, refusals[i].hint, "%s", refusals[i].message);
}

/* ---- what patterns do not say ---- */

/* DO: does its body end transactions? Then it cannot run inside one, and nothing tells afterwards how far it got. */
static bool body_commits(const struct postgres_scan *scan, const char *text)
{
    const size_t most = scan->n < POSTGRES_KEPT ? scan->n : POSTGRES_KEPT;
    for (size_t i = 1; i < most; i++) {
        const struct postgres_kept *kept = &scan->kept[i];
        if (kept->token != POSTGRES_T_STRING || kept->len < 2)
            continue;
        const char *body = text + kept->begin;
        const char *tag = *body == '$' ? memchr(body + 1, '$', kept->len - 1) : body;
        size_t edge = tag ? (size_t)(tag - body) + 1 : 1;
        if (kept->len < 2 * edge)
            continue;
        struct postgres_lexer lexer = { .text = body, .len = kept->len - edge, .at = edge };
        for (enum postgres_token token; (token = postgres_lex_next(&lexer)) != POSTGRES_T_END;)
            if (token == POSTGRES_T_WORD &&
                (postgres_lex_is(&lexer, "COMMIT") || postgres_lex_is(&lexer, "ROLLBACK")))
                return true;
    }
    return false;
}

static bool is_off(const char *value)
{
    return strcmp(value, "off") == 0 || strcmp(value, "false") == 0 || strcmp(value, "0") == 0 ||
           strcmp(value, "no") == 0;
}

/* SET name = value and SET NAMES value: the two settings that change how text is read. */
static void look_setting(const struct postgres_scan *scan, const char *text,
                         struct postgres_kind *out)
{
    char name[40], value[24];
    size_t at = 1;
    if (!kept_is(text, &scan->kept[0], "SET") || scan->n < 3)
        return;
    if (kept_is(text, &scan->kept[1], "LOCAL") || kept_is(text, &scan->kept[1], "SESSION"))
        at = 2;
    const struct postgres_kept *kept = &scan->kept[at];
    postgres_plain(text + kept->begin, kept->len, name, sizeof name);
    bool names = strcmp(name, "names") == 0;
    size_t last = at + (names ? 1 : 2);
    if (last >= scan->n)
        return;
    postgres_plain(text + scan->kept[last].begin, scan->kept[last].len, value, sizeof value);
    if (strcmp(name, "standard_conforming_strings") == 0)
        out->strings = is_off(value) ? -1 : 1;
    if ((names || strcmp(name, "client_encoding") == 0) &&
        !postgres_word_is(value, strlen(value), "UTF8") &&
        !postgres_word_is(value, strlen(value), "UTF-8") &&
        !postgres_word_is(value, strlen(value), "UNICODE"))
        postgres_kind_refuse(out, GW_E_REFUSED, "save the file as UTF-8 and remove the statement",
                             "client_encoding '%s' is refused: migrations are UTF-8", value);
}

static void look_copy(const struct postgres_scan *scan, const char *text, size_t len,
                      struct postgres_kind *out)
{
    if (!kept_is(text, &scan->kept[0], "COPY"))
        return;
    out->copies = scan->copies_in;
    if (scan->copies_out)
        postgres_kind_refuse(out, GW_E_REFUSED, "remove it, or copy to a file of the server",
                             "'COPY ... TO STDOUT' is refused: a migration has nobody to give the "
                             "rows to");
    if (!scan->copies_in)
        return;
    size_t end = scan->last.begin + scan->last.len;
    struct postgres_lexer lexer = { .text = text, .len = len, .at = end };
    if (postgres_lex_next(&lexer) == POSTGRES_T_SEMICOLON)
        out->data = postgres_copy_data(text, len, lexer.at);
    if (!out->data)
        postgres_kind_refuse(out, GW_E_REFUSED,
                             "put the rows on the lines behind it, and \\. on the line after them",
                             "'COPY ... FROM STDIN' has no rows");
}

static void look_psql(const struct postgres_scan *scan, const char *text, size_t len,
                      struct postgres_kind *out)
{
    const struct postgres_kept *command = &scan->command;
    if (!command->len)
        return;
    postgres_psql_kind(text + command->begin, len - command->begin, out);
    if (command->begin != scan->kept[0].begin)
        postgres_kind_refuse(out, GW_E_SYNTAX, "end the statement with ';' before it",
                             "a psql command stands in the middle of a statement");
}

void postgres_scan_kind(const struct postgres_scan *scan, const char *text, size_t len,
                        struct postgres_kind *out)
{
    *out = (struct postgres_kind){ .dirties = scan->dirties,
                                   .command = scan->last.begin + scan->last.len };
    if (!scan->n)
        return;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (match(scan, text, rules[i].pattern, 0)) {
            apply_rule(&rules[i], out);
            break;
        }
    if (kept_is(text, &scan->kept[0], "DO") && body_commits(scan, text))
        out->flags |= GW_CLASS_N;
    look_setting(scan, text, out);
    look_copy(scan, text, len, out);
    look_psql(scan, text, len, out);
    if (scan->unlocks)
        postgres_kind_refuse(out, GW_E_REFUSED, "use pg_advisory_unlock(key)",
                             "pg_advisory_unlock_all() would drop the migration lock");
    if (scan->unfinished)
        postgres_kind_refuse(out, GW_E_SYNTAX, "close it, or remove it", "a %s is never closed",
                             text[scan->last.begin] == '/' ? "comment" : "quoted text");
}

size_t postgres_copy_data(const char *text, size_t len, size_t at)
{
    const char *line = at < len ? memchr(text + at, '\n', len - at) : NULL;
    if (!line)
        return 0;
    size_t end = (size_t)(line - text);
    struct postgres_lexer lexer = { .text = text, .len = end, .at = at };
    return postgres_lex_next(&lexer) == POSTGRES_T_END ? end + 1 : 0;
}

void postgres_classify(struct gw_str sql, bool backslashes, struct postgres_kind *out)
{
    struct postgres_lexer lexer = { .text = sql.ptr, .len = sql.len, .backslashes = backslashes };
    struct postgres_scan scan = { 0 };
    for (enum postgres_token token; (token = postgres_lex_next(&lexer)) != POSTGRES_T_END;)
        if (postgres_scan_token(&scan, &lexer, token) ||
            (token == POSTGRES_T_BACKSLASH && scan.n == 1)) /* what follows is no SQL */
            break;
    postgres_scan_kind(&scan, sql.ptr, sql.len, out);
}
