"""The gate between the production server and the app: who comes in, when, and who is told to wait.

The server has a thread for every request that is arriving, so that a slow sender holds up nobody. Few of
them may work at once: Python runs one at a time, and each that works needs a connection of the database.
Whether the server is well is told at the gate, because that must not wait for anything.
"""

import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Flask, g, json

from app.database import outage, slots
from app.domain.errors import Unavailable
from app.http import proxy_probe
from app.http.connections import Readers
from app.http.deadline import WAITED
from app.http.error_pages import page_of
from app.http.headers import PROGRAM_HEADERS
from app.http.limits import MAX_CHOICE
from app.http.paths import is_for_programs
from app.http.turns import Turns
from app.runtime import logs
from app.runtime.audit_thread import thread_of
from app.runtime.current import settings_of
from app.runtime.pulse import pulse_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], bytes]

WAITS = 10.0  # seconds for a turn
# While the database fails; with the span for the database that makes less than two.
WAITS_IN_TROUBLE = 0.7
MAX_READERS = 448  # bodies that arrive at once in one process
THREADS = 512  # of one process: those that read, and some to say no and to tell how the server is
ARRIVALS = 512  # requests that one process has at once; more wait outside
BUSY = "The service is busy; try again."
REFUSAL = {"error": "temporarily_unavailable", "error_description": BUSY}
CUT_OFF = {"error": "invalid_request", "error_description": "The body did not arrive in time."}
OK, LATE, TOO_MANY = "200 OK", "408 Request Timeout", "503 Service Unavailable"
MARK = b"@request-id@"
HEALTH, READINESS = "/healthz", "/readyz"


class Gate:
    """WSGI middleware around the whole app; `slot_count` requests work at once.

    `port` is where the server listens.
    """

    def __init__(self, app: Flask, *, slot_count: int, port: int) -> None:
        own = settings_of(app)
        self._app = app.wsgi_app
        self._turns = Turns(slot_count)
        self._readers = Readers(port)
        self._pulse = pulse_of(app)
        self._probes: dict[str, Callable[[], Answer]] = {}
        for root in {"", own.path}:
            self._probes |= {root + HEALTH: _lives, root + READINESS: self._readiness}
        self._path = own.path
        # Only a page that was asked for by GET asks to be loaded again.
        self._page, self._page_for_others = _page(app, "GET"), _page(app, "HEAD")
        self._pulse.trouble()  # so that the first question finds an answer
        thread_of(app).start()

    def __call__(self, environ: Environ, start_response: "StartResponse") -> Iterable[bytes]:
        """Let a request in when its body is there and a slot is free."""
        probe = self._probes.get(environ["PATH_INFO"])
        is_probe = probe is not None and environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if probe is not None and is_probe and proxy_probe.IN_ENVIRON not in environ:
            return _given(probe(), start_response)
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            if len(self._readers) >= MAX_READERS:
                return self._refused(environ, start_response)
            if not self._has_read(environ):
                return _given(_json(LATE, CUT_OFF), start_response)
        began = time.monotonic()
        number = self._turns.take(_patience)
        if number is None:
            return self._refused(environ, start_response)
        if outage.has_failed_lately():
            environ[WAITED] = time.monotonic() - began
        slots.enter(number)
        try:
            return self._app(environ, start_response)
        finally:
            slots.leave()
            self._turns.give(number)

    def _has_read(self, environ: Environ) -> bool:
        """Read a body and say whether it is whole; the app refuses one that is too large."""
        length = environ.get("CONTENT_LENGTH", "")
        if length.isdigit() and int(length) > MAX_CHOICE:
            environ["wsgi.input"] = BytesIO()
            return True
        body = self._readers.read(environ["wsgi.input"], MAX_CHOICE + 1)
        environ["wsgi.input"] = BytesIO(body)
        return not length.isdigit() or len(body) == int(length)

    def _readiness(self) -> Answer:
        trouble = self._pulse.trouble()
        return _json(TOO_MANY if trouble else OK, {"status": trouble or "ok"})

    def _refused(self, environ: Environ, start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix(self._path)
        request_id = logs.new_request_id()
        if is_for_programs(path):
            status, headers, content = _json(TOO_MANY, REFUSAL)
        else:
            is_get = environ["REQUEST_METHOD"] == "GET"
            status, headers, page = self._page if is_get else self._page_for_others
            content = page.replace(MARK, request_id.encode())
        logs.line(request_id, environ["REQUEST_METHOD"], path, int(status[:3]), time.perf_counter())
        more = [("Retry-After", "1"), ("X-Request-Id", request_id)]
        return _given((status, [*headers, *more], content), start_response)


def _patience() -> float:
    """Return how many seconds a request waits for its turn: few when that is in vain."""
    return WAITS_IN_TROUBLE if outage.has_failed_lately() else WAITS


def _lives() -> Answer:
    return _json(OK, {"status": "ok"})


def _json(status: str, body: dict[str, str]) -> Answer:
    return status, [*PROGRAM_HEADERS.items()], json.dumps(body).encode()


def _given(answer: Answer, start_response: "StartResponse") -> Iterable[bytes]:
    status, headers, content = answer
    start_response(status, [*headers, ("Content-Length", str(len(content)))])
    return [content]


def _page(app: Flask, method: str) -> Answer:
    """Return the page of a refusal, made before it is needed: there may be no slot to make it in."""
    with app.test_request_context(HEALTH, method=method):  # an address that is not logged
        g.request_id = MARK.decode()
        page = app.make_response(page_of(Unavailable(BUSY)))
        del g.request_id
        response = app.process_response(page)
        its_own = ("Content-Length", "X-Request-Id", "Retry-After", "Set-Cookie")
        headers = [(name, value) for name, value in response.headers if name not in its_own]
        return TOO_MANY, headers, response.get_data()
