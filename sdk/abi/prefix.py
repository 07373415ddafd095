#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""prefix.py FROZEN LIVE [COMPILER...]: holds the live headers of the ABI to a frozen copy.

Each struct of the frozen headers is compiled again, as frozen_..., beside the live one: its members have to be at
the same offset, of the same size and type. A struct may grow at its end, if it tells its size; the values of
constants and the ids of interfaces may not change. Needs no binary, so it runs on every machine.
"""
import re
import subprocess
import sys
from pathlib import Path

# Grow by the stride that stands beside the array; every other struct that does not begin with its size is a value
# type and never grows.
STRIDED = {"gw_option", "gw_rule"}


def plain(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r"\\\n", " ", text)


def structs_of(text):
    """(name, body) of each struct at the outer level; a body may hold a union."""
    for found in re.finditer(r"^struct (gw_\w+) \{", text, flags=re.M):
        depth, at = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        yield found.group(1), text[found.end():at - 1]


def members_of(body):
    """Names of the members of a struct, of its outer level."""
    while re.search(r"\{[^{}]*\}", body):
        body = re.sub(r"\{[^{}]*\}", "", body)
    for declaration in body.split(";"):
        declaration = " ".join(declaration.split())
        if not declaration:
            continue
        pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)\s*\(", declaration)
        if pointer:
            yield pointer.group(1)
            continue
        for one in declaration.split(","):
            yield re.search(r"(\w+)\s*(\[[^]]*\])?\s*$", one).group(1)


def struct_checks(name, body):
    members = list(members_of(body))
    yield f"struct frozen_{name} {{{body}}};"
    for member in members:
        live, frozen = f"struct {name}", f"struct frozen_{name}"
        yield (f"_Static_assert(offsetof({live}, {member}) == offsetof({frozen}, {member}), "
               f"\"{name}.{member} has moved\");")
        yield (f"_Static_assert(sizeof((({live} *)0)->{member}) == sizeof((({frozen} *)0)->{member}), "
               f"\"{name}.{member} has another size\");")
        if "{" not in body:  # a union without a tag is a type of its own
            yield (f"_Static_assert(__builtin_types_compatible_p(__typeof__((({live} *)0)->{member}), "
                   f"__typeof__((({frozen} *)0)->{member})), \"{name}.{member} has another type\");")
    relation = ">=" if members[0] == "struct_size" or name in STRIDED else "=="
    yield (f"_Static_assert(sizeof(struct {name}) {relation} sizeof(struct frozen_{name}), "
           f"\"{name} {'has shrunk' if relation == '>=' else 'is a value type and has changed'}\");")


def enum_checks(text):
    for body in re.findall(r"\benum\s*\{([^}]*)\}", text):
        yield "enum {" + re.sub(r"\b(GW_\w+)", r"FROZEN_\1", body) + "};"
        for constant in re.findall(r"\b(GW_\w+)\s*=", body):
            yield f"_Static_assert({constant} == FROZEN_{constant}, \"{constant} has another value\");"


def macro_checks(text):
    for name, value in re.findall(r'^#define (GW_\w+) ("[^"]*"|\d+)\s*$', text, flags=re.M):
        if name in ("GW_ABI_MINOR", "GW_API"):
            continue
        same = f"__builtin_strcmp({name}, {value}) == 0" if value.startswith('"') else f"{name} == {value}"
        yield f"_Static_assert({same}, \"{name} has another value\");"


def unit_of(frozen):
    headers = sorted(frozen.glob("godwit/*.h"))
    if not headers:
        sys.exit(f"prefix.py: there are no headers in '{frozen}'")
    lines = [f"#include <godwit/{header.name}>" for header in headers]
    for header in headers:
        text = plain(header.read_text(encoding="utf-8"))
        for name, body in structs_of(text):
            lines += struct_checks(name, body)
        lines += enum_checks(text)
        lines += macro_checks(text)
    return "\n".join(lines) + "\n"


def main():
    frozen, live, *compilers = sys.argv[1:]
    unit = unit_of(Path(frozen))
    failed = False
    for compiler in compilers or ["cc"]:
        done = subprocess.run([compiler, "-std=gnu11", "-x", "c", "-fsyntax-only", "-w", "-I", live, "-"],
                              input=unit, capture_output=True, text=True, check=False)
        for line in done.stderr.splitlines():
            if "error:" in line:
                print(f"{compiler}: {line.split('error:')[1].strip()}")
        failed |= done.returncode != 0
    print(f"{unit.count('_Static_assert')} facts of {frozen}: {'broken' if failed else 'held'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
