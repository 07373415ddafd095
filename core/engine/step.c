/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/step.h"

#include "base/clock.h"
#include "base/text.h"
#include "migration/formats/format.h"

#include <inttypes.h>
#include <stdio.h>

void gw_step_free(struct gw_step_work *work)
{
    gw_program_free(&work->program);
    gw_script_free(&work->script);
    gw_arena_free(&work->arena);
}

/* ---- loading ---- */

static int check_down(const struct gw_step_work *work, struct gw_fault *fault)
{
    const struct gw_script *script = &work->script;
    if (script->irreversible) {
        gw_fail(fault, GW_USAGE, "%s: '%s' is irreversible: %s", script->file, work->revision->id,
                script->irreversible);
        return gw_hint(fault, "write a new migration that moves forward instead");
    }
    if (!script->exists) {
        gw_fail(fault, GW_USAGE, "%s: '%s' cannot be reverted: it has no down", script->file,
                work->revision->id);
        return gw_hint(fault, "add its down, or write a new migration that undoes it");
    }
    return GW_DONE;
}

static int check_unchanged(const struct gw_step_work *work, struct gw_fault *fault)
{
    if (memcmp(&work->script.sha256, &work->revision->sha256, sizeof work->script.sha256) == 0)
        return GW_DONE;
    gw_fail(fault, GW_UNCHANGED, "%s was changed while this command was running",
            work->script.file);
    return gw_hint(fault, "run the command again once nobody edits it");
}

/* What is to be kept in the database for the way back. */
static int load_down(struct gw_step_work *work, struct gw_fault *fault)
{
    const struct gw_workspace *workspace = work->workspace;
    struct gw_script down;
    int code = gw_script_read(&down, &workspace->history, work->step.revision, GW_DOWN,
                              workspace->session.driver.dialect, fault);
    if (!code && !down.irreversible)
        code = gw_stored_pack(&work->record.down, &down, &work->arena, fault);
    gw_script_free(&down);
    return code;
}

int gw_step_load(struct gw_step_work *out, struct gw_workspace *workspace, struct gw_step step,
                 enum gw_apply_how how, struct gw_fault *fault)
{
    const char *dialect = workspace->session.driver.dialect;
    int code;

    *out = (struct gw_step_work){ .workspace = workspace,
                                  .step = step,
                                  .revision = &workspace->history.at[step.revision],
                                  .record = { .how = how == GW_APPLY_RUN    ? "run"
                                                     : how == GW_APPLY_FAKE ? "fake"
                                                                            : "stamp",
                                              .down = { .codec = "" } } };
    bool ghost = out->revision->flags & GW_REV_GHOST;
    if (step.direction == GW_DOWN && how != GW_APPLY_RUN)
        return GW_DONE; /* only forgotten: its text does not matter */
    if (ghost && step.direction == GW_UP)
        return gw_fail(fault, GW_USAGE, "'%s' has no file in '%s'", out->revision->id,
                       workspace->history.directory);
    if (ghost)
        code = gw_stored_read(&out->script, &workspace->state, &workspace->session,
                              out->revision->id, fault);
    else {
        code = gw_script_read(&out->script, &workspace->history, step.revision, step.direction,
                              dialect, fault);
        if (!code)
            code = check_unchanged(out, fault);
    }
    if (!code && step.direction == GW_DOWN)
        code = check_down(out, fault);
    out->record.token_sha256 = out->script.token_sha256;
    if (!code && how == GW_APPLY_RUN)
        code = gw_program_make(&out->program, &workspace->session, &out->script, fault);
    return code;
}

/* ---- failures ---- */

/* "FILE:LINE: message" for statement number at (from 0) of the program. */
int gw_step_blame(const struct gw_step_work *work, uint32_t at, int code, struct gw_fault *fault)
{
    const struct gw_program *program = &work->program;
    const struct gw_session *session = &work->workspace->session;

    fault->code = fault->code == GW_LOCKED || fault->code == GW_NO_CONNECTION ? fault->code : code;
    if (code == GW_HALFWAY)
        fault->code = code;
    if (at >= program->statements.len)
        return gw_fault_prefix(fault, "%s: '%s' %s", work->script.file, work->revision->id,
                               gw_direction_name(work->step.direction));
    const struct gw_program_statement *statement = &program->statements.at[at];
    if (session->status == GW_E_ASSERT && statement->assert_text) {
        *fault = (struct gw_fault){ 0 };
        gw_fail(fault, code, "%s:%u: assertion failed: %s", work->script.file, statement->line,
                statement->assert_text);
        return gw_hint(fault, "look at the data that the assertion speaks of, then run again");
    }
    unsigned line = 1, column;
    if (session->error_begin < statement->len)
        gw_text_position(statement->sql, (size_t)session->error_begin, &line, &column);
    return gw_fault_prefix(fault, "%s:%u", work->script.file, statement->line + line - 1);
}

