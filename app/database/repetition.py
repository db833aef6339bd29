"""Running a transaction again that lost against another one: nothing of it has happened.

PostgreSQL ends one of two transactions that block each other, under SERIALIZABLE also one of two that
could not have run one after the other; databases of many machines do so all the time. What is
repeated is a whole function, so that it reads anew and makes new secrets.
"""

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog

from app.domain.errors import Unavailable

log = structlog.get_logger("mandate.database")

P = ParamSpec("P")
R = TypeVar("R")
PAUSES = (0.002, 0.01, 0.03, 0.08, 0.15)  # seconds before each further try
LOST = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected


def has_lost(error: BaseException | None) -> bool:
    """Say whether a driver's error means that the transaction lost against another one."""
    return getattr(error, "sqlstate", None) in LOST


def repeated(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function of one transaction run again, a few times, when its transaction has lost."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for pause in PAUSES:
            try:
                return function(*args, **kwargs)
            except Unavailable as error:
                if not error.has_lost:
                    raise
            log.info("database.repeats", function=function.__qualname__)
            # Two that met must not meet again: each thread waits a time of its own.
            time.sleep(pause * (1 + threading.get_ident() // 4096 % 97 / 97))
        try:
            return function(*args, **kwargs)
        except Unavailable as error:
            error.has_lost = False  # who called it need not repeat it as well
            raise

    return run
