/* SPDX-License-Identifier: Apache-2.0 */
/* From the server's numbers to statuses that a host understands, each with what to do next.
 * https://mariadb.com/kb/en/mariadb-error-code-reference/, https://dev.mysql.com/doc/mysql-errors/8.4/en/ */
#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOST GW_ERR_CONN_LOST
#define AGAIN GW_ERR_RETRYABLE

static const struct mapping {
    unsigned number;
    gw_status status;
    uint64_t flags;
    const char *hint;
} mappings[] = {
    { 2002, GW_E_CONNECT, AGAIN,
      "check that the server runs, and the host, port or socket in database.url" },
    { 2003, GW_E_CONNECT, AGAIN,
      "check that the server runs, and the host, port or socket in database.url" },
    { 2005, GW_E_CONNECT, 0, "check the host in database.url" },
    { 2006, GW_E_CONNECT, LOST | AGAIN, "look at the server's log, then run again" },
    { 2013, GW_E_CONNECT, LOST | AGAIN, "look at the server's log, then run again" },
    { 2055, GW_E_CONNECT, LOST | AGAIN, "look at the server's log, then run again" },
    { 2026, GW_E_CONNECT, 0,
      "check ssl_mode, ssl_ca, ssl_cert and ssl_key in database.url, and that the server offers "
      "TLS" },
    { 2058, GW_E_UNSUPPORTED, 0,
      "install the client's authentication plugin, or give the user another method" },
    { 2059, GW_E_UNSUPPORTED, 0,
      "install the client's authentication plugin, or give the user another method" },
    { 2061, GW_E_CONNECT, 0,
      "the user's authentication wants TLS: set ssl_mode=required in database.url" },
    { 1040, GW_E_CONNECT, AGAIN,
      "the server has no connection left; run again, or raise max_connections" },
    { 1203, GW_E_CONNECT, AGAIN, "the user has no connection left; run again" },
    { 1043, GW_E_CONNECT, 0, "" },
    { 1129, GW_E_CONNECT, 0, "the server blocks this host: `FLUSH HOSTS` there" },
    { 1130, GW_E_PERMISSION, 0,
      "the server does not let this host connect; check the host of the user" },
    { 1045, GW_E_PERMISSION, 0, "check user and password in database.url" },
    { 1698, GW_E_PERMISSION, 0, "check user and password in database.url" },
    { 1862, GW_E_PERMISSION, 0, "the password has expired: set a new one" },
    { 1049, GW_E_NOT_FOUND, 0, "create it first: `CREATE DATABASE`; this driver never does" },
    { 1044, GW_E_PERMISSION, 0, "the user lacks the right to this database: `GRANT` it" },
    { 1142, GW_E_PERMISSION, 0, "the user lacks this right: `GRANT` it" },
    { 1143, GW_E_PERMISSION, 0, "the user lacks this right: `GRANT` it" },
    { 1227, GW_E_PERMISSION, 0, "the user lacks this right: `GRANT` it, or change the DEFINER" },
    { 1370, GW_E_PERMISSION, 0, "the user lacks this right: `GRANT` it" },
    { 1419, GW_E_PERMISSION, 0,
      "the server wants log_bin_trust_function_creators, or a user with more rights" },
    { 1095, GW_E_PERMISSION, 0, "end it as the user that it belongs to" },
    { 1205, GW_E_LOCKED, AGAIN, "wait for it to finish, or set lock_timeout higher" },
    { 1213, GW_E_LOCKED, AGAIN,
      "another session wanted the same rows the other way round; run again" },
    { 3572, GW_E_LOCKED, AGAIN, "run again" },
    { 3058, GW_E_LOCKED, AGAIN, "run again" },
    { 1064, GW_E_SYNTAX, 0, "" },
    { 1149, GW_E_SYNTAX, 0, "" },
    { 1065, GW_E_SYNTAX, 0, "" },
    { 1146, GW_E_UNDEFINED, 0, "check the name, and that an earlier migration creates it" },
    { 1051, GW_E_UNDEFINED, 0, "check the name, and that an earlier migration creates it" },
    { 1054, GW_E_UNDEFINED, 0, "check the name of the column" },
    { 1072, GW_E_UNDEFINED, 0, "check the name of the column" },
    { 1091, GW_E_UNDEFINED, 0, "check the name, and that an earlier migration creates it" },
    { 1109, GW_E_UNDEFINED, 0, "check the name of the table" },
    { 1176, GW_E_UNDEFINED, 0, "check the name of the index" },
    { 1193, GW_E_UNDEFINED, 0, "this server has no such variable" },
    { 1243, GW_E_UNDEFINED, 0, "PREPARE it in the same migration" },
    { 1305, GW_E_UNDEFINED, 0, "check the name, and that an earlier migration creates it" },
    { 1360, GW_E_UNDEFINED, 0, "check the name of the trigger" },
    { 1539, GW_E_UNDEFINED, 0, "check the name of the event" },
    { 1824, GW_E_UNDEFINED, 0, "check the name of the table that the key refers to" },
    { 1008, GW_E_UNDEFINED, 0, "check the name of the database" },
    { 1046, GW_E_UNDEFINED, 0, "" },
    { 1007, GW_E_EXISTS, 0, "an earlier migration or a person has created it" },
    { 1050, GW_E_EXISTS, 0, "an earlier migration or a person has created it" },
    { 1060, GW_E_EXISTS, 0, "an earlier migration or a person has added it" },
    { 1061, GW_E_EXISTS, 0, "an earlier migration or a person has added it" },
    { 1068, GW_E_EXISTS, 0, "the table has a primary key already" },
    { 1304, GW_E_EXISTS, 0, "an earlier migration or a person has created it" },
    { 1359, GW_E_EXISTS, 0, "an earlier migration or a person has created it" },
    { 1537, GW_E_EXISTS, 0, "an earlier migration or a person has created it" },
    { 1826, GW_E_EXISTS, 0, "an earlier migration or a person has added it" },
    { 3822, GW_E_EXISTS, 0, "an earlier migration or a person has added it" },
    { 1022, GW_E_CONSTRAINT, 0, "repair the data, or change the migration" },
    { 1048, GW_E_CONSTRAINT, 0, "repair the data, or change the migration" },
    { 1062, GW_E_CONSTRAINT, 0, "repair the data, or change the migration" },
    { 1216, GW_E_CONSTRAINT, 0, "insert the parent first" },
    { 1217, GW_E_CONSTRAINT, 0, "delete or repair the children first" },
    { 1451, GW_E_CONSTRAINT, 0, "delete or repair the children first" },
    { 1452, GW_E_CONSTRAINT, 0, "insert the parent first" },
    { 1364, GW_E_CONSTRAINT, 0, "give the column a value or a default" },
    { 1264, GW_E_CONSTRAINT, 0, "the value does not fit into its column" },
    { 1265, GW_E_CONSTRAINT, 0, "the value does not fit into its column" },
    { 1292, GW_E_CONSTRAINT, 0, "the value is none of its type" },
    { 1366, GW_E_CONSTRAINT, 0, "the value is none of its type" },
    { 1406, GW_E_CONSTRAINT, 0, "the value does not fit into its column" },
    { 1690, GW_E_CONSTRAINT, 0, "the value is out of range" },
    { 3819, GW_E_CONSTRAINT, 0, "repair the data, or change the migration" },
    { 4025, GW_E_CONSTRAINT, 0, "repair the data, or change the migration" },
    { 1290, GW_E_READ_ONLY, 0, "the server or the session is read-only: is it a replica?" },
    { 1792, GW_E_READ_ONLY, 0, "the session may only read" },
    { 1836, GW_E_READ_ONLY, 0, "the server is read-only: is it a replica?" },
    { 1927, GW_E_CONNECT, LOST, "somebody ended this session; look who, then run again" },
    { 1053, GW_E_CONNECT, LOST | AGAIN, "the server shuts down; run again when it is back" },
    { 4031, GW_E_CONNECT, LOST | AGAIN, "the session was idle for too long; run again" },
    { 1317, GW_E_CANCELLED, 0, "" },
    { 3169, GW_E_CONNECT, LOST, "somebody ended this session; look who, then run again" },
    { 1969, GW_E_TIMEOUT, 0, "the server limits how long a statement may run: max_statement_time" },
    { 3024, GW_E_TIMEOUT, 0, "the server limits how long a statement may run: max_execution_time" },
    { 1021, GW_E_FULL, 0, "free space on the server's disk, then run again" },
    { 1114, GW_E_FULL, 0, "free space on the server's disk, or in its tablespace, then run again" },
    { 1030, GW_E_IO, 0, "look at the server's log" },
    { 1037, GW_E_NO_MEMORY, 0, "the server is out of memory" },
    { 1041, GW_E_NO_MEMORY, 0, "the server is out of memory" },
    { 2008, GW_E_NO_MEMORY, 0, "" },
    { 1153, GW_E_UNSUPPORTED, LOST,
      "raise max_allowed_packet of the server, or write smaller statements" },
    { 2020, GW_E_UNSUPPORTED, LOST,
      "raise max_allowed_packet of the server, or write smaller statements" },
    { 1235, GW_E_UNSUPPORTED, 0, "this server cannot do it" },
    { 1194, GW_E_CORRUPT, 0, "`CHECK TABLE` it, then restore or repair it" },
    { 1712, GW_E_CORRUPT, 0, "`CHECK TABLE` it, then restore or repair it" },
};

