"""An SQLite file shrinks when much of it is free."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.database import free_pages
from app.services import maintenance
from tests.drivers.world import World

OVER = "2020-01-01 00:00:00.000000"
FACT = "SELECT email FROM users WHERE username = 'ben'"


def file_of(world: World) -> Path:
    return Path(world.app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))


def given_back(world: World) -> int:
    with world.app.app_context():
        return free_pages.give_back()


def grow(world: World, rows: int) -> None:
    """Add leases that are over; each takes two pages of 4 kB and more."""
    with closing(sqlite3.connect(file_of(world))) as connection, connection:
        connection.executemany(
            "INSERT INTO leases (digest, ends_at) VALUES (? || hex(zeroblob(4000)), ?)",
            ((number, OVER) for number in range(rows)),
        )


def test_the_file_is_as_small_as_before_once_most_rows_are_cleaned_up(lone_world: World) -> None:
    given_back(lone_world)
    before = file_of(lone_world).stat().st_size
    grow(lone_world, 200)
    with lone_world.app.app_context():
        assert maintenance.clean_up(at=lone_world.at)["claims"] == 200
    assert file_of(lone_world).stat().st_size <= before + 4_096
    assert lone_world.execute(FACT)
    assert lone_world.execute("PRAGMA integrity_check") == [("ok",)]


def test_what_is_given_back_is_counted_in_bytes(lone_world: World) -> None:
    grow(lone_world, 200)
    lone_world.execute("DELETE FROM leases")
    lone_world.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = file_of(lone_world).stat().st_size
    assert given_back(lone_world) == before - file_of(lone_world).stat().st_size > 1_000_000
    assert given_back(lone_world) == 0


def test_a_file_with_little_to_give_is_left_alone(lone_world: World) -> None:
    given_back(lone_world)
    grow(lone_world, 3)
    lone_world.execute("DELETE FROM leases")
    assert given_back(lone_world) == 0
    assert int(str(lone_world.execute("PRAGMA freelist_count")[0][0])) > 3


def busy(lone_world: World) -> Callable[[], None]:
    """Hold the write lock; returns what ends it."""
    other = sqlite3.connect(file_of(lone_world), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other.close


def test_a_file_that_is_busy_stays_as_it_is_and_the_log_says_so(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.database.engine.SQLITE_PRAGMAS", ("PRAGMA busy_timeout=50",))
    grow(lone_world, 200)
    lone_world.execute("DELETE FROM leases")
    done = busy(lone_world)
    with capture_logs() as log:
        assert given_back(lone_world) == 0
    done()
    assert [entry["event"] for entry in log] == ["database.not_shrunk"]
    assert given_back(lone_world) > 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_looks_after_itself(world: World) -> None:
    assert given_back(world) == 0
