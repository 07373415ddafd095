/* SPDX-License-Identifier: Apache-2.0 */
/* A host of its own for the driver contract: it knows the SDK's headers and nothing of the core. */
#ifndef DRIVER_HARNESS_H
#define DRIVER_HARNESS_H

#include <godwit/driver.h>
#include <godwit/driver_progress.h>
#include <godwit/driver_recover.h>
#include <godwit/driver_snapshot.h>
#include <godwit/plugin.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

enum {
    TEXT_ROOM = 1 << 16,
    ROWS = 64
};

/* What the host knows of one call, and what the sinks gather in it. */
struct gw_call {
    gw_status code;
    uint64_t flags, begin, end;
    char sqlstate[8];
    char message[1024], detail[512], hint[512];
    char progress[256];     /* the last line of it */
    char log[4096];         /* all lines of all levels, "W: text\n" */
    atomic_int looks;       /* how often the driver asked whether to stop */
    int stop_after;         /* stopped from this look on; 0: never */
    void (*on_look)(int n); /* called at each look */
    char text[TEXT_ROOM];   /* of a text sink; for a query: cells as "a|b\n" */
    size_t text_len;
    int n_rows;
    uint32_t n_columns;
    int stop_rows_at; /* the row sink says GW_STOP at this row; 0: never */
    uint32_t n_done;
    int64_t affected[ROWS];
    struct {
        uint64_t begin, end, flags;
    } statements[ROWS];
    int n_statements;
};

extern const struct gw_host test_host;

struct plugin {
    const struct gw_plugin *descriptor;
    const struct gw_driver *driver;
    const struct gw_driver_recover *recover;
    const struct gw_driver_progress *progress;
    const struct gw_driver_snapshot *snapshot;
};
/* Loads the shared object as a host does; fails the test if it cannot. */
void plugin_load(struct plugin *out, const char *path);

/* A connection of a test, with the call that was made last. */
struct connection {
    const struct plugin *plugin;
    void *conn;
    struct gw_call call;
};

struct opening {
    const char *url;
    uint64_t flags;
    const char *session[8]; /* up to the first NULL */
    int64_t busy_ms;        /* option busy_timeout or lock_timeout; 0: its default */
};
gw_status connection_open(struct connection *out, const struct plugin *plugin,
                          const struct opening *opening);
void connection_close(struct connection *connection);

/* One unit: statements up to the first NULL. */
struct unit {
    uint64_t flags;           /* GW_RUN_* */
    uint32_t statement_flags; /* of each of them */
    const char *sql[12];
    const char *settings[8]; /* name, value, name, value, NULL */
};
gw_status run(struct connection *connection, const struct unit *unit);
/* The same, put together by the test itself. */
gw_status run_request(struct connection *connection, const struct gw_run *request);
/* One unit in a transaction of one statement that a migration wrote. */
gw_status run_user(struct connection *connection, const char *sql);
gw_status run_args(struct connection *connection, const char *sql, uint32_t flags,
                   const struct gw_cell *args, uint32_t n);
gw_status flush(struct connection *connection);
gw_status query(struct connection *connection, const char *sql);
gw_status query_args(struct connection *connection, const char *sql, uint32_t flags,
                     const struct gw_cell *args, uint32_t n);
/* Asserts that the query gives this text. */
void expect_rows(struct connection *connection, const char *sql, const char *rows);
void expect_message(struct connection *connection, const char *part);
gw_status split(struct connection *connection, const char *script, size_t len);
gw_status quote(struct connection *connection, uint32_t kind, const char *text, size_t len);
const char *fingerprint(struct connection *connection);
/* Of what the statement touches alone. */
const char *fingerprint_of(struct connection *connection, const char *sql);
/* Field of info(), in a buffer that the next call replaces. */
const char *info(struct connection *connection, const char *key);
gw_status lock(struct connection *connection);
gw_status unlock(struct connection *connection);
gw_status holds(struct connection *connection);
/* The list is the call's text. */
gw_status blockers(struct connection *connection);
gw_status terminate(struct connection *connection, const char *session);

/* fork(); the child dies with the test. */
pid_t fork_child(void);
/* SIGKILL, and waits for its end. */
void kill_child(pid_t child);

/* Readies the call for the next entry. */
struct gw_call *call_of(struct connection *connection);
/* A new folder, removed with all in it by folder_remove(). */
const char *folder_make(void);
void folder_remove(void);
/* Path of a file in it, in one of a few rotating buffers. */
const char *folder_file(const char *name);
bool file_exists(const char *path);
void file_write(const char *path, const char *text, size_t len);

#endif
