/* SPDX-License-Identifier: Apache-2.0 */
/* The native file: header, directives, sections (docs/migration-file.md). Everything here points
 * into the text that was read. */
#ifndef GW_MIGRATION_FORMATS_NATIVE_H
#define GW_MIGRATION_FORMATS_NATIVE_H

#include "migration/formats/common.h"

enum gw_header_key {
    GW_KEY_REVISION,
    GW_KEY_REVISES,
    GW_KEY_CREATED,
    GW_KEY_BRANCH,
    GW_KEY_DEPENDS_ON,
    GW_KEYS
};

struct gw_header {
    struct gw_str title; /* ptr NULL: none */
    struct {
        struct gw_str value;
        unsigned line; /* 0: not there */
    } keys[GW_KEYS];
};
/* Takes one line of what comes before the first section. */
int gw_header_line(struct gw_header *header, const char *file, const struct gw_line *line,
                   struct gw_fault *fault);
/* True if text at the start of a comment would be read as a header key. */
bool gw_header_is_key(struct gw_str text);

/* ---- directives: lines "-- godwit:NAME ARGUMENT" ---- */
struct gw_directive_kind;
struct gw_directive {
    const struct gw_directive_kind *kind;
    struct gw_str argument; /* trimmed */
    unsigned line;
};
enum gw_directive_is {
    GW_DIRECTIVE_NONE,
    GW_DIRECTIVE_FOUND,
    GW_DIRECTIVE_WRONG
};
/* Whether line is a directive; _WRONG with the fault set if it is an unknown one. */
enum gw_directive_is gw_directive_of(struct gw_directive *out, const char *file,
                                     const struct gw_line *line, struct gw_fault *fault);
/* Inside statement ... end only the end is seen. */
bool gw_directive_ends_statement(const struct gw_line *line);
/* up and down. */
bool gw_directive_opens(const struct gw_directive *directive);
bool gw_directive_is(const struct gw_directive *directive, const char *name);
/* Checks that it may stand there: before the sections (section NULL) or in one; and its
 * argument's form. */
int gw_directive_check(const struct gw_directive *directive, const char *file,
                       const enum gw_direction *section, struct gw_fault *fault);
/* The inside of "...", \" and \\ resolved, in arena; the argument was checked. NULL when out of
 * memory. */
char *gw_directive_string(struct gw_arena *arena, struct gw_str argument);
/* name=value cut in two; a value in quotes is still in them. */
void gw_directive_setting(struct gw_str argument, struct gw_str *name, struct gw_str *value);

/* ---- the body of a section ---- */
enum {
    GW_SETTINGS_MOST = 32
};
struct gw_body {
    const char *file;
    enum gw_direction direction;
    struct gw_script *out;                    /* NULL: check alone */
    struct gw_str settings[GW_SETTINGS_MOST]; /* their names */
    size_t n_settings;
    struct gw_str assert_argument, probe; /* waiting for the next statement; ptr NULL: none */
    unsigned assert_line, probe_line;
    unsigned statement_line; /* 0: not inside statement ... end */
    bool has_sql, lossless;
    struct gw_str irreversible; /* argument; ptr NULL: none */
    unsigned irreversible_line;
};
/* Reads lines up to the next section or the end: *stop gets the section's directive (kind NULL
 * at the end) and *end what the body ended at. */
int gw_body_read(struct gw_body *body, struct gw_lines *lines, struct gw_directive *stop,
                 const char **end, struct gw_fault *fault);
/* The parts of gw_body_read: text between directives, a directive, the end. */
int gw_body_text(struct gw_body *body, const char *text, size_t len, unsigned line, bool whole,
                 struct gw_fault *fault);
int gw_body_directive(struct gw_body *body, const struct gw_directive *directive,
                      struct gw_fault *fault);
int gw_body_end(struct gw_body *body, struct gw_fault *fault);

/* ---- the file ---- */
enum {
    GW_NATIVE_SECTIONS = 32
};
struct gw_section {
    enum gw_direction direction;
    unsigned line;           /* of its directive */
    struct gw_str dialects;  /* as written; empty: all */
    const char *begin, *end; /* its body */
    bool has_sql, lossless;
    struct gw_str irreversible; /* argument of the directive; ptr NULL: none */
    unsigned irreversible_line;
};
struct gw_native {
    struct gw_header header;
    struct gw_str vars; /* names listed; ptr NULL: no such line */
    unsigned vars_line;
    struct gw_str irreversible; /* before the sections */
    unsigned irreversible_line;
    struct gw_section sections[GW_NATIVE_SECTIONS];
    size_t n_sections;
};
/* Checks the whole file and finds its parts. */
int gw_native_survey(struct gw_native *out, const char *file, const char *text, size_t len,
                     struct gw_fault *fault);
/* The section for dialect; NULL if there is none. dialect NULL: one without dialects, else the
 * first. */
const struct gw_section *gw_native_choose(const struct gw_native *native,
                                          enum gw_direction direction, const char *dialect);
/* Segments and what the directives ask, into out (whose file is set). */
int gw_native_build(struct gw_script *out, const struct gw_section *section,
                    struct gw_fault *fault);

#endif
