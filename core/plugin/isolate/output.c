/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/isolate/output.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    ROUNDS =
        64 /* pipes full at most that are read when it is dead: what it started may write on for ever */
};

static void emit_line(struct gw_process *process, struct gw_events *events, int which)
{
    static const enum gw_level levels[] = { GW_LEVEL_INFO, GW_LEVEL_WARN };
    static const char *const names[] = { "stdout", "stderr" };
    struct gw_buf *line = &process->line[which], safe = GW_BUF_TEXT;

    while (line->len && line->data[line->len - 1] == '\r')
        line->len--;
    gw_text_safe(&safe, gw_buf_str(line), line->len, false);
    if (safe.len)
        gw_emit(events, levels[which], "plugin.log",
                GW_FIELDS(gw_field_text("plugin", process->plugin),
                          gw_field_text("output", names[which])),
                "%s: %s", process->plugin, gw_buf_str(&safe));
    gw_buf_free(&safe);
    gw_buf_clear(line);
}

static void add_bytes(struct gw_process *process, struct gw_events *events, int which,
                      const char *bytes, size_t len)
{
    struct gw_buf *line = &process->line[which];

    while (len) {
        const char *end = memchr(bytes, '\n', len);
        size_t room = line->ceiling - line->len;
        size_t take = end ? (size_t)(end - bytes) : len;
        bool whole = end && take <= room;
        if (take > room)
            take = room;
        gw_buf_add(line, bytes, take);
        if (whole || line->len == line->ceiling || line->failed)
            emit_line(process, events, which);
        take += whole;
        bytes += take;
        len -= take;
    }
}

bool gw_output_read(struct gw_process *process, struct gw_events *events, int which)
{
    char chunk[16384];
    ssize_t got;

    if (process->output[which] < 0)
        return false;
    do
        got = read(process->output[which], chunk, sizeof chunk);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        add_bytes(process, events, which, chunk, (size_t)got);
        return true;
    }
    if (got < 0 && errno == EAGAIN)
        return false;
    close(process->output[which]); /* it has closed it, which is its right */
    process->output[which] = -1;
    return false;
}

void gw_output_rest(struct gw_process *process, struct gw_events *events)
{
    for (int which = 0; which < 2; which++) {
        for (int round = 0; round < ROUNDS && gw_output_read(process, events, which); round++)
            continue;
        emit_line(process, events, which);
    }
}
