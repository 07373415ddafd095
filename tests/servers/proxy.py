#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A proxy in front of a database server that understands where a message of its protocol ends.

It counts messages and round trips, makes each round trip longer, and cuts or stalls a connection at a
chosen message. There is no TLS through it."""

import argparse
import contextlib
import json
import queue
import signal
import socket
import struct
import sys
import threading
import time

CHUNK = 1 << 16
PATIENCE = 5  # seconds for what is still on its way
SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


class Messages:
    """Cuts one direction of a stream into messages."""

    def __init__(self, starts_plain=False):
        self.kept = bytearray()
        self.plain = starts_plain  # the first message has no type in front of it

    def feed(self, chunk):
        """The messages that are complete with this chunk."""
        self.kept += chunk
        found = []
        while (length := self.length()) and length <= len(self.kept):
            found.append(bytes(self.kept[:length]))
            del self.kept[:length]
            self.begun(found[-1])
        return found

    def length(self):
        """Of the message at the front; 0 while that is not known."""
        raise NotImplementedError

    def begun(self, message):
        """After a message was taken."""


class PostgresMessages(Messages):
    """A type and a length that counts itself; the client's first one has no type."""

    def length(self):
        head = 0 if self.plain else 1
        return head + struct.unpack_from("!I", self.kept, head)[0] if len(self.kept) >= head + 4 else 0

    def begun(self, message):
        if self.plain and not wants_encryption(message):
            self.plain = False


class MysqlMessages(Messages):
    """Three bytes of length, one that counts."""

    def length(self):
        return 4 + int.from_bytes(self.kept[:3], "little") if len(self.kept) >= 4 else 0


def wants_encryption(message):
    """A PostgreSQL client that asks for TLS or GSS first."""
    return len(message) == 8 and struct.unpack("!II", message)[1] in (SSL_REQUEST, GSS_REQUEST)


PROTOCOLS = {"postgres": PostgresMessages, "mysql": MysqlMessages}


class Link:
    """One client's connection and the one to the server."""

    def __init__(self, proxy, client, server):
        self.proxy = proxy
        self.sockets = {"client": client, "server": server}  # by who speaks there
        self.last = "server"  # who spoke last
        self.stalled = False
        self.pumps = [threading.Thread(target=self.pump, args=(side,), daemon=True)
                      for side in ("client", "server")]

    def run(self):
        """Starts both directions."""
        for one in self.pumps:
            one.start()

    def settle(self):
        """Waits until all is counted that the client, which has ended, still said."""
        self.pumps[0].join(PATIENCE)

    def pump(self, side):
        """Forwards what one side says until either has gone."""
        source, target = self.sockets[side], self.sockets["server" if side == "client" else "client"]
        messages = PROTOCOLS[self.proxy.protocol](starts_plain=side == "client")
        line = Line(target, self.proxy.delay) if side == "client" and self.proxy.delay else None
        send = line.send if line else target.sendall
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                ready = chunk if self.proxy.blind else b"".join(self.passed(side, messages.feed(chunk)))
                if ready and not self.stalled:
                    send(ready)
        if line:
            line.end()
        if not self.stalled:
            self.close()

    def passed(self, side, messages):
        """The messages that may go on."""
        for message in messages:
            if self.proxy.protocol == "postgres" and side == "client" and wants_encryption(message):
                self.sockets["client"].sendall(b"N")
                continue
            verdict = self.proxy.count(self, side)
            if verdict == "cut":
                self.cut()
                return
            self.stalled = self.stalled or verdict == "stall"
            if self.stalled:
                return
            yield message

    def cut(self):
        """Both ends see a reset, as from a machine that has gone."""
        for one in self.sockets.values():
            if one.family != socket.AF_UNIX:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close(socket.SHUT_RD)

    def close(self, how=socket.SHUT_RDWR):
        """Ends both connections. The thread that waits for one of them would keep it alive, so it is
        woken first; SHUT_RD does that without a word to the other end."""
        for one in self.sockets.values():
            with contextlib.suppress(OSError):
                one.shutdown(how)
            one.close()


