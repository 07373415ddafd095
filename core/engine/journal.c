/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/journal.h"

#include "plugin/call.h"

#include <inttypes.h>
#include <string.h>

void gw_journal_free(struct gw_journal *journal)
{
    gw_vec_free(&journal->rows);
    gw_arena_free(&journal->arena);
}

static bool text_is(const struct gw_cell *cell, const char *text)
{
    return cell->kind == GW_TEXT && cell->v.s.len == strlen(text) &&
           memcmp(cell->v.s.ptr, text, cell->v.s.len) == 0;
}

static int nonsense(struct gw_fault *fault, const char *what)
{
    gw_fail(fault, GW_HALFWAY, "the statement journal cannot be understood: %s", what);
    return gw_hint(fault,
                   "nothing was changed; look at the table godwit_statement, and restore it or "
                   "ask whoever wrote to it");
}

static int journal_state(const struct gw_cell *cell, enum gw_journal_state *out,
                         struct gw_fault *fault)
{
    static const char *const names[] = { [GW_JOURNAL_INTENT] = "intent",
                                         [GW_JOURNAL_DONE] = "done",
                                         [GW_JOURNAL_UNDETERMINED] = "undetermined",
                                         [GW_JOURNAL_UNDOING] = "undoing" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_is(cell, names[i])) {
            *out = (enum gw_journal_state)i;
            return GW_DONE;
        }
    return nonsense(fault, "unknown state");
}

enum {
    COLUMNS = 11
}; /* of GW_SQL_JOURNAL */

/* Which revision, and which way: the same in all rows. */
static int take_revision(struct gw_journal *journal, const struct gw_cell *cells,
                         struct gw_fault *fault)
{
    bool up = text_is(&cells[1], "up");

    if (cells[0].kind != GW_TEXT || cells[0].v.s.len == 0)
        return nonsense(fault, "a row without a revision");
    if (!up && !text_is(&cells[1], "down"))
        return nonsense(fault, "unknown direction");
    if (!journal->revision) {
        journal->revision = gw_cell_copy(&journal->arena, &cells[0]);
        journal->direction = up ? GW_UP : GW_DOWN;
        return journal->revision ? GW_DONE : gw_fail_memory(fault);
    }
    return text_is(&cells[0], journal->revision) && up == (journal->direction == GW_UP)
               ? GW_DONE
               : nonsense(fault, "more than one revision is half-way");
}

static int take_number(const struct gw_journal *journal, const struct gw_cell *cells,
                       struct gw_journal_row *row, struct gw_fault *fault)
{
    int64_t number = gw_cell_number(&cells[2]), total = gw_cell_number(&cells[3]);

    if (number < 1 || total < number || total > UINT32_MAX)
        return nonsense(fault, "a statement number out of range");
    if (journal->rows.len && journal->rows.at[journal->rows.len - 1].number >= number)
        return nonsense(fault, "statement numbers out of order");
    row->number = (uint32_t)number;
    row->total = (uint32_t)total;
    return GW_DONE;
}

static int take_statement(const struct gw_cell *cells, struct gw_journal_row *row,
                          struct gw_fault *fault)
{
    if (cells[4].kind != GW_TEXT || gw_hash_parse(&row->sha256, cells[4].v.s.ptr, cells[4].v.s.len))
        return nonsense(fault, "a hash that is not one");
    if (cells[5].kind != GW_TEXT || cells[5].v.s.len != 1 ||
        !memchr("TAPN", cells[5].v.s.ptr[0], 4))
        return nonsense(fault, "unknown class");
    row->class_ = cells[5].v.s.ptr[0];
    return journal_state(&cells[6], &row->state, fault);
}

int gw_journal_take(struct gw_journal *journal, const struct gw_cell *cells, uint32_t n,
                    struct gw_fault *fault)
{
    struct gw_journal_row row = { 0 };

    if (n != COLUMNS)
        return nonsense(fault, "a row of another shape");
    int code = take_revision(journal, cells, fault);
    if (!code)
        code = take_number(journal, cells, &row, fault);
    if (!code)
        code = take_statement(cells, &row, fault);
    if (code)
        return code;
    row.before = gw_cell_copy(&journal->arena, &cells[7]);
    row.after = gw_cell_copy(&journal->arena, &cells[8]);
    return row.before && row.after && gw_vec_push(&journal->rows, row) ? GW_DONE
                                                                       : gw_fail_memory(fault);
}

static int journal_row(void *payload, const struct gw_cell *cells, uint32_t n,
                       struct gw_fault *fault)
{
    return gw_journal_take(payload, cells, n, fault);
}

int gw_journal_load(struct gw_journal *out, struct gw_state *state, struct gw_session *session,
                    struct gw_fault *fault)
{
    *out = (struct gw_journal){ 0 };
    if (!state->exists)
        return GW_DONE;
    const struct gw_query query = {
        state->sql[GW_SQL_JOURNAL], NULL, 0, COLUMNS, journal_row, out
    };
    return gw_session_query(session, &query, fault);
}

