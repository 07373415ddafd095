#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the command, or fails its disk, at every point there is, and looks at what is left.

A point is a write to a file of the database or the lock, or the boundary of a statement
(preload.c). For each: a fresh database, a run that dies (or is refused) at the point, the
invariants of the design on what it left, a plain second run, the invariants again.

  I1  recorded <=> all effects present, or the journal says half-way
  I2  the lock of the dead is free
  I3  the next run converges to the same schema and rows
  I4  no statement twice: the rows that statements count themselves in are those of one run
  I7  exit 0 <=> the target is reached and nothing is left to do
  I8  down(up(x)) = x
  I9  with --fail: the same, when one write fails or the disk is full from there on

Exit codes: 0 everything held, 1 violations, 77 skipped because there are no corpora.
"""

import argparse
import json
import signal
import sqlite3
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

import command
import schema
from command import Project
from subject import CORPORA, OWN, PLAIN, Model, copy_database, load_subject, state_of

SHOWN = 4  # violations printed for each sweep and invariant


@dataclass(frozen=True)
class Fault:
    """What the preloaded library is to do; the point is added for each run."""

    name: str
    what: str  # which points count: all, write
    settings: dict  # of the environment
    kills: bool

    def at(self, point):
        """The environment that makes it happen at this point."""
        key = "GODWIT_FAULT_KILL_AT" if self.kills else "GODWIT_FAULT_FAIL_AT"
        return {key: str(point), **self.settings}


KILL = Fault("kill", "all", {}, True)
TORN = Fault("torn", "write", {"GODWIT_FAULT_TORN": "1"}, True)
FAILS = (
    Fault("ENOSPC once", "write", {"GODWIT_FAULT_ERRNO": "ENOSPC"}, False),
    Fault("EIO once", "write", {"GODWIT_FAULT_ERRNO": "EIO"}, False),
    Fault("ENOSPC after half a write", "write",
          {"GODWIT_FAULT_ERRNO": "ENOSPC", "GODWIT_FAULT_TORN": "1"}, False),
    Fault("ENOSPC from there on", "write",
          {"GODWIT_FAULT_ERRNO": "ENOSPC", "GODWIT_FAULT_PERSIST": "1"}, False),
)


class ControlProject(Project):
    """The naive runner in the place of the command."""

    def __init__(self, folder, subject):
        super().__init__(sys.executable, folder, subject.directory)
        pairs = [[f"{at:04}", one.up] for at, one in enumerate(subject.migrations)]
        self.list = self.folder / "list.json"
        self.list.write_text(json.dumps(pairs))

    def start(self, *arguments, env=None, **options):
        runner = str(Path(__file__).with_name("naive_runner.py"))
        return super().start(runner, str(self.database), str(self.list), env=env, **options)


class Sweep:
    """One history in one direction under one fault."""

    def __init__(self, options, subject, model, direction, fault, folder):
        self.options, self.subject, self.model = options, subject, model
        self.direction, self.fault, self.folder = direction, fault, folder
        self.arguments = ("upgrade",) if direction == "up" else ("downgrade", "base")
        self.back = ("downgrade", "base") if direction == "up" else ("upgrade",)
        self.violations = []
        self.late = 0  # failures that were reported although the target was reached
        self.missed = 0  # kills that never came: that run had fewer points than the counted one
        if options.control:
            self.project = ControlProject(folder / "project", subject)
        else:
            self.project = Project(options.godwit, folder / "project", subject.directory,
                                   format=subject.format, durability=options.durability,
                                   lock_wait="0s")
        self.snapshot = self._make_snapshot()
        self.order = self._revision_order()

    # ---- the starting point ----

    def _make_snapshot(self):
        """The database that each run begins with; None: there is no file."""
        start = self.folder / "start.db"
        start.unlink(missing_ok=True)
        snapshot = start if self.subject.make_start(start) else None
        if self.direction == "up":
            return snapshot
        self.project.start_over(snapshot)
        self._must(self.project.run("upgrade"), "upgrade")
        full = self.folder / "full.db"
        self.project.snapshot(full)
        return full

    def _revision_order(self):
        """Ids in the order of application, each step compared with the naive runner."""
        total = len(self.subject.migrations)
        if self.options.control:
            return [f"{at:04}" for at in range(total)]
        start = self.folder / "start.db"
        self.project.start_over(start if start.exists() else None)
        order = []
        for at in range(total):
            self._must(self.project.run("upgrade", "+1"), "upgrade +1")
            with schema.Opened(self.project.database) as connection:
                fresh = command.recorded(connection) - set(order)
                state = state_of(connection)
            if len(fresh) != 1:
                sys.exit(f"{self.title()}: upgrade +1 recorded {len(fresh)} revisions")
            order += fresh
            if state != self.model.settled("up", at + 1):
                sys.exit(f"{self.title()}: without any fault, the state after revision {order[-1]}"
                         " is not that of the naive runner")
        return order

    def _must(self, outcome, what):
        if outcome.code != 0:
            sys.exit(f"{self.title()}: without any fault, {what} exits {outcome.code}:"
                     f" {outcome.last()}")

    def title(self):
        """For reports."""
        return f"{self.subject.name} {self.direction}, {self.fault.name}"

    # ---- one run under the library ----

    def run(self, extra):
        """Runs under the library from the starting point."""
        self.project.start_over(self.snapshot)
        env = {"LD_PRELOAD": self.options.preload, "GODWIT_FAULT_DIR": str(self.project.folder),
               "GODWIT_FAULT_WHAT": self.fault.what, "SQLITE_TMPDIR": str(self.project.folder),
               "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0", **extra}
        return self.project.run(*self.arguments, env=env)

    def count(self):
        """How many points a whole run has."""
        path = self.folder / "count"
        self._must(self.run({"GODWIT_FAULT_COUNT": str(path)}), "the run that counts")
        total = int(path.read_text())
        if total == 0:
            sys.exit(f"{self.title()}: no points were counted, so the library does not work")
        return total

    def points(self):
        """The points to take: all, or evenly spread ones, the first and the last among them."""
        total = self.count()
        wanted = self.options.points
        if self.options.at:
            return [self.options.at], total
        if not wanted or wanted >= total:
            return list(range(1, total + 1)), total
        return sorted({1 + at * (total - 1) // max(1, wanted - 1) for at in range(wanted)}), total

    # ---- what has to hold ----

    def wrong(self, invariant, point, sentence):
        """Keeps a violation."""
        self.violations.append((invariant, point, sentence))

    def look(self, point, database):
        """(recorded count, state, journal) of a copy of the database; None if it is unsound."""
        if not database.exists():
            return 0, self.model.start, None
        copy = copy_database(database, self.folder / "copy")
        try:
            with schema.Opened(copy) as connection:
                sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
                if sound != "ok":
                    self.wrong("integrity", point, sound)
                    return None
                ids = command.recorded(connection)
                if ids != set(self.order[:len(ids)]):
                    self.wrong("I1", point, f"recorded are {sorted(ids)}: not the first ones")
                    return None
                return len(ids), state_of(connection), command.journal(connection)
        except sqlite3.Error as error:
            self.wrong("integrity", point, f"the database cannot be read: {error}")
            return None

    def check_left(self, point, outcome):
        """I1 on what the fault left. Returns what was found."""
        found = self.look(point, self.project.database)
        if found is None:
            return None
        count, state, journal = found
        if journal is None:
            if state != self.model.settled(self.direction, count):
                self.wrong("I1", point, f"{count} recorded, but the state is another"
                                        f" ({self.name_state(state)})")
        else:
            index = count if self.direction == "up" else count - 1
            if journal.revision != self.order[index] or journal.direction != self.direction:
                self.wrong("I1", point, f"the journal is of {journal.revision}"
                                        f" {journal.direction} with {count} recorded")
            elif state not in self.model.under_way(self.direction, index):
                self.wrong("I1", point, f"{journal.done} of {journal.total} done, but the state is"
                                        f" none of that revision ({self.name_state(state)})")
        if outcome.code == command.UNCHANGED and journal is not None:
            self.wrong("I7", point, "exit 6 says that nothing changed, the journal says half-way")
        return found

    def name_state(self, state):
        """Which of the model's states this is, for reports."""
        for index, states in enumerate(getattr(self.model, self.direction)):
            if state in states:
                return f"that of migration {index + 1} after step {states.index(state)}"
            if state[0] in [one[0] for one in states]:
                return f"the schema is that of migration {index + 1}, the rows are not"
        return "the naive runner never has it"

    def reached(self, found):
        """The target is reached, by what the database says."""
        count = len(self.order) if self.direction == "up" else 0
        return found[0] == count and found[2] is None

    def check_end(self, point, found, what):
        """I3 and I4: the same end as a run that nothing disturbed."""
        if found is None:
            return
        if not self.reached(found):
            self.wrong("I3", point, f"{what}: {found[0]} recorded, journal {found[2]}")
        elif found[1][0] != self.model.goal(self.direction)[0]:
            self.wrong("I3", point, f"{what}: another schema ({self.name_state(found[1])})")
        elif found[1] != self.model.goal(self.direction):
            self.wrong("I4", point, f"{what}: other rows; a statement ran twice or not at all")

    def check_outcome(self, point, outcome, found):
        """What the disturbed run said of itself."""
        if self.fault.kills:
            self.missed += outcome.code == 0
            if outcome.code not in (0, -signal.SIGKILL):
                self.wrong("run", point, f"exit {outcome.code}: {outcome.last()}")
            return
        if outcome.code < 0:
            self.wrong("I9", point, f"died of signal {-outcome.code}: {outcome.last()}")
        elif outcome.code == 0 and not self.reached(found):
            self.wrong("I7", point, "exit 0, but the target is not reached")
        elif outcome.code != 0:
            self.late += self.reached(found)
            if outcome.code in (1, command.LOCKED) or not outcome.err.strip():
                self.wrong("I9", point, f"exit {outcome.code}, not clear: {outcome.last()}")

    def check_next_run(self, point):
        """I2, I3, I4, I7 on a second, undisturbed run."""
        if not self.options.control:
            self.check_lock_status(point)
        again = self.project.run(*self.arguments)
        if again.code == command.LOCKED:
            self.wrong("I2", point, f"the lock is not free: {again.last()}")
            return False
        if again.code != 0:
            self.wrong("I3", point, f"next run: exit {again.code}: {again.last()}")
            return False
        before = len(self.violations)
        self.check_end(point, self.look(point, self.project.database), "next run")
        if not self.options.control:
            self.check_nothing_pending(point)
        return len(self.violations) == before

    def check_lock_status(self, point):
        """I2: nobody holds the lock, and the command says so."""
        status = self.project.run("lock", "status")
        if status.code != 0:
            self.wrong("I2", point, f"lock status exits {status.code}: {status.last()}"
                                    f" {status.out.splitlines()[:1]}")

    def check_nothing_pending(self, point):
        """I7: a dry run agrees."""
        dry = self.project.run(*self.arguments, "--dry-run")
        if dry.code != 0:
            self.wrong("I7", point, f"after the next run, --dry-run exits {dry.code}: {dry.last()}")

    def check_way_back(self, point):
        """I8: and back again."""
        if self.options.control or not self.subject.reverts:
            return
        outcome = self.project.run(*self.back)
        if outcome.code != 0:
            self.wrong("I8", point, f"{' '.join(self.back)}: exit {outcome.code}: {outcome.last()}")
            return
        with schema.Opened(self.project.database) as connection:
            text = schema.schema_text(connection)
        wanted = self.model.start if self.direction == "up" else self.model.full
        if text != wanted[0]:
            self.wrong("I8", point, f"{' '.join(self.back)} does not give the schema before")

    def take(self, point):
        """One point from beginning to end."""
        outcome = self.run(self.fault.at(point))
        found = self.check_left(point, outcome)
        if found is None:
            return
        self.check_outcome(point, outcome, found)
        if self.options.verbose:
            print(f"  {point}: exit {outcome.code}, {found[0]} recorded, journal {found[2]}:"
                  f" {outcome.last()}")
        if self.check_next_run(point):
            self.check_way_back(point)

    def all(self):
        """All points; prints the line of this sweep, returns the number of violations."""
        began = time.monotonic()
        points, total = self.points()
        for point in points:
            self.take(point)
        late = f", {self.late} failures reported after the target was reached" if self.late else ""
        late += f", {self.missed} ended before the kill" if self.missed else ""
        bad = len({point for _, point, _ in self.violations})
        print(f"{self.title()}: {len(points)} of {total} points, {bad} with violations{late}"
              f" ({time.monotonic() - began:.0f} s)", flush=True)
        for invariant in sorted({one[0] for one in self.violations}):
            self.show([one for one in self.violations if one[0] == invariant])
        return len(self.violations)

    @staticmethod
    def show(violations):
        """Prints the first violations of one invariant."""
        for invariant, point, sentence in violations[:SHOWN]:
            print(f"  {invariant} at point {point}: {sentence}")
        if len(violations) > SHOWN:
            print(f"  {violations[0][0]}: {len(violations) - SHOWN} more")


