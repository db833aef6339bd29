"""The thread that seals the audit log beside the requests, and the line that publishes each head.

A server forks its processes, so the thread starts with the first request in a process. Of all processes
one seals at a time; the others only look whether there is anything to do.
"""

import os
import threading
from datetime import timedelta
from typing import cast

import structlog
from flask import Flask

from app.domain.errors import Unavailable
from app.runtime import logs
from app.runtime.clock import instant_of
from app.runtime.current import keys_of_audit, settings_of
from app.services import audit_sealer
from app.services.audit_sealer import Run

log = structlog.get_logger("mandate.audit")
KEY = "mandate.audit_thread"
EVERY = 10.0  # seconds
ENDS_WITHIN = 6.0  # seconds, before the server kills a worker that does not end


class AuditThread:
    """The thread of one app, anew in each process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._pid = 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Let the thread of this process run; asked at each request, it costs next to nothing."""
        if self.is_running():
            return
        with self._lock:
            if not self.is_running():
                self._ending = threading.Event()
                ending = [self._ending]
                self._thread = threading.Thread(
                    target=self._run, args=ending, name="audit", daemon=True
                )
                self._thread.start()
                self._pid = os.getpid()

    def is_running(self) -> bool:
        """Say whether the thread of this process has begun."""
        return self._pid == os.getpid()

    def close(self) -> None:
        """End the thread and wait for it; it starts no more in this process."""
        self._ending.set()
        if self._thread is not None and self.is_running():
            self._thread.join(ENDS_WITHIN)

    def _run(self, ending: threading.Event) -> None:
        while not ending.wait(EVERY):
            try:
                with self._app.app_context():
                    self.seal()
            except Unavailable:
                continue  # the log has said so
            except Exception:
                log.exception("audit.failed")

    def seal(self) -> None:
        """Seal what is settled and publish the head, within the app's context."""
        key, *_ = keys_of_audit(settings_of(self._app))
        at = instant_of(self._app)
        run = audit_sealer.seal(key, at=at, every=timedelta(seconds=EVERY / 2))
        if run is not None:
            publish(run)


def publish(run: Run) -> None:
    """Write the head after a run to the log stream, where who changes the database cannot reach it."""
    logs.publish(
        "audit.sealed",
        segment=run.head.number,
        head=run.head.digest,
        first=run.first,
        last=run.last,
        segments=run.segments,
        events=run.events,
    )


def install(app: Flask) -> None:
    """Give the app its thread, which does not run yet."""
    app.extensions[KEY] = AuditThread(app)


def thread_of(app: Flask) -> AuditThread:
    """Return the thread of an app."""
    return cast(AuditThread, app.extensions[KEY])
