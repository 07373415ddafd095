/* SPDX-License-Identifier: Apache-2.0 */
/* A native file as a whole. */
#include "migration/formats/native.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum {
    DIALECTS_MOST = 16
};

static int check_dialects(const char *file, const struct gw_directive *directive,
                          struct gw_fault *fault)
{
    struct gw_str list = directive->argument, word;
    unsigned n = 0;
    while (gw_str_word(&list, &word)) {
        for (size_t i = 0; i < word.len; i++) {
            char c = word.ptr[i];
            if (!(islower((unsigned char)c) || isdigit((unsigned char)c) || c == '_' || c == '-')) {
                gw_format_fail(fault, file, directive->line, "'%.*s' is no name of a dialect",
                               word.len < 40 ? (int)word.len : 40, word.ptr);
                return gw_hint(fault, "name dialects as drivers do: sqlite, postgres, mysql");
            }
        }
        if (++n > DIALECTS_MOST)
            return gw_format_fail(fault, file, directive->line, "more than %d dialects",
                                  DIALECTS_MOST);
    }
    return GW_DONE;
}

static bool names_dialect(struct gw_str list, struct gw_str dialect)
{
    struct gw_str word;
    while (gw_str_word(&list, &word))
        if (word.len == dialect.len && memcmp(word.ptr, dialect.ptr, word.len) == 0)
            return true;
    return false;
}

static bool overlap(const struct gw_section *a, const struct gw_section *b)
{
    struct gw_str list = a->dialects, word;
    if (!a->dialects.len || !b->dialects.len)
        return !a->dialects.len && !b->dialects.len;
    while (gw_str_word(&list, &word))
        if (names_dialect(b->dialects, word))
            return true;
    return false;
}

static int open_section(struct gw_native *native, const char *file,
                        const struct gw_directive *directive, struct gw_fault *fault)
{
    int code = check_dialects(file, directive, fault);
    if (code)
        return code;
    if (native->n_sections == GW_NATIVE_SECTIONS)
        return gw_format_fail(fault, file, directive->line, "more than %d sections",
                              GW_NATIVE_SECTIONS);
    struct gw_section *section = &native->sections[native->n_sections];
    *section = (struct gw_section){ .direction = gw_directive_is(directive, "up") ? GW_UP : GW_DOWN,
                                    .line = directive->line,
                                    .dialects = directive->argument };
    for (size_t i = 0; i < native->n_sections; i++) {
        const struct gw_section *other = &native->sections[i];
        if (other->direction != section->direction || !overlap(other, section))
            continue;
        gw_format_fail(fault, file, section->line,
                       "the '%s' sections on lines %u and %u are for the same dialect",
                       section->direction == GW_UP ? "up" : "down", other->line, section->line);
        return gw_hint(fault, "join them, or name different dialects: -- godwit:up postgres");
    }
    native->n_sections++;
    return GW_DONE;
}

static int close_section(struct gw_native *native, const char *file, const struct gw_body *body,
                         struct gw_fault *fault)
{
    struct gw_section *section = &native->sections[native->n_sections - 1];
    section->has_sql = body->has_sql;
    section->lossless = body->lossless;
    if (!body->irreversible.ptr)
        return GW_DONE;
    if (section->direction == GW_DOWN) {
        section->irreversible = body->irreversible;
        section->irreversible_line = body->irreversible_line;
        return GW_DONE;
    }
    if (native->irreversible.ptr)
        return gw_format_fail(fault, file, body->irreversible_line,
                              "'irreversible' is given twice, first on line %u",
                              native->irreversible_line);
    native->irreversible = body->irreversible;
    native->irreversible_line = body->irreversible_line;
    return GW_DONE;
}

/* A directive above the first section. */
static int take_early(struct gw_native *native, const char *file,
                      const struct gw_directive *directive, struct gw_fault *fault)
{
    int code = gw_directive_check(directive, file, NULL, fault);
    if (code)
        return code;
    bool is_vars = gw_directive_is(directive, "vars");
    if (!is_vars && !gw_directive_is(directive, "irreversible"))
        return GW_DONE;
    struct gw_str *argument = is_vars ? &native->vars : &native->irreversible;
    unsigned *line = is_vars ? &native->vars_line : &native->irreversible_line;
    if (argument->ptr)
        return gw_format_fail(fault, file, directive->line, "'%s' is given twice, first on line %u",
                              is_vars ? "vars" : "irreversible", *line);
    *argument = directive->argument;
    *line = directive->line;
    return GW_DONE;
}

