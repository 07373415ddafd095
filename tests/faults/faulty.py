# SPDX-License-Identifier: Apache-2.0
"""The ways in which a run of the command is disturbed: each counts its points, and makes one happen."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path[1:1] = [str(Path(__file__).resolve().parents[1] / name) for name in ("harness", "servers")]

import command
from proxy import Proxy


class Held:
    """A command that waits at a point of its run until it is let go."""

    def __init__(self, preload, store, project, point, *arguments, what="all"):
        self.go_read, self.go_write = os.pipe()
        self.there_read, there_write = os.pipe()
        env = {**preloaded(preload, store, what),
               "GODWIT_FAULT_GATE": f"{self.go_read},{there_write}",
               "GODWIT_FAULT_GATE_AT": str(point)}
        self.process = project.start(*arguments, env=env, pass_fds=(self.go_read, there_write))
        os.close(there_write)

    def wait(self):
        """Until it is at the point; False if it ended before."""
        return os.read(self.there_read, 1) != b""

    def let_go(self):
        """Lets it run on."""
        os.write(self.go_write, b"g")

    def finish(self):
        """Its outcome."""
        outcome = command.finish(self.process)
        for descriptor in (self.go_read, self.go_write, self.there_read):
            os.close(descriptor)
        return outcome


def preloaded(preload, store, what):
    """The environment that has the library count such points."""
    return {"LD_PRELOAD": preload, "GODWIT_FAULT_WHAT": what, **store.settings,
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}


@dataclass(frozen=True)
class Fault:
    """What the preloaded library is to do; the point is added for each run."""

    name: str
    what: str  # which points count: all, write, message
    settings: dict = field(default_factory=dict)  # of the environment
    kills: bool = True
    proves: str = "I9"  # what a failure that is not a kill must not break

    def run(self, sweep, point):
        """Runs with the fault at this point."""
        key = "GODWIT_FAULT_KILL_AT" if self.kills else "GODWIT_FAULT_FAIL_AT"
        return self._start(sweep, {key: str(point), **self.settings})

    def count(self, sweep):
        """(outcome, number of points) of a run that nothing disturbs."""
        path = sweep.folder / "count"
        outcome = self._start(sweep, {"GODWIT_FAULT_COUNT": str(path), **self.settings})
        return outcome, int(path.read_text()) if path.exists() else 0

    def _start(self, sweep, extra):
        env = {**preloaded(sweep.options.preload, sweep.store, self.what), **extra}
        return sweep.project.run(*sweep.arguments, env=env)


@dataclass(frozen=True)
class Cut:
    """A proxy resets the connection at a message of either side."""

    name: str = "connection cut"
    kills: bool = False
    proves: str = "I6"

    def run(self, sweep, point):
        """Runs with the connection cut in front of this message."""
        with Proxy(sweep.store.backend, sweep.store.socket, cut=point) as proxy:
            return sweep.beside(sweep.store.through(proxy.port)).run(*sweep.arguments)

    def count(self, sweep):
        """(outcome, number of messages)."""
        with Proxy(sweep.store.backend, sweep.store.socket) as proxy:
            outcome = sweep.beside(sweep.store.through(proxy.port)).run(*sweep.arguments)
            counts = proxy.counts()
        return outcome, counts["client"] + counts["server"]


@dataclass(frozen=True)
class ServerDeath:
    """The server, which is ours alone, dies of SIGKILL before or after a message is sent, and is
    started again when the command has ended."""

    name: str = "server killed"
    kills: bool = False
    proves: str = "I6"

    def run(self, sweep, point):
        """Runs with the server killed at this point."""
        held = Held(sweep.options.preload, sweep.store, sweep.project, point, *sweep.arguments,
                    what="message")
        there = held.wait()
        if there:
            sweep.options.server.kill()
            held.let_go()
        outcome = held.finish()
        if there:
            sweep.options.server.launch()
        return outcome

    def count(self, sweep):
        """As when the client is killed."""
        return KILL_MESSAGE.count(sweep)


KILL = Fault("kill", "all")
TORN = Fault("torn", "write", {"GODWIT_FAULT_TORN": "1"})
FAILS = (
    Fault("ENOSPC once", "write", {"GODWIT_FAULT_ERRNO": "ENOSPC"}, False),
    Fault("EIO once", "write", {"GODWIT_FAULT_ERRNO": "EIO"}, False),
    Fault("ENOSPC after half a write", "write",
          {"GODWIT_FAULT_ERRNO": "ENOSPC", "GODWIT_FAULT_TORN": "1"}, False),
    Fault("ENOSPC from there on", "write",
          {"GODWIT_FAULT_ERRNO": "ENOSPC", "GODWIT_FAULT_PERSIST": "1"}, False),
)
KILL_MESSAGE = Fault("kill", "message")
TORN_MESSAGE = Fault("torn", "message", {"GODWIT_FAULT_TORN": "1"})
