#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py --godwit FILE --plugins FOLDER --real FILE CASE: one hostile plugin, in a process of its own with a deadline.

The project has a SQLite database with one revision applied by the real driver, and two more to come. Whatever the
plugin does: the exit code is the right one, one sentence names the plugin or its file and what to do, nothing is half
done that is not journalled, the lock is free, and the real driver brings the database to its target.
"""
import os
import re
import resource
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import cases
import files

DEADLINE = 20  # seconds; a case takes less than one
MEMORY = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp")  # where a sync is free: no disk fails here
TABLES = {"aaaa00000001": ["a"], "bbbb00000002": ["b1", "b2"], "cccc00000003": ["c"]}
# What ends a process is to end it here as it does without a sanitizer.
SANITIZER = "handle_segv=0:handle_abort=0:handle_sigill=0:handle_sigbus=0:use_sigaltstack=0:detect_leaks=1:verify_asan_link_order=0"


class Wrong(Exception):
    pass


def sanitized(program):
    """Its shadow memory needs more addresses than any limit leaves."""
    return b"__asan_init" in Path(program).read_bytes()


class Project:
    def __init__(self, folder, options, isolation, case):
        self.folder, self.godwit, self.plugins = folder, options.godwit, options.plugins
        self.plugin = folder / "plugins/hostile.so"
        self.conf = folder / "plugins.conf"
        self.pipe = folder / "pipe"
        self.seen = folder / "seen"
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "LC_ALL": "C.UTF-8",
            "HOSTILE_REAL": options.real, "HOSTILE_PIPE": str(self.pipe), "HOSTILE_SEEN": str(self.seen),
            "ASAN_OPTIONS": SANITIZER}
        (folder / "plugins").mkdir()
        (folder / "migrations").mkdir()
        memory = ' memory = "300M";' if isolation == "process" and not sanitized(options.godwit) else ""
        (folder / "hostile").write_text(case.do)
        self.conf.write_text(
            f'database = {{ backend = "{case.backend}"; url = "app.db"; }};\n'
            'engine = { lock_wait = "50ms"; };\n'
            f'plugins = ( {{ name = "hostile"; path = "./plugins/hostile.so"; isolate = "{isolation}";'
            f' timeout = "300ms";{memory} }} );\n',
            encoding="utf-8")
        (folder / "real.conf").write_text(
            'database = { backend = "sqlite"; url = "app.db"; };\nengine = { lock_wait = "50ms"; };\n', encoding="utf-8")
        before = ""
        for revision, tables in TABLES.items():
            self.write_migration(revision, before, tables, case.journalled and before != "")
            before = revision

    def write_migration(self, revision, before, tables, journalled):
        header = f"-- m\n--\n-- revision: {revision}\n-- revises: {before}\n-- created: 2024-01-01T00:00:00Z\n"
        mode = "-- godwit:no-transaction\n" if journalled else ""
        up = "".join(f"CREATE TABLE {table} (x INTEGER PRIMARY KEY);\n" for table in tables)
        down = "".join(f"DROP TABLE {table};\n" for table in reversed(tables))
        (self.folder / f"migrations/20240101_000000_{revision}_m.sql").write_text(
            f"{header}\n-- godwit:up\n{mode}{up}\n-- godwit:down\n{mode}{down}", encoding="utf-8")

    def replace(self, old, new):
        text = self.conf.read_text(encoding="utf-8")
        if old not in text:
            raise Wrong(f"plugins.conf does not hold '{old}': mend this test")
        self.conf.write_text(text.replace(old, new, 1), encoding="utf-8")

    def set_path(self, path):
        self.replace('"./plugins/hostile.so"', f'"{path}"')

    def run(self, *arguments):
        """The command with the real driver, or one that loads none."""
        return subprocess.run([self.godwit, *arguments], cwd=self.folder, env=self.environment, text=True, timeout=DEADLINE,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def real(self, *arguments, code=0):
        done = self.run("--config", "real.conf", *arguments)
        if done.returncode != code:
            raise Wrong(f"with the real driver, `godwit {' '.join(arguments)}` ends with {done.returncode}, "
                        f"not {code}:\n{done.stdout}{done.stderr}")
        return done.stdout


# ---- the plugin at work ----

class Run:
    """The command with the hostile plugin. Its output goes into files: what it leaves running may hold a pipe."""

    def __init__(self, project, case):
        self.project, self.case, self.child = project, case, None
        os.mkfifo(project.pipe)
        pipe = os.open(project.pipe, os.O_RDWR | os.O_NONBLOCK)  # so that nobody waits for the other end to open

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (case.memory << 20, case.memory << 20))

        environment = dict(project.environment, HOSTILE=case.do)
        if case.swap:
            other = project.folder / "plugins/other.so"
            shutil.copy(project.plugins / case.swap, other)
            environment |= {"LD_PRELOAD": str(project.plugins / "swap.so"), "SWAP_FROM": str(other),
                            "SWAP_TO": str(project.plugin)}
        named = ["--config", "plugins.conf"] if case.word == "pin" else []
        out, err = project.folder / "stdout", project.folder / "stderr"
        with out.open("wb") as to_out, err.open("wb") as to_err:
            process = subprocess.Popen([project.godwit, *named, *case.arguments, *case.command], cwd=project.folder, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=to_out, stderr=to_err, umask=0o022,
                                       preexec_fn=limit if case.memory else None)
        try:
            if case.then:
                self.answer(process, pipe)
            self.code = process.wait(DEADLINE)
        except subprocess.TimeoutExpired as late:
            raise Wrong(f"still running after {DEADLINE} s:\n{err.read_text(errors='replace')[:2000]}") from late
        finally:
            process.kill()
            os.close(pipe)
        self.out, self.err = out.read_text(errors="replace"), err.read_text(errors="replace")

    def answer(self, process, pipe):
        if not select.select([pipe], [], [], DEADLINE)[0]:
            raise Wrong(f"the plugin never came to what it was to do: {self.project.folder / 'stderr'}")
        word = os.read(pipe, 100).decode()
        if self.case.then == "kill":
            process.kill()
        elif self.case.then == "interrupt":
            process.send_signal(signal.SIGINT)
        else:
            self.child = int(word)

    def end_child(self):
        if self.child:
            os.kill(self.child, signal.SIGKILL)


# ---- what must hold ----

def check_output(run, case):
    if run.code != case.code:
        raise Wrong(f"exit code {run.code}, not {case.code}:\n{run.out[-2000:]}{run.err[-2000:]}")
    found = re.search(r"AddressSanitizer|LeakSanitizer|runtime error:", run.err)
    if found:
        raise Wrong(f"a sanitizer reports:\n{run.err[:4000]}")
    for text in case.says:
        if text not in run.err:
            raise Wrong(f"not said: {text}\n{run.err[:2000]}")
    if case.once and any(run.err.count(text) != 1 for text in case.says):
        raise Wrong(f"said more than once:\n{run.err[:2000]}")
    if run.code == 0 and re.search(r"^godwit: ", run.err, re.M):
        raise Wrong(f"an error, and none is told:\n{run.err[:2000]}")
    if run.code > 0 and not case.quiet:
        check_sentence(run.err)
    if case.swap and run.project.plugin.read_bytes() != (run.project.plugins / case.swap).read_bytes():
        raise Wrong("the file was not exchanged: mend this test")
    for text in case.seen:
        seen = run.project.seen.read_text(encoding="utf-8")
        if text not in seen:
            raise Wrong(f"the next call does not find '{text.strip()}' but:\n{seen}")
    if "--json" in case.arguments and any(line and not line.startswith("{") for line in run.out.split("\n")):
        raise Wrong(f"standard output is not JSON line by line:\n{run.out}")


def check_sentence(err):
    """One error, which names what it is about, and one remedy below it."""
    lines = err.rstrip("\n").split("\n")
    errors = [at for at, line in enumerate(lines) if line.startswith("godwit: ")]
    if len(errors) != 1:
        raise Wrong(f"not one error, but {len(errors)}:\n{err[:2000]}")
    error, rest = lines[errors[0]], lines[errors[0] + 1:]
    if not re.search(r"'hostile'|hostile\.so|/dev/zero|bad |plugins\.conf:3: |out of memory|a thread of a plugin|cancelled, as asked", error):
        raise Wrong(f"the error does not name the plugin: {error}")
    if len(error) > 1200 or re.search(r"[\x00-\x08\x0b-\x1f]", error):
        raise Wrong(f"not a sentence for people: {error!r}")
    if "cancelled" not in error and "bad " not in error and "out of memory" not in error and (len(rest) != 1 or not rest[0].startswith("  ")):
        raise Wrong(f"no remedy below the error:\n{err[:2000]}")


def check_database(project, journalled):
    """What is recorded is there, and nothing else is that no journal tells of."""
    database = sqlite3.connect(f"file:{project.folder}/app.db?mode=ro", uri=True)
    if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        raise Wrong("the database is damaged")
    there = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    recorded = {row[0] for row in database.execute("SELECT id FROM godwit_revision")}
    begun = {row[0] for row in database.execute("SELECT revision FROM godwit_statement")}
    database.close()
    if begun and not journalled:
        raise Wrong(f"there is a journal of {begun}")
    for revision, tables in TABLES.items():
        made = [table for table in tables if table in there]
        if revision not in begun and made != (tables if revision in recorded else []):
            raise Wrong(f"'{revision}' is {'' if revision in recorded else 'not '}recorded, and there are: {made}")


def check_way_out(project):
    if "free" not in project.real("lock", "status"):
        raise Wrong("the lock is not free")
    project.real("upgrade")
    check_database(project, False)
    with sqlite3.connect(project.folder / "app.db") as database:
        n = database.execute("SELECT count(*) FROM godwit_revision").fetchone()[0]
    if n != len(TABLES):
        raise Wrong(f"{n} of {len(TABLES)} revisions are recorded in the end")


def play(case, isolation, options, folder):
    project = Project(folder, options, isolation, case)
    project.real("upgrade", "aaaa00000001")
    shutil.copy(options.plugins / f"{case.plugin}.so", project.plugin)
    project.plugin.chmod(0o644)
    if case.word == "trust":
        done = project.run("plugin", "trust", "hostile", "--yes")
        if done.returncode:
            raise Wrong(f"cannot be trusted: {done.stderr}")
    os.chdir(folder)
    undo = case.prepare(project) if case.prepare else None
    if case.word == "pin":
        files.pin(project)
    run = Run(project, case)
    try:
        check_output(run, case)
        check_database(project, case.journalled)
        if undo:
            undo()
        check_way_out(project)
    finally:
        run.end_child()


def names():
    for case in cases.all_cases():
        for isolation in case.isolation:
            yield case.name if isolation == "none" else f"{case.name}.{isolation}", case, isolation


class Options:
    """--godwit FILE --plugins FOLDER --real FILE [CASE]...; by hand, since hundreds of processes pay for an import."""

    def __init__(self, words):
        named = dict(zip(words[0:6:2], words[1:6:2]))
        self.godwit, self.real = named["--godwit"], named["--real"]
        self.plugins = Path(named["--plugins"])
        self.cases = words[6:]


def main():
    table = {name: (case, isolation) for name, case, isolation in names()}
    if sys.argv[1:] == ["--list"]:
        print("\n".join(table))
        return 0
    options = Options(sys.argv[1:])
    failed = 0
    for name in options.cases or table:
        folder = MEMORY / f"godwit-hostile-{os.getpid()}"
        folder.mkdir(mode=0o755)
        try:
            play(*table[name], options, folder)
            print(f"ok - {name}")
        except Wrong as wrong:
            failed += 1
            print(f"not ok - {name}: {wrong}")
        finally:
            os.chdir("/")
            shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