class Line:
    """A long line: what is sent arrives later, in order, and much of it can be under way."""

    def __init__(self, target, delay):
        self.target, self.delay = target, delay
        self.queue = queue.SimpleQueue()
        threading.Thread(target=self.deliver, daemon=True).start()

    def send(self, data):
        """Returns at once."""
        self.queue.put((time.monotonic() + self.delay, data))

    def end(self):
        """Nothing more will come."""
        self.queue.put((0, None))

    def deliver(self):
        """Hands out what is due."""
        with contextlib.suppress(OSError):
            while (item := self.queue.get())[1] is not None:
                time.sleep(max(0, item[0] - time.monotonic()))
                self.target.sendall(item[1])


class Proxy:
    """Listens on a port of 127.0.0.1 until the block ends.

    to: the server's socket path, or (host, port). cut, stall: at message N, counted from 1 over all
    connections of the direction "client", "server" or "both"; it happens once. blind: messages are not looked
    at, so that many of them take no longer than few; nothing is counted."""

    def __init__(self, protocol, to, *, delay_ms=0, cut=0, stall=0, direction="both", port=0, blind=False):
        self.protocol, self.to, self.delay = protocol, to, delay_ms / 1000
        self.blind = blind
        self.at, self.direction = {"cut": cut, "stall": stall}, direction
        self.messages = {"client": 0, "server": 0}
        self.round_trips = self.connections = 0
        self.lock = threading.Lock()
        self.links = []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for link in self.links:
            link.close()

    def accept(self):
        """Takes clients until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                try:
                    server = self.connect()
                except OSError:
                    client.close()
                    continue
                for one in (client, server):
                    if one.family != socket.AF_UNIX:
                        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                self.links.append(Link(self, client, server))
                self.links[-1].run()

    def connect(self):
        """A connection to the server."""
        if not isinstance(self.to, str):
            return socket.create_connection(self.to)
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self.to)
        except OSError:
            server.close()
            raise
        return server

    def count(self, link, side):
        """Counts a message; "cut" or "stall" if its time has come."""
        with self.lock:
            self.messages[side] += 1
            if side == "client" and link.last == "server":
                self.round_trips += 1
            link.last = side
            if self.direction not in (side, "both"):
                return None
            number = sum(self.messages.values()) if self.direction == "both" else self.messages[side]
            return next((what for what, at in self.at.items() if at == number), None)

    def counts(self):
        """What went through, once the clients have ended."""
        for link in self.links:
            link.settle()
        with self.lock:
            return {**self.messages, "round_trips": self.round_trips, "connections": self.connections}


def address(text):
    """A socket's path, or HOST:PORT."""
    host, _, port = text.rpartition(":")
    return text if "/" in text else (host, int(port))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument("--to", type=address, required=True, metavar="PATH|HOST:PORT",
                        help="the server; PATH is a unix socket")
    parser.add_argument("--port", type=int, default=0, help="where to listen (default: a free port)")
    parser.add_argument("--delay-ms", type=float, default=0, metavar="N",
                        help="a round trip takes N ms more")
    parser.add_argument("--count", metavar="FILE", help="write the numbers there at the end, as JSON")
    parser.add_argument("--cut", type=int, default=0, metavar="N",
                        help="reset both connections instead of forwarding message N")
    parser.add_argument("--stall", type=int, default=0, metavar="N",
                        help="forward nothing from message N on")
    parser.add_argument("--direction", choices=("client", "server", "both"), default="both",
                        help="whose messages --cut and --stall count (default: both)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Proxy(options.protocol, options.to, delay_ms=options.delay_ms, cut=options.cut,
               stall=options.stall, direction=options.direction, port=options.port) as proxy:
        print(proxy.port, flush=True)
        try:
            signal.pause()
        finally:
            if options.count:
                with open(options.count, "w", encoding="ascii") as file:
                    json.dump(proxy.counts(), file)


if __name__ == "__main__":
    sys.exit(main())
