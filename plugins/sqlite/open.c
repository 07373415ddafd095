/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "guard.h"
#include "lock.h"
#include "path.h"
#include "process.h"
#include "rebuild.h"
#include "session.h"
#include "statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gw_status fail_open(struct sqlite_session *session, int result)
{
    sqlite_fail_database(session, result, (struct gw_str){ 0 });
    if (session->failure.code != GW_E_LOCKED)
        sqlite_fail_prefix(session, "cannot open database '%s'", session->path);
    return session->failure.code;
}

/* ---- the connection ---- */

static gw_status connect_file(struct sqlite_session *session, const struct gw_open *open)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    if (session->read_only && !session->in_memory)
        flags |= SQLITE_OPEN_READONLY;
    else
        flags |= SQLITE_OPEN_READWRITE;
    if (session->in_memory || (open->flags & GW_OPEN_CREATE && !session->read_only))
        flags |= SQLITE_OPEN_CREATE;
    int result = sqlite3_open_v2(session->path, &session->db, flags, NULL);
    if (result != SQLITE_OK)
        return session->db ? fail_open(session, result) : sqlite_fail_memory(session);
    return GW_OK;
}

/* An absolute path cannot be taken for one of SQLite's "file:" names, and the lock file must lie beside the file
 * itself, by whatever link it was reached. */
static gw_status resolve_path(struct sqlite_session *session)
{
    char *real;
    if (session->in_memory)
        return GW_OK;
    real = realpath(session->path, NULL);
    if (real) {
        free(session->path);
        session->path = real;
        return GW_OK;
    }
    if (session->path[0] == '/')
        return GW_OK;
    size_t room = strlen(session->path) + 3;
    real = malloc(room);
    if (!real)
        return sqlite_fail_memory(session);
    snprintf(real, room, "./%s", session->path);
    free(session->path);
    session->path = real;
    return GW_OK;
}

/* SQLite opens a file that it may not write for reading only, without a word. */
static gw_status check_writable(struct sqlite_session *session)
{
    if (session->read_only || sqlite3_db_readonly(session->db, "main") != 1)
        return GW_OK;
    return sqlite_fail(session, GW_E_READ_ONLY, "check the rights of the file",
                       "database '%s' can only be read", session->path);
}

/* ---- configuration ---- */

static const struct gw_cell *option(const struct gw_open *open, uint32_t at)
{
    return at < open->n_options ? &open->options[at] : NULL;
}

static void read_options(struct sqlite_session *session, const struct gw_open *open,
                         int64_t *cache_kib)
{
    const struct gw_cell *timeout = option(open, SQLITE_OPTION_BUSY_TIMEOUT);
    const struct gw_cell *cache = option(open, SQLITE_OPTION_CACHE_SIZE);
    session->patience_ns = timeout && timeout->kind == GW_TIME ? timeout->v.i : INT64_C(5000000000);
    *cache_kib = cache && cache->kind == GW_INT ? cache->v.i : 2000;
}

static gw_status configure(struct sqlite_session *session, int64_t cache_kib)
{
    char cache[64];
    int64_t synchronous = 0;
    sqlite_wait_install(session);
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0, NULL);
    snprintf(cache, sizeof cache, "PRAGMA cache_size = -%lld", (long long)cache_kib);
    int result = sqlite_execute(session, cache, NULL);
    if (result == SQLITE_OK)
        result = sqlite_execute(session, "PRAGMA synchronous", &synchronous);
    if (result == SQLITE_OK && synchronous < 2)
        result = sqlite_execute(session, "PRAGMA synchronous = FULL", NULL);
    return result == SQLITE_OK ? GW_OK : fail_open(session, result);
}

/* The configuration's author may do here what a migration may not. A session that can only read skips what
 * writes, so that one configuration serves both. */
static gw_status run_session(struct sqlite_session *session, const struct gw_open *open)
{
    for (uint64_t i = 0; i < open->n_session; i++) {
        char *text = strndup(open->session[i].ptr, open->session[i].len);
        if (!text)
            return sqlite_fail_memory(session);
        int result = sqlite3_exec(session->db, text, NULL, NULL, NULL);
        free(text);
        if ((result & 0xff) == SQLITE_READONLY && session->read_only)
            continue;
        if (result != SQLITE_OK) {
            sqlite_fail_database(session, result, (struct gw_str){ 0 });
            sqlite_fail_prefix(session, "statement %llu of database.session",
                               (unsigned long long)i + 1);
            return session->failure.code;
        }
        if (!sqlite3_get_autocommit(session->db))
            return sqlite_fail(session, GW_E_ARGUMENT, "remove BEGIN or SAVEPOINT from it",
                               "statement %llu of database.session leaves a transaction open",
                               (unsigned long long)i + 1);
    }
    session->foreign_keys = sqlite_foreign_keys(session);
    int result =
        session->read_only ? sqlite_execute(session, "PRAGMA query_only = 1", NULL) : SQLITE_OK;
    return result == SQLITE_OK ? GW_OK : fail_open(session, result);
}

