/* SPDX-License-Identifier: Apache-2.0 */
/* That the example validators find what they say: real files, and SQLite behind the session service. */
#include <godwit/host_session.h>
#include <godwit/plugin.h>
#include <godwit/validator.h>

#include <dlfcn.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct gw_call {
    char found[1024]; /* "rule: message\n", with "[begin, end) " where there is a place */
    char failure[256];
    sqlite3 *database;
};

/* ---- a host ---- */

static void host_log(struct gw_call *call, int32_t level, struct gw_str text)
{
    (void)call;
    (void)level;
    (void)text;
}

static gw_status host_fail(struct gw_call *call, const struct gw_error *error)
{
    snprintf(call->failure, sizeof call->failure, "%.*s", (int)error->message.len,
             error->message.ptr);
    return error->code;
}

static int32_t host_stopped(struct gw_call *call)
{
    (void)call;
    return 0;
}

static gw_status session_query(struct gw_call *call, struct gw_str sql, const struct gw_cell *args,
                               uint32_t n_args, const struct gw_rows_into *into)
{
    sqlite3_stmt *statement;
    gw_status status = GW_OK;
    (void)args;
    (void)n_args;

    if (sqlite3_prepare_v2(call->database, sql.ptr, (int)sql.len, &statement, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(call->database));
    while (status == GW_OK && sqlite3_step(statement) == SQLITE_ROW) {
        struct gw_cell cells[8] = { 0 };
        const int n = sqlite3_column_count(statement);
        for (int i = 0; i < n && i < 8; i++)
            if (sqlite3_column_type(statement, i) == SQLITE_INTEGER)
                cells[i] =
                    (struct gw_cell){ .kind = GW_INT, .v.i = sqlite3_column_int64(statement, i) };
            else {
                const char *text = (const char *)sqlite3_column_text(statement, i);
                cells[i] = (struct gw_cell){ .kind = GW_TEXT, .v.s = { text, strlen(text) } };
            }
        status = into->row(call, into->self, cells, (uint32_t)n);
    }
    sqlite3_finalize(statement);
    return status == GW_STOP ? GW_OK : status;
}

static const void *host_service(const struct gw_host *host, const char *id)
{
    static const struct gw_host_session session = { .struct_size = sizeof session,
                                                    .query = session_query };
    (void)host;
    return strcmp(id, GW_HOST_SESSION) == 0 ? &session : NULL;
}

static const struct gw_host host = {
    .struct_size = sizeof host,
    .log = host_log,
    .fail = host_fail,
    .stopped = host_stopped,
    .service = host_service,
};

static gw_status take_finding(struct gw_call *call, const struct gw_finding *finding)
{
    const size_t used = strlen(call->found);
    char place[64] = "";
    if (finding->end)
        snprintf(place, sizeof place, "[%d, %d) ", (int)finding->begin, (int)finding->end);
    snprintf(call->found + used, sizeof call->found - used, "%s%.*s: %.*s\n", place,
             (int)finding->rule.len, finding->rule.ptr, (int)finding->message.len,
             finding->message.ptr);
    return GW_OK;
}

static const struct gw_findings_out out = { .struct_size = sizeof out, .finding = take_finding };

static const struct gw_validator *load(const char *file, struct gw_call *call)
{
    const struct gw_plugin *(*entry)(void);
    void *object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    void *symbol = object ? dlsym(object, "godwit_plugin_v1") : NULL;
    if (!symbol)
        fail_msg("%s", dlerror());
    memcpy(&entry, &symbol, sizeof entry);
    const struct gw_plugin *plugin = entry();
    assert_int_equal(plugin->init(call, &host), GW_OK);
    assert_string_equal(plugin->provides[0].id, GW_VALIDATOR);
    return plugin->provides[0].vtable;
}

/* ---- 2-validator-names ---- */

static void expect_names(const char *sql, const char *found)
{
    struct gw_call call = { 0 };
    const struct gw_validator *validator = load(NAMES, &call);
    const struct gw_span whole = { 0, strlen(sql), 0 };
    const struct gw_subject subject = { .struct_size = sizeof subject,
                                        .direction = GW_DIRECTION_UP,
                                        .phase = GW_PHASE_FILES,
                                        .dialect = GW_S("sqlite"),
                                        .sql = { sql, strlen(sql) },
                                        .statements = &whole,
                                        .n_statements = 1 };
    assert_int_equal(validator->check(&call, NULL, &subject, &out), GW_OK);
    assert_string_equal(call.found, found);
}

static void test_names(void **state)
{
    static const char message[] =
        "example/table-name: a table's name needs quotes or has upper case";
    char expected[160];
    (void)state;
    expect_names("CREATE TABLE question_bank (id INTEGER)", "");
    expect_names("create table if not exists app.t1(id INTEGER)", "");
    expect_names("SELECT 'CREATE TABLE X'", "");
    snprintf(expected, sizeof expected, "[13, 18) %s\n", message);
    expect_names("CREATE TABLE Users (id INTEGER)", expected);
    snprintf(expected, sizeof expected, "[28, 43) %s\n", message);
    expect_names("CREATE TABLE IF NOT EXISTS  \"Question Bank\" (id INTEGER)", expected);
    snprintf(expected, sizeof expected, "[13, 19) %s\n", message);
    expect_names("CREATE TABLE \"never", expected);
}

/* ---- 3-validator-primary-key-comment ---- */

static void test_keys(void **state)
{
    struct gw_call call = { 0 };
    const struct gw_validator *validator = load(KEYS, &call);
    struct gw_subject subject = { .struct_size = sizeof subject,
                                  .phase = GW_PHASE_AFTER,
                                  .dialect = GW_S("sqlite") };
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &call.database), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(call.database,
                     "CREATE TABLE good (id INTEGER PRIMARY KEY /* what it is for */);"
                     "CREATE TABLE bare (x);"
                     "CREATE TABLE keyed (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;"
                     "CREATE TABLE said (x -- why\n);"
                     "CREATE TABLE godwit_revision (x);"
                     "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT /* so */);",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(validator->check(&call, NULL, &subject, &out), GW_OK);
    assert_string_equal(call.found, "example/primary-key: table 'bare' has no primary key\n"
                                    "example/comment: table 'bare' has no comment\n"
                                    "example/comment: table 'keyed' has no comment\n"
                                    "example/primary-key: table 'said' has no primary key\n");
    subject.dialect = (struct gw_str)GW_S("oracle");
    assert_int_equal(validator->check(&call, NULL, &subject, &out), GW_E_UNSUPPORTED);
    assert_non_null(strstr(call.failure, "'oracle'"));
    sqlite3_close(call.database);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_names), cmocka_unit_test(test_keys) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
