/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include "cmocka_all.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the host ---- */

static void copy(char *out, size_t room, struct gw_str text)
{
    snprintf(out, room, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
}

static void host_log(struct gw_call *call, int32_t level, struct gw_str text)
{
    size_t used = strlen(call->log);
    snprintf(call->log + used, sizeof call->log - used, "%c: %.*s\n", "DIWE"[level & 3],
             (int)text.len, text.ptr);
}

static gw_status host_fail(struct gw_call *call, const struct gw_error *error)
{
    call->code = error->code;
    call->flags = error->flags;
    call->begin = error->begin;
    call->end = error->end;
    memcpy(call->sqlstate, error->sqlstate, sizeof call->sqlstate);
    copy(call->message, sizeof call->message, error->message);
    copy(call->detail, sizeof call->detail, error->detail);
    copy(call->hint, sizeof call->hint, error->hint);
    return error->code;
}

static int32_t host_stopped(struct gw_call *call)
{
    int look = atomic_fetch_add(&call->looks, 1) + 1;
    if (call->on_look)
        call->on_look(look);
    return call->stop_after && look >= call->stop_after;
}

static void host_progress(struct gw_call *call, uint64_t done, uint64_t total, struct gw_str what)
{
    snprintf(call->progress, sizeof call->progress, "%.*s: %llu of %llu", (int)what.len, what.ptr,
             (unsigned long long)done, (unsigned long long)total);
}

static const void *host_service(const struct gw_host *host, const char *id)
{
    (void)host;
    (void)id;
    return NULL;
}

const struct gw_host test_host = {
    .struct_size = sizeof test_host,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_ABI_MINOR,
    .program = GW_S("contract"),
    .version = GW_S("0"),
    .log = host_log,
    .fail = host_fail,
    .stopped = host_stopped,
    .progress = host_progress,
    .service = host_service,
};

/* ---- the plugin ---- */

void plugin_load(struct plugin *out, const char *path)
{
    const struct gw_plugin *(*entry)(void);
    struct gw_call call = { 0 };
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail_msg("%s", dlerror());
    *(void **)&entry = dlsym(library, "godwit_plugin_v1");
    assert_non_null(entry);
    *out = (struct plugin){ .descriptor = entry() };
    assert_int_equal(out->descriptor->abi_major, GW_ABI_MAJOR);
    for (const struct gw_provides *offer = out->descriptor->provides; offer->id; offer++) {
        if (strcmp(offer->id, GW_DRIVER) == 0)
            out->driver = offer->vtable;
        if (strcmp(offer->id, GW_DRIVER_RECOVER) == 0)
            out->recover = offer->vtable;
        if (strcmp(offer->id, GW_DRIVER_PROGRESS) == 0)
            out->progress = offer->vtable;
        if (strcmp(offer->id, GW_DRIVER_SNAPSHOT) == 0)
            out->snapshot = offer->vtable;
    }
    assert_non_null(out->driver);
    if (out->descriptor->init)
        assert_int_equal(out->descriptor->init(&call, &test_host), GW_OK);
}

/* ---- calls ---- */

struct gw_call *call_of(struct connection *connection)
{
    struct gw_call *call = &connection->call;
    int stop_after = call->stop_after, stop_rows_at = call->stop_rows_at;
    void (*on_look)(int) = call->on_look;
    memset(call, 0, sizeof *call);
    call->stop_after = stop_after;
    call->stop_rows_at = stop_rows_at;
    call->on_look = on_look;
    return call;
}

/* A failure comes with its reason, and the reason reads as all messages do. */
static gw_status ended(struct connection *connection, gw_status status)
{
    const struct gw_call *call = &connection->call;
    if (status < 0) {
        size_t len = strlen(call->message);
        assert_int_equal(call->code, status);
        assert_true(len > 0);
        assert_true(call->message[len - 1] != '.');
    }
    return status;
}

static struct gw_str str(const char *text)
{
    return (struct gw_str){ text, strlen(text) };
}

gw_status connection_open(struct connection *out, const struct plugin *plugin,
                          const struct opening *opening)
{
    struct gw_cell options[8] = { { 0 } };
    struct gw_str session[8];
    struct gw_open open = {
        .struct_size = sizeof open,
        .n_options = plugin->descriptor->n_options,
        .flags = opening->flags,
        .url = str(opening->url),
        .options = options,
        .session = session,
    };
    assert_true(open.n_options <= 8);
    for (uint32_t i = 0; i < open.n_options; i++)
        if (opening->busy_ms && (strcmp(plugin->descriptor->options[i].key, "busy_timeout") == 0 ||
                                 strcmp(plugin->descriptor->options[i].key, "lock_timeout") == 0))
            options[i] = (struct gw_cell){ .kind = GW_TIME, .v.i = opening->busy_ms * 1000000 };
    while (opening->session[open.n_session]) {
        session[open.n_session] = str(opening->session[open.n_session]);
        open.n_session++;
    }
    memset(out, 0, sizeof *out);
    out->plugin = plugin;
    gw_status status = plugin->driver->open(call_of(out), &open, &out->conn);
    if (status != GW_OK)
        assert_null(out->conn);
    return ended(out, status);
}

void connection_close(struct connection *connection)
{
    connection->plugin->driver->close(connection->conn);
    connection->conn = NULL;
}

static gw_status take_done(struct gw_call *call, uint32_t index, int64_t affected,
                           int64_t elapsed_ns)
{
    assert_int_equal(index, call->n_done);
    assert_true(elapsed_ns >= 0);
    if (index < ROWS)
        call->affected[index] = affected;
    call->n_done++;
    return GW_OK;
}

static const struct gw_run_out run_out = { sizeof run_out, 0, take_done };

gw_status run_request(struct connection *connection, const struct gw_run *request)
{
    return ended(connection, connection->plugin->driver->run(call_of(connection), connection->conn,
                                                             request, &run_out));
}

gw_status run(struct connection *connection, const struct unit *unit)
{
    struct gw_statement statements[12];
    struct gw_field settings[4];
    struct gw_run request = { .struct_size = sizeof request,
                              .flags = unit->flags,
                              .statements = statements,
                              .settings = settings };
    while (request.n_statements < 12 && unit->sql[request.n_statements]) {
        const char *sql = unit->sql[request.n_statements];
        statements[request.n_statements++] =
            (struct gw_statement){ .sql = str(sql), .flags = unit->statement_flags };
    }
    while (unit->settings[2 * request.n_settings]) {
        struct gw_field *field = &settings[request.n_settings];
        field->key = str(unit->settings[2 * request.n_settings]);
        field->val = (struct gw_cell){ .kind = GW_TEXT,
                                       .v.s = str(unit->settings[2 * request.n_settings + 1]) };
        request.n_settings++;
    }
    return run_request(connection, &request);
}

gw_status run_user(struct connection *connection, const char *sql)
{
    return run(
        connection,
        &(struct unit){ .flags = GW_RUN_TX, .statement_flags = GW_STMT_USER, .sql = { sql } });
}

gw_status run_args(struct connection *connection, const char *sql, uint32_t flags,
                   const struct gw_cell *args, uint32_t n)
{
    const struct gw_statement statement = { str(sql), args, n, flags };
    const struct gw_run request = { .struct_size = sizeof request,
                                    .n_statements = 1,
                                    .flags = GW_RUN_TX,
                                    .statements = &statement };
    return run_request(connection, &request);
}

gw_status flush(struct connection *connection)
{
    return ended(connection,
                 connection->plugin->driver->flush(call_of(connection), connection->conn));
}

/* ---- sinks ---- */

static void text_add(struct gw_call *call, const char *text, size_t len)
{
    assert_true(call->text_len + len < sizeof call->text);
    memcpy(call->text + call->text_len, text, len);
    call->text_len += len;
    call->text[call->text_len] = '\0';
}

static gw_status take_text(struct gw_call *call, struct gw_str text)
{
    text_add(call, text.ptr, text.len);
    return GW_OK;
}

static gw_status take_columns(struct gw_call *call, const struct gw_column *columns, uint32_t n)
{
    assert_int_equal(call->n_rows, 0);
    assert_int_equal(call->n_columns, 0);
    for (uint32_t i = 0; i < n; i++)
        assert_non_null(columns[i].name.ptr);
    call->n_columns = n;
    return GW_OK;
}

static gw_status take_row(struct gw_call *call, const struct gw_cell *cells, uint32_t n)
{
    char number[64];
    assert_int_equal(n, call->n_columns);
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            text_add(call, "|", 1);
        switch (cells[i].kind) {
        case GW_BOOL:
        case GW_INT:
        case GW_TIME:
            text_add(call, number,
                     (size_t)snprintf(number, sizeof number, "%lld", (long long)cells[i].v.i));
            break;
        case GW_REAL:
            text_add(call, number, (size_t)snprintf(number, sizeof number, "%.17g", cells[i].v.f));
            break;
        case GW_TEXT:
            text_add(call, cells[i].v.s.ptr, cells[i].v.s.len);
            break;
        case GW_BLOB:
            text_add(call, "x'", 2);
            for (size_t b = 0; b < cells[i].v.s.len; b++)
                text_add(call, number,
                         (size_t)snprintf(number, sizeof number, "%02x",
                                          (unsigned char)cells[i].v.s.ptr[b]));
            text_add(call, "'", 1);
            break;
        default:
            assert_int_equal(cells[i].kind, GW_NULL);
            text_add(call, "NULL", 4);
        }
    }
    text_add(call, "\n", 1);
    call->n_rows++;
    return call->stop_rows_at && call->n_rows >= call->stop_rows_at ? GW_STOP : GW_OK;
}

