/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/formats/envsub.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MOST = 8,
    NAME_MOST = 255
};

struct envsub {
    struct gw_buf *out;
    const char *at, *end;
    const char *file;
    unsigned line;
    struct gw_fault *fault;
};

static int expand(struct envsub *envsub, char stop, unsigned depth, bool keep);

static int wrong(struct envsub *envsub, const char *what)
{
    gw_format_fail(envsub->fault, envsub->file, envsub->line, "%s", what);
    return gw_hint(envsub->fault,
                   "write '$$' for a dollar sign, or end substitution before it with "
                   "`-- +goose ENVSUB OFF`");
}

static void emit(const struct envsub *envsub, const char *text, size_t len, bool keep)
{
    if (keep)
        gw_buf_add(envsub->out, text, len);
}

static int take_name(struct envsub *envsub, char name[NAME_MOST + 1])
{
    size_t len = 0;
    if (envsub->at < envsub->end && isalpha((unsigned char)*envsub->at))
        while (envsub->at + len < envsub->end &&
               (isalnum((unsigned char)envsub->at[len]) || envsub->at[len] == '_'))
            len++;
    if (!len || len > NAME_MOST)
        return wrong(envsub, "'$' begins no variable: its name is to start with a letter");
    memcpy(name, envsub->at, len);
    name[len] = '\0';
    envsub->at += len;
    return GW_DONE;
}

static int not_set(struct envsub *envsub, const char *name, struct gw_str text)
{
    struct gw_buf safe = GW_BUF(512);
    gw_text_safe(&safe, text.ptr, text.len < 200 ? text.len : 200, false);
    if (text.len)
        gw_format_fail(envsub->fault, envsub->file, envsub->line,
                       "environment variable '%.60s': %s", name, gw_buf_str(&safe));
    else
        gw_format_fail(envsub->fault, envsub->file, envsub->line,
                       "environment variable '%.60s' is not set", name);
    gw_buf_free(&safe);
    return gw_hint(envsub->fault, "set it, or give a default: ${%.60s:-default}", name);
}

/* What stands behind an operator, up to the brace: shown if it must be set, used if it is a
 * default. */
static int take_word(struct envsub *envsub, const char *name, bool required, bool use,
                     unsigned depth)
{
    const char *begin = envsub->at;
    int code = expand(envsub, '}', depth + 1, use && !required);
    if (code)
        return code;
    if (use && required)
        return not_set(envsub, name, (struct gw_str){ begin, (size_t)(envsub->at - begin) });
    return GW_DONE;
}

/* The operator behind the name, ':' having made an empty variable an absent one; '\0' if it is
 * none. */
static char take_operator(struct envsub *envsub, const char *value, bool *absent)
{
    if (envsub->at < envsub->end && *envsub->at == ':') {
        *absent = !value || !*value;
        envsub->at++;
    }
    char op = envsub->at < envsub->end ? *envsub->at++ : '\0';
    return op == '-' || op == '?' ? op : '\0';
}

static int take_brace(struct envsub *envsub, unsigned depth, bool keep)
{
    char name[NAME_MOST + 1];
    envsub->at++;
    int code = take_name(envsub, name);
    if (code)
        return code;
    const char *value = getenv(name);
    bool absent = !value, plain = envsub->at < envsub->end && *envsub->at == '}';
    if (!plain) {
        char op = take_operator(envsub, value, &absent);
        if (!op)
            return wrong(envsub, "after a variable's name only '}', '-', ':-', '?' and ':?' can be "
                                 "honoured");
        code = take_word(envsub, name, op == '?', absent && keep, depth);
        if (code)
            return code;
        if (envsub->at == envsub->end)
            return wrong(envsub, "'${' without '}' on the same line");
    } else if (absent && keep)
        return not_set(envsub, name, (struct gw_str){ "", 0 });
    envsub->at++;
    if (!absent)
        emit(envsub, value, strlen(value), keep);
    return GW_DONE;
}

static int take_variable(struct envsub *envsub, unsigned depth, bool keep)
{
    char name[NAME_MOST + 1];
    envsub->at++;
    if (*envsub->at == '{')
        return take_brace(envsub, depth, keep);
    int code = take_name(envsub, name);
    if (code)
        return code;
    const char *value = getenv(name);
    if (!value && keep)
        return not_set(envsub, name, (struct gw_str){ "", 0 });
    if (value)
        emit(envsub, value, strlen(value), keep);
    return GW_DONE;
}

/* What two characters stand for; NULL if they have no meaning as a pair. */
static const char *pair_text(char first, char second)
{
    if (first == '\\' && second == '\\')
        return "\\\\";
    if ((first == '\\' || first == '$') && second == '$')
        return "$";
    return first == '$' && second == '(' ? "$(" : NULL;
}

static int expand(struct envsub *envsub, char stop, unsigned depth, bool keep)
{
    if (depth > DEPTH_MOST)
        return wrong(envsub, "defaults are nested too deep");
    while (envsub->at < envsub->end && (!stop || *envsub->at != stop)) {
        const char *at = envsub->at;
        char second = at + 1 < envsub->end ? at[1] : '\0';
        const char *pair = pair_text(*at, second);
        if (!pair && *at == '$' && second) {
            int code = take_variable(envsub, depth, keep);
            if (code)
                return code;
            continue;
        }
        emit(envsub, pair ? pair : at, pair ? strlen(pair) : 1, keep);
        envsub->at += pair ? 2 : 1;
    }
    return GW_DONE;
}

int gw_envsub_line(struct gw_buf *out, struct gw_str line, const char *file, unsigned number,
                   struct gw_fault *fault)
{
    struct envsub envsub = { .out = out,
                             .at = line.ptr,
                             .end = line.ptr + line.len,
                             .file = file,
                             .line = number,
                             .fault = fault };
    return expand(&envsub, '\0', 0, true);
}
