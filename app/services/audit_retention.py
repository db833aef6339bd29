"""Removing audit events that are older than a deployment keeps them.

They go a batch at a time. On PostgreSQL a month goes as a whole once all of it is old; what stands in no
month goes row by row.
"""

from datetime import datetime

from sqlalchemy import MetaData, Table, delete, select, update
from sqlalchemy.orm import Session

from app.database import partitions
from app.database.partitions import Partition
from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.errors import Unavailable
from app.models import AuditEvent
from app.models.base import table_of
from app.services import audit

TABLE = table_of(AuditEvent)


class EventRemoval:
    """One run that removes the events from before an instant; one event says how many went.

    That event grows with each step, in the transaction of the step.
    """

    @repeated
    def __init__(self, before: datetime, *, at: datetime) -> None:
        self._before, self._at = before, at
        self._count = 0
        self._number: int | None = None
        with reading() as session:
            found = partitions.partitions_of(session, TABLE.name)
        self._missing = partitions.missing_months(found, at) if found else []
        self._over = [each for each in found if each.until is not None and each.until <= before]
        rest = [each for each in found if not each.is_month and each not in self._over]
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
        try:
            with writing() as session:
                count = partitions.drop(session, partition)
                number = self._noted(session, count)
        except Unavailable:
            return 0
        return self._went(count, number)

    @repeated
    def _delete(self, table: Table, limit: int) -> int:
        due = (
            select(table.c.number)
            .where(table.c.at < self._before)
            .order_by(table.c.at, table.c.number)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        with writing() as session:
            is_due = table.c.number.in_(select(due.c.number))
            # SQLite does not count the rows of a DELETE that begins with WITH.
            swept = session.execute(delete(table).where(is_due).returning(table.c.number))
            count = len(swept.all())
            number = self._noted(session, count)
        return self._went(count, number)

    def _went(self, count: int, number: int | None) -> int:
        """Remember what a transaction did, once it has committed."""
        self._count, self._number = self._count + count, number
        return count

    def _noted(self, session: Session, count: int) -> int | None:
        """Record that so many more went, within a running transaction; returns the event's number."""
        if not count:
            return self._number
        values = audit.event(
            AuditKind.AUDIT_EVENTS_REMOVED,
            at=self._at,
            actor="cleanup",
            subject=TABLE.name,
            count=self._count + count,
            before=self._before.isoformat(),
        )
        if self._number is None:
            row = AuditEvent(**values)
            session.add(row)
            session.flush()
            return row.number
        own = AuditEvent.number == self._number
        session.execute(update(AuditEvent).where(own).values(detail=values["detail"]))
        return self._number


def _named(name: str) -> Table:
    """Return the table of a partition."""
    return TABLE.to_metadata(MetaData(), name=name)
