#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the compiler and clang-format cannot say: `./dev lint` runs it.

Each complaint is one line, FILE:LINE: text (rule). A waiver in tests/lint/waivers takes one back; one that
is not needed any more is a complaint itself, so that the list only shrinks.
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WAIVERS = ROOT / "tests/lint/waivers"
SOURCES = ("core", "plugins", "sdk", "tests", "bench")
FROZEN = ROOT / "sdk/abi"  # headers of released ABIs: never changed, not even for style

FUNCTION_LINES, FUNCTION_PATHS, FILE_LINES, HEADER_LINES = 60, 15, 600, 150

BANNED = {  # function: what to use
    "strcpy": "gw_buf_text, or memcpy with a known length",
    "strncpy": "memcpy with a known length",
    "stpcpy": "gw_buf_text",
    "strcat": "gw_buf_text",
    "strncat": "gw_buf_add",
    "sprintf": "snprintf or gw_buf_printf",
    "vsprintf": "vsnprintf or gw_buf_vprintf",
    "gets": "fgets",
    "scanf": "a parser that knows its bounds",
    "sscanf": "a parser that knows its bounds",
    "strtok": "a loop over the text",
    "atoi": "strtol and its error checks",
    "atol": "strtol and its error checks",
    "atoll": "strtoll and its error checks",
    "atof": "strtod and its error checks",
    "system": "fork and exec, without a shell",
    "popen": "fork and exec, without a shell",
    "alloca": "an arena, or a fixed buffer",
    "rand": "randombytes_uniform",
    "srand": "randombytes_uniform",
    "random": "randombytes_uniform",
    "drand48": "randombytes_uniform",
    "tmpnam": "mkstemp",
    "tempnam": "mkstemp",
    "mktemp": "mkstemp",
    "localtime": "localtime_r",
    "gmtime": "gmtime_r",
    "ctime": "gw_time_text",
    "asctime": "gw_time_text",
    "setjmp": "a return code",
    "longjmp": "a return code",
    "signal": "sigaction",
}
BANNED_IN_LIBRARY = {  # under core/ but its command: an embedder's process is not ours
    "exit": "return a code",
    "_exit": "return a code",
    "abort": "return a code",
    "printf": "gw_emit",
    "vprintf": "gw_emit",
    "puts": "gw_emit",
    "putchar": "gw_emit",
    "perror": "gw_fail_errno",
}

# Which folders of core/ a folder may include, besides itself: arrows run downwards only.
LAYERS = (("cli",), ("deploy",), ("backup", "validate", "schema"), ("engine",), ("migration", "plugin"),
          ("project",), ("event",), ("base",))
MAY_INCLUDE = {folder: {below for layer in LAYERS[rank + 1:] for below in layer}
               for rank, layer in enumerate(LAYERS) for folder in layer}
MAY_INCLUDE["cli"] |= {"report"}
MAY_INCLUDE["report"] = {"event", "base"}  # reads events and findings only

# A library's header, and the only places that may include it.
OWNERS = {
    "sqlite3.h": ("plugins/sqlite/", "bench/", "tests/"),
    "libpq-fe.h": ("plugins/postgres/", "bench/", "tests/"),
    "mysql.h": ("plugins/mysql/", "bench/", "tests/"),
    "libconfig.h": ("core/project/",),
    "jansson.h": ("core/", "tests/"),
    "sodium.h": ("core/", "tests/"),
    "zstd.h": ("core/", "tests/"),
    "dlfcn.h": ("core/plugin/", "sdk/check/", "tests/"),
}

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror"]
SDK_WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpadded", "-Werror"]
SDK_LANGUAGES = [(compiler, "c", standard) for compiler in ("gcc", "clang")
                 for standard in ("c99", "c11", "c17")]
SDK_LANGUAGES += [("g++", "c++", "c++11"), ("clang++", "c++", "c++11")]


def name_of(path):
    return str(path.relative_to(ROOT))


def without_comments_and_strings(text):
    """The same text, line for line, with what the compiler does not run blanked out."""
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda found: " " + "\n" * found.group().count("\n"), text)


def check_first_line(path, text):
    licence = "0BSD" if name_of(path).startswith("sdk/") else "Apache-2.0"
    if not text.startswith(f"/* SPDX-License-Identifier: {licence} */\n"):
        yield 1, "-", f"first line is not '/* SPDX-License-Identifier: {licence} */'", "licence"


def check_length(path, text):
    lines = text.count("\n")
    most = FILE_LINES
    if path.suffix == ".h" and name_of(path).startswith(("core/", "sdk/include/")):
        most = HEADER_LINES
    if lines > most:
        yield 1, "-", f"{lines} lines, at most {most}", "file-length"


