#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The proxy between the servers' own clients and the servers, found by GODWIT_TEST_*."""

import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import proxy
from kinds import program


class Client:
    """psql or mariadb through a proxy."""

    def __init__(self, protocol):
        self.protocol = protocol
        url = urlsplit(os.environ[f"GODWIT_TEST_{protocol.upper()}"])
        query = parse_qs(url.query)
        if protocol == "postgres":
            self.to = f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"
        else:
            self.to = query["socket"][0]

    def start(self, port, *statements):
        """The client, started."""
        if self.protocol == "postgres":
            url = f"postgresql://godwit@127.0.0.1:{port}/postgres?sslmode=prefer"
            words = [program("psql"), "-XAt", "-v", "ON_ERROR_STOP=1", url]
        else:
            words = [program("mariadb"), "--no-defaults", "-N", "--skip-reconnect", "-uroot",
                     "-h127.0.0.1", f"-P{port}", "-Ac", "godwit"]
        script = "".join(statement + ";\n" for statement in statements)
        running = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        with running.stdin as file:
            file.write(script)
        running.stdin = None
        return running

    def run(self, port, *statements):
        """(exit code, stdout, stderr)."""
        running = self.start(port, *statements)
        out, err = running.communicate(timeout=30)
        return running.returncode, out, err

    def through(self, *statements, **options):
        """Runs through a proxy of its own: ((exit code, stdout, stderr), what it counted)."""
        with proxy.Proxy(self.protocol, self.to, **options) as one:
            return self.run(one.port, *statements), one.counts()


class Cases:
    """What holds for both protocols."""

    protocol = None

    def setUp(self):
        self.client = Client(self.protocol)

    def test_forwards_and_counts(self):
        (code, out, err), once = self.client.through("SELECT 1")
        self.assertEqual((code, out), (0, "1\n"), err)
        _, thrice = self.client.through("SELECT 1", "SELECT 2", "SELECT 3")
        self.assertEqual(thrice["round_trips"] - once["round_trips"], 2)
        self.assertEqual(thrice["client"] - once["client"], 2)
        self.assertEqual(once["connections"], 1)

    def test_large_messages(self):
        (code, out, err), _ = self.client.through("SELECT repeat('x', 5000000)")
        self.assertEqual((code, len(out)), (0, 5000001), err)
        long = "y" * 300000
        (code, out, err), _ = self.client.through(f"SELECT '{long}'")
        self.assertEqual((code, out), (0, long + "\n"), err)

    def test_delay_is_added_to_each_round_trip(self):
        statements = ["SELECT 1"] * 20
        began = time.monotonic()
        self.client.through(*statements)
        plain = time.monotonic() - began
        began = time.monotonic()
        _, counts = self.client.through(*statements, delay_ms=20)
        added = time.monotonic() - began - plain
        self.assertGreater(added, 0.02 * 20)
        self.assertLess(added, 0.02 * (counts["round_trips"] + 4))

    def test_cut(self):
        _, counts = self.client.through("SELECT 1", "SELECT 2")
        for direction in ("client", "server"):
            for at in range(1, counts[direction]):
                (code, _, err), seen = self.client.through(
                    "SELECT 1", "SELECT 2", cut=at, direction=direction)
                self.assertNotEqual(code, 0, f"cut at {direction} {at} of {counts}")
                self.assertTrue(err)
                self.assertEqual(seen[direction], at)
        (code, out, err), _ = self.client.through("SELECT 1", cut=10000)
        self.assertEqual((code, out), (0, "1\n"), err)

    def test_next_connection_after_a_cut(self):
        with proxy.Proxy(self.protocol, self.client.to, cut=1) as one:
            self.assertNotEqual(self.client.run(one.port, "SELECT 1")[0], 0)
            self.assertEqual(self.client.run(one.port, "SELECT 1")[0], 0)

    def test_stall_keeps_the_connection(self):
        _, counts = self.client.through("SELECT 1", "SELECT 2")
        with proxy.Proxy(self.protocol, self.client.to, direction="client",
                         stall=counts["client"] - 1) as one:
            running = self.client.start(one.port, "SELECT 1", "SELECT 2")
            with self.assertRaises(subprocess.TimeoutExpired):
                running.communicate(timeout=0.5)
            self.assertEqual(self.client.run(one.port, "SELECT 3")[0], 0)
            running.kill()
            running.communicate()

    def test_server_that_is_not_there(self):
        self.client.to = "/nonexistent/socket"
        (code, _, err), counts = self.client.through("SELECT 1")
        self.assertNotEqual(code, 0, err)
        self.assertEqual(counts["connections"], 0)

    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "count"
            command = [sys.executable, "-B", proxy.__file__, self.protocol, "--to", self.client.to,
                       "--count", str(file)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
                port = int(running.stdout.readline())
                self.assertEqual(self.client.run(port, "SELECT 1")[1], "1\n")
                running.terminate()
            self.assertRegex(file.read_text(), r'"round_trips": [1-9]')


class Postgres(Cases, unittest.TestCase):
    """psql, which asks for TLS first."""

    protocol = "postgres"


class Mysql(Cases, unittest.TestCase):
    """The client of MariaDB."""

    protocol = "mysql"


if __name__ == "__main__":
    unittest.main()
