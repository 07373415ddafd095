/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/call.h"

#include "base/clock.h"
#include "base/text.h"
#include "plugin/guard.h"
#include "plugin/registry.h"
#include "plugin/service.h"

#include <stdio.h>
#include <string.h>

enum {
    LINE_MOST = 8192,          /* bytes of one log line or one progress text that are kept */
    PROGRESS_EVERY = 200000000 /* nanoseconds: five a second */
};

/* ---- texts from a plugin ---- */

/* Appends at most most bytes of text, made safe to show. */
static void add_safe(struct gw_buf *out, struct gw_str text, size_t most)
{
    if (!text.ptr)
        return;
    size_t len = text.len < most ? text.len : most;
    while (len && text.ptr[len - 1] == '\n')
        len--;
    while (len < text.len && len && (text.ptr[len] & 0xC0) == 0x80) /* not within a character */
        len--;
    gw_text_safe(out, text.ptr, len, false);
}

/* Without memory: what may be shown as it is, and a mark for the rest. */
static void keep_plain(char *out, size_t room, struct gw_str text)
{
    size_t len = text.len < room - 1 ? text.len : room - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = text.ptr[i] >= ' ' && text.ptr[i] <= '~' ? text.ptr[i] : '?';
    out[len] = '\0';
}

static void keep_text(char *out, size_t room, struct gw_str text)
{
    struct gw_buf safe = GW_BUF_TEXT;
    add_safe(&safe, text, room - 1);
    const char *s = gw_buf_str(&safe);
    size_t len = safe.len < room ? safe.len : room - 1;
    len = gw_text_valid(s, len); /* what was made visible may have grown past the room */
    memcpy(out, s, len);
    out[len] = '\0';
    if (safe.failed)
        keep_plain(out, room, text);
    gw_buf_free(&safe);
}

/* ---- the host table ---- */

static void host_log(struct gw_call *call, int32_t level, struct gw_str text)
{
    static const enum gw_level levels[] = { GW_LEVEL_DEBUG, GW_LEVEL_INFO, GW_LEVEL_WARN,
                                            GW_LEVEL_ERROR };
    int32_t known = level < GW_LOG_DEBUG   ? GW_LOG_DEBUG
                    : level > GW_LOG_ERROR ? GW_LOG_ERROR
                                           : level;
    struct gw_buf line = GW_BUF_TEXT;

    if (!call)
        return;
    add_safe(&line, text, LINE_MOST);
    gw_emit(call->events, levels[known], "plugin.log",
            GW_FIELDS(gw_field_text("plugin", call->plugin)), "%s: %s", call->plugin,
            gw_buf_str(&line));
    gw_buf_free(&line);
}

static gw_status host_fail(struct gw_call *call, const struct gw_error *theirs)
{
    struct gw_error error = { 0 };

    if (!call || !theirs)
        return GW_E_INTERNAL;
    size_t size = theirs->struct_size < sizeof error ? theirs->struct_size : sizeof error;
    memcpy(&error, theirs, size);
    call->code = error.code < 0 ? error.code : GW_E_INTERNAL;
    call->native = error.native;
    call->flags = error.flags;
    call->begin = error.begin;
    call->end = error.end;
    keep_text(call->sqlstate, sizeof call->sqlstate,
              (struct gw_str){ error.sqlstate, strnlen(error.sqlstate, sizeof error.sqlstate) });
    keep_text(call->message, sizeof call->message, error.message);
    keep_text(call->detail, sizeof call->detail, error.detail);
    keep_text(call->hint, sizeof call->hint, error.hint);
    return call->code;
}

static int32_t host_stopped(struct gw_call *call)
{
    if (!call)
        return 0;
    if (call->stop && call->stop->level >= GW_STOP_NOW)
        return 1;
    return call->deadline_ns && gw_clock_steady_ns() >= call->deadline_ns;
}

static void host_progress(struct gw_call *call, uint64_t done, uint64_t total, struct gw_str what)
{
    if (!call || !call->events)
        return;
    int64_t now = gw_clock_steady_ns();
    if (now < call->progress_next_ns)
        return;
    call->progress_next_ns = now + PROGRESS_EVERY;
    struct gw_buf text = GW_BUF_TEXT;
    add_safe(&text, what, LINE_MOST);
    if (total)
        gw_buf_printf(&text, "%s%llu of %llu", text.len ? ": " : "", (unsigned long long)done,
                      (unsigned long long)total);
    gw_emit(call->events, GW_LEVEL_PROGRESS, "plugin.progress",
            GW_FIELDS(gw_field_text("plugin", call->plugin),
                      gw_field_int("done", (int64_t)(done < INT64_MAX ? done : INT64_MAX)),
                      gw_field_int("total", (int64_t)(total < INT64_MAX ? total : INT64_MAX))),
            "%s: %s", call->plugin, gw_buf_str(&text));
    gw_buf_free(&text);
}

