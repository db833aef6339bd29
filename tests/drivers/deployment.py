"""A deployment of Mandate: its settings, its database, and its app with the world in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import flask_migrate
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Dialect, Engine
from werkzeug.routing import Rule

from app import create_app
from app.extensions import db, limiter
from app.runtime import activity_writer, audit_thread, pulse
from app.runtime.clock import CLOCK
from app.settings import Settings, resource_dir
from tests.drivers.clock import Clock
from tests.drivers.metadata_documents import wait_for_fetches
from tests.drivers.world import World

ISSUER = "http://127.0.0.1:8000"
AUDIENCE = "http://127.0.0.1:8001/api"
SECRET_KEY = "only-for-tests-0123456789abcdefghijklmnop"


def environment(database_url: str, **more: str) -> dict[str, str]:
    """Return a good environment for a database."""
    return {
        "MANDATE_ISSUER": ISSUER,
        "MANDATE_DATABASE_URL": database_url,
        "MANDATE_SECRET_KEY": SECRET_KEY,
        "MANDATE_DEFAULT_AUDIENCE": AUDIENCE,
        "MANDATE_DATABASE_TIMEOUT": "20",  # a busy machine is slow; tests of time say their own
        **more,
    }


def prepared(url: str) -> World:
    """Bring a database to the current schema and put the world into it."""
    app = make_app(url, Clock())
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


class CompiledRule(Rule):
    """A rule whose builders of URLs are compiled once for all the apps of a test session.

    Compiling them takes two thirds of the time that it takes to make an app. A builder gets its rule
    as an argument and depends on nothing but what the key holds.
    """

    kept: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, tuple(self._trace), defaults, append_unknown)
        if key not in self.kept:
            self.kept[key] = super()._compile_builder(append_unknown)
        return self.kept[key]


Flask.url_rule_class = CompiledRule


class CompiledStatements:
    """SQL compiled once for all the engines of a test session.

    An engine keeps what it compiled, and each app has its own: compiling again took a third of the time
    of the tests. What is kept is found by the dialect, so engines for one kind of database share that.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Dialect, dict[Any, Any]]] = {}

    def share(self, engine: Engine) -> None:
        engine.dialect, kept = self._kept.setdefault(engine.dialect.name, (engine.dialect, {}))
        engine.update_execution_options(compiled_cache=kept)


STATEMENTS = CompiledStatements()


def make_app(url: str, clock: Clock, **more: str) -> Flask:
    app = create_app(Settings.from_environ(environment(url, **more)))
    with app.app_context():
        STATEMENTS.share(db.engine)
    app.extensions[CLOCK] = clock
    app.jinja_env.bytecode_cache = TEMPLATES
    if "MANDATE_REDIS_URL" not in more:
        limiter.reset()
    return app


@dataclass(frozen=True)
class Prepared:
    """A database of its own with the world in it."""

    url: str
    world: World


@contextmanager
def running_world(prepared: Prepared, clock: Clock, **more: str) -> Iterator[World]:
    """Give the world in an app of its own, until the block ends."""
    app = make_app(prepared.url, clock, **more)
    try:
        yield replace(prepared.world, app=app, clock=clock)
    finally:
        wait_for_fetches()  # they use the database
        activity_writer.recorder(app).close()
        pulse.pulse_of(app).close()
        audit_thread.thread_of(app).close()
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


@dataclass(frozen=True)
class Live:
    """The world served at the address that is its issuer, with the real clock."""

    world: World
    issuer: str
