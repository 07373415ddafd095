/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lock.h"

#include "base/clock.h"
#include "engine/rows.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    FIRST_WAIT_MS = 20,
    LONGEST_WAIT_MS = 250,
    AUDIT_ROW = 1
};

/* ---- the driver's lock ---- */

static int driver_lock(struct gw_session *session,
                       gw_status (*entry)(struct gw_call *, void *, struct gw_str),
                       const char *function, struct gw_fault *fault)
{
    struct gw_call call;
    char name[sizeof session->schema + sizeof "godwit."];
    const char *schema = gw_state_schema(session);
    /* Histories that keep their state in schemas of their own do not wait for each other. */
    int len = snprintf(name, sizeof name, "godwit%s%s", schema[0] ? "." : "", schema);
    if (len < 0 || (size_t)len >= sizeof name)
        len = (int)sizeof name - 1;
    gw_call_init(&call, session->project->database.backend, session->events, NULL);
    gw_call_enter(&call, function, session->journalled ? GW_HALFWAY : GW_UNCHANGED);
    session->status = entry(&call, session->conn, (struct gw_str){ name, (size_t)len });
    session->error_flags = session->status < 0 ? call.flags : 0;
    return gw_call_end(&call, session->status, function, GW_UNCHANGED, fault);
}

/* ---- the owner's row ---- */

static int owner_take(void *payload, const struct gw_cell *cells, uint32_t n,
                      struct gw_fault *fault)
{
    struct gw_lock_owner *out = payload;
    const struct {
        char *text;
        size_t room;
        uint32_t column;
    } texts[] = {
        { out->owner, sizeof out->owner, 1 },     { out->host, sizeof out->host, 2 },
        { out->since, sizeof out->since, 4 },     { out->connection, sizeof out->connection, 5 },
        { out->command, sizeof out->command, 6 }, { out->doing, sizeof out->doing, 7 },
    };
    (void)fault;
    if (n != 8)
        return GW_STOP;
    out->epoch = gw_cell_number(&cells[0]);
    out->pid = gw_cell_number(&cells[3]);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct gw_cell *cell = &cells[texts[i].column];
        if (cell->kind == GW_TEXT)
            snprintf(texts[i].text, texts[i].room, "%.*s", (int)cell->v.s.len, cell->v.s.ptr);
    }
    out->known = out->owner[0] != '\0';
    return GW_STOP;
}

static int read_owner(struct gw_workspace *workspace, struct gw_lock_owner *out,
                      struct gw_fault *fault)
{
    *out = (struct gw_lock_owner){ 0 };
    int code = gw_state_look(&workspace->state, &workspace->session, fault);
    if (code || !workspace->state.exists)
        return code;
    const struct gw_query query = {
        workspace->state.sql[GW_SQL_OWNER], NULL, 0, 8, owner_take, out
    };
    return gw_session_query(&workspace->session, &query, fault);
}

/* ---- taking it ---- */

static int wait_over(struct gw_workspace *workspace, struct gw_fault *fault)
{
    struct gw_fault ignored = { 0 };
    struct gw_lock_owner owner;
    char asked[sizeof fault->message];
    const int64_t epoch = workspace->state.epoch;

    snprintf(asked, sizeof asked, "%s", fault->message);
    if (read_owner(workspace, &owner, &ignored) || !owner.known)
        gw_hint(fault, "wait until the other runner has finished; `godwit lock status` shows it");
    else {
        *fault = (struct gw_fault){ 0 };
        gw_fail(fault, GW_LOCKED,
                "the migration lock is held by %s on %s (pid %" PRId64 ") since %s, running '%s'",
                owner.owner, owner.host, owner.pid, owner.since, owner.command);
        gw_hint(fault, "wait until it has finished, or end it with `godwit lock break`");
    }
    workspace->state.epoch = epoch;
    return fault->code;
}

static int stopped(const struct gw_workspace *workspace, struct gw_fault *fault)
{
    *fault = (struct gw_fault){ 0 };
    (void)workspace;
    return gw_fail(fault, GW_UNCHANGED, "stopped while waiting for the migration lock");
}

