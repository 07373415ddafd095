# SPDX-License-Identifier: Apache-2.0
"""The servers that the tests know: how each is made, started, and asked whether it is up.

SIGKILL loses nothing that was handed to the kernel, so only figures need a sync to disk (--durable);
what guards against half-written pages stays on, since a kill can cut a write in two."""

import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

from processes import Process, ServerError, as_account, call, spawn, wait_for

USER = "godwit"  # superuser: without a password on the socket, with one over TCP
CLIENT = "godwit_client"  # a user without rights, with the same password


class Missing(ServerError):
    """A program that is not installed."""


def program(name, *folders):
    """The absolute path of a program."""
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=path)
    if not found:
        raise Missing(f"the program '{name}' is missing")
    return found


def free_port():
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """What all kinds share. The folder is for the server's account alone, and with it the socket."""

    needs = None  # the server that this one stands in front of
    accounts = ()  # whose it is when root starts it; 'nobody' if there are none of these
    orderly = quick = signal.SIGTERM  # the end that keeps the data, the end when it is thrown away

    def __init__(self, state, home, user, durable=False, port=0, password=None, process=None):
        self.state, self.home, self.user, self.durable = Path(state), Path(home), user, durable
        self.port = port or free_port()
        self.password = password or secrets.token_hex(12)
        self.process = process
        self.log = self.home / "log"

    @classmethod
    def read(cls, state):
        """The server that a state file tells of, dead or alive; None if there is no such file."""
        try:
            saved = json.loads(Path(state).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        user = pwd.getpwuid(saved["uid"]) if os.geteuid() == 0 else None
        return cls(state, saved["home"], user, saved["durable"], saved["port"], saved["password"],
                   Process(*saved["process"]))

    def save(self):
        """Writes the state file, which has the password in it."""
        one = self.process
        text = json.dumps({"home": str(self.home), "uid": self.user.pw_uid if self.user else os.getuid(),
                           "durable": self.durable, "port": self.port, "password": self.password,
                           "process": [one.pid, one.started, one.booted]})
        new = self.state.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                  encoding="utf-8") as file:
            file.write(text)
        new.replace(self.state)

    def launch(self, environment=None, extra=()):
        """Starts the server on its data, and waits until it answers."""
        self.process = spawn([*self.command(), *extra], self.user, self.home, self.log,
                             os.environ | (environment or {}))
        self.save()
        try:
            wait_for(lambda: self.up() or not self.process.alive(), f"the start of {self.name}")
            if not self.process.alive():
                raise ServerError(f"{self.name} ended at once")
        except ServerError as error:
            self.process.kill()
            tail = self.log.read_text(errors="replace").splitlines()[-20:]
            raise ServerError("\n".join([str(error), *tail])) from None

    def kill(self):
        """The server dies with all its processes; its data stays as it is."""
        self.process.kill()

    def halt(self):
        """An orderly end that keeps the data."""
        self.process.stop(self.orderly)

    def write(self, name, text):
        """A file in the folder that the server can read."""
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return path

    def call(self, *command):
        """Runs a program as the server's account."""
        call([str(word) for word in command], self.user, self.home)


class Postgres(Server):
    """PostgreSQL: the newest version of the machine, or GODWIT_TEST_PG_BIN."""

    name, variable, accounts = "postgres", "GODWIT_TEST_POSTGRES", ("postgres",)
    orderly, quick = signal.SIGINT, signal.SIGQUIT

    settings = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{home}'
