"""Slots: a server with more threads than may work at once numbers those that work.

What is kept between requests, such as a connection, then belongs to a slot and not to one of the many
threads.
"""

import threading


class _Local(threading.local):
    number: int | None = None


_LOCAL = _Local()


def enter(number: int) -> None:
    """Let this thread work in a slot."""
    _LOCAL.number = number


def leave() -> None:
    """Let this thread work in no slot any more."""
    _LOCAL.number = None


def number() -> int | None:
    """Return the slot in which this thread works, if any."""
    return _LOCAL.number
