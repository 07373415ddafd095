#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kept.py GODWIT CHECKER RELEASE-FOLDER: the binaries that were kept of that release load and run today."""
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
KINDS = ("validator", "backup", "hook", "driver")


def run(*argv, **more):
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, **more)


def as_kept(folder):
    """Nobody has built them anew."""
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split(maxsplit=1)
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            return f"{name} is not the file that was kept"
    return None


def loads(godwit, plugin, kind, project):
    """Pinned, as a fleet has it; the driver is asked to open a database, which the one that is kept says it cannot."""
    digest = hashlib.sha256(plugin.read_bytes()).hexdigest()
    conf = project / "plugins.conf"
    conf.write_text(f'database = {{ backend = "kept"; url = "x"; }};\n'
                    f'plugins = ( {{ name = "kept"; path = "{plugin}"; sha256 = "{digest}"; isolate = "none"; }} );\n',
                    encoding="utf-8")
    environment = dict(os.environ, HOME=str(project), XDG_DATA_HOME=str(project / "data"))
    done = run(godwit, "--config", conf, "plugin", "info", "kept", cwd=project, env=environment)
    if done.returncode or "org.example.my-plugin" not in done.stdout or f"godwit.{kind}/1" not in done.stdout:
        return f"godwit does not load it: {done.stdout}{done.stderr}"
    if kind != "driver":
        return None
    done = run(godwit, "--config", conf, "upgrade", cwd=project, env=environment)
    if done.returncode != 12 or "open() does not speak to a database yet" not in done.stderr:
        return f"godwit does not call it: {done.returncode} {done.stderr}"
    return None


def main():
    godwit, checker, release = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    folder = release / os.uname().machine
    if not folder.is_dir():
        print(f"skipped: nothing of {release.name} is kept for {os.uname().machine}")
        return SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        (project / "migrations").mkdir()
        for kind in KINDS:
            plugin = project / f"{kind}.so"  # a checkout may lie where others can write
            plugin.write_bytes((folder / f"{kind}.so").read_bytes())
            done = run(checker, plugin)
            wrong = as_kept(folder) or (done.stdout if done.returncode else None) or loads(godwit, plugin, kind, project)
            failed += wrong is not None
            print(f"{'not ok' if wrong else 'ok'} - a {kind} of {release.name}{': ' + wrong if wrong else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
