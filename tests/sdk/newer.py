#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Today and a minor later, both ways: hosts and plugins of headers in which every struct that may grow has grown.

The headers are a copy whose minor is one more and in which each growing struct has a member more. Against them, against
the frozen ones and against today's are built: the whole of godwit, the SQLite driver, the templates of all kinds.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import frozen

ROOT = frozen.ROOT
PROJECT = ROOT / "examples/interviewiq"


def words(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def newer_headers(folder):
    include, grown = frozen.grown_headers(folder)
    base = include / "godwit/base.h"
    text = base.read_text(encoding="utf-8")
    minor = int(re.search(r"#define GW_ABI_MINOR (\d+)", text).group(1))
    base.write_text(text.replace(f"#define GW_ABI_MINOR {minor}", f"#define GW_ABI_MINOR {minor + 1}"), encoding="utf-8")
    return include, grown, minor


def build_driver(options, include, out, *more):
    out.parent.mkdir(exist_ok=True)
    sources = [str(path) for path in sorted((ROOT / "plugins/sqlite").glob("*.c"))]
    subprocess.run([options.compiler, "-std=gnu17", "-O1", "-w", "-D_GNU_SOURCE", "-shared", "-fPIC", "-fvisibility=hidden",
                    "-I", str(include), *more, *sources, "-o", str(out), *words("pkg-config", "--libs", "sqlite3")],
                   check=True)


def build_templates(options, include, folder, *more):
    folder.mkdir(exist_ok=True)
    for kind in frozen.KINDS:
        subprocess.run([options.compiler, "-std=c99", "-shared", "-fPIC", "-fvisibility=hidden", "-I", str(include), *more,
                        str(ROOT / f"sdk/templates/c/{kind}/src/my_plugin.c"), "-o", str(folder / f"{kind}.so")], check=True)


def build_host(options, include, folder):
    """All of core/, by as many compilers as there are processors."""
    libraries = ("libconfig", "libsodium", "jansson", "libzstd")
    flags = ["-std=gnu17", "-O0", "-w", "-D_GNU_SOURCE", '-DGODWIT_VERSION="9.9"', "-I", str(ROOT / "core"), "-I",
             str(include), *words("pkg-config", "--cflags", *libraries)]
    sources = [*sorted((ROOT / "core").rglob("*.c")), Path(options.templates)]
    objects = [folder / f"{number}.o" for number in range(len(sources))]
    waiting = list(zip(sources, objects))
    running = []
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            source, target = waiting.pop()
            running.append(subprocess.Popen([options.compiler, *flags, "-c", str(source), "-o", str(target)]))
        if running.pop(0).wait():
            sys.exit("the newer host does not compile")
    program = folder / "newer-godwit"
    subprocess.run([options.compiler, *map(str, objects), "-o", str(program), "-pthread", "-ldl",
                    *words("pkg-config", "--libs", *libraries)], check=True)
    return program


# ---- a host and a driver at work ----

class Pair:
    def __init__(self, folder, godwit, plugins):
        self.godwit, self.project = godwit, folder / "project"
        shutil.rmtree(self.project, ignore_errors=True)
        shutil.copytree(PROJECT, self.project, ignore=shutil.ignore_patterns("*.db*"))
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8",
                            "GODWIT_PLUGIN_DIR": str(plugins)}

    def run(self, *arguments):
        return subprocess.run([str(self.godwit), *arguments], cwd=self.project, env=self.environment, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)


def migrates(name, pair):
    for command in (("upgrade",), ("downgrade", "base", "--yes"), ("upgrade",), ("check",)):
        done = pair.run(*command)
        if done.returncode:
            print(f"not ok - {name}: {' '.join(command)}: {done.stdout}{done.stderr}")
            return False
    print(f"ok - {name}")
    return True


def one_sentence(err, minor):
    errors = [line for line in err.splitlines() if line.startswith("godwit: ")]
    return len(errors) == 1 and f"needs plugin ABI 1.{minor + 1}; this godwit serves 1.{minor}" in errors[0]


def is_refused(name, pair, minor):
    done = pair.run("upgrade")
    good = done.returncode == 11 and one_sentence(done.stderr, minor) and not list(pair.project.glob("*.db"))
    print(f"{'ok' if good else 'not ok'} - {name}")
    if not good:
        print(done.returncode, done.stderr)
    return good


def check_drivers(options, newer, include, minor, folder):
    drivers = {name: folder / name for name in ("frozen", "today", "later", "needs-later")}
    build_driver(options, options.frozen, drivers["frozen"] / "sqlite.so")
    build_driver(options, ROOT / "sdk/include", drivers["today"] / "sqlite.so")
    build_driver(options, include, drivers["later"] / "sqlite.so")
    build_driver(options, include, drivers["needs-later"] / "sqlite.so", f"-DGW_API={minor + 1}")
    good = True
    for name, plugins in drivers.items():
        if name != "needs-later":
            good &= migrates(f"today's host, {name} headers", Pair(folder, options.godwit, plugins))
        good &= migrates(f"a newer host, {name} headers", Pair(folder, newer, plugins))
    return good & is_refused("today's host refuses what needs a later one",
                             Pair(folder, options.godwit, drivers["needs-later"]), minor)


def check_templates(options, include, minor, folder):
    later, needs = folder / "templates-later", folder / "templates-needs"
    build_templates(options, include, later)
    build_templates(options, include, needs, f"-DGW_API={minor + 1}")
    good = True
    for kind in frozen.KINDS:
        good &= frozen.run(f"today's checker takes a {kind} of later headers", [options.checker, later / f"{kind}.so"])
        done = subprocess.run([options.godwit, "plugin", "inspect", str(needs / f"{kind}.so")], capture_output=True,
                              text=True, check=False)
        refused = done.returncode == 11 and f"needs plugin ABI 1.{minor + 1}" in done.stdout + done.stderr
        refused &= subprocess.run([options.checker, str(needs / f"{kind}.so")], capture_output=True,
                                  check=False).returncode == 1
        print(f"{'ok' if refused else 'not ok'} - a {kind} that needs a later host is refused")
        good &= refused
    return good


def main():
    parser = argparse.ArgumentParser()
    for name in ("frozen", "compiler", "godwit", "checker", "templates"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        include, grown, minor = newer_headers(folder)
        print(f"# {grown} structs have a member more")
        good = grown >= 22
        good &= check_templates(options, include, minor, folder)
        good &= check_drivers(options, build_host(options, include, folder), include, minor, folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
