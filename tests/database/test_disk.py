"""A disk without room is told from other failures, and for a while after the last one."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from app.database import disk


@pytest.fixture(autouse=True)
def _room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk._DISK, "full_at", 0.0)


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "error", [psycopg.errors.DiskFull("no room"), of_sqlite(sqlite3.SQLITE_FULL)]
)
def test_no_room_is_known(error: Exception) -> None:
    disk.note(error)
    assert disk.is_full()


@pytest.mark.parametrize(
    "error",
    [None, psycopg.errors.LockNotAvailable("wait"), of_sqlite(sqlite3.SQLITE_BUSY), ValueError()],
)
def test_other_failures_say_nothing(error: Exception | None) -> None:
    disk.note(error)
    assert not disk.is_full()


def test_a_write_that_works_counts_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    disk.note(of_sqlite(sqlite3.SQLITE_FULL))
    disk.note_write()
    assert disk.is_full()
    monkeypatch.setattr(disk, "STAYS", 0.0)
    disk.note_write()
    assert not disk.is_full()
