"""Which way a request takes: the short one, or the long one through Flask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from app.http.deadline import Deadline
from app.oauth.short_way import ShortWay


def short_way_of(app: Flask) -> ShortWay:
    found: Any = app.wsgi_app
    while isinstance(found, Deadline):
        found = found._app
    assert isinstance(found, ShortWay)
    return found


@contextmanager
def long_requests(app: Flask) -> Iterator[list[str]]:
    """Give a list that grows by the address of each request that takes the long way."""
    shortcut = short_way_of(app)
    long_way, taken = shortcut.long_way, list[str]()

    def watched(environ: Any, start: Any) -> Any:
        taken.append(environ["PATH_INFO"])
        return long_way(environ, start)

    setattr(shortcut, "long_way", watched)
    try:
        yield taken
    finally:
        setattr(shortcut, "long_way", long_way)


@contextmanager
def only_long(app: Flask) -> Iterator[None]:
    """Let every request take the long way."""
    whole = app.wsgi_app
    setattr(app, "wsgi_app", short_way_of(app).long_way)
    try:
        yield
    finally:
        setattr(app, "wsgi_app", whole)
