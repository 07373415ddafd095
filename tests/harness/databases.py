# SPDX-License-Identifier: Apache-2.0
"""Databases on the test servers: made, dropped, looked at and migrated naively with the server's own
client. Nothing here uses Godwit."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

STATE = ("godwit_revision", "godwit_statement", "godwit_lock", "godwit_audit")
DEADLINE = 300  # seconds for one script


class ClientError(Exception):
    """The client ended with an error; its last lines."""


def _run(command, script=None, env=None):
    done = subprocess.run(command, input=script, text=True, capture_output=True, check=False,
                          timeout=DEADLINE, env=os.environ | (env or {}))
    if done.returncode:
        raise ClientError(done.stderr.strip()[-400:])
    return done.stdout


def _sorted_lines(found):
    return "".join(sorted(found[0].splitlines(keepends=True)))


class Database:
    """One database of a server; made anew by create()."""

    backend = dialect = variable = None

    def __init__(self, name):
        self.server = os.environ[self.variable]
        self.name = name

    def url(self):
        """Of this database, for Godwit."""
        parts = urlsplit(self.server)
        return parts._replace(path="/" + quote(self.name, safe="")).geturl()

    def scripts(self, many):
        """Runs many (name, text, transaction), each in a session of its own."""
        for name, text, transaction in many:
            try:
                self.script(text, transaction)
            except ClientError as error:
                raise ClientError(f"{name}: {error}") from error

    def applied(self):
        """Ids of the revisions that are recorded."""
        if not self.exists("godwit_revision"):
            return []
        return self.rows("SELECT id FROM godwit_revision")

    def halfway(self):
        """Rows of the statement journal, as text."""
        if not self.exists("godwit_statement"):
            return []
        return self.rows("SELECT revision FROM godwit_statement")


class Postgres(Database):
    """PostgreSQL, by psql and pg_dump."""

    backend, dialect, variable = "postgres", "pg", "GODWIT_TEST_POSTGRES"

    def create(self):
        """An empty database; roles that an earlier history made in the cluster are gone."""
        self.drop()
        self._psql(self.server, f'CREATE DATABASE "{self.name}"')

    def drop(self):
        self._psql(self.server, f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        roles = self._psql(self.server, "SELECT rolname FROM pg_roles WHERE oid >= 16384 AND"
                           " rolname NOT LIKE 'godwit%'").split()
        for role in roles:
            self._psql(self.server, f'DROP ROLE "{role}"')

    @staticmethod
    def _psql(url, script, *options):
        return _run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *options, "-f", "-", url], script)

    def script(self, text, transaction=False):
        """Runs a script as psql does."""
        self._psql(self.url(), text, *(["-1"] if transaction else []))

    def scripts(self, many):
        """In one psql, which connects anew for each: starting it takes longer than most of them."""
        with tempfile.TemporaryDirectory(prefix="gw-naive-") as folder:
            words = []
            for at, (name, text, transaction) in enumerate(many):
                path = Path(folder) / f"{at:05}-{re.sub(r'[^A-Za-z0-9._-]+', '_', name)}.sql"
                path.write_text(text, encoding="utf-8")
                step = ["-f", str(path)]
                words += ["-c", "\\connect -", *(["-c", "BEGIN", *step, "-c", "COMMIT"]
                                                if transaction else step)]
            if words:
                _run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *words, self.url()])

    def rows(self, query):
        return self._psql(self.url(), query).splitlines()

    def exists(self, table):
        return self.rows(f"SELECT to_regclass('public.{table}') IS NOT NULL") == ["t"]

    def schema(self):
        """The whole schema without the state tables of Godwit."""
        hidden = [f"--exclude-table=*.{table}" for table in STATE]
        text = _run(["pg_dump", "--schema-only", *hidden, "-d", self.url()])
        # What newer versions put around a dump differs each time, and who was granted something first is
        # history, not schema.
        text = re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.M)
        return re.sub(r"(?:^GRANT .*;\n)+", _sorted_lines, text, flags=re.M)


class Mysql(Database):
    """MariaDB, by its client and its dump."""

    backend, dialect, variable = "mysql", "mysql", "GODWIT_TEST_MYSQL"

    def _options(self):
        parts = urlsplit(self.server)
        query = parse_qs(parts.query)
        options = [f"--user={unquote(parts.username or 'root')}"]
        if "socket" in query:
            options.append(f"--socket={query['socket'][0]}")
        else:
            options += [f"--host={parts.hostname}", f"--port={parts.port}"]
        return options

    def _client(self, script, *database):
        return _run(["mariadb", "--no-defaults", *self._options(), "--batch", "--skip-column-names", "--comments",
                     "--default-character-set=utf8mb4", *database], script)

    def create(self):
        """An empty database."""
        self.drop()
        self._client(f"CREATE DATABASE `{self.name}` CHARACTER SET utf8mb4")

    def drop(self):
        self._client(f"SET foreign_key_checks = 0; DROP DATABASE IF EXISTS `{self.name}`")

    def script(self, text, transaction=False):
        """Runs a script as the client does. Bodies without DELIMITER are for a multi-statement
        query, which the client sends when the delimiter never occurs."""
        bodies = re.search(r"^\s*CREATE\s+(OR\s+REPLACE\s+)?PROCEDURE", text, re.I | re.M)
        if bodies and "DELIMITER" not in text.upper():
            text = f"DELIMITER //gw//\n{text}\n//gw//\n"
        self._client(text, self.name)

    def rows(self, query):
        return self._client(query, self.name).splitlines()

    def exists(self, table):
        return self.rows("SELECT count(*) FROM information_schema.tables WHERE table_schema ="
                         f" '{self.name}' AND table_name = '{table}'") == ["1"]

    def schema(self):
        """The whole schema without the state tables of Godwit."""
        hidden = [f"--ignore-table={self.name}.{table}" for table in STATE]
        text = _run(["mariadb-dump", "--no-defaults", *self._options(), "--no-data", "--routines",
                     "--triggers", "--events", "--skip-comments", "--skip-dump-date", *hidden,
                     self.name])
        return re.sub(r" AUTO_INCREMENT=\d+", "", text)


DATABASES = {one.dialect: one for one in (Postgres, Mysql)}


def optional(path):
    """The text of a file that a history may have, "" if it has none."""
    path = Path(path)
    return path.read_text(encoding="utf-8-sig") if path.exists() else ""
