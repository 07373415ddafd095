#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real histories of other projects, run with the command and judged by what a naive runner makes.

Every SQLite history of the corpora goes up to the end, gives the schema that its own tool would
give, does nothing when run again, and goes down as far as its own downs work. Where upstream is
broken the right result is a clean stop at that very place. With --parse the histories of the other
databases are read too, without a database.

Exit codes: 0 all passed, 1 some failed, 77 skipped because there are no corpora.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

import command
import corpus
import schema
from command import Project


class Wrong(Exception):
    """The command did something else than it should have."""


def expect(condition, sentence):
    """Ends the history with a sentence unless the condition holds."""
    if not condition:
        raise Wrong(sentence)


def expect_code(outcome, code, what):
    """The exit code is the one that was asked for."""
    expect(outcome.code == code, f"{what}: exit {outcome.code}, not {code}: {outcome.last()}")


class Run:
    """One history and the project that runs it."""

    def __init__(self, godwit, folder, history, corpora):
        self.history = history
        self.migrations = history.migrations()
        self.ups = schema.naive_prefixes(self.migrations)
        self.godwit = godwit
        self.folder = folder
        self.expected = corpora / "expected" / f"{history.name}.schema.sql"
        self.directory = history.directory
        self.format = history.format if history.in_place else "godwit"
        if not history.in_place:
            self.directory = folder / "migrations"
            command.write_native(self.directory, self.migrations)
        self.project = self.make_project("project", self.format)
        self.full = folder / "full.db"

    def make_project(self, name, format):
        """A project of its own for the same files."""
        return Project(self.godwit, self.folder / name, self.directory, format=format,
                       placeholders=self.history.placeholders)

    def state(self):
        """(schema, number of recorded revisions); nothing may be half-way."""
        with schema.Opened(self.project.database) as connection:
            expect(command.journal(connection) is None, "the journal says: half-way")
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
            expect(sound == "ok", f"integrity_check: {sound}")
            return schema.schema_text(connection), len(command.recorded(connection))

    def expect_state(self, text, count, what):
        """The database has this schema and this many recorded revisions."""
        found, recorded = self.state()
        expect(recorded == count, f"{what}: {recorded} revisions are recorded, not {count}")
        expect(found == text, f"{what}: {difference(found, text)}")

    # ---- the parts ----

    def upgrade(self):
        """Up to the end, or a clean stop exactly where no runner can pass."""
        count = self.history.ups_that_work
        expect(len(self.ups) == count + 1, "the naive runner got elsewhere than META says")
        outcome = self.project.run("upgrade")
        if self.history.stops_at:
            expect_code(outcome, command.UNCHANGED, "upgrade")
            version = self.migrations[count].name.split(".")[0].lower()
            expect(version in (outcome.err + outcome.out).lower(),
                   f"the message does not name '{version}': {outcome.last()}")
            self.expect_state(self.ups[count], count, "where it stopped")
            again = self.project.run("upgrade")
            expect_code(again, command.UNCHANGED, "upgrade once more")
            self.expect_state(self.ups[count], count, "where it stopped again")
            return f"{count} up, stops cleanly at {self.history.stops_at}"
        expect_code(outcome, command.DONE, "upgrade")
        self.expect_state(self.ups[-1], count, "after upgrade")
        if self.expected.exists():
            expect(self.expected.read_text() == self.ups[-1], "naive runner and corpus differ")
        self.project.snapshot(self.full)
        return f"{count} up"

    def upgrade_again(self):
        """Nothing to do is exit 0 and not a byte changed."""
        before = self.project.database.read_bytes()
        expect_code(self.project.run("upgrade"), command.DONE, "second upgrade")
        expect(self.project.database.read_bytes() == before, "second upgrade changed the database")
        return "no-op"

    def detect(self):
        """The format is found without being told, and the same revisions come of it."""
        bare = self.make_project("detected", None)
        told, found = (one.run("history", "--json") for one in (self.project, bare))
        expect_code(found, command.DONE, "history without a format")
        expect(revisions(told) and revisions(told) == revisions(found),
               "history differs when the format is detected")
        expect(self.format == "godwit" or f'"{self.format}"' in found.out,
               f"history does not say that it found '{self.format}'")
        return "detected"

    def downgrade(self):
        """As far down as upstream's downs work."""
        if self.history.downs_work is None:
            return self.refuse_downgrade()
        if self.history.down_stops_at:
            return self.downgrade_to_the_broken_one()
        expect_code(self.project.run("downgrade", "base"), command.DONE, "downgrade base")
        self.expect_state("", 0, "at base")
        expect_code(self.project.run("upgrade"), command.DONE, "upgrade after downgrade")
        self.expect_state(self.ups[-1], len(self.migrations), "up again")
        return "base and up again"

    def refuse_downgrade(self):
        """Without downs, a downgrade is refused with a sentence and changes nothing."""
        before = self.project.database.read_bytes()
        outcome = self.project.run("downgrade", "-1")
        expect_code(outcome, command.USAGE, "downgrade -1 without a down")
        expect(outcome.err.strip(), "downgrade -1 was refused without a sentence")
        same = self.project.database.read_bytes() == before
        expect(same, "a refused downgrade changed something")
        return "no downs: refused"

    def downgrade_to_the_broken_one(self):
        """All at once, then step by step: both stop at the broken down and leave it applied."""
        downs = schema.naive_downs(self.migrations)
        works = self.history.downs_work
        left = len(self.migrations) - works
        expect(len(downs) == works + 1, "the naive runner got elsewhere than META says")
        expect_code(self.project.run("downgrade", "base"), command.UNCHANGED, "downgrade base")
        self.expect_state(downs[-1], left, "where it stopped")
        self.project.start_over(self.full)
        for done in range(1, works + 1):
            expect_code(self.project.run("downgrade", "-1"), command.DONE, f"downgrade -1 ({done})")
            self.expect_state(downs[done], len(self.migrations) - done, f"{done} steps down")
        expect_code(self.project.run("downgrade", "-1"), command.UNCHANGED, "the broken down")
        self.expect_state(downs[-1], left, "after the broken down")
        return f"{works} down, stops cleanly at {self.history.down_stops_at}"

    def steps(self):
        """Where META says that each up, down, up works: so it does, with the naive runner's
        schemas."""
        if not self.history.steps_all_ok:
            return None
        self.project.start_over()
        naive = schema.memory()
        for at, migration in enumerate(self.migrations):
            for arguments, script, count in ((("upgrade", "+1"), migration.up, at + 1),
                                             (("downgrade", "-1"), migration.down, at),
                                             (("upgrade", "+1"), migration.up, at + 1)):
                what = f"{' '.join(arguments)} at {migration.name}"
                schema.run_naively(naive, script)
                expect_code(self.project.run(*arguments), command.DONE, what)
                self.expect_state(schema.schema_text(naive), count, what)
        return "step by step"

    def all(self):
        """Everything, as words for the report."""
        said = [self.upgrade()]
        said.append(self.detect())
        if not self.history.stops_at:
            said += [self.upgrade_again(), self.downgrade(), self.steps()]
        return [word for word in said if word]


