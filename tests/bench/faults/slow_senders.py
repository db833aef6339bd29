"""Senders that hold on to a server: bodies and headers that come byte by byte, and idle sockets.

`python -m tests.bench.faults.slow_senders PORT COUNT` keeps COUNT of each kind open until it is ended.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

EVERY = 1.0  # seconds between two bytes
HEAD = b"POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n"
KINDS = ((HEAD + FORM, b"a"), (HEAD, b"X-A: b\r\n"), (b"", b""))
OPEN_WITHIN = 20  # seconds


@contextmanager
def holding(port: int, count: int) -> Iterator[None]:
    """Keep so many of each kind open, from a process of their own, until the block ends."""
    command = [sys.executable, "-m", "tests.bench.faults.slow_senders", str(port), str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), "the senders could not connect"
        yield
    finally:
        process.kill()
        process.communicate()


class _Sender:
    """One connection, which is opened again when the server closes it."""

    def __init__(self, port: int, first: bytes, rest: bytes) -> None:
        self._port, self._first, self._rest = port, first, rest
        self._connection: socket.socket | None = None

    def step(self) -> None:
        with suppress(OSError):
            if self._connection is None:
                self._connection = socket.create_connection(("127.0.0.1", self._port), timeout=5)
                self._connection.sendall(self._first)
                return
            if self._is_closed(self._connection):
                raise ConnectionResetError
            self._connection.sendall(self._rest)
            return
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _is_closed(self, connection: socket.socket) -> bool:
        with suppress(BlockingIOError):
            return connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) is not None
        return False


def main() -> None:
    port, count = int(sys.argv[1]), int(sys.argv[2])
    senders = [_Sender(port, *kind) for kind in KINDS for _ in range(count)]
    for sender in senders:
        sender.step()
    print("open", flush=True)
    while True:
        time.sleep(EVERY)
        for sender in senders:
            sender.step()


if __name__ == "__main__":
    main()
