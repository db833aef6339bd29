"""How long a use of the database may take, seen from here: when it hangs, its own limits hang with it.

A request has a span for all its waiting together. Who is nobody's request, such as a thread that writes
activity, has `WITHOUT` for each use; a command that works on the whole database takes the time it takes.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

WITHOUT = 5.0  # seconds
FOREVER = 7 * 86_400.0


class _Local(threading.local):
    whole: float = WITHOUT
    left: float | None = None  # None: each use has the whole


_LOCAL = _Local()


def begin(seconds: float) -> None:
    """Let all uses of the database in this thread wait `seconds` together, until `finish`."""
    _LOCAL.whole = _LOCAL.left = seconds


def finish() -> None:
    """End what `begin` began."""
    _LOCAL.whole, _LOCAL.left = WITHOUT, None


@contextmanager
def each(seconds: float) -> Iterator[None]:
    """Let every single use of the database in this block and this thread wait `seconds`."""
    before = _LOCAL.whole, _LOCAL.left
    _LOCAL.whole, _LOCAL.left = seconds, None
    try:
        yield
    finally:
        _LOCAL.whole, _LOCAL.left = before


def left() -> float:
    """Return how many seconds the next use may wait; 0 when nothing is left."""
    return _LOCAL.whole if _LOCAL.left is None else _LOCAL.left


def whole() -> float:
    """Return how many seconds there were at the beginning."""
    return _LOCAL.whole


def spend(seconds: float) -> None:
    """Take what was waited off what is left."""
    before = _LOCAL.left
    if before is not None:
        _LOCAL.left = before - seconds if seconds < before else 0.0