ssl = on
ssl_cert_file = '{home}/certificate'
ssl_key_file = '{home}/key'
fsync = {sync}
dynamic_shared_memory_type = mmap
max_connections = 40
max_prepared_transactions = 4
shared_buffers = 32MB
autovacuum = off
log_line_prefix = '%m [%p] '
log_statement = none
"""
    access = """
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""

    @staticmethod
    def bin(name):
        """A program of the server's version."""
        given = os.environ.get("GODWIT_TEST_PG_BIN")
        if given:
            return program(name, given)
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True,
                       key=lambda path: [int(part) for part in re.findall(r"\d+", str(path))])
        return program(name, *found)

    def create(self, _behind):
        data = self.home / "data"
        self.call(self.bin("initdb"), "-D", data, "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "-N",
                  f"--pwfile={self.write('secret', self.password)}", "--auth=trust")
        self.call(program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=not-this-host",
                  "-keyout", self.home / "key", "-out", self.home / "certificate")
        (self.home / "key").chmod(0o600)
        text = self.settings.format(home=self.home, port=self.port, sync="on" if self.durable else "off")
        with open(data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(text)
        (data / "pg_hba.conf").write_text(self.access, encoding="utf-8")
        self.single(f"CREATE ROLE {CLIENT} LOGIN PASSWORD '{self.password}'")

    def single(self, sql):
        """Runs one statement without a server."""
        script = self.write("sql", sql + "\n")
        with open(script, encoding="utf-8") as file:
            ended = subprocess.run([self.bin("postgres"), "--single", "-D", self.home / "data", "postgres"],
                                   cwd=self.home, stdin=file, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, check=False,
                                   **as_account(self.user))
        if ended.returncode or "ERROR" in ended.stdout:
            raise ServerError(f"postgres --single failed:\n{ended.stdout}")

    def command(self):
        # A killed server may still wait for its parent to notice, and would be taken for a running one.
        for lock in (self.home / "data" / "postmaster.pid", self.home / f".s.PGSQL.{self.port}.lock"):
            lock.unlink(missing_ok=True)
        return [self.bin("postgres"), "-D", str(self.home / "data")]

    def up(self):
        """The last line of the lock file says so, and whose it is says the first one."""
        try:
            lines = (self.home / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and int(lines[0]) == self.process.pid and lines[7].strip() in (
            "ready", "standby")

    def url(self, tcp=False, user=USER, database="postgres"):
        """postgresql://..., for a user of ours."""
        if tcp:
            return f"postgresql://{user}:{self.password}@127.0.0.1:{self.port}/{database}"
        return f"postgresql://{user}@/{database}?host={quote(str(self.home))}&port={self.port}"


class MariaDB(Server):
    """MariaDB, or whatever GODWIT_TEST_MYSQLD names, MySQL too."""

    name, variable, accounts = "mariadb", "GODWIT_TEST_MYSQL", ("mysql",)

    first = """
CREATE USER IF NOT EXISTS '{user}'@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON *.* TO '{user}'@'127.0.0.1' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS '{client}'@'127.0.0.1' IDENTIFIED BY '{password}';
CREATE DATABASE IF NOT EXISTS godwit;
"""

    @staticmethod
    def server():
        """The server program."""
        given = os.environ.get("GODWIT_TEST_MYSQLD")
        if given:
            return program(given)
        try:
            return program("mariadbd")
        except Missing:
            return program("mysqld")

    @property
    def log_size(self):
        """Small is quick to make; the server's default, so that figures are not those of a full log."""
        return "96M" if self.durable else "8M"

    def is_mariadb(self):
        said = subprocess.run([self.server(), "--no-defaults", "--version"], capture_output=True,
                              text=True, check=False).stdout
        return "MariaDB" in said

    @property
    def socket(self):
        return self.home / "socket"

    def create(self, _behind):
        data, server = self.home / "data", self.server()
        if not self.is_mariadb():
            self.call(server, "--no-defaults", "--initialize-insecure", f"--datadir={data}")
        else:
            base = Path(server).resolve().parents[1]
            install = program("mariadb-install-db", base / "scripts", base / "bin")
            whose = [f"--user={self.user.pw_name}"] if self.user else []
            self.call(install, "--no-defaults", f"--basedir={base}", f"--datadir={data}",
                      "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
                      f"--innodb-log-file-size={self.log_size}", "--innodb-flush-method=fsync", *whose)
        self.write("first.sql", self.first.format(user=USER, client=CLIENT, password=self.password))

    def command(self):
        words = [self.server(), "--no-defaults", f"--datadir={self.home}/data", f"--socket={self.socket}",
                 f"--tmpdir={self.home}", f"--pid-file={self.home}/pid", f"--init-file={self.home}/first.sql",
                 "--bind-address=127.0.0.1", f"--port={self.port}", "--skip-name-resolve",
                 "--skip-log-bin", "--performance-schema=OFF", "--max-connections=40",
                 "--innodb-buffer-pool-size=32M", "--innodb-flush-method=fsync",
                 "--character-set-server=utf8mb4"]
        if self.is_mariadb():
            return [*words, f"--innodb-log-file-size={self.log_size}"]
        return [*words, "--mysqlx=OFF"]

    def up(self):
        """It greets (protocol version 10) and does not complain (0xff)."""
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1)
                probe.connect(str(self.socket))
                return probe.recv(5)[4:] == b"\x0a"
        except OSError:
            return False

    def url(self, tcp=False, user=None, database="godwit"):
        """mysql://..., for a user of ours; root's on the socket."""
        if tcp:
            return f"mysql://{user or USER}:{self.password}@127.0.0.1:{self.port}/{database}"
        return f"mysql://{user or 'root'}@localhost/{database}?socket={quote(str(self.socket))}"


class PgBouncer(Server):
    """pgbouncer with transaction pooling, in front of our PostgreSQL."""

    name, variable, accounts = "pgbouncer", "GODWIT_TEST_PGBOUNCER", ("postgres",)
    needs = "postgres"
    orderly = quick = signal.SIGTERM

    settings = """
[databases]
* = host={behind.home} port={behind.port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir = {home}
auth_type = hba
auth_hba_file = {home}/hba
auth_file = {home}/users
pool_mode = transaction
default_pool_size = 4
logfile = {home}/pgbouncer.log
pidfile = {home}/pid
ignore_startup_parameters = extra_float_digits
"""
    access = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"

    def create(self, behind):
        self.password = behind.password
        self.write("hba", self.access)
        self.write("users", f'"{USER}" "{self.password}"\n"{CLIENT}" "{self.password}"\n')
        self.write("ini", self.settings.format(home=self.home, port=self.port, behind=behind))

    def command(self):
        return [program("pgbouncer"), "-q", str(self.home / "ini")]

    def up(self):
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self.home / f".s.PGSQL.{self.port}"))
                return True
        except OSError:
            return False

    url = Postgres.url


KINDS = {kind.name: kind for kind in (Postgres, MariaDB, PgBouncer)}
