# SPDX-License-Identifier: Apache-2.0
"""What the sweeps run: a history with its starting database, and a model of every state in which
a crash may leave it. The model is made by a naive runner on SQLite alone; Godwit has no part."""

import shutil
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

import command
import corpus
import schema

HERE = Path(__file__).resolve().parent
OWN = "journalled"  # the one history that is ours
PLAIN = "plain"  # the part of it that any runner can take, for the control
CORPORA = ("openfga-sqlite", "chirpstack-sqlite", "sematic-sqlite", "atuin-client-sqlite",
           "sqitch-intro-sqlite")


@dataclass
class Subject:
    """A history under test."""

    name: str
    directory: Path
    format: str
    migrations: list
    reverts: bool  # all downs work
    witness: bool  # the starting database has the table that the statements write to

    def make_start(self, path):
        """Makes the starting database; False if that is no database at all."""
        if not self.witness:
            return False
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE witness (what TEXT NOT NULL)")
        connection.commit()
        connection.close()
        return True

    def model_connection(self):
        """A database like the starting one, in memory and in autocommit."""
        connection = schema.memory()
        if self.witness:
            connection.execute("CREATE TABLE witness (what TEXT NOT NULL)")
        return connection


def load_subject(name, folder):
    """The subject of that name; folder is where files may be written that it needs."""
    if name == OWN:
        return Subject(OWN, HERE / OWN, "godwit", corpus.native(HERE / OWN), True, True)
    if name == PLAIN:
        plain = [one for one in corpus.native(HERE / OWN)
                 if one.transaction and not _begins_by_itself(one.up)]
        return Subject(PLAIN, HERE / OWN, "godwit", plain, True, True)
    corpora = corpus.skip_without_corpora("faults")
    history = corpus.read_history(corpora / "histories" / "open" / name)
    directory = history.directory
    if not history.in_place:
        directory = folder / f"{name}-native"
        if not directory.exists():
            command.write_native(directory, history.migrations())
    return Subject(name, directory, history.format if history.in_place else "godwit",
                   history.migrations(), history.downs_work == history.ups, False)


def state_of(connection):
    """(schema, digest of the rows) of everything that is not ours."""
    return schema.schema_text(connection), schema.content_digest(connection)


def committed_states(connection, script, transaction):
    """The states that a crash may leave while script runs, the first and the last one included."""
    found = [state_of(connection)]
    if transaction and not _begins_by_itself(script):
        schema.run_naively(connection, script)
        return found + [state_of(connection)]
    for statement in schema.statements(script):
        connection.execute(statement)
        if not connection.in_transaction:
            found.append(state_of(connection))
    return found


def _begins_by_itself(script):
    return any(bare(statement).upper().startswith("BEGIN")
               for statement in schema.statements(script))


def bare(statement):
    """A statement without the comments and space in front of it."""
    lines = [line for line in statement.splitlines() if not line.lstrip().startswith("--")]
    return "\n".join(lines).strip()


class Model:
    """up[i]: states while migration i goes up; down[i]: while it goes down, all later ones being
    down already."""

    def __init__(self, subject):
        connection = subject.model_connection()
        self.up = [committed_states(connection, one.up, one.transaction)
                   for one in subject.migrations]
        self.start, self.full = self.up[0][0], self.up[-1][-1]
        self.down = []
        if subject.reverts:
            self.down = [committed_states(connection, one.down or "", one.transaction)
                         for one in reversed(subject.migrations)]
            self.base = self.down[-1][-1]
            self.down.reverse()

    def settled(self, direction, count):
        """The state with count migrations applied and nothing under way."""
        states = self.up if direction == "up" else self.down
        if count == len(states):
            return states[-1][-1 if direction == "up" else 0]
        return states[count][0 if direction == "up" else -1]

    def under_way(self, direction, index):
        """The states in which migration index may be half-way."""
        return (self.up if direction == "up" else self.down)[index]

    def goal(self, direction):
        """The state at the end."""
        return self.full if direction == "up" else self.base


def copy_database(database, folder):
    """Copies a database with its journals, so that looking at it recovers nothing in place."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for suffix in ("", "-journal", "-wal"):
        path = database.with_name(database.name + suffix)
        if path.exists():
            shutil.copyfile(path, folder / path.name)
    return folder / database.name