/* Numbers without a line of their own, by the class of their SQLSTATE. */
static const struct {
    char class_[3];
    gw_status status;
} classes[] = {
    { "08", GW_E_CONNECT },    { "22", GW_E_CONSTRAINT }, { "23", GW_E_CONSTRAINT },
    { "28", GW_E_PERMISSION }, { "40", GW_E_LOCKED },     { "42", GW_E_SYNTAX },
    { "45", GW_E_CONSTRAINT }, { "70", GW_E_CANCELLED },
};

gw_status my_fail(struct my_session *session, gw_status code, const char *hint, const char *format,
                  ...)
{
    struct my_failure *failure = &session->failure;
    va_list args;
    if (failure->code)
        return failure->code;
    *failure = (struct my_failure){ .code = code };
    snprintf(failure->hint, sizeof failure->hint, "%s", hint ? hint : "");
    va_start(args, format);
    vsnprintf(failure->message, sizeof failure->message, format, args);
    va_end(args);
    return code;
}

gw_status my_fail_memory(struct my_session *session)
{
    return my_fail(session, GW_E_NO_MEMORY, NULL, "out of memory");
}

static const struct mapping *find_mapping(unsigned number)
{
    for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++)
        if (mappings[i].number == number)
            return &mappings[i];
    return NULL;
}

