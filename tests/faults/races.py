#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""I2: one runner changes anything at any time.

Two `godwit upgrade` on a fresh project, again and again. One is held at a point of its run
(preload.c) that is another one each time, the other is brought to its start, and both are let go at
once. Each migration writes to a table that counts, so one that ran twice shows. With --stopped,
the one that holds the lock is stopped with SIGSTOP instead: the other gives up and says who has it,
and after SIGCONT the first one finishes. With --broken, on a server, the other one breaks the lock and
does the work, and after SIGCONT the first one changes nothing any more (I6).

Exit codes: 0 everything held, 1 violations.
"""

import argparse
import os
import random
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

import command
from command import Project
from faulty import Held, preloaded
from stores import STORES
from subject import OWN, Model, load_subject
from sweep import add_preload_option


class Races:
    """Races on one history."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.random = random.Random(options.seed)
        self.subject = load_subject(OWN[options.backend], folder)
        self.what = "all" if options.backend == "sqlite" else "message"
        self.model = Model(self.subject, folder)
        self.violations = []
        self.store = STORES[options.backend](folder / "project")
        (folder / "project").mkdir()
        self.start = self.subject.make_start(self.store)
        self.patient = [self._project("30s", "30s", "run"), self._project("30s", "30s", "revision")]
        self.hasty = [self._project("0s", "200ms", "run"), self._project("0s", "200ms", "revision")]
        self.points = self._count()

    def _project(self, lock_wait, busy_timeout, durability):
        """All have the same database, each a configuration of its own."""
        name = f"project-{lock_wait}-{durability}"
        url = self.store.url
        if self.options.backend == "sqlite":
            url = str(self.store.path)
        return Project(self.options.godwit, self.folder / name, self.subject.directory,
                       format=self.subject.format, lock_wait=lock_wait, durability=durability,
                       busy_timeout=busy_timeout, backend=self.options.backend, url=url)

    def _count(self):
        """How many points one run has when nobody disturbs it."""
        self.store.start_over(self.start)
        path = self.folder / "count"
        outcome = self.patient[0].run("upgrade", env={
            **preloaded(self.options.preload, self.store, self.what),
            "GODWIT_FAULT_COUNT": str(path)})
        if outcome.code != 0:
            sys.exit(f"without a race, upgrade exits {outcome.code}: {outcome.last()}")
        return int(path.read_text())

    def held(self, project, point):
        """An upgrade that waits at a point."""
        return Held(self.options.preload, self.store, project, point, "upgrade", what=self.what)

    def wrong(self, what, sentence):
        """Keeps a violation."""
        self.violations.append(f"{what}: {sentence}")

    def check_end(self, what):
        """All migrations are applied, each exactly once."""
        try:
            with self.store.look() as view:
                count, state = len(view.recorded()), view.state()
                half, sound = view.journal(), view.sound()
        except self.store.Failure as error:
            self.wrong(what, f"the database cannot be read: {error}")
            return
        if count != len(self.subject.migrations) or half or sound != "ok":
            self.wrong(what, f"{count} recorded, journal {half}, integrity {sound}")
        elif state != self.model.full:
            self.wrong(what, "schema or rows are not those of one run")

    def race(self, at):
        """One race. The loser may have to wait, or is told at once that the lock is taken."""
        project = self.random.choice(self.patient + self.hasty)
        point = self.random.choice((0, self.random.randint(1, self.points)))
        what = f"race {at} (point {point}, {project.folder.name})"
        self.store.start_over(self.start)
        first = self.held(project, point)
        first.wait()
        second = self.held(project, 0)
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
        self.check_end(what)
        return tuple(outcome.code for outcome in outcomes)

    def stopped(self, point):
        """The owner is stopped with the lock in its hands. Returns False if it has none there."""
        project = self.hasty[point % 2]
        what = f"stopped at point {point}"
        self.store.start_over(self.start)
        owner = self.held(project, point)
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
        self.check_end(what)
        return held

    def beside(self, what, project, owner):
        """A second runner beside the stopped one. True if it was kept out by the lock."""
        status = project.run("lock", "status")
        before = self.store.bytes()
        second = project.run("upgrade")
        changed = self.store.bytes() != before
        if second.code == 0:  # the owner had not the lock yet, or had left nothing to do
            if changed and status.code != 0:
                self.wrong(what, "the second runner got through although the lock was held")
            return False
        if second.code not in (command.LOCKED, command.UNCHANGED):
            self.wrong(what, f"second runner: exit {second.code}: {second.last()}")
        if changed:
            self.wrong(what, f"the second runner exits {second.code} and changed the database")
        if self.store.nameless():
            return True
        if str(owner) not in second.err:
            self.wrong(what, f"the second runner does not name the owner: {second.last()}")
        held = "migration lock" in second.err
        if held and str(owner) not in status.out + status.err:
            self.wrong(what, f"lock status does not name the owner: {status.last()}")
        return second.code == command.LOCKED

    def broken(self, point):
        """The owner is stopped, and loses its lock to another. Returns False if it has none there."""
        project = self.hasty[point % 2]
        what = f"broken at point {point}"
        self.store.start_over(self.start)
        owner = self.held(project, point)
        if not owner.wait():
            self.wrong(what, "the owner ended before")
            return False
        os.kill(owner.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, owner.process.pid, os.WSTOPPED | os.WNOWAIT)
        held = project.run("lock", "status").code == command.LOCKED and not self.store.nameless()
        taken = project.run("lock", "break", "--yes", "--reason", "it hangs")
        if held and taken.code != 0:
            self.wrong(what, f"lock break: exit {taken.code}: {taken.last()}")
        second = self.patient[0].run("upgrade") if taken.code == 0 else None
        before = self.store.bytes()
        os.kill(owner.process.pid, signal.SIGCONT)
        owner.let_go()
        end = owner.finish()
        if second is None:
            return False
        if second.code not in (0, command.HALFWAY):
            self.wrong(what, f"the second runner: exit {second.code}: {second.last()}")
        if held and end.code == 0 and second.code == command.HALFWAY:
            self.wrong(what, "the first runner went on without its lock")
        if self.store.bytes() != before:
            self.wrong(what, f"the first runner changed something (exit {end.code}: {end.last()})")
        if end.code == 1 or end.code < 0 or not end.err.strip() and end.code:
            self.wrong(what, f"the first runner: exit {end.code}: {end.last()}")
        if second.code == 0:
            self.check_end(what)
        return held


