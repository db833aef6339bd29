"""The request log: one JSON line a request, with a request id and without query, form or headers."""

import logging
import re
import sys
import time

import structlog
from flask import Flask, Response, g, request
from structlog.typing import Processor

from app.domain.credentials.secrets import random_base62

SECRET = re.compile(r"(mdt[a-z]_)[^/]*")
log = structlog.get_logger("mandate.request")


PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(),
]


def configure(level: int = logging.INFO) -> None:
    """Send structured events to stderr as JSON lines."""
    structlog.configure(
        processors=PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def publish(event: str, **values: object) -> None:
    """Write an event to the log whatever its level is: commands keep silent otherwise."""
    always = structlog.make_filtering_bound_logger(logging.INFO)
    structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr), processors=PROCESSORS, wrapper_class=always
    ).info(event, **values)


def install(app: Flask, *, quiet: frozenset[str]) -> None:
    """Log each request of the app; of the endpoints in `quiet` only those that had an event."""

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _finish(response: Response) -> Response:
        if request.endpoint not in quiet or "request_id" in g:
            response.headers.setdefault("X-Request-Id", request_id())
            line(request_id(), request.method, request.path, response.status_code, g.started)
        return response


def request_id() -> str:
    """Return the id of the running request, which its answer and its log line carry."""
    if "request_id" not in g:
        g.request_id = new_request_id()
    return str(g.request_id)


def new_request_id() -> str:
    """Return an id for a request that is answered outside of Flask."""
    return random_base62(16)


def without_secrets(path: str) -> str:
    """Return a path with every text in it that has the form of a secret of ours hidden."""
    return SECRET.sub(lambda found: f"{found[1]}…", path)


def line(request_id: str, method: str, path: str, status: int, started: float) -> None:
    """Log an answered request; `started` is the performance counter (in seconds) when it began."""
    # The query may hold a code, so it is left out.
    log.info(
        "request",
        request_id=request_id,
        method=method,
        path=without_secrets(path)[:200],
        status=status,
        milliseconds=round((time.perf_counter() - started) * 1_000, 1),
    )
