"""Turns: the few requests that work at once, and the others in the order in which they came."""

import threading
import time
from collections import deque
from collections.abc import Callable

STEP = 0.2  # seconds between two looks whether waiting still makes sense


class _Waiter:
    """One that waits; `number` is set before it is called."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.called = threading.Lock()
        self.called.acquire()


class Turns:
    """So many numbers, each of which one request has at a time."""

    def __init__(self, count: int) -> None:
        self._free = list(range(count))
        self._waiting: deque[_Waiter] = deque()
        self._mutex = threading.Lock()

    def take(self, patience: Callable[[], float]) -> int | None:
        """Return a number when it is this request's turn, None after `patience()` seconds.

        `patience` is asked again while the request waits.
        """
        with self._mutex:
            if self._free:
                return self._free.pop()
            waiter = _Waiter()
            self._waiting.append(waiter)
        began = time.monotonic()
        while not waiter.called.acquire(timeout=STEP):
            if time.monotonic() - began >= patience():
                return self._given_up(waiter)
        return waiter.number

    def _given_up(self, waiter: _Waiter) -> int | None:
        with self._mutex:
            if waiter.number is None:
                self._waiting.remove(waiter)
            return waiter.number

    def give(self, number: int) -> None:
        """Give a number back: to who has waited longest, if anybody waits."""
        with self._mutex:
            if self._waiting:
                waiter = self._waiting.popleft()
                waiter.number = number
                waiter.called.release()
            else:
                self._free.append(number)

    def is_free(self) -> bool:
        """Say whether a request would have its turn at once."""
        return bool(self._free)
