"""Removing registrations that nobody ever used, with what was recorded about each of them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.audit import AuditKind
from app.models import AuditEvent, Client
from app.services import audit

BATCH = 500
OWN_EVENTS = (AuditKind.CLIENT_REGISTERED, AuditKind.CLIENT_UPDATED)


def purge_clients(session: Session, *, before: datetime, at: datetime) -> int:
    """Remove up to BATCH clients that were removable `before` an instant, and return their number.

    One event says how many. The events of the removed clients go too, so that strangers cannot make the
    audit log grow. Used within running transactions.
    """
    due = (
        select(Client.id)
        .where(Client.removable_at < before)
        .order_by(Client.removable_at)
        .limit(BATCH)
    )
    # The condition stands twice: a client that was approved meanwhile must stay.
    removed = session.scalars(
        delete(Client)
        .where(Client.id.in_(due), Client.removable_at < before)
        .returning(Client.identifier)
    ).all()
    if removed:
        forget_clients(session, removed)
        kind = AuditKind.CLIENTS_PURGED
        audit.record(session, kind, at=at, actor="cleanup", subject="clients", count=len(removed))
    return len(removed)


def forget_clients(session: Session, identifiers: Sequence[str]) -> None:
    """Remove clients with the events about their registration, within a running transaction."""
    session.execute(delete(Client).where(Client.identifier.in_(identifiers)))
    session.execute(
        delete(AuditEvent).where(
            AuditEvent.subject.in_(identifiers), AuditEvent.kind.in_(OWN_EVENTS)
        )
    )
