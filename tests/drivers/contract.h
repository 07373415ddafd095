/* SPDX-License-Identifier: Apache-2.0 */
/* The driver contract: what <godwit/driver.h> promises, as tests that every driver has to pass. A driver adds a
 * table of its dialect's words. */
#ifndef DRIVER_CONTRACT_H
#define DRIVER_CONTRACT_H

#include "harness.h"

struct dialect {
    const char *library;
    /* The URL of the test's database, one and the same within a test: with GW_CAP_CREATE it does not exist before
     * a session creates it; a server has it, empty. */
    const char *(*url)(void);
    const char *(*absent_url)(void); /* of a database that does not exist */
    /* Around each test, where the database is made and removed by other means; NULL: nothing to do. */
    void (*fresh)(void);
    void (*remove)(void);
    const char *create_parent; /* table parent (id integer primary key, name text unique) */
    const char *create_child;  /* table child (id integer primary key, parent references parent) */
    const char *
        create_values; /* table value_of (id integer primary key, t text, i 64-bit integer, b blob) */
    const char *broken; /* not SQL */
    const char *slow;   /* a SELECT of one row that takes minutes */
    const char *begin, *commit, *rollback;
};

/* Runs all; returns the number of failed tests. */
int contract_run(const struct dialect *dialect, const char *name);
/* The part of it with several sessions. */
int contract_sessions_run(const struct dialect *dialect, const struct plugin *plugin);

/* Around each test, of the driver's own cases too: a folder and a database of its own. */
int contract_begin(void **state);
int contract_end(void **state);

#endif
