# SPDX-License-Identifier: Apache-2.0
"""The databases that the sweeps run on: made anew for each run, kept and put back, looked at, and
migrated naively. Godwit has no part in that.

A store has:  backend, url      for plugins.conf
              settings          of the environment, for the preloaded library
              start_over(kept)  the database as it was kept; None: as it was before anything
              keep(name)        keeps it as it is
              look(crashed)     a view, for a with block: sound, recorded, journal, state
              naive(witness)    the connection of a naive runner, to a database made anew
              bytes()           something that differs when anything was changed
              nameless()        True while the lock has an owner without a name
              drop()            the database and what is kept of it
              settled()         waits until nobody else is connected
and what its dialect needs: statements(script), is_whole(transaction, script), whole(connection, script)."""

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path[1:1] = [str(Path(__file__).resolve().parents[1] / name) for name in ("harness", "servers")]

import command
import schema
import wire
from kinds import program
from processes import wait_for

OURS = re.compile(r"godwit_(revision|statement|lock|audit)\b")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?([+-]\d{2})?")
NO_TABLE = ("42P01", 1146)
WITNESS = "CREATE TABLE witness (what VARCHAR(100) NOT NULL)"


# ---- SQLite ----

class SqliteView:
    """What is in a file."""

    def __init__(self, connection):
        self.connection = connection

    def recorded(self):
        """Ids of the applied revisions."""
        return command.recorded(self.connection)

    def journal(self):
        """The revision that is half-way, or None."""
        return command.journal(self.connection)

    def sound(self):
        """"ok", or what is wrong."""
        return self.connection.execute("PRAGMA integrity_check").fetchone()[0]

    def state(self):
        """(schema, digest of the rows) of everything that is not ours."""
        return schema.schema_text(self.connection), schema.content_digest(self.connection)


class SqliteLook:
    """A look at a file. A crashed one is copied with its journals first, so that looking recovers
    nothing in place; one that does not exist is empty."""

    def __init__(self, path, copy):
        self.path, self.copy = path, copy

    def __enter__(self):
        if not self.path.exists():
            self.opened = schema.Opened(":memory:")
            self.opened.connection = schema.memory()
            return SqliteView(self.opened.connection)
        path = self._copied() if self.copy else self.path
        self.opened = schema.Opened(path)
        return SqliteView(self.opened.__enter__())

    def __exit__(self, *failure):
        self.opened.__exit__(*failure)

    def _copied(self):
        shutil.rmtree(self.copy, ignore_errors=True)
        self.copy.mkdir(parents=True)
        for suffix in ("", "-journal", "-wal"):
            path = self.path.with_name(self.path.name + suffix)
            if path.exists():
                shutil.copyfile(path, self.copy / path.name)
        return self.copy / self.path.name


class Sqlite:
    """A file in the folder of the project."""

    backend, url, dialect = "sqlite", "app.db", "sqlite"
    Failure = sqlite3.Error
    statements = staticmethod(schema.statements)

    def __init__(self, folder):
        self.folder = Path(folder)
        self.path = self.folder / "app.db"
        self.settings = {"GODWIT_FAULT_DIR": str(self.folder), "SQLITE_TMPDIR": str(self.folder)}

    def start_over(self, kept=None):
        """Files of a database that is kept, or none, in place of those that are there."""
        for path in self.folder.glob("app.db*"):
            path.unlink()
        if kept:
            shutil.copyfile(kept, self.path)

    def keep(self, name):
        """Nobody has it open."""
        shutil.copyfile(self.path, self.folder / name)
        return self.folder / name

    def make_witness(self):
        """The table that statements write to."""
        connection = sqlite3.connect(self.path)
        connection.execute(WITNESS)
        connection.commit()
        connection.close()

    def look(self, crashed=False):
        """A view of it."""
        return SqliteLook(self.path, self.folder / "copy" if crashed else None)

    def naive(self, witness):
        """A database in memory, in autocommit."""
        connection = schema.memory()
        if witness:
            connection.execute(WITNESS)
        return connection

    def whole(self, connection, script):
        """A script that is one transaction."""
        schema.run_naively(connection, script)

    def naive_state(self, connection):
        """As a look would see it."""
        return SqliteView(connection).state()

    def bytes(self):
        """All of it, to see whether anything was changed."""
        return self.path.read_bytes() if self.path.exists() else b""

    def nameless(self):
        """True if an owner has the lock and has not written its name there yet."""
        lock = self.folder / "app.db.godwit-lock"
        return lock.exists() and lock.stat().st_size == 0

    def settled(self):
        """A file has no connections."""

    def drop(self):
        """It goes with its folder."""

    @staticmethod
    def begins_by_itself(script):
        """True if the script has transactions of its own."""
        return any(bare(one).upper().startswith("BEGIN") for one in schema.statements(script))

    @staticmethod
    def is_whole(migration_is_one, script):
        """True if a migration is one transaction, by what it says and does."""
        return migration_is_one and not Sqlite.begins_by_itself(script)


