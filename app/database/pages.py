"""Reading a long list a page at a time: each page is a transaction of its own.

The next page begins after the key of the last row, so that the database never counts off rows that were
read before, and neither it nor we hold the list. What is changed meanwhile shows as it is when its page
is read.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Row, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database.repetition import repeated
from app.database.transactions import reading

T = TypeVar("T")
PAGE = 1_000  # rows; fewer where a row has many parts
Statement = Select[*tuple[Any, ...]]
Found = Row[*tuple[Any, ...]]
Make = Callable[[Session, Sequence[Found]], Sequence[T]]


@dataclass(frozen=True, slots=True)
class Order:
    """The key by which a list is read, unique and indexed, and where it begins: after `after`."""

    key: tuple[InstrumentedAttribute[Any], ...]
    after: tuple[Any, ...] | None = None
    is_descending: bool = False


def in_pages(
    statement: Statement,
    order: Order,
    make: Make[T],
    *,
    limit: int | None = None,
    page: int = PAGE,
) -> Iterator[T]:
    """Give what `make` makes of the rows of a statement, in order; raises Unavailable on the way.

    `make` gets up to `page` rows within the transaction that read them, and returns one value for each.
    """
    after, rest = order.after, limit
    while rest is None or rest > 0:
        size = page if rest is None else min(page, rest)
        count, made, after = _read(page_of(statement, order, after, size), order, make)
        yield from made
        if count < size:
            return
        rest = None if rest is None else rest - size


@repeated
def _read(
    statement: Statement, order: Order, make: Make[T]
) -> tuple[int, Sequence[T], tuple[Any, ...] | None]:
    """Return how many rows a page has, what is made of them, and the key of the last one."""
    with reading() as session:
        rows = session.execute(statement).all()
        last = tuple(rows[-1][-len(order.key) :]) if rows else None
        return len(rows), make(session, rows), last


def page_of(
    statement: Statement, order: Order, after: tuple[Any, ...] | None, size: int
) -> Statement:
    """Return the statement of one page; its last columns are the key."""
    ordered = [column.desc() if order.is_descending else column for column in order.key]
    paged = statement.add_columns(*order.key).order_by(*ordered).limit(size)
    return paged if after is None else paged.where(_beyond(order, after))


def _beyond(order: Order, after: tuple[Any, ...]) -> ColumnElement[bool]:
    if len(order.key) == 1:
        [column], [value] = order.key, after
        found = column < value if order.is_descending else column > value
    else:
        key = tuple_(*order.key)
        found = key < after if order.is_descending else key > after
    return cast("ColumnElement[bool]", found)
