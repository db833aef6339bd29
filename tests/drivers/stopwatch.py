"""How long a call takes, on a machine that others use too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Given = TypeVar("Given")


def timed(call: Callable[[], Given], *, within: float) -> tuple[Given, float]:
    """Return what a call gives and the seconds that it took.

    One that took longer than `within` is made again, twice at most: neighbours slow down some of the
    tries, a fault does it each time.
    """
    given, took = _once(call)
    for _ in range(2):
        if took > within:
            given, took = _once(call)
    return given, took


def _once(call: Callable[[], Given]) -> tuple[Given, float]:
    began = time.monotonic()
    given = call()
    return given, time.monotonic() - began
