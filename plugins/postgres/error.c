/* SPDX-License-Identifier: Apache-2.0 */
/* From SQLSTATEs to statuses that a host understands, each with what to do next. */
#include "lexer.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A state of its own before its class (the first two characters), which is the last that fits. */
static const struct mapping {
    const char *state;
    gw_status status;
    uint64_t flags;
    const char *hint;
} mappings[] = {
    { "0A000", GW_E_UNSUPPORTED, 0, "" },
    { "22012", GW_E_CONSTRAINT, 0, "" },
    { "25001", GW_E_REFUSED, 0,
      "give the statement a file of its own, or put `-- godwit:no-transaction` into the section" },
    { "25006", GW_E_READ_ONLY, 0, "connect to the primary with a role that may write" },
    { "25P02", GW_E_INTERNAL, 0, "" },
    { "25P03", GW_E_CONNECT, GW_ERR_CONN_LOST, "run again" },
    { "25P04", GW_E_CONNECT, GW_ERR_CONN_LOST, "run again" },
    { "28000", GW_E_CONNECT, 0,
      "check the user name, the database and the line of pg_hba.conf for this client; the "
      "server may want TLS" },
    { "28P01", GW_E_CONNECT, 0,
      "check the password: in PGPASSFILE, in a service file, or behind ${...} in database.url" },
    { "3D000", GW_E_NOT_FOUND, 0, "create it with createdb, or correct database.url" },
    { "3F000", GW_E_UNDEFINED, 0, "create the schema, or set search_path to one that exists" },
    { "40001", GW_E_LOCKED, GW_ERR_RETRYABLE, "another transaction was in the way; run again" },
    { "40P01", GW_E_LOCKED, GW_ERR_RETRYABLE, "another transaction was in the way; run again" },
    { "42501", GW_E_PERMISSION, 0, "the role lacks the right; ask the owner of the object" },
    { "42601", GW_E_SYNTAX, 0, "" },
    { "42602", GW_E_SYNTAX, 0, "" },
    { "42622", GW_E_SYNTAX, 0, "" },
    { "42701", GW_E_EXISTS, 0, "an earlier migration or a person has added it" },
    { "42703", GW_E_UNDEFINED, 0, "check the name of the column" },
    { "42704", GW_E_UNDEFINED, 0, "check the name, and that an earlier migration creates it" },
    { "42710", GW_E_EXISTS, 0, "an earlier migration or a person has created it" },
    { "42723", GW_E_EXISTS, 0, "an earlier migration or a person has created it" },
    { "42883", GW_E_UNDEFINED, 0, "check the name and the types of its arguments" },
    { "42939", GW_E_PERMISSION, 0, "the name is reserved; choose another" },
    { "42P01", GW_E_UNDEFINED, 0,
      "check the name, search_path, and that an earlier migration "
      "creates it" },
    { "42P02", GW_E_UNDEFINED, 0, "a migration has no parameters" },
    { "42P04", GW_E_EXISTS, 0, "" },
    { "42P05", GW_E_EXISTS, 0, "" },
    { "42P06", GW_E_EXISTS, 0, "an earlier migration or a person has created it" },
    { "42P07", GW_E_EXISTS, 0, "an earlier migration or a person has created it" },
    { "42", GW_E_SYNTAX, 0, "" },
    { "44000", GW_E_CONSTRAINT, 0, "repair the data, or change the migration" },
    { "53100", GW_E_FULL, 0, "free space on the server's disk, then run again" },
    { "53200", GW_E_NO_MEMORY, 0, "the server is out of memory" },
    { "53300", GW_E_CONNECT, GW_ERR_RETRYABLE,
      "the server has no connection left; wait, or raise max_connections" },
    { "53", GW_E_FULL, 0, "the server lacks a resource" },
    { "54", GW_E_UNSUPPORTED, 0, "" },
    { "55000", GW_E_CONSTRAINT, 0, "" },
    { "55006", GW_E_LOCKED, GW_ERR_RETRYABLE, "another session uses the object" },
    { "55P03", GW_E_LOCKED, GW_ERR_RETRYABLE,
      "wait for the session in the way, or set lock_timeout higher" },
    { "55P04", GW_E_UNSUPPORTED, 0,
      "a new value of an enum can be used once its transaction has ended: put ADD VALUE into a "
      "migration before this one" },
    { "57014", GW_E_TIMEOUT, 0, "set statement_timeout higher for this migration" },
    { "57P01", GW_E_CONNECT, GW_ERR_CONN_LOST, "an administrator ended the session; run again" },
    { "57P02", GW_E_CONNECT, GW_ERR_CONN_LOST, "the server crashed; run again when it is up" },
    { "57P03", GW_E_CONNECT, GW_ERR_RETRYABLE, "the server starts or stops; wait, then run again" },
    { "57P04", GW_E_NOT_FOUND, GW_ERR_CONN_LOST, "the database was dropped" },
    { "57P05", GW_E_CONNECT, GW_ERR_CONN_LOST, "the session was idle for too long; run again" },
    { "58030", GW_E_IO, 0, "check the server's disks" },
    { "58", GW_E_IO, 0, "look into the server's log" },
    { "XX001", GW_E_CORRUPT, 0, "the server found damaged data: stop, and look at its log" },
    { "XX002", GW_E_CORRUPT, 0, "REINDEX the index that the message names" },
    { "08", GW_E_CONNECT, GW_ERR_CONN_LOST, "check the network, then run again" },
    { "0L", GW_E_PERMISSION, 0, "" },
    { "0P", GW_E_PERMISSION, 0, "" },
    { "22", GW_E_CONSTRAINT, 0, "repair the data, or change the migration" },
    { "23", GW_E_CONSTRAINT, 0, "repair the data, or change the migration" },
    { "25", GW_E_REFUSED, 0, "" },
    { "27", GW_E_CONSTRAINT, 0, "" },
    { "28", GW_E_CONNECT, 0, "check the user name and the password" },
    { "2B", GW_E_CONSTRAINT, 0, "drop what depends on it first" },
    { "2D", GW_E_REFUSED, 0,
      "a procedure that commits cannot run inside a transaction: put `-- godwit:no-transaction` "
      "into the section, and a probe before the statement" },
    { "40", GW_E_LOCKED, GW_ERR_RETRYABLE, "run again" },
    { "P0004", GW_E_ASSERT, 0, "" },
    { "P0", GW_E_CONSTRAINT, 0, "" },
};

