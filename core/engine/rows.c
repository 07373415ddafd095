/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/rows.h"

#include "base/clock.h"

#include <sodium.h>
#include <string.h>

enum {
    LOCK_TRIES = 4, /* each waits for the lock_timeout of the session */
    PAUSE_MS = 100
};

const char *gw_direction_name(enum gw_direction direction)
{
    return direction == GW_UP ? "up" : "down";
}

void gw_batch_clear(struct gw_batch *batch)
{
    gw_arena_free(&batch->arena);
    batch->statements.len = 0;
    batch->settings = NULL;
    batch->n_settings = 0;
    batch->guards = 0;
    batch->fresh = false;
    batch->commits = false;
    batch->failed = false;
}

void gw_batch_free(struct gw_batch *batch)
{
    gw_batch_clear(batch);
    gw_vec_free(&batch->statements);
}

void gw_batch_add(struct gw_batch *batch, const char *sql, const struct gw_cell *args,
                  uint32_t n_args, uint32_t flags)
{
    struct gw_cell *kept = gw_arena_array(&batch->arena, n_args + 1, sizeof *kept);
    if (!kept) {
        batch->failed = true;
        return;
    }
    if (n_args)
        memcpy(kept, args, n_args * sizeof *kept);
    const struct gw_statement statement = { { sql, strlen(sql) }, kept, n_args, flags };
    if (!gw_vec_push(&batch->statements, statement))
        batch->failed = true;
}

#define ADD(batch, sql, flags, ...) \
    gw_batch_add(batch, sql, (const struct gw_cell[]){ __VA_ARGS__ }, \
                 sizeof((const struct gw_cell[]){ __VA_ARGS__ }) / sizeof(struct gw_cell), flags)

/* A text that need not outlive the call, as an argument. */
static struct gw_cell kept_text(struct gw_batch *batch, const char *text)
{
    const char *copy = gw_arena_string(&batch->arena, text);
    if (!copy)
        batch->failed = true;
    return gw_cell_text(copy ? copy : "");
}

void gw_batch_guard(struct gw_batch *batch, const struct gw_state *state)
{
    ADD(batch, state->sql[GW_SQL_GUARD], GW_STMT_EXPECT_TRUE, gw_cell_int(state->epoch));
    batch->guards++;
}

void gw_batch_doing(struct gw_batch *batch, const struct gw_state *state, const char *doing)
{
    ADD(batch, state->sql[GW_SQL_DOING], GW_STMT_ONE_ROW, kept_text(batch, doing),
        gw_cell_int(state->epoch));
    batch->guards++;
}

void gw_batch_program(struct gw_batch *batch, const struct gw_program *program, uint32_t first,
                      uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        const struct gw_program_statement *source = &program->statements.at[i];
        const struct gw_statement statement = {
            .sql = { source->sql, source->len },
            .flags = GW_STMT_USER | (source->assert_text ? (uint32_t)GW_STMT_EXPECT_TRUE : 0),
        };
        if (!gw_vec_push(&batch->statements, statement))
            batch->failed = true;
        batch->commits |= source->class_ != GW_CLASS_T;
    }
    batch->settings = program->script->settings;
    batch->n_settings = program->script->n_settings;
}

/* The ids of a revision's edges, space-separated. */
static const char *edge_ids(struct gw_batch *batch, const struct gw_history *history,
                            const uint32_t *edges, uint32_t n)
{
    struct gw_buf text = GW_BUF_TEXT;
    for (uint32_t i = 0; i < n; i++)
        gw_buf_printf(&text, "%s%s", i ? " " : "", history->at[edges[i]].id);
    const char *copy = gw_arena_copy(&batch->arena, gw_buf_str(&text), text.len);
    if (!copy || text.failed)
        batch->failed = true;
    gw_buf_free(&text);
    return copy ? copy : "";
}

void gw_batch_record(struct gw_batch *batch, const struct gw_workspace *workspace,
                     uint32_t revision, const struct gw_record *record)
{
    const struct gw_revision *from = &workspace->history.at[revision];
    char sha256[GW_HASH_TEXT], tokens[GW_HASH_TEXT];
    char now[GW_TIME_TEXT];

    gw_time_text(now, gw_clock_wall_ns());
    gw_hash_text(sha256, &from->sha256);
    gw_hash_text(tokens, &record->token_sha256);
    ADD(batch, workspace->state.sql[GW_SQL_RECORD], GW_STMT_ONE_ROW, gw_cell_text(from->id),
        gw_cell_text(from->kind != GW_KIND_VERSIONED ? "repeatable"
                     : from->flags & GW_REV_BASELINE ? "baseline"
                                                     : "versioned"),
        gw_cell_text(from->title),
        gw_cell_text(edge_ids(batch, &workspace->history, from->parents, from->n_parents)),
        gw_cell_text(edge_ids(batch, &workspace->history, from->depends, from->n_depends)),
        gw_cell_text(from->labels), kept_text(batch, sha256), kept_text(batch, tokens),
        kept_text(batch, now), gw_cell_text(workspace->who.user), gw_cell_text(workspace->who.host),
        gw_cell_text("godwit " GODWIT_VERSION), kept_text(batch, workspace->events->run),
        gw_cell_text(record->how), gw_cell_int(0), gw_cell_int(workspace->state.epoch),
        gw_cell_text(record->down.codec), gw_cell_blob(record->down.bytes, record->down.len));
}

void gw_batch_duration(struct gw_batch *batch, const struct gw_state *state, const char *id,
                       int64_t duration_ns)
{
    ADD(batch, state->sql[GW_SQL_DURATION], 0, gw_cell_int(duration_ns), kept_text(batch, id));
    batch->guards++;
}