static int halfway(const struct gw_step_work *work, uint32_t done, struct gw_fault *fault)
{
    const uint32_t total = (uint32_t)work->program.statements.len;
    struct gw_buf ways = GW_BUF_TEXT;

    fault->code = GW_HALFWAY;
    gw_journal_ways(&ways, done, total);
    gw_hint(fault, "'%s' (%s) is half-way: %" PRIu32 " of %" PRIu32 " statements done; %s",
            work->revision->id, gw_direction_name(work->step.direction), done, total,
            gw_buf_str(&ways));
    gw_buf_free(&ways);
    return GW_HALFWAY;
}

/* ---- units ---- */

static void emit_unit(const struct gw_step_work *work, const struct gw_unit *unit)
{
    gw_emit(work->workspace->events, GW_LEVEL_DETAIL, "statement.done",
            GW_FIELDS(gw_field_text("revision", work->revision->id),
                      gw_field_int("number", unit->first + unit->n),
                      gw_field_int("total", (int64_t)work->program.statements.len)),
            "%s: %" PRIu32 " of %zu statements done", work->revision->id, unit->first + unit->n,
            work->program.statements.len);
}

struct gw_journal_entry gw_step_entry(const struct gw_step_work *work, uint32_t at,
                                      const char *state)
{
    return (struct gw_journal_entry){
        .revision = work->revision->id,
        .direction = work->step.direction,
        .number = at + 1,
        .total = (uint32_t)work->program.statements.len,
        .statement = &work->program.statements.at[at],
        .state = state,
        .before = "",
        .after = "",
    };
}

/* The row that says that the step is done; and its journal, which has served. */
static void add_record(const struct gw_step_work *work, struct gw_batch *batch)
{
    const struct gw_state *state = &work->workspace->state;
    const struct gw_revision *revision = work->revision;

    /* What is only recorded may end a half-way revision too. */
    if (work->program.journalled || strcmp(work->record.how, "run") != 0)
        gw_batch_journal_clear(batch, state, revision->id, work->step.direction);
    if (revision->kind == GW_KIND_BEFORE || revision->kind == GW_KIND_AFTER)
        return;
    if (work->step.direction == GW_DOWN) {
        gw_batch_forget(batch, state, revision->id, true);
        return;
    }
    if (revision->kind == GW_KIND_REPEATABLE)
        gw_batch_forget(batch, state, revision->id, false);
    gw_batch_record(batch, work->workspace, work->step.revision, &work->record);
}

static int run_transaction(struct gw_step_work *work, const struct gw_unit *unit, uint64_t flags,
                           bool last, bool fresh, struct gw_batch *batch, struct gw_fault *fault)
{
    uint32_t done;
    batch->fresh = fresh;
    gw_batch_guard(batch, &work->workspace->state);
    gw_batch_program(batch, &work->program, unit->first, unit->n);
    for (uint32_t i = unit->first; i < unit->first + unit->n && work->program.journalled && !last;
         i++) {
        const struct gw_journal_entry entry = gw_step_entry(work, i, "done");
        gw_batch_journal(batch, work->workspace, &entry);
    }
    if (last)
        add_record(work, batch);
    int code = gw_batch_run(batch, &work->workspace->session, GW_RUN_TX | flags, &done, fault);
    if (code)
        return gw_step_blame(work, done < unit->n ? unit->first + done : GW_NO_STATEMENT,
                             GW_UNCHANGED, fault);
    return GW_DONE;
}

