#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the command, its connection or its server, or fails its disk, at every point there is, and
looks at what is left.

With SQLite a point is a write to a file of the database or the lock, or the boundary of a statement;
with a server it is the moment before or after a message is sent (preload.c), or a message (--cut).
For each: a fresh database, a run that is disturbed at the point, the invariants of the design on what
it left, a plain second run, the invariants again.

  I1  recorded <=> all effects present, or the journal says half-way
  I2  the lock of the dead is free
  I3  the next run converges to the same schema and rows; on a server it may also stop as half-way,
      if it changes nothing
  I4  no statement twice: the rows that statements count themselves in are those of one run
  I7  exit 0 <=> the target is reached and nothing is left to do
  I8  down(up(x)) = x
  I6  with --cut and --kill-server: the same, when the connection or the server is lost
  I9  with --fail: the same, when one write fails or the disk is full from there on

Exit codes: 0 everything held, 1 violations, 77 skipped because there are no corpora.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path[1:1] = [str(Path(__file__).resolve().parents[1] / name) for name in ("harness", "servers")]

import command
import faulty
import server
from command import Project
from stores import STORES
from subject import CORPORA, OWN, PLAIN, Model, load_subject

SHOWN = 4  # violations printed for each sweep and invariant
SERVERS = {"postgres": "postgres", "mysql": "mariadb"}  # by backend


class ControlProject(Project):
    """The naive runner in the place of the command."""

    def __init__(self, folder, subject, url):
        super().__init__(sys.executable, folder, subject.directory)
        self.url = url
        pairs = [[f"{at:04}", one.up] for at, one in enumerate(subject.migrations)]
        self.list = self.folder / "list.json"
        self.list.write_text(json.dumps(pairs))

    def start(self, *arguments, env=None, **options):
        runner = str(Path(__file__).with_name("naive_runner.py"))
        return super().start(runner, self.url, str(self.list), env=env, **options)


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
        self.unclear = 0  # next runs that stopped as half-way and changed nothing
        self.store = STORES[subject.backend](folder / "project")
        if options.control:
            self.project = ControlProject(folder / "project", subject, self.store.url)
        else:
            self.project = self.beside(self.store.url, "project")
        self.begin = subject.make_start(self.store)
        self.snapshot = self.begin if direction == "up" else self._make_full()
        self.order = self._revision_order()

    def beside(self, url, name="beside"):
        """A project for the same files with its database elsewhere. The dead keep a lock on a server
        until it notices their end; on files it is free at once."""
        return Project(self.options.godwit, self.folder / name, self.subject.directory,
                       format=self.subject.format, durability=self.options.durability,
                       lock_wait="0s" if self.subject.backend == "sqlite" else "10s",
                       backend=self.subject.backend, url=url)

    # ---- the starting point ----

    def _make_full(self):
        """What a way down begins with."""
        self.store.start_over(self.begin)
        self._must(self.project.run("upgrade"), "upgrade")
        return self.store.keep("full")

    def _revision_order(self):
        """Ids in the order of application, each step compared with the naive runner."""
        total = len(self.subject.migrations)
        if self.options.control:
            return [f"{at:04}" for at in range(total)]
        self.store.start_over(self.begin)
        order = []
        for at in range(total):
            self._must(self.project.run("upgrade", "+1"), "upgrade +1")
            with self.store.look() as view:
                fresh = view.recorded() - set(order)
                state = view.state()
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

    # ---- one run under the fault ----

    def run(self, point):
        """Runs from the starting point."""
        self.store.start_over(self.snapshot)
        return self.fault.run(self, point)

    def count(self):
        """How many points a whole run has."""
        self.store.start_over(self.snapshot)
        outcome, total = self.fault.count(self)
        self._must(outcome, "the run that counts")
        if total == 0:
            sys.exit(f"{self.title()}: no points were counted, so the library does not work")
        return min(total, self.options.first or total)

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

    def look(self, point, crashed=False):
        """(recorded count, state, journal) of the database; None if it is unsound."""
        try:
            with self.store.look(crashed) as view:
                sound = view.sound()
                if sound != "ok":
                    self.wrong("integrity", point, sound)
                    return None
                ids = view.recorded()
                if ids != set(self.order[:len(ids)]):
                    self.wrong("I1", point, f"recorded are {sorted(ids)}: not the first ones")
                    return None
                return len(ids), view.state(), view.journal()
        except self.store.Failure as error:
            self.wrong("integrity", point, f"the database cannot be read: {error}")
            return None

    def check_left(self, point, outcome):
        """I1 on what the fault left. Returns what was found."""
        found = self.look(point, crashed=True)
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
        proves = self.fault.proves
        if outcome.code < 0:
            self.wrong(proves, point, f"died of signal {-outcome.code}: {outcome.last()}")
        elif outcome.code == 0 and not self.reached(found):
            self.wrong("I7", point, "exit 0, but the target is not reached")
        elif outcome.code != 0:
            self.late += self.reached(found)
            if outcome.code in (1, command.LOCKED) or not outcome.err.strip():
                self.wrong(proves, point, f"exit {outcome.code}, not clear: {outcome.last()}")
            if (outcome.code == command.UNREACHED and found != self.first
                    and "not known" not in outcome.err):
                self.wrong("I7", point, "exit 12 says that nothing was touched, but it was")
            if outcome.code == command.HALFWAY and found[2] is None:
                self.wrong("I7", point, "exit 7 says half-way, the journal does not")

    def check_next_run(self, point, found):
        """I2, I3, I4, I7 on a second, undisturbed run; found: what was left, None if not looked at."""
        if not self.options.control and found:
            self.check_lock_status(point)
        again = self.project.run(*self.arguments)
        if again.code == command.LOCKED:
            self.wrong("I2", point, f"the lock is not free: {again.last()}")
            return False
        if again.code == command.HALFWAY and self.subject.backend != "sqlite":
            return self.check_stopped(point, found, again)
        if again.code != 0:
            self.wrong("I3", point, f"next run: exit {again.code}: {again.last()}")
            return False
        before = len(self.violations)
        self.check_end(point, self.look(point), "next run")
        if not self.options.control:
            self.check_nothing_pending(point)
        return len(self.violations) == before

    def check_stopped(self, point, found, again):
        """I3: nobody can tell what the statement did, so nothing is done."""
        self.unclear += 1
        after = self.look(point)
        if after is None or after[2] is None:
            self.wrong("I3", point, f"next run: exit 7 and no journal: {again.last()}")
        elif found and found != after:
            self.wrong("I3", point, f"next run: exit 7, and something was changed: {again.last()}")
        return False

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
        with self.store.look() as view:
            text = view.state()[0]
        wanted = self.model.start if self.direction == "up" else self.model.full
        if text != wanted[0]:
            self.wrong("I8", point, f"{' '.join(self.back)} does not give the schema before")

    def take(self, at, point):
        """One point from beginning to end. What a killed client had under way may go on in the
        server for a moment: every other next run meets that, the others come after it has ended."""
        outcome = self.run(point)
        found = None
        hasty = self.fault.kills and self.subject.backend != "sqlite" and at % 2
        if not hasty:
            found = self.check_left(point, outcome)
            if found is None:
                return
        self.check_outcome(point, outcome, found)
        if self.options.verbose:
            left = f"{found[0]} recorded, journal {found[2]}" if found else "not looked at"
            print(f"  {point}: exit {outcome.code}, {left}: {outcome.last()}")
        if self.check_next_run(point, found):
            self.check_way_back(point)

    def all(self):
        """All points; prints the line of this sweep, returns the number of violations."""
        began = time.monotonic()
        points, total = self.points()
        self.store.start_over(self.snapshot)
        self.first = self.look(0)
        for at, point in enumerate(points):
            self.take(at, point)
        self.store.drop()
        late = f", {self.late} failures reported after the target was reached" if self.late else ""
        late += f", {self.missed} ended before the kill" if self.missed else ""
        late += f", {self.unclear} stopped as half-way" if self.unclear else ""
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


