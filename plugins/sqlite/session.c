/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t sqlite_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void sqlite_enter(struct sqlite_session *session, struct gw_call *call)
{
    session->call = call;
    session->failure.code = GW_OK;
    session->ticks = 0;
    atomic_store(&session->interrupted, false);
}

gw_status sqlite_leave(struct sqlite_session *session, gw_status status)
{
    const struct sqlite_failure *failure = &session->failure;
    if (status < 0 && failure->code) {
        struct gw_error error = {
            .struct_size = sizeof error,
            .code = status,
            .native = failure->native,
            .flags = failure->flags,
            .begin = failure->begin,
            .end = failure->end,
            .message = { failure->message, strlen(failure->message) },
            .detail = { failure->detail, strlen(failure->detail) },
            .hint = { failure->hint, strlen(failure->hint) },
        };
        session->host->fail(session->call, &error);
    }
    session->call = NULL;
    return status;
}

bool sqlite_stopped(struct sqlite_session *session)
{
    if (session->shielded)
        return false;
    if (atomic_load(&session->interrupted))
        return true;
    return session->call && session->host->stopped(session->call);
}

void sqlite_log(struct sqlite_session *session, int32_t level, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    session->host->log(session->call, level, (struct gw_str){ text, strlen(text) });
}
