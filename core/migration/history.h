/* SPDX-License-Identifier: Apache-2.0 */
/* The migrations of a project as a graph: what the files say, and nothing of the database. */
#ifndef GW_MIGRATION_HISTORY_H
#define GW_MIGRATION_HISTORY_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "project/project.h"

enum gw_revision_kind {
    GW_KIND_VERSIONED, /* in the graph */
    GW_KIND_REPEATABLE, /* Flyway R__: run again when its text changes, after all versioned ones, by name */
    GW_KIND_BEFORE, /* callback: run before an upgrade that has something to do */
    GW_KIND_AFTER   /* callback: run after it */
};

/* gw_revision.flags */
enum {
    GW_REV_HAS_DOWN = 1 << 0,
    GW_REV_IRREVERSIBLE = 1 << 1, /* says so itself */
    GW_REV_LOSSLESS = 1 << 2,
    GW_REV_BASELINE = 1 << 3, /* Flyway B__: stands for every older revision on an empty database */
    GW_REV_GHOST = 1 << 4,    /* no file: known from the database alone */
    GW_REV_NO_TRANSACTION = 1 << 5 /* a file beside it says so (Diesel, Flyway) */
};

struct gw_revision {
    const char
        *id; /* native: 12 hex digits as a rule; else the version, made unique (formats/format.h) */
    const char *title;     /* one line */
    const char *file;      /* name within the migrations folder; NULL for a ghost */
    const char *file_down; /* formats with a file of its own for down; else NULL */
    const char *created;   /* ISO 8601 or NULL */
    const char *labels;    /* space-separated branch labels; "" if none */
    const char *version;   /* formats with versions: digits or dotted digits; else NULL */
    uint32_t *parents;     /* revises: indices into gw_history.at */
    uint32_t *depends;     /* depends_on, labels resolved */
    uint32_t *children;    /* whose parents name this one */
    uint32_t *dependents;  /* whose depends name this one */
    uint32_t n_parents, n_depends, n_children, n_dependents;
    uint32_t flags;
    enum gw_revision_kind kind;
    struct gw_hash
        sha256; /* of the file's bytes; of file, NUL, file_down's bytes where there are two */
};

/* What placeholders stand for, and how files of Flyway write them. */
struct gw_vars {
    struct gw_settings values;
    struct gw_str prefix, suffix; /* around the name; prefix.ptr NULL: nothing is replaced */
};

/* Versioned revisions first, each after its parents and dependencies; ties by created, then id,
 * so the order is the same on each run. Then repeatables and callbacks by name. */
struct gw_history {
    struct gw_arena arena;
    const struct gw_format *format; /* formats/format.h */
    const char *directory;
    bool opened; /* folder is an open descriptor of directory: scripts are read through it */
    int folder;
    const char **passed; /* names of SQL at places that the format does not look at, sorted */
    size_t n_passed;
    struct gw_vars vars;
    struct gw_revision *at;
    uint32_t n;           /* all */
    uint32_t n_versioned; /* at[0 .. n_versioned) is the graph */
    struct gw_map ids;    /* id -> index, all kinds */
    struct gw_map labels; /* branch label -> index of the revision that carries it */
};

/* dialect chooses among files or sections of several dialects; NULL: not known, any counts. Any
 * mistake in the files (header, duplicate id, missing parent, cycle, dangling dependency,
 * duplicate label, unknown directive, encoding): GW_USAGE, "FILE:LINE: " in front. *out is to be
 * freed in any case. */
int gw_history_load(struct gw_history *out, const struct gw_project *project, const char *dialect,
                    struct gw_fault *fault);
void gw_history_free(struct gw_history *history);

/* A revision that the database knows and no file describes; ids as stored, parents that are
 * unknown even to the database are left out. Added in one call, since indices change. */
struct gw_ghost {
    const char *id, *title;
    const char *parents, *depends; /* space-separated ids */
    const char *labels;
    bool has_down, repeatable, baseline;
};
int gw_history_add_ghosts(struct gw_history *history, const struct gw_ghost *ghosts, size_t n,
                          struct gw_fault *fault);

/* Indices of the heads (no children), ascending, in arena. With resolve, a head that another head
 * depends on is left out (Alembic's effective heads). */
int gw_history_heads(const struct gw_history *history, bool resolve, struct gw_arena *arena,
                     uint32_t **out, size_t *n, struct gw_fault *fault);

#endif
