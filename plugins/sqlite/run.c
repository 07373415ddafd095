/* SPDX-License-Identifier: Apache-2.0 */
/* Units: what the host wants done together. */
#include "classify.h"
#include "driver.h"
#include "rebuild.h"
#include "session.h"
#include "settings.h"
#include "statement.h"
#include "touched.h"
#include "transaction.h"

#include <inttypes.h>

struct unit {
    const struct gw_run *run;
    const struct gw_run_out *out;
    bool transaction;
    bool relaxed;
    bool rebuilds;
    bool signals; /* sets PRAGMA foreign_keys itself */
    bool quiet;   /* the sink wants no more */
    struct sqlite_settings settings;
};

/* ---- what the unit holds, from its text ---- */

static gw_status unit_look(struct sqlite_session *session, struct unit *unit)
{
    const struct gw_run *run = unit->run;
    gw_status status = sqlite_settings_read(session, run, &unit->settings);
    for (uint32_t i = 0; i < run->n_statements && status == GW_OK; i++) {
        struct sqlite_kind kind;
        if (!(run->statements[i].flags & GW_STMT_USER))
            continue;
        sqlite_classify(run->statements[i].sql, &kind);
        unit->rebuilds |= kind.rebuilds;
        unit->signals |= kind.policy == SQLITE_PRAGMA_SIGNAL;
        if (kind.policy == SQLITE_PRAGMA_RESTORED)
            sqlite_settings_touch(&unit->settings, kind.pragma);
    }
    return status;
}

/* A deferred constraint shows at COMMIT only; that of a group would blame all its units. */
static gw_status check_deferred(struct sqlite_session *session)
{
    int now = 0, highest = 0;
    sqlite3_db_status(session->db, SQLITE_DBSTATUS_DEFERRED_FKS, &now, &highest, 0);
    if (!now)
        return GW_OK;
    return sqlite_fail(session, GW_E_CONSTRAINT,
                       "insert the parent, or delete these rows, in the same migration",
                       "foreign key violated: rows without a parent are left at the end");
}

/* ---- statements ---- */

static gw_status unit_statement(struct sqlite_session *session, struct unit *unit, uint32_t index)
{
    const struct gw_statement *statement = &unit->run->statements[index];
    struct sqlite_kind kind;
    int64_t affected, begun = sqlite_now_ns();
    bool user = statement->flags & GW_STMT_USER;

    if (sqlite_stopped(session))
        return sqlite_fail(session, GW_E_CANCELLED, NULL, "cancelled");
    if (user)
        sqlite_classify(statement->sql, &kind);
    session->guard.transaction = unit->transaction;
    gw_status status = sqlite_statement_run(session, statement, user ? &kind : NULL, &affected);
    if (sqlite_in_transaction(session) != unit->transaction)
        status = sqlite_fail(session, GW_E_INTERNAL, NULL,
                             unit->transaction ? "the statement ended the transaction"
                                               : "the statement left a transaction open");
    if (status != GW_OK || unit->quiet)
        return status;
    status = unit->out->done(session->call, index, affected, sqlite_now_ns() - begun);
    if (status != GW_STOP)
        return status;
    unit->quiet = true;
    return GW_OK;
}

static gw_status unit_statements(struct sqlite_session *session, struct unit *unit)
{
    gw_status status = GW_OK;
    for (uint32_t i = 0; i < unit->run->n_statements && status == GW_OK; i++)
        status = unit_statement(session, unit, i);
    return status;
}

/* ---- rows that a rebuild left without a parent ---- */

static gw_status fail_violation(struct sqlite_session *session,
                                const struct sqlite_violation *found, int64_t rows)
{
    return sqlite_fail(
        session, GW_E_CONSTRAINT,
        "delete or repair these rows in the same migration, or allow them with the "
        "setting foreign_key_check=off",
        "foreign key violated: %" PRId64 " %s of '%s' (%s) would have no parent in '%s'", rows,
        rows == 1 ? "row" : "rows", found->child, found->columns, found->parent);
}

static void warn_violation(struct sqlite_session *session, const struct sqlite_violation *found,
                           int64_t rows)
{
    sqlite_log(session, GW_LOG_WARN,
               "foreign key violated: %" PRId64 " %s of '%s' (%s) without a parent in '%s'", rows,
               rows == 1 ? "row" : "rows", found->child, found->columns, found->parent);
}

/* There are such rows. Were they there before? What the unit touches is known only now, so it is undone, its
 * tables are looked at as they were, and it is run once more. */
