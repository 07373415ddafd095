/* SPDX-License-Identifier: Apache-2.0 */
/* The driver as the engine sees it: one loaded plugin, and one connection once it is opened. Everything
 * that the driver returns becomes a fault here. */
#ifndef GW_ENGINE_SESSION_H
#define GW_ENGINE_SESSION_H

#include "base/buf.h"
#include "plugin/registry.h"
#include <godwit/driver.h>
#include <godwit/driver_check.h>
#include <godwit/driver_progress.h>
#include <godwit/driver_recover.h>
#include <godwit/driver_snapshot.h>

struct gw_session {
    const struct gw_project *project;
    const struct gw_plugin_loaded *plugin;
    struct gw_driver driver;
    struct gw_driver_recover recover;   /* struct_size 0: the driver has none */
    struct gw_driver_progress progress; /* struct_size 0: the driver has none */
    struct gw_driver_check check;       /* struct_size 0: the driver has none */
    struct gw_driver_snapshot snapshot; /* struct_size 0: the driver has none */
    struct gw_events *events;
    const struct gw_stop *stop;
    void *conn; /* NULL: not open */
    bool read_only;
    bool journalled; /* what runs commits statement by statement: it can end half-way */
    /* of the last call that failed */
    gw_status status;
    uint64_t error_flags; /* GW_ERR_* */
    uint64_t error_begin, error_end;
    /* from info(), after opening */
    char product[64], version[64], database[512], connection[128];
    char schema[256]; /* where a table without one is made; "" if the database knows none */
    bool row_lock;    /* the driver's lock says nothing here: the owner in our row does */
    bool shared;      /* a pooler lends the session for a transaction: class T alone can run */
};

/* Loads the driver of project->database.backend; opens nothing. */
int gw_session_init(struct gw_session *out, struct gw_registry *registry,
                    const struct gw_project *project, struct gw_events *events,
                    const struct gw_stop *stop, struct gw_fault *fault);
int gw_session_open(struct gw_session *session, uint64_t flags, struct gw_fault *fault);
void gw_session_close(struct gw_session *session);

/* Statements of a script, in order. take returns 0 to go on. */
typedef int gw_split_take(void *payload, size_t begin, size_t end, uint64_t flags,
                          struct gw_fault *fault);
int gw_session_split(struct gw_session *session, const char *sql, size_t len, gw_split_take *take,
                     void *payload, struct gw_fault *fault);

/* *done gets the number of statements that were done; may be NULL. code: exit code of a failure. */
int gw_session_run(struct gw_session *session, const struct gw_run *run, uint32_t *done, int code,
                   struct gw_fault *fault);
int gw_session_flush(struct gw_session *session, struct gw_fault *fault);

/* take gets each row; returns 0 to go on, GW_STOP to end early, else the code of the fault it set. */
typedef int gw_row_take(void *payload, const struct gw_cell *cells, uint32_t n,
                        struct gw_fault *fault);
struct gw_query {
    const char *sql;
    const struct gw_cell *args;
    uint32_t n_args;
    uint32_t
        width; /* cells of each row; the plugin is at fault if it gives another number. 0: any */
    gw_row_take *take;
    void *payload;
};
int gw_session_query(struct gw_session *session, const struct gw_query *query,
                     struct gw_fault *fault);

/* Whether the database understands the statement; GW_DONE too if the driver cannot tell. */
int gw_session_check(struct gw_session *session, struct gw_str sql, struct gw_fault *fault);

int gw_session_quote(struct gw_session *session, uint32_t kind, const char *text, size_t len,
                     struct gw_buf *out, struct gw_fault *fault);
/* SHA-256 in hex of the schema without our own tables, or of what the statement sql touches of it; "" from a driver
 * that cannot tell. */
int gw_session_fingerprint(struct gw_session *session, struct gw_str sql, char out[65],
                           struct gw_fault *fault);

#endif
