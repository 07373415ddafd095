/* SPDX-License-Identifier: Apache-2.0 */
#include "connect.h"
#include "driver.h"
#include "lock.h"
#include "session.h"
#include "setup.h"
#include "variable.h"
#include "watch.h"

#include <godwit/sdk.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t default_lock_timeout_ns = 5000000000;
static const int64_t default_connect_timeout_ns = 10000000000;
static const int64_t millisecond_ns = 1000000;

/* WARNING and what the migration itself says; the rest is of no interest. */
static void take_notice(void *payload, const PGresult *result)
{
    struct postgres_session *session = payload;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    char line[800];
    if (!text)
        return;
    bool warning = severity && strcmp(severity, "WARNING") == 0;
    snprintf(line, sizeof line, "%s", text);
    postgres_tidy(line);
    postgres_log(session, warning ? GW_LOG_WARN : GW_LOG_DEBUG, "%s", line);
}

static int64_t option_ns(const struct gw_open *open, uint32_t option, int64_t fallback)
{
    bool given = option < open->n_options && open->options[option].kind == GW_TIME;
    return given ? open->options[option].v.i : fallback;
}

static gw_status open_session(struct postgres_session *session, const struct gw_open *open)
{
    int64_t lock_ns = option_ns(open, POSTGRES_OPTION_LOCK_TIMEOUT, default_lock_timeout_ns);
    session->connect_timeout_ns =
        option_ns(open, POSTGRES_OPTION_CONNECT_TIMEOUT, default_connect_timeout_ns);
    snprintf(session->lock_timeout, sizeof session->lock_timeout, "%lldms",
             (long long)(lock_ns / millisecond_ns));
    session->read_only = open->flags & GW_OPEN_READ_ONLY;
    session->url =
        gw_arena_copy(&session->arena, open->url.ptr ? open->url.ptr : "", open->url.len);
    if (!session->url)
        return postgres_fail_memory(session);
    gw_status status = postgres_connect(session);
    if (status != GW_OK)
        return status;
    PQsetNoticeReceiver(session->db, take_notice, session);
    if (PQsetnonblocking(session->db, 1) || !PQenterPipelineMode(session->db))
        return postgres_fail_lost(session);
    return postgres_setup(session, open);
}

gw_status postgres_open(struct gw_call *call, const struct gw_open *open, void **conn)
{
    struct postgres_session *session = calloc(1, sizeof *session);
    *conn = NULL;
    if (!session)
        return gw_failf(postgres_host(), call, GW_E_NO_MEMORY, "", "out of memory");
    session->host = postgres_host();
    postgres_enter(session, call);
    gw_status status = postgres_leave(session, open_session(session, open));
    if (status == GW_OK)
        *conn = session;
    else
        postgres_close(session);
    return status;
}

void postgres_close(void *conn)
{
    struct postgres_session *session = conn;
    if (!session)
        return;
    if (session->db && !session->lost)
        postgres_lock_let_go(session);
    postgres_watch_close(session);
    PQfinish(session->db);
    for (size_t i = 0; i < POSTGRES_CACHED; i++)
        free(session->cached[i].sql);
    gw_vec_free(&session->steps);
    gw_vec_free(&session->secrets);
    postgres_variables_forget(session);
    gw_arena_free(&session->arena);
    free(session);
}

void postgres_interrupt(void *conn)
{
    struct postgres_session *session = conn;
    atomic_store(&session->interrupted, true);
}

gw_status postgres_info(struct gw_call *call, void *conn, const struct gw_fields_out *out)
{
    struct postgres_session *session = conn;
    const char *version = PQparameterStatus(session->db, "server_version");
    const struct {
        const char *key, *value;
    } fields[] = {
        { "product", "PostgreSQL" },
        { "version", version ? version : "unknown" },
        { "database", session->database },
        { "connection", session->connection },
        { "schema", session->schema },
        { "lock", session->pooled ? "row" : NULL },
        { "session", session->pooled ? "shared" : NULL },
    };
    gw_status status = GW_OK;
    postgres_enter(session, call);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == GW_OK; i++) {
        if (!fields[i].value)
            continue;
        const struct gw_field field = { gw_str_of(fields[i].key),
                                        { .kind = GW_TEXT, .v.s = gw_str_of(fields[i].value) } };
        status = out->field(call, &field);
    }
    return postgres_leave(session, status == GW_STOP ? GW_OK : status);
}
