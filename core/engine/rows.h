/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's own writes, gathered into one unit with the statements of a migration. */
#ifndef GW_ENGINE_ROWS_H
#define GW_ENGINE_ROWS_H

#include "engine/program.h"
#include "engine/state.h"
#include "engine/stored.h"
#include "engine/workspace.h"

/* Statements of one unit in the order in which they run. A failure to add sticks (failed). */
struct gw_batch {
    struct gw_arena arena; /* holds the arguments */
    GW_VEC(struct gw_statement) statements;
    const struct gw_field *settings;
    size_t n_settings;
    uint32_t guards; /* statements of ours before the first of the migration's */
    bool fresh;      /* the session is first put back as it was opened */
    bool commits; /* one of the statements may commit by itself: never run twice once it is done */
    bool failed;
};

/* The lock is still ours, or the unit fails. Comes first in each unit. */
void gw_batch_guard(struct gw_batch *batch, const struct gw_state *state);
/* The same, and lets `lock status` show what is being done: for what is seen before it ends. */
void gw_batch_doing(struct gw_batch *batch, const struct gw_state *state, const char *doing);
/* Statements [first, first + n) of the program. */
void gw_batch_program(struct gw_batch *batch, const struct gw_program *program, uint32_t first,
                      uint32_t n);

/* How long the revision recorded in an earlier unit took; goes along with a later unit. */
void gw_batch_duration(struct gw_batch *batch, const struct gw_state *state, const char *id,
                       int64_t duration_ns);

struct gw_record { /* what a revision row says besides the revision itself */
    const char *how;
    struct gw_hash token_sha256;
    struct gw_stored down;
};
void gw_batch_record(struct gw_batch *batch, const struct gw_workspace *workspace,
                     uint32_t revision, const struct gw_record *record);
void gw_batch_forget(struct gw_batch *batch, const struct gw_state *state, const char *id,
                     bool must);

struct gw_journal_entry {
    const char *revision;
    enum gw_direction direction;
    uint32_t number, total; /* number from 1 */
    const struct gw_program_statement *statement;
    const char *state;          /* "intent", "done", "undetermined" or "undoing" */
    const char *before, *after; /* fingerprints, "" if not taken */
};
void gw_batch_journal(struct gw_batch *batch, const struct gw_workspace *workspace,
                      const struct gw_journal_entry *entry);
void gw_batch_journal_state(struct gw_batch *batch, const struct gw_state *state,
                            const struct gw_journal_entry *entry);
void gw_batch_journal_drop(struct gw_batch *batch, const struct gw_state *state,
                           const struct gw_journal_entry *entry);
void gw_batch_journal_clear(struct gw_batch *batch, const struct gw_state *state,
                            const char *revision, enum gw_direction direction);
void gw_batch_audit(struct gw_batch *batch, const struct gw_workspace *workspace, uint32_t number,
                    const char *action, const char *subject, const char *reason);
/* Any of the engine's statements with arguments already in batch->arena. */
void gw_batch_add(struct gw_batch *batch, const char *sql, const struct gw_cell *args,
                  uint32_t n_args, uint32_t flags);

/* Runs the batch as one transaction, once more where another session was in the way, and empties it. *done counts the migration's own statements, or is
 * GW_NO_STATEMENT if it was none of them that failed. A lock that is not ours any more is GW_LOCKED. */
#define GW_NO_STATEMENT UINT32_MAX
int gw_batch_run(struct gw_batch *batch, struct gw_session *session, uint64_t flags, uint32_t *done,
                 struct gw_fault *fault);
void gw_batch_clear(struct gw_batch *batch);
void gw_batch_free(struct gw_batch *batch);

const char *gw_direction_name(enum gw_direction direction); /* "up", "down" */

#endif