def chosen_faults(options):
    """The faults that the options ask for."""
    if options.fail:
        return FAILS
    if options.torn:
        return (TORN,)
    return (KILL, TORN, *FAILS) if options.all else (KILL,)


def sweep(options, name, folder):
    """All sweeps of one history; the number of violations."""
    subject = load_subject(name, folder)
    model = Model(subject)
    violations = 0
    for direction in options.direction or ("up", "down"):
        if direction == "down" and (not subject.reverts or options.control):
            continue
        for fault in chosen_faults(options):
            place = folder / f"{name}-{direction}-{fault.name.replace(' ', '-')}"
            place.mkdir()
            violations += Sweep(options, subject, model, direction, fault, place).all()
    return violations


def add_preload_option(parser):
    """--preload PATH."""
    default = command.CHECKOUT / "build" / "tests" / "faults" / "libgwfault.so"
    parser.add_argument("--preload", type=_library, default=str(default), metavar="PATH",
                        help="the library that makes the faults (default: %(default)s)")


def _library(path):
    if not Path(path).exists():
        raise argparse.ArgumentTypeError(f"no library at {path}: build the target gwfault")
    return str(Path(path).resolve())


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    command.add_command_option(parser)
    add_preload_option(parser)
    parser.add_argument("--history", action="append", metavar="NAME",
                        help=f"may be repeated (default: {OWN} and {len(CORPORA)} of the corpora)")
    parser.add_argument("--direction", action="append", choices=("up", "down"))
    parser.add_argument("--durability", default="run", choices=("run", "revision"))
    parser.add_argument("--points", type=int, metavar="N",
                        help="N evenly spread points (default: all)")
    parser.add_argument("--at", type=int, metavar="N", help="this point alone, to replay it")
    parser.add_argument("--torn", action="store_true", help="writes are cut in half by the kill")
    parser.add_argument("--fail", action="store_true", help="fail the disk instead of killing")
    parser.add_argument("--all", action="store_true", help="kills, torn writes and failures")
    parser.add_argument("--control", action="store_true",
                        help="sweep a runner that is known to be wrong: violations must be found")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for each point")
    return parser.parse_args()


def main():
    options = parse_arguments()
    names = options.history or ([PLAIN] if options.control else [OWN, *CORPORA])
    violations = 0
    with command.work_folder("gw-faults-") as folder:
        for name in names:
            violations += sweep(options, name, Path(folder).resolve())
    if options.control:
        print(f"control: the broken runner shows {violations} violations")
        return 0 if violations else 1
    print(f"{violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
