/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "session.h"
#include "setup.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    MARIADB_OLDEST = 100500,
    MARIADB_ATOMIC = 100600, /* DDL is atomic from here on */
    MYSQL_OLDEST = 50700,
    MYSQL_ATOMIC = 80000
};

/* ---- what the server says about itself ---- */

/* "10.11.19-MariaDB-...", "8.4.3" */
static uint32_t parse_version(const char *text)
{
    char *end;
    unsigned long major = strtoul(text, &end, 10), minor = 0, patch = 0;
    if (*end == '.')
        minor = strtoul(end + 1, &end, 10);
    if (*end == '.')
        patch = strtoul(end + 1, &end, 10);
    if (major > 999 || minor > 99 || patch > 99)
        patch = 99;
    return (uint32_t)((major % 1000) * 10000 + (minor % 100) * 100 + patch);
}

static gw_status read_identity(struct my_session *session)
{
    char texts[4][260];
    gw_status status = my_ask(session, texts[0], 4, sizeof texts[0], NULL,
                              "SELECT @@version, @@version_comment, CONNECTION_ID(), DATABASE()");
    if (status != GW_OK)
        return status;
    session->mariadb = strcasestr(texts[0], "mariadb") || strcasestr(texts[1], "mariadb");
    session->version = parse_version(texts[0]);
    snprintf(session->version_text, sizeof session->version_text, "%.63s", texts[0]);
    session->id = strtoull(texts[2], NULL, 10);
    memcpy(session->database, texts[3], sizeof session->database);
    session->shared = (uint32_t)session->id != (uint32_t)mysql_thread_id(session->db);
    session->row_lock = session->shared;
    if (session->version >= (session->mariadb ? (uint32_t)MARIADB_OLDEST : (uint32_t)MYSQL_OLDEST))
        return GW_OK;
    return my_fail(session, GW_E_UNSUPPORTED, "MariaDB 10.5 and MySQL 5.7 are the oldest that do",
                   "%s %s is too old", session->mariadb ? "MariaDB" : "MySQL",
                   session->version_text);
}

struct variables {
    char wsrep_on[16], wsrep_provider[16], group[64], flush[16], sync[16], log_bin[16], packet[24];
};

static gw_status take_variable(struct my_session *session, MYSQL_RES *result, MYSQL_ROW row,
                               const unsigned long *lengths, void *payload)
{
    struct variables *out = payload;
    const struct {
        const char *name;
        char *to;
        size_t room;
    } known[] = {
        { "wsrep_on", out->wsrep_on, sizeof out->wsrep_on },
        { "wsrep_provider", out->wsrep_provider, sizeof out->wsrep_provider },
        { "group_replication_group_name", out->group, sizeof out->group },
        { "innodb_flush_log_at_trx_commit", out->flush, sizeof out->flush },
        { "sync_binlog", out->sync, sizeof out->sync },
        { "log_bin", out->log_bin, sizeof out->log_bin },
        { "max_allowed_packet", out->packet, sizeof out->packet },
    };
    (void)session;
    (void)lengths;
    for (size_t i = 0; i < sizeof known / sizeof known[0] && mysql_num_fields(result) > 1; i++)
        if (row[0] && row[1] && strcasecmp(row[0], known[i].name) == 0)
            snprintf(known[i].to, known[i].room, "%s", row[1]);
    return GW_OK;
}

/* What an intent promises holds after a power failure only if it was written before the DDL. */
static void warn_of_durability(struct my_session *session, const struct variables *variables)
{
    uint32_t atomic = session->mariadb ? MARIADB_ATOMIC : MYSQL_ATOMIC;
    if (session->read_only)
        return;
    if (session->version < atomic)
        my_log(session, GW_LOG_WARN,
               "%s %s does not run DDL atomically: a server that dies in the middle can leave it "
               "half done; %s does",
               session->mariadb ? "MariaDB" : "MySQL", session->version_text,
               session->mariadb ? "MariaDB 10.6" : "MySQL 8.0");
    if (variables->flush[0] && strcmp(variables->flush, "1") != 0)
        my_log(
            session, GW_LOG_WARN,
            "innodb_flush_log_at_trx_commit is %s, not 1: after a power failure of the server the "
            "history can lack what was done",
            variables->flush);
    if (strcasecmp(variables->log_bin, "ON") == 0 && strcmp(variables->sync, "1") != 0)
        my_log(
            session, GW_LOG_INFO,
            "sync_binlog is %s, not 1: after a power failure of the server its replicas can differ",
            variables->sync);
}

