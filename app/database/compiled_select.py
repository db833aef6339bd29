"""Reading on the hot path: a statement compiled once and handed to the driver.

No ORM, no transaction (a connection of its own pool in autocommit), one round trip. SQLAlchemy writes
the statement and keeps the pool; running it through its Core would cost more than the query itself.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Dialect, Engine, Function, Select, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.database.engine import HOT_PATH
from app.database.transactions import unavailable
from app.extensions import db

JsonFunction = Callable[..., Function[Any]]
DIALECTS: dict[str, Dialect] = {
    "postgresql": postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
    "sqlite": sqlite.dialect(paramstyle="named"),
}


JSON_FUNCTIONS: dict[str, tuple[JsonFunction, JsonFunction]] = {
    "postgresql": (func.json_agg, func.json_build_array),
    "sqlite": (func.json_group_array, func.json_array),
}


class CompiledSelect:
    """A statement that is read often; its bind parameters are given by name.

    `build` receives the dialect's functions for a JSON array of rows and of one row's columns.
    """

    def __init__(self, build: Callable[[JsonFunction, JsonFunction], Select[Any]]) -> None:
        self._sql = cache(lambda dialect: _compiled(build, dialect))

    def rows(
        self, parameters: dict[str, str], engine: Engine | None = None
    ) -> list[tuple[Any, ...]]:
        """Run the statement and return the driver's rows; raises Unavailable.

        The running app's engine is used when no other is given.
        """
        engine = engine or hot_path_engine()
        sql = self._sql(engine.dialect.name)
        try:
            return _run(engine, sql, parameters)
        except (DBAPIError, PoolTimeout) as error:
            raise unavailable(error) from error


def hot_path_engine() -> Engine:
    """Return the running app's engine for the hot path."""
    return db.engines[HOT_PATH]


def _compiled(build: Callable[[JsonFunction, JsonFunction], Select[Any]], dialect: str) -> str:
    return str(build(*JSON_FUNCTIONS[dialect]).compile(dialect=DIALECTS[dialect]))


def _run(engine: Engine, sql: str, parameters: dict[str, str]) -> list[tuple[Any, ...]]:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
        cursor.close()
    except engine.dialect.loaded_dbapi.Error as error:
        # The connection may be dead: the next reader gets a new one.
        connection.invalidate(error)
        raise unavailable(error) from error
    finally:
        connection.close()
    return list(rows)


def instant(value: datetime | str) -> datetime:
    """Return a driver's timestamp as an aware one; SQLite gives text."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def instant_or_none(value: datetime | str | None) -> datetime | None:
    """Return a driver's timestamp as `instant`, NULL as None."""
    return None if value is None else instant(value)


def parsed(value: Any) -> Any:
    """Return a driver's JSON as a value; SQLite gives text."""
    return json.loads(value) if isinstance(value, str) else value
