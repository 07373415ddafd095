#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A runner with the fault that the sweeps are there to find: it commits a migration, and records it
afterwards, in a transaction of its own. `sweep.py --control` holds the sweep against it."""

import json
import sqlite3
import sys


def main():
    """naive_runner.py DATABASE LIST: LIST is a JSON file of [id, SQL] pairs."""
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    with open(sys.argv[2], encoding="utf-8") as file:
        migrations = json.load(file)
    connection.execute("CREATE TABLE IF NOT EXISTS godwit_revision (id TEXT PRIMARY KEY)")
    known = {row[0] for row in connection.execute("SELECT id FROM godwit_revision")}
    for identity, script in migrations:
        if identity not in known:
            connection.executescript(f"BEGIN;\n{script};\nCOMMIT;")
            connection.execute("INSERT INTO godwit_revision VALUES (?)", (identity,))


if __name__ == "__main__":
    main()
