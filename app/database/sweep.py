"""Choosing rows that are over, a few at a time, and waiting for nobody."""

from typing import Any

from sqlalchemy import ColumnElement, inspect, select, tuple_
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

AT_ONCE = 100  # what a request removes beside its own work


def due(
    table: type[DeclarativeBase],
    *conditions: ColumnElement[bool],
    oldest: InstrumentedAttribute[Any],
    limit: int = AT_ONCE,
) -> ColumnElement[bool]:
    """Return the condition of a DELETE: up to `limit` rows that meet `conditions`, `oldest` first.

    On PostgreSQL the rows are locked when they are chosen, and a row that somebody else holds is left
    for the next time: who sweeps never waits, so two sweeps and a request cannot block each other.
    """
    key = inspect(table).primary_key
    chosen = (
        select(*key)
        .where(*conditions)
        .order_by(oldest)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return tuple_(*key).in_(select(*chosen.c))
