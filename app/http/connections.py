"""Connections that hold a thread: who sends a body for too long is cut off.

The server reads a body in a thread, and nothing in it ends such a read. The kernel knows for how long
nothing was sent on a connection (`TCP_INFO`): whose request is still arriving after `PATIENCE` seconds
is among those to which nothing was sent for as long. The others among them wait for their next request,
and a connection that is idle may be closed at any time (RFC 9112 section 9.5).
"""

import os
import socket
import stat
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream

log = structlog.get_logger("mandate.connections")

PATIENCE = 10.0  # seconds that a body may take
LOOK_EVERY = 1.0  # seconds
DESCRIPTORS = Path("/proc/self/fd")
SIZE, LAST_SENT = (
    104,
    44,
)  # bytes of Linux's `tcp_info`, and where `tcpi_last_data_sent` stands in it


class Readers:
    """The threads that read a body, and when each began."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._began: dict[int, float] = {}
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._began)

    def read(self, body: "InputStream", limit: int) -> bytes:
        """Return a body that arrives, `limit` bytes of it at most."""
        me = threading.get_ident()
        self._began[me] = time.monotonic()
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="readers", daemon=True)
            self._thread.start()
        try:
            return body.read(limit)
        finally:
            del self._began[me]

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            late = time.monotonic() - PATIENCE
            overdue = sum(began < late for began in list(self._began.values()))
            if overdue and (cut := cut_off_silent(self._port, PATIENCE)):
                log.warning("connections.slow", bodies=overdue, closed=cut)


def cut_off_silent(port: int, seconds: float) -> int:
    """Shut the connections of this process at `port` on which nothing was sent for `seconds`.

    Returns how many. Where there is no `/proc` it does nothing.
    """
    cut = 0
    for path in DESCRIPTORS.iterdir() if DESCRIPTORS.is_dir() else ():
        with suppress(OSError):
            cut += _cut_off(int(path.name), port, seconds)
    return cut


def _cut_off(descriptor: int, port: int, seconds: float) -> bool:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return False
    # A copy of its own: the number may belong to another file at any moment.
    with socket.socket(fileno=os.dup(descriptor)) as connection:
        if connection.family not in (socket.AF_INET, socket.AF_INET6):
            return False
        if connection.getsockname()[1] != port:
            return False
        connection.getpeername()  # what listens has no peer and raises
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SIZE)
        (silent,) = struct.unpack_from("I", info, LAST_SENT)  # milliseconds
        if silent < seconds * 1_000:
            return False
        connection.shutdown(socket.SHUT_RDWR)
        return True
