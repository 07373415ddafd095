/* SPDX-License-Identifier: Apache-2.0 */
/* After a crash: what the schema is, what a statement did, and the end of a session that still runs. */
#include "classify.h"
#include "driver.h"
#include "lexer.h"
#include "lock.h"
#include "process.h"
#include "session.h"
#include "statement.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- fingerprint ---- */

/* SQLite's own tables say nothing about the schema: sqlite_sequence stays when the table it serves is dropped. */
static const char schema[] =
    "SELECT type, lower(name), lower(tbl_name), coalesce(sql, '') FROM sqlite_schema"
    " WHERE tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND lower(substr(tbl_name, 1, length(?1))) <> lower(?1)"
    " AND lower(substr(name, 1, length(?2))) <> lower(?2) ORDER BY 1, 2";

/* Space, comments, letter case and the way of quoting a name are folded: a table that was built anew is quoted
 * otherwise than one that was created under its name. Text stays as it is. */
static gw_status emit_tokens(struct gw_call *call, const struct gw_text_out *out, struct gw_str sql)
{
    struct sqlite_lexer lexer = { sql.ptr, sql.len, 0, 0 };
    enum sqlite_token token;
    gw_status status = GW_OK;
    while (status == GW_OK && (token = sqlite_lex_next(&lexer)) != SQLITE_T_END) {
        char plain[512];
        size_t len = lexer.at - lexer.begin;
        struct gw_str text = { sql.ptr + lexer.begin, len };
        if (token != SQLITE_T_STRING && len < sizeof plain) {
            sqlite_lex_plain(&lexer, plain, sizeof plain);
            text = (struct gw_str){ plain, strlen(plain) };
        }
        status = out->text(call, (struct gw_str)GW_S(" "));
        if (status == GW_OK)
            status = out->text(call, text);
    }
    return status;
}

static gw_status emit_object(struct gw_call *call, sqlite3_stmt *stmt,
                             const struct gw_text_out *out)
{
    gw_status status = GW_OK;
    for (int i = 0; i < 3 && status == GW_OK; i++) {
        const char *text = (const char *)sqlite3_column_text(stmt, i);
        status = out->text(
            call, (struct gw_str){ text ? text : "", (size_t)sqlite3_column_bytes(stmt, i) });
        if (status == GW_OK)
            status = out->text(call, (struct gw_str)GW_S("\t"));
    }
    const char *sql = (const char *)sqlite3_column_text(stmt, 3);
    if (status == GW_OK)
        status = emit_tokens(
            call, out, (struct gw_str){ sql ? sql : "", (size_t)sqlite3_column_bytes(stmt, 3) });
    return status == GW_OK ? out->text(call, (struct gw_str)GW_S("\n")) : status;
}

gw_status sqlite_fingerprint(struct gw_call *call, void *conn, struct gw_str except,
                             struct gw_str sql, const struct gw_text_out *out)
{
    (void)sql; /* no statement commits by itself here: nobody asks for a part */
    struct sqlite_session *session = conn;
    /* An empty prefix would be the beginning of every name. */
    static const struct gw_str none = GW_S("sqlite_");
    const struct gw_cell prefix = { .kind = GW_TEXT, .v.s = except.len ? except : none };
    const struct gw_cell args[] = { prefix, prefix };
    const struct gw_statement statement = { .sql = { schema, sizeof schema - 1 },
                                            .args = args,
                                            .n_args = 2 };
    struct sqlite_statement running;
    bool row = true;

    sqlite_enter(session, call);
    gw_status status = sqlite_statement_begin(session, &statement, NULL, &running);
    while (status == GW_OK) {
        status = sqlite_statement_step(session, &running, statement.sql, &row);
        if (status != GW_OK || !row)
            break;
        status = emit_object(call, running.stmt, out);
    }
    sqlite_statement_end(session, &running);
    return sqlite_leave(session, status == GW_STOP ? GW_OK : status);
}

/* ---- probe ---- */

/* VACUUM and the pragmas of class P may be run twice without harm. */
gw_status sqlite_probe(struct gw_call *call, void *conn, struct gw_str sql, int32_t *result)
{
    struct sqlite_kind kind;
    (void)call;
    (void)conn;
    sqlite_classify(sql, &kind);
    *result = (kind.flags & GW_CLASS_MASK) == GW_CLASS_P ? GW_PROBE_ABSENT : GW_PROBE_UNCLEAR;
    return GW_OK;
}

