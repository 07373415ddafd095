/* SPDX-License-Identifier: Apache-2.0 */
/* The table of directives, and what each takes. */
#include "base/text.h"
#include "migration/formats/native.h"

#include <ctype.h>
#include <string.h>

enum argument {
    TAKES_NOTHING,
    TAKES_WORDS,   /* any number, none too */
    TAKES_NAMES,   /* at least one */
    TAKES_STRING,  /* "..." that is not empty */
    TAKES_SETTING, /* name=value */
    TAKES_SQL,
    TAKES_RULE /* a word and a string */
};
enum place {
    BEFORE = 1,
    IN_UP = 2,
    IN_DOWN = 4,
    IN_SECTION = IN_UP | IN_DOWN,
    ANYWHERE = 7
};

struct gw_directive_kind {
    const char *name;
    enum argument argument;
    unsigned places;
    const char *form; /* for messages */
};

static const struct gw_directive_kind kinds[] = {
    { "up", TAKES_WORDS, ANYWHERE, "up [dialect ...]" },
    { "down", TAKES_WORDS, ANYWHERE, "down [dialect ...]" },
    { "no-transaction", TAKES_NOTHING, IN_SECTION, "no-transaction" },
    { "statement", TAKES_NOTHING, IN_SECTION, "statement" },
    { "end", TAKES_NOTHING, IN_SECTION, "end" },
    { "assert", TAKES_STRING, IN_SECTION, "assert \"message\"" },
    { "set", TAKES_SETTING, IN_SECTION, "set name=value" },
    { "probe", TAKES_SQL, IN_SECTION, "probe SELECT ..." },
    { "lossless", TAKES_NOTHING, IN_DOWN, "lossless" },
    { "irreversible", TAKES_STRING, ANYWHERE, "irreversible \"reason\"" },
    { "allow", TAKES_RULE, ANYWHERE, "allow RULE \"reason\"" },
    { "vars", TAKES_NAMES, BEFORE, "vars name ..." },
};
enum {
    KINDS = sizeof kinds / sizeof kinds[0]
};

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || c == ':' || c == '/';
}

static int unknown_directive(const char *file, unsigned line, struct gw_str name,
                             struct gw_fault *fault)
{
    const char *names[KINDS];
    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    return gw_format_unknown(fault, file, line, "directive", name, names, KINDS);
}

/* What follows "godwit:" in a comment line; ptr NULL if the line is not of that form. */
static struct gw_str after_mark(const struct gw_line *line)
{
    static const char mark[] = "godwit";
    struct gw_str none = { NULL, 0 }, text = gw_line_comment(line);
    /* Any case: "-- Godwit:down" taken for a comment would make one section of two. */
    if (text.len < sizeof mark || strncasecmp(text.ptr, mark, sizeof mark - 1))
        return none;
    struct gw_str rest = gw_trim(text.ptr + sizeof mark - 1, text.len - (sizeof mark - 1));
    if (!rest.len || *rest.ptr != ':')
        return none;
    return gw_trim(rest.ptr + 1, rest.len - 1);
}

bool gw_directive_ends_statement(const struct gw_line *line)
{
    struct gw_str rest = after_mark(line);
    return rest.ptr && gw_str_is(rest, "end");
}

enum gw_directive_is gw_directive_of(struct gw_directive *out, const char *file,
                                     const struct gw_line *line, struct gw_fault *fault)
{
    struct gw_str rest = after_mark(line);
    if (!rest.ptr)
        return GW_DIRECTIVE_NONE;

    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\t')
        len++;
    struct gw_str name = { rest.ptr, len };
    out->line = line->number;
    out->argument = gw_trim(rest.ptr + len, rest.len - len);
    for (size_t i = 0; i < KINDS; i++)
        if (gw_str_is(name, kinds[i].name)) {
            out->kind = &kinds[i];
            return GW_DIRECTIVE_FOUND;
        }
    unknown_directive(file, line->number, name, fault);
    return GW_DIRECTIVE_WRONG;
}

bool gw_directive_is(const struct gw_directive *directive, const char *name)
{
    return directive->kind && strcmp(directive->kind->name, name) == 0;
}

bool gw_directive_opens(const struct gw_directive *directive)
{
    return gw_directive_is(directive, "up") || gw_directive_is(directive, "down");
}

/* The length of the string literal at the start of text, quotes included; 0 if there is none. */
static size_t string_length(struct gw_str text)
{
    if (!text.len || *text.ptr != '"')
        return 0;
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '"')
            return i + 1;
    }
    return 0;
}

static bool is_string(struct gw_str text)
{
    return string_length(text) == text.len && text.len > 2;
}

static bool is_rule(struct gw_str text)
{
    size_t len = 0;
    while (len < text.len && is_name(text.ptr[len]))
        len++;
    return len && is_string(gw_trim(text.ptr + len, text.len - len));
}

static bool is_setting(struct gw_str text)
{
    struct gw_str name, value;
    gw_directive_setting(text, &name, &value);
    for (size_t i = 0; i < name.len; i++)
        if (!(isalnum((unsigned char)name.ptr[i]) || name.ptr[i] == '_' || name.ptr[i] == '.'))
            return false;
    return name.len && value.len && (*value.ptr != '"' || string_length(value) == value.len);
}

static bool argument_fits(enum argument argument, struct gw_str text)
{
    switch (argument) {
    case TAKES_NOTHING:
        return text.len == 0;
    case TAKES_WORDS:
        return true;
    case TAKES_NAMES:
    case TAKES_SQL:
        return text.len != 0;
    case TAKES_STRING:
        return is_string(text);
    case TAKES_SETTING:
        return is_setting(text);
    case TAKES_RULE:
        return is_rule(text);
    }
    return false;
}

int gw_directive_check(const struct gw_directive *directive, const char *file,
                       const enum gw_direction *section, struct gw_fault *fault)
{
    const struct gw_directive_kind *kind = directive->kind;
    unsigned place = !section ? BEFORE : *section == GW_UP ? IN_UP : IN_DOWN;
    if (!(kind->places & place)) {
        gw_format_fail(fault, file, directive->line, "'%s' cannot stand here", kind->name);
        if (kind->places == BEFORE)
            return gw_hint(fault, "put `-- godwit:%s` above the first section", kind->form);
        if (kind->places == IN_DOWN)
            return gw_hint(fault, "it belongs below `-- godwit:down`");
        return gw_hint(fault, "it belongs below `-- godwit:up` or `-- godwit:down`");
    }
    if (argument_fits(kind->argument, directive->argument))
        return GW_DONE;
    gw_format_fail(fault, file, directive->line, "malformed directive '%s'", kind->name);
    return gw_hint(fault, "its form is: -- godwit:%s", kind->form);
}

char *gw_directive_string(struct gw_arena *arena, struct gw_str argument)
{
    size_t len = 0;
    char *text = gw_arena_copy(arena, argument.ptr, argument.len);
    if (!text)
        return NULL;
    for (size_t i = 1; i + 1 < argument.len; i++) {
        if (argument.ptr[i] == '\\')
            i++;
        text[len++] = argument.ptr[i];
    }
    text[len] = '\0';
    return text;
}

void gw_directive_setting(struct gw_str argument, struct gw_str *name, struct gw_str *value)
{
    const char *equals = argument.len ? memchr(argument.ptr, '=', argument.len) : NULL;
    *name = *value = (struct gw_str){ argument.ptr, 0 };
    if (!equals)
        return;
    size_t before = (size_t)(equals - argument.ptr);
    *name = gw_trim(argument.ptr, before);
    *value = gw_trim(equals + 1, argument.len - before - 1);
}
