/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a section: text cut into segments at the directives. The same walk checks a file
 * when the folder is loaded and builds the script when it is to run. */
#include "migration/formats/native.h"

#include <string.h>

static int push_segment(struct gw_body *body, const char *text, size_t len, unsigned line,
                        bool whole, struct gw_fault *fault)
{
    struct gw_segment segment = { .sql = text, .len = len, .line = line, .whole = whole };
    struct gw_script *out = body->out;

    if (body->assert_argument.ptr) {
        segment.assert_text = gw_directive_string(&out->arena, body->assert_argument);
        if (!segment.assert_text)
            return gw_fail_memory(fault);
    }
    if (body->probe.ptr) {
        segment.probe = gw_str_copy(&out->arena, body->probe);
        if (!segment.probe)
            return gw_fail_memory(fault);
    }
    return gw_vec_push(&out->segments, segment) ? GW_DONE : gw_fail_memory(fault);
}

int gw_body_text(struct gw_body *body, const char *text, size_t len, unsigned line, bool whole,
                 struct gw_fault *fault)
{
    size_t sql;
    if (gw_sql_blank(text, len, &sql))
        return GW_DONE;
    body->has_sql = true;
    int code = body->out ? push_segment(body, text, len, line, whole, fault) : GW_DONE;
    body->assert_argument = body->probe = (struct gw_str){ NULL, 0 };
    return code;
}

static int take_waiting(struct gw_body *body, struct gw_str *waiting, unsigned *line,
                        const struct gw_directive *directive, struct gw_fault *fault)
{
    if (waiting->ptr)
        return gw_format_fail(fault, body->file, directive->line,
                              "the next statement has one of these already, on line %u", *line);
    *waiting = directive->argument;
    *line = directive->line;
    return GW_DONE;
}

static int take_setting(struct gw_body *body, const struct gw_directive *directive,
                        struct gw_fault *fault)
{
    struct gw_str name, value;
    struct gw_script *out = body->out;

    gw_directive_setting(directive->argument, &name, &value);
    for (size_t i = 0; i < body->n_settings; i++)
        if (body->settings[i].len == name.len && !memcmp(body->settings[i].ptr, name.ptr, name.len))
            return gw_format_fail(fault, body->file, directive->line, "'%.*s' is set twice",
                                  (int)name.len, name.ptr);
    if (body->n_settings == GW_SETTINGS_MOST)
        return gw_format_fail(fault, body->file, directive->line, "more than %d settings",
                              GW_SETTINGS_MOST);
    body->settings[body->n_settings++] = name;
    if (!out)
        return GW_DONE;

    if (!out->settings)
        out->settings = gw_arena_array(&out->arena, GW_SETTINGS_MOST, sizeof *out->settings);
    char *key = gw_str_copy(&out->arena, name);
    char *text = *value.ptr == '"' ? gw_directive_string(&out->arena, value)
                                   : gw_str_copy(&out->arena, value);
    if (!out->settings || !key || !text)
        return gw_fail_memory(fault);
    out->settings[out->n_settings++] =
        (struct gw_field){ .key = { key, name.len },
                           .val = { .kind = GW_TEXT, .v.s = { text, strlen(text) } } };
    return GW_DONE;
}

static int take_irreversible(struct gw_body *body, const struct gw_directive *directive,
                             struct gw_fault *fault)
{
    if (body->irreversible.ptr)
        return gw_format_fail(fault, body->file, directive->line,
                              "'irreversible' is given twice, first on line %u",
                              body->irreversible_line);
    body->irreversible = directive->argument;
    body->irreversible_line = directive->line;
    return GW_DONE;
}

