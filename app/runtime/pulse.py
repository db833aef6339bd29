"""The pulse of the database: a thread looks at it every second, so that nobody has to wait to know.

A server forks its processes, so the thread starts with the first question in a process.
"""

import os
import threading
import time
from typing import cast

import structlog
from flask import Flask

from app.database import disk, patience, transactions
from app.domain.errors import Unavailable

log = structlog.get_logger("mandate.pulse")

KEY = "mandate.pulse"
LOOK_EVERY = 1.0  # seconds
FIRST = 0.08  # seconds that the first question waits for the first look
AWAY = "the database does not answer"
FULL = "the disk of the database is full"


class Pulse:
    """What a process knows of its database; `seconds` is how long a look may take."""

    def __init__(self, app: Flask, seconds: float) -> None:
        self._app = app
        self._seconds = seconds
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._pid = 0
        self._ending = threading.Event()
        self._looked = threading.Event()
        self._at = 0.0
        self._trouble: str | None = None

    def trouble(self) -> str | None:
        """Return what is wrong in a few words, or None; takes a tenth of a second at most."""
        if self._pid != os.getpid():
            self._start()
        self._looked.wait(FIRST)
        is_late = time.monotonic() - self._at > self._seconds + 2 * LOOK_EVERY
        return AWAY if is_late else self._trouble

    def _start(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._begin()
            threading.Thread(
                target=self._run, args=[self._ending], name="pulse", daemon=True
            ).start()
            self._pid = os.getpid()

    def close(self) -> None:
        """End the thread; a later question starts another one."""
        self._ending.set()
        self._pid = 0

    def _run(self, ending: threading.Event) -> None:
        while not ending.is_set():
            self._trouble, self._at = self._look(), time.monotonic()
            self._looked.set()
            ending.wait(LOOK_EVERY)

    def _look(self) -> str | None:
        try:
            with self._app.app_context(), patience.each(self._seconds):
                transactions.answers()
                if disk.is_full():
                    transactions.takes_writes()
                    disk.note_write()
        except Unavailable:
            return FULL if disk.is_full() else AWAY
        except Exception:
            log.exception("pulse.failed")
            return AWAY
        return FULL if disk.is_full() else None


def install(app: Flask, seconds: float) -> None:
    """Give the app its pulse."""
    app.extensions[KEY] = Pulse(app, seconds)


def pulse_of(app: Flask) -> Pulse:
    """Return the pulse of an app."""
    return cast(Pulse, app.extensions[KEY])
