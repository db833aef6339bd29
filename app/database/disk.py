"""A disk without room: reads go on, writes fail, and an operator has to know."""

import sqlite3
import time

FULL_ON_POSTGRESQL = "53100"
FULL_ON_SQLITE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
)
STAYS = 10.0  # seconds after the last failure: the next write may need no more room than there is


class _Disk:
    """When this process last had no room; 0 for never."""

    full_at = 0.0


_DISK = _Disk()


def note(error: BaseException | None) -> None:
    """Look whether a driver's error says that there is no room."""
    code = getattr(error, "sqlstate", None), getattr(error, "sqlite_errorcode", None)
    if code[0] == FULL_ON_POSTGRESQL or code[1] in FULL_ON_SQLITE:
        _DISK.full_at = time.monotonic()


def is_full() -> bool:
    """Say whether a write failed for want of room, and none has been seen to work since."""
    return _DISK.full_at > 0


def note_write() -> None:
    """Note that a write worked; it counts some seconds after the last failure."""
    if _DISK.full_at and time.monotonic() - _DISK.full_at > STAYS:
        _DISK.full_at = 0.0
