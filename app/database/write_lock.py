"""The write lock of SQLite, taken at the start of a transaction and waited for fairly.

A transaction that has read cannot take the lock safely any more: it could wait for itself. SQLite's own
wait sleeps for longer and longer, up to a tenth of a second, so whoever came last is served first and
some wait for very long. Here everybody asks again after about half a millisecond.
"""

import sqlite3
import time

from app.database import patience

STEP = 0.0005  # seconds between two tries
BUSY = 5  # SQLITE_BUSY, the low byte of its kinds


def begin_writing(connection: sqlite3.Connection) -> bool:
    """Begin a transaction with the write lock, and say whether it came in time.

    Raises sqlite3.Error for anything but a lock that somebody else has.
    """
    began = time.monotonic()
    ends = began + patience.left()
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while not _has_begun(connection):
            if time.monotonic() > ends:
                return False
            time.sleep(STEP)
    finally:
        patience.spend(time.monotonic() - began)
        connection.execute(f"PRAGMA busy_timeout={int(patience.whole() * 1_000)}")
    return True


def _has_begun(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != BUSY:
            raise
        return False
    return True
