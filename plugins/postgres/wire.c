/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include "watch.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
    TICK_MS = 100
};
static const int64_t tick_ns = 100000000;
static const int64_t cancel_every_ns = 1000000000;

/* ---- sending ---- */

static gw_status pushed(struct postgres_session *session, int sent, enum postgres_step_kind kind,
                        uint32_t index)
{
    if (!sent)
        return PQstatus(session->db) == CONNECTION_BAD ? postgres_fail_lost(session)
                                                       : postgres_fail_memory(session);
    if (!gw_vec_push(&session->steps, (struct postgres_step){ kind, index }))
        return postgres_fail_memory(session);
    if (kind == POSTGRES_STEP_COMMIT)
        session->commit_sent = true;
    return GW_OK;
}

gw_status postgres_send(struct postgres_session *session, enum postgres_step_kind kind,
                        uint32_t index, const char *sql, const struct postgres_params *params)
{
    static const struct postgres_params none;
    const struct postgres_params *use = params ? params : &none;
    if (session->failure.code)
        return session->failure.code;
    if (session->lost)
        return postgres_fail_lost(session);
    int sent = PQsendQueryParams(session->db, sql, use->n, use->types, use->values, use->lengths,
                                 use->formats, 0);
    return pushed(session, sent, kind, index);
}

gw_status postgres_send_prepare(struct postgres_session *session, uint32_t cached, int n_params,
                                const Oid *types)
{
    struct postgres_cached *entry = &session->cached[cached];
    char name[16];
    if (session->failure.code)
        return session->failure.code;
    entry->serial = ++session->serial;
    snprintf(name, sizeof name, "gw_%u", entry->serial);
    int sent = PQsendPrepare(session->db, name, entry->sql, n_params, types);
    entry->state = POSTGRES_PREPARING;
    return pushed(session, sent, POSTGRES_STEP_PREPARE, cached);
}

gw_status postgres_send_prepared(struct postgres_session *session, uint32_t index, uint32_t cached,
                                 const struct postgres_params *params)
{
    char name[16];
    if (session->failure.code)
        return session->failure.code;
    snprintf(name, sizeof name, "gw_%u", session->cached[cached].serial);
    int sent = PQsendQueryPrepared(session->db, name, params->n, params->values, params->lengths,
                                   params->formats, 0);
    return pushed(session, sent, POSTGRES_STEP_STATEMENT, index);
}

gw_status postgres_send_nothing(struct postgres_session *session, uint32_t index)
{
    if (session->failure.code)
        return session->failure.code;
    return pushed(session, 1, POSTGRES_STEP_LOCAL, index);
}

gw_status postgres_send_sync(struct postgres_session *session)
{
    if (session->lost)
        return postgres_fail_lost(session);
    /* Even after a failure: what is queued has to be answered. */
    return pushed(session, PQpipelineSync(session->db), POSTGRES_STEP_SYNC, 0);
}

/* ---- waiting ---- */

static void ask_to_cancel(struct postgres_session *session, int64_t now)
{
    char why[256];
    if (session->cancelled_ns && now - session->cancelled_ns < cancel_every_ns)
        return;
    PGcancel *cancel = PQgetCancel(session->db);
    if (cancel)
        PQcancel(cancel, why, sizeof why);
    PQfreeCancel(cancel);
    session->cancelled_ns = now;
}

/* Waits at most a tick for the socket, and does what is due at each tick. */
static void wait_tick(struct postgres_session *session, bool write, int64_t *next_tick)
{
    struct pollfd socket = { .fd = PQsocket(session->db),
                             .events = (short)(POLLIN | (write ? POLLOUT : 0)) };
    int ready = poll(&socket, 1, TICK_MS);
    int64_t now = postgres_now_ns();

    if (ready > 0 && (socket.revents & (POLLIN | POLLHUP | POLLERR)))
        PQconsumeInput(session->db);
    if (ready > 0 && now < *next_tick)
        return;
    *next_tick = now + tick_ns;
    if (session->shielded)
        return;
    if (postgres_stopped(session))
        ask_to_cancel(session, now);
    else
        postgres_watch_tick(session, now);
}

/* Until libpq has a result, or knows that there will be none. */
static void wait_ready(struct postgres_session *session)
{
    int64_t next_tick = postgres_now_ns() + tick_ns;
    session->wait_begun_ns = postgres_now_ns();
    for (;;) {
        int unsent = PQflush(session->db);
        if (!PQisBusy(session->db) || PQstatus(session->db) == CONNECTION_BAD)
            return;
        wait_tick(session, unsent > 0, &next_tick);
    }
}

gw_status postgres_wait_result(struct postgres_session *session, PGresult **out)
{
    wait_ready(session);
    *out = PQgetResult(session->db);
    return GW_OK;
}

