/* SPDX-License-Identifier: Apache-2.0 */
/* Units: what the host wants done together, in one round trip where the statements allow it. */
#include "driver.h"
#include "setup.h"
#include "statement.h"
#include "unit.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- what the unit holds, from its text ---- */

/* A statement that a migration's author wrote: what is sent of it, and what that is. */
static gw_status look_statement(struct postgres_session *session, struct postgres_unit *unit,
                                uint32_t index, bool *backslashes)
{
    const struct gw_str sql = unit->run->statements[index].sql;
    struct postgres_kind *kind = &unit->kinds[index];
    struct postgres_text *text = &unit->texts[index];
    struct postgres_assignment assignment;

    postgres_classify(sql, *backslashes, kind);
    const size_t len = kind->copies ? kind->command : sql.len; /* rows have no variables */
    gw_status status = postgres_text_make(session, sql, len, text);
    if (status != GW_OK)
        return status;
    if (text->pieces.len && !kind->copies)
        postgres_classify(text->sql, *backslashes, kind);
    if (kind->strings)
        *backslashes = kind->strings < 0;
    unit->dirties = unit->dirties || kind->dirties;
    if (kind->flags & GW_SPLIT_REFUSED)
        return postgres_fail(session, kind->status, kind->hint, "%s", kind->message);
    if (kind->flags & (GW_SPLIT_BEGIN | GW_SPLIT_COMMIT | GW_SPLIT_ROLLBACK))
        return postgres_fail(session, GW_E_REFUSED, "remove it",
                             "a migration may not begin or end the transaction it runs in");
    if (kind->assigns && postgres_assignment_read(sql, &assignment, kind))
        return postgres_assign(session, &assignment);
    return GW_OK;
}

static gw_status unit_look(struct postgres_session *session, struct postgres_unit *unit)
{
    const struct gw_run *run = unit->run;
    bool backslashes = !unit->fresh && postgres_backslashes(session);
    gw_status status = GW_OK;
    unit->kinds = calloc((size_t)run->n_statements + 1, sizeof *unit->kinds);
    unit->texts = calloc((size_t)run->n_statements + 1, sizeof *unit->texts);
    if (!unit->kinds || !unit->texts)
        return postgres_fail_memory(session);
    if (unit->fresh)
        postgres_variables_forget(session);
    for (uint32_t i = 0; i < run->n_statements && status == GW_OK; i++)
        if (run->statements[i].flags & GW_STMT_USER)
            status = look_statement(session, unit, i, &backslashes);
    return status;
}

static void unit_free(struct postgres_unit *unit)
{
    for (uint32_t i = 0; unit->texts && i < unit->run->n_statements; i++)
        postgres_text_free(&unit->texts[i]);
    free(unit->texts);
    free(unit->kinds);
}

/* ---- answers ---- */

gw_status postgres_unit_done(struct postgres_session *session, struct postgres_unit *unit,
                             uint32_t index)
{
    int64_t now = postgres_now_ns(), elapsed = now - unit->begun_ns;
    unit->begun_ns = now;
    if (unit->quiet)
        return GW_OK;
    gw_status status = unit->out->done(session->call, index, unit->affected, elapsed);
    unit->quiet = status == GW_STOP;
    return status == GW_STOP ? GW_OK : status;
}

static bool is_true(const PGresult *result)
{
    enum {
        BOOLEAN = 16
    };
    const char *text = PQgetvalue(result, 0, 0);
    char *end;
    if (PQnfields(result) < 1 || PQgetisnull(result, 0, 0))
        return false;
    if (PQftype(result, 0) == BOOLEAN)
        return *text == 't';
    double number = strtod(text, &end);
    return end != text && !*end ? number != 0 : strcmp(text, "true") == 0 || strcmp(text, "t") == 0;
}

