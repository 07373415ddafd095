/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/formats/common.h"

#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool gw_lines_next(struct gw_lines *lines, struct gw_line *out)
{
    if (lines->at >= lines->len)
        return false;
    const char *begin = lines->text + lines->at;
    size_t left = lines->len - lines->at;
    const char *end = memchr(begin, '\n', left);
    size_t len = end ? (size_t)(end - begin) : left;

    lines->at += end ? len + 1 : len;
    out->at = begin;
    out->len = len && begin[len - 1] == '\r' ? len - 1 : len;
    out->next = lines->at;
    out->number = ++lines->number;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct gw_str gw_trim(const char *text, size_t len)
{
    while (len && is_blank(*text)) {
        text++;
        len--;
    }
    while (len && is_blank(text[len - 1]))
        len--;
    return (struct gw_str){ text, len };
}

struct gw_str gw_line_comment(const struct gw_line *line)
{
    const char *at = line->at, *end = line->at + line->len;
    while (at < end && is_blank(*at))
        at++;
    if (end - at < 2 || at[0] != '-' || at[1] != '-')
        return (struct gw_str){ NULL, 0 };
    while (at < end && *at == '-')
        at++;
    return gw_trim(at, (size_t)(end - at));
}

/* A comment that begins with "!", "M!" or "+" holds text that a database acts on. */
static bool comment_acts(const char *text, size_t len)
{
    return len >= 3 &&
           (text[2] == '!' || text[2] == '+' || (text[2] == 'M' && len >= 4 && text[3] == '!'));
}

bool gw_sql_blank(const char *text, size_t len, size_t *sql)
{
    size_t at = 0;
    while (at < len) {
        const char *here = text + at;
        size_t left = len - at;
        const char *end = NULL;
        if (isspace((unsigned char)*here)) {
            at++;
            continue;
        }
        if (left >= 2 && here[0] == '-' && here[1] == '-')
            end = memchr(here, '\n', left) ?: text + len;
        else if (left >= 4 && here[0] == '/' && here[1] == '*' && !comment_acts(here, left)) {
            /* Not nested, though PostgreSQL nests: what is left over then counts as SQL. */
            const char *close = memmem(here + 2, left - 2, "*/", 2);
            end = close ? close + 2 : NULL;
        }
        if (!end) {
            *sql = at;
            return false;
        }
        at = (size_t)(end - text);
    }
    return true;
}

char *gw_str_copy(struct gw_arena *arena, struct gw_str text)
{
    return gw_arena_copy(arena, text.ptr, text.len);
}

bool gw_str_is(struct gw_str text, const char *word)
{
    /* Most words differ in their first letter already. */
    return text.len && *text.ptr == *word && strlen(word) == text.len &&
           memcmp(text.ptr, word, text.len) == 0;
}

bool gw_str_word(struct gw_str *list, struct gw_str *word)
{
    const char *at = list->ptr, *end = list->len ? list->ptr + list->len : list->ptr;
    while (at < end && (is_blank(*at) || *at == ','))
        at++;
    const char *begin = at;
    while (at < end && !is_blank(*at) && *at != ',')
        at++;
    *word = (struct gw_str){ begin, (size_t)(at - begin) };
    *list = (struct gw_str){ at, (size_t)(end - at) };
    return word->len != 0;
}

int gw_format_fail(struct gw_fault *fault, const char *file, unsigned line, const char *format, ...)
{
    va_list args;
    if (fault->code)
        return fault->code;
    va_start(args, format);
    gw_vfail(fault, GW_USAGE, format, args);
    va_end(args);
    if (line)
        return gw_fault_prefix(fault, "%s:%u", file, line);
    return gw_fault_prefix(fault, "%s", file);
}

int gw_format_unknown(struct gw_fault *fault, const char *file, unsigned line, const char *what,
                      struct gw_str word, const char *const *candidates, size_t n)
{
    char bare[64];
    size_t len = word.len < sizeof bare ? word.len : sizeof bare - 1;
    memcpy(bare, word.ptr, len);
    bare[len] = '\0';
    struct gw_buf safe = GW_BUF(1024);
    gw_text_safe(&safe, word.ptr, len, false);
    gw_format_fail(fault, file, line, "unknown %s '%s'", what, gw_buf_str(&safe));
    gw_buf_free(&safe);

    const char *nearest = gw_text_nearest(bare, candidates, n);
    if (nearest)
        return gw_hint(fault, "did you mean '%s'?", nearest);
    struct gw_buf list = GW_BUF(800);
    for (size_t i = 0; i < n; i++)
        gw_buf_printf(&list, "%s%s", i ? ", " : "", candidates[i]);
    gw_hint(fault, "known are: %s", gw_buf_str(&list));
    gw_buf_free(&list);
    return fault->code;
}

bool gw_name_is_here(const char *name)
{
    return !strchr(name, '/');
}

bool gw_name_is_sql(const char *name)
{
    size_t len = strlen(name);
    return len >= 4 && strcasecmp(name + len - 4, ".sql") == 0;
}

bool gw_id_valid(struct gw_str id)
{
    static const char *const reserved[] = { "head", "heads", "base", "current" };
    if (id.len == 0 || id.len > GW_VERSION_MOST + 64)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];
        if (c >= 0x80 || !(isalnum(c) || c == '_' || c == '.'))
            return false;
    }
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (gw_str_is(id, reserved[i]))
            return false;
    return true;
}

bool gw_script_push(struct gw_script *out, const char *sql, size_t len, unsigned line)
{
    return gw_vec_push(&out->segments, (struct gw_segment){ .sql = sql, .len = len, .line = line });
}

int gw_script_whole(struct gw_script *out, const char *text, size_t len, struct gw_fault *fault)
{
    size_t sql;
    out->exists = true;
    if (gw_sql_blank(text, len, &sql) || gw_script_push(out, text, len, 1))
        return GW_DONE;
    return gw_fail_memory(fault);
}
