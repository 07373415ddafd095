#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real, throw-away database servers for the tests.

Each has a folder of its own for data, socket and log, and a free port on 127.0.0.1. None runs as root,
none is a service of the system. What runs is written down in a state folder, so that tests share a
server and any later command can stop it."""

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from kinds import KINDS, Missing
from processes import Process, ServerError, account

CHECKOUT = Path(__file__).resolve().parents[2]
SHORT = 60  # characters: a socket's whole path has to fit into the 107 of sun_path
ROOM = 1 << 30  # bytes that have to be free in memory before data is put there


def default_folder():
    """The state folder: GODWIT_TEST_SERVERS, else build/servers of the checkout."""
    return Path(os.environ.get("GODWIT_TEST_SERVERS") or CHECKOUT / "build" / "servers").absolute()


def place(durable):
    """Where homes are made: in memory if nothing has to outlive the machine, and there is room."""
    found = [tempfile.gettempdir(), "/tmp"]
    memory = Path("/dev/shm")
    if not durable and os.access(memory, os.W_OK | os.X_OK):
        if shutil.disk_usage(memory).free > ROOM:
            found.insert(0, str(memory))
    return next((one for one in found if len(one) < SHORT), "/tmp")


class Servers:
    """The servers of one state folder."""

    def __init__(self, folder=None, durable=False):
        self.folder = Path(folder).absolute() if folder else default_folder()
        self.durable = durable

    @contextlib.contextmanager
    def locked(self):
        """One command at a time starts and stops."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def state(self, name):
        return self.folder / f"{name}.json"

    def find(self, name):
        """The server, None if it does not run."""
        server = KINDS[name].read(self.state(name))
        return server if server and server.process.alive() else None

    def running(self):
        """Every server that runs."""
        return [found for found in map(self.find, KINDS) if found]

    def start(self, name):
        """Returns (server, True if it was started just now)."""
        with self.locked():
            return self._start(name)

    def _start(self, name):
        found = self.find(name)
        if found:
            return found, False
        self._forget(name)
        kind = KINDS[name]
        behind = self._start(kind.needs)[0] if kind.needs else None
        home = Path(tempfile.mkdtemp(prefix="gw-", dir=place(self.durable)))
        user = account(kind.accounts)
        try:
            if user:
                os.chown(home, user.pw_uid, user.pw_gid)
            server = kind(self.state(name), home, user, self.durable)
            server.create(behind)
            server.launch()
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        return server, True

    def stop(self, name):
        """Stops the server and removes its folder; says whether there was one."""
        with self.locked():
            for other, kind in KINDS.items():
                if kind.needs == name and self.find(other):
                    self._forget(other)
            return self._forget(name)

    def _forget(self, name):
        server = KINDS[name].read(self.state(name))
        if server is None:
            return False
        alive = server.process.alive()
        if alive:
            server.process.stop(server.quick)
        shutil.rmtree(server.home, ignore_errors=True)
        self.state(name).unlink()
        return alive

    def environment(self):
        """The variables that tell tests what runs."""
        variables = {"GODWIT_TEST_SERVERS": str(self.folder)}
        for server in self.running():
            variables[server.variable] = server.url()
            variables[server.variable + "_TCP"] = server.url(tcp=True)
        return variables


@contextlib.contextmanager
def throw_away(name, durable=False):
    """A server of one's own, for tests that kill or fill it."""
    with tempfile.TemporaryDirectory(prefix="gw-state-") as folder:
        servers = Servers(folder, durable)
        try:
            yield servers.start(name)[0]
        finally:
            for kind in reversed(KINDS):
                servers.stop(kind)


def run(servers, names, command):
    """Runs a command with servers, stops those that were started for it; the command's exit code."""
    started = []
    try:
        for name in names:
            if servers.start(name)[1]:
                started.append(name)
        return subprocess.run(command, env=os.environ | servers.environment(), check=False).returncode
    finally:
        for name in reversed(started):
            servers.stop(name)


def with_environment(servers, command):
    """Becomes the command, with the variables of what runs."""
    os.environ.update(servers.environment())
    os.execvp(command[0], command)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--folder", metavar="DIR", help="state folder (default: GODWIT_TEST_SERVERS,"
                        " else build/servers)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, text, many=False, names=True):
        one = commands.add_parser(name, help=text)
        one.add_argument("--folder", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if names:
            one.add_argument("names", nargs="+" if many else 1, choices=KINDS, metavar="NAME",
                             help=", ".join(KINDS))
        return one

    for name, text in (("start", "start what does not run yet"),
                       ("run", "NAME... -- COMMAND: start, run the command, stop what was started")):
        add(name, text, many=True).add_argument(
            "--durable", action="store_true", help="sync to disk, as for figures")
    stop = add("stop", "stop, and remove the data", names=False)
    stop.add_argument("names", nargs="*", metavar="NAME", help=", ".join(KINDS))
    stop.add_argument("--all", action="store_true")
    add("kill", "end all processes with SIGKILL, keep the data")
    add("again", "start once more what was killed")
    add("url", "print the address").add_argument("--tcp", action="store_true",
                                                 help="with a password, over TCP")
    add("env", "print the variables for eval", names=False)
    add("with", "-- COMMAND: run it with the variables set", names=False)
    arguments, command = sys.argv[1:], []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, command = arguments[:at], arguments[at + 1:]
    options = parser.parse_args(arguments)
    if bool(command) != (options.command in ("run", "with")):
        parser.error("'run' and 'with' take '-- COMMAND', the others do not")
    return options, command


def known(servers, name):
    """The server of that name, dead or alive."""
    server = KINDS[name].read(servers.state(name))
    if server is None:
        raise ServerError(f"{name} was not started; start it with 'server.py start {name}'")
    return server


def act(options, command):
    """Does what the command line asks; the exit code."""
    servers = Servers(options.folder, getattr(options, "durable", False))
    if options.command == "start":
        for name in options.names:
            servers.start(name)
    elif options.command == "stop":
        for name in KINDS if options.all else options.names:
            servers.stop(name)
    elif options.command == "kill":
        known(servers, options.names[0]).kill()
    elif options.command == "again":
        known(servers, options.names[0]).launch()
    elif options.command == "url":
        print(known(servers, options.names[0]).url(options.tcp))
    elif options.command == "env":
        for key, value in servers.environment().items():
            print(f"export {key}='{value}'")
    elif options.command == "run":
        return run(servers, options.names, command)
    else:
        with_environment(servers, command)
    return 0


def main():
    options, command = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return act(options, command)
    except Missing as missing:
        print(f"server.py: {missing}; './dev deps' installs it", file=sys.stderr)
    except (ServerError, OSError) as error:
        print(f"server.py: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
