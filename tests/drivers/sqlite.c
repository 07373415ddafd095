/* SPDX-License-Identifier: Apache-2.0 */
/* The contract for SQLite, and what is SQLite's own. */
#include "sqlite_cases.h"

#include "cmocka_all.h"

static const char *url(void)
{
    return folder_file("app.db");
}

void sqlite_new(struct connection *out, const struct plugin *plugin, const char *session)
{
    const struct opening opening = { .url = url(),
                                     .flags = GW_OPEN_CREATE,
                                     .session = { session } };
    if (connection_open(out, plugin, &opening) != GW_OK)
        fail_msg("open: %s", out->call.message);
}

void sqlite_must(struct connection *connection, uint64_t flags, const char *const sql[])
{
    struct unit unit = { .flags = flags, .statement_flags = GW_STMT_USER };
    for (size_t i = 0; sql[i]; i++)
        unit.sql[i] = sql[i];
    if (run(connection, &unit) != GW_OK)
        fail_msg("statement %u: %s", connection->call.n_done, connection->call.message);
}

int main(void)
{
    struct plugin plugin;
    static const struct dialect sqlite = {
        .library = TEST_BUILD_DIR "/plugins/sqlite.so",
        .url = url,
        .absent_url = url,
        .create_parent = "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE)",
        .create_child =
            "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent)",
        .create_values =
            "CREATE TABLE value_of (id INTEGER PRIMARY KEY, t TEXT, i INTEGER, b BLOB)",
        .broken = "SELEC 1",
        .slow =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000000000)"
            " SELECT count(*) FROM n",
        .begin = "BEGIN IMMEDIATE",
        .commit = "COMMIT",
        .rollback = "ROLLBACK",
    };
    plugin_load(&plugin, sqlite.library);
    return contract_run(&sqlite, "contract") + sqlite_open_cases(&plugin) +
           sqlite_split_cases(&plugin) + sqlite_guard_cases(&plugin) +
           sqlite_rebuild_cases(&plugin) + sqlite_fault_cases(&plugin);
}
