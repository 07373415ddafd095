/* SPDX-License-Identifier: Apache-2.0 */
/* From SQLite's result codes to statuses that a host understands, each with what to do next. */
#include "lexer.h"
#include "session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct mapping {
    int result; /* extended, or primary for all that have no line of their own */
    gw_status status;
    uint64_t flags;
    const char *hint;
} mappings[] = {
    { SQLITE_CONSTRAINT_FOREIGNKEY, GW_E_CONSTRAINT, 0,
      "`PRAGMA foreign_key_check` lists the rows without a parent" },
    { SQLITE_IOERR_NOMEM, GW_E_NO_MEMORY, 0, "" },
    { SQLITE_READONLY_ROLLBACK, GW_E_READ_ONLY, GW_ERR_RETRYABLE,
      "another process ended in the middle of a write; run again with the right to write the "
      "file" },
    { SQLITE_READONLY_DBMOVED, GW_E_IO, 0,
      "the file was moved or replaced while it was open; run again" },
    { SQLITE_ABORT, GW_E_CANCELLED, 0, "" },
    { SQLITE_AUTH, GW_E_REFUSED, 0, "" },
    { SQLITE_BUSY, GW_E_LOCKED, GW_ERR_RETRYABLE,
      "wait for it to finish, or set lock_timeout or the option busy_timeout higher" },
    { SQLITE_CANTOPEN, GW_E_CONNECT, 0, "check the rights of the file and of its folder" },
    { SQLITE_CONSTRAINT, GW_E_CONSTRAINT, 0, "repair the data, or change the migration" },
    { SQLITE_CORRUPT, GW_E_CORRUPT, 0,
      "the file is damaged: keep a copy of it, then restore a backup or try `.recover` of the "
      "sqlite3 "
      "shell" },
    { SQLITE_FULL, GW_E_FULL, 0, "free space on the disk, then run again" },
    { SQLITE_INTERRUPT, GW_E_CANCELLED, 0, "" },
    { SQLITE_IOERR, GW_E_IO, 0, "check the disk and its free space, then run again" },
    { SQLITE_LOCKED, GW_E_LOCKED, GW_ERR_RETRYABLE,
      "another statement of this process still uses the table" },
    { SQLITE_MISMATCH, GW_E_CONSTRAINT, 0, "the value is not of the type of its column" },
    { SQLITE_NOMEM, GW_E_NO_MEMORY, 0, "" },
    { SQLITE_NOTADB, GW_E_NOT_A_DATABASE, 0,
      "database.url names another file, or the file is encrypted" },
    { SQLITE_PERM, GW_E_PERMISSION, 0, "check the rights of the file and of its folder" },
    { SQLITE_PROTOCOL, GW_E_LOCKED, GW_ERR_RETRYABLE, "run again" },
    { SQLITE_READONLY, GW_E_READ_ONLY, 0, "check the rights of the file and of its folder" },
    { SQLITE_TOOBIG, GW_E_UNSUPPORTED, 0, "the text or value is larger than SQLite takes" },
};

/* SQLITE_ERROR has no codes of its own for these. */
static const struct {
    const char *begins;
    gw_status status;
    const char *hint;
} generic[] = {
    { "no such function", GW_E_UNDEFINED,
      "SQLite itself has no such function; an application may have added it" },
    { "no such ", GW_E_UNDEFINED, "check the name, and that an earlier migration creates it" },
    { "unknown column", GW_E_UNDEFINED, "check the name of the column" },
    { "unknown database", GW_E_UNDEFINED, "a migration sees its own database only" },
    { "duplicate column name", GW_E_EXISTS, "an earlier migration or a person has added it" },
};

static const char *const generic_exists[] = { " already exists", "there is already" };

static void fail_set(struct sqlite_session *session, gw_status code, const char *hint)
{
    struct sqlite_failure *failure = &session->failure;
    *failure = (struct sqlite_failure){ .code = code };
    snprintf(failure->hint, sizeof failure->hint, "%s", hint ? hint : "");
}

gw_status sqlite_fail(struct sqlite_session *session, gw_status code, const char *hint,
                      const char *format, ...)
{
    struct sqlite_failure *failure = &session->failure;
    va_list args;
    if (failure->code)
        return failure->code;
    fail_set(session, code, hint);
    va_start(args, format);
    vsnprintf(failure->message, sizeof failure->message, format, args);
    va_end(args);
    return code;
}

gw_status sqlite_fail_memory(struct sqlite_session *session)
{
    return sqlite_fail(session, GW_E_NO_MEMORY, NULL, "out of memory");
}

