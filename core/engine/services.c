/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/services.h"

#include "base/file.h"
#include "migration/script.h"

#include <string.h>
#include <time.h>

enum {
    FILE_MOST = 64 << 20
};

static struct gw_str str_of(const char *text)
{
    return (struct gw_str){ text ? text : "", text ? strlen(text) : 0 };
}

static gw_status fail_with(struct gw_call *call, gw_status code, const struct gw_fault *fault)
{
    const struct gw_error error = { .struct_size = sizeof error,
                                    .code = code,
                                    .message = str_of(fault->message),
                                    .hint = str_of(fault->hint) };
    return gw_host_table.fail(call, &error);
}

static gw_status refuse(struct gw_call *call, gw_status code, const char *message, const char *hint)
{
    const struct gw_error error = {
        .struct_size = sizeof error, .code = code, .message = str_of(message), .hint = str_of(hint)
    };
    return gw_host_table.fail(call, &error);
}

/* ---- the session ---- */

/* A call to the driver while a plugin's call is under way. */
struct inner {
    struct gw_call call;
    struct gw_call *outer;
    const void *into;
    gw_status says; /* of the plugin's receiver */
};

static void inner_begin(struct inner *inner, const struct gw_workspace_services *of,
                        struct gw_call *outer, const void *into)
{
    const struct gw_workspace *workspace = of->workspace;
    gw_call_init(&inner->call, workspace->project.database.backend, outer->events, outer->stop);
    inner->call.deadline_ns = outer->deadline_ns;
    inner->call.sink = inner;
    inner->outer = outer;
    inner->into = into;
    inner->says = GW_OK;
}

/* What the driver returned, with its text, or what the receiver said. */
static gw_status inner_end(struct inner *inner, gw_status status)
{
    const struct gw_call *call = &inner->call;
    struct gw_error error = { .struct_size = sizeof error,
                              .code = status,
                              .native = call->native,
                              .flags = call->flags,
                              .begin = call->begin,
                              .end = call->end,
                              .message = str_of(call->message),
                              .detail = str_of(call->detail),
                              .hint = str_of(call->hint) };
    if (inner->says != GW_OK)
        return inner->says;
    if (status >= GW_OK)
        return GW_OK;
    memcpy(error.sqlstate, call->sqlstate, sizeof error.sqlstate);
    return gw_host_table.fail(inner->outer, &error);
}

/* Opens what is not open yet, and begins what the call's questions see. */
static gw_status enter(struct gw_workspace_services *of, struct gw_call *call)
{
    struct gw_workspace *workspace = of->workspace;
    struct gw_session *session = &of->session;
    struct gw_fault fault = { 0 };
    struct inner inner;

    if (!session->plugin && gw_session_init(session, workspace->registry, &workspace->project,
                                            workspace->events, workspace->stop, &fault))
        return fail_with(call, GW_E_UNSUPPORTED, &fault);
    if (!session->conn && gw_session_open(session, GW_OPEN_READ_ONLY, &fault))
        return fail_with(call, session->status < 0 ? session->status : GW_E_CONNECT, &fault);
    if (of->in_snapshot || !GW_HAS(&session->snapshot, begin))
        return GW_OK;
    inner_begin(&inner, of, call, NULL);
    gw_status status = session->snapshot.begin(&inner.call, session->conn);
    of->in_snapshot = status == GW_OK;
    return inner_end(&inner, status);
}

static void end_call(struct gw_services *services)
{
    struct gw_workspace_services *of = (struct gw_workspace_services *)services;
    struct gw_session *session = &of->session;
    struct gw_call call;

    if (!of->in_snapshot)
        return;
    of->in_snapshot = false;
    gw_call_init(&call, of->workspace->project.database.backend, of->workspace->events, NULL);
    if (session->snapshot.end(&call, session->conn) < 0)
        gw_session_close(session); /* the next question opens another */
}

/* ---- query ---- */

struct statements {
    size_t n;
    uint64_t flags;
};

static int count_statement(void *payload, size_t begin, size_t end, uint64_t flags,
                           struct gw_fault *fault)
{
    struct statements *statements = payload;
    (void)begin;
    (void)end;
    (void)fault;
    statements->n++;
    statements->flags |= flags;
    return GW_DONE;
}

/* One statement, and none that ends our transaction or changes the session. That it reads alone is for the database to
 * see to, which was opened so. */
static gw_status check_statement(struct gw_workspace_services *of, struct gw_call *call,
                                 struct gw_str sql)
{
    const uint64_t others =
        GW_SPLIT_BEGIN | GW_SPLIT_COMMIT | GW_SPLIT_ROLLBACK | GW_SPLIT_REFUSED | GW_SPLIT_SETTING;
    struct statements found = { 0 };
    struct gw_fault fault = { 0 };

