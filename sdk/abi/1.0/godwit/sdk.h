/* SPDX-License-Identifier: 0BSD */
/* Helpers for plugin authors: static inline, nothing to link. */
#ifndef GODWIT_SDK_H
#define GODWIT_SDK_H

#include <godwit/plugin.h>
#include <godwit/setup.h>
#include <godwit/sink.h>
#include <godwit/validator.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

GW_C_BEGIN

/* ---- strings ---- */

static inline struct gw_str gw_str_of(const char *text)
{
    struct gw_str s;
    s.ptr = text ? text : "";
    s.len = strlen(s.ptr);
    return s;
}

static inline int gw_str_is(struct gw_str s, const char *text)
{
    return s.len == strlen(text) && (s.len == 0 || memcmp(s.ptr, text, s.len) == 0);
}

/* Where what first stands in s at or behind from; s.len if nowhere. */
static inline size_t gw_str_find(struct gw_str s, const char *what, size_t from)
{
    const size_t len = strlen(what);
    size_t at;
    for (at = from; len && at < s.len && len <= s.len - at; at++)
        if (s.ptr[at] == what[0] && memcmp(s.ptr + at, what, len) == 0)
            return at;
    return s.len;
}

/* Formats into out, cut between two characters if it does not fit. */
GW_ATTRIBUTE((format(printf, 3, 0)))
static inline struct gw_str gw_vformat(char *out, size_t room, const char *format, va_list args)
{
    const int n = vsnprintf(out, room, format, args);
    struct gw_str s;
    s.ptr = out;
    s.len = n < 0 ? 0 : (size_t)n;
    if (s.len >= room) {
        s.len = room - 1; /* the byte behind was cut off: step back to where its character begins */
        while (s.len && ((unsigned char)out[s.len - 1] & 0xC0) == 0x80)
            s.len--;
        if (s.len && ((unsigned char)out[s.len - 1] & 0x80))
            s.len--;
    }
    out[s.len] = '\0';
    return s;
}

/* ---- options, by their index in the schema ---- */

static inline int64_t gw_option_int(const struct gw_setup *setup, uint32_t i, int64_t absent)
{
    return i < setup->n_options && setup->options[i].kind != GW_NULL ? setup->options[i].v.i
                                                                     : absent;
}

static inline double gw_option_real(const struct gw_setup *setup, uint32_t i, double absent)
{
    return i < setup->n_options && setup->options[i].kind == GW_REAL ? setup->options[i].v.f
                                                                     : absent;
}

static inline struct gw_str gw_option_text(const struct gw_setup *setup, uint32_t i)
{
    return i < setup->n_options && setup->options[i].kind == GW_TEXT ? setup->options[i].v.s
                                                                     : gw_str_of("");
}

/* ---- log, failure, findings; texts of at most 1,023 bytes ---- */

GW_ATTRIBUTE((format(printf, 4, 5)))
static inline void gw_logf(const struct gw_host *host, struct gw_call *call, int32_t level,
                           const char *format, ...)
{
    char text[1024];
    struct gw_str line;
    va_list args;
    va_start(args, format);
    line = gw_vformat(text, sizeof text, format, args);
    va_end(args);
    host->log(call, level, line);
}

/* Fails the call; returns code. */
GW_ATTRIBUTE((format(printf, 5, 6)))
static inline gw_status gw_failf(const struct gw_host *host, struct gw_call *call, gw_status code,
                                 const char *hint, const char *format, ...)
{
    char text[1024];
    struct gw_error error;
    va_list args;
    memset(&error, 0, sizeof error);
    error.struct_size = sizeof error;
    error.code = code;
    va_start(args, format);
    error.message = gw_vformat(text, sizeof text, format, args);
    va_end(args);
    error.hint = gw_str_of(hint);
    return host->fail(call, &error);
}

/* What an entry returns after a sink has returned status: having seen enough is no failure. */
static inline gw_status gw_after(gw_status status)
{
    return status == GW_STOP ? GW_OK : status;
}

/* Tells of a finding of that rule in bytes [begin, end) of the subject's sql. If it returns non-zero, stop:
 * return gw_after(...). */
GW_ATTRIBUTE((format(printf, 7, 8)))
static inline gw_status gw_findf(const struct gw_findings_out *out, struct gw_call *call,
                                 const struct gw_rule *rule, uint64_t begin, uint64_t end,
                                 const char *hint, const char *format, ...)
{
    char text[1024];
    struct gw_finding finding;
    va_list args;
    memset(&finding, 0, sizeof finding);
    finding.struct_size = sizeof finding;
    finding.severity = rule->severity;
    finding.rule = gw_str_of(rule->id);
    finding.begin = begin;
    finding.end = end;
    va_start(args, format);
    finding.message = gw_vformat(text, sizeof text, format, args);
    va_end(args);
    finding.hint = gw_str_of(hint);
    return out->finding(call, &finding);
}

GW_C_END

#endif
