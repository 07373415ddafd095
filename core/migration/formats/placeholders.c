/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "migration/formats/common.h"

#include <string.h>

enum {
    NAME_MOST = 128
};
#define EXPANDED_MOST ((size_t)4 * GW_MIGRATION_MOST)

size_t gw_vars_find(const struct gw_settings *vars, struct gw_str name, bool ignore_case)
{
    for (size_t i = 0; vars && i < vars->n; i++) {
        const struct gw_setting *var = &vars->at[i];
        if (strlen(var->key) != name.len || var->value.kind != GW_TEXT)
            continue;
        if (ignore_case ? strncasecmp(var->key, name.ptr, name.len) == 0
                        : memcmp(var->key, name.ptr, name.len) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* Text that only looks like a placeholder is no mistake of a file that was written for another tool. */
static int hint(const struct gw_placeholders *placeholders, const char *remedy,
                struct gw_fault *fault)
{
    if (!placeholders->foreign)
        return gw_hint(fault, "%s", remedy);
    return gw_hint(fault,
                   "%s; or set migrations.placeholders there: \"off\" replaces nothing, and "
                   "\"@{name}\" is how another form is written",
                   remedy);
}

static int undefined(const struct gw_placeholders *placeholders, struct gw_str name, unsigned line,
                     struct gw_fault *fault)
{
    struct gw_buf safe = GW_BUF(1024);
    gw_text_safe(&safe, name.ptr, name.len, false);
    gw_format_fail(fault, placeholders->file, line, "placeholder '%.*s%s%s' has no value",
                   (int)placeholders->prefix.len, placeholders->prefix.ptr, gw_buf_str(&safe),
                   placeholders->suffix.ptr);
    hint(placeholders, "set it in plugins.conf: migrations = { vars = { name = \"value\"; }; }",
         fault);
    gw_buf_free(&safe);
    return fault->code;
}

static unsigned line_of(struct gw_str text, const char *at, unsigned first)
{
    unsigned line, column;
    gw_text_position(text.ptr, (size_t)(at - text.ptr), &line, &column);
    return first + line - 1;
}

/* The value of the placeholder that begins at `at`; *end gets what follows it. value->ptr NULL:
 * it is text that stays. */
static int value_of(const struct gw_placeholders *placeholders, struct gw_str text, const char *at,
                    unsigned first, struct gw_str *value, const char **end, struct gw_fault *fault)
{
    const struct gw_str prefix = placeholders->prefix, suffix = placeholders->suffix;
    const char *name = at + prefix.len;
    const size_t left = (size_t)(text.ptr + text.len - name), most = NAME_MOST + suffix.len - 1;
    const char *close = memmem(name, left < most ? left : most, suffix.ptr, suffix.len);

    *value = (struct gw_str){ NULL, 0 };
    *end = name;
    if (!close || memchr(name, '\n', (size_t)(close - name))) {
        if (placeholders->listed)
            return GW_DONE;
        gw_format_fail(fault, placeholders->file, line_of(text, at, first),
                       "'%.*s' begins a placeholder that has no end", (int)prefix.len, prefix.ptr);
        return hint(placeholders, "close it on the same line, and give it a value in plugins.conf",
                    fault);
    }
    struct gw_str bare = { name, (size_t)(close - name) };
    size_t found = gw_vars_find(placeholders->vars, bare, placeholders->ignore_case);
    if (found != SIZE_MAX && (!placeholders->listed || placeholders->listed[found]))
        *value = placeholders->vars->at[found].value.v.s.len
                     ? placeholders->vars->at[found].value.v.s
                     : (struct gw_str){ "", 0 };
    else if (placeholders->filename && gw_str_is(bare, "flyway:filename"))
        *value = (struct gw_str){ placeholders->filename, strlen(placeholders->filename) };
    else if (!placeholders->listed)
        return undefined(placeholders, bare, line_of(text, at, first), fault);
    if (value->ptr)
        *end = close + suffix.len;
    return GW_DONE;
}

static int replace(const struct gw_placeholders *placeholders, struct gw_buf *out,
                   struct gw_str text, unsigned line, bool *changed, struct gw_fault *fault)
{
    const char *from = text.ptr, *at = text.ptr, *stop = text.ptr + text.len;
    while ((
        at = memmem(at, (size_t)(stop - at), placeholders->prefix.ptr, placeholders->prefix.len))) {
        struct gw_str value;
        const char *end;
        int code = value_of(placeholders, text, at, line, &value, &end, fault);
        if (code)
            return code;
        if (value.ptr) {
            gw_buf_add(out, from, (size_t)(at - from));
            gw_buf_add(out, value.ptr, value.len);
            from = end;
            *changed = true;
        }
        at = end;
    }
    if (*changed)
        gw_buf_add(out, from, (size_t)(stop - from));
    return GW_DONE;
}

int gw_placeholders_replace(const struct gw_placeholders *placeholders, struct gw_arena *arena,
                            struct gw_str *text, unsigned line, struct gw_fault *fault)
{
    struct gw_buf out = GW_BUF(EXPANDED_MOST);
    bool changed = false;
    int code = replace(placeholders, &out, *text, line, &changed, fault);

    if (!code && out.failed)
        code = gw_format_fail(
            fault, placeholders->file, line,
            "does not fit into memory (%zu bytes) once its placeholders are replaced",
            EXPANDED_MOST);
    else if (!code && changed) {
        size_t len = out.len;
        text->ptr = gw_arena_copy(arena, gw_buf_str(&out), len);
        text->len = len;
        code = text->ptr ? GW_DONE : gw_fail_memory(fault);
    }
    gw_buf_free(&out);
    return code;
}
