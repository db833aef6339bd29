"""The app under test on SQLite and on a real PostgreSQL, with a clock that the test moves."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.services import password_hashes
from tests.drivers.clock import Clock
from tests.drivers.deployment import Live, Prepared, prepared, running_world
from tests.drivers.live_server import free_port, threaded
from tests.drivers.memory import memory
from tests.drivers.postgres import CONTENTIOUS, Postgres, running_postgres
from tests.drivers.sites import Site, answer, document, site
from tests.drivers.tool import Tool
from tests.drivers.world import World

pytest_plugins = ("tests.matrix",)

# Hashing a password takes as long as half of a test and is meant to. The tests of the hash itself use
# the shipped one (the fixture `shipped_hash`); everywhere else a light one of the same kind will do.
SHIPPED_HASHER = password_hashes.HASHER
password_hashes.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A migrated SQLite file with the world in it."""
    path = tmp_path_factory.mktemp("template") / "mandate.db"
    return path, prepared(f"sqlite:///{path}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for the session, with a migrated template that holds the world."""
    with running_postgres() as server:
        server.hurry()
        server.create("template_mandate")
        server.world = prepared(server.url("template_mandate"))
        yield server


def _sqlite_copy(template: tuple[Path, World], directory: Path) -> Prepared:
    path = directory / "mandate.db"
    shutil.copy(template[0], path)
    return Prepared(f"sqlite:///{path}", template[1])


@pytest.fixture
def swift_path() -> Iterator[Path]:
    """A directory in memory where the machine has one."""
    with tempfile.TemporaryDirectory(dir=memory()) as directory:
        yield Path(directory)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(
    request: pytest.FixtureRequest, sqlite_template: tuple[Path, World], swift_path: Path
) -> Iterator[Prepared]:
    """A database of each kind."""
    if request.param == "sqlite":
        yield _sqlite_copy(sqlite_template, swift_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    assert server.world is not None
    with server.fresh() as url:
        if CONTENTIOUS in os.environ:
            server.make_contentious(url.partition("?")[0].rpartition("/")[2])
        yield Prepared(url, server.world)


@pytest.fixture
def lone_database(sqlite_template: tuple[Path, World], swift_path: Path) -> Prepared:
    """An SQLite database, for what does not depend on the kind."""
    return _sqlite_copy(sqlite_template, swift_path)


@pytest.fixture
def shipped_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords as the server does."""
    monkeypatch.setattr(password_hashes, "HASHER", SHIPPED_HASHER)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(database: Prepared, clock: Clock) -> Iterator[World]:
    """People, projects, servers and clients to work with, on each database."""
    with running_world(database, clock) as world:
        yield world


@pytest.fixture
def lone_world(lone_database: Prepared, clock: Clock) -> Iterator[World]:
    """The same on SQLite only."""
    with running_world(lone_database, clock) as world:
        yield world


@pytest.fixture
def shared_world(postgres: Postgres, clock: Clock) -> Iterator[World]:
    """The world on PostgreSQL, where two writers can meet in the middle; SQLite has one at a time."""
    assert postgres.world is not None
    with (
        postgres.fresh() as url,
        running_world(Prepared(url, postgres.world), clock) as world,
    ):
        yield world


@pytest.fixture
def live(lone_database: Prepared) -> Iterator[Live]:
    """The app at a real address, for clients that are not ours."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    clock = Clock()
    clock.at = datetime.now(UTC)
    with (
        running_world(lone_database, clock, MANDATE_ISSUER=issuer) as world,
        threaded(world.app, port),
    ):
        yield Live(world, issuer)


@pytest.fixture
def tool(world: World) -> Tool:
    """A public client in ben's browser, on each database."""
    return Tool(world, world.native)


@pytest.fixture
def lone_tool(lone_world: World) -> Tool:
    """The same on SQLite only."""
    return Tool(lone_world, lone_world.native)


WHOLE_PROGRAMS = {"cli", "demo", "interop", "migrations"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what starts whole programs to the full run: the fast part is run all the time."""
    for item in items:
        if WHOLE_PROGRAMS & set(item.path.parts):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Keep what was imported and collected out of the garbage collector's way, as the server does."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped (`.ci/run`), a skip is a failure, unless it says `optional:`."""
    del item, call
    report = yield
    if (
        os.environ.get("NOTHING_SKIPS")
        and report.skipped
        and "optional:" not in str(report.longrepr)
    ):
        report.outcome = "failed"
    return report


@pytest.fixture
def stranger() -> Iterator[Site]:
    with site() as made:
        made.handler = answer(document(made.url()))
        yield made
