"""The segments of the audit log in the database: reading, adding, and taking removed events out."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.domain.audit_chain import (
    AuditKey,
    Event,
    Segment,
    has_true_entries,
    unreadable,
    unreadable_segment,
    without,
)
from app.models import AuditEvent, AuditSegment
from app.models.base import table_of

TABLE = table_of(AuditSegment)
EVENTS = table_of(AuditEvent)
SEGMENT = tuple(TABLE.c[each.name] for each in fields(Segment))
EVENT = tuple(EVENTS.c[each.name] for each in fields(Event))
Rows = Select[*tuple[Any, ...]]
Numbers = Callable[[int, int], list[int]]
AT_ONCE = 100  # segments of 1,000 events hold 2.4 MB


def last_segment(session: Session) -> Segment | None:
    """Return the head of the chain, None before anything is sealed."""
    found = _read(session, chosen().order_by(TABLE.c.number.desc()).limit(1))
    return found[0] if found else None


def segments_after(session: Session, number: int, limit: int = AT_ONCE) -> list[Segment]:
    """Return the segments that follow a number, in order."""
    following = chosen().where(TABLE.c.number > number)
    return _read(session, following.order_by(TABLE.c.number).limit(limit))


def _read(session: Session, wanted: Rows) -> list[Segment]:
    """Return segments; SQLite keeps anything in any column, so what cannot be read comes as that."""
    try:
        return [made(row) for row in session.execute(wanted)]
    except (TypeError, ValueError):
        numbers = session.scalars(wanted.with_only_columns(TABLE.c.number)).all()
        return [_read_one(session, number) for number in numbers]


def _read_one(session: Session, number: int) -> Segment:
    try:
        return made(session.execute(chosen().where(TABLE.c.number == number)).one())
    except (TypeError, ValueError):
        return unreadable_segment(number)


def newest_number(session: Session) -> int:
    """Return the number of the newest event, 0 without any."""
    return session.scalar(select(func.max(AuditEvent.number))) or 0


def events_between(session: Session, first: int, last: int, limit: int) -> list[Event]:
    """Return events with numbers from `first` to `last`, in order.

    SQLite keeps anything in any column. An event that somebody made unreadable comes without its values.
    """
    within = EVENTS.c.number.between(first, last)
    wanted = select(*EVENT).where(within).order_by(EVENTS.c.number).limit(limit)
    try:
        return [Event(*row) for row in session.execute(wanted)]
    except (TypeError, ValueError):
        numbers = wanted.with_only_columns(EVENTS.c.number)
        return [_event(session, number) for number in session.scalars(numbers).all()]


def _event(session: Session, number: int) -> Event:
    try:
        row = session.execute(select(*EVENT).where(EVENTS.c.number == number)).one()
        return Event(*row)
    except (TypeError, ValueError):
        return unreadable(number)


def add(session: Session, segment: Segment) -> None:
    """Add a segment; raises Conflict, when the transaction ends, if another one has its number."""
    session.execute(insert(TABLE).values(asdict(segment)))


def chosen() -> Rows:
    """Return the statement of all segments."""
    return select(*SEGMENT)


def made(row: Sequence[Any]) -> Segment:
    """Return a segment as it is in the database; raises TypeError for what no segment has."""
    for column, value in zip(SEGMENT, row, strict=True):
        is_missing = value is None and column.nullable
        if not is_missing and not isinstance(value, column.type.python_type):
            raise TypeError(column.name)
    return Segment(*row)


def take_out(
    session: Session, first: int, last: int, numbers: Numbers, keys: Sequence[AuditKey]
) -> None:
    """Let segments do without the events between two numbers that the running transaction removes.

    `numbers` returns those between two of them, in order. Entries that somebody changed stay as they
    are: a mark of ours would hide that.
    """
    by_name = {key.identifier: key for key in keys}
    around, after = (TABLE.c.last >= first, TABLE.c.first <= last), 0
    while True:
        found = chosen().where(*around, TABLE.c.number > after).order_by(TABLE.c.number)
        page = _read(session, found.limit(AT_ONCE).with_for_update())
        gone = numbers(page[0].first, page[-1].last) if page else []
        for segment in page:
            covered = gone[bisect_left(gone, segment.first) : bisect_right(gone, segment.last)]
            if covered and has_true_entries(segment, by_name) is not False:
                _put(session, without(segment, set(covered), keys[0]))
        if len(page) < AT_ONCE:
            return
        after = page[-1].number


def _put(session: Session, segment: Segment) -> None:
    names = ("entries", "begins", "mark_key", "mark")
    values = {name: getattr(segment, name) for name in names}
    own = TABLE.c.number == segment.number
    session.execute(update(TABLE).where(own).values(values))


def begin_later(session: Session, keys: Sequence[AuditKey]) -> None:
    """Let the chain begin with the last of the segments that retention has emptied; those before go."""
    by_name = {key.identifier: key for key in keys}
    full = select(func.min(TABLE.c.number)).where(func.length(TABLE.c.entries) > 0)
    first_full = session.scalar(full)
    found = chosen().order_by(TABLE.c.number)
    if first_full is not None:
        found = found.where(TABLE.c.number < first_full)
    newest: Segment | None = None
    for segment in _read(session, found):
        follows = newest is None or segment.previous == newest.digest
        if not follows or not segment.mark or has_true_entries(segment, by_name) is not True:
            break
        newest = segment
    if newest is not None and not newest.begins:
        _put(session, without(newest, set(), keys[0], begins=True))
        session.execute(delete(TABLE).where(TABLE.c.number < newest.number))