/* ---- terminate ---- */

enum {
    GRACE_MS = 5000,
    SLICE_MS = 100
};

/* Waits for the end of the process; with a limit of 0, for as long as the call is not cancelled. */
static bool wait_gone(struct sqlite_session *session, int process, int64_t limit_ms)
{
    struct pollfd ended = { .fd = process, .events = POLLIN };
    int64_t until = sqlite_now_ns() + limit_ms * 1000000;
    for (;;) {
        int n = poll(&ended, 1, SLICE_MS);
        if (n > 0)
            return true;
        if ((n < 0 && errno != EINTR) || sqlite_stopped(session) ||
            (limit_ms && sqlite_now_ns() >= until))
            return false;
    }
}

/* process is a pidfd: the signal reaches the process that was looked at, and never one that got its number. */
static gw_status end_process(struct sqlite_session *session, int process,
                             const struct sqlite_connection *connection)
{
    if (syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0) && errno != ESRCH)
        return sqlite_fail(session, GW_E_PERMISSION,
                           "end it as the user that it runs as, or as root",
                           "no right to end process %d", (int)connection->pid);
    if (wait_gone(session, process, GRACE_MS))
        return GW_OK;
    if (!sqlite_stopped(session)) {
        syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
        if (wait_gone(session, process, 0))
            return GW_OK;
    }
    return sqlite_fail(session, GW_E_CANCELLED, NULL, "cancelled while process %d was ending",
                       (int)connection->pid);
}

/* 1: the process holds our lock file open; 0: it does not; -1: it does not show. */
static int holds_lock(struct sqlite_session *session, pid_t pid)
{
    struct stat file;
    char *path = sqlite_lock_path(session);
    int holds =
        path && lstat(path, &file) == 0 ? sqlite_process_opens(pid, file.st_dev, file.st_ino) : 0;
    free(path);
    return holds;
}

static gw_status end_owner(struct sqlite_session *session,
                           const struct sqlite_connection *connection)
{
    int process = (int)syscall(SYS_pidfd_open, connection->pid, 0);
    if (process < 0 && errno == ESRCH)
        return GW_OK;
    if (process < 0)
        return sqlite_fail(session, GW_E_UNSUPPORTED, "end it by hand: `kill` with that number",
                           "cannot watch process %d: %s", (int)connection->pid, strerror(errno));
    gw_status status = GW_OK;
    int holds = sqlite_connection_alive(connection) ? holds_lock(session, connection->pid) : 0;
    if (holds < 0)
        status =
            sqlite_fail(session, GW_E_PERMISSION, "end it as the user that it runs as, or as root",
                        "process %d belongs to another user", (int)connection->pid);
    else if (holds > 0)
        status = end_process(session, process, connection);
    close(process);
    return status;
}

/* A process that lives on without our lock file has closed its session: nothing is to be ended. */
gw_status sqlite_terminate(struct gw_call *call, void *conn, struct gw_str connection)
{
    struct sqlite_session *session = conn;
    struct sqlite_connection target, self;
    gw_status status;
    sqlite_enter(session, call);
    sqlite_connection_self(&self);
    bool known = connection.len ? sqlite_connection_parse(connection, &target)
                                : sqlite_lock_owner(session, &target);
    if (!known && !connection.len)
        status =
            sqlite_fail(session, GW_E_NOT_FOUND, "`godwit lock status` shows whether it is held",
                        "who holds the migration lock of '%s' cannot be told", session->path);
    else if (!known)
        status = sqlite_fail(session, GW_E_ARGUMENT, NULL, "'%.*s' names no session of SQLite",
                             connection.len < 64 ? (int)connection.len : 64, connection.ptr);
    else if (strcmp(target.host, self.host) != 0)
        status = sqlite_fail(session, GW_E_UNSUPPORTED, "run `godwit lock break` on that host",
                             "process %d runs on host '%s' and can be ended only there",
                             (int)target.pid, target.host);
    else if (target.pid == self.pid && target.start == self.start)
        status = sqlite_fail(session, GW_E_REFUSED, "close the other session instead",
                             "process %d is this one", (int)target.pid);
    else
        status = end_owner(session, &target);
    return sqlite_leave(session, status);
}
