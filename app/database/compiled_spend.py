"""Spending on the hot path: one conditional UPDATE, and rows that are added only if it found its own.

What may happen once is spent by the UPDATE. PostgreSQL does all of it in one statement, SQLite in one
transaction: either everything is written or nothing.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Engine,
    Table,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.expression import ClauseElement

from app.database.compiled_select import CompiledStatement, compiled
from app.database.kept_connections import connections_of
from app.database.transactions import unavailable
from app.database.write_lock import begin_writing

Columns = tuple[str, ...]
Row = dict[str, BindParameter[Any]]


class CompiledSpend:
    """A conditional UPDATE that is made often, and the rows that go with it.

    `where` are its conditions, with bind parameters by name; rows are added to the tables `adds`. The
    columns are those that are given at each run.
    """

    def __init__(
        self, *where: ColumnElement[bool], table: Table, adds: Sequence[Table] = ()
    ) -> None:
        self._where, self._table, self._adds = where, table, adds
        self._of = cache(self._compiled)

    def run(
        self,
        where: Mapping[str, Any],
        sets: Mapping[str, Any],
        adds: Sequence[Mapping[str, Any]],
        engine: Engine,
    ) -> bool:
        """Spend and add, and say whether there was something to spend.

        Raises Conflict when a constraint refuses, or Unavailable.
        """
        parameters = {**where, **_named("set", sets)}
        for number, row in enumerate(adds):
            parameters |= _named(f"add{number}", row)
        columns = (tuple(sets), *map(tuple, adds))
        spend, *rest = self._of(engine.dialect.name, columns)

        def work(cursor: Any) -> bool:
            if engine.dialect.name == "postgresql":
                return bool(spend.rows(cursor, parameters))
            return _in_transaction(cursor, spend, rest, parameters)

        return bool(connections_of(engine).write(work))

    def _compiled(self, dialect: str, columns: tuple[Columns, ...]) -> list[CompiledStatement]:
        sets, *adds = columns
        make = _one_statement if dialect == "postgresql" else _several_statements
        rows = [
            (table, _given(f"add{number}", table, own))
            for number, (table, own) in enumerate(zip(self._adds, adds, strict=True))
        ]
        spend = (
            update(self._table)
            .where(*self._where)
            .values(_given("set", self._table, sets))
            .returning(_key(self._table))
        )
        return [compiled(statement, dialect) for statement in make(spend, rows)]


def _named(part: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{part}_{name}": value for name, value in values.items()}


def _given(part: str, table: Table, columns: Columns) -> Row:
    return {name: bindparam(f"{part}_{name}", type_=table.c[name].type) for name in columns}


def _key(table: Table) -> Column[Any]:
    return next(iter(table.primary_key))


def _one_statement(
    spend: ReturningUpdate[Any], rows: Sequence[tuple[Table, Row]]
) -> list[ClauseElement]:
    if not rows:
        return [spend]
    spent = spend.cte("spent")
    *others, last = (
        insert(table)
        .from_select(list(row), select(*row.values()).select_from(spent))
        .returning(_key(table))
        for table, row in rows
    )
    return [last.add_cte(*(other.cte(f"added_{n}") for n, other in enumerate(others)))]


def _several_statements(
    spend: ReturningUpdate[Any], rows: Sequence[tuple[Table, Row]]
) -> list[ClauseElement]:
    return [spend, *(insert(table).values(row) for table, row in rows)]


def _in_transaction(
    cursor: Any,
    spend: CompiledStatement,
    adds: Sequence[CompiledStatement],
    parameters: Mapping[str, Any],
) -> bool:
    if not begin_writing(cursor.connection):
        raise unavailable(TimeoutError("the write lock did not come in time"))
    cursor.execute("PRAGMA defer_foreign_keys=ON")  # the row may name one that is added after it
    if not spend.rows(cursor, parameters):
        cursor.execute("ROLLBACK")
        return False
    for statement in adds:
        statement.rows(cursor, parameters)
    cursor.execute("COMMIT")
    return True
