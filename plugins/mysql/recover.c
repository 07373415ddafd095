/* SPDX-License-Identifier: Apache-2.0 */
/* After a crash: what the schema is, what a statement did, and the end of a session that still runs. */
#include "classify.h"
#include "driver.h"
#include "lock.h"
#include "session.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* ---- one object ---- */

static const struct shown {
    const char *show;   /* followed by the name */
    unsigned column;    /* the one that holds the definition */
    unsigned absent[2]; /* what the server says if there is none */
} shown[] = {
    [MY_O_TABLE] = { "SHOW CREATE TABLE", 1, { 1146, 1146 } },
    [MY_O_TRIGGER] = { "SHOW CREATE TRIGGER", 2, { 1360, 1360 } },
    [MY_O_PROCEDURE] = { "SHOW CREATE PROCEDURE", 2, { 1305, 1305 } },
    [MY_O_FUNCTION] = { "SHOW CREATE FUNCTION", 2, { 1305, 1305 } },
    [MY_O_EVENT] = { "SHOW CREATE EVENT", 3, { 1539, 1539 } },
    [MY_O_DATABASE] = { "SHOW CREATE DATABASE", 1, { 1049, 1008 } },
    [MY_O_ACCOUNT] = { "SHOW GRANTS FOR", 0, { 1141, 1133 } },
};

struct printing {
    const struct gw_text_out *out;
    unsigned column;
};

/* AUTO_INCREMENT=7 counts rows; it is no part of the schema. It stands behind the last line's bracket. */
static gw_status emit_definition(struct my_session *session, const struct gw_text_out *out,
                                 struct gw_str text)
{
    static const char counter[] = " AUTO_INCREMENT=";
    const char *options = memrchr(text.ptr, '\n', text.len), *end = text.ptr + text.len;
    for (const char *line = options; line;
         line = line > text.ptr ? memrchr(text.ptr, '\n', (size_t)(line - text.ptr)) : NULL)
        if (line + 1 < end && line[1] == ')') {
            options = line;
            break;
        }
    const char *at =
        options ? memmem(options, (size_t)(end - options), counter, sizeof counter - 1) : NULL;
    const char *comment = options ? memmem(options, (size_t)(end - options), " COMMENT=", 9) : NULL;
    if (!at || (comment && comment < at))
        return out->text(session->call, text);
    gw_status status =
        out->text(session->call, (struct gw_str){ text.ptr, (size_t)(at - text.ptr) });
    at += sizeof counter - 1;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return status == GW_OK ? out->text(session->call, (struct gw_str){ at, (size_t)(end - at) })
                           : status;
}

static gw_status print_row(struct my_session *session, MYSQL_RES *result, MYSQL_ROW row,
                           const unsigned long *lengths, void *payload)
{
    const struct printing *printing = payload;
    unsigned at = printing->column;
    struct gw_str text = GW_S("no right to see it");
    if (mysql_num_fields(result) <= at)
        at = mysql_num_fields(result) - 1;
    if (row[at])
        text = (struct gw_str){ row[at], lengths[at] };
    gw_status status = emit_definition(session, printing->out, text);
    return status == GW_OK ? printing->out->text(session->call, (struct gw_str)GW_S("\n")) : status;
}

static void add_quoted(struct gw_buf *out, const char *text, char mark)
{
    gw_buf_char(out, mark);
    for (; *text; text++) {
        if (*text == mark || (mark == '\'' && *text == '\\'))
            gw_buf_char(out, *text);
        gw_buf_char(out, *text);
    }
    gw_buf_char(out, mark);
}

static void name_object(struct gw_buf *sql, const struct my_session *session,
                        const struct my_object *object)
{
    gw_buf_printf(sql, "%s ", shown[object->kind].show);
    if (object->kind == MY_O_ACCOUNT) {
        add_quoted(sql, object->name, '`');
        gw_buf_char(sql, '@');
        add_quoted(sql, object->schema, '`');
        return;
    }
    if (object->schema[0] && object->kind != MY_O_DATABASE) {
        add_quoted(sql, object->schema, '`');
        gw_buf_char(sql, '.');
    }
    bool unnamed = object->kind == MY_O_DATABASE && !object->name[0];
    add_quoted(sql, unnamed ? session->database : object->name, '`');
}

