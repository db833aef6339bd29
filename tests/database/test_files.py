"""The files of an SQLite database are their owner's alone, whoever makes them and whatever the umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.database import files

pytestmark = pytest.mark.usefixtures("wide_umask")


@pytest.fixture
def wide_umask() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


def rights(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


@pytest.mark.parametrize(
    "form",
    ["sqlite:///{}", "sqlite:///file:{}?uri=true", "sqlite:///file:{}?mode=rwc&uri=true"],
)
def test_all_three_files_are_private_from_the_first_connection_on(
    form: str, tmp_path: Path
) -> None:
    engine = create_engine(form.format(tmp_path / "a b.db"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))
        assert rights(tmp_path) == dict.fromkeys(("a b.db", "a b.db-wal", "a b.db-shm"), 0o600)
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?uri=true",
    ],
)
def test_a_database_in_memory_has_no_file(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()
    files.narrow(url)
    assert rights(tmp_path) == {}
    assert files.notes(url) == []


@pytest.mark.parametrize("mode", ["ro", "rw", "memory"])
def test_a_file_that_the_driver_would_not_make_is_not_made(mode: str, tmp_path: Path) -> None:
    dialect = create_engine("sqlite://").dialect
    files.make_private(dialect, None, [f"file:{tmp_path / 'x'}?mode={mode}"], {})
    assert rights(tmp_path) == {}


def test_wide_files_are_named_and_narrowed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    for name, mode in {"x.db": 0o640, "x.db-wal": 0o604, "x.db-shm": 0o600, "y.db": 0o666}.items():
        with closing((tmp_path / name).open("wb")):
            (tmp_path / name).chmod(mode)
    named = files.notes(url)
    assert [note.split()[0] for note in named] == [f"{tmp_path}/x.db", f"{tmp_path}/x.db-wal"]
    files.narrow(url)
    assert rights(tmp_path) == {
        **dict.fromkeys(("x.db", "x.db-wal", "x.db-shm"), 0o600),
        "y.db": 0o666,
    }
    assert files.notes(url) == []


def test_postgresql_has_no_file_here() -> None:
    url = "postgresql+psycopg://u@h/x.db"
    files.narrow(url)
    assert files.notes(url) == []