static gw_status status_of(unsigned number, const char *sqlstate, const char *text)
{
    const struct mapping *mapping = find_mapping(number);
    bool full = strstr(text, "No space left") || strstr(text, "Errcode: 28") ||
                strstr(text, "error 28 ") || strstr(text, "Got error 28");
    if (full)
        return GW_E_FULL;
    if (mapping)
        return mapping->status;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(classes[i].class_, sqlstate, 2) == 0)
            return classes[i].status;
    return GW_E_UNSUPPORTED;
}

/* "You have an error in your SQL syntax; check the manual ... near 'X' at line 2": X is the rest of the statement,
 * cut after 80 bytes. *near and *line get what the server says; false if it does not. */
static bool read_near(const char *text, struct gw_str *near, unsigned *line)
{
    const char *begin = strstr(text, "near '");
    const char *end = NULL;
    for (const char *at = begin; at && (at = strstr(at, "' at line ")); at++)
        end = at;
    if (!begin || !end || end < begin + 6)
        return false;
    *near = (struct gw_str){ begin + 6, (size_t)(end - begin) - 6 };
    *line = 0;
    for (const char *at = end + 10; *at >= '0' && *at <= '9' && *line < 100000000; at++)
        *line = *line * 10 + (unsigned)(*at - '0');
    return true;
}

