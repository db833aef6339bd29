"""The activity of the running app: noted by introspection, written by a thread beside the requests.

A server forks its processes, so the thread starts with the first note of a process. A clean end writes
what is left: `multiprocessing` calls its finalizers both in its children, as which Granian runs its
workers, and, through `atexit`, in plain processes.
"""

import os
import threading
from datetime import datetime
from multiprocessing.util import Finalize
from typing import cast

import structlog
from flask import Flask, current_app

from app.domain.introspection import Resolution
from app.services.introspection.activity import ActivityBuffer

log = structlog.get_logger()
ACTIVITY = "mandate.activity"
FLUSH_EVERY = 10.0
ENDS_WITHIN = 6.0  # before the server kills a worker that does not end
EXIT_PRIORITY = 10


class Recorder:
    """An app's buffer with the thread that writes it, anew in each process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self.buffer = ActivityBuffer()

    def note(
        self, resolved: Resolution, *, resource_server: str, address: str, at: datetime
    ) -> None:
        """Count a call; after the end it is written at once, because no thread will do it."""
        if self._thread is None or self._pid != os.getpid():
            self._start()
        self.buffer.note(resolved, resource_server=resource_server, address=address, at=at)
        if self._ending.is_set():
            self._flush()

    def close(self) -> None:
        """End the thread and write what is left; takes no longer than a server waits for its end."""
        self._ending.set()
        if self._thread is None or self._pid != os.getpid():
            return
        self._thread.join(ENDS_WITHIN)
        self._finalize.cancel()
        if len(self.buffer):
            log.error("activity.lost", rows=len(self.buffer))

    def _start(self) -> None:
        with self._lock:
            if self._pid != os.getpid():
                # The parent writes what was counted before the fork.
                self._begin()
            if self._thread is None and not self._ending.is_set():
                self._finalize = Finalize(None, self.close, exitpriority=EXIT_PRIORITY)
                thread = threading.Thread(target=self._run, name="activity", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while not self._ending.wait(FLUSH_EVERY):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        try:
            with self._app.app_context():
                self.buffer.flush()
        except Exception:
            log.exception("activity.failed")


def install(app: Flask) -> None:
    """Give the app its buffer."""
    app.extensions[ACTIVITY] = Recorder(app)


def recorder(app: Flask) -> Recorder:
    """Return what records the activity of an app."""
    return cast(Recorder, app.extensions[ACTIVITY])


def buffer() -> ActivityBuffer:
    """Return the buffer of the running app in this process."""
    return cast(Recorder, current_app.extensions[ACTIVITY]).buffer


def note(resolved: Resolution, *, resource_server: str, address: str, at: datetime) -> None:
    """Note what a credential was used for, at the running app."""
    own = cast(Recorder, current_app.extensions[ACTIVITY])
    own.note(resolved, resource_server=resource_server, address=address, at=at)
