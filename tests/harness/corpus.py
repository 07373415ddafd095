# SPDX-License-Identifier: Apache-2.0
"""Real migration histories, read as their own tools would read them.

The corpora are third-party data outside this repository. They are read in place, and a test that
needs them is skipped (exit code 77) when the folder is absent. Nothing here uses Godwit: what this
module says about order and content is the yardstick that Godwit is held against.
"""

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

SKIPPED = 77  # ctest: SKIP_RETURN_CODE
CHECKOUT = Path(__file__).resolve().parents[2]
READ_IN_PLACE = ("goose", "dbmate", "golang-migrate", "flyway", "diesel", "sqlx")


@dataclass(frozen=True)
class Migration:
    """One migration: its name upstream, and the SQL of both directions (None: none written)."""

    name: str
    up: str
    down: str | None
    transaction: bool = True


@dataclass
class History:
    """One folder under histories/open."""

    name: str
    folder: Path
    format: str  # as in migrations.format, or the name of the project's own runner
    ups: int
    stops_at: str | None  # the up that no runner can pass
    ups_that_work: int
    downs_work: int | None  # None: no downs are written
    down_stops_at: str | None
    steps_all_ok: bool  # each up, down, up again works
    placeholders: dict[str, str] = field(default_factory=dict)

    @property
    def dialect(self):
        return self.name.rsplit("-", 1)[1]

    @property
    def directory(self):
        return self.folder / "migrations"

    @property
    def in_place(self):
        """True if Godwit reads the folder as it is."""
        return self.format in READ_IN_PLACE

    def migrations(self):
        """All migrations, oldest first."""
        found = _READERS[self.format](self)
        base = self.folder / "BASE.sql"
        if base.exists():
            found.insert(0, Migration("BASE", _text(base), None))
        return found


def corpora_folder():
    """GODWIT_CORPORA, else ../shared/corpora beside the checkout."""
    given = os.environ.get("GODWIT_CORPORA")
    return Path(given) if given else CHECKOUT.parent / "shared" / "corpora"


def skip_without_corpora(what):
    """Returns the corpora folder, or ends the program as skipped."""
    folder = corpora_folder()
    if not (folder / "histories" / "open").is_dir():
        print(f"{what}: skipped, no corpora at {folder}")
        sys.exit(SKIPPED)
    return folder


def histories(folder, dialect):
    """The histories of one dialect ("sqlite", "pg", "mysql"), by name."""
    return [
        read_history(path)
        for path in sorted((folder / "histories" / "open").iterdir())
        if path.name.endswith("-" + dialect)
    ]


def read_history(folder):
    """Reads META, whose form is described in the corpora's README."""
    meta = _text(folder / "META")
    known = re.search(r"^format:\s+(.*)$", meta, re.M).group(1)
    ups = int(re.search(r"^ups:\s+(\d+) \(", meta, re.M).group(1))
    applied = re.search(r"^ups:\s+(\d+) of \d+ applied.*?(?:STOPS at (\S+):|$)", meta, re.M)
    downs = re.search(r"^downs in reverse:\s+(\d+) of \d+ -> (?:.*?stops at (\S+):)?", meta, re.M)
    return History(
        name=folder.name,
        folder=folder,
        format=_format_name(known),
        ups=ups,
        stops_at=applied.group(2),
        ups_that_work=int(applied.group(1)),
        downs_work=int(downs.group(1)) if downs else None,
        down_stops_at=downs.group(2) if downs else None,
        steps_all_ok=re.search(r"^step by step .*: all \d+ ok", meta, re.M) is not None,
        placeholders=_placeholders(folder),
    )


def _format_name(text):
    for name in (*READ_IN_PLACE, "sqitch", "ory popx"):
        if text.lower().startswith(name):
            return name
    return "memos" if "<major>.<minor>" in text else "authelia"


def _placeholders(folder):
    path = folder / "PLACEHOLDERS"
    if not path.exists():
        return {}
    return dict(line.split("=", 1) for line in _text(path).splitlines() if "=" in line)


def _text(path):
    return path.read_bytes().decode("utf-8-sig")


def _digits(text):
    """Sort key of a version of any length: compares as a number without becoming one."""
    bare = text.lstrip("0")
    return (len(bare), bare)


def _dotted(text):
    return tuple(_digits(part) for part in re.split(r"[._]", text))


def _sections(text, up, down):
    """Splits a file whose sections begin with a marker line; the markers are patterns."""
    parts = {"up": None, "down": None}
    current = None
    for line in text.splitlines(keepends=True):
        if re.match(up, line, re.I):
            current = "up"
        elif re.match(down, line, re.I):
            current = "down"
        elif current:
            parts[current] = (parts[current] or "") + line
            continue
        if current:
            parts[current] = parts[current] or ""
    return parts["up"] or "", parts["down"]


def _marked(history, up, down, off):
    """goose and dbmate: both directions in one file."""
    found = []
    for path in history.directory.glob("*.sql"):
        text = _text(path)
        above, below = _sections(text, up, down)
        plain = re.search(off, text, re.I | re.M) is None
        found.append(Migration(path.stem, above, below, plain))
    return sorted(found, key=lambda one: (_digits(one.name.split("_")[0]), one.name))


def _goose(history):
    return _marked(history, r"\s*--\s*\+goose\s+up\b", r"\s*--\s*\+goose\s+down\b",
                   r"^\s*--\s*\+goose\s+no\s+transaction")


