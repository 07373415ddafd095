/* SPDX-License-Identifier: Apache-2.0 */
/* The statement journal of a revision that is under way or was left half-way: what godwit_statement says, and what
 * it means for a program. Decisions follow docs/recovery.md. */
#ifndef GW_ENGINE_JOURNAL_H
#define GW_ENGINE_JOURNAL_H

#include "engine/program.h"
#include "engine/workspace.h"

enum gw_journal_state {
    GW_JOURNAL_INTENT,
    GW_JOURNAL_DONE,
    GW_JOURNAL_UNDETERMINED,
    GW_JOURNAL_UNDOING /* was done; its counterpart is under way */
};

struct gw_journal_row {
    uint32_t number, total; /* number from 1 */
    enum gw_journal_state state;
    struct gw_hash sha256;
    char class_;        /* 'T', 'A', 'P' or 'N' */
    const char *before; /* fingerprint, "" if none */
    const char *after;  /* the same; of GW_JOURNAL_UNDOING: before the counterpart */
};

/* At most one revision is half-way at any time. */
struct gw_journal {
    struct gw_arena arena;
    GW_VEC(struct gw_journal_row) rows; /* by number */
    const char *revision;               /* NULL: nothing is half-way */
    enum gw_direction direction;
};

/* A row that makes no sense (a stranger wrote it) is GW_HALFWAY. *out is to be freed in any case. */
int gw_journal_load(struct gw_journal *out, struct gw_state *state, struct gw_session *session,
                    struct gw_fault *fault);
/* The same from cells of one row; for the loader and for fuzzing. */
int gw_journal_take(struct gw_journal *journal, const struct gw_cell *cells, uint32_t n,
                    struct gw_fault *fault);
void gw_journal_free(struct gw_journal *journal);

/* "3 of 7 statements done, 4 unclear" */
void gw_journal_text(struct gw_buf *out, const struct gw_journal *journal);
/* What each way out would do. done of total statements are, the one after it is the next. */
void gw_journal_ways(struct gw_buf *out, uint32_t done, uint32_t total);
uint32_t gw_journal_done(const struct gw_journal *journal);
uint32_t gw_journal_total(const struct gw_journal *journal);
const struct gw_journal_row *gw_journal_find(const struct gw_journal *journal, uint32_t number);

/* The statements that were begun are those of program, compared by hash: GW_HALFWAY if not. */
int gw_journal_matches(const struct gw_journal *journal, const struct gw_program *program,
                       struct gw_fault *fault);

/* GW_PROBE_*: what the statement did, as far as anybody can tell: by the file's probe, the driver's (class P), or the
 * fingerprint taken before (A). */
int gw_journal_probe(struct gw_session *session, const struct gw_program_statement *statement,
                     const char *before, int32_t *result, struct gw_fault *fault);
/* The file's own `probe` query: true or false. */
int gw_journal_ask(struct gw_session *session, const char *sql, bool *yes, struct gw_fault *fault);

#endif
