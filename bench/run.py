#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Godwit beside the tightest honest loop (bench/limit), in the same run: `./dev bench [quick]`.

Prints figures with the target beside each; nothing here passes or fails. Each figure is a median, and the
programs take turns (A B A B), so that a noisy machine disturbs them alike. Read the ratios, not the seconds.
"""
import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MEMORY_FILE_SYSTEMS = {"tmpfs", "ramfs", "devtmpfs"}
UP, DOWN, NOOP = "up", "down", "nothing to do"


class Usage:
    """What one run of a program took: seconds, seconds of CPU, MB."""

    def __init__(self, line):
        wall, user, system, peak, _ = line.split()
        self.wall = float(wall)
        self.cpu = float(user) + float(system)
        self.peak = int(peak) / 1024


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


class Bench:
    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        self.godwit = str(build / "godwit")
        self.limit = str(build / "bench" / "limit")

    def run(self, command, cwd=None):
        figures = self.folder / "figures"
        done = subprocess.run([str(self.build / "bench" / "measure"), str(figures), *command], cwd=cwd,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(f"bench: '{' '.join(command)}' ended with {done.returncode}\n{done.stderr}")
        return Usage(figures.read_text())

    def project(self, name, count, durability="run"):
        """A project with count migrations in one line, each the change that bench/limit makes."""
        root = self.folder / name
        files = root / "migrations"
        files.mkdir(parents=True)
        (root / "plugins.conf").write_text(
            'database = { backend = "sqlite"; url = "app.db"; };\n'
            'migrations = { directory = "migrations"; };\n'
            f'engine = {{ durability = "{durability}"; }};\n')
        parent = ""
        for number in range(1, count + 1):
            day, second = divmod(number, 86400)
            stamp = f"{20240101 + day}_{second // 3600:02}{second // 60 % 60:02}{second % 60:02}"
            created = f"2024-01-{1 + day:02}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}Z"
            revision = f"{number * 0x9E3779B97F4B % (1 << 48):012x}"  # odd factor: no two alike
            (files / f"{stamp}_{revision}_make_t{number:05}.sql").write_text(
                f"-- Make t{number:05}\n--\n"
                f"-- revision:      {revision}\n-- revises:       {parent}\n-- created:       {created}\n"
                "-- branch:\n-- depends_on:\n\n-- godwit:up\n"
                f"CREATE TABLE t{number:05} (id INTEGER PRIMARY KEY, a TEXT, b INTEGER);\n"
                f"CREATE INDEX ix{number:05} ON t{number:05} (b);\n\n"
                f"-- godwit:down\nDROP TABLE t{number:05};\n")
            parent = revision
        return root

    def upgrade(self, root):
        return self.run([self.godwit, "upgrade", "--quiet"], cwd=root)

    def downgrade(self, root):
        return self.run([self.godwit, "downgrade", "base", "--quiet", "--yes"], cwd=root)


def up_and_down(bench, count, rounds):
    """{(program, work): [Usage]}: limit, then Godwit in both durabilities, over and over."""
    roots = {mode: bench.project(f"updown-{mode}", count, mode) for mode in ("run", "revision")}
    runs = {}
    for turn in range(rounds):
        database = str(bench.folder / f"limit-{turn}.db")
        for work in (UP, DOWN):
            runs.setdefault(("limit", work), []).append(
                bench.run([bench.limit, database, str(count), work]))
            for mode, root in roots.items():
                step = bench.upgrade if work == UP else bench.downgrade
                runs.setdefault((mode, work), []).append(step(root))
        os.unlink(database)
        for root in roots.values():
            (root / "app.db").unlink()
    return runs


def nothing_to_do(bench, count, rounds):
    root = bench.project("noop", count)
    database = str(bench.folder / "noop.db")
    bench.upgrade(root)
    bench.run([bench.limit, database, str(count), "single"])
    runs = {"limit": [], "godwit": []}
    for _ in range(rounds):
        runs["limit"].append(bench.run([bench.limit, database, str(count), "noop"]))
        runs["godwit"].append(bench.upgrade(root))
    return runs


def print_row(what, ours, theirs, ratio, target):
    print(f"  {what:<44} {ours:>11} {theirs:>11} {ratio:>9}   {target}", flush=True)


def print_ratio(what, ours, theirs, unit, target):
    scale, digits = {"s": (1, 3), "ms": (1000, 1), "MB": (1, 1)}[unit]
    print_row(what, f"{ours * scale:.{digits}f} {unit}", f"{theirs * scale:.{digits}f} {unit}",
              f"{ours / theirs:.2f} x" if theirs else "-", target)


def print_up_and_down(runs, count):
    targets = {"run": "0.25", "revision": "1.15"}
    for work in (UP, DOWN):
        limit = runs["limit", work]
        for mode, most in targets.items():
            ours = runs[mode, work]
            name = f'{count} {work}, durability "{mode}"'
            print_ratio(f"{name}: wall", median(ours, "wall"), median(limit, "wall"), "s",
                        f"at most {most} x")
            print_ratio(f"{name}: CPU", median(ours, "cpu"), median(limit, "cpu"), "s", "at most 1.5 x")
            print_ratio(f"{name}: peak", median(ours, "peak"), median(limit, "peak"), "MB", "")


def print_nothing_to_do(runs, count):
    ours, limit = runs["godwit"], runs["limit"]
    name = f"nothing to do, {count} applied"
    print_ratio(f"{name}: wall", median(ours, "wall"), median(limit, "wall"), "ms",
                "at most 2 x and below 25 ms")
    print_ratio(f"{name}: CPU", median(ours, "cpu"), median(limit, "cpu"), "ms", "")
    print_ratio(f"{name}: peak", median(ours, "peak"), median(limit, "peak"), "MB", "")


def print_peak(bench, count):
    root = bench.project("peak", count)
    database = str(bench.folder / "peak.db")
    limit = bench.run([bench.limit, database, str(count), "single"])
    for what, ours in ((UP, bench.upgrade(root)), (NOOP, bench.upgrade(root))):
        print_ratio(f"peak memory, {count} migrations, {what}", ours.peak, limit.peak, "MB",
                    "at most 12 MB")


def print_version(bench, rounds):
    wall = median([bench.run([bench.godwit, "--version"]) for _ in range(rounds)], "wall")
    print_row("godwit --version", f"{wall * 1000:.1f} ms", "-", "-", "below 3 ms")


def print_curve(bench, most):
    plan = bench.build / "bench" / "plan"
    if not plan.exists():
        return
    print("\nPlanning without a database (target: linear up to 100,000 revisions)\n", flush=True)
    subprocess.run([str(plan), str(most)], check=False, stdin=subprocess.DEVNULL)


def file_system_of(path):
    """The type of the file system that holds path, from the longest mount point above it."""
    best = ("", "unknown")
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, point, kind = line.split()[:3]
            inside = point == "/" or path == point or path.startswith(point + "/")
            if inside and len(point) >= len(best[0]):
                best = (point, kind)
    return best[1]


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
    options = parser.parse_args()
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
        print(f"{machine()}, {kind}; medians of {rounds}, taking turns\n")
        print_row("", "godwit", "limit", "ratio", "target")
        print_up_and_down(up_and_down(bench, 1000 // tenth, rounds), 1000 // tenth)
        print_nothing_to_do(nothing_to_do(bench, 5000 // tenth, 2 * rounds), 5000 // tenth)
        print_version(bench, 4 * rounds)
        print_peak(bench, 10000 // tenth)
        print_curve(bench, 100000 // tenth)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