void gw_batch_forget(struct gw_batch *batch, const struct gw_state *state, const char *id,
                     bool must)
{
    ADD(batch, state->sql[GW_SQL_FORGET], must ? (uint32_t)GW_STMT_ONE_ROW : 0,
        kept_text(batch, id));
}

void gw_batch_journal(struct gw_batch *batch, const struct gw_workspace *workspace,
                      const struct gw_journal_entry *entry)
{
    char sha256[GW_HASH_TEXT], now[GW_TIME_TEXT];

    gw_time_text(now, gw_clock_wall_ns());
    gw_hash_text(sha256, &entry->statement->sha256);
    ADD(batch, workspace->state.sql[GW_SQL_JOURNAL_ADD], GW_STMT_ONE_ROW,
        kept_text(batch, entry->revision), gw_cell_text(gw_direction_name(entry->direction)),
        gw_cell_int(entry->number), gw_cell_int(entry->total), kept_text(batch, sha256),
        gw_cell_text(gw_class_name(entry->statement->class_)), gw_cell_text(entry->state),
        kept_text(batch, entry->before), kept_text(batch, entry->after),
        gw_cell_int(workspace->state.epoch), kept_text(batch, workspace->session.connection),
        kept_text(batch, workspace->events->run), kept_text(batch, now));
}

void gw_batch_journal_state(struct gw_batch *batch, const struct gw_state *state,
                            const struct gw_journal_entry *entry)
{
    ADD(batch, state->sql[GW_SQL_JOURNAL_STATE], GW_STMT_ONE_ROW, gw_cell_text(entry->state),
        kept_text(batch, entry->after), kept_text(batch, entry->revision),
        gw_cell_text(gw_direction_name(entry->direction)), gw_cell_int(entry->number));
}

void gw_batch_journal_drop(struct gw_batch *batch, const struct gw_state *state,
                           const struct gw_journal_entry *entry)
{
    ADD(batch, state->sql[GW_SQL_JOURNAL_DROP], 0, kept_text(batch, entry->revision),
        gw_cell_text(gw_direction_name(entry->direction)), gw_cell_int(entry->number));
}

void gw_batch_journal_clear(struct gw_batch *batch, const struct gw_state *state,
                            const char *revision, enum gw_direction direction)
{
    ADD(batch, state->sql[GW_SQL_JOURNAL_CLEAR], 0, kept_text(batch, revision),
        gw_cell_text(gw_direction_name(direction)));
}

void gw_batch_audit(struct gw_batch *batch, const struct gw_workspace *workspace, uint32_t number,
                    const char *action, const char *subject, const char *reason)
{
    char now[GW_TIME_TEXT];
    gw_time_text(now, gw_clock_wall_ns());
    ADD(batch, workspace->state.sql[GW_SQL_AUDIT], GW_STMT_ONE_ROW,
        kept_text(batch, workspace->events->run), gw_cell_int(number), kept_text(batch, now),
        gw_cell_text(workspace->who.user), gw_cell_text(workspace->who.host),
        kept_text(batch, action), kept_text(batch, subject), kept_text(batch, reason));
}

/* ---- running ---- */

/* Another session was in the way, the unit was rolled back, and its place in the server's queue is given up: others
 * get through, and a later try may find the way free. A database that locks as a whole has waited long enough. */
static bool try_again(const struct gw_session *session, const struct gw_batch *batch,
                      uint32_t count, int tries)
{
    return session->driver.row_lock && session->status == GW_E_LOCKED && tries < LOCK_TRIES &&
           session->error_flags & GW_ERR_RETRYABLE && !(session->error_flags & GW_ERR_TX_ABORTED) &&
           !(session->stop && session->stop->level) && (!batch->commits || count <= batch->guards);
}

static int run_with_patience(const struct gw_batch *batch, struct gw_session *session,
                             const struct gw_run *run, uint32_t *count, struct gw_fault *fault)
{
    for (int tries = 1;; tries++) {
        int code = gw_session_run(session, run, count, GW_UNCHANGED, fault);
        if (!code || !try_again(session, batch, *count, tries))
            return code;
        gw_emit(session->events, GW_LEVEL_WARN, "unit.waiting",
                GW_FIELDS(gw_field_int("try", tries), gw_field_text("message", fault->message)),
                "trying again (%d of %d): %s", tries, LOCK_TRIES - 1, fault->message);
        *fault = (struct gw_fault){ 0 };
        gw_sleep_ns((int64_t)(PAUSE_MS * tries + (int)randombytes_uniform(PAUSE_MS)) * 1000000);
    }
}

int gw_batch_run(struct gw_batch *batch, struct gw_session *session, uint64_t flags, uint32_t *done,
                 struct gw_fault *fault)
{
    const uint32_t guards = batch->guards;
    uint32_t count = 0;
    int code = GW_DONE;

    if (batch->failed || batch->statements.len > UINT32_MAX)
        code = gw_fail_memory(fault);
    else if (batch->statements.len) {
        const struct gw_run run = {
            .struct_size = sizeof run,
            .n_statements = (uint32_t)batch->statements.len,
            .flags = flags | (batch->fresh ? GW_RUN_FRESH : 0),
            .statements = batch->statements.at,
            .settings = batch->settings,
            .n_settings = batch->n_settings,
        };
        code = run_with_patience(batch, session, &run, &count, fault);
    }
    if (done)
        *done = count >= guards ? count - guards : GW_NO_STATEMENT;
    gw_batch_clear(batch);
    if (code && count < guards &&
        (session->status == GW_E_FENCED || session->status == GW_E_ASSERT)) {
        *fault = (struct gw_fault){ 0 };
        code = gw_fail(fault, GW_LOCKED,
                       "the migration lock is not ours any more: another runner has it");
        gw_hint(fault, "`godwit lock status` shows who; what this run did before stays");
    }
    return code;
}
