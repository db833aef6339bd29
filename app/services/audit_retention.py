"""Removing audit events that are older than a deployment keeps them, a batch at a time."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, update
from sqlalchemy.orm import Session

from app.database.sweep import due
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.models import AuditEvent
from app.services import audit


@dataclass(frozen=True, slots=True)
class Removal:
    """Events from before an instant that one run removed so far, and the event that says so."""

    before: datetime
    count: int = 0
    number: int | None = None


def remove_some(removal: Removal, *, limit: int, at: datetime) -> Removal:
    """Remove up to `limit` events in one transaction, and return the removal with them counted.

    One event a run says how many went and until when; it grows with each batch. On PostgreSQL an event
    that somebody holds is left for the next time.
    """
    is_due = due(AuditEvent, AuditEvent.at < removal.before, oldest=AuditEvent.at, limit=limit)
    with writing() as session:
        swept = session.execute(delete(AuditEvent).where(is_due))
        count = cast("CursorResult[Any]", swept).rowcount
        return noted(session, removal, count, at) if count else removal


def noted(session: Session, removal: Removal, count: int, at: datetime) -> Removal:
    """Record that so many more events went, within a running transaction."""
    total = removal.count + count
    values = audit.event(
        AuditKind.AUDIT_EVENTS_REMOVED,
        at=at,
        actor="cleanup",
        subject="audit_events",
        count=total,
        before=removal.before.isoformat(),
    )
    if removal.number is None:
        row = AuditEvent(**values)
        session.add(row)
        session.flush()
        return replace(removal, count=total, number=row.number)
    own = AuditEvent.number == removal.number
    session.execute(update(AuditEvent).where(own).values(detail=values["detail"]))
    return replace(removal, count=total)
