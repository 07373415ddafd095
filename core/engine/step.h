/* SPDX-License-Identifier: Apache-2.0 */
/* One step of a plan: one revision, up or down, from its text to its record. */
#ifndef GW_ENGINE_STEP_H
#define GW_ENGINE_STEP_H

#include "engine/apply.h"
#include "engine/journal.h"
#include "engine/rows.h"

struct gw_step_work {
    struct gw_workspace *workspace;
    struct gw_step step;
    const struct gw_revision *revision;
    struct gw_script script; /* what runs */
    struct gw_program program;
    struct gw_record record; /* what an upgrade stores; its down is read when the step runs */
    struct gw_arena arena;   /* of record.down */
};

/* Reads the text (from the file, or the stored down), checks that it is what was loaded and what can be run, and
 * splits it. GW_USAGE with "FILE:LINE: " if not. *out is to be freed in any case. */
int gw_step_load(struct gw_step_work *out, struct gw_workspace *workspace, struct gw_step step,
                 enum gw_apply_how how, struct gw_fault *fault);
void gw_step_free(struct gw_step_work *work);

/* Carried from one step to the next of a run. */
struct gw_pending_duration {
    char id[130]; /* "": none */
    int64_t ns;
};

/* Runs (or only records) the step. journal: of this very step, if it was left half-way; else NULL. relaxed: may
 * become durable later. GW_UNCHANGED: nothing of the step stayed. GW_HALFWAY: the journal tells what stayed. */
int gw_step_run(struct gw_step_work *work, enum gw_apply_how how, const struct gw_journal *journal,
                bool relaxed, struct gw_pending_duration *duration, struct gw_fault *fault);

/* Puts "FILE:LINE: " of statement at (from 0; GW_NO_STATEMENT: none of them) before the message; returns the code. */
int gw_step_blame(const struct gw_step_work *work, uint32_t at, int code, struct gw_fault *fault);
/* Statement at as the journal has it. */
struct gw_journal_entry gw_step_entry(const struct gw_step_work *work, uint32_t at,
                                      const char *state);
/* Runs statement at by itself, without any transaction. fresh: in the session as it was opened. */
int gw_step_run_alone(struct gw_step_work *work, uint32_t at, bool fresh, struct gw_fault *fault);

/* The way back of a step that was left half-way: each statement that was done is undone by its counterpart in the
 * other direction, last first. Needs as many statements there as here. */
int gw_step_revert(struct gw_step_work *work, const struct gw_journal *journal,
                   struct gw_fault *fault);

#endif
