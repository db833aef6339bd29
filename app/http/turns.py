"""Turns: the few requests that work at once; of those that wait, the first is called first."""

import threading
import time
from collections import deque
from collections.abc import Callable

STEP = 0.2  # seconds between two looks whether waiting still makes sense


class _Waiter:
    """One that waits, until it is called to look whether there is a number for it."""

    def __init__(self) -> None:
        self.called = threading.Lock()
        self.called.acquire()


class Turns:
    """So many numbers, each of which one request has at a time.

    Who finds one free takes it without the mutex: the list of the free ones is safe by itself.
    """

    def __init__(self, count: int) -> None:
        self._free = list(range(count))
        self._waiting: deque[_Waiter] = deque()
        self._mutex = threading.Lock()

    def take(self, patience: Callable[[], float]) -> int | None:
        """Return a number when it is this request's turn, None after `patience()` seconds.

        `patience` is asked again while the request waits.
        """
        number = self._free_one()
        return self._waited(patience) if number is None else number

    def _free_one(self) -> int | None:
        try:
            return self._free.pop()
        except IndexError:
            return None

    def _waited(self, patience: Callable[[], float]) -> int | None:
        waiter = _Waiter()
        with self._mutex:
            self._waiting.append(waiter)
            self._call()  # a number may have come back before anybody saw that this one waits
        began = time.monotonic()
        while True:
            waiter.called.acquire(timeout=STEP)
            with self._mutex:
                number = self._free_one() if self._waiting[0] is waiter else None
                if number is not None:
                    self._waiting.popleft()
                    self._call()
                    return number
                if time.monotonic() - began >= patience():
                    self._waiting.remove(waiter)
                    self._call()
                    return None

    def _call(self) -> None:
        """Call who has waited longest, if there is a number; it may be called already."""
        if self._free and self._waiting and self._waiting[0].called.locked():
            self._waiting[0].called.release()

    def give(self, number: int) -> None:
        """Give a number back, and call who has waited longest.

        It is not kept for that one: handing it over would let it rest until a sleeping thread is awake,
        and whoever comes meanwhile has it back by then.
        """
        self._free.append(number)
        if self._waiting:
            with self._mutex:
                self._call()

    def is_free(self) -> bool:
        """Say whether a request would have its turn at once."""
        return bool(self._free)