int gw_body_directive(struct gw_body *body, const struct gw_directive *directive,
                      struct gw_fault *fault)
{
    int code = gw_directive_check(directive, body->file, &body->direction, fault);
    if (code)
        return code;
    if (gw_directive_is(directive, "assert"))
        return take_waiting(body, &body->assert_argument, &body->assert_line, directive, fault);
    if (gw_directive_is(directive, "probe"))
        return take_waiting(body, &body->probe, &body->probe_line, directive, fault);
    if (gw_directive_is(directive, "set"))
        return take_setting(body, directive, fault);
    if (gw_directive_is(directive, "irreversible"))
        return take_irreversible(body, directive, fault);
    if (gw_directive_is(directive, "statement"))
        body->statement_line = directive->line;
    else if (gw_directive_is(directive, "end"))
        return gw_format_fail(fault, body->file, directive->line,
                              "'end' without `-- godwit:statement` before it");
    else if (gw_directive_is(directive, "lossless"))
        body->lossless = true;
    else if (gw_directive_is(directive, "no-transaction") && body->out)
        body->out->transaction = false;
    return GW_DONE; /* allow: for the validators, which read the file */
}

int gw_body_end(struct gw_body *body, struct gw_fault *fault)
{
    if (body->statement_line) {
        gw_format_fail(fault, body->file, body->statement_line, "'statement' without an end");
        return gw_hint(fault, "close it with `-- godwit:end`");
    }
    if (!body->assert_argument.ptr && !body->probe.ptr)
        return GW_DONE;
    bool is_assert = body->assert_argument.ptr;
    gw_format_fail(fault, body->file, is_assert ? body->assert_line : body->probe_line,
                   "'%s' without a statement after it", is_assert ? "assert" : "probe");
    return gw_hint(fault, "it speaks of the statement below it, in the same section");
}

static int end_statement(struct gw_body *body, const char *text, size_t len, struct gw_fault *fault)
{
    size_t sql;
    if (gw_sql_blank(text, len, &sql))
        return gw_format_fail(fault, body->file, body->statement_line,
                              "'statement' with nothing before its end");
    int code = gw_body_text(body, text, len, body->statement_line + 1, true, fault);
    body->statement_line = 0;
    return code;
}

/* The text from begin to the line of a directive, then the directive itself. */
static int take_part(struct gw_body *body, const char *begin, const struct gw_line *line,
                     unsigned first, const struct gw_directive *directive, struct gw_fault *fault)
{
    size_t len = (size_t)(line->at - begin);
    if (body->statement_line)
        return end_statement(body, begin, len, fault);
    int code = gw_body_text(body, begin, len, first, false, fault);
    if (code || gw_directive_opens(directive))
        return code;
    return gw_body_directive(body, directive, fault);
}

/* Inside statement ... end only the end is seen. */
static enum gw_directive_is look_at(const struct gw_body *body, const struct gw_line *line,
                                    struct gw_directive *directive, struct gw_fault *fault)
{
    *directive = (struct gw_directive){ 0 };
    if (body->statement_line)
        return gw_directive_ends_statement(line) ? GW_DIRECTIVE_FOUND : GW_DIRECTIVE_NONE;
    return gw_directive_of(directive, body->file, line, fault);
}

int gw_body_read(struct gw_body *body, struct gw_lines *lines, struct gw_directive *stop,
                 const char **end, struct gw_fault *fault)
{
    const char *begin = lines->text + lines->at;
    unsigned first = lines->number + 1;
    struct gw_line line;

    *end = lines->text + lines->len;
    while (gw_lines_next(lines, &line)) {
        enum gw_directive_is is = look_at(body, &line, stop, fault);
        if (is == GW_DIRECTIVE_NONE)
            continue;
        int code = is == GW_DIRECTIVE_WRONG ? fault->code
                                            : take_part(body, begin, &line, first, stop, fault);
        if (code)
            return code;
        if (gw_directive_opens(stop)) {
            *end = line.at;
            return gw_body_end(body, fault);
        }
        begin = lines->text + lines->at;
        first = lines->number + 1;
    }
    *stop = (struct gw_directive){ 0 };
    int code = body->statement_line
                   ? GW_DONE
                   : gw_body_text(body, begin, (size_t)(*end - begin), first, false, fault);
    return code ? code : gw_body_end(body, fault);
}
