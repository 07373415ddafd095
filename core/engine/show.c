/* SPDX-License-Identifier: Apache-2.0 */
/* A plan shown instead of run: statement by statement (--plan), or as a script (--sql). */
#include "base/clock.h"
#include "engine/apply.h"
#include "engine/step.h"

#include <inttypes.h>

/* ---- --plan ---- */

static void show_statement(const struct gw_step_work *work, uint32_t at)
{
    const struct gw_program_statement *statement = &work->program.statements.at[at];
    struct gw_arena arena = { 0 };
    struct gw_buf lines = GW_BUF(SIZE_MAX / 4);
    const char *sql = gw_arena_copy(&arena, statement->sql, statement->len);

    for (size_t i = 0; i < statement->len; i++) {
        gw_buf_char(&lines, statement->sql[i]);
        if (statement->sql[i] == '\n')
            gw_buf_text(&lines, "      ");
    }

    gw_emit(work->workspace->events, GW_LEVEL_DATA, "plan.statement",
            GW_FIELDS(gw_field_text("revision", work->revision->id), gw_field_int("number", at + 1),
                      gw_field_text("class", gw_class_name(statement->class_)),
                      gw_field_text("file", work->script.file),
                      gw_field_int("line", statement->line), gw_field_text("sql", sql)),
            "  [%s] %s:%u\n      %s", gw_class_name(statement->class_), work->script.file,
            statement->line, gw_buf_str(&lines));
    gw_buf_free(&lines);
    gw_arena_free(&arena);
}

static void show_step(const struct gw_step_work *work, size_t number, size_t total)
{
    const char *class_ = gw_program_class(&work->program);
    gw_emit(work->workspace->events, GW_LEVEL_DATA, "plan.step",
            GW_FIELDS(gw_field_text("revision", work->revision->id),
                      gw_field_text("title", work->revision->title),
                      gw_field_text("direction", gw_direction_name(work->step.direction)),
                      gw_field_text("class", class_), gw_field_int("number", (int64_t)number),
                      gw_field_int("statements", (int64_t)work->program.statements.len),
                      gw_field_int("units", (int64_t)work->program.units.len)),
            "%zu/%zu  %s  %s  %s  [%s]%s", number, total, gw_direction_name(work->step.direction),
            work->revision->id, work->revision->title, class_,
            work->program.journalled ? " journalled, statement by statement"
                                     : " one transaction with its record");
    for (uint32_t i = 0; i < work->program.statements.len; i++)
        show_statement(work, i);
}

int gw_plan_show(struct gw_workspace *workspace, const struct gw_plan *plan, struct gw_fault *fault)
{
    int code = GW_DONE;
    for (size_t i = 0; i < plan->steps.len && !code; i++) {
        struct gw_step_work work;
        code = gw_step_load(&work, workspace, plan->steps.at[i], GW_APPLY_RUN, fault);
        if (!code)
            show_step(&work, i + 1, plan->steps.len);
        gw_step_free(&work);
    }
    return code;
}

/* ---- --sql ---- */

/* One of our own statements with its arguments written out as literals. */
static int write_statement(struct gw_workspace *workspace, const struct gw_statement *statement,
                           struct gw_buf *out, struct gw_fault *fault)
{
    uint32_t arg = 0;
    for (size_t i = 0; i < statement->sql.len; i++) {
        const char *s = statement->sql.ptr + i;
        if (*s != '?' || arg >= statement->n_args) {
            gw_buf_char(out, *s);
            continue;
        }
        const struct gw_cell *cell = &statement->args[arg++];
        while (i + 1 < statement->sql.len && s[1] >= '0' && s[1] <= '9') {
            s++;
            i++;
        }
        int code = GW_DONE;
        if (cell->kind == GW_INT)
            gw_buf_printf(out, "%" PRId64, cell->v.i);
        else if (cell->kind == GW_NULL)
            gw_buf_text(out, "NULL");
        else
            code = gw_session_quote(&workspace->session, GW_QUOTE_TEXT, cell->v.s.ptr,
                                    cell->v.s.len, out, fault);
        if (code)
            return code;
    }
    gw_buf_text(out, ";\n");
    return GW_DONE;
}

static int write_record(struct gw_step_work *work, struct gw_buf *out, struct gw_fault *fault)
{
    struct gw_batch batch = { 0 };
    int code = GW_DONE;

    /* The way back stays with the files: a script for people carries no packed bytes. */
    work->record.down = (struct gw_stored){ .codec = "" };
    work->record.how = "sql";
    if (work->step.direction == GW_DOWN)
        gw_batch_forget(&batch, &work->workspace->state, work->revision->id, true);
    else if (work->revision->kind == GW_KIND_VERSIONED ||
             work->revision->kind == GW_KIND_REPEATABLE)
        gw_batch_record(&batch, work->workspace, work->step.revision, &work->record);
    if (batch.failed)
        code = gw_fail_memory(fault);
    for (size_t i = 0; i < batch.statements.len && !code; i++)
        code = write_statement(work->workspace, &batch.statements.at[i], out, fault);
    gw_batch_free(&batch);
    return code;
}

static int write_step(struct gw_step_work *work, struct gw_buf *out, struct gw_fault *fault)
{
    const struct gw_program *program = &work->program;
    int code = GW_DONE;

    gw_buf_printf(out, "\n-- %s %s: ", gw_direction_name(work->step.direction), work->revision->id);
    /* A title is a stranger's text: it must not leave its comment. */
    for (const char *s = work->revision->title; *s; s++)
        gw_buf_char(out, (unsigned char)*s < ' ' ? ' ' : *s);
    gw_buf_char(out, '\n');
    for (size_t u = 0; u < program->units.len && !code; u++) {
        const struct gw_unit *unit = &program->units.at[u];
        bool last = u + 1 == program->units.len;
        if (unit->transaction)
            gw_buf_text(out, "BEGIN;\n");
        for (uint32_t i = unit->first; i < unit->first + unit->n; i++) {
            gw_buf_add(out, program->statements.at[i].sql, program->statements.at[i].len);
            /* On a line of its own: the statement may end in a comment. */
            gw_buf_text(out, "\n;\n");
        }
        if (last)
            code = write_record(work, out, fault);
        if (unit->transaction)
            gw_buf_text(out, "COMMIT;\n");
    }
    if (!program->units.len)
        code = write_record(work, out, fault);
    return code;
}

int gw_plan_sql(struct gw_workspace *workspace, const struct gw_plan *plan, enum gw_apply_how how,
                bool from_base, struct gw_buf *out, struct gw_fault *fault)
{
    char now[GW_TIME_TEXT];
    int code = GW_DONE;

    gw_time_text(now, gw_clock_wall_ns());
    gw_buf_printf(out, "-- written by godwit %s at %s for %s\n", GODWIT_VERSION, now,
                  workspace->session.driver.dialect);
    for (size_t i = 0; i < GW_STATE_STATEMENTS && from_base; i++)
        gw_buf_printf(out, "%s;\n", workspace->state.tables[i]);
    for (size_t i = 0; i < plan->steps.len && !code; i++) {
        struct gw_step_work work;
        code = gw_step_load(&work, workspace, plan->steps.at[i], how, fault);
        if (!code)
            code = write_step(&work, out, fault);
        gw_step_free(&work);
    }
    if (!code && out->failed)
        code = gw_fail_memory(fault);
    return code;
}
