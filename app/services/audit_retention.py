"""Removing audit events that are older than a deployment keeps them, and keeping their proof.

They go a batch at a time. On PostgreSQL a month goes as a whole once all of it is old; what stands in no
month goes row by row. Only what is sealed goes; the segments then say, with a keyed mark, what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import MetaData, Table, delete, func, select
from sqlalchemy.orm import Session

from app.database import partitions
from app.database.partitions import Partition
from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.audit_chain import AuditKey
from app.domain.errors import Unavailable
from app.models import AuditEvent
from app.models.base import table_of
from app.services import audit, audit_segments
from app.services.audit_segments import Numbers

TABLE = table_of(AuditEvent)


@dataclass(frozen=True, slots=True)
class Retention:
    """Which events go: those from before an instant. The first key marks what is left."""

    before: datetime
    keys: Sequence[AuditKey]


class EventRemoval:
    """One run that removes events; one event of each transaction says how many went in it."""

    @repeated
    def __init__(self, retention: Retention, *, at: datetime) -> None:
        self._before, self._keys, self._at = retention.before, retention.keys, at
        with reading() as session:
            found = partitions.partitions_of(session, TABLE.name)
            head = audit_segments.last_segment(session)
        self._sealed = head.last if head else 0
        self._missing = partitions.missing_months(found, at) if found else []
        over = [each for each in found if each.until is not None and each.until <= self._before]
        rest = [each for each in found if not each.is_month and each not in over]
        self._over = over
        self._tables = [_named(each.name) for each in rest] if found else [TABLE]

    def step(self, limit: int) -> int:
        """Remove a month, or up to `limit` events, and return their number; 0 when it is done.

        Waits for nobody: what somebody holds is left for the next run. Raises Unavailable.
        """
        while self._missing:
            self._add(self._missing.pop(0))
        while self._over:
            if count := self._drop(self._over.pop(0)):
                return count
        while self._tables:
            if count := self._delete(self._tables[0], limit):
                return count
            self._tables.pop(0)
        return 0

    @repeated
    def _add(self, month: datetime) -> None:
        try:
            with writing() as session:
                partitions.add_month(session, TABLE.name, AuditEvent.at.key, month)
        except Unavailable:
            return  # it is held, or not ours to change: the partition for the rest takes the events

    @repeated
    def _drop(self, partition: Partition) -> int:
        table = _named(partition.name)
        try:
            with writing() as session:
                partitions.take_time(session)
                bounds = select(func.min(table.c.number), func.max(table.c.number), func.count())
                first, last, count = session.execute(bounds.select_from(table)).one()
                if count and last > self._sealed:
                    return 0
                if count:
                    self._note(session, count)
                    self._take_out(session, first, last, _numbers_of(session, table))
                partitions.drop(session, partition)
                return int(count)
        except Unavailable:
            return 0

    @repeated
    def _delete(self, table: Table, limit: int) -> int:
        due = (
            select(table.c.number)
            .where(table.c.at < self._before, table.c.number <= self._sealed)
            .order_by(table.c.at, table.c.number)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with writing() as session:
            numbers = sorted(session.scalars(due))
            if numbers:
                # First, so that SQLite, which goes on from the largest number, gives none out again.
                self._note(session, len(numbers))
                self._take_out(session, numbers[0], numbers[-1], lambda *_: numbers)
                session.execute(delete(table).where(table.c.number.in_(numbers)))
            return len(numbers)

    def _take_out(self, session: Session, first: int, last: int, numbers: Numbers) -> None:
        audit_segments.take_out(session, first, last, numbers, self._keys)
        audit_segments.begin_later(session, self._keys)

    def _note(self, session: Session, count: int) -> None:
        """Record how many go in a running transaction."""
        audit.record(
            session,
            AuditKind.AUDIT_EVENTS_REMOVED,
            at=self._at,
            actor="cleanup",
            subject=TABLE.name,
            count=count,
            before=self._before.isoformat(),
        )
        session.flush()


def _numbers_of(session: Session, table: Table) -> Numbers:
    def numbers(first: int, last: int) -> list[int]:
        found = select(table.c.number).where(table.c.number.between(first, last))
        return list(session.scalars(found.order_by(table.c.number)))

    return numbers


def _named(name: str) -> Table:
    """Return the table of a partition."""
    return TABLE.to_metadata(MetaData(), name=name)