gw_status query_args(struct connection *connection, const char *sql, uint32_t flags,
                     const struct gw_cell *args, uint32_t n)
{
    static const struct gw_rows_out out = { sizeof out, 0, take_columns, take_row };
    const struct gw_statement statement = { str(sql), args, n, flags };
    return ended(connection, connection->plugin->driver->query(call_of(connection),
                                                               connection->conn, &statement, &out));
}

gw_status query(struct connection *connection, const char *sql)
{
    return query_args(connection, sql, 0, NULL, 0);
}

void expect_rows(struct connection *connection, const char *sql, const char *rows)
{
    if (query(connection, sql) != GW_OK)
        fail_msg("%s: %s", sql, connection->call.message);
    assert_string_equal(connection->call.text, rows);
}

void expect_message(struct connection *connection, const char *part)
{
    if (!strstr(connection->call.message, part))
        fail_msg("the message is '%s', without '%s'", connection->call.message, part);
}

static gw_status take_statement(struct gw_call *call, uint64_t begin, uint64_t end, uint64_t flags)
{
    if (call->n_statements < ROWS) {
        call->statements[call->n_statements].begin = begin;
        call->statements[call->n_statements].end = end;
        call->statements[call->n_statements].flags = flags;
    }
    call->n_statements++;
    return GW_OK;
}