/* https://sqlite.org/wal.html: a checkpoint that meets a writer can lose committed pages. */
static void warn_of_wal(struct sqlite_session *session)
{
    sqlite3_stmt *stmt = NULL;
    int version = sqlite3_libversion_number();
    if (version < 3007000 || version > 3051002)
        return;
    if (sqlite3_prepare_v2(session->db, "PRAGMA journal_mode", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0)
        sqlite_log(
            session, GW_LOG_WARN,
            "'%s' is in WAL mode, and SQLite %s has a fault that can corrupt such a database when "
            "several connections write and checkpoint at once; SQLite 3.51.3 is without it",
            session->path, sqlite3_libversion());
    sqlite3_finalize(stmt);
}

/* A writer that was killed leaves a journal, and whoever reads next must roll it back before anything can be
 * read at all. A read-only connection cannot; so another one does, and nothing else. */
static gw_status roll_back_leftovers(struct sqlite_session *session)
{
    static const char look[] = "PRAGMA schema_version"; /* touches the file, parses no schema */
    sqlite3 *writer = NULL;

    if (!session->read_only || session->in_memory)
        return GW_OK;
    sqlite_wait_install(session);
    int result = sqlite3_exec(session->db, look, NULL, NULL, NULL);
    if (result != SQLITE_READONLY_ROLLBACK && result != SQLITE_READONLY_RECOVERY)
        return GW_OK;
    int opened =
        sqlite3_open_v2(session->path, &writer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (opened == SQLITE_OK) {
        sqlite3_busy_timeout(writer, (int)(session->patience_ns / 1000000));
        sqlite3_exec(writer, look, NULL, NULL, NULL);
    }
    sqlite3_close(writer);
    result = sqlite3_exec(session->db, look, NULL, NULL, NULL);
    if (result != SQLITE_READONLY_ROLLBACK && result != SQLITE_READONLY_RECOVERY)
        return GW_OK;
    return sqlite_fail(session, GW_E_READ_ONLY,
                       "open it once with the right to write, which rolls it back",
                       "the last writer of database '%s' did not finish", session->path);
}

/* Reads the header and the schema: whether it is a database shows only then. */
static gw_status read_schema(struct sqlite_session *session)
{
    int result = sqlite_execute(session, "SELECT count(*) FROM sqlite_schema LIMIT 0", NULL);
    return result == SQLITE_OK ? GW_OK : fail_open(session, result);
}

/* ---- open, close ---- */

static gw_status open_session(struct sqlite_session *session, const struct gw_open *open)
{
    int64_t cache_kib;
    read_options(session, open, &cache_kib);
    gw_status status = sqlite_path_read(session, open->url, &session->path);
    if (status != GW_OK)
        return status;
    session->in_memory = strcmp(session->path, SQLITE_IN_MEMORY) == 0;
    if (!session->in_memory)
        status = sqlite_path_check(session, session->path, open->flags);
    if (status == GW_OK)
        status = resolve_path(session);
    if (status == GW_OK)
        status = connect_file(session, open);
    if (status == GW_OK)
        status = resolve_path(session); /* it exists now */
    if (status == GW_OK)
        status = check_writable(session);
    if (status == GW_OK)
        status = roll_back_leftovers(session);
    if (status == GW_OK)
        status = configure(session, cache_kib);
    if (status == GW_OK)
        status = read_schema(session);
    if (status == GW_OK)
        status = run_session(session, open);
    if (status == GW_OK && sqlite_guard_install(session) != SQLITE_OK)
        status = sqlite_fail_memory(session);
    if (status == GW_OK)
        warn_of_wal(session);
    return status;
}

gw_status sqlite_open(struct gw_call *call, const struct gw_open *open, void **conn)
{
    struct sqlite_session *session = calloc(1, sizeof *session);
    *conn = NULL;
    if (!session) {
        const struct gw_error error = { .struct_size = sizeof error,
                                        .code = GW_E_NO_MEMORY,
                                        .message = GW_S("out of memory") };
        return sqlite_host()->fail(call, &error);
    }
    session->host = sqlite_host();
    session->read_only = open->flags & GW_OPEN_READ_ONLY;
    session->lock.fd = -1;
    sqlite_enter(session, call);
    gw_status status = sqlite_leave(session, open_session(session, open));
    if (status == GW_OK)
        *conn = session;
    else
        sqlite_close(session);
    return status;
}

void sqlite_close(void *conn)
{
    struct sqlite_session *session = conn;
    session->call = NULL;
    sqlite_lock_free(session);
    sqlite_statements_forget(session);
    sqlite3_close(session->db);
    free(session->path);
    free(session);
}

void sqlite_interrupt(void *conn)
{
    struct sqlite_session *session = conn;
    atomic_store(&session->interrupted, true);
    sqlite3_interrupt(session->db);
}
