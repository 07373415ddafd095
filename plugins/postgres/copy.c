/* SPDX-License-Identifier: Apache-2.0 */
/* COPY ... FROM STDIN with its rows in the script. libpq has no COPY in pipelines, so it is done between two. */
#include "unit.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

enum {
    PIECE = 1 << 16
};

static gw_status put_data(struct postgres_session *session, const char *data, size_t len)
{
    gw_status status = GW_OK;
    while (len && status == GW_OK) {
        int piece = len < PIECE ? (int)len : PIECE;
        int put = PQputCopyData(session->db, data, piece);
        if (put < 0)
            return GW_OK; /* the server has ended it: the result says why */
        if (put > 0) {
            data += piece;
            len -= (size_t)piece;
        }
        status = postgres_wait_writable(session);
        if (status == GW_OK && postgres_stopped(session))
            return postgres_fail(session, GW_E_CANCELLED, NULL, "cancelled");
        if (PQtransactionStatus(session->db) == PQTRANS_INERROR)
            break;
    }
    return status;
}

static gw_status end_copy(struct postgres_session *session, const char *why)
{
    int put;
    while ((put = PQputCopyEnd(session->db, why)) == 0)
        if (postgres_wait_writable(session) != GW_OK)
            return session->failure.code;
    return GW_OK;
}

static gw_status take_end(struct postgres_session *session, struct postgres_unit *unit,
                          const struct postgres_text *command)
{
    PGresult *result;
    gw_status status = GW_OK;
    while (postgres_wait_result(session, &result) == GW_OK && result) {
        const char *affected = PQcmdTuples(result);
        if (PQresultStatus(result) == PGRES_FATAL_ERROR)
            status = postgres_text_fail(session, result, command);
        else if (*affected)
            unit->affected = strtoll(affected, NULL, 10);
        PQclear(result);
    }
    return status;
}

static gw_status copy_in(struct postgres_session *session, struct postgres_unit *unit,
                         struct gw_str sql, const struct postgres_text *command,
                         const struct postgres_kind *kind)
{
    PGresult *result;
    char *text = strndup(command->sql.ptr, command->sql.len);
    if (!text)
        return postgres_fail_memory(session);
    int sent = PQsendQueryParams(session->db, text, 0, NULL, NULL, NULL, NULL, 0);
    free(text);
    if (!sent)
        return postgres_fail_lost(session);
    postgres_wait_result(session, &result);
    bool ready = PQresultStatus(result) == PGRES_COPY_IN;
    if (!ready)
        postgres_text_fail(session, result, command);
    PQclear(result);
    gw_status status = session->failure.code;
    if (ready) {
        status = put_data(session, sql.ptr + kind->data, sql.len - kind->data);
        end_copy(session, status == GW_OK ? NULL : "cancelled");
    }
    gw_status ended = take_end(session, unit, command);
    return status == GW_OK ? ended : status;
}

gw_status postgres_copy(struct postgres_session *session, struct postgres_unit *unit,
                        uint32_t index)
{
    unit->affected = -1;
    if (!PQexitPipelineMode(session->db))
        return postgres_fail(session, GW_E_INTERNAL, NULL, "the pipeline is not empty");
    session->wait_begun_ns = postgres_now_ns();
    gw_status status = copy_in(session, unit, unit->run->statements[index].sql, &unit->texts[index],
                               &unit->kinds[index]);
    if (PQstatus(session->db) == CONNECTION_BAD)
        return postgres_fail_lost(session);
    if (!PQenterPipelineMode(session->db))
        return postgres_fail(session, GW_E_INTERNAL, NULL, "the connection is busy");
    return status == GW_OK ? postgres_unit_done(session, unit, index) : status;
}
