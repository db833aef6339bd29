"""The pulse of the database: known without waiting, and true within a second or two."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

import pytest

from app.database import disk, transactions
from app.domain.errors import Unavailable
from app.runtime import pulse
from app.runtime.pulse import AWAY, FULL, pulse_of
from tests.drivers.world import World


def until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:
        time.sleep(0.02)
    return holds()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "LOOK_EVERY", 0.05)


def test_a_database_that_answers_is_no_trouble(world: World) -> None:
    assert until(lambda: pulse_of(world.app).trouble() is None)


def test_a_database_without_schema_is_not_ready(lone_world: World) -> None:
    lone_world.execute("ALTER TABLE alembic_version RENAME TO gone")
    assert until(lambda: pulse_of(lone_world.app).trouble() == AWAY)
    lone_world.execute("ALTER TABLE gone RENAME TO alembic_version")
    assert until(lambda: pulse_of(lone_world.app).trouble() is None)


def test_a_look_that_does_not_return_is_trouble_and_nobody_waits(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = pulse_of(lone_world.app)
    assert until(lambda: own.trouble() is None)
    monkeypatch.setattr(own, "_seconds", 0.1)
    monkeypatch.setattr(own, "_look", lambda: time.sleep(2))
    assert until(lambda: own.trouble() == AWAY, 1.5)
    began = time.monotonic()
    own.trouble()
    assert time.monotonic() - began < 0.09


def test_a_full_disk_is_said_until_writes_work_again(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    disk.note(error)
    own = pulse_of(lone_world.app)
    assert until(lambda: own.trouble() == FULL)

    def fails() -> None:
        raise Unavailable("It is full.")

    monkeypatch.setattr(disk, "STAYS", 0.0)
    with monkeypatch.context() as without_room:
        without_room.setattr(transactions, "takes_writes", fails)
        time.sleep(0.2)
        assert own.trouble() == FULL
    assert until(lambda: own.trouble() is None)


@pytest.mark.slow
def test_sqlite_says_that_its_disk_is_full(lone_world: World) -> None:
    pages = lone_world.execute("PRAGMA page_count")[0][0]

    def fill() -> None:
        with transactions.writing() as session:
            connection = session.connection()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            connection.exec_driver_sql("CREATE TABLE more (text)")
            connection.exec_driver_sql("INSERT INTO more VALUES (zeroblob(100000))")

    with lone_world.app.app_context(), pytest.raises(Unavailable):
        fill()
    assert disk.is_full()
    disk._DISK.full_at = 0.0
