/* SPDX-License-Identifier: Apache-2.0 */
/* A file format: how a folder of migrations becomes revisions, and a file a script. One table
 * entry a format; nothing else in the core knows their names. */
#ifndef GW_MIGRATION_FORMATS_FORMAT_H
#define GW_MIGRATION_FORMATS_FORMAT_H

#include "migration/history.h"
#include "migration/script.h"
#include "migration/version.h"

/* The names in the folder, sorted; those in the folders below as "below/name" (migration/listing.h). */
struct gw_folder {
    int fd; /* open folder */
    const char *path;
    char **names;
    size_t n;
};

/* A revision as one format found it, before the graph is made. The loader owns the edges. */
struct gw_found {
    struct gw_revision revision;      /* id, hash and strings (in the arena) are set; no edges */
    const char *revises, *depends_on; /* native: as written, space-separated; else NULL */
    unsigned revises_line, depends_line, labels_line, id_line;
    bool root_given; /* native: revises is there and empty */
};
struct gw_found_list {
    GW_VEC(struct gw_found) found;
};

/* What a new migration is to be. Lists are separated by spaces; NULL counts as empty. A linear
 * format takes no label and no dependencies, and revises nothing but its newest revision. */
struct gw_create_options {
    const char *title;
    const char *id;         /* native: NULL draws one */
    const char *revises;    /* ids; linear formats: may be empty */
    const char *depends_on; /* ids or labels */
    const char *label;
    int64_t now_ns; /* wall clock */
};

struct gw_format {
    const char *name;          /* migrations.format */
    const char *bookkeeping;   /* table in which that tool keeps its state; NULL: none */
    bool linear;               /* no graph in the files: each revision revises the one before it */
    gw_version_order *compare; /* of versions; NULL unless linear */
    /* Whether the tool looks at the place of such a name at all; scan sees no other. NULL: at any. */
    bool (*looks_at)(const char *name);
    /* How well the folder looks like this format: 0 not at all; the highest wins, a draw is an
     * error. */
    int (*detect)(const struct gw_folder *folder, struct gw_arena *arena);
    /* Appends what the folder holds: linear formats in their order. Reads files only as far as
     * needed for flags; hashes are set here (the bytes are at hand). */
    int (*scan)(struct gw_found_list *out, const struct gw_folder *folder, const char *dialect,
                struct gw_arena *arena, struct gw_fault *fault);
    /* Parses the bytes of revision->file (or file_down) into the script of one direction. text
     * lives as long as out->arena. vars are the project's placeholders. */
    int (*parse)(struct gw_script *out, const struct gw_revision *revision,
                 enum gw_direction direction, const char *text, size_t len,
                 const struct gw_vars *vars, const char *dialect, struct gw_fault *fault);
    /* Names and texts of a new, empty migration. names end in NULL; at most two files, the up
     * first. A name may hold one '/', for a folder to be made. */
    int (*create)(struct gw_arena *arena, const struct gw_history *history,
                  const struct gw_create_options *options, const char *names[3],
                  const char *texts[3], struct gw_fault *fault);
};

extern const struct gw_format *const gw_formats[]; /* ends with NULL; the first is "godwit" */
const struct gw_format *gw_format_named(const char *name);

/* Reads name within folder; at most GW_MIGRATION_MOST bytes, valid UTF-8 (*text begins after a
 * BOM), no NUL; *text is NUL-terminated and inside buf, which holds the bytes as they are.
 * Messages name the file. */
enum {
    GW_MIGRATION_MOST = 64 << 20
};
int gw_format_read(struct gw_buf *buf, const struct gw_folder *folder, const char *name,
                   const char **text, size_t *len, struct gw_fault *fault);

#endif