def bare(statement):
    """A statement without the comments and space in front of it."""
    lines = [line for line in statement.splitlines() if not line.lstrip().startswith("--")]
    return "\n".join(lines).strip()


# ---- servers ----

class ServerView:
    """What is in a database on a server."""

    def __init__(self, store, connection):
        self.store, self.connection = store, connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def recorded(self):
        """Ids of the applied revisions."""
        return {row[0] for row in self.rows_of("godwit_revision", "id")}

    def journal(self):
        """The revision that is half-way, or None."""
        rows = self.rows_of("godwit_statement", "revision, direction, number, total, state")
        return command.journal_of(sorted((one, way, int(number), int(total), state)
                                         for one, way, number, total, state in rows))

    def rows_of(self, table, columns):
        """Rows of a state table as text; none if it is not there."""
        try:
            return self.connection.execute(f"SELECT {columns} FROM {table}")
        except wire.Refused as refused:
            if refused.code in NO_TABLE:
                return []
            raise

    def sound(self):
        """Whatever can be read is."""
        return "ok"

    def state(self):
        """(schema, digest of the rows) of everything that is not ours."""
        return self.store.naive_state(self.connection)


def digest(tables):
    """Of (table, rows) pairs, whatever the order of rows, times left out."""
    total = hashlib.sha256()
    for table, rows in sorted(tables):
        plain = sorted(repr(["<time>" if cell and TIME.fullmatch(cell) else cell for cell in row])
                       for row in rows)
        total.update(repr((table, plain)).encode())
    return total.hexdigest()


class Server:
    """One database on one of the servers that GODWIT_TEST_* names, or on the one that is given."""

    Failure = (wire.Refused, OSError)
    settings = {}
    number = 0

    def __init__(self, folder, server=None):
        Server.number += 1
        self.folder = Path(folder)
        self.server = server or os.environ[self.variable]
        self.name = f"gw{os.getpid()}_{Server.number}"
        self.url = urlsplit(self.server)._replace(path="/" + self.name).geturl()

    def connect(self, name=None):
        """To a database of the server."""
        return wire.CONNECTIONS[self.backend](self.server, self.name if name is None else name)

    def admin(self, *statements):
        """Statements that are about databases."""
        with self.connect(self.home) as connection:
            for statement in statements:
                rows = connection.execute(statement)
        return rows

    def make_witness(self):
        """The table that statements write to."""
        with self.connect() as connection:
            connection.execute(WITNESS)

    def look(self, crashed=False):
        """A view; after a crash, what the dead client began has ended."""
        if crashed:
            self.settled()
        return ServerView(self, self.connect())

    def naive(self, witness):
        """A connection to it, made anew, in autocommit."""
        self.start_over()
        if witness:
            self.make_witness()
        return self.connect()

    def bytes(self):
        """What can be seen of it while somebody else holds locks: columns, and what is recorded."""
        with self.look() as view:
            state = [sorted(view.rows_of(f"godwit_{name}", "*")) for name in ("revision", "statement")]
            columns = view.connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE"
                f" {self.ours} ORDER BY 1, 2")
            return repr((columns, state)).encode()

    def nameless(self):
        """True if an owner has the lock and has not written its name there yet."""
        with self.look() as view:
            return all(not row[0] for row in view.rows_of("godwit_lock", "owner"))

    def settled(self):
        """Waits until no other connection is left."""
        with self.connect(self.home) as connection:
            wait_for(lambda: not connection.execute(self.others.format(name=self.name)),
                     "the end of the other connections")

    @staticmethod
    def statements(script):
        """A statement ends with a line that ends with a semicolon, outside of a $$ body."""
        current = ""
        for line in script.splitlines(keepends=True):
            current += line
            if line.rstrip().endswith(";") and current.count("$$") % 2 == 0:
                yield current.strip().removesuffix(";")
                current = ""
        if bare(current):
            yield current.strip()

    @classmethod
    def begins_by_itself(cls, script):
        """True if the script has transactions of its own."""
        return any(re.match(r"(BEGIN|START\s+TRANSACTION)\b", bare(one), re.I)
                   for one in cls.statements(script))


