/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t my_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void my_enter(struct my_session *session, struct gw_call *call)
{
    session->call = call;
    session->failure.code = GW_OK;
    session->failure.flags = 0;
    session->wait = (struct my_wait){ 0 };
    atomic_store(&session->interrupted, false);
}

gw_status my_leave(struct my_session *session, gw_status status)
{
    const struct my_failure *failure = &session->failure;
    if (status < 0 && failure->code) {
        struct gw_error error = {
            .struct_size = sizeof error,
            .code = status,
            .native = failure->native,
            .flags = failure->flags,
            .begin = failure->begin,
            .end = failure->end,
            .message = { failure->message, strlen(failure->message) },
            .hint = { failure->hint, strlen(failure->hint) },
        };
        memcpy(error.sqlstate, failure->sqlstate, sizeof error.sqlstate);
        session->host->fail(session->call, &error);
    }
    session->call = NULL;
    return status;
}

bool my_stopped(struct my_session *session)
{
    if (session->shielded)
        return false;
    if (atomic_load(&session->interrupted))
        return true;
    return session->call && session->host->stopped(session->call);
}

void my_log(struct my_session *session, int32_t level, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (session->call)
        session->host->log(session->call, level, (struct gw_str){ text, strlen(text) });
}

#ifndef SERVER_STATUS_ANSI_QUOTES
#define SERVER_STATUS_ANSI_QUOTES 32768
#endif

/* MySQL tells only of NO_BACKSLASH_ESCAPES; the splitter follows ANSI_QUOTES in the texts itself. */
struct my_modes my_modes_now(const struct my_session *session)
{
    return (struct my_modes){
        .ansi_quotes = session->ansi_quotes,
        .no_backslash = session->db->server_status & SERVER_STATUS_NO_BACKSLASH_ESCAPES,
        .mariadb = session->mariadb,
        .version = session->version,
    };
}