uint32_t gw_journal_done(const struct gw_journal *journal)
{
    uint32_t n = 0;
    for (size_t i = 0; i < journal->rows.len; i++)
        n += journal->rows.at[i].state == GW_JOURNAL_DONE;
    return n;
}

uint32_t gw_journal_total(const struct gw_journal *journal)
{
    return journal->rows.len ? journal->rows.at[0].total : 0;
}

const struct gw_journal_row *gw_journal_find(const struct gw_journal *journal, uint32_t number)
{
    for (size_t i = 0; i < journal->rows.len; i++)
        if (journal->rows.at[i].number == number)
            return &journal->rows.at[i];
    return NULL;
}

void gw_journal_text(struct gw_buf *out, const struct gw_journal *journal)
{
    gw_buf_printf(out, "%" PRIu32 " of %" PRIu32 " statements done", gw_journal_done(journal),
                  gw_journal_total(journal));
    for (size_t i = 0; i < journal->rows.len; i++)
        if (journal->rows.at[i].state != GW_JOURNAL_DONE)
            gw_buf_printf(out, ", %" PRIu32 " unclear", journal->rows.at[i].number);
}

void gw_journal_ways(struct gw_buf *out, uint32_t done, uint32_t total)
{
    if (done < total)
        gw_buf_printf(out, "`godwit resume` goes on with statement %" PRIu32 " of %" PRIu32,
                      done + 1, total);
    else
        gw_buf_text(out, "`godwit resume` records it");
    if (done)
        gw_buf_printf(out, "; `godwit revert-partial` undoes the %" PRIu32 " by the other section",
                      done);
    else
        gw_buf_text(out, "; `godwit revert-partial` gives it up");
    if (done < total)
        gw_buf_printf(out, "; `godwit mark-done %" PRIu32 " --reason ...` skips that statement",
                      done + 1);
}

int gw_journal_matches(const struct gw_journal *journal, const struct gw_program *program,
                       struct gw_fault *fault)
{
    for (size_t i = 0; i < journal->rows.len; i++) {
        const struct gw_journal_row *row = &journal->rows.at[i];
        if (row->number <= program->statements.len &&
            memcmp(&row->sha256, &program->statements.at[row->number - 1].sha256,
                   sizeof row->sha256) == 0)
            continue;
        gw_fail(fault, GW_HALFWAY,
                "'%s' is half-way, and statement %" PRIu32 " that was %s is not the one in %s now",
                journal->revision, row->number, row->state == GW_JOURNAL_DONE ? "done" : "begun",
                program->script->file);
        return gw_hint(fault, "bring the file back to what was run, then `godwit resume`; "
                              "or `godwit revert-partial`");
    }
    return GW_DONE;
}

/* ---- what did a statement do ---- */

static int ask_take(void *payload, const struct gw_cell *cells, uint32_t n, struct gw_fault *fault)
{
    bool *yes = payload;
    (void)fault;
    *yes = n && ((cells[0].kind == GW_TEXT && (text_is(&cells[0], "t") || text_is(&cells[0], "1") ||
                                               text_is(&cells[0], "true"))) ||
                 gw_cell_number(&cells[0]) != 0);
    return GW_STOP;
}

int gw_journal_ask(struct gw_session *session, const char *sql, bool *yes, struct gw_fault *fault)
{
    *yes = false;
    const struct gw_query query = { sql, NULL, 0, 0, ask_take, yes };
    int code = gw_session_query(session, &query, fault);
    return code ? gw_fault_prefix(fault, "probe") : GW_DONE;
}

static int probe_driver(struct gw_session *session, const struct gw_program_statement *statement,
                        int32_t *result, struct gw_fault *fault)
{
    struct gw_call call;
    if (!GW_HAS(&session->recover, probe))
        return GW_DONE;
    gw_call_init(&call, session->project->database.backend, session->events, NULL);
    gw_call_enter(&call, "probe", GW_HALFWAY);
    gw_status status = session->recover.probe(
        &call, session->conn, (struct gw_str){ statement->sql, statement->len }, result);
    if (status == GW_OK && (*result < GW_PROBE_ABSENT || *result > GW_PROBE_UNCLEAR))
        gw_call_wrong(&call, "found %" PRId32 ", which means nothing", *result);
    return gw_call_end(&call, status, "probe", GW_HALFWAY, fault);
}

int gw_journal_probe(struct gw_session *session, const struct gw_program_statement *statement,
                     const char *before, int32_t *result, struct gw_fault *fault)
{
    char now[GW_HASH_TEXT];
    bool yes;

    *result = GW_PROBE_UNCLEAR;
    if (statement->probe) {
        int code = gw_journal_ask(session, statement->probe, &yes, fault);
        if (!code)
            *result = yes ? GW_PROBE_DONE : GW_PROBE_ABSENT;
        return code;
    }
    if (statement->class_ == GW_CLASS_P)
        return probe_driver(session, statement, result, fault);
    if (statement->class_ != GW_CLASS_A || !before[0])
        return GW_DONE;
    int code = gw_session_fingerprint(session, (struct gw_str){ statement->sql, statement->len },
                                      now, fault);
    if (!code && strcmp(before, now) == 0)
        *result = GW_PROBE_ABSENT;
    return code;
}