gw_status split(struct connection *connection, const char *script, size_t len)
{
    static const struct gw_split_out out = { sizeof out, 0, take_statement };
    return ended(connection,
                 connection->plugin->driver->split(call_of(connection), connection->conn,
                                                   (struct gw_str){ script, len }, &out));
}

static const struct gw_text_out text_out = { sizeof text_out, 0, take_text };

gw_status quote(struct connection *connection, uint32_t kind, const char *text, size_t len)
{
    return ended(connection,
                 connection->plugin->driver->quote(call_of(connection), connection->conn, kind,
                                                   (struct gw_str){ text, len }, &text_out));
}

const char *fingerprint(struct connection *connection)
{
    return fingerprint_of(connection, "");
}

const char *fingerprint_of(struct connection *connection, const char *sql)
{
    gw_status status = connection->plugin->recover->fingerprint(
        call_of(connection), connection->conn, (struct gw_str)GW_S("godwit_"), str(sql), &text_out);
    if (ended(connection, status) != GW_OK)
        fail_msg("fingerprint: %s", connection->call.message);
    return connection->call.text;
}

static gw_status take_field(struct gw_call *call, const struct gw_field *field)
{
    assert_int_equal(field->val.kind, GW_TEXT);
    text_add(call, field->key.ptr, field->key.len);
    text_add(call, "=", 1);
    text_add(call, field->val.v.s.ptr, field->val.v.s.len);
    text_add(call, "\n", 1);
    return GW_OK;
}

const char *info(struct connection *connection, const char *key)
{
    static const struct gw_fields_out out = { sizeof out, 0, take_field };
    static char value[512];
    char line[64];
    gw_status status =
        connection->plugin->driver->info(call_of(connection), connection->conn, &out);
    assert_int_equal(ended(connection, status), GW_OK);
    snprintf(line, sizeof line, "%s=", key);
    const char *found = strstr(connection->call.text, line);
    assert_non_null(found);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(found + strlen(line), "\n"),
             found + strlen(line));
    return value;
}

/* ---- lock ---- */

static const struct gw_str lock_name = GW_S("godwit");

gw_status lock(struct connection *connection)
{
    return ended(connection, connection->plugin->driver->lock(call_of(connection), connection->conn,
                                                              lock_name));
}

gw_status unlock(struct connection *connection)
{
    return ended(connection, connection->plugin->driver->unlock(call_of(connection),
                                                                connection->conn, lock_name));
}

gw_status holds(struct connection *connection)
{
    return ended(connection, connection->plugin->driver->holds(call_of(connection),
                                                               connection->conn, lock_name));
}

gw_status blockers(struct connection *connection)
{
    return ended(connection, connection->plugin->progress->blockers(call_of(connection),
                                                                    connection->conn, &text_out));
}

gw_status terminate(struct connection *connection, const char *session)
{
    return ended(connection, connection->plugin->recover->terminate(
                                 call_of(connection), connection->conn, str(session)));
}

/* ---- processes ---- */

pid_t fork_child(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return child;
}

void kill_child(pid_t child)
{
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* ---- files ---- */

static char folder[64];

const char *folder_make(void)
{
    snprintf(folder, sizeof folder, "%s", "/tmp/godwit-driver-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

void folder_remove(void)
{
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(dirfd(listing), entry->d_name, 0))
            assert_int_equal(unlinkat(dirfd(listing), entry->d_name, AT_REMOVEDIR), 0);
    closedir(listing);
    assert_int_equal(rmdir(folder), 0);
}

const char *folder_file(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

bool file_exists(const char *path)
{
    struct stat file;
    return lstat(path, &file) == 0;
}

void file_write(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}