static gw_status fail_generic(struct sqlite_session *session, const char *text)
{
    for (size_t i = 0; i < sizeof generic / sizeof generic[0]; i++)
        if (strncmp(text, generic[i].begins, strlen(generic[i].begins)) == 0)
            return sqlite_fail(session, generic[i].status, generic[i].hint, "%s", text);
    for (size_t i = 0; i < sizeof generic_exists / sizeof generic_exists[0]; i++)
        if (strstr(text, generic_exists[i]))
            return sqlite_fail(session, GW_E_EXISTS,
                               "an earlier migration or a person has created it", "%s", text);
    if (strstr(text, " has no column named "))
        return sqlite_fail(session, GW_E_UNDEFINED, "check the name of the column", "%s", text);
    return sqlite_fail(session, GW_E_SYNTAX, NULL, "%s", text);
}

static void fail_position(struct sqlite_session *session, struct gw_str sql)
{
    int offset = sqlite3_error_offset(session->db);
    if (offset < 0 || (size_t)offset >= sql.len)
        return;
    struct sqlite_lexer lexer = { sql.ptr, sql.len, 0, (size_t)offset };
    sqlite_lex_next(&lexer);
    session->failure.begin = lexer.begin;
    session->failure.end = lexer.at;
}

static gw_status fail_locked(struct sqlite_session *session, const char *hint)
{
    char who[300] = "";
    sqlite_blockers(session, who, sizeof who);
    sqlite_fail(session, GW_E_LOCKED, hint, "database '%s' is locked%s%s", session->path,
                *who ? " by " : "", who);
    return GW_E_LOCKED;
}

static const struct mapping *find_mapping(int result)
{
    const struct mapping *primary = NULL;
    for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++) {
        if (mappings[i].result == result)
            return &mappings[i];
        if (mappings[i].result == (result & 0xff))
            primary = &mappings[i];
    }
    return primary;
}

static gw_status fail_mapped(struct sqlite_session *session, int primary,
                             const struct mapping *mapping, const char *text)
{
    if (mapping->status == GW_E_CANCELLED)
        return sqlite_fail(session, GW_E_CANCELLED, NULL, "cancelled");
    if (primary == SQLITE_BUSY && sqlite_stopped(session))
        return sqlite_fail(session, GW_E_CANCELLED, NULL, "cancelled while waiting for a lock");
    if (primary == SQLITE_BUSY)
        return fail_locked(session, mapping->hint);
    return sqlite_fail(session, mapping->status, mapping->hint, "%s", text);
}

/* A file that cannot be opened because the disk is full has the same code as one without the right. */
static int true_result(struct sqlite_session *session, int result)
{
    int error = (result & 0xff) == SQLITE_CANTOPEN ? sqlite3_system_errno(session->db) : 0;
    return error == ENOSPC || error == EDQUOT ? SQLITE_FULL : result;
}

gw_status sqlite_fail_database(struct sqlite_session *session, int result, struct gw_str sql)
{
    const struct mapping *mapping = find_mapping(true_result(session, result));
    int primary = result & 0xff;
    bool current = sqlite3_errcode(session->db) == result || primary == SQLITE_ERROR;
    /* The text belongs to the connection: copy what other calls below would replace. */
    char text[800];
    if (session->failure.code)
        return session->failure.code;
    snprintf(text, sizeof text, "%s",
             current ? sqlite3_errmsg(session->db) : sqlite3_errstr(result));
    if (session->guard.active && session->guard.message[0])
        sqlite_fail(session, GW_E_REFUSED, session->guard.hint, "%s", session->guard.message);
    else if (mapping)
        fail_mapped(session, primary, mapping, text);
    else
        fail_generic(session, text);
    session->failure.native = result;
    session->failure.flags |=
        mapping && session->failure.code == mapping->status ? mapping->flags : 0;
    if (sql.len)
        fail_position(session, sql);
    return session->failure.code;
}

void sqlite_fail_prefix(struct sqlite_session *session, const char *format, ...)
{
    struct sqlite_failure *failure = &session->failure;
    char text[128];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text - 2, format, args);
    va_end(args);
    size_t len = strlen(text), kept = strlen(failure->message);
    memcpy(text + len, ": ", 3);
    len += 2;
    if (kept > sizeof failure->message - 1 - len)
        kept = sizeof failure->message - 1 - len;
    memmove(failure->message + len, failure->message, kept);
    memcpy(failure->message, text, len);
    failure->message[len + kept] = '\0';
}
