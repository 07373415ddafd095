#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""prefix_catches.py COMPILER: sdk/abi/prefix.py lets a member be appended, and nothing else."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "sdk/include"
MUTATIONS = [  # what, header, from, to, the complaint ("" for none)
    ("nothing", "hook.h", "", "", ""),
    ("a member is appended", "hook.h", "const struct gw_event *);\n};",
     "const struct gw_event *);\n    void (*later)(void *self);\n};", ""),
    ("a constant is added", "hook.h", "GW_EVENT_GATE = 1 << 0", "GW_EVENT_LATER = 1 << 1,\n    GW_EVENT_GATE = 1 << 0", ""),
    ("a member is inserted", "hook.h", "    gw_status (*open)", "    void (*early)(void);\n    gw_status (*open)",
     "gw_hook.open has moved"),
    ("two members change places", "validator.h", "    struct gw_str title;\n    struct gw_str file;",
     "    struct gw_str file;\n    struct gw_str title;", "gw_subject.title has moved"),
    ("a signature changes", "hook.h", "void (*close)(void *self);", "void (*close)(void *self, int32_t why);",
     "gw_hook.close has another type"),
    ("an argument loses its const", "hook.h", "const struct gw_event *);", "struct gw_event *);",
     "gw_hook.handle has another type"),
    ("a member goes", "validator.h", "    uint64_t n_statements;\n", "", "n_statements"),
    ("a member gets wider", "option.h", "    uint32_t flags;\n    int64_t min;", "    uint64_t flags;\n    int64_t min;",
     "gw_option.flags has another size"),
    ("a value type grows", "base.h", "struct gw_provides {\n", "struct gw_provides {\n    uint64_t early;\n", "gw_provides"),
    ("a constant changes", "status.h", "GW_E_IO = -1000", "GW_E_IO = -1002", "GW_E_IO has another value"),
    ("an id changes", "hook.h", '"godwit.hook/1"', '"godwit.hooks/1"', "GW_HOOK has another value"),
]


def run(mutation, frozen, folder, compiler):
    _, header, old, new, complaint = mutation
    live = Path(folder) / "live"
    shutil.rmtree(live, ignore_errors=True)
    shutil.copytree(INCLUDE, live)
    path = live / "godwit" / header
    text = path.read_text(encoding="utf-8")
    if old not in text:
        return "the header does not hold what is to be changed: mend this test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = subprocess.run([sys.executable, str(ROOT / "sdk/abi/prefix.py"), str(frozen), str(live), compiler],
                          capture_output=True, text=True, check=False)
    if complaint and (done.returncode == 0 or complaint not in done.stdout):
        return f"not caught: {done.stdout}{done.stderr}"
    if not complaint and done.returncode != 0:
        return f"not accepted: {done.stdout}{done.stderr}"
    return None


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        frozen = Path(folder) / "frozen"  # of the headers as they are: this tests the test
        shutil.copytree(INCLUDE, frozen)
        for mutation in MUTATIONS:
            wrong = run(mutation, frozen, folder, sys.argv[1])
            failed += wrong is not None
            print(f"{'not ok' if wrong else 'ok'} - {mutation[0]}{': ' + wrong if wrong else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