static gw_status compare_with_before(struct sqlite_session *session, struct unit *unit)
{
    struct sqlite_violations before = { 0 }, after = { 0 };
    int64_t rows;
    gw_status status = sqlite_unit_restart(session, unit->relaxed);
    if (status == GW_OK)
        status = sqlite_settings_again(session, &unit->settings);
    if (status == GW_OK)
        status = sqlite_violations_read(session, &before);
    unit->quiet = true;
    if (status == GW_OK)
        status = unit_statements(session, unit);
    if (status == GW_OK)
        status = sqlite_violations_read(session, &after);
    const struct sqlite_violation *found =
        status == GW_OK ? sqlite_violations_new(&before, &after, &rows) : NULL;
    if (found && !before.unchecked)
        status = fail_violation(session, found, rows);
    else if (found)
        warn_violation(session, found, rows);
    sqlite_violations_free(&before);
    sqlite_violations_free(&after);
    return status;
}

/* What is not in a transaction cannot be undone, so there it is a warning. */
static gw_status check_rows(struct sqlite_session *session, struct unit *unit)
{
    struct sqlite_violations after;
    if (!unit->rebuilds || !session->check_foreign_keys)
        return GW_OK;
    gw_status status = sqlite_violations_read(session, &after);
    if (status == GW_OK && after.n && unit->transaction)
        status = compare_with_before(session, unit);
    for (size_t i = 0; i < after.n && !unit->transaction; i++)
        warn_violation(session, &after.at[i], after.at[i].rows);
    sqlite_violations_free(&after);
    return status;
}

static gw_status unit_body(struct sqlite_session *session, struct unit *unit)
{
    session->touched.collecting = unit->rebuilds && session->check_foreign_keys;
    gw_status status = sqlite_settings_apply(session, &unit->settings);
    if (status == GW_OK)
        status = unit_statements(session, unit);
    if (status == GW_OK && unit->transaction)
        status = check_deferred(session);
    if (status == GW_OK)
        status = check_rows(session, unit);
    sqlite_touched_clear(&session->touched);
    return status;
}

/* ---- in a transaction ---- */

/* Enforcement changes outside a transaction only, so a group whose units want the other state ends first. */
static gw_status prepare_foreign_keys(struct sqlite_session *session, const struct unit *unit)
{
    bool on =
        unit->settings.foreign_keys_given ? unit->settings.foreign_keys : session->foreign_keys;
    on = on && !unit->rebuilds;
    if (unit->relaxed && sqlite_foreign_keys(session) == on)
        return GW_OK;
    gw_status status = sqlite_group_commit(session);
    return status == GW_OK ? sqlite_foreign_keys_set(session, on) : status;
}

static gw_status run_together(struct sqlite_session *session, struct unit *unit)
{
    gw_status status = prepare_foreign_keys(session, unit);
    if (status == GW_OK)
        status = sqlite_unit_begin(session, unit->relaxed);
    if (status == GW_OK) {
        status = unit_body(session, unit);
        if (status == GW_OK)
            status = sqlite_unit_commit(session, unit->relaxed);
        else
            sqlite_unit_undo(session, unit->relaxed);
    }
    sqlite_settings_restore(session, &unit->settings);
    if (!sqlite_in_transaction(session))
        sqlite_foreign_keys_set(session, session->foreign_keys);
    return status;
}

/* ---- each statement by itself ---- */

/* A PRAGMA foreign_keys of the migration takes effect here, as its author means it, until the next transaction
 * begins with the session's own again. */
static gw_status run_apart(struct sqlite_session *session, struct unit *unit)
{
    gw_status status = sqlite_group_commit(session);
    bool enforced = sqlite_foreign_keys(session);
    bool on = unit->settings.foreign_keys_given ? unit->settings.foreign_keys : enforced;
    if (status != GW_OK)
        return status;
    bool switched = on && unit->rebuilds && !unit->signals;
    status = sqlite_foreign_keys_set(session, on && !switched);
    if (status == GW_OK)
        status = unit_body(session, unit);
    if (sqlite_in_transaction(session))
        sqlite_unit_undo(session, false);
    sqlite_settings_restore(session, &unit->settings);
    if (switched || unit->settings.foreign_keys_given)
        sqlite_foreign_keys_set(session, enforced);
    return status;
}

gw_status sqlite_run(struct gw_call *call, void *conn, const struct gw_run *run,
                     const struct gw_run_out *out)
{
    struct sqlite_session *session = conn;
    struct unit unit = {
        .run = run,
        .out = out,
        .transaction = run->flags & GW_RUN_TX,
        .relaxed = (run->flags & (GW_RUN_TX | GW_RUN_RELAXED)) == (GW_RUN_TX | GW_RUN_RELAXED),
    };
    sqlite_enter(session, call);
    gw_status status = unit_look(session, &unit);
    if (status == GW_OK)
        status = unit.transaction ? run_together(session, &unit) : run_apart(session, &unit);
    else
        session->patience_ns = unit.settings.patience_ns;
    return sqlite_leave(session, status);
}

gw_status sqlite_flush(struct gw_call *call, void *conn)
{
    struct sqlite_session *session = conn;
    sqlite_enter(session, call);
    gw_status status = sqlite_group_commit(session);
    if (!sqlite_in_transaction(session))
        sqlite_foreign_keys_set(session, session->foreign_keys);
    return sqlite_leave(session, status);
}