/* Tries once; session.status is GW_E_LOCKED if another runner has it. */
static int try_lock(struct gw_workspace *workspace, bool force, struct gw_fault *fault)
{
    struct gw_session *session = &workspace->session;
    struct gw_lock_owner owner;
    struct gw_fault ignored = { 0 };

    int code = driver_lock(session, session->driver.lock, "lock", fault);
    if (code || !session->row_lock || force)
        return code;
    /* Nobody but the row knows of runners on other nodes, or behind the same pooler. */
    code = read_owner(workspace, &owner, fault);
    if (!code && !owner.known)
        return GW_DONE;
    driver_lock(session, session->driver.unlock, "unlock", &ignored);
    if (code)
        return code;
    session->status = GW_E_LOCKED;
    return gw_fail(fault, GW_LOCKED, "the migration lock is held by %s on %s", owner.owner,
                   owner.host);
}

static int poll_lock(struct gw_workspace *workspace, bool force, struct gw_fault *fault)
{
    struct gw_session *session = &workspace->session;
    const int64_t start = gw_clock_steady_ns(), wait = workspace->project.engine.lock_wait_ns;
    uint32_t pause_ms = FIRST_WAIT_MS;

    for (;;) {
        int code = try_lock(workspace, force, fault);
        if (!code || session->status != GW_E_LOCKED)
            return code;
        if (gw_clock_steady_ns() - start >= wait)
            return wait_over(workspace, fault);
        if (workspace->stop && workspace->stop->level)
            return stopped(workspace, fault);
        gw_emit(workspace->events, GW_LEVEL_PROGRESS, "lock.waiting", GW_NO_FIELDS,
                "waiting for the migration lock");
        *fault = (struct gw_fault){ 0 };
        /* Jitter: many runners that start together must not knock together. */
        gw_sleep_ns((int64_t)(pause_ms / 2 + randombytes_uniform(pause_ms)) * 1000000);
        pause_ms = pause_ms * 2 > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : pause_ms * 2;
    }
}

static int raise_epoch(struct gw_workspace *workspace, const char *command, struct gw_fault *fault)
{
    struct gw_state *state = &workspace->state;
    struct gw_batch batch = { 0 };
    char now[GW_TIME_TEXT], shown[256];

    gw_time_text(now, gw_clock_wall_ns());
    snprintf(shown, sizeof shown, "%s", command);
    const struct gw_cell args[] = {
        gw_cell_int(state->epoch + 1),
        gw_cell_text(workspace->who.user),
        gw_cell_text(workspace->who.host),
        gw_cell_int(getpid()),
        gw_cell_text(now),
        gw_cell_text(workspace->session.connection),
        gw_cell_text(shown),
        gw_cell_int(state->epoch),
    };
    gw_batch_add(&batch, state->sql[GW_SQL_OWN], args, sizeof args / sizeof args[0],
                 GW_STMT_ONE_ROW);
    int code = gw_batch_run(&batch, &workspace->session, GW_RUN_TX | GW_RUN_RELAXED, NULL, fault);
    gw_batch_free(&batch);
    if (!code)
        state->epoch++;
    return code;
}

static int take(struct gw_workspace *workspace, const char *command, bool force, bool *moved,
                struct gw_fault *fault)
{
    struct gw_session *session = &workspace->session;
    struct gw_state *state = &workspace->state;
    struct gw_fault ignored = { 0 };
    const int64_t epoch = state->epoch;
    const bool existed = state->exists, owned = state->owned;

    int code = poll_lock(workspace, force, fault);
    if (code)
        return code;
    code = gw_state_look(state, session, fault);
    /* The same epoch is no proof: its owner may have gone on after we read what was applied. */
    *moved = state->exists != existed || (existed && (owned || state->epoch != epoch));
    if (!code && !state->exists)
        code = gw_state_create(state, session, fault);
    if (!code)
        code = raise_epoch(workspace, command, fault);
    if (code)
        driver_lock(session, session->driver.unlock, "unlock", &ignored);
    return code;
}

int gw_lock_take(struct gw_workspace *workspace, const char *command, bool *moved,
                 struct gw_fault *fault)
{
    return take(workspace, command, false, moved, fault);
}

