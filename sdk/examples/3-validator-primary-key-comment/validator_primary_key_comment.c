/* SPDX-License-Identifier: 0BSD */
/* Every table of the target has a primary key and a comment: asked of the database itself, after the run. */
#include <godwit/host_session.h>
#include <godwit/sdk.h>
#include <godwit/validator.h>

enum {
    RULE_KEY = 0,
    RULE_COMMENT,
    RULES
};
static const struct gw_rule rules[RULES] = {
    [RULE_KEY] = { .id = "example/primary-key",
                   .summary = "every table has a primary key",
                   .doc = "Without one a row cannot be named, and logical replication stops.",
                   .severity = GW_SEVERITY_ERROR },
    [RULE_COMMENT] = { .id = "example/comment",
                       .summary = "every table says what it is for",
                       .doc = "SQLite has no comments on tables: there one within CREATE TABLE "
                              "counts.",
                       .severity = GW_SEVERITY_WARN },
};

/* Each gives a table's name, whether it has a primary key, and whether it has a comment. */
static const struct {
    const char *dialect, *sql;
} questions[] = {
    { "sqlite", "SELECT m.name, EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE pk > 0), "
                "instr(m.sql, '--') > 0 OR instr(m.sql, '/*') > 0 FROM sqlite_master m "
                "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                "AND m.name NOT LIKE 'godwit\\_%' ESCAPE '\\' ORDER BY m.name" },
    { "postgres", "SELECT c.oid::regclass::text, EXISTS (SELECT 1 FROM pg_constraint k "
                  "WHERE k.conrelid = c.oid AND k.contype = 'p'), "
                  "obj_description(c.oid, 'pg_class') IS NOT NULL FROM pg_class c "
                  "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
                  "AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' "
                  "AND c.relname NOT LIKE 'godwit\\_%' ORDER BY 1" },
    { "mysql",
      "SELECT t.TABLE_NAME, EXISTS (SELECT 1 FROM information_schema.TABLE_CONSTRAINTS k "
      "WHERE k.TABLE_SCHEMA = t.TABLE_SCHEMA AND k.TABLE_NAME = t.TABLE_NAME "
      "AND k.CONSTRAINT_TYPE = 'PRIMARY KEY'), t.TABLE_COMMENT <> '' "
      "FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() "
      "AND t.TABLE_TYPE = 'BASE TABLE' AND t.TABLE_NAME NOT LIKE 'godwit\\_%' ORDER BY 1" },
};

static const struct gw_host *the_host;

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

/* Databases have several ways to say yes. */
static int is_true(const struct gw_cell *cell)
{
    if (cell->kind == GW_BOOL || cell->kind == GW_INT)
        return cell->v.i != 0;
    return cell->kind == GW_TEXT &&
           (gw_str_is(cell->v.s, "t") || gw_str_is(cell->v.s, "true") || gw_str_is(cell->v.s, "1"));
}

static gw_status take_row(struct gw_call *call, void *self, const struct gw_cell *cells, uint32_t n)
{
    const struct gw_findings_out *out = self;
    gw_status status = GW_OK;

    if (n != 3 || cells[0].kind != GW_TEXT)
        return gw_failf(the_host, call, GW_E_INTERNAL, NULL,
                        "the database answered with %u columns, not with a name and two truths",
                        (unsigned)n);
    const struct gw_str name = cells[0].v.s;
    const int len = name.len < 200 ? (int)name.len : 200;
    if (!is_true(&cells[1]))
        status = gw_findf(out, call, &rules[RULE_KEY], 0, 0, "add PRIMARY KEY (...)",
                          "table '%.*s' has no primary key", len, name.ptr);
    if (status == GW_OK && !is_true(&cells[2]))
        status = gw_findf(out, call, &rules[RULE_COMMENT], 0, 0, "say what it is for",
                          "table '%.*s' has no comment", len, name.ptr);
    return status;
}

static gw_status check(struct gw_call *call, void *self, const struct gw_subject *subject,
                       const struct gw_findings_out *out)
{
    const struct gw_host_session *session = the_host->service(the_host, GW_HOST_SESSION);
    /* The receiver gets `out` back as its self; it changes nothing there. */
    const struct gw_rows_into into = { .struct_size = sizeof into,
                                       .self = (void *)out,
                                       .row = take_row };
    (void)self;

    if (!session)
        return gw_failf(the_host, call, GW_E_UNSUPPORTED, "use a newer godwit",
                        "this godwit lets no plugin ask the database");
    if (the_host->stopped(call))
        return gw_failf(the_host, call, GW_E_CANCELLED, NULL, "cancelled");
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        if (gw_str_is(subject->dialect, questions[i].dialect))
            return session->query(call, gw_str_of(questions[i].sql), NULL, 0, &into);
    return gw_failf(the_host, call, GW_E_UNSUPPORTED, "it knows sqlite, postgres and mysql",
                    "nobody has told how to ask a '%.*s' database",
                    subject->dialect.len < 40 ? (int)subject->dialect.len : 40,
                    subject->dialect.ptr);
}

static const struct gw_validator validator = { .struct_size = sizeof validator,
                                               .threads = 2,
                                               .phases = GW_PHASE_AFTER,
                                               .rules = rules,
                                               .n_rules = RULES,
                                               .rule_size = sizeof rules[0],
                                               .check = check };
static const struct gw_provides provides[] = { { GW_VALIDATOR, &validator }, { NULL, NULL } };
static const struct gw_plugin descriptor = { .struct_size = sizeof descriptor,
                                             .abi_major = GW_ABI_MAJOR,
                                             .abi_minor = GW_API,
                                             .flags = GW_P_ISOLATABLE,
                                             .id = "org.godwit.example.primary-key-comment",
                                             .version = "1.0",
                                             .license = "0BSD",
                                             .summary =
                                                 "every table has a primary key and a comment",
                                             .provides = provides,
                                             .init = plugin_init };
GW_PLUGIN(validator_primary_key_comment, GW_KIND_VALIDATOR, &descriptor);