gw_status postgres_status_of(const char *sqlstate, uint64_t *flags, const char **hint)
{
    for (size_t i = 0; sqlstate && i < sizeof mappings / sizeof mappings[0]; i++)
        if (strncmp(sqlstate, mappings[i].state, strlen(mappings[i].state)) == 0) {
            *flags = mappings[i].flags;
            *hint = mappings[i].hint;
            return mappings[i].status;
        }
    *flags = 0;
    *hint = "";
    return GW_E_SYNTAX;
}

gw_status postgres_fail_lost(struct postgres_session *session)
{
    char text[600];
    session->lost = true;
    if (session->failure.code) {
        session->failure.flags |= GW_ERR_CONN_LOST;
        return session->failure.code;
    }
    snprintf(text, sizeof text, "%s", PQerrorMessage(session->db));
    postgres_tidy(text);
    for (char *line = text; (line = strchr(line, '\n'));)
        *line = ' ';
    postgres_fail(session, GW_E_CONNECT, "check the server and the network, then run again",
                  "the connection was lost%s%s", *text ? ": " : "", text);
    session->failure.flags = GW_ERR_CONN_LOST;
    if (session->commit_sent)
        session->failure.flags |= GW_ERR_UNKNOWN_OUTCOME;
    return GW_E_CONNECT;
}

/* The server counts characters from 1; the host bytes from 0. */
static void fail_position(struct postgres_session *session, const PGresult *result,
                          struct gw_str sql)
{
    const char *field = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    long position = field ? strtol(field, NULL, 10) : 0;
    size_t at = 0;

    for (long n = 1; n < position && at < sql.len; n++)
        do
            at++;
        while (at < sql.len && ((unsigned char)sql.ptr[at] & 0xC0) == 0x80);
    if (position <= 0 || at >= sql.len)
        return;
    struct postgres_lexer lexer = { .text = sql.ptr, .len = sql.len, .at = at };
    postgres_lex_next(&lexer);
    session->failure.begin = at;
    session->failure.end = lexer.at > at ? lexer.at : at + 1;
}

static void add_detail(struct postgres_failure *failure, const char *text)
{
    size_t used = strlen(failure->detail);
    if (text && *text)
        snprintf(failure->detail + used, sizeof failure->detail - used, "%s%s", used ? "; " : "",
                 text);
}

static void set_hint(struct postgres_failure *failure, const char *text)
{
    if (!text || !*text)
        return;
    snprintf(failure->hint, sizeof failure->hint, "%s", text);
    postgres_tidy(failure->hint);
}

/* One state for both: somebody asked (we know whether it was us), or statement_timeout was over. */
static bool was_cancelled(const struct postgres_session *session, const char *text)
{
    return session->cancelled_ns || (text && strstr(text, "user request"));
}

gw_status postgres_fail_result(struct postgres_session *session, const PGresult *result,
                               struct gw_str sql)
{
    struct postgres_failure *failure = &session->failure;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint;
    uint64_t flags;

    if (failure->code)
        return failure->code;
    if (!state) /* libpq's own: the connection is gone */
        return postgres_fail_lost(session);
    gw_status status = postgres_status_of(state, &flags, &hint);
    if (strcmp(state, "57014") == 0 && was_cancelled(session, text)) {
        postgres_fail(session, GW_E_CANCELLED, NULL,
                      session->cancelled_ns ? "cancelled" : "cancelled by another session");
        snprintf(failure->sqlstate, sizeof failure->sqlstate, "%s", state);
        return GW_E_CANCELLED;
    }
    postgres_fail(session, status, hint, "%s", text ? text : "the server gives no reason");
    postgres_tidy(failure->message);
    snprintf(failure->sqlstate, sizeof failure->sqlstate, "%s", state);
    failure->flags = flags;
    add_detail(failure, PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
    add_detail(failure, PQresultErrorField(result, PG_DIAG_CONTEXT));
    set_hint(failure, PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
    if (flags & GW_ERR_CONN_LOST)
        session->lost = true;
    if (status == GW_E_LOCKED && session->watch.blocker[0]) {
        failure->detail[0] = '\0';
        add_detail(failure, session->watch.blocker);
        snprintf(failure->hint, sizeof failure->hint, "%.300s; %.90s", session->watch.blocker,
                 hint);
    }
    if (sql.len)
        fail_position(session, result, sql);
    return status;
}
