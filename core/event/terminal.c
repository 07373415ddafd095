/* SPDX-License-Identifier: Apache-2.0 */
#include "event/consumer.h"

#include "base/buf.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    WIDTH_UNKNOWN = 80,
    WIDTH_LEAST = 20
};

struct terminal {
    struct gw_consumer consumer;
    FILE *out, *err;
    bool quiet;
    int verbosity;
    bool out_terminal; /* out is seen by eyes: nothing may pass as it is */
    bool color;        /* on err; data is never coloured */
    bool redraws;      /* err understands \r and erase */
    bool drawn;        /* a progress line stands there now */
};

static const char *const PLAIN = "", *const RESET = "\033[0m";

static const char *level_color(enum gw_level level)
{
    switch (level) {
    case GW_LEVEL_ERROR:
        return "\033[1;31m";
    case GW_LEVEL_WARN:
        return "\033[1;33m";
    case GW_LEVEL_DEBUG:
    case GW_LEVEL_DETAIL:
    case GW_LEVEL_PROGRESS:
        return "\033[2m";
    default:
        return PLAIN;
    }
}

static void terminal_erase(struct terminal *terminal)
{
    if (terminal->drawn)
        fputs("\r\033[K", terminal->err);
    terminal->drawn = false;
}

static void terminal_write(FILE *to, const struct gw_buf *text)
{
    if (!text->failed)
        fwrite(text->data, 1, text->len, to);
}

/* "\r\n" of a script that came from Windows is a line end, not an attack. */
static void add_safe(struct gw_buf *out, const char *text)
{
    const char *end;
    while ((end = strstr(text, "\r\n"))) {
        gw_text_safe(out, text, (size_t)(end - text), true);
        gw_buf_char(out, '\n');
        text = end + 2;
    }
    gw_text_safe(out, text, strlen(text), true);
}

static void terminal_data(struct terminal *terminal, const struct gw_event *event)
{
    /* A script goes to a file or another program byte for byte; anything else stays one line an item. */
    bool exact = !terminal->out_terminal && strcmp(event->type, "script") == 0;
    struct gw_buf text = GW_BUF(SIZE_MAX / 2);

    if (!terminal->out)
        return;
    terminal_erase(terminal);
    if (exact)
        gw_buf_text(&text, event->text);
    else
        add_safe(&text, event->text);
    gw_buf_char(&text, '\n');
    if (text.failed) /* no data may be missing without a sign of it */
        fputs("out of memory\n", terminal->err);
    terminal_write(terminal->out, &text);
    gw_buf_free(&text);
}

static unsigned terminal_width(FILE *to)
{
    struct winsize size = { 0 };
    if (ioctl(fileno(to), TIOCGWINSZ, &size) || size.ws_col < WIDTH_LEAST)
        return WIDTH_UNKNOWN;
    return size.ws_col;
}

/* A line that wraps cannot be erased by \r, so the text is cut at the edge (one column a character: wide
 * ones are rare in what we print). */
static void cut_line(struct gw_buf *line, unsigned width)
{
    unsigned column = 0;
    for (size_t i = 0; i < line->len; i++) {
        if (((unsigned char)line->data[i] & 0xC0) == 0x80)
            continue;
        if (++column < width)
            continue;
        line->len = i;
        line->data[i] = '\0';
        return;
    }
}

static void terminal_progress(struct terminal *terminal, const struct gw_event *event)
{
    struct gw_buf safe = GW_BUF_TEXT, line = GW_BUF_TEXT;

    if (!terminal->redraws)
        return;
    gw_text_safe(&safe, event->text, strlen(event->text), false);
    cut_line(&safe, terminal_width(terminal->err));
    gw_buf_printf(&line, "\r%s%s%s\033[K", terminal->color ? level_color(event->level) : PLAIN,
                  gw_buf_str(&safe), terminal->color ? RESET : PLAIN);
    if (terminal->out)
        fflush(terminal->out);
    terminal_write(terminal->err, &line);
    fflush(terminal->err);
    terminal->drawn = true;
    gw_buf_free(&safe);
    gw_buf_free(&line);
}

