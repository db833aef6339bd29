"""The connection that a thread keeps for the hot path."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from app.database import kept_connections
from app.database.engine import hot_path_options
from app.database.kept_connections import connections_of
from app.domain.errors import Unavailable
from app.settings.database import Database
from tests.drivers.deployment import Prepared


@pytest.fixture
def engine(database: Prepared) -> Iterator[Engine]:
    options = hot_path_options(Database(database.url))
    made = create_engine(options.pop("url"), **options)
    yield made
    made.dispose()


def one(cursor: Any) -> Any:
    return cursor.execute("SELECT 1").fetchall()


def driver(engine: Engine) -> Any:
    return connections_of(engine).read(lambda cursor: cursor.connection)


def test_a_thread_keeps_its_connection_and_another_has_its_own(engine: Engine) -> None:
    mine, others = driver(engine), list[Any]()
    assert driver(engine) is mine
    thread = threading.Thread(target=lambda: others.append(driver(engine)))
    thread.start()
    thread.join()
    assert others[0] is not mine


def test_a_thread_that_ends_gives_its_connection_back(engine: Engine) -> None:
    """A server may have a thread for each request."""
    for _ in range(40):
        thread = threading.Thread(target=driver, args=(engine,))
        thread.start()
        thread.join()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_an_old_connection_is_changed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_connections, "RECYCLED_AFTER", -1)
    assert driver(engine) is not driver(engine)


def test_a_connection_is_not_used_after_a_failure(engine: Engine) -> None:
    mine = driver(engine)
    with pytest.raises(Unavailable):
        connections_of(engine).read(lambda cursor: cursor.execute("SELECT nonsense"))
    assert driver(engine) is not mine

    def fails(cursor: Any) -> None:
        cursor.execute("BEGIN")
        raise ValueError("stop")

    mine = driver(engine)
    with pytest.raises(ValueError, match="stop"):
        connections_of(engine).write(fails)
    assert driver(engine) is not mine, "it would be amid a transaction"
    assert connections_of(engine).read(one)


def test_disposing_of_the_engine_closes_what_was_kept(engine: Engine) -> None:
    mine = driver(engine)
    engine.dispose()
    with pytest.raises(Exception, match="closed"):
        mine.cursor().execute("SELECT 1")
    assert driver(engine) is not mine


def test_an_engine_that_nobody_uses_goes(database: Prepared) -> None:
    made = create_engine(database.url)
    driver(made)
    made.dispose()
    reference = weakref.ref(made)
    del made
    gc.collect()
    assert reference() is None


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    for url in (
        "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
        f"sqlite:///{tmp_path}/no/such/directory/mandate.db",
    ):
        away = create_engine(url)
        with pytest.raises(Unavailable):
            connections_of(away).read(one)


def test_as_many_threads_as_there_are_have_a_connection(engine: Engine) -> None:
    number = 40
    together, found = threading.Barrier(number), list[Any]()

    def hold() -> None:
        found.append(driver(engine))
        together.wait(30)

    threads = [threading.Thread(target=hold) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == number


@pytest.mark.slow
def test_a_dead_connection_is_changed_when_reading_and_told_when_writing(
    shared_world: Any,
) -> None:
    """After a restart of PostgreSQL readers see nothing; a write might have happened."""
    engine: Engine = create_engine(
        shared_world.app.config["SQLALCHEMY_DATABASE_URI"], isolation_level="AUTOCOMMIT"
    )
    kept = connections_of(engine)

    def die() -> None:
        [(pid,)] = kept.read(lambda cursor: cursor.execute("SELECT pg_backend_pid()").fetchall())
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

    die()
    assert kept.read(one) == [(1,)]
    die()
    with pytest.raises(Unavailable):
        kept.write(one)
    assert kept.write(one) == [(1,)]
    engine.dispose()
