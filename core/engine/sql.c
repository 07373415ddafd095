/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sql.h"

#include "engine/state.h"

/* {r}, {s}, {l}, {a} stand for the tables; {key}, {text}, {int}, {blob} for the dialect's
 * types, {options} for what it wants after the columns. */
static const char *const templates[GW_SQLS] = {
    [GW_SQL_EPOCH] = "SELECT layout, epoch, owner FROM {l} WHERE id = 1",
    [GW_SQL_IDS] = "SELECT id, sha256 FROM {r}",
    [GW_SQL_ROWS] = "SELECT id, title, parents, depends, labels, sha256, token_sha256, applied_at, "
                    "applied_by, host,"
                    " tool, run, how, duration_ns, codec, kind FROM {r} ORDER BY applied_at, id",
    [GW_SQL_ROW] = "SELECT id, title, parents, depends, labels, sha256, token_sha256, applied_at, "
                   "applied_by, host,"
                   " tool, run, how, duration_ns, codec, kind FROM {r} WHERE id = ?1",
    [GW_SQL_TOKENS] = "SELECT token_sha256 FROM {r} WHERE id = ?1",
    [GW_SQL_DOWN] = "SELECT codec, down FROM {r} WHERE id = ?1",
    [GW_SQL_RECORD] =
        "INSERT INTO {r} (id, kind, title, parents, depends, labels, sha256, token_sha256, "
        "applied_at,"
        " applied_by, host, tool, run, how, duration_ns, epoch, codec, down) VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    [GW_SQL_FORGET] = "DELETE FROM {r} WHERE id = ?1",
    [GW_SQL_FORGET_ALL] = "DELETE FROM {r}",
    [GW_SQL_DURATION] = "UPDATE {r} SET duration_ns = ?1 WHERE id = ?2",
    [GW_SQL_REPAIR] =
        "UPDATE {r} SET title = ?1, sha256 = ?2, token_sha256 = ?3, codec = ?4, down = ?5"
        " WHERE id = ?6",
    /* Read, not written: a page less to sync in each revision. */
    [GW_SQL_GUARD] = "SELECT epoch = ?1 FROM {l} WHERE id = 1{row_lock}",
    [GW_SQL_DOING] = "UPDATE {l} SET doing = ?1 WHERE id = 1 AND epoch = ?2",
    [GW_SQL_OWNER] = "SELECT epoch, owner, host, pid, since, connection, command, doing FROM {l}"
                     " WHERE id = 1",
    [GW_SQL_OWN] = "UPDATE {l} SET epoch = ?1, owner = ?2, host = ?3, pid = ?4, since = ?5,"
                   " connection = ?6, command = ?7, doing = '' WHERE id = 1 AND epoch = ?8",
    [GW_SQL_DISOWN] = "UPDATE {l} SET owner = '', connection = '', doing = ''"
                      " WHERE id = 1 AND epoch = ?1",
    [GW_SQL_JOURNAL] =
        "SELECT revision, direction, number, total, sha256, class, state, fingerprint_before,"
        " fingerprint_after, run, written_at FROM {s} ORDER BY revision, direction, number",
    [GW_SQL_JOURNAL_ADD] = "INSERT INTO {s} (revision, direction, number, total, sha256, class, "
                           "state, fingerprint_before,"
                           " fingerprint_after, epoch, connection, run, written_at)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    [GW_SQL_JOURNAL_STATE] = "UPDATE {s} SET state = ?1, fingerprint_after = ?2"
                             " WHERE revision = ?3 AND direction = ?4 AND number = ?5",
    [GW_SQL_JOURNAL_DROP] =
        "DELETE FROM {s} WHERE revision = ?1 AND direction = ?2 AND number = ?3",
    [GW_SQL_JOURNAL_STRIKE] = "DELETE FROM {s}",
    [GW_SQL_JOURNAL_CLEAR] = "DELETE FROM {s} WHERE revision = ?1 AND direction = ?2",
    [GW_SQL_AUDIT] = "INSERT INTO {a} (run, number, written_at, who, host, action, subject, reason)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
};