static void set_position(struct my_session *session, struct gw_str sql, struct gw_str near,
                         unsigned line)
{
    size_t at = 0;
    for (unsigned l = 1; l < line && at < sql.len; l++) {
        const char *next = memchr(sql.ptr + at, '\n', sql.len - at);
        at = next ? (size_t)(next - sql.ptr) + 1 : sql.len;
    }
    const char *found = near.len ? memmem(sql.ptr + at, sql.len - at, near.ptr, near.len) : NULL;
    if (near.len && near.len < 80 && near.len <= sql.len &&
        memcmp(sql.ptr + sql.len - near.len, near.ptr, near.len) == 0)
        found = sql.ptr + sql.len - near.len;
    if (!found)
        return;
    struct my_lexer lexer = MY_LEXER(sql, ((struct my_modes){ 0 }));
    lexer.at = (size_t)(found - sql.ptr);
    my_lex_next(&lexer);
    session->failure.begin = lexer.begin;
    session->failure.end = lexer.at;
}

static void fail_syntax(struct my_session *session, const char *text, struct gw_str sql)
{
    struct gw_str near;
    unsigned line;
    if (!read_near(text, &near, &line)) {
        my_fail(session, GW_E_SYNTAX, NULL, "%s", text);
        return;
    }
    if (near.len)
        my_fail(session, GW_E_SYNTAX, NULL, "syntax error near '%.*s'", (int)near.len, near.ptr);
    else
        my_fail(session, GW_E_SYNTAX, NULL, "syntax error at the end of the statement");
    set_position(session, sql, near, line);
}

/* As all messages read: no capital at the front, no full stop at the end. */
static void house_style(char *text)
{
    size_t len = strlen(text);
    while (len && (text[len - 1] == '.' || text[len - 1] == ' ' || text[len - 1] == '\n'))
        text[--len] = '\0';
    if (text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z')
        text[0] = (char)(text[0] + ('a' - 'A'));
}

gw_status my_fail_server(struct my_session *session, MYSQL *from, struct gw_str sql)
{
    struct my_failure *failure = &session->failure;
    unsigned number = mysql_errno(from);
    const struct mapping *mapping = find_mapping(number);
    char text[700];
    if (failure->code)
        return failure->code;
    snprintf(text, sizeof text, "%s", mysql_error(from));
    house_style(text);
    gw_status status = status_of(number, mysql_sqlstate(from), text);
    const char *hint = mapping ? mapping->hint : NULL;
    if (status == GW_E_CANCELLED)
        my_fail(session, status, NULL,
                session->wait.stopping ? "cancelled"
                                       : "somebody cancelled the statement on the server");
    else if (status == GW_E_FULL)
        my_fail(session, status, "free space on the server's disk, then run again", "%s", text);
    else if (number == 1064)
        fail_syntax(session, text, sql);
    else if (number == 1205 && session->wait.blocker[0])
        my_fail(session, status, hint, "waited too long for a lock of %s", session->wait.blocker);
    else
        my_fail(session, status, hint, "%s", *text ? text : "the server gave no reason");
    failure->native = number;
    snprintf(failure->sqlstate, sizeof failure->sqlstate, "%.5s", mysql_sqlstate(from));
    failure->flags |= mapping ? mapping->flags : 0;
    if (failure->flags & LOST && session->committing)
        failure->flags |= GW_ERR_UNKNOWN_OUTCOME;
    return failure->code;
}

void my_fail_prefix(struct my_session *session, const char *format, ...)
{
    struct my_failure *failure = &session->failure;
    char text[128], kept[sizeof failure->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(kept, failure->message, sizeof kept);
    snprintf(failure->message, sizeof failure->message, "%s: %.*s", text,
             (int)(sizeof kept - sizeof text - 3), kept);
}
