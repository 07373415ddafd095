/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/apply.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/lock.h"
#include "engine/refusals.h"
#include "engine/step.h"
#include "migration/formats/format.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- before anything runs ---- */

static int check_changed(const struct gw_workspace *workspace, struct gw_fault *fault)
{
    const struct gw_state *state = &workspace->state;
    for (size_t i = 0; i < state->reworded.len; i++) {
        const struct gw_revision *revision = &workspace->history.at[state->reworded.at[i]];
        gw_emit(workspace->events, GW_LEVEL_WARN, "revision.reworded",
                GW_FIELDS(gw_field_text("revision", revision->id),
                          gw_field_text("file", revision->file)),
                "%s/%s: '%s' was changed after it was applied, in space and comments alone",
                workspace->history.directory, revision->file, revision->id);
    }
    if (!state->changed.len)
        return GW_DONE;
    const struct gw_revision *revision = &workspace->history.at[state->changed.at[0]];
    gw_fail(fault, GW_USAGE, "%s/%s: '%s' was changed after it was applied%s",
            workspace->history.directory, revision->file, revision->id,
            state->changed.len > 1 ? ", and so were others" : "");
    return gw_hint(
        fault,
        "bring the old text back, or accept the new one with `godwit repair %s --reason ...`",
        revision->id);
}

static int check_state(const struct gw_workspace *workspace, const struct gw_plan *plan,
                       struct gw_fault *fault)
{
    const struct gw_state *state = &workspace->state;
    int code = check_changed(workspace, fault);
    if (code)
        return code;
    if (state->foreign[0]) {
        gw_fail(fault, GW_USAGE, "this database was migrated by %s, and by no godwit yet",
                state->foreign);
        return gw_hint(fault, "say where it stands with `godwit stamp VERSION`, then upgrade");
    }
    if (!state->n_ghosts || !plan->steps.len || plan->steps.at[0].direction == GW_DOWN)
        return GW_DONE;
    for (uint32_t i = 0; i < workspace->history.n; i++) {
        const struct gw_revision *revision = &workspace->history.at[i];
        if (!(revision->flags & GW_REV_GHOST))
            continue;
        gw_fail(fault, GW_USAGE,
                "the database has the revision '%s' (%s), which no file in '%s' describes",
                revision->id, revision->title, workspace->history.directory);
        return gw_hint(fault, "update this checkout, or revert it with `godwit downgrade`; "
                              "the way back is stored in the database");
    }
    return GW_DONE;
}

/* A history may tidy up in its old tool's table, which is not ours and may not be there. */
static void note_bookkeeping(const struct gw_step_work *work)
{
    const struct gw_format *format = work->workspace->history.format;
    if (!format || !format->bookkeeping)
        return;
    for (size_t i = 0; i < work->program.statements.len; i++) {
        const struct gw_program_statement *statement = &work->program.statements.at[i];
        if (memmem(statement->sql, statement->len, format->bookkeeping,
                   strlen(format->bookkeeping)))
            gw_emit(work->workspace->events, GW_LEVEL_WARN, "revision.bookkeeping",
                    GW_FIELDS(gw_field_text("revision", work->revision->id),
                              gw_field_text("table", format->bookkeeping)),
                    "%s:%u: touches '%s', where %s keeps its state; godwit keeps its own",
                    work->script.file, statement->line, format->bookkeeping, format->name);
    }
}

static void count_refusal(void *payload, const struct gw_fault *refusal)
{
    size_t *n = payload;
    (void)refusal;
    ++*n;
}

/* A history that was written for another tool has many statements of a kind: to hear of them one by one, a run each,
 * would be tedious. */
static void say_more(struct gw_workspace *workspace, const struct gw_plan *plan, size_t from,
                     struct gw_fault *fault)
{
    struct gw_fault ignored = { 0 };
    size_t n = 0;
    for (size_t i = from; i < plan->steps.len && !ignored.code; i++)
        gw_refusals_of(workspace, plan->steps.at[i], count_refusal, &n, &ignored);
    if (n <= 1)
        return;
    const size_t message = strlen(fault->message), hint = strlen(fault->hint);
    snprintf(fault->message + message, sizeof fault->message - message, " (and %zu more refused)",
             n - 1);
    snprintf(fault->hint + hint, sizeof fault->hint - hint, "; `godwit check` lists them all");
}

