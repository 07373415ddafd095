# SPDX-License-Identifier: Apache-2.0
"""Processes that outlive the command that started them, and are known again by pid and start time."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

STEP = 0.02  # seconds between two looks
PATIENCE = 60  # seconds until a server has to be up
GRACE = 20  # seconds for an orderly end


class ServerError(Exception):
    """A server that cannot be had, in a sentence."""


def boot():
    """Which boot of the machine this is: start times are counted from it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def look(pid):
    """(state, parent, start time) of a process from /proc, None if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2:].split()
    return fields[0], int(fields[1]), int(fields[19])


def children(pid):
    """The processes that a process started and that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        seen = look(entry.name) if entry.name.isdigit() else None
        if seen and seen[1] == pid:
            found.append(Process.of(int(entry.name)))
    return [one for one in found if one]


def account(names):
    """Whose server it is to be: None for one's own, the first account that is there for root's."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerError("there is no account 'nobody' to run the server as")


def as_account(user):
    """The arguments that make subprocess run something as that account."""
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def wait_for(happened, what, patience=PATIENCE):
    """Looks until happened() is true."""
    end = time.monotonic() + patience
    while not happened():
        if time.monotonic() > end:
            raise ServerError(f"{what} did not happen in {patience} s")
        time.sleep(STEP)


class Process:
    """One process; never another one that has its number."""

    def __init__(self, pid, started, booted):
        self.pid, self.started, self.booted = pid, started, booted

    @classmethod
    def of(cls, pid):
        """The process that has that number now, None if there is none."""
        seen = look(pid)
        return cls(pid, seen[2], boot()) if seen else None

    def alive(self):
        """True while it runs; one that has ended and waits for its parent does not run."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        seen = look(self.pid)
        return bool(seen) and seen[0] not in "ZX" and seen[2] == self.started and boot() == self.booted

    def send(self, number):
        """Sends a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            if self.alive():
                os.kill(self.pid, number)

    def stop(self, number):
        """An orderly end by that signal; SIGKILL for it and its children if that takes too long."""
        self.send(number)
        try:
            wait_for(lambda: not self.alive(), f"the end of process {self.pid}", GRACE)
        except ServerError:
            self.kill()

    def kill(self):
        """SIGKILL, for its children too, and waits until all are gone."""
        family = [self, *children(self.pid)]
        for one in family:
            one.send(signal.SIGKILL)
        wait_for(lambda: not any(one.alive() for one in family), f"the death of process {self.pid}")


def spawn(command, user, home, log, environment=None):
    """Starts a process that stays when we end."""
    with open(log, "ab") as file:
        running = subprocess.Popen(command, cwd=home, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=file, stderr=file, start_new_session=True,
                                   **as_account(user))
    running.returncode = 0  # it is not ours to wait for, and Popen would complain of that
    return Process.of(running.pid)


def call(command, user, home, **options):
    """Runs a command to its end; what it said is the error."""
    ended = subprocess.run(command, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, check=False, **as_account(user), **options)
    if ended.returncode != 0:
        raise ServerError(f"{command[0]} failed with code {ended.returncode}:\n{ended.stdout}")