static const struct gw_str *event_text(const struct gw_event *event, const char *key)
{
    for (size_t i = 0; i < event->n_fields; i++) {
        const struct gw_field *field = &event->fields[i];
        if (field->key.len == strlen(key) && memcmp(field->key.ptr, key, field->key.len) == 0)
            return field->val.kind == GW_TEXT && field->val.v.s.len ? &field->val.v.s : NULL;
    }
    return NULL;
}

static void terminal_message(struct terminal *terminal, const struct gw_event *event)
{
    const char *color = terminal->color ? level_color(event->level) : PLAIN;
    const char *reset = *color ? RESET : PLAIN;
    struct gw_buf line = GW_BUF_TEXT;
    const struct gw_str *hint = NULL;

    if (event->level == GW_LEVEL_ERROR) {
        gw_buf_printf(&line, "%sgodwit:%s ", color, reset);
        hint = event_text(event, "hint");
    } else if (event->level == GW_LEVEL_WARN) {
        gw_buf_printf(&line, "%swarning:%s ", color, reset);
    }
    bool whole = event->level < GW_LEVEL_INFO; /* the text itself has the colour */
    gw_buf_text(&line, whole ? color : PLAIN);
    add_safe(&line, event->text);
    gw_buf_text(&line, whole ? reset : PLAIN);
    gw_buf_char(&line, '\n');
    if (hint) {
        gw_buf_text(&line, "  ");
        gw_text_safe(&line, hint->ptr, hint->len, true);
        gw_buf_char(&line, '\n');
    }
    if (terminal->out)
        fflush(terminal->out); /* on one screen, in the order of events */
    terminal_erase(terminal);
    terminal_write(terminal->err, &line);
    gw_buf_free(&line);
}

static void terminal_take(struct gw_consumer *consumer, const struct gw_event *event)
{
    struct terminal *terminal = (struct terminal *)consumer;

    switch (event->level) {
    case GW_LEVEL_DATA:
        terminal_data(terminal, event);
        return;
    case GW_LEVEL_PROGRESS:
        if (!terminal->quiet)
            terminal_progress(terminal, event);
        return;
    case GW_LEVEL_DEBUG:
        if (terminal->quiet || terminal->verbosity < 2)
            return;
        break;
    case GW_LEVEL_DETAIL:
        if (terminal->quiet || terminal->verbosity < 1)
            return;
        break;
    case GW_LEVEL_INFO:
        if (terminal->quiet)
            return;
        break;
    default:
        break;
    }
    if (event->text[0])
        terminal_message(terminal, event);
}

static void terminal_close(struct gw_consumer *consumer)
{
    struct terminal *terminal = (struct terminal *)consumer;
    terminal_erase(terminal);
    if (terminal->out)
        fflush(terminal->out);
    fflush(terminal->err);
    free(terminal);
}

static bool terminal_colors(enum gw_color color, bool capable)
{
    const char *no = getenv("NO_COLOR"); /* no-color.org: any value but the empty one */
    if (color == GW_COLOR_AUTO)
        return capable && !(no && *no);
    return color == GW_COLOR_ALWAYS;
}

struct gw_consumer *gw_terminal_new(FILE *out, FILE *err, const struct gw_terminal_options *options)
{
    struct terminal *terminal = calloc(1, sizeof *terminal);
    if (!terminal)
        return NULL;
    const char *term = getenv("TERM");
    bool capable = isatty(fileno(err)) && term && *term && strcmp(term, "dumb") != 0;
    *terminal = (struct terminal){
        .consumer = { terminal_take, terminal_close },
        .out = out,
        .err = err,
        .quiet = options->quiet,
        .verbosity = options->verbosity,
        .out_terminal = out && isatty(fileno(out)),
        .color = terminal_colors(options->color, capable),
        .redraws = capable,
    };
    return &terminal->consumer;
}
