/* SPDX-License-Identifier: Apache-2.0 */
#include "project/reader.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Length of a name as shells know it, at most as long as it can be shown whole. */
static size_t name_length(const char *text)
{
    enum {
        NAME_MOST = 200
    };
    size_t len = 0;
    while (len < NAME_MOST && (isalnum((unsigned char)text[len]) || text[len] == '_'))
        len++;
    return isdigit((unsigned char)text[0]) ? 0 : len;
}

/* Appends the value of the variable whose name is text[0, len). */
static int expand_name(struct gw_reader *reader, const struct config_setting_t *at,
                       const char *text, size_t len, struct gw_buf *out)
{
    char name[256];
    memcpy(name, text, len);
    name[len] = '\0';
    const char *value = getenv(name);
    if (!value) {
        gw_reader_fail(reader, at, "environment variable '%s' is not set", name);
        return gw_hint(reader->fault, "set it, as in: export %s=...", name);
    }
    size_t bytes = strlen(value);
    if (gw_text_valid(value, bytes) < bytes)
        return gw_reader_fail(reader, at, "environment variable '%s' is not valid UTF-8", name);
    if (bytes > reader->budget)
        return gw_reader_fail(reader, at, "the environment brings in too much text");
    reader->budget -= bytes;
    gw_buf_add(out, value, bytes);
    return GW_DONE;
}

static int expand_into(struct gw_reader *reader, const struct config_setting_t *at,
                       const char *text, struct gw_buf *out, bool *from_env)
{
    while (*text) {
        if (strncmp(text, "$${", 3) == 0) {
            if (out)
                gw_buf_text(out, "${");
            text += 3;
        } else if (strncmp(text, "${", 2) == 0) {
            size_t len = name_length(text + 2);
            if (len == 0 || text[2 + len] != '}') {
                gw_reader_fail(reader, at,
                               "'${' without the name of an environment variable and '}'");
                return gw_hint(reader->fault, "write ${NAME}, or $${ for the two characters");
            }
            int code = out ? expand_name(reader, at, text + 2, len, out) : GW_DONE;
            if (code)
                return code;
            *from_env = true;
            text += 3 + len;
        } else {
            size_t plain = *text == '$' ? 1 : strcspn(text, "$");
            if (out)
                gw_buf_add(out, text, plain);
            text += plain;
        }
    }
    return GW_DONE;
}

int gw_expand(struct gw_reader *reader, const struct config_setting_t *at, const char *text,
              struct gw_expanded *out)
{
    struct gw_buf buf = GW_BUF_TEXT;
    bool from_env = false;

    int code = expand_into(reader, at, text, out ? &buf : NULL, &from_env);
    if (!code && out) {
        out->from_env = from_env;
        out->text = gw_arena_copy(&reader->project->arena, gw_buf_str(&buf), buf.len);
        if (buf.failed || !out->text)
            code = gw_fail_memory(reader->fault);
    }
    gw_buf_free(&buf);
    return code;
}