    if (gw_session_split(&of->session, sql.ptr, sql.len, count_statement, &found, &fault))
        return fail_with(call, GW_E_SYNTAX, &fault);
    if (found.n != 1)
        return refuse(call, GW_E_SYNTAX,
                      found.n ? "a question of several statements" : "a question of no statement",
                      "ask one at a time");
    if (found.flags & others)
        return refuse(call, GW_E_REFUSED, "a plugin may ask the database, and not change it",
                      "write a SELECT");
    return GW_OK;
}

static gw_status pass_columns(struct gw_call *call, const struct gw_column *columns, uint32_t n)
{
    struct inner *inner = call->sink;
    const struct gw_rows_into *into = inner->into;
    if (into->columns)
        inner->says = into->columns(inner->outer, into->self, columns, n);
    return inner->says ? GW_STOP : GW_OK;
}

static gw_status pass_row(struct gw_call *call, const struct gw_cell *cells, uint32_t n)
{
    struct inner *inner = call->sink;
    const struct gw_rows_into *into = inner->into;
    if (!inner->says)
        inner->says = into->row(inner->outer, into->self, cells, n);
    return inner->says ? GW_STOP : GW_OK;
}

static gw_status query(struct gw_services *services, struct gw_call *call, struct gw_str sql,
                       const struct gw_cell *args, uint32_t n_args, const struct gw_rows_into *into)
{
    static const struct gw_rows_out out = { sizeof out, 0, pass_columns, pass_row };
    struct gw_workspace_services *of = (struct gw_workspace_services *)services;
    /* Arguments are for statements of ours; without them it is held to what its author may. */
    const struct gw_statement statement = { sql, args, n_args,
                                            n_args ? 0U : (uint32_t)GW_STMT_USER };
    struct inner inner;

    gw_status status = enter(of, call);
    if (status == GW_OK)
        status = check_statement(of, call, sql);
    if (status != GW_OK)
        return status;
    inner_begin(&inner, of, call, into);
    status = of->session.driver.query(&inner.call, of->session.conn, &statement, &out);
    return inner_end(&inner, status);
}

/* ---- quote, info ---- */

static gw_status quote(struct gw_services *services, struct gw_call *call, struct gw_str name,
                       const struct gw_text_into *into)
{
    struct gw_workspace_services *of = (struct gw_workspace_services *)services;
    struct gw_buf text = GW_BUF_TEXT;
    struct gw_fault fault = { 0 };

    gw_status status = enter(of, call);
    if (status == GW_OK &&
        gw_session_quote(&of->session, GW_QUOTE_NAME, name.ptr, name.len, &text, &fault))
        status =
            fail_with(call, of->session.status < 0 ? of->session.status : GW_E_INTERNAL, &fault);
    if (status == GW_OK)
        status = into->text(call, into->self, (struct gw_str){ gw_buf_str(&text), text.len });
    gw_buf_free(&text);
    return status;
}

static gw_status info(struct gw_services *services, struct gw_call *call,
                      const struct gw_fields_into *into)
{
    struct gw_workspace_services *of = (struct gw_workspace_services *)services;
    const struct gw_session *session = &of->session;

    gw_status status = enter(of, call);
    const struct gw_field fields[] = {
        gw_field_text("dialect", session->driver.dialect),
        gw_field_text("product", session->product),
        gw_field_text("version", session->version),
        gw_field_text("database", session->database),
        gw_field_text("schema", session->schema),
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == GW_OK; i++)
        status = into->field(call, into->self, &fields[i]);
    return status;
}

/* ---- migrations ---- */

/* ISO 8601 as migration files have it; 0 if it is not that. */
static int64_t created_ns(const char *text)
{
    struct tm at = { 0 };
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &at) : NULL;
    return end ? (int64_t)timegm(&at) * INT64_C(1000000000) : 0;
}

static bool pending(const struct gw_workspace_services *of, uint32_t revision)
{
    for (size_t i = 0; of->plan && i < of->plan->steps.len; i++)
        if (of->plan->steps.at[i].revision == revision && of->plan->steps.at[i].direction == GW_UP)
            return true;
    return false;
}

static uint64_t flags_of(const struct gw_workspace_services *of, uint32_t i)
{
    const struct gw_workspace *workspace = of->workspace;
    const struct gw_revision *revision = &workspace->history.at[i];
    const bool irreversible =
        revision->flags & GW_REV_IRREVERSIBLE || !(revision->flags & GW_REV_HAS_DOWN);

    return (workspace->applied && workspace->applied[i] ? GW_MIGRATION_APPLIED : 0U) |
           (pending(of, i) ? GW_MIGRATION_PENDING : 0U) |
           (!revision->n_children ? GW_MIGRATION_HEAD : 0U) |
           (irreversible ? GW_MIGRATION_IRREVERSIBLE : 0U);
}

