#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""I2: one runner changes anything at any time.

Two `godwit upgrade` on a fresh project, again and again. One is held at a point of its run
(preload.c) that is another one each time, the other is brought to its start, and both are let go at
once. Each migration writes to a table that counts, so one that ran twice shows. With --stopped,
the one that holds the lock is stopped with SIGSTOP instead: the other gives up and says who has it,
and after SIGCONT the first one finishes.

Exit codes: 0 everything held, 1 violations.
"""

import argparse
import os
import random
import signal
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

import command
import schema
from command import Project
from subject import OWN, Model, load_subject, state_of
from sweep import add_preload_option


class Held:
    """A command that waits at a point of its run until it is let go."""

    def __init__(self, options, project, point, *arguments):
        self.go_read, self.go_write = os.pipe()
        self.there_read, there_write = os.pipe()
        env = {"LD_PRELOAD": options.preload, "GODWIT_FAULT_DIR": str(project.folder),
               "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
               "GODWIT_FAULT_GATE": f"{self.go_read},{there_write}",
               "GODWIT_FAULT_GATE_AT": str(point)}
        self.process = project.start(*arguments, env=env, pass_fds=(self.go_read, there_write))
        os.close(there_write)

    def wait(self):
        """Until it is at the point; False if it ended before."""
        return os.read(self.there_read, 1) != b""

    def let_go(self):
        """Lets it run on."""
        os.write(self.go_write, b"g")

    def finish(self):
        """Its outcome."""
        outcome = command.finish(self.process)
        for descriptor in (self.go_read, self.go_write, self.there_read):
            os.close(descriptor)
        return outcome


class Races:
    """Races on one history."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.random = random.Random(options.seed)
        self.subject = load_subject(OWN, folder)
        self.model = Model(self.subject)
        self.violations = []
        self.start = folder / "start.db"
        self.subject.make_start(self.start)
        self.patient = [self._project("patient", "30s", "30s", "run"),
                        self._project("patient-each", "30s", "30s", "revision")]
        self.hasty = [self._project("hasty", "0s", "200ms", "run"),
                      self._project("hasty-each", "0s", "200ms", "revision")]
        self.points = self._count()

    def _project(self, name, lock_wait, busy_timeout, durability):
        return Project(self.options.godwit, self.folder / name, self.subject.directory,
                       format=self.subject.format, lock_wait=lock_wait, durability=durability,
                       busy_timeout=busy_timeout)

    def _count(self):
        """How many points one run has when nobody disturbs it."""
        project = self.patient[0]
        project.start_over(self.start)
        path = self.folder / "count"
        outcome = project.run("upgrade", env={
            "LD_PRELOAD": self.options.preload, "GODWIT_FAULT_COUNT": str(path),
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
            "GODWIT_FAULT_DIR": str(project.folder)})
        if outcome.code != 0:
            sys.exit(f"without a race, upgrade exits {outcome.code}: {outcome.last()}")
        return int(path.read_text())

    def wrong(self, what, sentence):
        """Keeps a violation."""
        self.violations.append(f"{what}: {sentence}")

    def check_end(self, what, project):
        """All migrations are applied, each exactly once."""
        try:
            with schema.Opened(project.database) as connection:
                count = len(command.recorded(connection))
                state, half = state_of(connection), command.journal(connection)
                sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.Error as error:
            self.wrong(what, f"the database cannot be read: {error}")
            return
        if count != len(self.subject.migrations) or half or sound != "ok":
            self.wrong(what, f"{count} recorded, journal {half}, integrity_check {sound}")
        elif state != self.model.full:
            self.wrong(what, "schema or rows are not those of one run")

    def race(self, at):
        """One race. The loser may have to wait, or is told at once that the lock is taken."""
        project = self.random.choice(self.patient + self.hasty)
        point = self.random.choice((0, self.random.randint(1, self.points)))
        what = f"race {at} (point {point}, {project.folder.name})"
        project.start_over(self.start)
        first = Held(self.options, project, point, "upgrade")
        first.wait()
        second = Held(self.options, project, 0, "upgrade")
        second.wait()
        for runner in self.random.sample((first, second), 2):
            runner.let_go()
        outcomes = [first.finish(), second.finish()]
        allowed = (0,) if project in self.patient else (0, command.LOCKED)
        for outcome in outcomes:
            if outcome.code not in allowed:
                self.wrong(what, f"exit {outcome.code}: {outcome.last()}")
        if all(outcome.code for outcome in outcomes):
            self.wrong(what, "neither runner got through")
        self.check_end(what, project)
        return tuple(outcome.code for outcome in outcomes)

    def stopped(self, point):
        """The owner is stopped with the lock in its hands. Returns False if it has none there."""
        project = self.hasty[point % 2]
        what = f"stopped at point {point}"
        project.start_over(self.start)
        owner = Held(self.options, project, point, "upgrade")
        if not owner.wait():
            self.wrong(what, "the owner ended before")
            return False
        os.kill(owner.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, owner.process.pid, os.WSTOPPED | os.WNOWAIT)
        held = self.beside(what, project, owner.process.pid)
        os.kill(owner.process.pid, signal.SIGCONT)
        owner.let_go()
        end = owner.finish()
        if end.code != 0:
            self.wrong(what, f"the owner after SIGCONT: exit {end.code}: {end.last()}")
        self.check_end(what, project)
        return held

    def beside(self, what, project, owner):
        """A second runner beside the stopped one. True if it was kept out by the lock."""
        status = project.run("lock", "status")
        before = self.database_bytes(project)
        second = project.run("upgrade")
        changed = self.database_bytes(project) != before
        if second.code == 0:  # the owner had not the lock yet, or had left nothing to do
            if changed and status.code != 0:
                self.wrong(what, "the second runner got through although the lock was held")
            return False
        if second.code not in (command.LOCKED, command.UNCHANGED):
            self.wrong(what, f"second runner: exit {second.code}: {second.last()}")
        if changed:
            self.wrong(what, f"the second runner exits {second.code} and changed the database")
        if self.is_nameless(project):
            return True
        if str(owner) not in second.err:
            self.wrong(what, f"the second runner does not name the owner: {second.last()}")
        held = "migration lock" in second.err
        if held and str(owner) not in status.out + status.err:
            self.wrong(what, f"lock status does not name the owner: {status.last()}")
        return second.code == command.LOCKED

    @staticmethod
    def is_nameless(project):
        """The owner was stopped after it took the lock and before it wrote its name there."""
        lock = project.folder / "app.db.godwit-lock"
        return lock.exists() and lock.stat().st_size == 0

    @staticmethod
    def database_bytes(project):
        """What is in the file now; the stopped owner writes nothing meanwhile."""
        return project.database.read_bytes() if project.database.exists() else b""