def chosen_faults(options, backend):
    """The faults that the options ask for."""
    if backend != "sqlite":
        faults = [fault for chosen, fault in ((options.cut, faulty.Cut()),
                                              (options.kill_server, faulty.ServerDeath()),
                                              (options.torn, faulty.TORN_MESSAGE)) if chosen]
        return faults or ((faulty.KILL_MESSAGE, faulty.TORN_MESSAGE) if options.all
                          else (faulty.KILL_MESSAGE,))
    if options.fail:
        return faulty.FAILS
    if options.torn:
        return (faulty.TORN,)
    return (faulty.KILL, faulty.TORN, *faulty.FAILS) if options.all else (faulty.KILL,)


def sweep(options, name, folder):
    """All sweeps of one history; the number of violations."""
    subject = load_subject(name, folder)
    violations = 0
    with own_server(options, subject.backend):
        model = Model(subject, folder)
        for direction in options.direction or ("up", "down"):
            if direction == "down" and (not subject.reverts or options.control):
                continue
            for fault in chosen_faults(options, subject.backend):
                place = folder / f"{name}-{direction}-{fault.name.replace(' ', '-')}"
                (place / "project").mkdir(parents=True)
                violations += Sweep(options, subject, model, direction, fault, place).all()
    return violations


@contextlib.contextmanager
def own_server(options, backend):
    """With --kill-server: one that may be killed, in the place of the shared one."""
    if not options.kill_server or backend == "sqlite":
        yield
        return
    before = dict(os.environ)
    with server.throw_away(SERVERS[backend]) as options.server:
        os.environ[options.server.variable] = options.server.url()
        yield
    os.environ.clear()
    os.environ.update(before)


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
                        help="may be repeated (default: all of the backend)")
    parser.add_argument("--backend", choices=STORES, default="sqlite",
                        help="whose histories to take (default: sqlite); servers are found by"
                        " GODWIT_TEST_*")
    parser.add_argument("--direction", action="append", choices=("up", "down"))
    parser.add_argument("--durability", default="run", choices=("run", "revision"))
    parser.add_argument("--points", type=int, metavar="N",
                        help="N evenly spread points (default: all)")
    parser.add_argument("--first", type=int, metavar="N", help="of the first N points alone")
    parser.add_argument("--at", type=int, metavar="N", help="this point alone, to replay it")
    parser.add_argument("--torn", action="store_true", help="writes are cut in half by the kill")
    parser.add_argument("--fail", action="store_true", help="fail the disk instead of killing")
    parser.add_argument("--cut", action="store_true", help="cut the connection to the server instead")
    parser.add_argument("--kill-server", action="store_true", help="kill a server of our own instead")
    parser.add_argument("--all", action="store_true", help="kills, torn writes and failures")
    parser.add_argument("--control", action="store_true",
                        help="sweep a runner that is known to be wrong: violations must be found")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for each point")
    return parser.parse_args()


def main():
    options = parse_arguments()
    names = options.history or ([PLAIN[options.backend]] if options.control else
                                [OWN[options.backend], *CORPORA[options.backend]])
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
