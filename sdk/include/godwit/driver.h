/* SPDX-License-Identifier: 0BSD */
/* godwit.driver/1: one database dialect. The required part is small; optional parts are interfaces of
 * their own (driver_recover.h, driver_progress.h). */
#ifndef GODWIT_DRIVER_H
#define GODWIT_DRIVER_H

#include <godwit/sink.h>

#define GW_DRIVER "godwit.driver/1"

/* gw_driver.caps */
enum {
    GW_CAP_TX_DDL = 1 << 0,    /* DDL is transactional together with our state tables */
    GW_CAP_RELAXED = 1 << 1,   /* honours GW_RUN_RELAXED */
    GW_CAP_READ_ONLY = 1 << 2, /* honours GW_OPEN_READ_ONLY */
    GW_CAP_CANCEL = 1 << 3     /* a running statement stops when the call is cancelled */
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

/* ---- split ---- */
/* statement flags; the low two bits are its class */
enum {
    GW_CLASS_T = 0, /* transactional together with the revision row */
    GW_CLASS_A = 1, /* atomic, commits by itself */
    GW_CLASS_P = 2, /* not transactional, but godwit.driver.recover/1 can probe it */
    GW_CLASS_N = 3, /* none of these */
    GW_CLASS_MASK = 3,
    GW_SPLIT_BEGIN = 1 << 2,    /* begins a transaction */
    GW_SPLIT_COMMIT = 1 << 3,   /* commits one */
    GW_SPLIT_ROLLBACK = 1 << 4, /* rolls one back */
    GW_SPLIT_REFUSED = 1 << 5,  /* no migration may run it; run() will say why */
    GW_SPLIT_SETTING = 1 << 6   /* changes the session alone; nothing to undo, record or repeat */
};
struct gw_split_out {
    uint32_t struct_size;
    uint32_t reserved;
    /* Bytes [begin, end) of the script are one statement, without its terminator, without white space
     * and comments around it. Statements come in order and do not overlap. */
    gw_status (*statement)(struct gw_call *, uint64_t begin, uint64_t end, uint64_t flags);
};

/* ---- run ---- */
/* gw_statement.flags */
enum {
    GW_STMT_USER = 1 << 0, /* written by a migration's author, not by the host: restricted */
    /* must affect exactly one row, else the unit fails with GW_E_FENCED */
    GW_STMT_ONE_ROW = 1 << 1,
    GW_STMT_EXPECT_TRUE = 1 << 2 /* must return one row with one true value, else GW_E_ASSERT */
};
/* Exactly one statement: a driver refuses (GW_E_SYNTAX) a text that holds more. Arguments are written
 * ?1, ?2, ... in ascending order, each once, and only in statements of the host. */
struct gw_statement {
    struct gw_str sql;
    const struct gw_cell *args;
    uint32_t n_args;
    uint32_t flags;
};
/* gw_run.flags */
enum {
    /* all statements or none: one transaction. Without: each commits by itself */
    GW_RUN_TX = 1 << 0,
    GW_RUN_RELAXED =
        1 << 1 /* with _TX: atomic now, durable at the latest when flush returns. A unit may be
                             * lost only together with all relaxed units after it */
};
struct gw_run {
    uint32_t struct_size;
    uint32_t n_statements;
    uint64_t flags;
    const struct gw_statement *statements;
    const struct gw_field
        *settings; /* session settings for this unit alone (lock_timeout, ...), text cells */
    uint64_t n_settings;
};
struct gw_run_out {
    uint32_t struct_size;
    uint32_t reserved;
    /* Statement number index (from 0) is done; affected rows or -1. When run fails, the statement that
     * failed is the one after the last done, or the commit if all are. */
    gw_status (*done)(struct gw_call *, uint32_t index, int64_t affected, int64_t elapsed_ns);
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
    gw_status (*open)(struct gw_call *, const struct gw_open *, void **conn);
    void (*close)(void *conn); /* an open transaction is rolled back, locks are freed */
    /* Fields: product, version, database (shown to people: no secret), connection (what terminate takes). */
    gw_status (*info)(struct gw_call *, void *conn, const struct gw_fields_out *);
    /* Needs no connection, touches no database. An unfinished last statement is reported as a statement. */
    gw_status (*split)(struct gw_call *, struct gw_str script, const struct gw_split_out *);
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

#endif
