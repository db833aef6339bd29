"""Introspections of tokens that nobody knows: many of them are guesses, or a server gone wrong.

Each resource server's are counted, in each process. Too many are logged once a window, and slowed one
at a time, so that no question about a good token waits for them.
"""

import threading
import time
from dataclasses import dataclass, field

import structlog
from flask import Flask, current_app

log = structlog.get_logger("mandate.introspection")

LIMIT = 100
WINDOW = 10.0
PAUSE = 0.05
KEY = "mandate.misses"


@dataclass
class _Window:
    began: float
    count: int = 0


@dataclass
class Misses:
    """The misses of one process, by resource server."""

    windows: dict[str, _Window] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    slowed: threading.Lock = field(default_factory=threading.Lock)

    def note(self, resource_server: str) -> None:
        """Count a miss of a resource server; log too many, and slow what comes beyond them."""
        count = self._count(resource_server)
        if count == LIMIT + 1:
            log.warning("introspection.misses", resource_server=resource_server, limit=LIMIT)
        if count > LIMIT and self.slowed.acquire(blocking=False):
            try:
                time.sleep(PAUSE)
            finally:
                self.slowed.release()

    def _count(self, resource_server: str) -> int:
        at = time.monotonic()
        with self.lock:
            window = self.windows.setdefault(resource_server, _Window(at))
            if at - window.began >= WINDOW:
                window.began, window.count = at, 0
            window.count += 1
            return window.count


def install(app: Flask) -> None:
    """Give the app its counter."""
    app.extensions[KEY] = Misses()


def note_miss(resource_server: str) -> None:
    """Count a miss in the running app."""
    current_app.extensions[KEY].note(resource_server)