class Postgres(Server):
    """PostgreSQL: a kept database is a template."""

    backend, dialect, variable, home = "postgres", "pg", "GODWIT_TEST_POSTGRES", "postgres"

    @property
    def socket(self):
        """The server's own."""
        query = parse_qs(urlsplit(self.server).query)
        return f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"

    def through(self, port):
        """The URL of the database behind a proxy."""
        return f"postgresql://godwit@127.0.0.1:{port}/{self.name}?sslmode=disable"

    ours = "table_schema NOT IN ('pg_catalog', 'information_schema')"
    others = "SELECT pid FROM pg_stat_activity WHERE datname = '{name}'"

    objects = """
WITH space AS (SELECT oid FROM pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema')
                      AND nspname NOT LIKE 'pg\\_%'),
     relation AS (SELECT c.* FROM pg_class c JOIN space ON space.oid = relnamespace
                  WHERE relname !~ '^godwit_(revision|statement|lock|audit)')
SELECT 'schema ' || nspname FROM pg_namespace JOIN space USING (oid)
UNION ALL SELECT 'relation ' || oid::regclass || ' ' || relkind::text FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL SELECT 'column ' || attrelid::regclass || ' ' ||
       row_number() OVER (PARTITION BY attrelid ORDER BY attnum) || ' ' || attname || ' ' ||
       format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || attidentity::text ||
       attgenerated::text || ' ' || attcollation::regcollation || ' ' ||
       coalesce(pg_get_expr(adbin, adrelid), '-')
  FROM pg_attribute a JOIN relation r ON r.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm')
UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' ||
       pg_get_constraintdef(k.oid) || ' ' || convalidated
  FROM pg_constraint k JOIN relation r ON r.oid = conrelid
UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) || ' ' || indisvalid || ' ' || indisready
  FROM pg_index JOIN relation r ON r.oid = indrelid
UNION ALL SELECT 'view ' || oid::regclass || ' ' || pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || tgenabled::text
  FROM pg_trigger t JOIN relation r ON r.oid = tgrelid WHERE NOT tgisinternal
UNION ALL SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p JOIN space ON space.oid = pronamespace
  WHERE prokind IN ('f', 'p') AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
UNION ALL SELECT 'label ' || enumtypid::regtype || ' ' || row_number() OVER (PARTITION BY enumtypid ORDER BY enumsortorder)
       || ' ' || enumlabel FROM pg_enum
UNION ALL SELECT 'sequence ' || s.seqrelid::regclass || ' ' || s.seqstart || ' ' || s.seqincrement
  FROM pg_sequence s JOIN relation r ON r.oid = seqrelid
UNION ALL SELECT 'extension ' || extname FROM pg_extension
ORDER BY 1"""

    def drop(self, *also):
        """It, and what is kept of it."""
        kept = self.admin(f"SELECT datname FROM pg_database WHERE datname LIKE '{self.name}%'")
        self.admin(*[f'DROP DATABASE "{row[0]}" WITH (FORCE)' for row in kept], "SELECT 1")

    def start_over(self, kept=None):
        """Also ends who is still connected."""
        self.admin(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)',
                   f'CREATE DATABASE "{self.name}" TEMPLATE "{kept or "template0"}"')

    def keep(self, name):
        kept = f"{self.name}_{name}"
        self.settled()
        self.admin(f'DROP DATABASE IF EXISTS "{kept}"',
                   f'CREATE DATABASE "{kept}" TEMPLATE "{self.name}"')
        return kept

    @classmethod
    def is_whole(cls, migration_is_one, script):
        """True if a migration is one transaction, by what it says and does."""
        return (migration_is_one and not cls.begins_by_itself(script)
                and not re.search(r"\bCONCURRENTLY\b", script, re.I))

    def whole(self, connection, script):
        """A script that is one transaction."""
        connection.execute(script)

    def naive_state(self, connection):
        """(schema, digest of the rows)."""
        text = "\n".join(row[0] for row in connection.execute(self.objects)
                         if not OURS.search(row[0])) + "\n"
        tables = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE"
            " schemaname NOT IN ('pg_catalog', 'information_schema')")
        rows = [(table, connection.execute(f"SELECT * FROM {table}"))
                for (table,) in tables if not OURS.search(table)]
        return text, digest(rows)


