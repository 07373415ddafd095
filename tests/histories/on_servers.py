#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real histories of other projects on real servers, judged by what the server's own client makes.

Each goes up to the end and gives the schema that psql or mariadb gives; is a no-op when run again;
and goes down as far as its own downs work. Where META says that no runner can pass, it stops there
with a sentence, and no more is recorded than was done.

Exit codes: 0 all passed, 1 some failed, 77 skipped because there are no corpora.
"""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

import command
import corpus
import databases
from run import Wrong, difference, expect, expect_code, report


class Run:
    """One history, its database and its project."""

    def __init__(self, godwit, folder, history):
        self.history = history
        self.migrations = history.migrations()
        self.database = databases.DATABASES[history.dialect]("gw_" + history.name.replace("-", "_"))
        self.prerequisite = databases.optional(history.folder / "PREREQ.sql")
        self.session = databases.optional(history.folder / "SESSION.sql").strip()
        directory, format = history.directory, history.format
        if not history.in_place:
            directory = folder / "migrations"
            if history.format == "authelia":  # much like golang-migrate's, with statements of class N
                format = "golang-migrate"
                command.write_pairs(directory, self.migrations)
            else:
                format = "godwit"
                command.write_native(directory, self.migrations)
        self.project = command.Project(godwit, folder / "project", directory, format=format,
                                       placeholders=history.placeholders,
                                       backend=self.database.backend, url=self.database.url(),
                                       session=[self.session] if self.session else [])

    # ---- the naive runner ----

    def begin(self):
        """The database before the first migration."""
        self.database.create()
        if self.prerequisite:
            self.database.script(self.prerequisite)

    def naive(self, count, callbacks=()):
        """The schema after so many ups, run by the server's own client."""
        self.begin()
        # The tools that open a transaction for a file have it opened here, too.
        wraps = self.history.format in ("goose", "dbmate")
        try:
            self.database.scripts((one.name, f"{self.session}\n{one.up}", one.transaction and wraps)
                                  for one in self.migrations[:count])
        except databases.ClientError as error:
            raise Wrong(f"the naive runner failed: {error}") from error
        for path in callbacks:
            try:
                self.database.script(path.read_text(encoding="utf-8-sig"), transaction=True)
            except databases.ClientError:
                break
        return self.database.schema()

    # ---- what is there ----

    def expect_state(self, schema, count, what):
        """The database has this schema (None: any) and so many revisions, and none is half-way."""
        recorded = len(self.database.applied())
        expect(recorded == count, f"{what}: {recorded} revisions are recorded, not {count}")
        expect(not self.database.halfway(), f"{what}: the journal says: half-way")
        if schema is not None:
            found = self.database.schema()
            expect(found == schema, f"{what}: {difference(found, schema)}")

    # ---- the parts ----

    def failing_callback(self):
        """Names of afterMigrate callbacks that cannot run on this server."""
        meta = (self.history.folder / "META").read_text(encoding="utf-8")
        found = re.search(r"^\s*afterMigrate callbacks:.*failing on this server: \d+ \((.*)\)", meta,
                          re.M)
        return found.group(1).split(", ") if found else []

    def callbacks(self):
        return sorted(self.history.directory.rglob("afterMigrate*.sql"))

    def upgrade(self):
        """Up to the end, or a clean stop exactly where no runner can pass."""
        # A version may have a down and nothing else; to its tool it is a version all the same.
        count = self.history.ups_that_work if self.history.stops_at else len(self.migrations)
        full = self.naive(count, self.callbacks())
        self.begin()
        outcome = self.project.run("upgrade")
        if self.history.stops_at:
            return self.stopped(outcome, full, count)
        count += len({path.stem for path in self.history.directory.rglob("R__*.sql")})
        broken = self.failing_callback()
        if broken:
            expect_code(outcome, command.UNCHANGED, "upgrade with broken callbacks")
            expect(any(name in outcome.err for name in broken),
                   f"the message names no callback: {outcome.last()}")
            self.expect_state(full, count, "after the broken callback")
            return f"{count} up, stops cleanly at a callback"
        expect_code(outcome, command.DONE, "upgrade")
        self.expect_state(full, count, "after upgrade")
        expect_code(self.project.run("upgrade"), command.DONE, "second upgrade")
        self.expect_state(full, count, "after the second upgrade")
        self.full = full
        return f"{count} up"

    def stopped(self, outcome, schema, count):
        """Nothing of the migration that cannot pass stays, and the message names it."""
        # Where DDL commits by itself, a file may fail behind some of its statements.
        code = command.HALFWAY if self.database.halfway() else command.UNCHANGED
        expect_code(outcome, code, "upgrade")
        version = self.migrations[count].name.split(".")[0].lower()
        expect(version in (outcome.err + outcome.out).lower(),
               f"the message does not name '{version}': {outcome.last()}")
        if code == command.HALFWAY:
            expect(len(self.database.applied()) == count, "more is recorded than was done")
            return f"{count} up, stops half-way at {self.history.stops_at}, and says so"
        self.expect_state(schema, count, "where it stopped")
        expect_code(self.project.run("upgrade"), command.UNCHANGED, "upgrade once more")
        self.expect_state(schema, count, "where it stopped again")
        return f"{count} up, stops cleanly at {self.history.stops_at}"

    def downgrade(self):
        """As far down as upstream's downs work."""
        works, total = self.history.downs_work, len(self.migrations)
        if works is None:
            outcome = self.project.run("downgrade", "-1")
            expect_code(outcome, command.USAGE, "downgrade -1 without a down")
            self.expect_state(self.full, len(self.database.applied()), "after a refused downgrade")
            return "no downs: refused"
        outcome = self.project.run("downgrade", "base")
        if not self.history.down_stops_at:
            expect_code(outcome, command.DONE, "downgrade base")
            self.expect_state(None, 0, "at base")
            expect_code(self.project.run("upgrade"), command.DONE, "upgrade after downgrade")
            self.expect_state(self.full, total, "up again")
            return "base and up again"
        return self.stopped_down(outcome, total)

    def stopped_down(self, outcome, total):
        """Upstream's down is broken: it stays applied, or is half-way and says so."""
        expect(outcome.code in (command.UNCHANGED, command.HALFWAY, command.USAGE),
               f"downgrade base: exit {outcome.code}: {outcome.last()}")
        if outcome.code == command.HALFWAY:
            expect(self.database.halfway(), "exit 7, and nothing is half-way")
        else:
            expect(not self.database.halfway(), "half-way, and not exit 7")
        left = len(self.database.applied())
        if outcome.code != command.USAGE:
            expect(left <= total - self.history.downs_work, f"{left} revisions are left")
        expect(outcome.err.strip(), "it stopped without a sentence")
        return f"{total - left} down, stops cleanly (exit {outcome.code})"

    def steps(self):
        """Where META says that each up, down, up works, so it does here."""
        if not self.history.steps_all_ok:
            return None
        self.begin()
        for at in range(len(self.migrations)):
            for arguments, count in ((("upgrade", "+1"), at + 1), (("downgrade", "-1"), at),
                                     (("upgrade", "+1"), at + 1)):
                outcome = self.project.run(*arguments)
                expect_code(outcome, command.DONE,
                            f"{' '.join(arguments)} at {self.migrations[at].name}")
                applied = len(self.database.applied())
                expect(applied == count, f"{applied} applied after {arguments}, not {count}")
        self.expect_state(self.full, len(self.migrations), "step by step")
        return "step by step"

    def all(self):
        """Everything, as words for the report."""
        try:
            said = [self.upgrade()]
            if not self.history.stops_at and not self.failing_callback():
                said += [self.downgrade(), self.steps()]
            return [word for word in said if word]
        finally:
            self.database.drop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    command.add_command_option(parser)
    parser.add_argument("dialect", choices=databases.DATABASES)
    parser.add_argument("--only", metavar="NAME", help="this history alone")
    options = parser.parse_args()
    corpora = corpus.skip_without_corpora("histories")
    chosen = [one for one in corpus.histories(corpora, options.dialect)
              if options.only in (None, one.name)]
    if not chosen:
        parser.error(f"no history '{options.only}'")
    passed = 0
    with command.work_folder("gw-histories-") as folder:
        for one in chosen:
            place = Path(folder) / one.name
            place.mkdir()
            passed += report(one.name, lambda: Run(options.godwit, place, one).all())
    print(f"{passed} passed, {len(chosen) - passed} failed")
    return 0 if passed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