int gw_lock_release(struct gw_workspace *workspace, struct gw_fault *fault)
{
    struct gw_session *session = &workspace->session;
    const struct gw_cell epoch = gw_cell_int(workspace->state.epoch);
    struct gw_fault first = { 0 }, second = { 0 }, third = { 0 };
    const struct gw_stop *stop = session->stop;
    struct gw_batch batch = { 0 };

    session->stop = NULL; /* letting go is not to be stopped */

    /* Each part is tried even if the one before failed: what is done must become durable, and the lock
     * must not stay. */
    gw_batch_add(&batch, workspace->state.sql[GW_SQL_DISOWN], &epoch, 1, 0);
    batch.fresh = true; /* whatever role or path the last migration chose */
    gw_batch_run(&batch, session, GW_RUN_TX | GW_RUN_RELAXED, NULL, &first);
    gw_batch_free(&batch);
    uint64_t flags = session->error_flags;
    gw_session_flush(session, &second);
    flags |= session->error_flags;
    driver_lock(session, session->driver.unlock, "unlock", &third);
    if (session->error_flags & GW_ERR_CONN_LOST)
        third.code = GW_DONE;      /* the lock went with the session */
    session->error_flags |= flags; /* of all: a lost connection may show in any of them */
    session->stop = stop;
    const struct gw_fault *worst = second.code ? &second : first.code ? &first : &third;
    if (worst->code && workspace->project.engine.durability == GW_DURABLE_REVISION) {
        /* All that matters was durable before; the next owner finds the lock free whatever the row says. */
        gw_emit(workspace->events, GW_LEVEL_WARN, "lock.unreleased",
                GW_FIELDS(gw_field_text("message", worst->message)),
                "the owner's row of the lock was not cleared: %s", worst->message);
        return GW_DONE;
    }
    if (worst->code && !fault->code)
        *fault = *worst;
    return worst->code;
}

/* ---- status and break ---- */

int gw_lock_status(struct gw_workspace *workspace, struct gw_lock_owner *out,
                   struct gw_fault *fault)
{
    struct gw_session *session = &workspace->session;
    struct gw_fault tried = { 0 };

    *out = (struct gw_lock_owner){ 0 };
    if (!session->conn)
        return GW_DONE;
    int code = read_owner(workspace, out, fault);
    if (code)
        return code;
    driver_lock(session, session->driver.lock, "lock", &tried);
    if (session->status == GW_OK) {
        driver_lock(session, session->driver.unlock, "unlock", &tried);
        out->held = session->row_lock && out->known;
    } else if (session->status == GW_E_LOCKED) {
        out->held = true;
        snprintf(out->note, sizeof out->note, "%.500s", tried.message);
    } else if (session->status != GW_E_READ_ONLY)
        out->held = out->known; /* no right to look: the row is all there is */
    return GW_DONE;
}

static int end_owner(struct gw_workspace *workspace, const struct gw_lock_owner *owner,
                     struct gw_fault *fault)
{
    struct gw_session *session = &workspace->session;
    struct gw_call call;

    if (!GW_HAS(&session->recover, terminate)) {
        gw_fail(fault, GW_LOCKED, "the driver '%s' cannot end another session",
                session->project->database.backend);
        return gw_hint(fault, "end the process %" PRId64 " on %s yourself", owner->pid,
                       owner->host);
    }
    gw_call_init(&call, session->project->database.backend, session->events, workspace->stop);
    gw_call_enter(&call, "terminate", GW_UNCHANGED);
    gw_status status = session->recover.terminate(
        &call, session->conn, (struct gw_str){ owner->connection, strlen(owner->connection) });
    return gw_call_end(&call, status, "terminate", GW_LOCKED, fault);
}

int gw_lock_break(struct gw_workspace *workspace, const char *reason, struct gw_fault *fault)
{
    struct gw_batch batch = { 0 };
    struct gw_lock_owner owner;
    char subject[300];
    bool moved;

    int code = gw_lock_status(workspace, &owner, fault);
    if (code || (!owner.held && !owner.known))
        return code;
    /* An owner whose row is not committed yet is known to the driver alone; a row without a lock is nobody's. */
    if (!owner.known)
        owner.connection[0] = '\0';
    /* Where the row is the lock, the next epoch shuts its owner out, wherever that is. */
    if (owner.held && !workspace->session.row_lock)
        code = end_owner(workspace, &owner, fault);
    if (!code)
        code = take(workspace, "lock break", true, &moved, fault);
    if (code)
        return code;
    if (owner.known)
        snprintf(subject, sizeof subject, "%s on %s, pid %" PRId64, owner.owner, owner.host,
                 owner.pid);
    else
        snprintf(subject, sizeof subject, "%.290s", owner.note);
    gw_batch_audit(&batch, workspace, AUDIT_ROW, "lock break", subject, reason);
    code = gw_batch_run(&batch, &workspace->session, GW_RUN_TX, NULL, fault);
    gw_batch_free(&batch);
    int released = gw_lock_release(workspace, fault);
    return code ? code : released;
}
