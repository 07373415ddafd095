/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of stored programs, reduced to what opens and closes a block. BEGIN, IF, LOOP, REPEAT, WHILE, FOR and
 * CASE open one where a statement begins; END closes it. Elsewhere IF and REPEAT are functions, and CASE is an
 * expression with an END of its own. */
#include "program.h"

#include <string.h>

static void remember(struct my_program *program, const struct my_lexer *lexer)
{
    size_t len = lexer->at - lexer->begin;
    if (len > sizeof program->last - 1)
        len = sizeof program->last - 1;
    for (size_t i = 0; i < len; i++) {
        char c = lexer->text[lexer->begin + i];
        program->last[i] = c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
    }
    program->last[len] = '\0';
}

static bool last_among(const struct my_program *program, const char *words)
{
    size_t len = strlen(program->last);
    while (*words) {
        size_t n = strcspn(words, " ");
        if (n == len && memcmp(program->last, words, n) == 0)
            return true;
        words += n + (words[n] == ' ');
    }
    return false;
}

static void take_first(struct my_program *program, const struct my_lexer *lexer)
{
    program->state = MY_PROGRAM_NONE;
    if (my_lex_among(lexer, "CREATE ALTER"))
        program->state = MY_PROGRAM_CREATE;
    if (my_lex_is(lexer, "BEGIN") && my_lex_peek(lexer, "NOT")) {
        program->state = MY_PROGRAM_BODY;
        program->depth = 1;
    }
}

static void take_kind(struct my_program *program, const struct my_lexer *lexer)
{
    if (my_lex_among(lexer, "TRIGGER EVENT PROCEDURE FUNCTION")) {
        bool routine = my_lex_among(lexer, "PROCEDURE FUNCTION");
        program->state = MY_PROGRAM_HEADER;
        program->kind = routine ? 'R' : my_lex_is(lexer, "EVENT") ? 'E' : 'T';
    } else if (my_lex_among(lexer, "TABLE INDEX VIEW DATABASE SCHEMA USER ROLE SEQUENCE SERVER "
                                   "TABLESPACE LOGFILE RESOURCE UNDO INSTANCE")) {
        program->state = MY_PROGRAM_NONE;
    }
}

/* Where the body of a program can begin. */
static bool body_may_begin(const struct my_program *program, const struct my_lexer *lexer)
{
    if (program->paren)
        return false;
    if (program->kind == 'T')
        return last_among(program, "ROW") || program->parameters;
    if (program->kind == 'E')
        return last_among(program, "DO");
    return program->parameters || my_lex_is(lexer, "BEGIN");
}

static bool opens(const struct my_program *program, const struct my_lexer *lexer)
{
    if (last_among(program, "."))
        return false;
    if (my_lex_is(lexer, "BEGIN"))
        return program->state == MY_PROGRAM_HEADER || program->declares ||
               last_among(program, "; BEGIN THEN ELSE DO LOOP REPEAT : ATOMIC");
    return my_lex_among(lexer, "IF LOOP REPEAT WHILE FOR CASE") &&
           (program->state == MY_PROGRAM_HEADER ||
            last_among(program, "; BEGIN THEN ELSE DO LOOP REPEAT : ATOMIC"));
}

/* FOLLOWS x and PRECEDES x stand between FOR EACH ROW and the body; IF [NOT] EXISTS before the name. */
static void take_header(struct my_program *program, const struct my_lexer *lexer)
{
    static const char verbs[] =
        "SET SELECT INSERT UPDATE DELETE REPLACE WITH CALL RETURN DO SIGNAL";
    if (program->kind == 'T' && last_among(program, "FOLLOWS PRECEDES"))
        program->parameters = true;
    if (my_lex_mark(lexer, '('))
        program->paren++;
    else if (my_lex_mark(lexer, ')') && program->paren && --program->paren == 0)
        program->parameters |= program->kind == 'R';
    else if (!body_may_begin(program, lexer))
        return;
    else if (opens(program, lexer)) {
        program->state = MY_PROGRAM_BODY;
        program->depth = 1;
    } else if (my_lex_among(lexer, verbs) && !last_among(program, "CHARACTER"))
        program->state = MY_PROGRAM_BODY;
}

static bool closes(const struct my_program *program, const struct my_lexer *lexer)
{
    return my_lex_is(lexer, "END") && !last_among(program, ".") &&
           (last_among(program, "; BEGIN THEN ELSE DO LOOP REPEAT ATOMIC") ||
            my_lex_peek(lexer, "REPEAT"));
}

static void take_body(struct my_program *program, const struct my_lexer *lexer)
{
    bool case_word = my_lex_is(lexer, "CASE") && !last_among(program, ".");
    if (program->after_end && my_lex_among(lexer, "IF LOOP REPEAT WHILE FOR CASE")) {
        program->after_end = false; /* END IF: one END */
        return;
    }
    program->after_end = false;
    if (last_among(program, "; BEGIN"))
        program->declares = my_lex_is(lexer, "DECLARE");
    if (program->cases) {
        if (case_word)
            program->cases++;
        else if (my_lex_is(lexer, "END") && !last_among(program, "."))
            program->cases--;
    } else if (opens(program, lexer)) {
        program->depth++;
    } else if (case_word) {
        program->cases++;
    } else if (closes(program, lexer)) {
        program->depth -= program->depth > 0;
        program->after_end = true;
    }
}

void my_program_token(struct my_program *program, const struct my_lexer *lexer, enum my_token token)
{
    bool mark = token == MY_T_OTHER;
    if (token == MY_T_WORD || mark)
        switch (program->state) {
        case MY_PROGRAM_START:
            take_first(program, lexer);
            break;
        case MY_PROGRAM_CREATE:
            take_kind(program, lexer);
            break;
        case MY_PROGRAM_HEADER:
            take_header(program, lexer);
            break;
        case MY_PROGRAM_BODY:
            take_body(program, lexer);
            break;
        case MY_PROGRAM_NONE:
            break;
        }
    else if (program->state == MY_PROGRAM_START)
        program->state = MY_PROGRAM_NONE;
    else if (program->state == MY_PROGRAM_HEADER && program->kind == 'T' &&
             last_among(program, "FOLLOWS PRECEDES"))
        program->parameters = true;
    if (token == MY_T_WORD || mark)
        remember(program, lexer);
    else
        memcpy(program->last, "''", 3);
}

bool my_program_semicolon(struct my_program *program)
{
    if (program->state == MY_PROGRAM_BODY && (program->depth || program->cases)) {
        memcpy(program->last, ";", 2);
        program->after_end = false;
        return false;
    }
    return true;
}
