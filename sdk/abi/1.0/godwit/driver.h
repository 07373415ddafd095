/* SPDX-License-Identifier: 0BSD */
/* godwit.driver/1: one database dialect. The required part is small; optional parts are interfaces of
 * their own (driver_recover.h, driver_progress.h). */
#ifndef GODWIT_DRIVER_H
#define GODWIT_DRIVER_H

#include <godwit/statement.h>

GW_C_BEGIN

#define GW_DRIVER "godwit.driver/1"

/* gw_driver.caps */
enum {
    GW_CAP_TX_DDL = 1 << 0,    /* DDL is transactional together with our state tables */
    GW_CAP_RELAXED = 1 << 1,   /* honours GW_RUN_RELAXED */
    GW_CAP_READ_ONLY = 1 << 2, /* honours GW_OPEN_READ_ONLY */
    GW_CAP_CANCEL = 1 << 3,    /* a running statement stops when the call is cancelled */
    GW_CAP_CREATE = 1 << 4     /* honours GW_OPEN_CREATE: an absent database is an empty one */
};

/* ---- open ---- */
/* gw_open.flags */
enum {
    GW_OPEN_READ_ONLY = 1 << 0, /* the database itself refuses every write of this session */
    GW_OPEN_CREATE = 1 << 1     /* an absent database may be created, if the database can do so */
};
struct gw_open {
    uint32_t struct_size;
    uint32_t n_options;
    uint64_t flags;
    struct gw_str url;             /* database.url, placeholders resolved; may hold a password */
    const struct gw_cell *options; /* the plugin's own, in schema order, defaults filled in */
    const struct gw_str *session;  /* database.session: statements to run before anything else */
    uint64_t n_session;
};

/* gw_driver.quote kinds */
enum {
    GW_QUOTE_NAME = 0, /* an identifier */
    /* a string literal; for scripts that people read, never for our own statements */
    GW_QUOTE_TEXT = 1
};

/* index into gw_driver.types */
enum {
    GW_TYPE_KEY = 0,  /* text of at most 255 bytes that can be a primary key */
    GW_TYPE_TEXT = 1, /* text of any length */
    GW_TYPE_INT = 2,  /* 64 bits, signed */
    GW_TYPE_BLOB = 3,
    GW_TYPES = 4
};

struct gw_driver {
    uint32_t struct_size;
    uint32_t
        threads; /* 0 one call at a time in this plugin, 1 one at a time per instance, 2 free */
    uint64_t caps;
    const char *dialect;        /* "sqlite": names dialect sections in migration files */
    const char *const *schemes; /* URL schemes, 0-terminated */
    const char *const *types;   /* GW_TYPES names, for the host's state tables */
    /* What follows the columns of those tables: " ENGINE = InnoDB", say; NULL: nothing. */
    const char *table_options;
    /* What follows a SELECT of the host that is to hold its row until the transaction ends: " FOR UPDATE"; NULL:
     * the database locks as a whole. */
    const char *row_lock;
    gw_status (*open)(struct gw_call *, const struct gw_open *, void **conn);
    void (*close)(void *conn); /* an open transaction is rolled back, locks are freed */
    /* Fields: product, version, database (shown to people: no secret), connection (what terminate takes);
     * and where they apply: schema (where a table without one is made), lock = "row" (a lock of the session says
     * nothing here, since other nodes or clients share it: the host's row is all there is), session = "shared" (a
     * pooler lends a session for a transaction: class T alone can run). */
    gw_status (*info)(struct gw_call *, void *conn, const struct gw_fields_out *);
    /* Touches no database. An unfinished last statement is reported as a statement. conn may be NULL: then as a
     * server with default settings would read the script. */
    gw_status (*split)(struct gw_call *, void *conn, struct gw_str script,
                       const struct gw_split_out *);
    gw_status (*run)(struct gw_call *, void *conn, const struct gw_run *,
                     const struct gw_run_out *);
    gw_status (*flush)(struct gw_call *,
                       void *conn); /* all relaxed units are durable when it returns */
    gw_status (*query)(struct gw_call *, void *conn, const struct gw_statement *,
                       const struct gw_rows_out *);
    /* The migration lock of this database; tried once, never blocks: GW_E_LOCKED if another has it. A read-only
     * session only looks: GW_E_LOCKED, or GW_E_READ_ONLY if it is free. */
    gw_status (*lock)(struct gw_call *, void *conn, struct gw_str name);
    gw_status (*unlock)(struct gw_call *, void *conn, struct gw_str name);
    gw_status (*holds)(struct gw_call *, void *conn,
                       struct gw_str name); /* GW_E_FENCED: not ours any more */
    /* conn may be NULL: then as a server with default settings would want it. */
    gw_status (*quote)(struct gw_call *, void *conn, uint32_t kind, struct gw_str,
                       const struct gw_text_out *);
    void (*interrupt)(void *conn); /* the only entry that any thread may call */
};

GW_C_END

#endif
