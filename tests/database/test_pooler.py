"""PgBouncer between: recognised, and worked with in both of its modes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text

from app.database import schema, transactions
from app.database.pooler import pooler_of
from app.domain.errors import Unavailable
from app.extensions import db
from app.services import audit_sealer
from app.settings.database import BY_SESSION, BY_TRANSACTION, NO_POOLER, Database
from tests.drivers.audit_log import AuditLog
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.pgbouncer import PGBOUNCER, running_pgbouncer
from tests.drivers.postgres import Postgres
from tests.drivers.tool import Tool
from tests.drivers.world import World

pytestmark = [pytest.mark.slow, PGBOUNCER]

MODES = [BY_SESSION, BY_TRANSACTION]
TIMEOUT = 1
LATE = """
    INSERT INTO audit_events (at, kind, actor, subject, detail)
    VALUES (now(), 'user.disabled', 'late', 'x', '{}')
"""


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def pooled(postgres: Postgres, clock: Clock, mode: str) -> Iterator[World]:
    """The world behind PgBouncer with two connections (session mode: one for each client)."""
    assert postgres.world is not None
    size = 2 if mode == BY_TRANSACTION else 40
    with running_pgbouncer(postgres, mode, size=size) as front, postgres.fresh() as url:
        name = url.partition("?")[0].rpartition("/")[2]
        settings = {"MANDATE_DATABASE_POOLER": mode, "MANDATE_DATABASE_TIMEOUT": "20"}
        with running_world(Prepared(front + name, postgres.world), clock, **settings) as world:
            yield world


def test_it_is_recognised(postgres: Postgres, mode: str) -> None:
    assert pooler_of(Database(postgres.url("postgres"))) == NO_POOLER
    with running_pgbouncer(postgres, mode) as front:
        assert pooler_of(Database(front + "postgres")) == mode


def test_many_tools_at_once_get_right_answers(pooled: World) -> None:
    tools = [Tool(pooled, pooled.native) for _ in range(3)]
    tokens = [tool.tokens() for tool in tools]
    seen: Counter[object] = Counter()

    def use(number: int) -> None:
        mine = tokens[number]
        for _ in range(15):
            seen[bool(tools[number].introspect(mine["access_token"])["active"])] += 1
            mine = tools[number].refresh(mine["refresh_token"]).get_json()
            seen["refresh_token" in mine] += 1
        assert tools[number].revoke(mine["refresh_token"]).status_code == 200
        seen[tools[number].introspect(mine["access_token"])["active"]] += 1

    threads = [threading.Thread(target=use, args=(number,)) for number in range(len(tools))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert seen == {True: 90, False: 3}


def test_the_limits_hold_in_every_transaction(pooled: World) -> None:
    with pooled.app.app_context():
        for _ in range(3):
            with transactions.reading() as session:
                assert session.scalar(text("SHOW statement_timeout")) == "18s"
                assert session.scalar(text("SHOW lock_timeout")) == "14s"


def test_nothing_of_a_transaction_is_left_on_the_connection(
    postgres: Postgres, clock: Clock
) -> None:
    assert postgres.world is not None
    with running_pgbouncer(postgres, BY_TRANSACTION, size=1) as front, postgres.fresh() as url:
        name = url.partition("?")[0].rpartition("/")[2]
        settings = {"MANDATE_DATABASE_POOLER": BY_TRANSACTION, "MANDATE_DATABASE_TIMEOUT": "20"}
        with running_world(Prepared(front + name, postgres.world), clock, **settings) as world:
            for _ in range(12):  # more often than a driver waits before it prepares a statement
                Tool(world, world.native).tokens()
        with psycopg.connect((front + name).replace("+psycopg", ""), autocommit=True) as after:
            left = "SELECT count(*) FROM pg_prepared_statements"
            assert after.execute(left).fetchone() == (0,)
            assert after.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_an_upgrade_leaves_no_lock_behind(pooled: World, postgres: Postgres) -> None:
    with pooled.app.app_context():
        assert schema.upgrade() == schema.required_revision()
    with psycopg.connect(postgres.uri("postgres")) as after:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        assert after.execute(held).fetchone() == (0,)


def test_the_audit_log_is_sealed_behind_a_pooler_and_waits_for_who_still_writes(
    pooled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who holds a lock is known by the server's transactions, whoever lends the connections."""
    monkeypatch.setattr(audit_sealer, "WAITS_FOR", 0.3)
    log = AuditLog(pooled)
    assert log.seal() is not None
    with pooled.app.app_context(), db.engine.connect() as late:
        late.execute(text(LATE))
        log.add(2)
        assert log.seal() is None
        late.commit()
    run = log.seal()
    assert run is not None
    assert run.events == 3
    assert log.faults(log.head()) == []


def test_a_pooler_that_nobody_spoke_of_is_refused_with_a_reason(
    postgres: Postgres, clock: Clock
) -> None:
    assert postgres.world is not None
    with running_pgbouncer(postgres, BY_TRANSACTION) as front, postgres.fresh() as url:
        name = url.partition("?")[0].rpartition("/")[2]
        with (
            running_world(Prepared(front + name, postgres.world), clock) as world,
            world.app.app_context(),
            pytest.raises(Unavailable) as refused,
        ):
            schema.current_revision()
        assert "startup parameter" in str(refused.value.detail)
