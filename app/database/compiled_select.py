"""Reading on the hot path: a statement compiled once and handed to the driver.

No ORM, no transaction (a connection in autocommit that the thread keeps), one round trip. SQLAlchemy
writes the statement and opens the connection; its Core would cost more than the query itself.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Dialect, Engine, Function, Select, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import ClauseElement

from app.database.engine import HOT_PATH
from app.database.kept_connections import connections_of
from app.extensions import db

PARAMETER = re.compile(r"%\((\w+)\)s")
JsonFunction = Callable[..., Function[Any]]
DIALECTS: dict[str, Dialect] = {
    "postgresql": postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
    "sqlite": sqlite.dialect(paramstyle="named"),
}


JSON_FUNCTIONS: dict[str, tuple[JsonFunction, JsonFunction]] = {
    "postgresql": (func.json_agg, func.json_build_array),
    "sqlite": (func.json_group_array, func.json_array),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A row as the database sent it; `decoded` gives the values that the driver makes of it."""

    sent: tuple[Any, ...]
    decoded: Callable[[], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class CompiledStatement:
    """A statement as the driver takes it, and what turns values into the driver's by parameter."""

    sql: str
    processors: Mapping[str, Callable[[Any], Any]]

    def rows(self, cursor: Any, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run the statement and return the driver's rows; raises the driver's errors."""
        if self.processors:
            parameters = {**parameters, **self._processed(parameters)}
        return list(cursor.execute(self.sql, parameters).fetchall())

    def first(self, cursor: Any, parameters: Mapping[str, str]) -> "Found | None":
        """Run a statement of one row, whose parameters are texts, and leave its values undecoded.

        On PostgreSQL it is prepared by ourselves, unless a pooler forbids that; raises the driver's
        errors.
        """
        connection = cursor.connection
        if getattr(connection, "prepare_threshold", None) is None:
            rows = self.rows(cursor, parameters)
            return Found(rows[0], rows[0].__iter__) if rows else None
        sql, names = _numbered(self.sql)
        result = connection.read_prepared(sql, [parameters[name].encode() for name in names])
        if not result.ntuples:
            return None
        values = tuple(result.get_value(0, column) for column in range(result.nfields))
        return Found(values, lambda: connection.decoded(result))

    def _processed(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: process(parameters[name]) for name, process in self.processors.items()}


def compiled(statement: ClauseElement, dialect: str) -> CompiledStatement:
    """Compile a statement for a dialect; its bind parameters are given by name at each run."""
    chosen = DIALECTS[dialect]
    made: Any = statement.compile(dialect=chosen)
    processors = {
        name: bind.type.dialect_impl(chosen).bind_processor(chosen)
        for name, bind in made.binds.items()
    }
    return CompiledStatement(str(made), {name: own for name, own in processors.items() if own})


class CompiledSelect:
    """A statement that is read often; its bind parameters are given by name.

    `build` receives the dialect's functions for a JSON array of rows and of one row's columns.
    """

    def __init__(self, build: Callable[[JsonFunction, JsonFunction], Select[Any]]) -> None:
        self._of = cache(lambda dialect: compiled(build(*JSON_FUNCTIONS[dialect]), dialect))

    def first(self, parameters: dict[str, str], engine: Engine) -> Found | None:
        """Return the one row of the statement undecoded, None for none; raises Unavailable."""
        statement: CompiledStatement = self._of(engine.dialect.name)
        found: Found | None = connections_of(engine).read(
            lambda cursor: statement.first(cursor, parameters)
        )
        return found

    def rows(
        self, parameters: dict[str, str], engine: Engine | None = None
    ) -> list[tuple[Any, ...]]:
        """Run the statement and return the driver's rows; raises Unavailable.

        The running app's engine is used when no other is given.
        """
        engine = engine or hot_path_engine()
        statement: CompiledStatement = self._of(engine.dialect.name)
        found: list[tuple[Any, ...]] = connections_of(engine).read(
            lambda cursor: statement.rows(cursor, parameters)
        )
        return found


@cache
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a statement with numbers for its parameters, and their names in that order."""
    names = tuple(dict.fromkeys(PARAMETER.findall(sql)))
    numbered = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql)
    return numbered.replace("%%", "%").encode(), names


def hot_path_engine() -> Engine:
    """Return the running app's engine for the hot path."""
    return db.engines[HOT_PATH]


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
