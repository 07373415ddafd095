# SPDX-License-Identifier: Apache-2.0
"""SQLite: beside bench/limit."""
import os

from common import DOWN, NOOP, UP, median, print_ratio, print_row


def up_and_down(bench, count, rounds):
    """{(program, work): [Usage]}: limit, then Godwit in both durabilities, over and over."""
    roots = {mode: bench.project(f"updown-{mode}", count, mode) for mode in ("run", "revision")}
    runs = {}
    for turn in range(rounds):
        database = str(bench.folder / f"limit-{turn}.db")
        for work in (UP, DOWN):
            runs.setdefault(("limit", work), []).append(
                bench.run([bench.program("limit"), database, str(count), work]))
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
    bench.run([bench.program("limit"), database, str(count), "single"])
    runs = {"limit": [], "godwit": []}
    for _ in range(rounds):
        runs["limit"].append(bench.run([bench.program("limit"), database, str(count), "noop"]))
        runs["godwit"].append(bench.upgrade(root))
    return runs


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
    limit = bench.run([bench.program("limit"), database, str(count), "single"])
    for what, ours in ((UP, bench.upgrade(root)), (NOOP, bench.upgrade(root))):
        print_ratio(f"peak memory, {count} migrations, {what}", ours.peak, limit.peak, "MB",
                    "at most 12 MB")


def report(bench, tenth, rounds):
    print(f"\nSQLite; medians of {rounds}, taking turns\n")
    print_row("", "godwit", "limit", "ratio", "target")
    print_up_and_down(up_and_down(bench, 1000 // tenth, rounds), 1000 // tenth)
    print_nothing_to_do(nothing_to_do(bench, 5000 // tenth, 2 * rounds), 5000 // tenth)
    print_peak(bench, 10000 // tenth)