def difference(found, wanted):
    """The first line in which two schemas differ."""
    ours, theirs = found.splitlines(), wanted.splitlines()
    for mine, right in zip(ours, theirs):
        if mine != right:
            return f"schema has '{mine}' where the naive runner has '{right}'"
    return f"schema has {len(ours)} lines, the naive runner's has {len(theirs)}"


def revisions(outcome):
    """What `history --json` says of each revision, without what differs from run to run."""
    events = [json.loads(line) for line in outcome.out.splitlines()]
    return [{key: value for key, value in event.items() if key not in ("run", "time")}
            for event in events if event["type"] == "revision"]


def parse(godwit, folder, history):
    """`godwit history` without a database knows each revision that the tool itself would run."""
    project = Project(godwit, folder, history.directory, format=history.format,
                      placeholders=history.placeholders)
    outcome = project.run("history", "--json")
    expect_code(outcome, command.DONE, "history")
    files = [event["file"] for event in reversed(revisions(outcome))
             if event["kind"] == "versioned"]
    wanted = [migration.name for migration in history.migrations()]
    expect(len(files) >= len(wanted), f"history lists {len(files)} revisions, not {len(wanted)}")
    files = [file for file in files if not Path(file).name.startswith("B")]  # Flyway's baseline
    for file, name in zip(files, wanted):
        expect(name in file, f"history has '{file}' where its own tool has '{name}'")
    expect(not project.database.exists(), "history made a database")
    return [f"{len(files)} read"]


def report(name, action):
    """Runs one history, prints its line; True if it passed."""
    try:
        print(f"ok      {name}: {', '.join(action())}", flush=True)
        return True
    except Wrong as wrong:
        print(f"FAILED  {name}: {wrong}", flush=True)
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    command.add_command_option(parser)
    parser.add_argument("--only", metavar="NAME", help="this history alone")
    parser.add_argument("--parse", action="store_true",
                        help="read the PostgreSQL and MySQL histories instead")
    options = parser.parse_args()
    corpora = corpus.skip_without_corpora("histories")
    dialects = ("pg", "mysql") if options.parse else ("sqlite",)
    chosen = [one for dialect in dialects for one in corpus.histories(corpora, dialect)
              if options.only in (None, one.name) and (one.in_place or not options.parse)]
    if not chosen:
        parser.error(f"no history '{options.only}'")
    passed = 0
    with command.work_folder("gw-histories-") as folder:
        for one in chosen:
            place = Path(folder) / one.name
            if options.parse:
                passed += report(one.name, lambda: parse(options.godwit, place, one))
            else:
                place.mkdir()
                passed += report(one.name,
                                 lambda: Run(options.godwit, place, one, corpora).all())
    print(f"{passed} passed, {len(chosen) - passed} failed")
    return 0 if passed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
