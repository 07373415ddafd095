/* SPDX-License-Identifier: Apache-2.0 */
/* The state tables in the target database: godwit_revision (a row an applied revision), godwit_statement
 * (the journal of a revision that is half-way), godwit_lock (one row: epoch and owner) and godwit_audit
 * (what people did by hand). */
#ifndef GW_ENGINE_STATE_H
#define GW_ENGINE_STATE_H

#include "base/buf.h"
#include "base/vec.h"
#include "engine/session.h"
#include "engine/sql.h"
#include "migration/history.h"

enum {
    GW_STATE_LAYOUT = 1, /* of the tables; a database with a higher one is refused */
    GW_STATE_STATEMENTS = 5
};

/* Rows of GW_SQL_IDS, read before the history was: of each column its length and its text. */
struct gw_state_ids {
    bool ready;
    struct gw_buf bytes;
};

struct gw_state {
    struct gw_arena arena;
    bool exists; /* the tables are there */
    int64_t epoch;
    bool owned; /* somebody held the lock, or died with it, when the epoch was read */
    char *revision, *statement, *lock, *audit; /* qualified, quoted names */
    const char *sql[GW_SQLS];
    const char *tables[GW_STATE_STATEMENTS]; /* what creates them */
    GW_VEC(uint32_t) changed;  /* applied revisions whose text differs from what was applied (I5) */
    GW_VEC(uint32_t) reworded; /* the same, but only in space and comments */
    size_t n_applied;          /* rows */
    struct gw_state_ids ids;
    uint32_t n_ghosts;
    char
        foreign[64]; /* "goose": no tables of ours, but that tool's bookkeeping is there; else "" */
};

/* One row of godwit_revision. Texts live until the callback returns; never NULL. */
struct gw_applied_row {
    const char *id, *title, *parents, *depends, *labels, *sha256, *token_sha256;
    const char *applied_at, *applied_by, *host, *tool, *run;
    const char *how; /* "run", "fake" or "stamp" */
    int64_t duration_ns;
    bool has_down, repeatable, baseline;
};
typedef int gw_applied_take(void *payload, const struct gw_applied_row *row,
                            struct gw_fault *fault);
/* All rows by applied_at and id; none if the tables do not exist. */
int gw_state_rows(struct gw_state *state, struct gw_session *session, gw_applied_take *take,
                  void *payload, struct gw_fault *fault);

/* Where the state tables are: as configured, else where the session makes its tables; "": there are no schemas. */
const char *gw_state_schema(const struct gw_session *session);

/* Names and statements for this driver and, once it is open, this session; touches no database. *out is to be freed
 * in any case. */
int gw_state_init(struct gw_state *out, struct gw_session *session, struct gw_fault *fault);
/* Reads what the next gw_state_load will want to know, while the history is still being read. */
int gw_state_fetch(struct gw_state *state, struct gw_session *session, struct gw_fault *fault);
/* Sets exists, epoch, changed and ghosts, and *applied: history->n bytes in arena. */
int gw_state_load(struct gw_state *state, struct gw_session *session, struct gw_history *history,
                  uint8_t **applied, struct gw_arena *arena, struct gw_fault *fault);
/* Sets exists and epoch alone. */
int gw_state_look(struct gw_state *state, struct gw_session *session, struct gw_fault *fault);
int gw_state_create(struct gw_state *state, struct gw_session *session, struct gw_fault *fault);
void gw_state_free(struct gw_state *state);

#endif