/* A statement that commits by itself failed: an error is not "no effect". */
static int settle_failure(struct gw_step_work *work, uint32_t at, const char *before,
                          struct gw_batch *batch, int32_t *result, struct gw_fault *fault)
{
    struct gw_fault second = { 0 };
    const struct gw_program_statement *statement = &work->program.statements.at[at];
    struct gw_journal_entry entry = gw_step_entry(work, at, "undetermined");

    gw_step_blame(work, at, GW_UNCHANGED, fault);
    if (gw_journal_probe(&work->workspace->session, statement, before, result, &second))
        *result = GW_PROBE_UNCLEAR;
    if (*result == GW_PROBE_DONE)
        return GW_DONE;
    gw_batch_guard(batch, &work->workspace->state);
    gw_batch_journal_drop(batch, &work->workspace->state, &entry);
    if (*result != GW_PROBE_ABSENT) { /* the intent may have been rolled back with the statement */
        entry.before = before;
        gw_batch_journal(batch, work->workspace, &entry);
    }
    second = (struct gw_fault){ 0 };
    if (gw_batch_run(batch, &work->workspace->session, GW_RUN_TX, NULL, &second))
        *result = GW_PROBE_UNCLEAR;
    return fault->code;
}

/* What a statement that runs by itself left behind when it failed; nothing if it had its effect all the same. */
static int settled(struct gw_step_work *work, uint32_t at, const char *before,
                   struct gw_batch *batch, struct gw_fault *failed, struct gw_fault *fault)
{
    int32_t result = GW_PROBE_DONE;
    int code = settle_failure(work, at, before, batch, &result, failed);
    if (code)
        *fault = *failed;
    if (code && result == GW_PROBE_UNCLEAR)
        fault->code = GW_HALFWAY;
    return code;
}

int gw_step_run_alone(struct gw_step_work *work, uint32_t at, bool fresh, struct gw_fault *fault)
{
    const struct gw_program_statement *source = &work->program.statements.at[at];
    const struct gw_statement statement = { { source->sql, source->len }, NULL, 0, GW_STMT_USER };
    const struct gw_run run = { .struct_size = sizeof run,
                                .n_statements = 1,
                                .flags = fresh ? GW_RUN_FRESH : 0,
                                .statements = &statement,
                                .settings = work->script.settings,
                                .n_settings = work->script.n_settings };
    return gw_session_run(&work->workspace->session, &run, NULL, GW_UNCHANGED, fault);
}

/* A statement that cannot run in a transaction. */
static int run_statement(struct gw_step_work *work, uint32_t at, const char *before, bool fresh,
                         struct gw_batch *batch, struct gw_fault *fault)
{
    struct gw_fault failed = { 0 };
    int code = gw_step_run_alone(work, at, fresh, &failed);
    return code ? settled(work, at, before, batch, &failed, fault) : GW_DONE;
}

static void add_done(struct gw_step_work *work, uint32_t at, bool last, struct gw_batch *batch)
{
    const struct gw_journal_entry entry = gw_step_entry(work, at, "done");
    if (last)
        add_record(work, batch);
    else
        gw_batch_journal_state(batch, &work->workspace->state, &entry);
}

/* The intent, where it is not journalled yet; may be done twice. */
static void add_intent(struct gw_step_work *work, uint32_t at, const char *before,
                       struct gw_batch *batch)
{
    struct gw_journal_entry entry = gw_step_entry(work, at, "intent");
    entry.before = before;
    gw_batch_doing(batch, &work->workspace->state, work->revision->id);
    gw_batch_journal_drop(batch, &work->workspace->state, &entry);
    gw_batch_journal(batch, work->workspace, &entry);
    batch->guards += 2;
}

/* A statement that is atomic and commits by itself, if it is what it seems to be. It ends the transaction that holds
 * its intent before it begins, and the row that says that it is done follows in the next one. What EXECUTE runs may
 * turn out to be transactional: then all three happen together, or none. */
