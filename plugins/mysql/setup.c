/* SPDX-License-Identifier: Apache-2.0 */
#include "setup.h"

#include "set.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static gw_status run_session(struct my_session *session)
{
    for (uint64_t i = 0; i < session->n_session; i++) {
        struct my_lexer lexer = MY_LEXER(session->session[i], my_modes_now(session));
        size_t end = 0;
        for (enum my_token token; (token = my_lex_next(&lexer)) != MY_T_END;)
            if (!my_lex_mark(&lexer, ';'))
                end = lexer.at;
        if (!end)
            continue;
        struct gw_str sql = { session->session[i].ptr, end };
        gw_status status = my_execute(session, sql, NULL, NULL);
        if (status == GW_OK && session->db->server_status & SERVER_STATUS_IN_TRANS)
            status = my_fail(session, GW_E_ARGUMENT, "remove it", "leaves a transaction open");
        if (status != GW_OK) {
            my_fail_prefix(session, "statement %llu of database.session",
                           (unsigned long long)i + 1);
            return status;
        }
    }
    return GW_OK;
}

static gw_status read_modes(struct my_session *session)
{
    char mode[1024];
    gw_status status = my_ask(session, mode, 1, sizeof mode, NULL, "SELECT @@SESSION.sql_mode");
    session->ansi_quotes = strstr(mode, "ANSI_QUOTES");
    return status;
}

/* lock_wait_timeout is a year by default; it takes whole seconds, at least one. */
gw_status my_setup(struct my_session *session)
{
    long long seconds = (session->lock_timeout_ns + 999999999) / 1000000000;
    if (seconds < 1)
        seconds = 1;
    gw_status status = my_command(
        session,
        "SET SESSION autocommit = 1, SESSION %s = 0, SESSION lock_wait_timeout = %lld,"
        " SESSION innodb_lock_wait_timeout = %lld, SESSION sql_mode ="
        " IF(@@SESSION.sql_mode LIKE '%%STRICT%%', @@SESSION.sql_mode,"
        " TRIM(LEADING ',' FROM CONCAT(@@SESSION.sql_mode, ',STRICT_TRANS_TABLES')))",
        session->mariadb ? "max_statement_time" : "max_execution_time", seconds, seconds);
    if (status == GW_OK)
        status = run_session(session);
    if (status == GW_OK)
        status = read_modes(session);
    if (status == GW_OK && session->read_only)
        status = my_command(session, "SET SESSION TRANSACTION READ ONLY");
    return status;
}

/* ---- what migrations do to the session ---- */