static gw_status emit_object(struct my_session *session, const struct gw_text_out *out,
                             const struct my_object *object)
{
    const struct shown *how = &shown[object->kind];
    struct printing printing = { out, how->column };
    const struct my_rows rows = { .row = print_row, .payload = &printing };
    struct gw_buf sql = GW_BUF_TEXT;
    name_object(&sql, session, object);
    gw_status status = sql.failed
                           ? my_fail_memory(session)
                           : out->text(session->call, (struct gw_str){ gw_buf_str(&sql), sql.len });
    if (status == GW_OK)
        status = out->text(session->call, (struct gw_str)GW_S("\n"));
    if (status == GW_OK)
        status = my_execute(session, (struct gw_str){ gw_buf_str(&sql), sql.len }, &rows, NULL);
    gw_buf_free(&sql);
    unsigned error = (unsigned)session->failure.native;
    bool absent = error == how->absent[0] || error == how->absent[1];
    if (status >= 0 || !session->failure.code || (!absent && error != 1356))
        return status;
    session->failure.code = GW_OK; /* 1356: a view of something that is gone */
    return out->text(session->call,
                     absent ? (struct gw_str)GW_S("absent\n") : (struct gw_str)GW_S("invalid\n"));
}

/* ---- the whole schema ---- */

struct listing {
    GW_VEC(struct my_object) objects;
    struct gw_str except;
};

static gw_status take_object(struct my_session *session, MYSQL_RES *result, MYSQL_ROW row,
                             const unsigned long *lengths, void *payload)
{
    struct listing *listing = payload;
    struct my_object object = { 0 };
    (void)result;
    (void)lengths;
    if (!row[0] || !row[1])
        return GW_OK;
    object.kind = (enum my_object_kind)strtoul(row[0], NULL, 10);
    snprintf(object.name, sizeof object.name, "%s", row[1]);
    bool ours = object.kind == MY_O_TABLE && listing->except.len &&
                strncasecmp(object.name, listing->except.ptr, listing->except.len) == 0;
    if (ours)
        return GW_OK;
    return gw_vec_push(&listing->objects, object) ? GW_OK : my_fail_memory(session);
}

static gw_status emit_schema(struct my_session *session, struct gw_str except,
                             const struct gw_text_out *out)
{
    static const struct gw_str sql =
        GW_S("SELECT 0, TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
             "DATABASE()"
             " UNION ALL SELECT 1, TRIGGER_NAME FROM information_schema.TRIGGERS"
             " WHERE TRIGGER_SCHEMA = DATABASE()"
             " UNION ALL SELECT IF(ROUTINE_TYPE = 'PROCEDURE', 2, 3), ROUTINE_NAME"
             " FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()"
             " AND ROUTINE_TYPE IN ('PROCEDURE', 'FUNCTION')"
             " UNION ALL SELECT 4, EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = "
             "DATABASE()"
             " ORDER BY 1, 2");
    struct listing listing = { .except = except };
    const struct my_rows rows = { .row = take_object, .payload = &listing };
    gw_status status = my_execute(session, sql, &rows, NULL);
    for (size_t i = 0; i < listing.objects.len && status == GW_OK; i++)
        status = emit_object(session, out, &listing.objects.at[i]);
    gw_vec_free(&listing.objects);
    return status;
}

/* ---- fingerprint ---- */

/* SHOW CREATE writes as sql_mode says, and a migration may have changed that. */
static gw_status neutral(struct my_session *session, bool begin)
{
    if (!session->undo.len)
        return GW_OK;
    return my_command(session, begin ? "SET @godwit_sql_mode = @@SESSION.sql_mode, @godwit_show ="
                                       " @@SESSION.sql_quote_show_create, SESSION sql_mode = '',"
                                       " SESSION sql_quote_show_create = 1"
                                     : "SET SESSION sql_mode = @godwit_sql_mode,"
                                       " SESSION sql_quote_show_create = @godwit_show");
}