/* Reads and splits every step once, so that what cannot be run is refused before anything is. */
static int check_steps(struct gw_workspace *workspace, const struct gw_plan *plan,
                       enum gw_apply_how how, struct gw_fault *fault)
{
    int code = GW_DONE;
    for (size_t i = 0; i < plan->steps.len && !code; i++) {
        struct gw_step_work work;
        code = gw_step_load(&work, workspace, plan->steps.at[i], how, fault);
        if (!code && how == GW_APPLY_RUN)
            note_bookkeeping(&work);
        gw_step_free(&work);
        if (code == GW_USAGE && how == GW_APPLY_RUN && plan->steps.at[i].direction == GW_UP)
            say_more(workspace, plan, i, fault);
    }
    return code;
}

static int check_plan(struct gw_workspace *workspace, const struct gw_plan *plan,
                      enum gw_apply_how how, struct gw_fault *fault)
{
    int code = how == GW_APPLY_STAMP ? GW_DONE : check_state(workspace, plan, fault);
    return code ? code : check_steps(workspace, plan, how, fault);
}

/* ---- the run ---- */

static bool is_step(const struct gw_workspace *workspace, const struct gw_step *step,
                    const struct gw_journal *journal)
{
    return step->direction == journal->direction &&
           strcmp(workspace->history.at[step->revision].id, journal->revision) == 0;
}

static int halfway_elsewhere(const struct gw_journal *journal, struct gw_fault *fault)
{
    struct gw_buf text = GW_BUF_TEXT;
    gw_journal_text(&text, journal);
    gw_fail(fault, GW_HALFWAY, "'%s' (%s) is half-way: %s", journal->revision,
            gw_direction_name(journal->direction), gw_buf_str(&text));
    gw_buf_clear(&text);
    gw_journal_ways(&text, gw_journal_done(journal), gw_journal_total(journal));
    gw_hint(fault, "%s", gw_buf_str(&text));
    gw_buf_free(&text);
    return GW_HALFWAY;
}

/* What was left half-way comes first, and must be part of what was asked for. */
static int put_first(struct gw_workspace *workspace, struct gw_plan *plan,
                     const struct gw_journal *journal, struct gw_fault *fault)
{
    if (!journal->revision)
        return GW_DONE;
    for (size_t i = 0; i < plan->steps.len; i++) {
        const struct gw_step step = plan->steps.at[i];
        if (!is_step(workspace, &step, journal))
            continue;
        for (; i > 0; i--)
            plan->steps.at[i] = plan->steps.at[i - 1];
        plan->steps.at[0] = step;
        return GW_DONE;
    }
    return halfway_elsewhere(journal, fault);
}

static void emit_step(const struct gw_step_work *work, enum gw_apply_how how, size_t number,
                      size_t total, int64_t elapsed)
{
    static const char *const verbs[2][2] = { { "applied", "reverted" }, { "recorded", "forgot" } };
    const bool down = work->step.direction == GW_DOWN;
    char time[GW_TIME_TEXT];

    gw_duration_text(time, elapsed);
    gw_emit(work->workspace->events, GW_LEVEL_INFO, down ? "revision.reverted" : "revision.applied",
            GW_FIELDS(gw_field_text("revision", work->revision->id),
                      gw_field_text("title", work->revision->title),
                      gw_field_text("how", work->record.how),
                      gw_field_int("number", (int64_t)number),
                      gw_field_int("total", (int64_t)total), gw_field_int("elapsed_ns", elapsed)),
            "%s %s  %s  (%s)", verbs[how != GW_APPLY_RUN][down], work->revision->id,
            work->revision->title, time);
}

static int stop_asked(const struct gw_workspace *workspace, size_t done, size_t total,
                      struct gw_fault *fault)
{
    if (!workspace->stop || !workspace->stop->level)
        return GW_DONE;
    gw_fail(fault, GW_UNCHANGED, "stopped on request after %zu of %zu revisions", done, total);
    return gw_hint(fault, "run the same command again to go on");
}

/* That of the last revision: no later unit takes it along. */
static int write_duration(struct gw_workspace *workspace,
                          const struct gw_pending_duration *duration, struct gw_fault *fault)
{
    struct gw_batch batch = { 0 };
    gw_batch_guard(&batch, &workspace->state);
    gw_batch_duration(&batch, &workspace->state, duration->id, duration->ns);
    int code = gw_batch_run(&batch, &workspace->session, GW_RUN_TX | GW_RUN_RELAXED, NULL, fault);
    gw_batch_free(&batch);
    return code;
}

static int run_steps(struct gw_workspace *workspace, const struct gw_plan *plan,
                     const struct gw_apply_options *options, const struct gw_journal *journal,
                     struct gw_fault *fault)
{
    const bool relaxed = workspace->project.engine.durability == GW_DURABLE_RUN;
    struct gw_pending_duration duration = { .id = "" };
    int code = GW_DONE;

