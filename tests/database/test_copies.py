"""Copies of an SQLite database never take the place of what nobody gave up."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.database import copies
from app.domain.errors import Conflict, Invalid
from tests.drivers.deployment import Prepared


@pytest.fixture
def database(lone_database: Prepared) -> Path:
    return Path(lone_database.url.removeprefix("sqlite:///"))


def test_what_is_kept_of_before_overwrites_nothing(database: Path, tmp_path: Path) -> None:
    """Its name is that of a second; a file of that name may be there."""
    made, kept = tmp_path / "made.db", tmp_path / "kept.db"
    copies.take_over(Path(shutil.copy(database, tmp_path / "source.db")), made)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE users SET email = 'later'")
    kept.write_text("precious")
    with copies.taken(database, kept) as place, pytest.raises(Conflict, match="exists already"):
        place.put(made)
    assert kept.read_text() == "precious"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT DISTINCT email FROM users").fetchall() == [("later",)]


def test_a_place_is_given_to_one_at_a_time(database: Path, tmp_path: Path) -> None:
    with (
        copies.taken(database, tmp_path / "kept"),
        pytest.raises(Conflict, match="open in another process"),
        copies.taken(database, tmp_path / "kept"),
    ):
        pass
    with copies.taken(database, tmp_path / "kept"):
        pass


def test_a_damaged_database_gives_no_backup(database: Path, tmp_path: Path) -> None:
    """SQLite copies pages as they are; only a look at the copy tells."""
    whole = bytearray(database.read_bytes())
    whole[4_096 * 10 : 4_096 * 20] = b"\xff" * 40_960
    database.write_bytes(whole)
    with pytest.raises(Invalid, match="not a whole database"):
        copies.back_up(database, tmp_path / "backup.db", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_a_log_is_put_in_place_with_its_database(database: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("UPDATE users SET email = 'later'")
        connection.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{database}{end}", f"{made}{end}")
    place = tmp_path / "nothing.db"
    with copies.taken(place, tmp_path / "kept") as taken:
        taken.put(made)
    with closing(sqlite3.connect(place)) as connection:
        assert connection.execute("SELECT DISTINCT email FROM users").fetchall() == [("later",)]
