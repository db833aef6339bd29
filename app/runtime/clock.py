"""The one clock of the running app. A request has one instant, however often it is asked for."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from flask import Flask, current_app, has_request_context, request

CLOCK = "mandate.clock"
INSTANT = "mandate.now"


def bind(app: Flask) -> None:
    """Give the app the clock of the machine."""
    app.extensions[CLOCK] = lambda: datetime.now(UTC)


def now() -> datetime:
    """Return the present instant, aware and in UTC; within a request always the same one."""
    if not has_request_context():
        return _read()
    if INSTANT not in request.environ:
        request.environ[INSTANT] = _read()
    return cast(datetime, request.environ[INSTANT])


def restart() -> None:
    """Let the running request take a new instant: it has to wait for its client's body."""
    request.environ.pop(INSTANT, None)


def instant_of(app: Flask) -> datetime:
    """Return the present instant of an app, outside of its requests."""
    return cast(Callable[[], datetime], app.extensions[CLOCK])()


def _read() -> datetime:
    return instant_of(current_app)
