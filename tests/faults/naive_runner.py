#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A runner with the fault that the sweeps are there to find: it commits a migration, and records it
afterwards, in a transaction of its own. `sweep.py --control` holds the sweep against it."""

import json
import sqlite3
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "servers"))

import wire


def connect(url):
    """(what runs one statement and gives its rows, what runs a script as one transaction)"""
    if "://" in url:
        connection = wire.CONNECTIONS[urlsplit(url).scheme.replace("postgresql", "postgres")](url)
        return connection.execute, connection.execute
    connection = sqlite3.connect(url, isolation_level=None)
    return connection.execute, lambda script: connection.executescript(f"BEGIN;\n{script};\nCOMMIT;")


def main():
    """naive_runner.py DATABASE LIST: LIST is a JSON file of [id, SQL] pairs."""
    execute, run = connect(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        migrations = json.load(file)
    execute("CREATE TABLE IF NOT EXISTS godwit_revision (id VARCHAR(100) PRIMARY KEY)")
    known = {row[0] for row in execute("SELECT id FROM godwit_revision")}
    for identity, script in migrations:
        if identity not in known:
            run(script)
            execute(f"INSERT INTO godwit_revision VALUES ('{identity}')")


if __name__ == "__main__":
    main()