static gw_status read_variables(struct my_session *session)
{
    static const struct gw_str sql =
        GW_S("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_provider',"
             " 'group_replication_group_name', 'innodb_flush_log_at_trx_commit', 'sync_binlog',"
             " 'log_bin', 'max_allowed_packet')");
    struct variables variables = { 0 };
    const struct my_rows rows = { .row = take_variable, .payload = &variables };
    gw_status status = my_execute(session, sql, &rows, NULL);
    if (status != GW_OK)
        return status;
    bool galera = strcasecmp(variables.wsrep_on, "ON") == 0 && variables.wsrep_provider[0] &&
                  strcasecmp(variables.wsrep_provider, "none") != 0;
    session->row_lock |= galera || variables.group[0];
    session->max_packet = strtoull(variables.packet, NULL, 10);
    warn_of_durability(session, &variables);
    return GW_OK;
}

/* ---- open, close ---- */

static void read_options(struct my_session *session, const struct gw_open *open)
{
    const struct gw_cell *timeout = &open->options[MY_OPTION_LOCK_TIMEOUT];
    const struct gw_cell *warnings = &open->options[MY_OPTION_WARNINGS];
    session->lock_timeout_ns = INT64_C(5000000000);
    session->fail_on_warnings = true;
    if (open->n_options > MY_OPTION_LOCK_TIMEOUT && timeout->kind == GW_TIME)
        session->lock_timeout_ns = timeout->v.i;
    if (open->n_options > MY_OPTION_WARNINGS && warnings->kind == GW_TEXT)
        session->fail_on_warnings =
            !(warnings->v.s.len == 3 && memcmp(warnings->v.s.ptr, "log", 3) == 0);
}

/* They are run again whenever a migration has changed the session. */
static gw_status keep_session(struct my_session *session, const struct gw_open *open)
{
    struct gw_str *kept =
        gw_arena_array(&session->arena, open->n_session ? open->n_session : 1, sizeof *kept);
    for (uint64_t i = 0; kept && i < open->n_session; i++) {
        kept[i].ptr = gw_arena_copy(&session->arena, open->session[i].ptr, open->session[i].len);
        kept[i].len = open->session[i].len;
        if (!kept[i].ptr)
            return my_fail_memory(session);
    }
    session->session = kept;
    session->n_session = open->n_session;
    return kept ? GW_OK : my_fail_memory(session);
}

static gw_status open_session(struct my_session *session, const struct gw_open *open)
{
    read_options(session, open);
    gw_status status = keep_session(session, open);
    if (status != GW_OK)
        return status;
    session->db = my_connect(session);
    if (!session->db)
        return session->failure.code;
    status = read_identity(session);
    if (status == GW_OK)
        status = read_variables(session);
    return status == GW_OK ? my_setup(session) : status;
}

gw_status my_open(struct gw_call *call, const struct gw_open *open, void **conn)
{
    struct my_session *session = calloc(1, sizeof *session);
    *conn = NULL;
    if (!session) {
        const struct gw_error error = { .struct_size = sizeof error,
                                        .code = GW_E_NO_MEMORY,
                                        .message = GW_S("out of memory") };
        return my_host()->fail(call, &error);
    }
    session->host = my_host();
    session->read_only = open->flags & GW_OPEN_READ_ONLY;
    my_enter(session, call);
    gw_status status =
        my_url_read(call, session->host, open->url, &session->arena, &session->target);
    if (status == GW_OK)
        status = open_session(session, open);
    status = my_leave(session, status);
    if (status == GW_OK)
        *conn = session;
    else
        my_close(session);
    return status;
}

void my_close(void *conn)
{
    struct my_session *session = conn;
    session->call = NULL;
    session->shielded = true;
    if (session->locked) /* the server notices the end of a session on its own time */
        my_try(session, "DO RELEASE_ALL_LOCKS()");
    if (session->side)
        mysql_close(session->side);
    if (session->db)
        mysql_close(session->db);
    my_effects_free(session);
    if (session->target.password)
        explicit_bzero((char *)(uintptr_t)session->target.password,
                       strlen(session->target.password));
    gw_arena_free(&session->arena);
    free(session);
}

void my_interrupt(void *conn)
{
    struct my_session *session = conn;
    atomic_store(&session->interrupted, true);
}

/* ---- info ---- */

gw_status my_info(struct gw_call *call, void *conn, const struct gw_fields_out *out)
{
    struct my_session *session = conn;
    char connection[32];
    gw_status status = GW_OK;

    snprintf(connection, sizeof connection, "%llu", (unsigned long long)session->id);
    const struct {
        const char *key;
        const char *value;
        bool given;
    } fields[] = {
        { "product", session->mariadb ? "MariaDB" : "MySQL", true },
        { "version", session->version_text, true },
        { "database", session->database, true },
        { "connection", connection, true },
        { "lock", "row", session->row_lock },
        { "session", "shared", session->shared },
    };
    my_enter(session, call);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == GW_OK; i++) {
        const struct gw_field field = { { fields[i].key, strlen(fields[i].key) },
                                        { .kind = GW_TEXT,
                                          .v.s = { fields[i].value, strlen(fields[i].value) } } };
        if (fields[i].given)
            status = out->field(call, &field);
    }
    return my_leave(session, status == GW_STOP ? GW_OK : status);
}
