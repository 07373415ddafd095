# SPDX-License-Identifier: Apache-2.0
"""What the sweeps run: a history with its starting database, and a model of every state in which
a crash may leave it. The model is made by a naive runner on the database alone; Godwit has no part."""

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

import command
import corpus
from stores import STORES

HERE = Path(__file__).resolve().parent
OWN = {"sqlite": "journalled", "postgres": "journalled-postgres", "mysql": "journalled-mysql"}
# The part of it that any runner can take, for the control.
PLAIN = {"sqlite": "plain", "postgres": "plain-postgres"}
CORPORA = {"sqlite": ("openfga-sqlite", "chirpstack-sqlite", "sematic-sqlite", "atuin-client-sqlite",
                      "sqitch-intro-sqlite"),
           "postgres": ("openfga-pg",), "mysql": ("flipt-mysql",)}


@dataclass
class Subject:
    """A history under test."""

    name: str
    backend: str
    directory: Path
    format: str
    migrations: list
    reverts: bool  # all downs work
    witness: bool  # the starting database has the table that the statements write to

    def make_start(self, store):
        """Makes the starting database; what start_over() takes to have it again."""
        store.start_over()
        if not self.witness:
            return None
        store.make_witness()
        return store.keep("start")


def backend_of(name):
    """The database that a history is for."""
    for backend, store in STORES.items():
        if name in (OWN[backend], PLAIN.get(backend)) or name.endswith("-" + store.dialect):
            return backend
    raise SystemExit(f"no database for a history '{name}'")


def load_subject(name, folder):
    """The subject of that name; folder is where files may be written that it needs."""
    backend = backend_of(name)
    if name == OWN[backend]:
        return Subject(name, backend, HERE / name, "godwit", corpus.native(HERE / name), True, True)
    if name == PLAIN.get(backend):
        place = HERE / OWN[backend]
        plain = [one for one in corpus.native(place)
                 if STORES[backend].is_whole(one.transaction, one.up)]
        return Subject(name, backend, place, "godwit", plain, True, True)
    corpora = corpus.skip_without_corpora("faults")
    history = corpus.read_history(corpora / "histories" / "open" / name)
    directory = history.directory
    if not history.in_place:
        directory = folder / f"{name}-native"
        if not directory.exists():
            command.write_native(directory, history.migrations())
    return Subject(name, backend, directory, history.format if history.in_place else "godwit",
                   history.migrations(), history.downs_work == history.ups, False)


def committed_states(store, connection, script, transaction):
    """The states that a crash may leave while script runs, the first and the last one included."""
    found = [store.naive_state(connection)]
    if store.is_whole(transaction, script):
        store.whole(connection, script)
        return found + [store.naive_state(connection)]
    for statement in store.statements(script):
        connection.execute(statement)
        if not connection.in_transaction:
            found.append(store.naive_state(connection))
    return found


class Model:
    """up[i]: states while migration i goes up; down[i]: while it goes down, all later ones being
    down already."""

    def __init__(self, subject, folder):
        store = STORES[subject.backend](folder)
        connection = store.naive(subject.witness)
        try:
            self.up = [committed_states(store, connection, one.up, one.transaction)
                       for one in subject.migrations]
            self.start, self.full = self.up[0][0], self.up[-1][-1]
            self.down = []
            if subject.reverts:
                self.down = [committed_states(store, connection, one.down or "", one.transaction)
                             for one in reversed(subject.migrations)]
                self.base = self.down[-1][-1]
                self.down.reverse()
        finally:
            connection.close()
            store.drop()

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
