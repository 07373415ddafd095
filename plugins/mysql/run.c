/* SPDX-License-Identifier: Apache-2.0 */
/* Units: what the host wants done together. */
#include "block.h"
#include "driver.h"
#include "session.h"
#include "setup.h"
#include "statement.h"
#include "wire.h"

struct unit {
    const struct gw_run *run;
    const struct gw_run_out *out;
    bool transaction;
    bool writes;    /* a statement of the migration is done */
    bool committed; /* and what it did stays, whatever follows */
    bool quiet;     /* the sink wants no more */
};

/* A statement of class A has committed: what follows happens together in the next transaction. */
static gw_status unit_begin(struct my_session *session, const struct unit *unit)
{
    if (!unit->transaction || my_in_transaction(session))
        return GW_OK;
    return my_command(session, "START TRANSACTION");
}

static gw_status unit_done(struct my_session *session, struct unit *unit, uint32_t index,
                           int64_t affected, int64_t begun)
{
    if (unit->quiet)
        return GW_OK;
    gw_status status = unit->out->done(session->call, index, affected, my_now_ns() - begun);
    unit->quiet = status == GW_STOP;
    return unit->quiet ? GW_OK : status;
}

/* *n: how many statements are done; 0: they go one by one. */
static gw_status unit_block(struct my_session *session, struct unit *unit, uint32_t index,
                            uint32_t *n)
{
    const int64_t begun = my_now_ns();
    struct my_block block;
    bool done;
    *n = 0;
    if (!unit->transaction || my_stopped(session) ||
        !my_block_find(session, unit->run, index, &block))
        return GW_OK;
    gw_status status = my_block_run(session, &block, &done);
    if (status != GW_OK || !done)
        return status;
    *n = block.n;
    for (uint32_t i = 0; i < block.n && status == GW_OK; i++)
        status = unit_done(session, unit, index + i, block.affected[i], begun);
    return status;
}

static gw_status unit_statement(struct my_session *session, struct unit *unit, uint32_t index)
{
    int64_t affected, begun = my_now_ns();
    if (my_stopped(session))
        return my_fail(session, GW_E_CANCELLED, NULL, "cancelled");
    gw_status status = unit_begin(session, unit);
    if (status == GW_OK)
        status =
            my_statement_run(session, &unit->run->statements[index], unit->transaction, &affected);
    unit->committed |= unit->writes && session->implicit;
    if (status != GW_OK)
        return status;
    unit->writes |= unit->run->statements[index].flags & GW_STMT_USER;
    unit->committed |= unit->writes && !my_in_transaction(session);
    return unit_done(session, unit, index, affected, begun);
}

/* From here on a cancel would only leave the outcome open. */
static gw_status unit_commit(struct my_session *session)
{
    if (!my_in_transaction(session))
        return GW_OK;
    session->shielded = session->committing = true;
    gw_status status = my_command(session, "COMMIT");
    if (status != GW_OK)
        my_fail_prefix(session, "the transaction was not committed");
    if (session->failure.flags & GW_ERR_UNKNOWN_OUTCOME)
        my_fail_prefix(session, "whether it was is not known");
    session->committing = session->shielded = false;
    return status;
}

/* Always sent: an error says nothing about the transaction, and a timeout undoes the statement alone. To run the unit
 * again is no remedy where a part of it is done. */
static void unit_undo(struct my_session *session, const struct unit *unit)
{
    session->shielded = true;
    if (unit->committed)
        session->failure.flags &= ~(uint64_t)GW_ERR_RETRYABLE;
    if (!(session->failure.flags & GW_ERR_CONN_LOST) && unit->transaction)
        my_try(session, "ROLLBACK");
    session->shielded = false;
}

static gw_status unit_run(struct my_session *session, struct unit *unit)
{
    struct my_settings settings;
    gw_status status = GW_OK;
    session->checked = false;
    if (unit->run->flags & GW_RUN_FRESH)
        status = my_effects_undo(session);
    if (status != GW_OK)
        return status;
    status = my_settings_apply(session, unit->run, &settings);
    for (uint32_t i = 0, n; i < unit->run->n_statements && status == GW_OK; i += n ? n : 1) {
        status = unit_block(session, unit, i, &n);
        if (status == GW_OK && !n)
            status = unit_statement(session, unit, i);
    }
    if (status == GW_OK && unit->transaction)
        status = unit_commit(session);
    if (status != GW_OK)
        unit_undo(session, unit);
    if (!(session->failure.flags & GW_ERR_CONN_LOST))
        my_settings_restore(session, unit->run, &settings);
    return status;
}

gw_status my_run(struct gw_call *call, void *conn, const struct gw_run *run,
                 const struct gw_run_out *out)
{
    struct my_session *session = conn;
    struct unit unit = { .run = run, .out = out, .transaction = run->flags & GW_RUN_TX };
    my_enter(session, call);
    return my_leave(session, unit_run(session, &unit));
}

/* Each commit is as durable as the server makes it. */
gw_status my_flush(struct gw_call *call, void *conn)
{
    (void)call;
    (void)conn;
    return GW_OK;
}
