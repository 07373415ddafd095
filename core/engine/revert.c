/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/step.h"

#include <inttypes.h>

static int check_counterparts(const struct gw_step_work *work, const struct gw_step_work *back,
                              const struct gw_journal *journal, struct gw_fault *fault)
{
    size_t here = work->program.statements.len, there = back->program.statements.len;
    if (here == there)
        return GW_DONE;
    gw_fail(fault, GW_HALFWAY,
            "'%s' cannot be undone statement by statement: %zu statements %s, %zu %s",
            work->revision->id, here, gw_direction_name(work->step.direction), there,
            gw_direction_name(back->step.direction));
    return gw_hint(fault,
                   "mend what stopped it and `godwit resume`, or undo the %" PRIu32
                   " by hand and then `godwit stamp`",
                   gw_journal_done(journal));
}

static int unclear(const struct gw_step_work *work, uint32_t at, const struct gw_journal_row *row,
                   struct gw_fault *fault)
{
    gw_fail(fault, GW_HALFWAY, "%s:%u: whether this statement took effect is not known",
            work->script.file, work->program.statements.at[at].line);
    return gw_hint(fault,
                   "look at the database; `godwit mark-done %" PRIu32 " --reason ...` if it did",
                   row->number);
}

/* The journal says that the counterpart is under way, and what it finds. */
static int begin_undo(struct gw_step_work *work, const struct gw_program_statement *statement,
                      const struct gw_journal_row *row, struct gw_batch *batch,
                      struct gw_fault *fault)
{
    struct gw_session *session = &work->workspace->session;
    struct gw_journal_entry entry = gw_step_entry(work, row->number - 1, "undoing");
    char before[GW_HASH_TEXT] = "";
    int code = GW_DONE;

    if (statement->class_ == GW_CLASS_A)
        code = gw_session_fingerprint(session, (struct gw_str){ statement->sql, statement->len },
                                      before, fault);
    entry.after = before;
    gw_batch_guard(batch, &work->workspace->state);
    gw_batch_journal_state(batch, &work->workspace->state, &entry);
    return code ? code : gw_batch_run(batch, session, GW_RUN_TX, NULL, fault);
}

/* Runs a counterpart that commits by itself; its row is struck with it or after it. */
static int undo_alone(struct gw_step_work *work, struct gw_step_work *back, uint32_t counterpart,
                      const struct gw_journal_row *row, struct gw_batch *batch,
                      struct gw_fault *fault)
{
    struct gw_session *session = &work->workspace->session;
    const struct gw_program_statement *statement = &back->program.statements.at[counterpart];
    const struct gw_journal_entry entry = gw_step_entry(work, row->number - 1, "undoing");
    int32_t result = GW_PROBE_ABSENT;
    int code = GW_DONE;

    if (row->state == GW_JOURNAL_UNDOING)
        code = gw_journal_probe(session, statement, row->after, &result, fault);
    if (!code && result == GW_PROBE_UNCLEAR)
        return unclear(back, counterpart, row, fault);
    if (!code && result == GW_PROBE_ABSENT)
        code = begin_undo(work, statement, row, batch, fault);
    if (!code && result == GW_PROBE_ABSENT && statement->class_ != GW_CLASS_A)
        code = gw_step_run_alone(back, counterpart, false, fault);
    gw_batch_guard(batch, &work->workspace->state);
    if (result == GW_PROBE_ABSENT && statement->class_ == GW_CLASS_A)
        gw_batch_program(batch, &back->program, counterpart, 1);
    gw_batch_journal_drop(batch, &work->workspace->state, &entry);
    if (!code)
        code = gw_batch_run(batch, session, GW_RUN_TX, NULL, fault);
    return code ? gw_step_blame(back, counterpart, GW_HALFWAY, fault) : GW_DONE;
}

/* Undoes what journal row did, and strikes it from the journal, in one transaction where that can be. */
static int revert_row(struct gw_step_work *work, struct gw_step_work *back,
                      const struct gw_journal_row *row, struct gw_batch *batch,
                      struct gw_fault *fault)
{
    const uint32_t at = row->number - 1;
    const uint32_t counterpart = (uint32_t)back->program.statements.len - row->number;
    const struct gw_journal_entry entry = gw_step_entry(work, at, "done");
    const bool was_done = row->state == GW_JOURNAL_DONE || row->state == GW_JOURNAL_UNDOING;
    int32_t result = was_done ? GW_PROBE_DONE : GW_PROBE_UNCLEAR;
    int code = GW_DONE;

    if (!was_done)
        code = gw_journal_probe(&work->workspace->session, &work->program.statements.at[at],
                                row->before, &result, fault);
    if (code)
        return code;
    if (result == GW_PROBE_UNCLEAR)
        return unclear(work, at, row, fault);
    if (result == GW_PROBE_DONE && back->program.statements.at[counterpart].class_ != GW_CLASS_T)
        return undo_alone(work, back, counterpart, row, batch, fault);
    gw_batch_guard(batch, &work->workspace->state);
    if (result == GW_PROBE_DONE)
        gw_batch_program(batch, &back->program, counterpart, 1);
    gw_batch_journal_drop(batch, &work->workspace->state, &entry);
    code = gw_batch_run(batch, &work->workspace->session, GW_RUN_TX, NULL, fault);
    return code ? gw_step_blame(back, counterpart, GW_HALFWAY, fault) : GW_DONE;
}

int gw_step_revert(struct gw_step_work *work, const struct gw_journal *journal,
                   struct gw_fault *fault)
{
    const struct gw_step other = { work->step.revision,
                                   work->step.direction == GW_UP ? GW_DOWN : GW_UP };
    struct gw_batch batch = { 0 };
    struct gw_step_work back;

    int code = gw_journal_matches(journal, &work->program, fault);
    if (code)
        return code;
    code = gw_step_load(&back, work->workspace, other, GW_APPLY_RUN, fault);
    if (!code)
        code = check_counterparts(work, &back, journal, fault);
    work->workspace->session.journalled = true;
    for (size_t i = journal->rows.len; i-- > 0 && !code;)
        code = revert_row(work, &back, &journal->rows.at[i], &batch, fault);
    work->workspace->session.journalled = false;
    gw_batch_free(&batch);
    gw_step_free(&back);
    return code;
}