/* The host's expectations are divisions by zero on the server. */
static bool fail_expectation(struct postgres_session *session, const struct gw_statement *failed,
                             const PGresult *result)
{
    static const struct {
        uint32_t flag;
        gw_status status;
        const char *message, *hint;
    } expectations[] = {
        { GW_STMT_EXPECT_TRUE, GW_E_ASSERT, "what was expected does not hold", "" },
        { GW_STMT_ONE_ROW, GW_E_FENCED, "a statement did not change exactly one row",
          "run again; look who else runs migrations" },
    };
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if ((failed->flags & GW_STMT_USER) || !state || strcmp(state, "22012") != 0)
        return false;
    for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++)
        if (failed->flags & expectations[i].flag) {
            postgres_fail(session, expectations[i].status, expectations[i].hint, "%s",
                          expectations[i].message);
            return true;
        }
    return false;
}

/* What a failure means depends on what failed. */
static gw_status fail_step(struct postgres_session *session, struct postgres_unit *unit,
                           const struct postgres_step *step, const PGresult *result)
{
    const struct postgres_text *text = NULL;
    if (step->kind == POSTGRES_STEP_STATEMENT) {
        const struct gw_statement *failed = &unit->run->statements[step->index];
        if (fail_expectation(session, failed, result))
            return session->failure.code;
        if (failed->flags & GW_STMT_USER)
            text = &unit->texts[step->index];
    }
    if (text)
        postgres_text_fail(session, result, text);
    else
        postgres_fail_result(session, result, (struct gw_str){ 0 });
    if (step->kind == POSTGRES_STEP_SETTINGS && !(session->failure.flags & GW_ERR_CONN_LOST)) {
        session->failure.code = GW_E_ARGUMENT;
        snprintf(session->failure.hint, sizeof session->failure.hint,
                 "correct the setting; `SHOW ALL` lists what the server has");
    }
    return session->failure.code;
}

/* A statement of the driver's own pipeline that would need the connection for itself cannot be here: splitting
 * finds every COPY. */
static gw_status take_copy(struct postgres_session *session)
{
    session->lost = true; /* there is no way back from here */
    return postgres_fail(session, GW_E_INTERNAL, "report this statement",
                         "the server began a COPY that was not expected");
}

/* libpq reads here and has forgotten to say so. */
static PGresult *unconst(const PGresult *result)
{
    return (PGresult *)(uintptr_t)result;
}

static gw_status take_statement(struct postgres_session *session, struct postgres_unit *unit,
                                uint32_t index, const PGresult *result)
{
    const bool asserted = index == unit->asserted;
    ExecStatusType kind = PQresultStatus(result);
    const char *affected;

    if (!result && !asserted)
        return postgres_unit_done(session, unit, index);
    if (kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT || kind == PGRES_COPY_BOTH)
        return take_copy(session);
    if (result && kind == PGRES_EMPTY_QUERY)
        return postgres_fail(session, GW_E_SYNTAX, "remove it", "there is no statement");
    if (kind == PGRES_SINGLE_TUPLE && asserted) {
        unit->truth = unit->rows == 0 && is_true(result);
        unit->rows += unit->rows < 2;
    }
    affected = result ? PQcmdTuples(unconst(result)) : "";
    if (*affected)
        unit->affected = strtoll(affected, NULL, 10);
    return GW_OK;
}

static gw_status take_step(struct postgres_session *session, void *payload,
                           const struct postgres_step *step, const PGresult *result)
{
    struct postgres_unit *unit = payload;
    gw_status status = GW_OK;

    if (result && PQresultStatus(result) == PGRES_FATAL_ERROR)
        return fail_step(session, unit, step, result);
    if (step->kind == POSTGRES_STEP_COMMIT && result &&
        strcmp(PQcmdStatus(unconst(result)), "COMMIT") != 0)
        return postgres_fail(session, GW_E_INTERNAL, NULL, "the transaction was rolled back");
    if (step->kind == POSTGRES_STEP_LOCAL)
        return postgres_unit_done(session, unit, step->index);
    if (step->kind == POSTGRES_STEP_STATEMENT)
        status = take_statement(session, unit, step->index, result);
    if (!result)
        unit->affected = -1;
    return status;
}

