/* SPDX-License-Identifier: Apache-2.0 */
/* The contract for SQLite, and what is SQLite's own. */
#include "contract.h"
#include "sqlite_cases.h"

static const char *url(void)
{
    return folder_file("app.db");
}

int main(void)
{
    static const struct dialect sqlite = {
        .library = TEST_BUILD_DIR "/plugins/sqlite.so",
        .url = url,
        .create_parent = "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE)",
        .create_child = "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent)",
        .create_values = "CREATE TABLE value_of (id INTEGER PRIMARY KEY, t TEXT, i INTEGER, b BLOB)",
        .broken = "SELEC 1",
        .slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000000000)"
                " SELECT count(*) FROM n",
        .begin = "BEGIN IMMEDIATE",
        .commit = "COMMIT",
        .rollback = "ROLLBACK",
    };
    return contract_run(&sqlite, "contract") + sqlite_cases_run(sqlite.library);
}
