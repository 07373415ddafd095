/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int64_t postgres_now_ns(void)
{
    return gw_clock_steady_ns();
}

void postgres_enter(struct postgres_session *session, struct gw_call *call)
{
    session->call = call;
    session->failure = (struct postgres_failure){ 0 };
    session->cancelled_ns = 0;
    session->commit_sent = false;
    session->watch.n_told = 0;
    session->watch.blocker[0] = '\0';
    atomic_store(&session->interrupted, false);
}

bool postgres_backslashes(const struct postgres_session *session)
{
    const char *value = session && session->db
                            ? PQparameterStatus(session->db, "standard_conforming_strings")
                            : NULL;
    return value && strcmp(value, "off") == 0;
}

static struct gw_str text_of(const char *text)
{
    return (struct gw_str){ text, strlen(text) };
}

gw_status postgres_leave(struct postgres_session *session, gw_status status)
{
    struct postgres_failure *failure = &session->failure;
    if (status < 0 && failure->code) {
        struct gw_error error = {
            .struct_size = sizeof error,
            .code = status,
            .flags = failure->flags,
            .begin = failure->begin,
            .end = failure->end,
        };
        postgres_scrub(session, failure->message);
        postgres_scrub(session, failure->detail);
        memcpy(error.sqlstate, failure->sqlstate, sizeof error.sqlstate);
        error.message = text_of(failure->message);
        error.detail = text_of(failure->detail);
        error.hint = text_of(failure->hint);
        session->host->fail(session->call, &error);
    }
    session->call = NULL;
    return status;
}

bool postgres_stopped(struct postgres_session *session)
{
    if (atomic_load(&session->interrupted))
        return true;
    return session->call && session->host->stopped(session->call);
}

void postgres_log(struct postgres_session *session, int32_t level, const char *format, ...)
{
    char text[1024];
    va_list args;
    if (!session->call)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    postgres_scrub(session, text);
    session->host->log(session->call, level, text_of(text));
}

gw_status postgres_fail(struct postgres_session *session, gw_status code, const char *hint,
                        const char *format, ...)
{
    struct postgres_failure *failure = &session->failure;
    va_list args;
    if (failure->code)
        return failure->code;
    *failure = (struct postgres_failure){ .code = code };
    snprintf(failure->hint, sizeof failure->hint, "%s", hint ? hint : "");
    va_start(args, format);
    vsnprintf(failure->message, sizeof failure->message, format, args);
    va_end(args);
    return code;
}

gw_status postgres_fail_memory(struct postgres_session *session)
{
    return postgres_fail(session, GW_E_NO_MEMORY, NULL, "out of memory");
}

void postgres_scrub(const struct postgres_session *session, char *text)
{
    static const char mask[] = "***";
    enum {
        MASK = sizeof mask - 1
    };
    for (size_t i = 0; i < session->secrets.len; i++) {
        const char *secret = session->secrets.at[i];
        size_t len = strlen(secret);
        for (char *at = text; len >= MASK && (at = strstr(at, secret)); at += MASK) {
            memcpy(at, mask, MASK);
            memmove(at + MASK, at + len, strlen(at + len) + 1);
        }
    }
}

void postgres_tidy(char *text)
{
    size_t len = strlen(text);
    while (len && (text[len - 1] == '.' || text[len - 1] == '\n' || text[len - 1] == ' '))
        text[--len] = '\0';
    bool acronym = len > 1 && text[1] >= 'A' && text[1] <= 'Z';
    if (len && text[0] >= 'A' && text[0] <= 'Z' && !acronym)
        text[0] = (char)(text[0] + ('a' - 'A'));
}
