# SPDX-License-Identifier: Apache-2.0
"""Runs the command `godwit` on throw-away projects, and reads what it left in the database."""

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from corpus import CHECKOUT

DONE, USAGE, PENDING, LOCKED, UNCHANGED, HALFWAY, UNREACHED = 0, 2, 3, 5, 6, 7, 12
DEADLINE = 120  # seconds that one command may take


@dataclass(frozen=True)
class Outcome:
    """How one run of the command ended. code is negative after a signal."""

    code: int
    out: str
    err: str

    def last(self):
        """The line that says most, for reports."""
        lines = [line for line in (self.err or self.out).splitlines() if line.strip()]
        return " / ".join(lines[-2:]) if lines else "(it said nothing)"


def add_command_option(parser):
    """--godwit PATH, with GODWIT and build/godwit as its defaults."""
    default = os.environ.get("GODWIT", str(CHECKOUT / "build" / "godwit"))
    parser.add_argument("--godwit", default=default, metavar="PATH",
                        help="the command under test (default: %(default)s)")


def work_folder(prefix):
    """A folder of our own, in memory where there is such a place, gone when the block ends."""
    memory = Path("/dev/shm")
    place = memory if os.access(memory, os.W_OK | os.X_OK) else None
    return tempfile.TemporaryDirectory(prefix=prefix, dir=place)


def environment(extra=None):
    """The environment of the command: ours without anything that would configure it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GODWIT_")}
    kept.update({"LC_ALL": "C.UTF-8", "NO_COLOR": "1"})
    kept.update(extra or {})
    return kept


class Project:
    """A folder with a plugins.conf, and a SQLite database unless another backend is named."""

    def __init__(self, godwit, folder, directory, *, format=None, placeholders=None,
                 durability="run", lock_wait="10s", busy_timeout="5s", backend="sqlite",
                 url="app.db", session=()):
        self.godwit = str(Path(godwit).resolve())
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.directory = Path(directory)
        self.database = self.folder / "app.db"
        options = f' options = {{ busy_timeout = "{busy_timeout}"; }};' if backend == "sqlite" else ""
        statements = ", ".join(f'"{one}"' for one in session)
        database = f'backend = "{backend}"; url = "{url}"; session = [ {statements} ];{options}'
        self._configure(format, placeholders or {}, database,
                        f'durability = "{durability}"; lock_wait = "{lock_wait}";')

    def _configure(self, format, placeholders, database, engine):
        lines = [f'directory = "{self.directory}";']
        if format:
            lines.append(f'format = "{format}";')
        if placeholders:
            pairs = " ".join(f'{key} = "{value.replace("${", "$${")}";'
                             for key, value in placeholders.items())
            lines.append(f"vars = {{ {pairs} }};")
        text = (f"database = {{ {database} }};\n"
                f"migrations = {{ {' '.join(lines)} }};\n"
                f"engine = {{ {engine} }};\n")
        (self.folder / "plugins.conf").write_text(text)

    def start(self, *arguments, env=None, **options):
        """Starts the command and does not wait for it."""
        return subprocess.Popen([self.godwit, *arguments], cwd=self.folder, text=True,
                                env=environment(env), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run(self, *arguments, env=None):
        """Runs the command to its end."""
        return finish(self.start(*arguments, env=env))

    def start_over(self, snapshot=None):
        """Puts the database files of a snapshot (or none) in place of those that are there."""
        for path in self.folder.glob("app.db*"):
            path.unlink()
        if snapshot:
            shutil.copyfile(snapshot, self.database)

    def snapshot(self, path):
        """Copies the database, which nobody has open."""
        shutil.copyfile(self.database, path)


def finish(process):
    """Waits for a started command."""
    out, err = process.communicate(timeout=DEADLINE)
    return Outcome(process.returncode, out, err)


def recorded(connection):
    """Ids of the applied revisions; empty if there are no state tables."""
    try:
        rows = connection.execute("SELECT id FROM godwit_revision").fetchall()
    except sqlite3.OperationalError:
        return set()
    return {row[0] for row in rows}


@dataclass(frozen=True)
class Journal:
    """The revision that the journal says is half-way."""

    revision: str
    direction: str
    done: int
    total: int
    intent: int  # number of the statement that was begun and is not known to be done, or 0


def journal(connection):
    """What godwit_statement says, None if nothing is half-way."""
    try:
        rows = connection.execute("SELECT revision, direction, number, total, state"
                                  " FROM godwit_statement ORDER BY number").fetchall()
    except sqlite3.OperationalError:
        return None
    return journal_of(rows)


def journal_of(rows):
    """What rows (revision, direction, number, total, state) of godwit_statement say."""
    if not rows:
        return None
    begun = [row[2] for row in rows if row[4] != "done"]
    return Journal(rows[0][0], rows[0][1], sum(row[4] == "done" for row in rows), rows[0][3],
                   begun[0] if begun else 0)


def write_native(folder, migrations):
    """Writes a list of migrations as Godwit's own files, each revising the one before it."""
    folder.mkdir(parents=True)
    parent = ""
    for at, migration in enumerate(migrations):
        revision = f"{at + 1:012x}"
        slug = re.sub(r"[^a-z0-9]+", "_", migration.name.lower()).strip("_")[:40]
        minute, hour = at % 60, at // 60
        name = f"20200101_{hour:02}{minute:02}00_{revision}_{slug}.sql"
        text = (f"-- {migration.name}\n--\n-- revision:      {revision}\n"
                f"-- revises:       {parent}\n"
                f"-- created:       2020-01-01T{hour:02}:{minute:02}:00Z\n"
                + _section("up", migration.up, migration.transaction))
        if migration.down is not None:
            text += _section("down", migration.down, migration.transaction)
        (folder / name).write_text(text, encoding="utf-8")
        parent = revision


def write_pairs(folder, migrations):
    """Writes a list of migrations as golang-migrate's files."""
    folder.mkdir(parents=True)
    for at, migration in enumerate(migrations):
        name = f"{at + 1:06}_{re.sub(r'[^A-Za-z0-9]+', '_', migration.name)}"
        (folder / f"{name}.up.sql").write_text(migration.up, encoding="utf-8")
        if migration.down is not None:
            (folder / f"{name}.down.sql").write_text(migration.down, encoding="utf-8")


def _section(direction, sql, transaction):
    mode = "" if transaction else "-- godwit:no-transaction\n"
    return f"\n-- godwit:{direction}\n{mode}{sql}\n"
