/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/recover.h"

#include "base/clock.h"
#include "engine/journal.h"
#include "engine/lock.h"
#include "engine/step.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    AUDIT_ROW = 1
};

int gw_halfway_find(struct gw_workspace *workspace, struct gw_halfway *out, struct gw_buf *text,
                    struct gw_fault *fault)
{
    struct gw_journal journal;

    *out = (struct gw_halfway){ 0 };
    int code = gw_journal_load(&journal, &workspace->state, &workspace->session, fault);
    if (!code && journal.revision) {
        out->found = true;
        snprintf(out->revision, sizeof out->revision, "%s", journal.revision);
        out->direction = journal.direction;
        out->n_done = gw_journal_done(&journal);
        out->n_total = gw_journal_total(&journal);
        for (size_t i = 0; i < journal.rows.len && !out->unclear; i++)
            if (journal.rows.at[i].state != GW_JOURNAL_DONE)
                out->unclear = journal.rows.at[i].number;
        gw_buf_printf(text, "'%s' (%s) is half-way: ", out->revision,
                      gw_direction_name(out->direction));
        gw_journal_text(text, &journal);
        if (text->failed)
            code = gw_fail_memory(fault);
    }
    gw_journal_free(&journal);
    return code;
}

/* A way out: what is done with the loaded step under the lock. */
typedef int way_out(struct gw_step_work *work, struct gw_journal *journal, void *payload,
                    struct gw_fault *fault);

static int step_of(struct gw_workspace *workspace, const struct gw_journal *journal,
                   struct gw_step_work *work, struct gw_fault *fault)
{
    uint32_t at = gw_map_get(&workspace->history.ids, journal->revision, strlen(journal->revision));
    if (at == GW_MAP_NONE) {
        gw_fail(fault, GW_HALFWAY, "'%s' is half-way, and no file in '%s' describes it",
                journal->revision, workspace->history.directory);
        return gw_hint(fault, "check out the version of the migrations that has it");
    }
    const struct gw_step step = { at, journal->direction };
    return gw_step_load(work, workspace, step, GW_APPLY_RUN, fault);
}

static int audit(struct gw_workspace *workspace, const char *action, const char *subject,
                 const char *reason, struct gw_fault *fault)
{
    struct gw_batch batch = { 0 };
    gw_batch_audit(&batch, workspace, AUDIT_ROW, action, subject, reason);
    int code = gw_batch_run(&batch, &workspace->session, GW_RUN_TX, NULL, fault);
    gw_batch_free(&batch);
    return code;
}

/* Under the lock: reads the journal, loads the step, goes the way, writes it down. */
static int go(struct gw_workspace *workspace, const char *action, const char *reason, way_out *way,
              void *payload, struct gw_fault *fault)
{
    struct gw_journal journal;
    struct gw_step_work work = { 0 };
    const int64_t start = gw_clock_steady_ns();
    bool moved, found = false;

    int code = gw_lock_take(workspace, action, &moved, fault);
    if (code)
        return code;
    if (moved)
        code = gw_workspace_reload(workspace, fault);
    if (!code)
        code = gw_journal_load(&journal, &workspace->state, &workspace->session, fault);
    else
        journal = (struct gw_journal){ 0 };
    if (!code && journal.revision) {
        found = true;
        code = step_of(workspace, &journal, &work, fault);
        if (!code)
            code = gw_run_started(workspace, action, 1, fault);
        if (!code)
            code = way(&work, &journal, payload, fault);
        if (!code)
            code = audit(workspace, action, journal.revision, reason, fault);
        gw_step_free(&work);
    }
    gw_journal_free(&journal);
    int released = gw_lock_release(workspace, fault);
    if (found)
        gw_run_finished(workspace, code ? code : released, start);
    if (!code && !found)
        gw_emit(workspace->events, GW_LEVEL_INFO, "recovery.nothing", GW_NO_FIELDS,
                "nothing is half-way");
    return code ? code : released;
}

static void emit_recovered(const struct gw_step_work *work, const char *how, const char *verb)
{
    gw_emit(work->workspace->events, GW_LEVEL_INFO, "revision.recovered",
            GW_FIELDS(gw_field_text("revision", work->revision->id),
                      gw_field_text("direction", gw_direction_name(work->step.direction)),
                      gw_field_text("how", how)),
            "%s '%s' (%s)", verb, work->revision->id, gw_direction_name(work->step.direction));
}

static int way_resume(struct gw_step_work *work, struct gw_journal *journal, void *payload,
                      struct gw_fault *fault)
{
    struct gw_pending_duration duration = { .id = "" };
    (void)payload;
    int code = gw_step_run(work, GW_APPLY_RUN, journal, false, &duration, fault);
    if (!code)
        emit_recovered(work, "resume", "finished");
    return code;
}

int gw_resume(struct gw_workspace *workspace, struct gw_fault *fault)
{
    return go(workspace, "resume", "", way_resume, NULL, fault);
}

static int way_revert(struct gw_step_work *work, struct gw_journal *journal, void *payload,
                      struct gw_fault *fault)
{
    (void)payload;
    int code = gw_step_revert(work, journal, fault);
    if (!code)
        emit_recovered(work, "revert-partial", "undid what was done of");
    return code;
}

int gw_revert_partial(struct gw_workspace *workspace, struct gw_fault *fault)
{
    return go(workspace, "revert-partial", "", way_revert, NULL, fault);
}

static int way_mark(struct gw_step_work *work, struct gw_journal *journal, void *payload,
                    struct gw_fault *fault)
{
    const uint32_t number = *(const uint32_t *)payload;
    const size_t total = work->program.statements.len;
    struct gw_batch batch = { 0 };

    int code = gw_journal_matches(journal, &work->program, fault);
    if (code)
        return code;
    if (number < 1 || number > total) {
        gw_fail(fault, GW_USAGE, "'%s' has no statement %" PRIu32 "; there are %zu",
                work->revision->id, number, total);
        return gw_hint(fault, "`godwit status` shows which are done");
    }
    const struct gw_journal_row *row = gw_journal_find(journal, number);
    if (row && row->state == GW_JOURNAL_DONE)
        return gw_fail(fault, GW_USAGE, "statement %" PRIu32 " of '%s' is done already", number,
                       work->revision->id);
    const struct gw_journal_entry entry = {
        .revision = work->revision->id,
        .direction = work->step.direction,
        .number = number,
        .total = (uint32_t)total,
        .statement = &work->program.statements.at[number - 1],
        .state = "done",
        .before = "",
        .after = "",
    };
    gw_batch_guard(&batch, &work->workspace->state);
    if (row)
        gw_batch_journal_state(&batch, &work->workspace->state, &entry);
    else
        gw_batch_journal(&batch, work->workspace, &entry);
    code = gw_batch_run(&batch, &work->workspace->session, GW_RUN_TX, NULL, fault);
    gw_batch_free(&batch);
    if (code)
        return code;
    emit_recovered(work, "mark-done", "recorded a statement as done of");
    uint32_t done = gw_journal_done(journal) + 1;
    if (done < total)
        return GW_DONE;
    /* That was the last one: nothing is left to run but the record. */
    struct gw_journal now;
    code = gw_journal_load(&now, &work->workspace->state, &work->workspace->session, fault);
    if (!code)
        code = way_resume(work, &now, NULL, fault);
    gw_journal_free(&now);
    return code;
}

int gw_mark_done(struct gw_workspace *workspace, uint32_t number, const char *reason,
                 struct gw_fault *fault)
{
    return go(workspace, "mark-done", reason, way_mark, &number, fault);
}
