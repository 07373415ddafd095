/* SPDX-License-Identifier: Apache-2.0 */
/* A script as one text, and back: a native section in which each segment is framed by its length,
 * so that nothing within it can be taken for a directive.
 *
 *     -- godwit:down
 *     -- godwit:no-transaction
 *     -- godwit:set lock_timeout="2s"
 *     -- godwit:assert "message"
 *     -- godwit:sql line=12 bytes=33 whole
 *     DELETE FROM t WHERE id IN (1, 2);
 */
#include "migration/formats/native.h"

#include <inttypes.h>
#include <string.h>

static const char frame[] = "-- godwit:sql ";

static void put_string(struct gw_buf *out, const char *text)
{
    gw_buf_char(out, '"');
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            gw_buf_char(out, '\\');
        gw_buf_char(out, *c);
    }
    gw_buf_char(out, '"');
}

static void put_directive(struct gw_buf *out, const char *name, const char *text)
{
    gw_buf_printf(out, "-- godwit:%s ", name);
    put_string(out, text);
    gw_buf_char(out, '\n');
}

static void put_segment(struct gw_buf *out, const struct gw_segment *segment)
{
    if (segment->assert_text)
        put_directive(out, "assert", segment->assert_text);
    if (segment->probe)
        gw_buf_printf(out, "-- godwit:probe %s\n", segment->probe);
    gw_buf_printf(out, "%sline=%u bytes=%zu%s\n", frame, segment->line, segment->len,
                  segment->whole ? " whole" : "");
    gw_buf_add(out, segment->sql, segment->len);
    gw_buf_char(out, '\n');
}

void gw_script_text(struct gw_buf *out, const struct gw_script *script)
{
    if (!script->exists && !script->irreversible)
        return;
    gw_buf_text(out, "-- godwit:down\n");
    if (!script->transaction)
        gw_buf_text(out, "-- godwit:no-transaction\n");
    if (script->lossless)
        gw_buf_text(out, "-- godwit:lossless\n");
    if (script->irreversible)
        put_directive(out, "irreversible", script->irreversible);
    for (size_t i = 0; i < script->n_settings; i++) {
        const struct gw_field *field = &script->settings[i];
        gw_buf_printf(out, "-- godwit:set %s=", field->key.ptr);
        put_string(out, field->val.v.s.ptr);
        gw_buf_char(out, '\n');
    }
    for (size_t i = 0; i < script->segments.len; i++)
        put_segment(out, &script->segments.at[i]);
}

/* "NAME=digits" at the start of *text, which moves past it. */
static bool take_number(struct gw_str *text, const char *name, uint64_t most, uint64_t *number)
{
    size_t len = strlen(name), at = len;
    *number = 0;
    if (text->len <= len || memcmp(text->ptr, name, len) != 0)
        return false;
    for (; at < text->len && text->ptr[at] >= '0' && text->ptr[at] <= '9'; at++) {
        *number = *number * 10 + (uint64_t)(text->ptr[at] - '0');
        if (*number > most)
            return false;
    }
    if (at == len)
        return false;
    *text = gw_trim(text->ptr + at, text->len - at);
    return true;
}

static int damaged(const char *shown, unsigned line, struct gw_fault *fault)
{
    gw_format_fail(fault, shown, line, "the stored down script is damaged");
    return gw_hint(fault, "check out the version of the migrations that has this revision's file");
}

static int take_frame(struct gw_body *body, struct gw_lines *lines, const struct gw_line *line,
                      struct gw_fault *fault)
{
    struct gw_str text = { line->at + sizeof frame - 1, line->len - (sizeof frame - 1) };
    uint64_t number, bytes;
    bool fits = take_number(&text, "line=", UINT32_MAX, &number) &&
                take_number(&text, "bytes=", SIZE_MAX / 2, &bytes);
    bool whole = fits && gw_str_is(text, "whole");
    if (!fits || (text.len && !whole) || bytes >= lines->len - lines->at ||
        lines->text[lines->at + bytes] != '\n')
        return damaged(body->file, line->number, fault);
    const char *sql = lines->text + lines->at;
    lines->at += (size_t)bytes + 1;
    return gw_body_text(body, sql, (size_t)bytes, (unsigned)number, whole, fault);
}

static int take_line(struct gw_body *body, struct gw_lines *lines, const struct gw_line *line,
                     struct gw_fault *fault)
{
    struct gw_directive directive = { 0 };
    if (line->len >= sizeof frame - 1 && memcmp(line->at, frame, sizeof frame - 1) == 0)
        return take_frame(body, lines, line, fault);
    if (gw_directive_of(&directive, body->file, line, fault) != GW_DIRECTIVE_FOUND)
        return fault->code ? fault->code : damaged(body->file, line->number, fault);
    bool down = gw_directive_is(&directive, "down");
    if (down != (line->number == 1) || gw_directive_is(&directive, "up") ||
        gw_directive_is(&directive, "statement"))
        return damaged(body->file, line->number, fault);
    return down ? GW_DONE : gw_body_directive(body, &directive, fault);
}

int gw_script_parse_stored(struct gw_script *out, const char *text, size_t len, const char *shown,
                           struct gw_fault *fault)
{
    *out = (struct gw_script){ .transaction = true, .mixes = true, .exists = len != 0 };
    out->file = gw_arena_string(&out->arena, shown);
    const char *copy = gw_arena_copy(&out->arena, text, len);
    if (!out->file || !copy)
        return gw_fail_memory(fault);
    gw_hash_of(&out->sha256, text, len);
    out->token_sha256 = out->sha256;

    struct gw_body body = { .file = out->file, .direction = GW_DOWN, .out = out };
    struct gw_lines lines = { .text = copy, .len = len };
    struct gw_line line;
    int code = GW_DONE;
    while (!code && gw_lines_next(&lines, &line))
        code = take_line(&body, &lines, &line, fault);
    if (!code)
        code = gw_body_end(&body, fault);
    out->lossless = body.lossless;
    if (!code && body.irreversible.ptr) {
        out->irreversible = gw_directive_string(&out->arena, body.irreversible);
        if (!out->irreversible)
            code = gw_fail_memory(fault);
    }
    return code;
}
