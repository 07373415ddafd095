/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/session.h"

#include "base/hash.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

int gw_session_init(struct gw_session *out, struct gw_registry *registry,
                    const struct gw_project *project, struct gw_events *events,
                    const struct gw_stop *stop, struct gw_fault *fault)
{
    *out = (struct gw_session){ .project = project, .events = events, .stop = stop };
    int code = gw_registry_load(registry, project->database.backend, &out->plugin, fault);
    if (code)
        return code;
    if (!gw_plugin_interface(out->plugin, GW_DRIVER, &out->driver, sizeof out->driver)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "plugin '%s' is not a database driver",
                project->database.backend);
        return gw_hint(fault, "set database.backend to a driver; `godwit plugin list` shows them");
    }
    gw_plugin_interface(out->plugin, GW_DRIVER_RECOVER, &out->recover, sizeof out->recover);
    gw_plugin_interface(out->plugin, GW_DRIVER_PROGRESS, &out->progress, sizeof out->progress);
    gw_plugin_interface(out->plugin, GW_DRIVER_CHECK, &out->check, sizeof out->check);
    gw_plugin_interface(out->plugin, GW_DRIVER_SNAPSHOT, &out->snapshot, sizeof out->snapshot);
    return GW_DONE; /* its required slots were looked at when it was loaded */
}

/* Right before the driver's function is called. sink: what its sink functions need; NULL: it has none. */
static void call_begin(struct gw_call *call, const struct gw_session *session, const char *function,
                       void *sink)
{
    gw_call_init(call, session->project->database.backend, session->events, session->stop);
    call->sink = sink;
    call->unguarded = session->plugin->trust == GW_TRUST_BUNDLED;
    gw_call_enter(call, function, session->journalled ? GW_HALFWAY : GW_UNCHANGED);
}

/* Ends a call and keeps what the engine decides by. */
static int call_finish(struct gw_session *session, struct gw_call *call, gw_status returned,
                       const char *function, int code, struct gw_fault *fault)
{
    session->status = returned < 0 ? returned : GW_OK;
    if (call->wrong[0])
        session->status = GW_E_INTERNAL; /* what it returned besides is worth nothing */
    session->error_flags = returned < 0 ? call->flags : 0;
    session->error_begin = returned < 0 ? call->begin : 0;
    session->error_end = returned < 0 ? call->end : 0;
    return gw_call_end(call, returned, function, code, fault);
}

/* ---- open, close ---- */

static void field_copy(char *out, size_t room, struct gw_str text)
{
    size_t len = text.len < room - 1 ? text.len : room - 1;
    if (len)
        memcpy(out, text.ptr, len);
    out[gw_text_valid(out, len)] = '\0'; /* cut within a character, or never text at all */
}