static gw_status emit_touched(struct my_session *session, struct gw_str except,
                              const struct my_kind *kind, const struct gw_text_out *out)
{
    gw_status status = GW_OK;
    if (kind->scope == MY_SCOPE_NONE)
        return out->text(session->call, (struct gw_str)GW_S("may be run again without harm\n"));
    if (kind->scope == MY_SCOPE_ALL || !kind->n_objects)
        return emit_schema(session, except, out);
    for (size_t i = 0; i < kind->n_objects && status == GW_OK; i++)
        status = emit_object(session, out, &kind->objects[i]);
    return status;
}

gw_status my_fingerprint(struct gw_call *call, void *conn, struct gw_str except, struct gw_str sql,
                         const struct gw_text_out *out)
{
    struct my_session *session = conn;
    const struct my_modes modes = my_modes_now(session);
    struct my_kind kind = { .scope = MY_SCOPE_ALL };
    my_enter(session, call);
    if (sql.len)
        my_classify(sql, &modes, &kind);
    gw_status status = neutral(session, true);
    if (status == GW_OK)
        status = emit_touched(session, except, &kind, out);
    gw_status back = status == GW_OK ? neutral(session, false) : status;
    return my_leave(session, back == GW_STOP ? GW_OK : back);
}

/* ---- probe ---- */

/* No statement is of class P here. */
gw_status my_probe(struct gw_call *call, void *conn, struct gw_str sql, int32_t *result)
{
    (void)call;
    (void)conn;
    (void)sql;
    *result = GW_PROBE_UNCLEAR;
    return GW_OK;
}

/* ---- terminate ---- */

static bool parse_id(struct gw_str text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || *out > UINT64_MAX / 10 - 1)
            return false;
        *out = *out * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len && *out;
}

static gw_status listed(struct my_session *session, uint64_t id, bool *there)
{
    char text[32];
    return my_ask(session, text, 1, sizeof text, there,
                  "SELECT ID FROM information_schema.PROCESSLIST WHERE ID = %llu",
                  (unsigned long long)id);
}

/* Until it is listed no more, and its lock is free: a statement that is rolled back keeps both for a while. */
static gw_status wait_gone(struct my_session *session, uint64_t id)
{
    static const struct timespec pause = { 0, 20000000 };
    for (;;) {
        bool there;
        uint64_t owner;
        gw_status status = listed(session, id, &there);
        if (status == GW_OK)
            status = my_lock_owner(session, &owner);
        if (status != GW_OK || (!there && owner != id))
            return status;
        if (my_stopped(session))
            return my_fail(session, GW_E_CANCELLED, NULL, "cancelled while session %llu was ending",
                           (unsigned long long)id);
        nanosleep(&pause, NULL);
    }
}

/* A server that was started anew gives the same numbers to others: only the holder of the lock is ended, unless
 * the lock says nothing here. */
static gw_status end_session(struct my_session *session, uint64_t id)
{
    uint64_t owner;
    gw_status status = my_lock_owner(session, &owner);
    if (status != GW_OK || (owner != id && !session->row_lock))
        return status;
    status = my_command(session, "KILL CONNECTION %llu", (unsigned long long)id);
    if (status != GW_OK && session->failure.native == 1094) { /* it is gone */
        session->failure.code = GW_OK;
        status = GW_OK;
    }
    return status == GW_OK ? wait_gone(session, id) : status;
}

gw_status my_terminate(struct gw_call *call, void *conn, struct gw_str connection)
{
    static const struct gw_str usual = GW_S("godwit");
    struct my_session *session = conn;
    uint64_t id = 0;
    my_enter(session, call);
    gw_status status = session->lock_name[0] ? GW_OK : my_lock_set_name(session, usual);
    if (status == GW_OK && !connection.len)
        status = my_lock_owner(session, &id);
    if (status != GW_OK)
        return my_leave(session, status);
    if (!connection.len && !id)
        status = my_fail(session, GW_E_NOT_FOUND, "`godwit lock status` shows whether it is held",
                         "nobody holds the migration lock of '%s'", session->database);
    else if (connection.len && !parse_id(connection, &id))
        status = my_fail(session, GW_E_ARGUMENT, NULL, "'%.*s' names no session of the server",
                         connection.len < 64 ? (int)connection.len : 64, connection.ptr);
    else if (id == session->id)
        status = my_fail(session, GW_E_REFUSED, "close the other session instead",
                         "session %llu is this one", (unsigned long long)id);
    else
        status = end_session(session, id);
    return my_leave(session, status);
}