static gw_status drain(struct postgres_session *session, struct postgres_unit *unit)
{
    postgres_send_sync(session);
    return postgres_receive(session, true, take_step, unit);
}

/* ---- settings of the unit ---- */

/* value NULL: sql asks for the key alone. */
static void send_setting(struct postgres_session *session, const char *sql, const char *key,
                         const char *value)
{
    const struct postgres_params params = { .n = value ? 2 : 1, .values = { key, value } };
    postgres_send(session, POSTGRES_STEP_SETTINGS, 0, sql, &params);
}

static gw_status send_settings(struct postgres_session *session, const struct gw_run *run,
                               const char *sql, bool values)
{
    for (uint64_t i = 0; i < run->n_settings; i++) {
        const struct gw_field *field = &run->settings[i];
        if (field->val.kind != GW_TEXT)
            return postgres_fail(session, GW_E_ARGUMENT, NULL, "setting '%.*s' is not text",
                                 (int)field->key.len, field->key.ptr);
        char *key = strndup(field->key.ptr, field->key.len);
        char *value = strndup(field->val.v.s.ptr, field->val.v.s.len);
        if (key && value)
            send_setting(session, sql, key, values ? value : NULL);
        else
            postgres_fail_memory(session);
        free(key);
        free(value);
    }
    return session->failure.code;
}

/* ---- in a transaction ---- */

static gw_status begin(struct postgres_session *session, struct postgres_unit *unit)
{
    if (unit->fresh)
        postgres_send_fresh(session);
    postgres_send(session, POSTGRES_STEP_OWN, 0, session->read_only ? "BEGIN READ ONLY" : "BEGIN",
                  NULL);
    if (session->pooled)
        postgres_send_pooled(session);
    if (unit->relaxed)
        postgres_send(session, POSTGRES_STEP_OWN, 0, "SET LOCAL synchronous_commit = off", NULL);
    return send_settings(session, unit->run, "SELECT pg_catalog.set_config($1, $2, true)", true);
}

/* The rows of an assertion come to us, so its pipeline ends here. */
static gw_status assert_true(struct postgres_session *session, struct postgres_unit *unit,
                             uint32_t index)
{
    unit->rows = 0;
    unit->truth = false;
    unit->asserted = index;
    postgres_send_user(session, index, unit->texts[index].sql);
    gw_status status = drain(session, unit);
    unit->asserted = -1;
    if (status == GW_OK && !(unit->rows == 1 && unit->truth))
        status = postgres_fail(session, GW_E_ASSERT, NULL, "what was expected does not hold");
    return status == GW_OK ? postgres_unit_done(session, unit, index) : status;
}

/* Ours keep their own identity, whatever role the migration took. */
static void send_ours(struct postgres_session *session, struct postgres_unit *unit, uint32_t index,
                      bool *foreign)
{
    const struct gw_statement *statement = &unit->run->statements[index];
    const struct postgres_params identity = { .n = 2, .values = { session->user, session->role } };
    if (*foreign)
        postgres_send(session, POSTGRES_STEP_OWN, 0,
                      "SELECT pg_catalog.set_config('session_authorization', $1, true),"
                      " pg_catalog.set_config('role', $2, true)",
                      &identity);
    *foreign = false;
    postgres_send_host(session, index, statement, statement->flags);
}

static gw_status send_statements(struct postgres_session *session, struct postgres_unit *unit)
{
    const struct gw_run *run = unit->run;
    gw_status status = GW_OK;
    bool foreign = false;

    for (uint32_t i = 0; i < run->n_statements && !session->failure.code; i++) {
        const struct gw_statement *statement = &run->statements[i];
        if (!(statement->flags & GW_STMT_USER)) {
            send_ours(session, unit, i, &foreign);
            continue;
        }
        foreign = foreign || unit->kinds[i].identity;
        if (unit->kinds[i].copies) {
            status = drain(session, unit);
            if (status == GW_OK)
                status = postgres_copy(session, unit, i);
        } else if (statement->flags & GW_STMT_EXPECT_TRUE)
            status = assert_true(session, unit, i);
        else if (unit->kinds[i].assigns)
            postgres_send_nothing(session, i);
        else
            postgres_send_user(session, i, unit->texts[i].sql);
    }
    return status == GW_OK ? session->failure.code : status;
}