/* Tells a file of another tool from a native one with a mistake. */
static int check_revision_line(const struct gw_native *native, const char *file,
                               struct gw_fault *fault)
{
    if (native->header.keys[GW_KEY_REVISION].line)
        return GW_DONE;
    gw_format_fail(fault, file, 0, "no `-- revision:` line at its top");
    return gw_hint(fault, "add the header (docs/migration-file.md); if another tool wrote this "
                          "folder, set migrations.format in plugins.conf");
}

/* Header and early directives, up to the first section, whose directive *section gets. */
static int read_top(struct gw_native *native, const char *file, struct gw_lines *lines,
                    struct gw_directive *section, struct gw_fault *fault)
{
    struct gw_line line;
    size_t first_sql = SIZE_MAX;
    int code = GW_DONE;

    if (gw_sql_blank(lines->text, lines->len, &first_sql))
        first_sql = SIZE_MAX;
    *section = (struct gw_directive){ 0 };
    while (!code && gw_lines_next(lines, &line)) {
        if (first_sql < line.next) {
            if (check_revision_line(native, file, fault))
                return fault->code;
            gw_format_fail(fault, file, line.number, "SQL above the first section");
            return gw_hint(fault, "put `-- godwit:up` on a line of its own above it");
        }
        struct gw_directive directive = { 0 };
        enum gw_directive_is is = gw_directive_of(&directive, file, &line, fault);
        if (is == GW_DIRECTIVE_WRONG)
            return fault->code;
        if (is == GW_DIRECTIVE_NONE)
            code = gw_header_line(&native->header, file, &line, fault);
        else if (gw_directive_opens(&directive)) {
            *section = directive;
            return check_revision_line(native, file, fault);
        } else
            code = take_early(native, file, &directive, fault);
    }
    return code ? code : check_revision_line(native, file, fault);
}

static int check_whole(const struct gw_native *native, const char *file, struct gw_fault *fault)
{
    bool up = false;
    for (size_t i = 0; i < native->n_sections; i++) {
        const struct gw_section *section = &native->sections[i];
        up = up || section->direction == GW_UP;
        if (section->direction == GW_UP || !section->has_sql)
            continue;
        unsigned line =
            section->irreversible.ptr ? section->irreversible_line : native->irreversible_line;
        if (line) {
            gw_format_fail(fault, file, line,
                           "'irreversible', but the down section on line %u has SQL",
                           section->line);
            return gw_hint(fault, "remove the directive, or the SQL of the down section");
        }
    }
    if (up)
        return GW_DONE;
    gw_format_fail(fault, file, 0, "no `-- godwit:up` section");
    return gw_hint(fault, "add the line; the section may stay empty");
}

int gw_native_survey(struct gw_native *out, const char *file, const char *text, size_t len,
                     struct gw_fault *fault)
{
    struct gw_lines lines = { .text = text, .len = len };
    struct gw_directive section;

    *out = (struct gw_native){ 0 };
    int code = read_top(out, file, &lines, &section, fault);
    while (!code && section.kind) {
        code = open_section(out, file, &section, fault);
        if (code)
            break;
        struct gw_section *opened = &out->sections[out->n_sections - 1];
        struct gw_body body = { .file = file, .direction = opened->direction };
        opened->begin = text + lines.at;
        code = gw_body_read(&body, &lines, &section, &opened->end, fault);
        if (!code)
            code = close_section(out, file, &body, fault);
    }
    return code ? code : check_whole(out, file, fault);
}

const struct gw_section *gw_native_choose(const struct gw_native *native,
                                          enum gw_direction direction, const char *dialect)
{
    const struct gw_section *general = NULL, *first = NULL;
    for (size_t i = 0; i < native->n_sections; i++) {
        const struct gw_section *section = &native->sections[i];
        if (section->direction != direction)
            continue;
        if (!first)
            first = section;
        if (!section->dialects.len)
            general = section;
        else if (dialect &&
                 names_dialect(section->dialects, (struct gw_str){ dialect, strlen(dialect) }))
            return section;
    }
    return general || dialect ? general : first;
}

int gw_native_build(struct gw_script *out, const struct gw_section *section, struct gw_fault *fault)
{
    struct gw_body body = { .file = out->file, .direction = section->direction, .out = out };
    struct gw_lines lines = { .text = section->begin,
                              .len = (size_t)(section->end - section->begin),
                              .number = section->line };
    struct gw_directive stop;
    const char *end;

    out->exists = true;
    int code = gw_body_read(&body, &lines, &stop, &end, fault);
    out->lossless = body.lossless;
    return code;
}
