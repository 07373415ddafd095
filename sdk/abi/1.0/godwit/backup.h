/* SPDX-License-Identifier: 0BSD */
/* godwit.backup/1: makes a backup of a database, and restores it.
 *
 *   open --> take, restore, verify, discard in any order --> close
 *
 * A strategy either streams (GW_BACKUP_STREAMS: file() and write(); the host compresses, encrypts, hashes
 * and stores) or keeps the bytes itself, as a storage snapshot or a vendor's vault does, and tells where
 * (GW_BACKUP_KEEPS: artifact()). It declares exactly one of the two. A failure stops a deployment. */
#ifndef GODWIT_BACKUP_H
#define GODWIT_BACKUP_H

#include <godwit/setup.h>

GW_C_BEGIN

#define GW_BACKUP "godwit.backup/1"

/* gw_backup.caps */
enum {
    GW_BACKUP_STREAMS = 1 << 0,
    GW_BACKUP_KEEPS = 1 << 1,
    GW_BACKUP_ONLINE = 1 << 2 /* consistent while others write */
};

/* The database. Everything lives until the call returns. */
struct gw_target {
    uint32_t struct_size;
    uint32_t n_fields;
    struct gw_str dialect;  /* "sqlite", ... */
    struct gw_str database; /* as the driver names it: what a person calls it; no secret */
    /* What the driver tells of it (product, version, ...), and "snapshot" where the host exported one that
     * the backup is to read. How to connect: godwit.host.secrets/1, "database.url". */
    const struct gw_field *fields;
};

/* Where a strategy that keeps the bytes has put them. The host writes it into its manifest and hands it
 * back, years later perhaps, to a newer release of the plugin. */
struct gw_artifact {
    uint32_t struct_size;
    uint32_t flags;        /* 0; reserved */
    struct gw_str locator; /* finds the bytes again; no secret; required */
    struct gw_str media_type;
    struct gw_str sha256; /* 64 hex digits; empty if the bytes cannot be hashed */
    struct gw_str meta;   /* whatever else the strategy wants to be told again */
    uint64_t bytes;       /* 0 if unknown */
    int64_t created_ns;   /* since 1970-01-01T00:00:00Z: the instant that is restored */
};

/* The host's: copies. Non-zero: stop, and return it as it is. */
struct gw_backup_out {
    uint32_t struct_size;
    uint32_t reserved;
    /* Begins a file: [A-Za-z0-9._-], at most 100 bytes, each name once. */
    gw_status (*file)(struct gw_call *, struct gw_str name, struct gw_str media_type);
    gw_status (*write)(struct gw_call *,
                       struct gw_str bytes); /* of that file; best by 64 KiB to 1 MiB */
    gw_status (*artifact)(struct gw_call *,
                          const struct gw_artifact *); /* once, at the end of take() */
};

/* The host's: what take() streamed, file by file in the same order. */
struct gw_backup_in {
    uint32_t struct_size;
    uint32_t reserved;
    /* GW_STOP: no more files. The name lives until the next call of next_file. */
    gw_status (*next_file)(struct gw_call *, struct gw_str *name);
    /* At most room bytes of that file; *got 0: its end. */
    gw_status (*read)(struct gw_call *, void *into, size_t room, size_t *got);
};

struct gw_backup {
    uint32_t struct_size;
    uint32_t
        threads; /* 0 one call at a time in this plugin, 1 one at a time per instance, 2 free */
    uint64_t caps;
    /* Optional, both or neither. open() sets *self; after a failure close() is not called. */
    gw_status (*open)(struct gw_call *, const struct gw_setup *, void **self);
    void (*close)(void *self);
    /* Required. Leaves nothing behind when it fails. Long work calls host->progress(), asks
     * host->stopped() and then returns GW_E_CANCELLED or GW_E_TIMEOUT with a text. */
    gw_status (*take)(struct gw_call *, void *self, const struct gw_target *,
                      const struct gw_backup_out *);
    /* Required. Into a target that is empty: the host sees to that, and to swapping it in. One of in and
     * artifact is NULL, by what take() did. */
    gw_status (*restore)(struct gw_call *, void *self, const struct gw_backup_in *in,
                         const struct gw_artifact *artifact, const struct gw_target *);
    /* With GW_BACKUP_KEEPS, else NULL. verify: the bytes are there and whole (GW_E_CORRUPT if not).
     * discard: they are gone when it returns; gone already is no failure. */
    gw_status (*verify)(struct gw_call *, void *self, const struct gw_artifact *);
    gw_status (*discard)(struct gw_call *, void *self, const struct gw_artifact *);
};

GW_C_END

#endif
