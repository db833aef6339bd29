"""Who may still commit rows that have a number."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.database.open_writers import open_writers, still_open
from app.database.transactions import reading
from app.extensions import db
from tests.drivers.world import World

EVENT = """
    INSERT INTO audit_events (at, kind, actor, subject, detail)
    VALUES (now(), 'user.disabled', 'x', 'x', '{}')
"""


def writers(world: World) -> frozenset[str]:
    with world.app.app_context(), reading() as session:
        return open_writers(session, "audit_events")


def left(world: World, before: frozenset[str]) -> frozenset[str]:
    with world.app.app_context(), reading() as session:
        return still_open(session, "audit_events", before)


def test_there_are_none_on_sqlite(lone_world: World) -> None:
    assert writers(lone_world) == frozenset()
    assert left(lone_world, frozenset()) == frozenset()


@pytest.mark.slow
def test_who_has_added_a_row_is_one_until_the_transaction_ends(shared_world: World) -> None:
    assert writers(shared_world) == frozenset()
    with shared_world.app.app_context(), db.engine.connect() as one, db.engine.connect() as other:
        one.execute(text(EVENT))
        first = writers(shared_world)
        assert len(first) == 1
        other.execute(text(EVENT))
        assert len(writers(shared_world)) == 2
        assert left(shared_world, first) == first
        one.commit()
        one.execute(text(EVENT))
        assert left(shared_world, first) == frozenset(), "its next transaction is another one"
        other.rollback()
        one.rollback()
    assert writers(shared_world) == frozenset()


@pytest.mark.slow
def test_who_only_reads_is_none(shared_world: World) -> None:
    with shared_world.app.app_context(), db.engine.connect() as reader:
        reader.execute(text("SELECT * FROM audit_events ORDER BY number FOR UPDATE"))
        assert writers(shared_world) == frozenset()


@pytest.mark.slow
def test_a_row_that_is_put_in_a_month_counts_as_well(shared_world: World) -> None:
    later = EVENT.replace("now()", "now() + interval '9 years'")
    with shared_world.app.app_context(), db.engine.connect() as writer:
        writer.execute(text(later))
        assert len(writers(shared_world)) == 1
        writer.rollback()
