/* SPDX-License-Identifier: 0BSD */
/* Helpers for plugin authors: static inline, nothing to link. */
#ifndef GODWIT_SDK_H
#define GODWIT_SDK_H

#include <godwit/plugin.h>
#include <godwit/sink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static inline struct gw_str gw_str_of(const char *text)
{
    struct gw_str s;
    s.ptr = text ? text : "";
    s.len = strlen(s.ptr);
    return s;
}

/* Fails the call with a printf-formatted message of at most 1,023 bytes; returns code. */
__attribute__((format(printf, 5, 6))) static inline gw_status
gw_failf(const struct gw_host *host, struct gw_call *call, gw_status code, const char *hint,
         const char *format, ...)
{
    char text[1024];
    struct gw_error error;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memset(&error, 0, sizeof error);
    error.struct_size = sizeof error;
    error.code = code;
    error.message = gw_str_of(text);
    error.hint = gw_str_of(hint);
    return host->fail(call, &error);
}

#endif
