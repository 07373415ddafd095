#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Godwit beside the tightest honest loops (bench/limit*), in the same run: `./dev bench [quick]`.

Prints figures with the target beside each; nothing here passes or fails. Each figure is a median, and the
programs take turns (A B A B), so that a noisy machine disturbs them alike. Read the ratios, not the seconds.
"""
import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import servers
import sqlite
from common import MEMORY_FILE_SYSTEMS, Bench, file_system_of, median, print_row

PARTS = ("sqlite", "servers", "planning", "isolate")


def print_version(bench, rounds):
    wall = median([bench.run([bench.godwit, "--version"]) for _ in range(rounds)], "wall")
    print_row("godwit --version", f"{wall * 1000:.1f} ms", "-", "-", "below 3 ms")


def print_curve(bench, most):
    plan = Path(bench.program("plan"))
    if not plan.exists():
        return
    print("\nPlanning without a database (target: linear up to 100,000 revisions)\n", flush=True)
    subprocess.run([str(plan), str(most)], check=False, stdin=subprocess.DEVNULL)


def print_isolate(bench):
    program = Path(bench.program("isolate"))
    if not program.exists():
        return
    print("\nPlugins behind a wall: what a call costs there\n", flush=True)
    subprocess.run([str(program)], check=False, stdin=subprocess.DEVNULL)


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, load {load:.1f}, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True, help="the build folder")
    parser.add_argument("--folder", type=Path, help="where to work (default: $TMPDIR, else BUILD/bench)")
    parser.add_argument("quick", nargs="?", choices=["quick"], help="a tenth of the work, 3 rounds")
    parser.add_argument("--only", metavar="PART", action="append", choices=PARTS,
                        help=f"only this part: {', '.join(PARTS)}; may be given several times")
    options = parser.parse_args()
    parts = options.only or PARTS
    tenth, rounds = (10, 3) if options.quick else (1, 5)

    build = options.build.resolve()
    above = options.folder or Path(os.environ.get("TMPDIR") or build / "bench")
    above = above.resolve()
    kind = file_system_of(str(above))
    if kind in MEMORY_FILE_SYSTEMS:
        sys.exit(f"bench: '{above}' is kept in memory ({kind}), where a sync costs nothing; "
                 "name a folder on a disk with TMPDIR")
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=above))
    try:
        bench = Bench(build, folder)
        print(f"{machine()}, {kind}", flush=True)
        if "sqlite" in parts:
            sqlite.report(bench, tenth, rounds)
            print_version(bench, 4 * rounds)
        if "servers" in parts:
            servers.report(bench, tenth, 3)
        if "planning" in parts:
            print_curve(bench, 100000 // tenth)
        if "isolate" in parts:
            print_isolate(bench)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
