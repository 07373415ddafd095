/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said about one statement from its text alone. */
#ifndef MYSQL_CLASSIFY_H
#define MYSQL_CLASSIFY_H

#include "lexer.h"

#include <godwit/driver.h>

enum {
    MY_NAME_ROOM = 260, /* 64 characters of UTF-8 */
    MY_OBJECTS = 4
};

enum my_object_kind {
    MY_O_TABLE, /* or a view, or a sequence: they share their names */
    MY_O_TRIGGER,
    MY_O_PROCEDURE,
    MY_O_FUNCTION,
    MY_O_EVENT,
    MY_O_DATABASE,
    MY_O_ACCOUNT /* schema: its host */
};
struct my_object {
    enum my_object_kind kind;
    char schema[MY_NAME_ROOM]; /* empty: the session's database */
    char name[MY_NAME_ROOM];
};

/* Which part of the schema shows whether the statement took effect. */
enum my_scope {
    MY_SCOPE_ALL,
    MY_SCOPE_OBJECTS,
    MY_SCOPE_NONE /* none: it changes no schema, or may be run again without harm */
};

enum my_verb {
    MY_V_OTHER,
    MY_V_SET,
    MY_V_USE,
    MY_V_PREPARE,
    MY_V_DEALLOCATE,
    MY_V_CREATE_TEMPORARY,
    MY_V_WRITE /* INSERT, UPDATE, ...: rows and warnings mean something */
};

struct my_kind {
    uint64_t flags; /* as split() reports them */
    enum my_verb verb;
    enum my_scope scope;
    struct my_object objects[MY_OBJECTS];
    size_t n_objects;
    bool ignored;             /* LOCK TABLES, SET autocommit = 0: not sent */
    char plain[MY_NAME_ROOM]; /* the name after USE, PREPARE, DEALLOCATE PREPARE */
    /* With GW_SPLIT_REFUSED: why, and what to do. */
    gw_status status;
    char message[200];
    const char *hint;
};

void my_classify(struct gw_str sql, const struct my_modes *modes, struct my_kind *out);
/* The last token begins a command of the mysql client: source, system, tee and their like. */
bool my_is_client_command(const struct my_lexer *lexer);

/* ---- shared by the parts of the classifier ---- */

void my_refuse(struct my_kind *kind, gw_status status, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Reads [schema.]name after the last token into the kind's objects; false if there is no name. */
bool my_take_object(struct my_lexer *lexer, struct my_kind *kind, enum my_object_kind what);
/* CREATE, ALTER, DROP, RENAME, TRUNCATE, GRANT, ...: definitions.c */
void my_classify_create(struct my_lexer *lexer, struct my_kind *kind);
void my_classify_alter(struct my_lexer *lexer, struct my_kind *kind);
void my_classify_drop(struct my_lexer *lexer, struct my_kind *kind);
void my_classify_rename(struct my_lexer *lexer, struct my_kind *kind);
void my_classify_grant(struct my_lexer *lexer, struct my_kind *kind);

#endif
