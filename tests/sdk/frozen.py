#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plugins that were built against frozen headers, in today's host and in one whose tables have grown.

The plugins are the templates. The host that has grown is the checker, compiled against headers in which each
struct that tells its size has a member more; godwit itself loads them, too.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STRIDED = 2  # gw_option and gw_rule: they grow by the stride that stands beside the array
KINDS = ("validator", "hook", "backup", "driver")


def compile_plugins(compiler, frozen, folder):
    """Old plugins: frozen headers, and of this tree nothing but the source."""
    for kind in KINDS:
        source = ROOT / f"sdk/templates/c/{kind}/src/my_plugin.c"
        subprocess.run([compiler, "-std=c99", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,defs",
                        "-I", str(frozen), str(source), "-o", str(folder / f"old-{kind}.so")], check=True)


def grown_headers(folder):
    include = folder / "include"
    shutil.copytree(ROOT / "sdk/include", include)
    grown = 0
    for header in include.glob("godwit/*.h"):
        text = header.read_text(encoding="utf-8")
        text, n = re.subn(r"(struct gw_\w+ \{[^{}]*?\buint32_t struct_size;[^{}]*?)(\n\};)",
                          r"\1\n    void (*grown)(void);\2", text)
        text, strided = re.subn(r"(struct gw_(?:option|rule) \{[^{}]*?)(\n\};)", r"\1\n    void (*grown)(void);\2", text)
        grown += n + strided
        header.write_text(text, encoding="utf-8")
    return include, grown


def compile_grown_checker(compiler, include, folder):
    program = folder / "grown-checker"
    sources = [str(path) for path in (ROOT / "sdk/check").glob("*.c")]
    subprocess.run([compiler, "-std=gnu17", "-D_GNU_SOURCE", "-w", '-DGODWIT_VERSION="9.9"', "-I", str(include),
                    *sources, "-pthread", "-ldl", "-o", str(program)], check=True)
    return program


def run(name, argv, **more):
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False, **more)
    good = done.returncode == 0
    print(f"{'ok' if good else 'not ok'} - {name}")
    if not good:
        print(done.stdout + done.stderr)
    return good


def load_by_godwit(godwit, folder, kind):
    """As a user has it: path in plugins.conf, and his word that the file may run."""
    (folder / "plugins.conf").write_text(
        'database = { backend = "sqlite"; url = "app.db"; };\n'
        f'plugins = ( {{ name = "old-{kind}"; path = "./old-{kind}.so"; isolate = "none"; }} );\n', encoding="utf-8")
    environment = dict(os.environ, XDG_DATA_HOME=str(folder / "data"))
    subprocess.run([godwit, "plugin", "trust", f"old-{kind}", "--yes"], cwd=folder, env=environment, check=True,
                   capture_output=True)
    return run(f"godwit loads an old {kind}", [godwit, "plugin", "info", f"old-{kind}"], cwd=folder, env=environment)


def main():
    parser = argparse.ArgumentParser()
    for name in ("frozen", "compiler", "godwit", "checker"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compile_plugins(options.compiler, Path(options.frozen), folder)
        include, grown = grown_headers(folder)
        checker = compile_grown_checker(options.compiler, include, folder)
        print(f"# {grown} structs have a member more")
        good &= grown >= 20 + STRIDED
        for kind in KINDS:
            plugin = folder / f"old-{kind}.so"
            good &= run(f"today's host takes an old {kind}", [options.checker, plugin])
            good &= run(f"a host that has grown takes an old {kind}", [checker, plugin])
            good &= load_by_godwit(options.godwit, folder, kind)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