static bool str_is(struct gw_str text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

/* Bytes that are there, and no more of them than a driver can have. */
static bool str_there(struct gw_str text)
{
    return text.len == 0 || (text.ptr && text.len <= INT32_MAX);
}

static gw_status info_field(struct gw_call *call, const struct gw_field *field)
{
    struct gw_session *session = call->sink;
    if (!field || !str_there(field->key) ||
        (field->val.kind == GW_TEXT && !str_there(field->val.v.s)))
        return gw_call_wrong(call, "gave a field without key or value");
    const struct {
        const char *key;
        char *out;
        size_t room;
    } wanted[] = {
        { "product", session->product, sizeof session->product },
        { "version", session->version, sizeof session->version },
        { "database", session->database, sizeof session->database },
        { "connection", session->connection, sizeof session->connection },
        { "schema", session->schema, sizeof session->schema },
    };
    if (field->val.kind != GW_TEXT)
        return GW_OK;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (str_is(field->key, wanted[i].key))
            field_copy(wanted[i].out, wanted[i].room, field->val.v.s);
    if (str_is(field->key, "lock"))
        session->row_lock = str_is(field->val.v.s, "row");
    if (str_is(field->key, "session"))
        session->shared = str_is(field->val.v.s, "shared");
    return GW_OK;
}

static int session_info(struct gw_session *session, struct gw_fault *fault)
{
    static const struct gw_fields_out sink = { sizeof sink, 0, info_field };
    struct gw_call call;
    call_begin(&call, session, "info", session);
    call.ended = GW_NO_CONNECTION;
    call.unguarded = false;
    gw_status status = session->driver.info(&call, session->conn, &sink);
    return call_finish(session, &call, status, "info", GW_NO_CONNECTION, fault);
}

int gw_session_open(struct gw_session *session, uint64_t flags, struct gw_fault *fault)
{
    const struct gw_project *project = session->project;
    struct gw_arena arena = { 0 };
    struct gw_cell *options = NULL;
    struct gw_call call;

    int code = gw_options_fill(&arena, session->plugin, &project->database.options, project,
                               &options, fault);
    if (code)
        goto out;
    const struct gw_open open = {
        .struct_size = sizeof open,
        .n_options = session->plugin->descriptor.n_options,
        .flags = flags,
        .url = { project->database.url, strlen(project->database.url) },
        .options = options,
        .session = project->database.session.at,
        .n_session = project->database.session.n,
    };
    call_begin(&call, session, "open", NULL);
    call.ended = GW_NO_CONNECTION;
    call.unguarded = false;
    gw_status status = session->driver.open(&call, &open, &session->conn);
    if (status != GW_OK)
        session->conn = NULL;
    else if (!session->conn)
        gw_call_wrong(&call, "gave no connection");
    code = call_finish(session, &call, status, "open", GW_NO_CONNECTION, fault);
    if (code)
        goto out;
    session->read_only = flags & GW_OPEN_READ_ONLY;
    code = session_info(session, fault);
out:
    gw_arena_free(&arena);
    return code;
}

void gw_session_close(struct gw_session *session)
{
    struct gw_call call;
    if (session->conn) {
        call_begin(&call, session, "close", NULL);
        call.unguarded = false;
        session->driver.close(session->conn);
        gw_call_leave(&call);
    }
    session->conn = NULL;
}

/* ---- split ---- */

struct split_sink {
    gw_split_take *take;
    void *payload;
    size_t len;  /* of the script */
    size_t last; /* end of the statement before */
    struct gw_fault *fault;
};

static gw_status split_statement(struct gw_call *call, uint64_t begin, uint64_t end, uint64_t flags)
{
    struct split_sink *sink = call->sink;
    if (call->wrong[0] || sink->fault->code)
        return GW_STOP;
    if (begin > end || begin < sink->last || end > sink->len)
        return gw_call_wrong(call, "gave the range %" PRIu64 "-%" PRIu64 " out of order", begin,
                             end);
    sink->last = (size_t)end;
    return sink->take(sink->payload, (size_t)begin, (size_t)end, flags, sink->fault) ? GW_STOP
                                                                                     : GW_OK;
}

/* A call whose sink has an opinion of its own: what the sink says comes first. */
static int call_finish_sink(struct gw_session *session, struct gw_call *call, gw_status returned,
                            const char *function, int code, struct gw_fault *fault)
{
    if (!fault->code)
        return call_finish(session, call, returned, function, code, fault);
    gw_call_leave(call);
    return fault->code;
}

int gw_session_split(struct gw_session *session, const char *sql, size_t len, gw_split_take *take,
                     void *payload, struct gw_fault *fault)
{
    static const struct gw_split_out out = { sizeof out, 0, split_statement };
    struct split_sink sink = { .take = take, .payload = payload, .len = len, .fault = fault };
    struct gw_call call;

    call_begin(&call, session, "split", &sink);
    gw_status status =
        session->driver.split(&call, session->conn, (struct gw_str){ sql, len }, &out);
    return call_finish_sink(session, &call, status, "split", GW_USAGE, fault);
}

/* ---- run ---- */

struct run_sink {
    uint32_t n, done; /* statements */
};

static gw_status run_done(struct gw_call *call, uint32_t index, int64_t affected,
                          int64_t elapsed_ns)
{
    struct run_sink *sink = call->sink;
    (void)affected;
    (void)elapsed_ns;
    if (index < sink->done)
        return gw_call_wrong(call, "told of statement %" PRIu64 " twice", (uint64_t)index + 1);
    if (index > sink->done || index >= sink->n)
        return gw_call_wrong(call, "told of statement %" PRIu64 " of %" PRIu32 " after %" PRIu32,
                             (uint64_t)index + 1, sink->n, sink->done);
    sink->done++;
    return GW_OK;
}

int gw_session_run(struct gw_session *session, const struct gw_run *run, uint32_t *done, int code,
                   struct gw_fault *fault)
{
    static const struct gw_run_out out = { sizeof out, 0, run_done };
    struct run_sink sink = { .n = run->n_statements };
    struct gw_call call;

    call_begin(&call, session, "run", &sink);
    gw_status status = session->driver.run(&call, session->conn, run, &out);
    if (done)
        *done = sink.done;
    if ((status == GW_OK || status == GW_STOP) && sink.done < sink.n)
        gw_call_wrong(&call, "told of %" PRIu32 " of %" PRIu32 " statements, and of no failure",
                      sink.done, sink.n);
    return call_finish(session, &call, status, "run", code, fault);
}

int gw_session_flush(struct gw_session *session, struct gw_fault *fault)
{
    struct gw_call call;
    call_begin(&call, session, "flush", NULL);
    gw_status status = session->driver.flush(&call, session->conn);
    return call_finish(session, &call, status, "flush", GW_UNCHANGED, fault);
}

/* ---- query ---- */

struct query_sink {
    const struct gw_query *query;
    uint32_t columns; /* that were announced */
    bool enough;
    struct gw_fault *fault;
};

static gw_status query_columns(struct gw_call *call, const struct gw_column *columns, uint32_t n)
{
    struct query_sink *sink = call->sink;
    (void)columns;
    if (sink->query->width && n != sink->query->width)
        return gw_call_wrong(call, "gave %" PRIu32 " columns, where %" PRIu32 " were asked for", n,
                             sink->query->width);
    sink->columns = n;
    return GW_OK;
}

static bool cell_fits(const struct gw_cell *cell)
{
    return cell->kind <= GW_TIME &&
           ((cell->kind != GW_TEXT && cell->kind != GW_BLOB) || str_there(cell->v.s));
}

static gw_status query_row(struct gw_call *call, const struct gw_cell *cells, uint32_t n)
{
    struct query_sink *sink = call->sink;
    if (call->wrong[0] || sink->enough)
        return GW_STOP;
    if (n != sink->columns || !n || !cells)
        return gw_call_wrong(call, "gave a row of %" PRIu32 " cells for %" PRIu32 " columns",
                             cells ? n : 0, sink->columns);
    for (uint32_t i = 0; i < n; i++)
        if (!cell_fits(&cells[i]))
            return gw_call_wrong(call, "gave a cell of kind %" PRIu32 " that cannot be",
                                 cells[i].kind);
    sink->enough = sink->query->take(sink->query->payload, cells, n, sink->fault) != GW_DONE;
    return sink->enough ? GW_STOP : GW_OK;
}

int gw_session_query(struct gw_session *session, const struct gw_query *query,
                     struct gw_fault *fault)
{
    static const struct gw_rows_out out = { sizeof out, 0, query_columns, query_row };
    struct query_sink sink = { .query = query, .fault = fault };
    const struct gw_statement statement = {
        { query->sql, strlen(query->sql) }, query->args, query->n_args, 0
    };
    struct gw_call call;

    call_begin(&call, session, "query", &sink);
    gw_status status = session->driver.query(&call, session->conn, &statement, &out);
    return call_finish_sink(session, &call, status, "query", GW_UNCHANGED, fault);
}

/* ---- quote, fingerprint ---- */

static gw_status text_take(struct gw_call *call, struct gw_str text)
{
    struct gw_buf *out = call->sink;
    if (call->wrong[0])
        return GW_STOP;
    if (!str_there(text))
        return gw_call_wrong(call, "gave a text without bytes");
    if (text.len > out->ceiling - out->len)
        return gw_call_wrong(call, "gave a text of more than %zu bytes", out->ceiling);
    if (text.len)
        gw_buf_add(out, text.ptr, text.len);
    return GW_OK;
}

static const struct gw_text_out text_sink = { sizeof text_sink, 0, text_take };

int gw_session_quote(struct gw_session *session, uint32_t kind, const char *text, size_t len,
                     struct gw_buf *out, struct gw_fault *fault)
{
    struct gw_call call;
    call_begin(&call, session, "quote", out);
    gw_status status =
        session->driver.quote(&call, session->conn, kind, (struct gw_str){ text, len }, &text_sink);
    int code = call_finish(session, &call, status, "quote", GW_USAGE, fault);
    return code ? code : out->failed ? gw_fail_memory(fault) : GW_DONE;
}

int gw_session_check(struct gw_session *session, struct gw_str sql, struct gw_fault *fault)
{
    struct gw_call call;
    if (!GW_HAS(&session->check, syntax))
        return GW_DONE;
    call_begin(&call, session, "syntax", NULL);
    gw_status status = session->check.syntax(&call, session->conn, sql);
    return call_finish(session, &call, status, "syntax", GW_UNCHANGED, fault);
}

int gw_session_fingerprint(struct gw_session *session, struct gw_str sql, char out[65],
                           struct gw_fault *fault)
{
    static const struct gw_str ours = GW_S("godwit_");
    struct gw_buf text = GW_BUF((size_t)256 << 20);
    struct gw_call call;

    out[0] = '\0';
    if (!GW_HAS(&session->recover, fingerprint))
        return GW_DONE;
    call_begin(&call, session, "fingerprint", &text);
    gw_status status = session->recover.fingerprint(&call, session->conn, ours, sql, &text_sink);
    int code = call_finish(session, &call, status, "fingerprint", GW_UNCHANGED, fault);
    if (!code && text.failed)
        code = gw_fail_memory(fault);
    if (!code) {
        struct gw_hash hash;
        gw_hash_of(&hash, gw_buf_str(&text), text.len);
        gw_hash_text(out, &hash);
    }
    gw_buf_free(&text);
    return code;
}