static gw_status tell_migration(const struct gw_workspace_services *of, struct gw_call *call,
                                uint32_t i, const struct gw_migrations_into *into)
{
    const struct gw_history *history = &of->workspace->history;
    const struct gw_revision *revision = &history->at[i];
    struct gw_arena arena = { 0 };
    const char *file =
        revision->file ? gw_arena_printf(&arena, "%s/%s", history->directory, revision->file) : "";
    struct gw_str *parents =
        gw_arena_array(&arena, (size_t)revision->n_parents + 1, sizeof *parents);
    gw_status status = GW_OK;

    for (uint32_t k = 0; parents && k < revision->n_parents; k++)
        parents[k] = str_of(history->at[revision->parents[k]].id);
    const struct gw_migration migration = { .struct_size = sizeof migration,
                                            .n_parents = revision->n_parents,
                                            .flags = flags_of(of, i),
                                            .revision = str_of(revision->id),
                                            .title = str_of(revision->title),
                                            .file = str_of(file),
                                            .parents = parents,
                                            .created_ns = created_ns(revision->created) };
    if (file && parents)
        status = into->migration(call, into->self, &migration);
    else
        status = refuse(call, GW_E_NO_MEMORY, "out of memory", "");
    gw_arena_free(&arena);
    return status;
}

static gw_status list(struct gw_services *services, struct gw_call *call,
                      const struct gw_migrations_into *into)
{
    struct gw_workspace_services *of = (struct gw_workspace_services *)services;
    gw_status status = GW_OK;
    for (uint32_t i = 0; i < of->workspace->history.n && status == GW_OK; i++)
        status = tell_migration(of, call, i, into);
    return status;
}

/* The SQL alone: directives are godwit's. */
static int read_sql(const struct gw_workspace_services *of, uint32_t i, uint32_t which,
                    struct gw_buf *out, struct gw_fault *fault)
{
    struct gw_script script;
    int code =
        gw_script_read(&script, &of->workspace->history, i, which == GW_TEXT_UP ? GW_UP : GW_DOWN,
                       of->workspace->session.driver.dialect, fault);
    for (size_t k = 0; k < script.segments.len && !code; k++) {
        if (k)
            gw_buf_char(out, '\n');
        gw_buf_add(out, script.segments.at[k].sql, script.segments.at[k].len);
    }
    gw_script_free(&script);
    return code;
}

static int read_text(const struct gw_workspace_services *of, uint32_t i, uint32_t which,
                     struct gw_buf *out, struct gw_fault *fault)
{
    const struct gw_history *history = &of->workspace->history;
    const struct gw_revision *revision = &history->at[i];

    if (!revision->file)
        return gw_fail(fault, GW_USAGE, "'%s' has no file", revision->id);
    if (which != GW_TEXT_FILE)
        return read_sql(of, i, which, out, fault);
    return gw_file_read(out, history->folder, revision->file, revision->file, fault);
}

static gw_status text(struct gw_services *services, struct gw_call *call, struct gw_str revision,
                      uint32_t which, const struct gw_text_into *into)
{
    struct gw_workspace_services *of = (struct gw_workspace_services *)services;
    struct gw_buf out = GW_BUF(FILE_MOST);
    struct gw_fault fault = { 0 };
    uint32_t i = gw_map_get(&of->workspace->history.ids, revision.ptr, revision.len);
    gw_status status = GW_OK;

    if (i == GW_MAP_NONE || which > GW_TEXT_DOWN)
        return refuse(call, GW_E_ARGUMENT,
                      i == GW_MAP_NONE ? "there is no such revision" : "there is no such text", "");
    if (read_text(of, i, which, &out, &fault))
        status = fail_with(call, GW_E_ARGUMENT, &fault);
    else if (out.failed)
        status = refuse(call, GW_E_NO_MEMORY, "out of memory", "");
    else
        status = into->text(call, into->self, (struct gw_str){ gw_buf_str(&out), out.len });
    gw_buf_free(&out);
    return status;
}

/* ---- open and close ---- */

void gw_workspace_services_init(struct gw_workspace_services *out, struct gw_workspace *workspace,
                                bool database, const struct gw_plan *plan)
{
    *out = (struct gw_workspace_services){ .services = { .list = list, .text = text },
                                           .workspace = workspace,
                                           .plan = plan };
    if (!database)
        return;
    out->services.query = query;
    out->services.quote = quote;
    out->services.info = info;
    out->services.end = end_call;
}

void gw_workspace_services_close(struct gw_workspace_services *services)
{
    end_call(&services->services);
    gw_session_close(&services->session);
}