def run_races(races, count):
    """Prints how the races ended."""
    ends = {}
    for at in range(count):
        codes = races.race(at)
        ends[codes] = ends.get(codes, 0) + 1
    told = ", ".join(f"exit {a} and {b}: {n}" for (a, b), n in sorted(ends.items()))
    print(f"{count} races ({told}), {len(races.violations)} violations")


def run_stopped(races, count):
    """Stops the owner at points spread over its run."""
    points = sorted({1 + at * (races.points - 1) // max(1, count - 1) for at in range(count)})
    held = sum(races.stopped(point) for point in points)
    if not held:
        races.wrong("stopped", "at no point did the owner hold the lock")
    print(f"stopped at {len(points)} of {races.points} points, the lock held at {held},"
          f" {len(races.violations)} violations")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    command.add_command_option(parser)
    add_preload_option(parser)
    parser.add_argument("--races", type=int, default=1000, metavar="N", help="default: 1000")
    parser.add_argument("--stopped", type=int, default=0, metavar="N",
                        help="instead: stop the owner at N points")
    parser.add_argument("--seed", type=int, default=1, help="of the races (default: 1)")
    options = parser.parse_args()
    with command.work_folder("gw-races-") as folder:
        races = Races(options, Path(folder).resolve())
        if options.stopped:
            run_stopped(races, options.stopped)
        else:
            run_races(races, options.races)
    for violation in races.violations[:20]:
        print(f"  I2 {violation}")
    return 1 if races.violations else 0


if __name__ == "__main__":
    sys.exit(main())
