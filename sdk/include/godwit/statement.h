/* SPDX-License-Identifier: 0BSD */
/* Statements: how a driver finds them in a script, and how it runs them. */
#ifndef GODWIT_STATEMENT_H
#define GODWIT_STATEMENT_H

#include <godwit/sink.h>

GW_C_BEGIN

/* ---- split ---- */
/* Statement flags; the low two bits are its class. A statement of class A ends the transaction that it is run in,
 * as its database does; what follows it in the unit happens together in the next one. */
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
    /* changes the session alone: nothing to undo; done again where the session is another one */
    GW_SPLIT_SETTING = 1 << 6,
    /* with _SETTING: the database reads what follows in another way (quotes, backslashes, character set) */
    GW_SPLIT_READING = 1 << 7
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
    /* with _TX: atomic now, durable at the latest when flush returns. A unit may be lost only together with all
     * relaxed units after it */
    GW_RUN_RELAXED = 1 << 1,
    /* What earlier units of migrations did to the session alone (settings, temporary objects) is undone first:
     * the session is as open() left it. */
    GW_RUN_FRESH = 1 << 2
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

GW_C_END

#endif