class Mysql(Server):
    """MariaDB or MySQL: a kept database is a dump."""

    backend, dialect, variable, home = "mysql", "mysql", "GODWIT_TEST_MYSQL", ""

    @property
    def socket(self):
        """The server's own."""
        return parse_qs(urlsplit(self.server).query)["socket"][0]

    def through(self, port):
        """The URL of the database behind a proxy."""
        return f"mysql://root@127.0.0.1:{port}/{self.name}"

    ours = "table_schema = DATABASE()"
    others = "SELECT id FROM information_schema.processlist WHERE db = '{name}'"

    def client(self, name, *options, script=None):
        """The server's own client or dump."""
        done = subprocess.run([program(name), "--no-defaults", "--user=root", f"--socket={self.socket}",
                               "--default-character-set=utf8mb4", *options, self.name],
                              input=script, text=True, capture_output=True, check=False)
        if done.returncode:
            raise OSError(f"{name}: {done.stderr.strip()}")
        return done.stdout

    def end_others(self):
        """Who is still connected to it."""
        with self.connect("") as connection:
            for (number,) in connection.execute(self.others.format(name=self.name)):
                try:
                    connection.execute(f"KILL {number}")
                except wire.Refused:  # it has gone by itself
                    pass
        self.settled()

    def drop(self):
        """What is kept goes with the folder."""
        self.end_others()
        self.admin(f"DROP DATABASE IF EXISTS {self.name}")

    def start_over(self, kept=None):
        """Also ends who is still connected: a metadata lock would keep the database."""
        self.end_others()
        self.admin(f"DROP DATABASE IF EXISTS {self.name}",
                   f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        if kept:
            self.client("mariadb", script=Path(kept).read_text(encoding="utf-8"))

    def keep(self, name):
        path = self.folder / f"{name}.sql"
        path.write_text(self.client("mariadb-dump", "--routines", "--triggers", "--hex-blob",
                                    "--single-transaction"), encoding="utf-8")
        return path

    @staticmethod
    def is_whole(_migration_is_one, _script):
        """No script with DDL is one transaction."""
        return False

    def naive_state(self, connection):
        """(schema, digest of the rows)."""
        ask = connection.execute
        mine = "SELECT {} FROM information_schema.{} WHERE {}_schema = DATABASE() ORDER BY 1, 2"
        lines, rows = [], []
        for table, kind in ask(mine.format("table_name, table_type", "tables", "table")):
            if OURS.search(table):
                continue
            made = ask(f"SHOW CREATE TABLE `{table}`")[0][1]
            lines.append(re.sub(r" AUTO_INCREMENT=\d+", "", made))
            if kind == "BASE TABLE":
                rows.append((table, ask(f"SELECT * FROM `{table}`")))
        for columns, place, what in (
                ("trigger_name, event_object_table, event_manipulation, action_timing,"
                 " action_statement", "triggers", "trigger"),
                ("routine_name, routine_type, routine_definition", "routines", "routine"),
                ("event_name, event_definition, interval_value", "events", "event")):
            lines += [f"{what} {row}" for row in ask(mine.format(columns, place, what))]
        return "\n".join(lines).replace(f"`{self.name}`.", "") + "\n", digest(rows)


STORES = {one.backend: one for one in (Sqlite, Postgres, Mysql)}
