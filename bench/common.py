# SPDX-License-Identifier: Apache-2.0
"""What every part of the bench needs: running and measuring programs, projects, and rows of the table."""
import statistics
import subprocess
import sys

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


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


class Bench:
    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        self.godwit = str(build / "godwit")

    def program(self, name):
        """One of ours, beside godwit."""
        return str(self.build / "bench" / name)

    def run(self, command, cwd=None):
        figures = self.folder / "figures"
        done = subprocess.run([self.program("measure"), str(figures), *command], cwd=cwd,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(f"bench: '{' '.join(command)}' ended with {done.returncode}\n{done.stderr}")
        return Usage(figures.read_text())

    def project(self, name, count, durability="run", backend="sqlite", url="app.db"):
        """A project with count migrations in one line, each the change that the loops make."""
        root = self.folder / name
        files = root / "migrations"
        files.mkdir(parents=True)
        point(root, backend, url, durability)
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


def point(root, backend, url, durability="run"):
    """Points a project at a database."""
    (root / "plugins.conf").write_text(
        f'database = {{ backend = "{backend}"; url = "{url}"; }};\n'
        'migrations = { directory = "migrations"; };\n'
        f'engine = {{ durability = "{durability}"; }};\n')


def print_row(what, ours, theirs, ratio, target):
    print(f"  {what:<44} {ours:>11} {theirs:>11} {ratio:>9}   {target}", flush=True)


def print_ratio(what, ours, theirs, unit, target):
    scale, digits = {"s": (1, 3), "ms": (1000, 1), "MB": (1, 1)}[unit]
    print_row(what, f"{ours * scale:.{digits}f} {unit}", f"{theirs * scale:.{digits}f} {unit}",
              f"{ours / theirs:.2f} x" if theirs else "-", target)


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
