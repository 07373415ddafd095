# SPDX-License-Identifier: Apache-2.0
"""Judges of a SQLite database, and a naive runner to compare with. Nothing here uses Godwit."""

import hashlib
import re
import sqlite3

OURS = "godwit_"

_OBJECTS = ("SELECT type, name, tbl_name, sql FROM sqlite_master"
            " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name")


class NaiveFailure(Exception):
    """A statement failed in the naive runner."""


def schema_lines(connection):
    """`type|name|tbl_name|sql` of each object but the state tables of Godwit."""
    rows = connection.execute(_OBJECTS).fetchall()
    return ["|".join("" if cell is None else str(cell) for cell in row)
            for row in rows if not row[2].startswith(OURS)]


def schema_text(connection):
    """The form of the files under corpora/expected."""
    return "".join(line + "\n" for line in schema_lines(connection))


def schema_of(path):
    """schema_text of a database file, which must be sound."""
    with Opened(path) as connection:
        return schema_text(connection)


_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?")


def _timeless(row):
    """A row without the time of day at which it was made."""
    return tuple("<time>" if isinstance(cell, str) and _TIME.fullmatch(cell) else cell
                 for cell in row)


def content_digest(connection):
    """Hash of all rows of all tables but ours, whatever their order, times left out."""
    digest = hashlib.sha256()
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in sorted(tables):
        if table.startswith(OURS):
            continue
        quoted = '"' + table.replace('"', '""') + '"'
        rows = connection.execute(f"SELECT * FROM {quoted}").fetchall()
        if table == "sqlite_sequence":
            rows = [row for row in rows if not str(row[0]).startswith(OURS)]
        digest.update(repr((table, sorted(repr(_timeless(row)) for row in rows))).encode())
    return digest.hexdigest()


class Opened:
    """A read-only connection that ends with the block. It recovers a hot journal first, as any
    opener of the database would."""

    def __init__(self, path):
        self.path = path
        self.connection = None

    def __enter__(self):
        uri = f"file:{self.path}?mode=rw"
        self.connection = sqlite3.connect(uri, uri=True, isolation_level=None)
        self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self.connection.execute("PRAGMA query_only = ON")
        return self.connection

    def __exit__(self, *failure):
        self.connection.close()


def memory():
    """An empty database in memory, in autocommit."""
    return sqlite3.connect(":memory:", isolation_level=None)


def statements(script):
    """The statements of a script, by SQLite's own opinion of where one ends."""
    begin = at = 0
    while (at := script.find(";", at)) >= 0:
        at += 1
        if sqlite3.complete_statement(script[begin:at]):
            yield script[begin:at]
            begin = at
    if script[begin:].strip():
        yield script[begin:]


def run_naively(connection, script):
    """Runs a whole script in autocommit, as the sqlite3 shell does with -bail."""
    try:
        connection.executescript(script)
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise NaiveFailure(str(error)) from error


def naive_prefixes(migrations):
    """Schemas before the first migration and after each one, up to the first that fails."""
    connection = memory()
    found = [schema_text(connection)]
    try:
        for migration in migrations:
            run_naively(connection, migration.up)
            found.append(schema_text(connection))
    except NaiveFailure:
        pass
    return found


def naive_downs(migrations):
    """Schemas after all ups and after each down in reverse, up to the first that fails."""
    connection = memory()
    for migration in migrations:
        run_naively(connection, migration.up)
    found = [schema_text(connection)]
    try:
        for migration in reversed(migrations):
            run_naively(connection, migration.down or "")
            found.append(schema_text(connection))
    except NaiveFailure:
        pass
    return found
