"""A conditional UPDATE with the rows that go with it: all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
)

from app.database.compiled_spend import CompiledSpend
from app.database.engine import hot_path_options
from app.domain.errors import Conflict
from app.settings.database import Database
from tests.drivers.deployment import Prepared

METADATA = MetaData()
TICKETS = Table(
    "spend_tickets",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("spent_by", ForeignKey("spend_visits.id")),
)
VISITS = Table("spend_visits", METADATA, Column("id", String(20), primary_key=True))
NOTES = Table(
    "spend_notes",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("text", String(20), nullable=False),
)
SPEND = CompiledSpend(
    TICKETS.c.id == bindparam("ticket"),
    TICKETS.c.spent_by.is_(None),
    table=TICKETS,
    adds=(VISITS, NOTES),
)


@pytest.fixture
def engine(database: Prepared) -> Iterator[Engine]:
    """An engine of the hot path with two unspent tickets."""
    options = hot_path_options(Database(database.url))
    made = create_engine(options.pop("url"), **options)
    METADATA.create_all(made)
    with made.begin() as connection:
        connection.execute(TICKETS.insert(), [{"id": 1}, {"id": 2}])
    yield made
    made.dispose()


def spend(engine: Engine, ticket: int, visit: str, note: str | None = "seen") -> bool:
    rows: list[dict[str, Any]] = [{"id": visit}, {"text": note}]
    return SPEND.run({"ticket": ticket}, {"spent_by": visit}, rows, engine)


def counts(engine: Engine) -> tuple[int, ...]:
    with engine.connect() as connection:
        tables = (TICKETS.select().where(TICKETS.c.spent_by.is_not(None)), VISITS.select())
        return tuple(len(connection.execute(one).all()) for one in (*tables, NOTES.select()))


def test_what_is_spent_is_spent_once_with_its_rows(engine: Engine) -> None:
    assert spend(engine, 1, "first")
    assert not spend(engine, 1, "second")
    assert not spend(engine, 3, "third")
    assert counts(engine) == (1, 1, 1)
    assert spend(engine, 2, "fourth")
    assert counts(engine) == (2, 2, 2)


def test_a_row_that_cannot_be_added_leaves_everything_as_it_was(engine: Engine) -> None:
    assert spend(engine, 1, "taken")
    for visit, note in (("taken", "seen"), ("free", None)):
        with pytest.raises(Conflict):
            spend(engine, 2, visit, note)
        assert counts(engine) == (1, 1, 1)
    assert spend(engine, 2, "free")


def test_a_key_that_leads_nowhere_is_refused(engine: Engine) -> None:
    """The row may name one that is added after it, but not one that is not there at all."""
    with pytest.raises(Conflict):
        SPEND.run({"ticket": 1}, {"spent_by": "a"}, [{"id": "b"}, {"text": "x"}], engine)
    assert counts(engine) == (0, 0, 0)
    assert spend(engine, 1, "a")
