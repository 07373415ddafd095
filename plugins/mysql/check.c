/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the server whether it understands a statement, by preparing and never executing it. */
#include "driver.h"
#include "session.h"

enum {
    SYNTAX_ERROR = 1064 /* ER_PARSE_ERROR */
};

gw_status my_check_syntax(struct gw_call *call, void *conn, struct gw_str sql)
{
    struct my_session *session = conn;
    gw_status status = GW_OK;

    my_enter(session, call);
    MYSQL_STMT *statement = mysql_stmt_init(session->db);
    if (!statement)
        return my_leave(session, my_fail_memory(session));
    /* Every other error is about names, rights or what cannot be prepared: the run will tell. */
    if (mysql_stmt_prepare(statement, sql.ptr, sql.len) &&
        mysql_stmt_errno(statement) == SYNTAX_ERROR)
        status = my_fail(session, GW_E_SYNTAX, "correct the statement; nothing has run yet",
                         "the server does not understand this statement: %s",
                         mysql_stmt_error(statement));
    mysql_stmt_close(statement);
    return my_leave(session, status);
}
