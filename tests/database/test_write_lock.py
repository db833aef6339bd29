"""Waiting for SQLite's write lock: fairly, and not for ever."""

from __future__ import annotations

import sqlite3
import statistics
import threading
import time
from pathlib import Path

import pytest

from app.database import patience
from app.database.write_lock import begin_writing


def opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=5000")
    return connection


def test_the_lock_is_taken_and_the_usual_patience_comes_back(tmp_path: Path) -> None:
    connection = opened(tmp_path / "one.db")
    assert begin_writing(connection)
    assert connection.in_transaction
    connection.execute("COMMIT")
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5_000,)


def test_who_waits_too_long_is_told_so(tmp_path: Path) -> None:
    holder, waiter = opened(tmp_path / "one.db"), opened(tmp_path / "one.db")
    assert begin_writing(holder)
    with patience.each(0.05):
        assert not begin_writing(waiter)
    assert not waiter.in_transaction
    holder.execute("COMMIT")
    assert begin_writing(waiter)


def test_what_is_no_lock_is_an_error(tmp_path: Path) -> None:
    connection = opened(tmp_path / "one.db")
    connection.execute("BEGIN")
    with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
        begin_writing(connection)


def test_the_lock_is_had_soon_after_it_is_free(tmp_path: Path) -> None:
    """SQLite's own wait looks again after up to 100 ms, once it has waited for a while."""
    holder, waiter = opened(tmp_path / "one.db"), opened(tmp_path / "one.db")
    late: list[float] = []
    for _ in range(5):
        assert begin_writing(holder)
        had = threading.Event()

        def wait(had: threading.Event = had) -> None:
            assert begin_writing(waiter)
            late.append(time.perf_counter())
            waiter.execute("COMMIT")
            had.set()

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.4)
        freed = time.perf_counter()
        holder.execute("COMMIT")
        assert had.wait(10)
        thread.join()
        late[-1] -= freed
    assert statistics.median(late) < 0.02, late
