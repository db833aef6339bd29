"""INSERT … ON CONFLICT: both databases know it, and SQLAlchemy has it once for each."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func
from sqlalchemy.dialects import postgresql, sqlite

Upsert = postgresql.Insert | sqlite.Insert


def insert_into(table: Any, connection: Connection) -> Upsert:
    """Return an INSERT of the connection's database that takes `on_conflict_do_update`."""
    return postgresql.insert(table) if _is_postgresql(connection) else sqlite.insert(table)


def least(connection: Connection, *values: Any) -> ColumnElement[Any]:
    """Return the smallest of some values, as the connection's database computes it."""
    return func.least(*values) if _is_postgresql(connection) else func.min(*values)


def greatest(connection: Connection, *values: Any) -> ColumnElement[Any]:
    """Return the largest of some values, as the connection's database computes it."""
    return func.greatest(*values) if _is_postgresql(connection) else func.max(*values)


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
