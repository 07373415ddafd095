/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats share: lines, versions, names, whole-file scripts. */
#ifndef GW_MIGRATION_FORMATS_COMMON_H
#define GW_MIGRATION_FORMATS_COMMON_H

#include "migration/formats/format.h"

struct gw_line {
    const char *at;
    size_t len;  /* without LF or CRLF */
    size_t next; /* offset in the text of what follows the line */
    unsigned number;
};
struct gw_lines { /* set text and len, zero the rest */
    const char *text;
    size_t len;
    size_t at;
    unsigned number;
};
bool gw_lines_next(struct gw_lines *lines, struct gw_line *out);

/* Spaces, tabs and carriage returns at both ends off. */
struct gw_str gw_trim(const char *text, size_t len);
/* What follows "--", further dashes and blanks; ptr NULL if the line is no comment of its own. */
struct gw_str gw_line_comment(const struct gw_line *line);
/* True if text is white space and comments that no database runs; else *sql is the offset of the
 * first other byte. When in doubt false: the driver knows its dialect. */
bool gw_sql_blank(const char *text, size_t len, size_t *sql);
/* Copy in arena with a NUL; NULL when out of memory. */
char *gw_str_copy(struct gw_arena *arena, struct gw_str text);
bool gw_str_is(struct gw_str text, const char *word);
/* The next run of characters other than blanks and commas, cut off the front of *list; false at
 * the end. */
bool gw_str_word(struct gw_str *list, struct gw_str *word);

/* Fails with "FILE:LINE: " in front (line 0: "FILE: ") and GW_USAGE. */
int gw_format_fail(struct gw_fault *fault, const char *file, unsigned line, const char *format, ...)
    GW_PRINTF(4, 5);
/* The same for an unknown word, with the nearest of candidates in the hint. */
int gw_format_unknown(struct gw_fault *fault, const char *file, unsigned line, const char *what,
                      struct gw_str word, const char *const *candidates, size_t n);

enum {
    GW_SHOWN = 1024
};
/* How messages call a file of the folder. */
void gw_format_shown(char out[GW_SHOWN], const struct gw_folder *folder, const char *name);

/* Directly in the folder: where most tools look. */
bool gw_name_is_here(const char *name);
/* "x.sql", whatever the case of the extension. */
bool gw_name_is_sql(const char *name);
/* Whether the folder lists name; gets the list's own string. */
const char *gw_folder_find(const struct gw_folder *folder, const char *name);
/* The first bytes of up to GW_SAMPLES *.sql files directly in the folder whose names begin with
 * a digit: calls see for each, with a NUL-terminated text. For detect(): what cannot be read is
 * passed over. */
enum {
    GW_SAMPLES = 3
};
void gw_folder_sample(const struct gw_folder *folder, void (*see)(void *payload, const char *text),
                      void *payload);
/* How well samples speak for a format: 0 if no sample has any of the marks, else 60 and more. */
int gw_folder_score(const struct gw_folder *folder, const char *const *marks);

/* Reads a small file of lines KEY = true or false, with '#' comments, that may hold that one
 * key. */
int gw_folder_switch(const struct gw_folder *folder, const char *name, const char *key, bool *value,
                     struct gw_fault *fault);

/* The longest version that ids may hold. */
enum {
    GW_VERSION_MOST = 120
};
/* Letters, digits, '_' and '.', and not one of the words of the target grammar. */
bool gw_id_valid(struct gw_str id);

bool gw_script_push(struct gw_script *out, const char *sql, size_t len, unsigned line);
/* The whole text is one segment. */
int gw_script_whole(struct gw_script *out, const char *text, size_t len, struct gw_fault *fault);

/* What ${name} stands for, and how it is written. */
struct gw_placeholders {
    const struct gw_settings *vars;
    const bool
        *listed; /* for each of vars whether it counts, other text stays; NULL: every ${name} must
                             be one of vars */
    bool ignore_case;             /* of names */
    const char *filename;         /* value of ${flyway:filename}; NULL: none */
    const char *file;             /* in messages */
    struct gw_str prefix, suffix; /* around the name, "${" and "}"; the suffix ends in NUL */
    bool foreign; /* another tool's files, which may mean text that only looks like one */
};
/* *text becomes the result, in arena; unchanged if nothing is replaced. line is that of text's
 * first byte. */
int gw_placeholders_replace(const struct gw_placeholders *placeholders, struct gw_arena *arena,
                            struct gw_str *text, unsigned line, struct gw_fault *fault);
/* The index in vars of a name that has a text as its value; SIZE_MAX if there is none. */
size_t gw_vars_find(const struct gw_settings *vars, struct gw_str name, bool ignore_case);

#endif