static gw_status run_together(struct postgres_session *session, struct postgres_unit *unit)
{
    begin(session, unit);
    gw_status status = send_statements(session, unit);
    if (status == GW_OK)
        postgres_send(session, POSTGRES_STEP_COMMIT, 0, "COMMIT", NULL);
    if (session->steps.len)
        status = drain(session, unit);
    if (status == GW_OK && PQtransactionStatus(session->db) != PQTRANS_IDLE)
        status = postgres_fail(session, GW_E_INTERNAL, NULL, "the transaction did not end");
    if (status != GW_OK)
        postgres_undo(session);
    else
        session->relaxed = session->relaxed || unit->relaxed;
    return status;
}

/* ---- each statement by itself ---- */

/* Settings are put back, whatever the migration made of them before: the session itself keeps what they were. */
static const char set_apart[] =
    "SELECT pg_catalog.set_config('godwit.' || pg_catalog.replace($1, '.', '_'),"
    " pg_catalog.current_setting($1, pg_catalog.strpos($1, '.') > 0), false),"
    " pg_catalog.set_config($1, $2, false)";
static const char put_back[] =
    "SELECT pg_catalog.set_config($1, pg_catalog.current_setting('godwit.' ||"
    " pg_catalog.replace($1, '.', '_'), true), false)";

static gw_status ignore_take(struct postgres_session *session, void *payload,
                             const struct postgres_step *step, const PGresult *result)
{
    (void)session;
    (void)payload;
    (void)step;
    (void)result;
    return GW_OK;
}

static void restore(struct postgres_session *session, const struct gw_run *run, bool patient)
{
    const struct postgres_failure kept = session->failure;
    if (session->lost || (!run->n_settings && !patient))
        return;
    session->failure = (struct postgres_failure){ 0 };
    session->shielded = true;
    if (patient)
        send_setting(session, put_back, "lock_timeout", NULL);
    postgres_send_sync(session);
    send_settings(session, run, put_back, false);
    postgres_send_sync(session);
    postgres_receive(session, false, ignore_take, NULL);
    session->shielded = false;
    session->failure = kept.code ? kept : session->failure;
}

static gw_status run_alone(struct postgres_session *session, struct postgres_unit *unit,
                           uint32_t index)
{
    const struct gw_statement *statement = &unit->run->statements[index];
    if (unit->kinds[index].copies)
        return postgres_copy(session, unit, index);
    if (statement->flags & GW_STMT_USER && statement->flags & GW_STMT_EXPECT_TRUE)
        return assert_true(session, unit, index);
    if (unit->kinds[index].assigns)
        postgres_send_nothing(session, index);
    else if (statement->flags & GW_STMT_USER)
        postgres_send_user(session, index, unit->texts[index].sql);
    else
        postgres_send_host(session, index, statement, statement->flags);
    return drain(session, unit);
}

/* A wait that ends early would leave an invalid index; whoever asks for it by name gets it. */
static bool waits_for_ever(const struct postgres_unit *unit)
{
    static const struct gw_str timeout = GW_S("lock_timeout");
    bool concurrent = false;
    for (uint32_t i = 0; i < unit->run->n_statements; i++)
        concurrent = concurrent || unit->kinds[i].concurrent;
    for (uint64_t i = 0; i < unit->run->n_settings; i++) {
        const struct gw_str *key = &unit->run->settings[i].key;
        if (key->len == timeout.len && strncasecmp(key->ptr, timeout.ptr, key->len) == 0)
            return false;
    }
    return concurrent;
}