static const char *const tables[] = {
    "CREATE TABLE IF NOT EXISTS {r} (id {key} NOT NULL PRIMARY KEY, kind {key} NOT NULL,"
    " title {text} NOT NULL, parents {text} NOT NULL, depends {text} NOT NULL, labels {text} NOT "
    "NULL,"
    " sha256 {key} NOT NULL, token_sha256 {key} NOT NULL, applied_at {key} NOT NULL,"
    " applied_by {text} NOT NULL, host {text} NOT NULL, tool {key} NOT NULL, run {key} NOT NULL,"
    " how {key} NOT NULL, duration_ns {int} NOT NULL, epoch {int} NOT NULL, codec {key} NOT NULL,"
    " down {blob}){options}",
    "CREATE TABLE IF NOT EXISTS {s} (revision {key} NOT NULL, direction {key} NOT NULL,"
    " number {int} NOT NULL, total {int} NOT NULL, sha256 {key} NOT NULL, class {key} NOT NULL,"
    " state {key} NOT NULL, fingerprint_before {key} NOT NULL, fingerprint_after {key} NOT NULL,"
    " epoch {int} NOT NULL, connection {text} NOT NULL, run {key} NOT NULL, written_at {key} NOT "
    "NULL,"
    " PRIMARY KEY (revision, direction, number)){options}",
    "CREATE TABLE IF NOT EXISTS {a} (run {key} NOT NULL, number {int} NOT NULL,"
    " written_at {key} NOT NULL, who {text} NOT NULL, host {text} NOT NULL, action {key} NOT NULL,"
    " subject {text} NOT NULL, reason {text} NOT NULL, PRIMARY KEY (run, number)){options}",
    "CREATE TABLE IF NOT EXISTS {l} (id {int} NOT NULL PRIMARY KEY, layout {int} NOT NULL,"
    " epoch {int} NOT NULL, owner {text} NOT NULL, host {text} NOT NULL, pid {int} NOT NULL,"
    " since {key} NOT NULL, connection {text} NOT NULL, command {text} NOT NULL,"
    " doing {text} NOT NULL){options}",
    ("INSERT INTO {l} (id, layout, epoch, owner, host, pid, since, connection, command, doing)"
     ""
     " SELECT 1, 1, 0, '', '', 0, '', '', '', '' FROM (SELECT 1 AS one) AS one"
     " WHERE NOT EXISTS (SELECT id FROM {l})"),
};
_Static_assert(sizeof tables / sizeof tables[0] == GW_STATE_STATEMENTS, "one place counts them");

static const char *expand(const char *text, const struct gw_state *state,
                          const struct gw_driver *driver, struct gw_arena *arena)
{
    const struct {
        const char *name;
        const char *value;
    } words[] = {
        { "{r}", state->revision },
        { "{s}", state->statement },
        { "{l}", state->lock },
        { "{a}", state->audit },
        { "{key}", driver->types[GW_TYPE_KEY] },
        { "{text}", driver->types[GW_TYPE_TEXT] },
        { "{int}", driver->types[GW_TYPE_INT] },
        { "{blob}", driver->types[GW_TYPE_BLOB] },
        { "{options}", driver->table_options ? driver->table_options : "" },
        { "{row_lock}", driver->row_lock ? driver->row_lock : "" },
    };
    struct gw_buf out = GW_BUF_TEXT;
    while (*text) {
        size_t i = 0, n = sizeof words / sizeof words[0];
        while (i < n && strncmp(text, words[i].name, strlen(words[i].name)) != 0)
            i++;
        if (i < n) {
            gw_buf_text(&out, words[i].value);
            text += strlen(words[i].name);
        } else
            gw_buf_char(&out, *text++);
    }
    char *copy = out.failed ? NULL : gw_arena_copy(arena, gw_buf_str(&out), out.len);
    gw_buf_free(&out);
    return copy;
}

/* Always named: a migration may set a search path of its own. */
const char *gw_state_schema(const struct gw_session *session)
{
    const char *configured = session->project->engine.state_schema;
    return configured ? configured : session->schema;
}

static int table_name(char **out, const struct gw_session *session, const char *name,
                      struct gw_arena *arena, struct gw_fault *fault)
{
    const char *schema = gw_state_schema(session);
    struct gw_buf text = GW_BUF_TEXT;
    struct gw_session copy =
        *session; /* quoting changes nothing of the session but its last error */
    int code = GW_DONE;

    if (schema[0]) {
        code = gw_session_quote(&copy, GW_QUOTE_NAME, schema, strlen(schema), &text, fault);
        gw_buf_char(&text, '.');
    }
    if (!code)
        code = gw_session_quote(&copy, GW_QUOTE_NAME, name, strlen(name), &text, fault);
    if (!code) {
        *out = gw_arena_copy(arena, gw_buf_str(&text), text.len);
        if (!*out || text.failed)
            code = gw_fail_memory(fault);
    }
    gw_buf_free(&text);
    return code;
}

int gw_state_init(struct gw_state *out, struct gw_session *session, struct gw_fault *fault)
{
    *out = (struct gw_state){ 0 };
    const struct {
        char **name;
        const char *table;
    } names[] = {
        { &out->revision, "godwit_revision" },
        { &out->statement, "godwit_statement" },
        { &out->lock, "godwit_lock" },
        { &out->audit, "godwit_audit" },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int code = table_name(names[i].name, session, names[i].table, &out->arena, fault);
        if (code)
            return code;
    }
    for (size_t i = 0; i < GW_SQLS; i++) {
        out->sql[i] = expand(templates[i], out, &session->driver, &out->arena);
        if (!out->sql[i])
            return gw_fail_memory(fault);
    }
    for (size_t i = 0; i < GW_STATE_STATEMENTS; i++) {
        out->tables[i] = expand(tables[i], out, &session->driver, &out->arena);
        if (!out->tables[i])
            return gw_fail_memory(fault);
    }
    return GW_DONE;
}
