# SPDX-License-Identifier: Apache-2.0
"""The least of both client protocols that a judge needs: a connection on the socket of a test server,
without a password, for many small questions. Nothing here uses Godwit or a client library."""

import socket
import struct
from urllib.parse import parse_qs, unquote, urlsplit

DEADLINE = 60  # seconds for one answer


class Refused(Exception):
    """The server said no, in its words; code is its own (SQLSTATE, or a number)."""

    def __init__(self, code, text):
        super().__init__(f"{text} ({code})")
        self.code = code


class Connection:
    """Ends with its block. execute() takes SQL and returns rows of text, None for NULL."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """The server notices by itself."""
        self.file.close()
        self.socket.close()

    def take(self, count):
        """So many bytes from the server."""
        found = self.file.read(count)
        if len(found) < count:
            raise ConnectionError("the server has closed the connection")
        return found


class Postgres(Connection):
    """The simple query protocol."""

    def __init__(self, url, database=None):
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        super().__init__(f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}")
        words = ["user", unquote(parts.username), "database", database or parts.path[1:], ""]
        body = struct.pack("!I", 196608) + b"".join(word.encode() + b"\0" for word in words)
        self.socket.sendall(struct.pack("!I", len(body) + 4) + body)
        self.in_transaction = False
        try:
            self.answer()
        except BaseException:
            self.close()
            raise

    def execute(self, sql):
        """Also several statements, which then are one transaction; the rows of all of them."""
        body = sql.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!I", len(body) + 4) + body)
        return self.answer()

    def answer(self):
        """Everything up to ReadyForQuery."""
        rows, refused = [], None
        while True:
            kind, length = struct.unpack("!cI", self.take(5))
            body = self.take(length - 4)
            if kind == b"D":
                rows.append(self.row(body))
            elif kind == b"E":
                fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0")}
                refused = Refused(fields.get(b"C", ""), fields.get(b"M", ""))
                if fields.get(b"S") == "FATAL":
                    raise refused
            elif kind == b"Z":
                self.in_transaction = body != b"I"
                if refused:
                    raise refused
                return rows

    @staticmethod
    def row(body):
        """One DataRow."""
        count, at, cells = struct.unpack_from("!H", body)[0], 2, []
        for _ in range(count):
            length = struct.unpack_from("!i", body, at)[0]
            at += 4
            cells.append(None if length < 0 else body[at:at + length].decode())
            at += max(length, 0)
        return tuple(cells)


class Mysql(Connection):
    """The text protocol."""

    # PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH, and CONNECT_WITH_DB
    flags, with_database = 0x0200 | 0x2000 | 0x8000 | 0x80000, 8

    def __init__(self, url, database=None):
        parts = urlsplit(url)
        super().__init__(parse_qs(parts.query)["socket"][0])
        try:
            self.packet()
            name = parts.path[1:] if database is None else database
            body = struct.pack("<IIB23x", self.flags | (self.with_database if name else 0), 1 << 24, 45)
            body += unquote(parts.username).encode() + b"\0" + b"\0"  # an empty password
            body += (name.encode() + b"\0" if name else b"") + b"mysql_native_password\0"
            self.send(body, 1)
            self.in_transaction = False
            self.status(self.packet())
        except BaseException:
            self.close()
            raise

    def send(self, body, number=0):
        """One packet."""
        self.socket.sendall(len(body).to_bytes(3, "little") + bytes([number]) + body)

    def packet(self):
        """One packet's body; an error is raised."""
        head = self.take(4)
        body = self.take(int.from_bytes(head[:3], "little"))
        if body[:1] == b"\xff":
            text = body[3:].decode(errors="replace")
            raise Refused(struct.unpack_from("<H", body, 1)[0], text[6:] if text[:1] == "#" else text)
        return body

    def status(self, body):
        """What an OK or EOF packet says of the transaction."""
        if body[:1] == b"\xfe":
            flags = struct.unpack_from("<H", body, 3)[0]
        else:
            _, at = self.number(body, 1)
            _, at = self.number(body, at)
            flags = struct.unpack_from("<H", body, at)[0]
        self.in_transaction = bool(flags & 1)

    def execute(self, sql):
        """One statement."""
        self.send(b"\x03" + sql.encode())
        first = self.packet()
        if first[:1] == b"\0":
            self.status(first)
            return []
        columns = self.number(first, 0)[0]
        for _ in range(columns + 1):  # and an EOF
            self.packet()
        rows = []
        while True:
            body = self.packet()
            if body[:1] == b"\xfe" and len(body) < 9:
                self.status(body)
                return rows
            rows.append(self.row(body, columns))

    @staticmethod
    def number(body, at):
        """(a length-encoded number, the place behind it)."""
        first = body[at]
        size = {0xfc: 2, 0xfd: 3, 0xfe: 8}.get(first)
        if size is None:
            return first, at + 1
        return int.from_bytes(body[at + 1:at + 1 + size], "little"), at + 1 + size

    def row(self, body, columns):
        """One row of a text result."""
        at, cells = 0, []
        for _ in range(columns):
            if body[at] == 0xfb:
                cells.append(None)
                at += 1
                continue
            length, at = self.number(body, at)
            cells.append(body[at:at + length].decode(errors="backslashreplace"))
            at += length
        return tuple(cells)


CONNECTIONS = {"postgres": Postgres, "mysql": Mysql}