def _dbmate(history):
    return _marked(history, r"\s*--\s*migrate:up\b", r"\s*--\s*migrate:down\b",
                   r"^\s*--\s*migrate:up\s+transaction:false")


def _pairs(history, pattern):
    """One file a direction; pattern has the group version. A down whose up has another name belongs
    to its version if that has one up alone; a version may have a down and nothing else."""
    sides = {"up": {}, "down": {}}
    for path in history.directory.glob("*.sql"):
        match = re.fullmatch(pattern, path.name)
        if match:
            side = "down" if path.name.endswith(".down.sql") else "up"
            name = re.sub(r"(\.(up|down))?\.sql$", "", path.name)
            sides[side][match["version"], name] = _text(path)
    ups, downs = sides["up"], sides["down"]
    for version, name in sorted(set(downs) - set(ups)):
        alone = [key for key in ups if key[0] == version and key not in downs]
        if len(alone) == 1:
            downs[alone[0]] = downs.pop((version, name))
    keys = sorted(set(ups) | set(downs), key=lambda key: (_digits(key[0]), key[1]))
    return [Migration(key[1], ups.get(key, ""), downs.get(key)) for key in keys]


def _golang_migrate(history):
    return _pairs(history, r"(?P<version>\d+)_.*\.(up|down)\.sql")


def _sqlx(history):
    return _pairs(history, r"(?P<version>\d+)_.*\.sql")


def _authelia(history):
    return _pairs(history, r"V(?P<version>\d+)\..*\.(up|down)\.sql")


def _flyway(history):
    found = []
    for path in history.directory.rglob("V*__*.sql"):
        text = _text(path)
        for key, value in history.placeholders.items():
            text = text.replace("${" + key + "}", value)
        found.append(Migration(path.stem, text, None))
    return sorted(found, key=lambda one: _dotted(one.name[1:].split("__")[0]))


def _diesel(history):
    found = []
    for path in history.directory.iterdir():
        if (path / "up.sql").exists():
            below = path / "down.sql"
            found.append(Migration(path.name, _text(path / "up.sql"),
                                   _text(below) if below.exists() else None))
    # Diesel keeps versions as text and compares them so.
    return sorted(found, key=lambda one: one.name.split("_")[0].replace("-", "").encode())


def _memos(history):
    found = []
    for path in history.directory.glob("*/*.sql"):
        version = (_dotted(path.parent.name), _digits(path.name.split("__")[0]))
        found.append((version, Migration(f"{path.parent.name}/{path.stem}", _text(path), None)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


_POPX = re.compile(r"(?P<version>\d+)_(?P<name>[^.]*)(?P<dialect>\.[a-z0-9]+)??"
                   r"(?P<autocommit>\.autocommit)?\.(?P<direction>up|down)\.sql")
_POPX_NAMES = {"sqlite": (".sqlite3", ".sqlite"), "pg": (".postgres",), "mysql": (".mysql",)}


def _popx(history):
    """A file of the dialect wins over the generic one; versions for other dialects are left out."""
    mine = _POPX_NAMES[history.dialect]
    best = {}
    for path in history.directory.glob("*.sql"):
        match = _POPX.fullmatch(path.name)
        dialect = match["dialect"]
        if dialect is not None and dialect not in mine:
            continue
        rank = len(mine) - mine.index(dialect) if dialect else 0
        key = (match["version"], match["direction"])
        if key not in best or rank > best[key][0]:
            best[key] = (rank, path, match)
    found = []
    for version in sorted({version for version, _ in best}, key=_digits):
        if (version, "up") in best:
            found.append(_popx_migration(version, best))
    return found


def _popx_migration(version, best):
    _, above, match = best[version, "up"]
    below = best.get((version, "down"))
    plain = match["autocommit"] is None and (below is None or below[2]["autocommit"] is None)
    return Migration(f"{version}_{match['name']}", _text(above),
                     _text(below[1]) if below else None, plain)


def _sqitch(history):
    """Plan order. An instance that is reworked later has its script under the name of the tag
    that came before the rework."""
    entries, tags = [], []
    for line in _text(history.directory / "sqitch.plan").splitlines():
        word = line.split(" ", 1)[0]
        if word.startswith("@"):
            tags.append((len(entries), word))
        elif word and not word.startswith("%"):
            entries.append(word)
    found = []
    for at, change in enumerate(entries):
        name = change
        if change in entries[at + 1:]:
            again = entries.index(change, at + 1)
            name += next(tag for place, tag in reversed(tags) if at < place <= again)
        deploy, revert = (history.directory / side / (name + ".sql") for side in
                          ("deploy", "revert"))
        found.append(Migration(name, _text(deploy), _text(revert)))
    return found


def native(folder):
    """Godwit's own files, where each one revises the one before it by name."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        text = _text(path)
        above, below = _sections(text, r"-- godwit:up\b", r"-- godwit:down\b")
        plain = "-- godwit:no-transaction" not in text
        found.append(Migration(path.stem, above, below, plain))
    return found


_READERS = {
    "goose": _goose,
    "dbmate": _dbmate,
    "golang-migrate": _golang_migrate,
    "flyway": _flyway,
    "diesel": _diesel,
    "sqlx": _sqlx,
    "memos": _memos,
    "authelia": _authelia,
    "ory popx": _popx,
    "sqitch": _sqitch,
}