static const void *host_service(const struct gw_host *host, const char *id)
{
    (void)host;
    return gw_service_table(id);
}

const struct gw_host gw_host_table = {
    .struct_size = sizeof gw_host_table,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_ABI_MINOR,
    .program = GW_S("godwit"),
    .version = GW_S(GODWIT_VERSION),
    .log = host_log,
    .fail = host_fail,
    .stopped = host_stopped,
    .progress = host_progress,
    .service = host_service,
};

/* ---- calls ---- */

void gw_call_init(struct gw_call *call, const char *plugin, struct gw_events *events,
                  const struct gw_stop *stop)
{
    *call = (struct gw_call){ .plugin = plugin, .events = events, .stop = stop };
}

/* Of the host alone: nothing of it is seen across the border. */
static _Thread_local struct gw_call *innermost;

const struct gw_call *gw_call_inside(void)
{
    return innermost;
}

void gw_call_enter(struct gw_call *call, const char *function, int ended)
{
    call->function = function;
    call->ended = ended;
    call->outer = innermost;
    call->inside = true;
    innermost = call;
}

void gw_call_where(char out[GW_CALL_WHERE], const struct gw_call *call)
{
    const char *const parts[] = { call->function ? "in '" : "while it was loaded",
                                  call->function ? call->function : "", call->function ? "'" : "" };
    size_t len = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (const char *s = parts[i]; *s && len < GW_CALL_WHERE - 1; s++)
            out[len++] = *s;
    out[len] = '\0';
}

void gw_call_leave(struct gw_call *call)
{
    char where[GW_CALL_WHERE];

    if (!call->inside)
        return;
    call->inside = false;
    innermost = call->outer;
    unsigned changed = call->unguarded ? 0 : gw_guard_restore();
    if (!changed)
        return;
    gw_call_where(where, call);
    for (unsigned bit = 1; bit < 1U << GW_GUARDED; bit <<= 1)
        if (changed & bit)
            gw_emit(call->events, GW_LEVEL_WARN, "plugin.changed",
                    GW_FIELDS(gw_field_text("plugin", call->plugin),
                              gw_field_text("what", gw_guard_name(bit))),
                    "plugin '%s' changed %s %s; it was put back, and its author should know",
                    call->plugin, gw_guard_name(bit), where);
}

gw_status gw_call_wrong(struct gw_call *call, const char *format, ...)
{
    va_list args;
    if (call->wrong[0])
        return GW_E_INTERNAL;
    va_start(args, format);
    vsnprintf(call->wrong, sizeof call->wrong, format, args);
    va_end(args);
    return GW_E_INTERNAL;
}

void gw_call_to(struct gw_call *call, const struct gw_plugin_loaded *plugin,
                struct gw_services *services, const struct gw_stop *stop)
{
    gw_call_init(call, plugin->name, plugin->events, stop);
    call->to = plugin;
    call->services = services;
}

static int exit_code_of(gw_status status, int code)
{
    if (status == GW_E_LOCKED)
        return GW_LOCKED;
    return status / 100 == GW_E_CONNECT / 100 ? GW_NO_CONNECTION : code;
}

static int misbehaved(const struct gw_call *call, gw_status returned, const char *function,
                      int code, struct gw_fault *fault)
{
    code = code == GW_USAGE ? GW_UNCHANGED : code; /* not what the user wrote */
    if (call->wrong[0])
        gw_fail(fault, code, "plugin '%s': %s %s", call->plugin, function, call->wrong);
    else
        gw_fail(fault, returned > 0 ? code : exit_code_of(returned, code),
                returned > 0 ? "plugin '%s': %s returned %d, which means nothing"
                             : "plugin '%s': %s returned %d without a message",
                call->plugin, function, (int)returned);
    return gw_hint(fault, "this is a fault in the plugin; tell its author");
}

int gw_call_end(struct gw_call *call, gw_status returned, const char *function, int code,
                struct gw_fault *fault)
{
    gw_call_leave(call);
    gw_services_end(call->services);
    if (!call->wrong[0] && (returned == GW_OK || (returned == GW_STOP && call->sink)))
        return GW_DONE;
    if (call->wrong[0] || returned > 0 || !call->message[0])
        return misbehaved(call, returned, function, code, fault);
    gw_fail(fault, exit_code_of(returned, code), "%s%s%s", call->message,
            call->detail[0] ? ": " : "", call->detail);
    return call->hint[0] ? gw_hint(fault, "%s", call->hint) : fault->code;
}