    for (size_t i = 0; i < plan->steps.len && !code; i++) {
        struct gw_step_work work;
        int64_t start = gw_clock_steady_ns();

        code = stop_asked(workspace, i, plan->steps.len, fault);
        if (code)
            break;
        code = gw_step_load(&work, workspace, plan->steps.at[i], options->how, fault);
        if (!code) {
            gw_emit(workspace->events, GW_LEVEL_PROGRESS, "revision.started",
                    GW_FIELDS(gw_field_text("revision", work.revision->id),
                              gw_field_int("number", (int64_t)i + 1),
                              gw_field_int("total", (int64_t)plan->steps.len)),
                    "%zu/%zu  %s  %s", i + 1, plan->steps.len, work.revision->id,
                    work.revision->title);
            code = gw_step_run(&work, options->how, i == 0 && journal->revision ? journal : NULL,
                               relaxed, &duration, fault);
        }
        if (!code)
            emit_step(&work, options->how, i + 1, plan->steps.len, gw_clock_steady_ns() - start);
        gw_step_free(&work);
    }
    if (code || !duration.id[0])
        return code;
    struct gw_fault lost = { 0 };
    code = write_duration(workspace, &duration, &lost);
    if (!code ||
        !relaxed) /* a time that is not known is no failure, where nothing else went with it */
        return GW_DONE;
    *fault = lost;
    return code;
}

/* Whether something is half-way is for the database to say, once more is undone than what failed. */
static void correct_code(struct gw_workspace *workspace, struct gw_fault *fault)
{
    struct gw_fault ignored = { 0 }, left = { 0 };
    struct gw_journal journal;

    if (gw_journal_load(&journal, &workspace->state, &workspace->session, &ignored) == GW_DONE) {
        if (journal.revision && fault->code == GW_UNCHANGED) {
            halfway_elsewhere(&journal, &left);
            fault->code = GW_HALFWAY;
            gw_hint(fault, "%s; %s", left.message, left.hint);
        } else if (!journal.revision && fault->code == GW_HALFWAY) {
            fault->code = GW_UNCHANGED;
            gw_hint(fault, "run the same command again once the cause is mended");
        }
    }
    gw_journal_free(&journal);
}

/* The connection was lost, and with it the answer: the next session asks what is there, once the old one is gone for
 * certain, which is when the lock can be had. */
static int ask_again(struct gw_workspace *workspace, const char *command, struct gw_fault *fault)
{
    struct gw_session *session = &workspace->session;
    struct gw_fault ignored = { 0 };
    bool moved;

    gw_session_close(session);
    int code = gw_session_open(session, 0, &ignored);
    if (!code)
        code = gw_lock_take(workspace, command, &moved, &ignored);
    if (!code) {
        code = gw_workspace_reload(workspace, &ignored);
        gw_lock_release(workspace, &ignored);
    }
    if (code) { /* neither "nothing changed" nor "half-way" could be said in earnest */
        fault->code = GW_NO_CONNECTION;
        return gw_hint(fault, "what was applied is not known until the database can be reached; "
                              "`godwit status` will tell, and the same command goes on from there");
    }
    fault->code = GW_UNCHANGED;
    correct_code(workspace, fault);
    gw_emit(workspace->events, GW_LEVEL_WARN, "run.lost",
            GW_FIELDS(gw_field_int("applied", (int64_t)workspace->state.n_applied),
                      gw_field_int("code", fault->code)),
            "the connection was lost; the database says that %zu revisions are applied now",
            workspace->state.n_applied);
    return fault->code;
}

/* A failure may have taken earlier, relaxed units along: says what is there in truth. */
static void emit_kept(struct gw_workspace *workspace, uint64_t flags, struct gw_fault *fault)
{
    struct gw_fault ignored = { 0 };
    if (!(flags & (GW_ERR_TX_ABORTED | GW_ERR_UNKNOWN_OUTCOME)))
        return;
    if (gw_workspace_reload(workspace, &ignored))
        return;
    correct_code(workspace, fault);
    gw_emit(workspace->events, GW_LEVEL_WARN, "run.undone",
            GW_FIELDS(gw_field_int("applied", (int64_t)workspace->state.n_applied),
                      gw_field_int("code", fault->code)),
            "the database rolled back more than the failed revision: %zu revisions are applied now",
            workspace->state.n_applied);
}

static int count_row(void *payload, const struct gw_cell *cells, uint32_t n, struct gw_fault *fault)
{
    (void)cells;
    (void)n;
    (void)fault;
    *(bool *)payload = true;
    return GW_STOP;
}

/* Whether the database says of the last step what the driver said: "done" alone is the driver's word. */
static int check_recorded(struct gw_workspace *workspace, const struct gw_plan *plan,
                          struct gw_fault *fault)
{
    const struct gw_revision *revision = NULL;
    bool up = true, there = false;