static int run_atomic(struct gw_step_work *work, uint32_t at, const char *before, bool begun,
                      bool fresh, bool last, struct gw_batch *batch, struct gw_fault *fault)
{
    struct gw_fault failed = { 0 };
    uint32_t done;

    if (begun)
        gw_batch_guard(batch, &work->workspace->state);
    else
        add_intent(work, at, before, batch);
    gw_batch_program(batch, &work->program, at, 1);
    add_done(work, at, last, batch);
    batch->fresh = fresh;
    int code = gw_batch_run(batch, &work->workspace->session, GW_RUN_TX, &done, &failed);
    if (!code)
        return GW_DONE;
    if (done == 0)
        code = settled(work, at, before, batch, &failed, fault);
    else {
        bool nothing = done == GW_NO_STATEMENT && !begun;
        *fault = failed;
        return gw_step_blame(work, at, nothing ? GW_UNCHANGED : GW_HALFWAY, fault);
    }
    if (code)
        return code;
    gw_batch_guard(batch, &work->workspace->state);
    add_done(work, at, last, batch);
    code = gw_batch_run(batch, &work->workspace->session, GW_RUN_TX, NULL, fault);
    return code ? gw_step_blame(work, at, GW_HALFWAY, fault) : GW_DONE;
}

/* A statement that commits by itself: intent, run, done. begun: the intent is journalled already. */
static int run_alone(struct gw_step_work *work, uint32_t at, bool last, bool begun, bool fresh,
                     struct gw_batch *batch, struct gw_fault *fault)
{
    struct gw_workspace *workspace = work->workspace;
    const struct gw_program_statement *statement = &work->program.statements.at[at];
    char before[GW_HASH_TEXT] = "";
    bool there = false;
    int code = GW_DONE;

    if (statement->probe)
        code = gw_journal_ask(&workspace->session, statement->probe, &there, fault);
    if (!code && statement->class_ == GW_CLASS_A)
        code = gw_session_fingerprint(
            &workspace->session, (struct gw_str){ statement->sql, statement->len }, before, fault);
    if (code)
        return gw_step_blame(work, at, GW_UNCHANGED, fault);
    if (!there && statement->class_ == GW_CLASS_A)
        return run_atomic(work, at, before, begun, fresh, last, batch, fault);
    if (!begun) {
        add_intent(work, at, before, batch);
        code = gw_batch_run(batch, &workspace->session, GW_RUN_TX, NULL, fault);
    }
    if (!code && !there)
        code = run_statement(work, at, before, fresh, batch, fault);
    if (code)
        return code;
    gw_batch_guard(batch, &workspace->state);
    add_done(work, at, last, batch);
    code = gw_batch_run(batch, &workspace->session, GW_RUN_TX, NULL, fault);
    return code ? gw_step_blame(work, at, GW_HALFWAY, fault) : GW_DONE;
}

/* ---- a step ---- */

/* What the journal says of a unit that was begun: whether it is done, or only intended. */
static int unit_state(struct gw_step_work *work, const struct gw_journal *journal,
                      const struct gw_unit *unit, bool *done, bool *begun, struct gw_fault *fault)
{
    const struct gw_journal_row *row = journal ? gw_journal_find(journal, unit->first + 1) : NULL;
    const struct gw_program_statement *statement = &work->program.statements.at[unit->first];
    int32_t result;

    *done = *begun = false;
    if (!row)
        return GW_DONE;
    *done = row->state == GW_JOURNAL_DONE;
    if (*done)
        return GW_DONE;
    *begun = true;
    if (row->state == GW_JOURNAL_UNDOING) {
        gw_fail(fault, GW_HALFWAY, "%s:%u: this statement is being undone", work->script.file,
                statement->line);
        return gw_hint(fault, "finish that with `godwit revert-partial`");
    }
    /* What was unclear may be clear by now: somebody may have tidied up. */
    int code = gw_journal_probe(&work->workspace->session, statement, row->before, &result, fault);
    if (code || result == GW_PROBE_ABSENT)
        return code;
    if (result == GW_PROBE_DONE) {
        struct gw_batch batch = { 0 };
        gw_batch_guard(&batch, &work->workspace->state);
        add_done(work, unit->first, false, &batch);
        *done = true;
        code = gw_batch_run(&batch, &work->workspace->session, GW_RUN_TX, NULL, fault);
        gw_batch_free(&batch);
        return code;
    }
    gw_fail(fault, GW_HALFWAY, "%s:%u: whether this statement took effect is not known",
            work->script.file, statement->line);
    return halfway(work, gw_journal_done(journal), fault);
}