enum noting {
    STRIKE_OUT,
    STATEMENT,
    VARIABLE
};
static gw_status note(struct my_session *session, enum noting how, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Each once, whatever the number of migrations that say it. */
static gw_status note(struct my_session *session, enum noting how, const char *format, ...)
{
    struct gw_buf text = GW_BUF_TEXT;
    va_list args;
    va_start(args, format);
    gw_buf_vprintf(&text, format, args);
    va_end(args);
    for (size_t i = 0; i < session->undo.len && !text.failed; i++)
        if (strcmp(session->undo.at[i].sql, gw_buf_str(&text)) == 0) {
            session->undo.at[i].done = how == STRIKE_OUT;
            gw_buf_free(&text);
            return GW_OK;
        }
    char *sql = text.failed ? NULL : strdup(gw_buf_str(&text));
    gw_buf_free(&text);
    if (how == STRIKE_OUT)
        free(sql);
    else if (!sql ||
             !gw_vec_push(&session->undo, (struct my_undo){ sql, how == VARIABLE, false })) {
        free(sql);
        return my_fail_memory(session);
    }
    return GW_OK;
}

static void quote_name(struct gw_buf *out, const char *name)
{
    gw_buf_char(out, '`');
    for (; *name; name++) {
        if (*name == '`')
            gw_buf_char(out, '`');
        gw_buf_char(out, *name);
    }
    gw_buf_char(out, '`');
}

static gw_status note_form(struct my_session *session, const char *name)
{
    if (strcmp(name, "transaction") == 0) {
        gw_status status =
            note(session, VARIABLE, "%s",
                 session->mariadb && session->version < 110100 ? "tx_isolation"
                                                               : "transaction_isolation");
        return status == GW_OK ? note(session, STATEMENT, "SET SESSION TRANSACTION READ WRITE")
                               : status;
    }
    if (strcmp(name, "names") == 0 || strcmp(name, "character") == 0 ||
        strcmp(name, "charset") == 0)
        return note(session, STATEMENT, "DO 0"); /* the character set is put back in any case */
    return GW_OK;
}

static gw_status note_set(struct my_session *session, struct gw_str sql)
{
    struct my_modes modes = my_modes_now(session);
    const struct my_modes base = { 0 };
    struct my_set set;
    struct my_assignment assignment;
    gw_status status = GW_OK;
    my_set_begin(&set, sql, &modes);
    while (status == GW_OK && my_set_next(&set, &assignment)) {
        struct gw_buf name = GW_BUF_TEXT;
        quote_name(&name, assignment.name);
        if (name.failed)
            status = my_fail_memory(session);
        else if (assignment.scope == MY_SET_FORM)
            status = note_form(session, assignment.name);
        else if (assignment.scope == MY_SET_USER)
            status = note(session, STATEMENT, "SET @%s = NULL", gw_buf_str(&name));
        else if (assignment.scope == MY_SET_SESSION)
            status = note(session, VARIABLE, "%s", gw_buf_str(&name));
        gw_buf_free(&name);
    }
    my_set_modes(sql, &base, &modes);
    session->ansi_quotes = modes.ansi_quotes;
    return status;
}

static gw_status note_temporary(struct my_session *session, const struct my_object *object)
{
    struct gw_buf name = GW_BUF_TEXT;
    if (object->schema[0]) {
        quote_name(&name, object->schema);
        gw_buf_char(&name, '.');
    }
    quote_name(&name, object->name);
    gw_status status = name.failed ? my_fail_memory(session)
                                   : note(session, STATEMENT, "DROP TEMPORARY TABLE IF EXISTS %s",
                                          gw_buf_str(&name));
    gw_buf_free(&name);
    return status;
}

gw_status my_effects_note(struct my_session *session, struct gw_str sql, const struct my_kind *kind)
{
    struct gw_buf name = GW_BUF_TEXT;
    gw_status status = GW_OK;
    switch (kind->verb) {
    case MY_V_SET:
        return note_set(session, sql);
    case MY_V_USE:
        snprintf(session->used, sizeof session->used, "%s", kind->plain);
        session->away = true;
        return GW_OK;
    case MY_V_PREPARE:
    case MY_V_DEALLOCATE:
        quote_name(&name, kind->plain);
        status = name.failed ? my_fail_memory(session)
                             : note(session, kind->verb == MY_V_PREPARE ? STATEMENT : STRIKE_OUT,
                                    "DEALLOCATE PREPARE %s", gw_buf_str(&name));
        gw_buf_free(&name);
        return status;
    case MY_V_CREATE_TEMPORARY:
        return kind->n_objects ? note_temporary(session, &kind->objects[0]) : GW_OK;
    default:
        return GW_OK;
    }
}

gw_status my_database_select(struct my_session *session, bool of_host)
{
    if (!session->used[0] || session->away != of_host)
        return GW_OK;
    if (mysql_select_db(session->db, of_host ? session->database : session->used))
        return my_fail_server(session, session->db, (struct gw_str){ 0 });
    session->away = !of_host;
    return GW_OK;
}

/* DEFAULT is the global value too, but MySQL turns that of foreign_key_checks round. Some have no global one. */
static void undo_one(struct my_session *session, const struct my_undo *undo)
{
    char sql[512];
    if (!undo->variable) {
        my_try(session, undo->sql);
        return;
    }
    snprintf(sql, sizeof sql, "SET SESSION %.200s = @@GLOBAL.%.200s", undo->sql, undo->sql);
    if (my_try(session, sql))
        return;
    snprintf(sql, sizeof sql, "SET SESSION %.200s = DEFAULT", undo->sql);
    my_try(session, sql);
}

gw_status my_effects_undo(struct my_session *session)
{
    bool any = false;
    gw_status status = my_database_select(session, true);
    session->used[0] = '\0';
    for (size_t i = 0; i < session->undo.len; i++) {
        if (!session->undo.at[i].done) {
            undo_one(session, &session->undo.at[i]);
            any = true;
        }
        free(session->undo.at[i].sql);
    }
    session->undo.len = 0;
    if (status != GW_OK || !any)
        return status;
    if (mysql_set_character_set(session->db,
                                session->target.charset ? session->target.charset : "utf8mb4"))
        return my_fail_server(session, session->db, (struct gw_str){ 0 });
    return my_setup(session);
}

void my_effects_free(struct my_session *session)
{
    for (size_t i = 0; i < session->undo.len; i++)
        free(session->undo.at[i].sql);
    gw_vec_free(&session->undo);
}
