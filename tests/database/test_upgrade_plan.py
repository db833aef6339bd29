"""The plan of an upgrade: the locks that it names are those that are taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import flask_migrate
import psycopg
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, event

from app.database import schema, upgrade_plan
from app.domain.errors import Misconfigured
from app.extensions import db
from app.settings import resource_dir
from tests.drivers.clock import Clock
from tests.drivers.deployment import make_app
from tests.drivers.postgres import Postgres
from tests.drivers.world import World

DIRECTORY = str(resource_dir("migrations"))
MODES = list(upgrade_plan.WAITS)  # the strongest first
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
# Whoever waits for a partition waits for its table.
HELD = """
    SELECT coalesce(p.relname, c.relname), l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
    WHERE l.pid = pg_backend_pid() AND n.nspname = 'public' AND c.relkind IN ('r', 'p')
"""


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[tuple[Flask, str]]:
    """An app on an empty database, and its address."""
    postgres.create("planned")
    app = make_app(postgres.url("planned"), Clock())
    yield app, postgres.uri("planned")
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
    postgres.drop("planned")


def mode_of(name: str) -> str:
    """Return `ACCESS EXCLUSIVE` for `AccessExclusiveLock`."""
    words = "".join(f" {c}" if c.isupper() else c for c in name.removesuffix("Lock"))
    return words.strip().upper()


@pytest.mark.slow
def test_each_step_takes_the_locks_that_it_names(empty: tuple[Flask, str]) -> None:
    app, uri = empty
    with app.app_context():
        for revision in schema.known_revisions():
            with psycopg.connect(uri) as connection:
                before = {row[0] for row in connection.execute(TABLES.encode())}
            taken: dict[str, set[str]] = defaultdict(set)

            def look(
                connection: Connection,
                taken: dict[str, set[str]] = taken,
                before: set[str] = before,
            ) -> None:
                for table, mode in connection.exec_driver_sql(HELD):
                    if table in before - {"alembic_version", "schema_support"}:
                        taken[table].add(mode_of(mode))

            event.listen(db.engine, "commit", look)
            flask_migrate.upgrade(directory=DIRECTORY, revision=revision)
            event.remove(db.engine, "commit", look)
            locks = _declared(revision)
            for table, modes in taken.items():
                strong = [mode for mode in MODES if mode in modes]
                assert not strong or strong[0] in locks[table], (revision, table)


def _declared(revision: str) -> dict[str, set[str]]:
    script = ScriptDirectory(DIRECTORY).get_revision(revision)
    found: dict[str, set[str]] = defaultdict(set)
    for table, mode, _ in script.module.LOCKS:
        found[table].add(mode)
    return found


def test_the_plan_counts_rows_and_names_what_waits(world: World) -> None:
    with world.app.app_context():
        flask_migrate.downgrade(directory=DIRECTORY, revision="0005")
        if db.engine.dialect.name == "postgresql":
            world.execute("ANALYZE clients")
        steps = upgrade_plan.plan()
        assert [step.revision for step in steps] == schema.known_revisions()[5:]
        assert steps[0].title.startswith("Keep a picture of a client")
        (lock,) = steps[0].locks
        assert lock.rows >= 3
        assert (lock.table, lock.waits) in [
            ("clients", "reads and writes wait"),
            (upgrade_plan.WHOLE_FILE, "writes wait"),
        ]


def test_more_rows_take_longer(lone_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade_plan, "_rows", lambda _: 5_000_000)
    assert upgrade_plan._lock("audit_events", "SHARE UPDATE EXCLUSIVE", 500_000).seconds == 10
    assert upgrade_plan._lock("audit_events", "ACCESS EXCLUSIVE", 0).seconds == 0


def test_nothing_to_do_is_an_empty_plan(world: World) -> None:
    with world.app.app_context():
        assert upgrade_plan.plan() == []


def test_a_schema_that_is_unknown_has_no_plan(lone_world: World) -> None:
    lone_world.execute("UPDATE alembic_version SET version_num = '9999'")
    with lone_world.app.app_context(), pytest.raises(Misconfigured, match="9999"):
        upgrade_plan.plan()