static int finish(struct gw_step_work *work, struct gw_batch *batch, uint64_t flags,
                  struct gw_fault *fault)
{
    gw_batch_guard(batch, &work->workspace->state);
    add_record(work, batch);
    return gw_batch_run(batch, &work->workspace->session, GW_RUN_TX | flags, NULL, fault);
}

/* The session is another one than that in which the first statements ran: what they set in it is set again. */
static int repeat_settings(struct gw_step_work *work, uint32_t n_done, struct gw_batch *batch,
                           struct gw_fault *fault)
{
    for (uint32_t i = 0; i < n_done; i++)
        if (work->program.statements.at[i].setting)
            gw_batch_program(batch, &work->program, i, 1);
    batch->fresh = true;
    int code = gw_batch_run(batch, &work->workspace->session, GW_RUN_TX, NULL, fault);
    return code ? gw_step_blame(work, GW_NO_STATEMENT, GW_HALFWAY, fault) : GW_DONE;
}

static int run_units(struct gw_step_work *work, const struct gw_journal *journal, uint64_t flags,
                     struct gw_batch *batch, struct gw_fault *fault)
{
    const struct gw_program *program = &work->program;
    uint32_t n_done = 0;
    bool recorded = false, fresh = true;

    for (size_t u = 0; u < program->units.len; u++) {
        const struct gw_unit *unit = &program->units.at[u];
        bool last = u + 1 == program->units.len, done, begun;
        int code = unit_state(work, journal, unit, &done, &begun, fault);
        if (!code && !done && fresh && n_done)
            code = repeat_settings(work, n_done, batch, fault);
        if (!code && !done) {
            const bool first = fresh && !n_done;
            code = unit->transaction
                       ? run_transaction(work, unit, flags, last, first, batch, fault)
                       : run_alone(work, unit->first, last, begun, first, batch, fault);
            recorded = last;
            fresh = false;
        }
        if (code)
            return n_done || code == GW_HALFWAY ? halfway(work, n_done, fault) : code;
        n_done += unit->n;
        if (program->journalled)
            emit_unit(work, unit);
    }
    return recorded ? GW_DONE : finish(work, batch, flags, fault);
}

/* Where statements commit by themselves, a slip in the last one would leave the revision half-way: the database reads
 * them all before the first runs, but for a first one, which can fail without harm; or up to a setting that changes
 * how it reads. */
static int check_syntax(const struct gw_step_work *work, struct gw_fault *fault)
{
    const struct gw_program *program = &work->program;
    for (size_t i = 0; i < program->statements.len && program->journalled; i++) {
        const struct gw_program_statement *statement = &program->statements.at[i];
        if (statement->reading)
            return GW_DONE;
        if (!statement->setting && (i > 0 || statement->class_ > GW_CLASS_A) &&
            gw_session_check(&work->workspace->session,
                             (struct gw_str){ statement->sql, statement->len }, fault))
            return gw_step_blame(work, (uint32_t)i, GW_UNCHANGED, fault);
    }
    return GW_DONE;
}

int gw_step_run(struct gw_step_work *work, enum gw_apply_how how, const struct gw_journal *journal,
                bool relaxed, struct gw_pending_duration *duration, struct gw_fault *fault)
{
    struct gw_batch batch = { 0 };
    uint64_t flags = relaxed ? GW_RUN_RELAXED : 0;
    int64_t start = gw_clock_steady_ns();
    int code = GW_DONE;

    if (work->step.direction == GW_UP)
        code = load_down(work, fault);
    if (!code && journal)
        code = gw_journal_matches(journal, &work->program, fault);
    if (!code && !journal && how == GW_APPLY_RUN)
        code = check_syntax(work, fault);
    if (duration->id[0])
        gw_batch_duration(&batch, &work->workspace->state, duration->id, duration->ns);
    duration->id[0] = '\0';
    work->workspace->session.journalled = work->program.journalled;
    if (!code)
        code = how == GW_APPLY_RUN ? run_units(work, journal, flags, &batch, fault)
                                   : finish(work, &batch, flags, fault);
    work->workspace->session.journalled = false;
    if (!code && work->step.direction == GW_UP && how == GW_APPLY_RUN) {
        snprintf(duration->id, sizeof duration->id, "%s", work->revision->id);
        duration->ns = gw_clock_steady_ns() - start;
    }
    gw_batch_free(&batch);
    return code;
}
