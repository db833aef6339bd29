"""The one clock of the running app."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from flask import Flask, current_app

CLOCK = "mandate.clock"


def bind(app: Flask) -> None:
    """Give the app the clock of the machine."""
    app.extensions[CLOCK] = lambda: datetime.now(UTC)


def now() -> datetime:
    """Return the present instant, aware and in UTC: the only clock."""
    return cast(Callable[[], datetime], current_app.extensions[CLOCK])()
