/* SPDX-License-Identifier: Apache-2.0 */
#include "lock.h"

#include "base/hash.h"
#include "driver.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_DIGITS = 48 /* with "godwit:" below the server's 64 characters */
};

gw_status my_lock_set_name(struct my_session *session, struct gw_str name)
{
    struct gw_buf text = GW_BUF_TEXT;
    struct gw_hash hash;
    char hex[GW_HASH_TEXT];
    gw_buf_add(&text, session->database, strlen(session->database) + 1);
    gw_buf_add(&text, name.ptr, name.len);
    if (!text.failed) {
        gw_hash_of(&hash, gw_buf_str(&text), text.len);
        gw_hash_text(hex, &hash);
        snprintf(session->lock_name, sizeof session->lock_name, "godwit:%.*s", NAME_DIGITS, hex);
    }
    bool failed = text.failed;
    gw_buf_free(&text);
    return failed ? my_fail_memory(session) : GW_OK;
}

gw_status my_lock_owner(struct my_session *session, uint64_t *out)
{
    char id[32];
    gw_status status =
        my_ask(session, id, 1, sizeof id, NULL, "SELECT IS_USED_LOCK('%s')", session->lock_name);
    *out = strtoull(id, NULL, 10);
    return status;
}

gw_status my_lock_check(struct my_session *session)
{
    uint64_t owner;
    const bool checked = session->checked;
    session->checked = false;
    if (!session->locked || checked)
        return GW_OK;
    gw_status status = my_lock_owner(session, &owner);
    if (status != GW_OK || owner == session->id)
        return status;
    session->locked = false;
    return my_fail(session, GW_E_FENCED, "run again; nothing more was done",
                   "this session has lost the migration lock");
}

static gw_status fail_held(struct my_session *session, uint64_t owner)
{
    char texts[3][128];
    bool found;
    gw_status status = my_ask(session, texts[0], 3, sizeof texts[0], &found,
                              "SELECT USER, HOST, TIME FROM information_schema.PROCESSLIST"
                              " WHERE ID = %llu",
                              (unsigned long long)owner);
    if (status != GW_OK)
        return status;
    if (found)
        my_fail(session, GW_E_LOCKED, NULL,
                "the migration lock of '%s' is held by session %llu (%s@%s, %s s)",
                session->database, (unsigned long long)owner, texts[0], texts[1], texts[2]);
    else
        my_fail(session, GW_E_LOCKED, NULL, "the migration lock of '%s' is held by session %llu",
                session->database, (unsigned long long)owner);
    session->failure.flags |= GW_ERR_RETRYABLE;
    return GW_E_LOCKED;
}

static gw_status look(struct my_session *session)
{
    uint64_t owner;
    gw_status status = my_lock_owner(session, &owner);
    if (status != GW_OK)
        return status;
    if (owner)
        return fail_held(session, owner);
    return my_fail(session, GW_E_READ_ONLY, NULL, "a read-only session takes no migration lock");
}

/* Taken once, however often it is asked for: GET_LOCK counts, and each would want its RELEASE_LOCK. */
static gw_status take(struct my_session *session)
{
    uint64_t owner;
    char got[16];
    gw_status status = my_lock_owner(session, &owner);
    if (status != GW_OK)
        return status;
    session->locked = owner == session->id;
    if (session->locked)
        return GW_OK;
    if (owner)
        return fail_held(session, owner);
    status =
        my_ask(session, got, 1, sizeof got, NULL, "SELECT GET_LOCK('%s', 0)", session->lock_name);
    if (status != GW_OK)
        return status;
    session->locked = strcmp(got, "1") == 0;
    if (session->locked)
        return GW_OK;
    if (got[0] != '0') /* NULL: the server could not tell */
        return my_fail(session, GW_E_LOCKED, "run again", "the server gave no migration lock");
    status = my_lock_owner(session, &owner);
    return status == GW_OK ? fail_held(session, owner) : status;
}

gw_status my_lock(struct gw_call *call, void *conn, struct gw_str name)
{
    struct my_session *session = conn;
    my_enter(session, call);
    gw_status status = my_lock_set_name(session, name);
    if (status == GW_OK)
        status = session->read_only ? look(session) : take(session);
    return my_leave(session, status);
}

gw_status my_unlock(struct gw_call *call, void *conn, struct gw_str name)
{
    struct my_session *session = conn;
    char got[16];
    (void)name; /* a session has one */
    my_enter(session, call);
    if (!session->locked)
        return my_leave(session, GW_OK);
    session->locked = false;
    gw_status status =
        my_ask(session, got, 1, sizeof got, NULL, "SELECT RELEASE_LOCK('%s')", session->lock_name);
    if (status == GW_OK && strcmp(got, "1") != 0)
        status = my_fail(session, GW_E_FENCED, "look whether another run was at work",
                         "the migration lock was lost before it was given back");
    return my_leave(session, status);
}

gw_status my_holds(struct gw_call *call, void *conn, struct gw_str name)
{
    struct my_session *session = conn;
    (void)name;
    my_enter(session, call);
    gw_status status = session->locked ? my_lock_check(session)
                                       : my_fail(session, GW_E_FENCED, NULL,
                                                 "this session does not hold the migration lock");
    return my_leave(session, status);
}
