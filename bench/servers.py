# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL and MariaDB: beside bench/limit_postgres and bench/limit_mysql, on throw-away servers that sync
to a real disk. Each run has a database of its own, so that none is slowed down by what another left."""
import statistics
import sys
import time
from pathlib import Path

from common import (DOWN, MEMORY_FILE_SYSTEMS, UP, file_system_of, median, point, print_ratio,
                    print_row)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "servers"))

from kinds import USER, Missing, ServerError  # noqa: E402
from proxy import Proxy  # noqa: E402
from server import throw_away  # noqa: E402
from wire import CONNECTIONS  # noqa: E402

PINGS = 300
ADDED_MS = 2  # to each round trip, for the figures over a long line
SETTLED_S = 2.1  # files that were written just now are read again each time
GODWIT, LOOP, BARE, AT_ONCE = "godwit", "loop", "bare", "at once"


class Postgres:
    """How PostgreSQL and its loop are spoken to."""

    title, server, backend, limit = "PostgreSQL", "postgres", "postgres", "limit_postgres"
    before = "CHECKPOINT"  # so that none meets one that another has earned
    loops = {LOOP: {UP: "up", DOWN: "down"}, AT_ONCE: {UP: "one", DOWN: "down"}}

    def __init__(self, running):
        self.running = running
        self.socket = f"{running.home}/.s.PGSQL.{running.port}"
        self.wire_url = running.url()

    def url(self, database, port=None):
        if port:
            return f"postgresql://{USER}@127.0.0.1:{port}/{database}?sslmode=disable"
        return self.running.url(database=database)

    def loop_words(self, database, port=None):
        return [self.url(database, port)]


class MariaDB:
    """The same for MariaDB, whose DDL commits by itself: beside a loop that keeps a journal, and the bare one."""

    title, server, backend, limit = "MariaDB", "mariadb", "mysql", "limit_mysql"
    before = "DO 0"
    loops = {LOOP: {UP: "jup", DOWN: "jdown"}, BARE: {UP: "up", DOWN: "down"}}

    def __init__(self, running):
        self.running = running
        self.socket = str(running.socket)
        self.wire_url = running.url()

    def url(self, database, port=None):
        if port:
            return f"mysql://root@127.0.0.1:{port}/{database}?ssl_mode=disabled"
        return self.running.url(database=database)

    def loop_words(self, database, port=None):
        return [str(port) if port else self.socket, database]


class Field:
    """Godwit and the loops of one server, each on a database of its own."""

    def __init__(self, bench, store, rounds):
        self.bench, self.store, self.rounds = bench, store, rounds
        self.projects = {}

    def sql(self, *statements):
        with CONNECTIONS[self.store.backend](self.store.wire_url) as connection:
            for one in statements:
                connection.execute(one)

    def fresh(self, *databases):
        for one in databases:
            self.sql(f"DROP DATABASE IF EXISTS bench_{one}", f"CREATE DATABASE bench_{one}")

    def project(self, count, port=None):
        if count not in self.projects:
            self.projects[count] = self.bench.project(f"{self.store.server}-{count}", count)
        point(self.projects[count], self.store.backend, self.store.url("bench_godwit", port))
        return self.projects[count]

    def loop(self, which, count, work, port=None):
        database = f"bench_{which.replace(' ', '_')}"
        words = self.store.loop_words(database, port)
        return self.bench.run([self.bench.program(self.store.limit), *words, str(count), work])

    def step(self, who, count, work, port=None):
        """One measured run."""
        self.sql(self.store.before)
        if who != GODWIT:
            return self.loop(who, count, self.store.loops[who][work], port)
        root = self.project(count, port)
        return self.bench.upgrade(root) if work == UP else self.bench.downgrade(root)

    def up_and_down(self, count, who, port=None):
        """{(who, work): [Usage]}, taking turns, and each round in another order: whoever comes next meets what the
        server still has to write for the last."""
        runs = {}
        for turn in range(self.rounds):
            order = who[turn % len(who):] + who[:turn % len(who)]
            self.fresh(*(one.replace(" ", "_") for one in who))
            for work in (UP, DOWN):
                for one in order:
                    runs.setdefault((one, work), []).append(self.step(one, count, work, port))
        return runs

    def nothing_to_do(self, count):
        """The revisions are recorded only: what there is to read is the same."""
        self.fresh(GODWIT, LOOP)
        root = self.project(count)
        self.loop(LOOP, count, "record")
        self.bench.run([self.bench.godwit, "stamp", "head", "--quiet"], cwd=root)
        time.sleep(SETTLED_S)
        self.bench.upgrade(root)
        self.sql(self.store.before)
        runs = {GODWIT: [], LOOP: []}
        for _ in range(4 * self.rounds):
            runs[LOOP].append(self.loop(LOOP, count, "noop"))
            runs[GODWIT].append(self.bench.upgrade(root))
        return runs

    def round_trips(self, who, count):
        """(a revision, a run beside them), up: from two runs that the proxy counts."""
        counts = []
        for number in (count, 2 * count):
            self.fresh(who)
            with Proxy(self.store.backend, self.store.socket) as proxy:
                self.step(who, number, UP, proxy.port)
                counts.append(proxy.counts()["round_trips"])
        each = (counts[1] - counts[0]) / count
        return each, counts[0] - each * count


def proxy_of(field, added_ms):
    """A proxy that makes each round trip longer by added_ms in all, its own work included."""
    def open_proxy(delay_ms):
        return Proxy(field.store.backend, field.store.socket, delay_ms=max(delay_ms, 0), blind=True)

    def round_trip_ms(port=None):
        found = []
        for _ in range(3):
            few, many = (field.loop(LOOP, number, "ping", port).wall for number in (1, 1 + PINGS))
            found.append((many - few) * 1000 / PINGS)
        return statistics.median(found)

    field.fresh(LOOP)
    direct = round_trip_ms()
    with open_proxy(added_ms) as proxy:
        delay = 2 * added_ms + direct - round_trip_ms(proxy.port)
    with open_proxy(delay) as proxy:
        longer = round_trip_ms(proxy.port)
    print(f"  (a round trip takes {direct:.2f} ms on the socket, {longer:.2f} ms through the proxy)", flush=True)
    return open_proxy(delay)


def print_times(runs, count, targets, line=""):
    """targets: {(loop, work): what is aimed at}"""
    for (loop, work), target in targets.items():
        print_ratio(f"{count} {work}{line}, {loop}: wall", median(runs[GODWIT, work], "wall"),
                    median(runs[loop, work], "wall"), "s", target)


def print_cost(runs, name, target, ours=GODWIT, theirs=LOOP):
    ours, theirs = runs[ours], runs[theirs]
    print_ratio(f"{name}: CPU", median(ours, "cpu"), median(theirs, "cpu"), "ms", target)
    print_ratio(f"{name}: peak", median(ours, "peak"), median(theirs, "peak"), "MB", "at most 14 MB")


def print_round_trips(field, count, target):
    ours, theirs = field.round_trips(GODWIT, count), field.round_trips(LOOP, count)
    for name, at, most in (("round trips of a revision", 0, target), ("round trips of a run beside them", 1, "")):
        print_row(name, f"{ours[at]:.2f}", f"{theirs[at]:.2f}", "", most)


def print_nothing_to_do(field, count):
    runs = field.nothing_to_do(count)
    name = f"nothing to do, {count} applied"
    print_ratio(f"{name}: wall", median(runs[GODWIT], "wall"), median(runs[LOOP], "wall"), "ms", "at most 1.5 x")
    print_cost(runs, name, "")


def report_postgres(field, tenth):
    count = 1000 // tenth
    print_round_trips(field, 50, "1")
    runs = field.up_and_down(count, (LOOP, GODWIT, AT_ONCE))
    print_times(runs, count, {(LOOP, UP): "at most 0.95 x", (LOOP, DOWN): "", (AT_ONCE, UP): ""})
    print_cost(runs, f"{count} up", "at most 2 x", (GODWIT, UP), (LOOP, UP))
    print_nothing_to_do(field, 5000 // tenth)
    with proxy_of(field, ADDED_MS) as proxy:
        runs = field.up_and_down(count, (LOOP, GODWIT), proxy.port)
    print_times(runs, count, {(LOOP, UP): "at most 0.35 x", (LOOP, DOWN): ""}, f", + {ADDED_MS} ms")


def report_mariadb(field, tenth):
    count = 1000 // tenth
    print_round_trips(field, 50, "")
    runs = field.up_and_down(count, (LOOP, GODWIT, BARE))
    print_times(runs, count, {(LOOP, UP): "at most 1.05 x", (BARE, UP): "at most 1.4 x",
                              (LOOP, DOWN): "", (BARE, DOWN): ""})
    print_cost(runs, f"{count} up", "at most 2 x", (GODWIT, UP), (LOOP, UP))
    print_nothing_to_do(field, 5000 // tenth)


def report(bench, tenth, rounds):
    for store, print_report in ((Postgres, report_postgres), (MariaDB, report_mariadb)):
        if not Path(bench.program(store.limit)).exists():
            print(f"\n{store.title}: skipped, its client library is missing", flush=True)
            continue
        try:
            with throw_away(store.server, durable=True) as running:
                kind = file_system_of(str(running.home))
                if kind in MEMORY_FILE_SYSTEMS:
                    print(f"\n{store.title}: skipped, '{running.home}' is kept in memory ({kind})")
                    continue
                print(f"\n{store.title}, durable, on {kind}; medians of {rounds}, taking turns\n")
                print_row("", "godwit", "loop", "ratio", "target")
                print_report(Field(bench, store(running), rounds), tenth)
        except (Missing, ServerError) as error:
            print(f"\n{store.title}: skipped, {error}", flush=True)