def check_calls(path, code):
    banned = dict(BANNED)
    if name_of(path).startswith("core/") and path.name != "main.c":
        banned.update(BANNED_IN_LIBRARY)
    call = re.compile(r"(?<![\w.>])(" + "|".join(banned) + r")\s*\(")
    for number, line in enumerate(code.split("\n"), 1):
        for found in call.finditer(line):
            word = found.group(1)
            yield number, word, f"'{word}' is banned; use {banned[word]}", "banned"


def includes_of(text):
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if found:
            yield number, found.group(1)


def check_includes(path, text):
    name = name_of(path)
    parts = name.split("/")
    for number, header in includes_of(text):
        target = header.split("/")[0]
        owners = OWNERS.get(header.split("/")[-1])
        if owners and not name.startswith(owners):
            yield number, header, f"only {' '.join(owners)} may include '{header}'", "owner"
        if target not in MAY_INCLUDE or "/" not in header:
            continue
        if parts[0] == "sdk" or (parts[0] == "plugins" and target != "base"):  # base has no domain words
            yield number, header, f"'{parts[0]}' stands outside of core, and includes '{header}'", "arrow"
        elif parts[0] == "core" and target != parts[1] and \
                target not in MAY_INCLUDE.get(parts[1], set()):
            yield number, header, f"'{parts[1]}' may not include '{header}': arrows run downwards", "arrow"


def check_text(path):
    text = path.read_text(encoding="utf-8")
    code = without_comments_and_strings(text)
    for found in (check_first_line(path, text), check_length(path, text), check_calls(path, code),
                  check_includes(path, text)):
        for line, subject, message, rule in found:
            yield name_of(path), line, subject, message, rule


def check_functions(paths):
    """pmccabe's columns: modified and classic complexity, statements, first line, lines, file(line): name."""
    done = subprocess.run(["pmccabe", *map(str, paths)], capture_output=True, text=True, check=True)
    for row in done.stdout.splitlines():
        _, classic, _, first, lines, where = row.split("\t", 5)
        file, function = re.match(r"(.*)\(\d+\): (.*)", where).groups()
        name = name_of(Path(file))
        if int(lines) > FUNCTION_LINES:
            yield (name, first, function, f"'{function}' has {lines} lines, at most {FUNCTION_LINES}",
                   "function-length")
        if int(classic) > FUNCTION_PATHS:
            yield (name, first, function,
                   f"'{function}' has a cyclomatic complexity of {classic}, at most {FUNCTION_PATHS}",
                   "complexity")


def compile_alone(job):
    path, compiler, language, standard, flags = job
    unit = f'#include "{path}"\n'  # as a user includes it: static inline helpers may stay unused
    done = subprocess.run([compiler, f"-std={standard}", "-x", language, "-fsyntax-only", *flags,
                           "-I", str(ROOT / "sdk/include"), "-"],
                          input=unit, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip())
    return [(name_of(path), 1, "-", f"does not compile alone as {standard} with {compiler}: {first}",
             "self-sufficient")]


def check_headers(paths):
    jobs = []
    for path in paths:
        name = name_of(path)
        if name.startswith("sdk/include/"):
            jobs += [(path, compiler, language, standard, SDK_WARNINGS)
                     for compiler, language, standard in SDK_LANGUAGES]
        elif name.startswith("core/"):
            jobs.append((path, "gcc", "c", "gnu17", [*WARNINGS, "-D_GNU_SOURCE", "-I", str(ROOT / "core")]))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for complaints in pool.map(compile_alone, jobs):
            yield from complaints


def read_waivers():
    """Lines of RULE FILE SUBJECT REASON; the subject is the function or header, or '-' for the whole file."""
    waivers = {}
    for number, line in enumerate(WAIVERS.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 3)
        if len(words) < 4:
            sys.exit(f"{name_of(WAIVERS)}:{number}: expected RULE FILE SUBJECT REASON")
        waivers[tuple(words[:3])] = number
    return waivers


def main():
    paths = sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.[ch]")
                   if FROZEN not in path.parents)
    complaints = [found for path in paths for found in check_text(path)]
    complaints += check_functions([path for path in paths if path.suffix == ".c"])
    complaints += check_headers([path for path in paths if path.suffix == ".h"])

    waivers, used, left = read_waivers(), set(), []
    for complaint in sorted(complaints, key=lambda found: (found[0], int(found[1]))):
        name, line, subject, message, rule = complaint
        if (rule, name, subject) in waivers:
            used.add((rule, name, subject))
        else:
            left.append(f"{name}:{line}: {message} ({rule})")
    left += [f"{name_of(WAIVERS)}:{number}: not needed any more; remove it (waiver)"
             for waiver, number in waivers.items() if waiver not in used]
    print("\n".join([*left, f"lint: {len(paths)} files, {len(left)} complaints, {len(used)} waived"]))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
