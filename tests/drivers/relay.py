"""A relay between Mandate and its database, which can swallow all that passes: a black hole.

`python -m tests.drivers.relay HOST PORT TARGET` listens there and leads to the Unix socket `TARGET`.
SIGUSR1 makes it swallow, SIGUSR2 ends that. What lost bytes meanwhile stays silent for ever, as a
connection does whose state a firewall has forgotten.
"""

from __future__ import annotations

import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

LISTENS_WITHIN = 10  # seconds


@dataclass(frozen=True)
class Relay:
    """A running relay."""

    host: str
    port: int
    process: subprocess.Popen[bytes]

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@{self.host}:{self.port}/{database}"

    def swallow(self) -> None:
        self.process.send_signal(signal.SIGUSR1)

    def carry(self) -> None:
        self.process.send_signal(signal.SIGUSR2)


@contextmanager
def running_relay(
    target: str, port: int, *, host: str = "127.0.0.1", within: Sequence[str] = ()
) -> Iterator[Relay]:
    """Run a relay to a Unix socket until the block ends; `within` is a program that runs programs."""
    command = [*within, sys.executable, "-m", "tests.drivers.relay", host, str(port), target]
    process = subprocess.Popen(command)
    try:
        _wait(host, port)
        yield Relay(host, port, process)
    finally:
        process.kill()
        process.wait(10)


def _wait(host: str, port: int) -> None:
    ends = time.monotonic() + LISTENS_WITHIN
    while time.monotonic() < ends:
        with suppress(OSError):
            socket.create_connection((host, port), timeout=1).close()
            return
        time.sleep(0.02)
    raise AssertionError("the relay does not listen")


class _Loop:
    """All the connections of the relay, in one thread."""

    def __init__(self, listener: socket.socket, target: str) -> None:
        self._listener = listener
        self._target = target
        self._selector = selectors.DefaultSelector()
        self._peers: dict[socket.socket, socket.socket] = {}
        self._silent: set[socket.socket] = set()
        self.swallows = False

    def run(self) -> None:
        self._selector.register(self._listener, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select(1):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._carry(key.fileobj)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        far = socket.socket(socket.AF_UNIX)
        try:
            if not self.swallows:
                far.connect(self._target)
        except OSError:
            near.close()
            return
        if self.swallows:
            self._silent |= {near, far}
        for one, other in ((near, far), (far, near)):
            self._peers[one] = other
        self._selector.register(near, selectors.EVENT_READ)
        if not self.swallows:
            self._selector.register(far, selectors.EVENT_READ)

    def _carry(self, source: socket.socket) -> None:
        sink = self._peers.get(source)
        if sink is None:
            return
        try:
            data = source.recv(65_536)
            if self.swallows:
                self._silent |= {source, sink}
            if data and source not in self._silent:
                sink.sendall(data)
        except OSError:
            data = b""
        if not data:
            self._close(source, sink)

    def _close(self, *both: socket.socket) -> None:
        for one in both:
            self._peers.pop(one, None)
            self._silent.discard(one)
            with suppress(KeyError, ValueError):
                self._selector.unregister(one)
            one.close()


def main() -> None:
    host, port, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with socket.create_server((host, port)) as listener:
        loop = _Loop(listener, target)
        signal.signal(signal.SIGUSR1, lambda *_: setattr(loop, "swallows", True))
        signal.signal(signal.SIGUSR2, lambda *_: setattr(loop, "swallows", False))
        loop.run()


if __name__ == "__main__":
    main()