def run_races(races, count):
    """Prints how the races ended."""
    ends = {}
    for at in range(count):
        codes = races.race(at)
        ends[codes] = ends.get(codes, 0) + 1
    told = ", ".join(f"exit {a} and {b}: {n}" for (a, b), n in sorted(ends.items()))
    print(f"{count} races ({told}), {len(races.violations)} violations")


def run_stopped(races, count, kind, stopped):
    """Stops the owner at points spread over its run."""
    points = sorted({1 + at * (races.points - 1) // max(1, count - 1) for at in range(count)})
    held = sum(stopped(point) for point in points)
    if not held:
        races.wrong(kind, "at no point did the owner hold the lock")
    print(f"{kind} at {len(points)} of {races.points} points, the lock held at {held},"
          f" {len(races.violations)} violations")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    command.add_command_option(parser)
    add_preload_option(parser)
    parser.add_argument("--races", type=int, default=1000, metavar="N", help="default: 1000")
    parser.add_argument("--stopped", type=int, default=0, metavar="N",
                        help="instead: stop the owner at N points")
    parser.add_argument("--broken", type=int, default=0, metavar="N",
                        help="instead: stop the owner at N points and break its lock")
    parser.add_argument("--backend", choices=STORES, default="sqlite",
                        help="default: sqlite; servers are found by GODWIT_TEST_*")
    parser.add_argument("--seed", type=int, default=1, help="of the races (default: 1)")
    options = parser.parse_args()
    with command.work_folder("gw-races-") as folder:
        races = Races(options, Path(folder).resolve())
        if options.stopped:
            run_stopped(races, options.stopped, "stopped", races.stopped)
        elif options.broken:
            run_stopped(races, options.broken, "broken", races.broken)
        else:
            run_races(races, options.races)
        races.store.drop()
    for violation in races.violations[:20]:
        print(f"  I2 {violation}")
    return 1 if races.violations else 0


if __name__ == "__main__":
    sys.exit(main())