    for (size_t i = plan->steps.len; i > 0 && !revision; i--) {
        const struct gw_revision *one = &workspace->history.at[plan->steps.at[i - 1].revision];
        if (one->kind == GW_KIND_VERSIONED || one->kind == GW_KIND_REPEATABLE)
            revision = one;
        up = plan->steps.at[i - 1].direction == GW_UP;
    }
    if (!revision)
        return GW_DONE;
    const struct gw_cell id = gw_cell_text(revision->id);
    const struct gw_query query = {
        workspace->state.sql[GW_SQL_TOKENS], &id, 1, 1, count_row, &there
    };
    int code = gw_session_query(&workspace->session, &query, fault);
    if (code || there == up)
        return code;
    gw_fail(fault, GW_UNCHANGED, "plugin '%s' reported '%s' done, but the database has %s of it",
            workspace->project.database.backend, revision->id, up ? "no record" : "still a record");
    return gw_hint(fault, "this is a fault in the plugin; `godwit status` tells where the database "
                          "stands");
}

static int run_locked(struct gw_workspace *workspace, struct gw_plan *plan, bool moved,
                      const struct gw_apply_options *options, struct gw_fault *fault)
{
    struct gw_journal journal;
    int code = GW_DONE;

    if (moved && options->replan) {
        code = gw_workspace_reload(workspace, fault);
        plan->steps.len = 0;
        if (!code)
            code = options->replan(options->payload, workspace, plan, fault);
        if (!code)
            code = check_plan(workspace, plan, options->how, fault);
        if (code)
            return code;
    }
    code = gw_journal_load(&journal, &workspace->state, &workspace->session, fault);
    if (!code && options->how != GW_APPLY_STAMP)
        code = put_first(workspace, plan, &journal, fault);
    if (!code)
        code = run_steps(workspace, plan, options, &journal, fault);
    if (!code)
        code = check_recorded(workspace, plan, fault);
    gw_journal_free(&journal);
    return code;
}

/* Nothing to do is only true if nothing is half-way and nothing changed under it. No lock is taken. */
static int check_nothing(struct gw_workspace *workspace, struct gw_fault *fault)
{
    struct gw_journal journal;
    int code = check_changed(workspace, fault);
    if (code)
        return code;
    code = gw_journal_load(&journal, &workspace->state, &workspace->session, fault);
    if (!code && journal.revision)
        code = halfway_elsewhere(&journal, fault);
    gw_journal_free(&journal);
    return code;
}

int gw_run_started(struct gw_workspace *workspace, const char *command, size_t steps,
                   struct gw_fault *fault)
{
    return gw_emit_gate(
        workspace->events, fault, GW_LEVEL_DETAIL, "run.started",
        GW_FIELDS(gw_field_text("command", command), gw_field_int("steps", (int64_t)steps),
                  gw_field_int("epoch", workspace->state.epoch)),
        "run %s: %zu steps, epoch %" PRId64, workspace->events ? workspace->events->run : "", steps,
        workspace->state.epoch);
}

void gw_run_finished(struct gw_workspace *workspace, int code, int64_t start_ns)
{
    gw_emit(workspace->events, GW_LEVEL_DETAIL, "run.finished",
            GW_FIELDS(gw_field_int("code", code),
                      gw_field_int("elapsed_ns", gw_clock_steady_ns() - start_ns)),
            "run finished with exit code %d", code);
}

int gw_apply(struct gw_workspace *workspace, struct gw_plan *plan,
             const struct gw_apply_options *options, struct gw_fault *fault)
{
    const int64_t start = gw_clock_steady_ns();
    bool moved;

    if (!plan->steps.len)
        return options->how == GW_APPLY_STAMP ? GW_DONE : check_nothing(workspace, fault);
    int code = check_plan(workspace, plan, options->how, fault);
    if (!code)
        code = gw_lock_take(workspace, options->command, &moved, fault);
    if (code)
        return code;
    code = gw_run_started(workspace, options->command, plan->steps.len, fault);
    if (!code)
        code = run_locked(workspace, plan, moved, options, fault);
    uint64_t flags = code ? workspace->session.error_flags : 0;
    if (!(flags & GW_ERR_CONN_LOST) && gw_lock_release(workspace, fault))
        flags |= workspace->session.error_flags;
    if (flags & GW_ERR_CONN_LOST)
        ask_again(workspace, options->command, fault);
    else if (fault->code)
        emit_kept(workspace, flags, fault);
    code = fault->code;
    gw_run_finished(workspace, code, start);
    return code;
}
