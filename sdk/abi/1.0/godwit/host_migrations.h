/* SPDX-License-Identifier: 0BSD */
/* godwit.host.migrations/1: the project's migrations, beyond the one that is being checked. */
#ifndef GODWIT_HOST_MIGRATIONS_H
#define GODWIT_HOST_MIGRATIONS_H

#include <godwit/setup.h>

GW_C_BEGIN

#define GW_HOST_MIGRATIONS "godwit.host.migrations/1"

/* gw_migration.flags */
enum {
    GW_MIGRATION_APPLIED = 1 << 0, /* only told where the host has a database open */
    GW_MIGRATION_PENDING = 1 << 1, /* about to be applied by this run */
    GW_MIGRATION_HEAD = 1 << 2,
    GW_MIGRATION_IRREVERSIBLE = 1 << 3 /* has no down */
};

struct gw_migration {
    uint32_t struct_size;
    uint32_t n_parents;
    uint64_t flags;
    struct gw_str revision;
    struct gw_str title;
    struct gw_str file;           /* relative to the project's folder */
    const struct gw_str *parents; /* what it revises */
    int64_t created_ns;           /* since 1970-01-01T00:00:00Z; 0 if its format does not say */
};

struct gw_migrations_into {
    uint32_t struct_size;
    uint32_t reserved;
    void *self;
    gw_status (*migration)(struct gw_call *, void *self, const struct gw_migration *);
};

/* What text() is to give. */
enum {
    GW_TEXT_FILE = 0, /* the file as it is on disk */
    GW_TEXT_UP = 1,   /* the SQL of its up, placeholders filled in, for the target's dialect */
    GW_TEXT_DOWN = 2  /* empty if it has none */
};

/* All entries: only within a call from the host and from its thread, with that call; one at a time.
 * They read what the host has read once: no file changes between two calls. */
struct gw_host_migrations {
    uint32_t struct_size;
    uint32_t reserved;
    /* Each after what it revises and depends on. Linear in their number: thousands are normal. */
    gw_status (*list)(struct gw_call *, const struct gw_migrations_into *);
    /* GW_E_ARGUMENT: no such revision (an exact id), or no such `which`. */
    gw_status (*text)(struct gw_call *, struct gw_str revision, uint32_t which,
                      const struct gw_text_into *);
};

GW_C_END

#endif