static gw_status run_apart(struct postgres_session *session, struct postgres_unit *unit)
{
    const struct gw_run *run = unit->run;
    const bool patient = waits_for_ever(unit);
    gw_status status = GW_OK;

    if (session->pooled)
        return postgres_fail(session, GW_E_UNSUPPORTED,
                             "connect to the server itself for this migration, not to the pooler",
                             "a statement that cannot run inside a transaction cannot run behind "
                             "a connection pooler");
    if (unit->fresh)
        postgres_send_fresh(session);
    send_settings(session, run, set_apart, true);
    if (patient)
        send_setting(session, set_apart, "lock_timeout", "0");
    if (session->steps.len)
        status = drain(session, unit);
    if (status != GW_OK)
        return status;
    session->dirty = session->dirty && !unit->fresh;
    session->commit_sent = true; /* each statement commits by itself */
    for (uint32_t i = 0; i < run->n_statements && status == GW_OK; i++)
        status = run_alone(session, unit, i);
    postgres_undo(session);
    restore(session, run, patient);
    return status != GW_OK ? status : session->failure.code;
}

/* ---- entries ---- */

gw_status postgres_run(struct gw_call *call, void *conn, const struct gw_run *run,
                       const struct gw_run_out *out)
{
    struct postgres_session *session = conn;
    struct postgres_unit unit = {
        .run = run,
        .out = out,
        .transaction = run->flags & GW_RUN_TX,
        .relaxed = (run->flags & (GW_RUN_TX | GW_RUN_RELAXED)) == (GW_RUN_TX | GW_RUN_RELAXED),
        .affected = -1,
        .asserted = -1,
    };
    postgres_enter(session, call);
    unit.fresh = (run->flags & GW_RUN_FRESH) && session->dirty;
    unit.begun_ns = postgres_now_ns();
    gw_status status = session->lost ? postgres_fail_lost(session) : unit_look(session, &unit);
    if (status == GW_OK && postgres_stopped(session))
        status = postgres_fail(session, GW_E_CANCELLED, NULL, "cancelled");
    if (status == GW_OK) {
        status = unit.transaction ? run_together(session, &unit) : run_apart(session, &unit);
        if (status == GW_OK && unit.fresh)
            session->dirty = false;
        session->dirty = session->dirty || unit.dirties;
    }
    unit_free(&unit);
    return postgres_leave(session, status);
}

gw_status postgres_flush(struct gw_call *call, void *conn)
{
    /* A commit that writes something waits until the log is on disk up to and with it. */
    static const char *const writes[] = {
        "SELECT pg_catalog.pg_logical_emit_message(true, 'godwit', '')",
        "CREATE TEMPORARY TABLE godwit_flush () ON COMMIT DROP",
    };
    struct postgres_session *session = conn;
    gw_status status = GW_OK;

    postgres_enter(session, call);
    if (session->relaxed && session->lost)
        status = postgres_fail_lost(session);
    session->shielded = true;
    for (size_t i = 0; session->relaxed && !session->lost && i < 2; i++) {
        static const struct gw_run nothing;
        struct postgres_unit unit = { .run = &nothing, .asserted = -1 };
        session->failure = (struct postgres_failure){ 0 };
        postgres_send(session, POSTGRES_STEP_OWN, 0, "BEGIN", NULL);
        postgres_send(session, POSTGRES_STEP_OWN, 0, "SET LOCAL synchronous_commit = on", NULL);
        postgres_send(session, POSTGRES_STEP_OWN, 0, writes[i], NULL);
        postgres_send(session, POSTGRES_STEP_OWN, 0, "COMMIT", NULL);
        status = drain(session, &unit);
        if (status == GW_OK)
            session->relaxed = false;
        else
            postgres_undo(session);
        if (status != GW_E_PERMISSION)
            break;
    }
    session->shielded = false;
    return postgres_leave(session, status);
}
