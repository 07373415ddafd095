/* SPDX-License-Identifier: Apache-2.0 */
#include "transaction.h"

#include "statement.h"

/* A group ends, and frees the write lock, after this time. Its end costs one sync of the disk, some 5 ms, so
 * that a longer group gains nothing that can be measured. */
static const int64_t group_ns = 1000000000;

bool sqlite_in_transaction(const struct sqlite_session *session)
{
    return !sqlite3_get_autocommit(session->db);
}

static void rollback(struct sqlite_session *session)
{
    session->shielded = true;
    int result =
        sqlite_in_transaction(session) ? sqlite_execute(session, "ROLLBACK", NULL) : SQLITE_OK;
    if (sqlite_in_transaction(session)) {
        session->failure.flags |= GW_ERR_CONN_LOST;
        sqlite_log(session, GW_LOG_ERROR, "cannot roll back '%s': %s", session->path,
                   sqlite3_errstr(result));
    }
    session->shielded = false;
}

static gw_status begin(struct sqlite_session *session)
{
    int result = sqlite_execute(session, "BEGIN IMMEDIATE", NULL);
    if (result == SQLITE_OK)
        return GW_OK;
    sqlite_fail_database(session, result, (struct gw_str){ 0 });
    rollback(session);
    return session->failure.code;
}

/* A commit that fails for a lock or a constraint leaves the transaction open. An I/O error may strike after the
 * change has reached the disk, so that only the next look at the database tells. */
static gw_status commit(struct sqlite_session *session)
{
    int result = sqlite_execute(session, "COMMIT", NULL);
    if (result == SQLITE_OK)
        return GW_OK;
    sqlite_fail_database(session, result, (struct gw_str){ 0 });
    sqlite_fail_prefix(session, "the transaction was not committed");
    if (sqlite_in_transaction(session))
        rollback(session);
    else if ((result & 0xff) == SQLITE_IOERR)
        session->failure.flags |= GW_ERR_UNKNOWN_OUTCOME;
    return session->failure.code;
}

gw_status sqlite_group_commit(struct sqlite_session *session)
{
    if (!session->group.open)
        return GW_OK;
    session->group.open = false;
    session->group.without_keys = false;
    gw_status status = commit(session);
    if (status != GW_OK && session->group.units)
        session->failure.flags |= GW_ERR_TX_ABORTED;
    return status;
}

gw_status sqlite_unit_begin(struct sqlite_session *session, bool relaxed)
{
    struct sqlite_group *group = &session->group;
    if (!relaxed || !group->open) {
        gw_status status = begin(session);
        if (status != GW_OK || !relaxed)
            return status;
        *group = (struct sqlite_group){ .open = true, .since_ns = sqlite_now_ns() };
    }
    int result = sqlite_execute(session, "SAVEPOINT godwit_unit", NULL);
    if (result == SQLITE_OK)
        return GW_OK;
    sqlite_fail_database(session, result, (struct gw_str){ 0 });
    sqlite_unit_undo(session, relaxed);
    return session->failure.code;
}

gw_status sqlite_unit_commit(struct sqlite_session *session, bool relaxed)
{
    struct sqlite_group *group = &session->group;
    if (!relaxed)
        return commit(session);
    int result = sqlite_execute(session, "RELEASE godwit_unit", NULL);
    if (result != SQLITE_OK) {
        sqlite_fail_database(session, result, (struct gw_str){ 0 });
        sqlite_unit_undo(session, relaxed);
        return session->failure.code;
    }
    if (sqlite_now_ns() - group->since_ns >= group_ns) {
        gw_status status = sqlite_group_commit(session);
        if (status != GW_OK)
            return status;
    } else {
        group->units++;
    }
    return GW_OK;
}

gw_status sqlite_unit_restart(struct sqlite_session *session, bool relaxed)
{
    session->group.without_keys = false;
    if (!relaxed) {
        rollback(session);
        return begin(session);
    }
    session->shielded = true;
    int result = sqlite_execute(session, "ROLLBACK TO godwit_unit", NULL);
    session->shielded = false;
    return result == SQLITE_OK ? GW_OK
                               : sqlite_fail_database(session, result, (struct gw_str){ 0 });
}

static bool undo_savepoint(struct sqlite_session *session)
{
    session->shielded = true;
    bool undone = sqlite_execute(session, "ROLLBACK TO godwit_unit", NULL) == SQLITE_OK &&
                  sqlite_execute(session, "RELEASE godwit_unit", NULL) == SQLITE_OK;
    session->shielded = false;
    return undone && sqlite_in_transaction(session);
}

void sqlite_unit_undo(struct sqlite_session *session, bool relaxed)
{
    struct sqlite_group *group = &session->group;
    group->without_keys = false; /* what was dropped is there again */
    if (relaxed && group->open) {
        if (group->units && sqlite_in_transaction(session) && undo_savepoint(session))
            return;
        if (group->units)
            session->failure.flags |= GW_ERR_TX_ABORTED;
        group->open = false;
    }
    rollback(session);
}