gw_status postgres_wait_writable(struct postgres_session *session)
{
    int64_t next_tick = 0;
    if (PQflush(session->db) > 0)
        wait_tick(session, true, &next_tick);
    return PQstatus(session->db) == CONNECTION_BAD ? postgres_fail_lost(session) : GW_OK;
}

/* ---- receiving ---- */

/* What becomes of a statement that was to be prepared. */
static void note_prepared(struct postgres_session *session, const struct postgres_step *step,
                          const PGresult *result)
{
    if (step->kind == POSTGRES_STEP_PREPARE && result)
        session->cached[step->index].state =
            PQresultStatus(result) == PGRES_COMMAND_OK ? POSTGRES_PREPARED : POSTGRES_NOT_PREPARED;
}

static void forget_steps(struct postgres_session *session)
{
    session->steps.len = 0;
    session->step = 0;
}

/* The answer to the step that is due; true: the step is over. */
static bool take_result(struct postgres_session *session, PGresult *result, gw_status *status,
                        postgres_take *take, void *payload)
{
    const struct postgres_step *step = &session->steps.at[session->step];
    ExecStatusType kind = result ? PQresultStatus(result) : PGRES_EMPTY_QUERY;

    note_prepared(session, step, result);
    if (step->kind == POSTGRES_STEP_SYNC)
        return kind == PGRES_PIPELINE_SYNC;
    if (kind == PGRES_PIPELINE_ABORTED)
        return false;
    if (result && kind == PGRES_FATAL_ERROR) {
        gw_status failed = take(session, payload, step, result);
        if (failed == GW_OK) /* nobody cares */
            return false;
        *status = *status < 0 ? *status : failed;
        if (step->kind == POSTGRES_STEP_COMMIT && session->lost)
            session->failure.flags |= GW_ERR_UNKNOWN_OUTCOME;
        return false;
    }
    if (*status == GW_OK)
        *status = take(session, payload, step, result);
    return !result;
}

gw_status postgres_receive(struct postgres_session *session, bool rows, postgres_take *take,
                           void *payload)
{
    gw_status status = GW_OK;
    bool first = true;

    while (session->step < session->steps.len) {
        if (session->steps.at[session->step].kind == POSTGRES_STEP_LOCAL) {
            if (status == GW_OK)
                status = take(session, payload, &session->steps.at[session->step], NULL);
            session->step++;
            continue;
        }
        if (first && rows && session->steps.at[session->step].kind == POSTGRES_STEP_STATEMENT)
            PQsetSingleRowMode(session->db);
        wait_ready(session);
        PGresult *result = PQgetResult(session->db);
        first = take_result(session, result, &status, take, payload);
        PQclear(result);
        session->step += first;
        if (session->lost || (PQstatus(session->db) == CONNECTION_BAD && !result)) {
            status = postgres_fail_lost(session);
            break;
        }
    }
    forget_steps(session);
    return session->failure.code ? session->failure.code : status;
}

/* ---- small talk ---- */

static gw_status ask_take(struct postgres_session *session, void *payload,
                          const struct postgres_step *step, const PGresult *result)
{
    PGresult **out = payload;
    (void)step;
    if (!result)
        return GW_OK;
    if (PQresultStatus(result) == PGRES_FATAL_ERROR)
        return postgres_fail_result(session, result, (struct gw_str){ 0 });
    if (out && !*out) {
        *out = PQcopyResult(result, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);
        if (!*out)
            return postgres_fail_memory(session);
    }
    return GW_OK;
}

gw_status postgres_ask(struct postgres_session *session, const char *sql, int n,
                       const char *const *values, PGresult **out)
{
    struct postgres_params params = { .n = n };
    for (int i = 0; i < n; i++)
        params.values[i] = values[i];
    if (out)
        *out = NULL;
    postgres_send(session, POSTGRES_STEP_OWN, 0, sql, &params);
    postgres_send_sync(session);
    gw_status status = postgres_receive(session, false, ask_take, out);
    if (status != GW_OK && out) {
        PQclear(*out);
        *out = NULL;
    }
    return status;
}

static gw_status undo_take(struct postgres_session *session, void *payload,
                           const struct postgres_step *step, const PGresult *result)
{
    (void)session;
    (void)payload;
    (void)step;
    (void)result;
    return GW_OK;
}

void postgres_undo(struct postgres_session *session)
{
    const struct postgres_failure kept = session->failure;
    if (session->lost || PQtransactionStatus(session->db) == PQTRANS_IDLE)
        return;
    session->shielded = true;
    session->failure = (struct postgres_failure){ 0 };
    postgres_send(session, POSTGRES_STEP_OWN, 0, "ROLLBACK", NULL);
    postgres_send_sync(session);
    postgres_receive(session, false, undo_take, NULL);
    session->shielded = false;
    session->failure = kept.code ? kept : session->failure;
    if (session->lost && session->failure.code)
        session->failure.flags |= GW_ERR_CONN_LOST;
}
