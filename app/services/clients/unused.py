"""Removing registrations that nobody ever used, with what was recorded about each of them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.database.sweep import due
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
    is_due = due(Client, Client.removable_at < before, oldest=Client.removable_at, limit=BATCH)
    removed = session.scalars(delete(Client).where(is_due).returning(Client.identifier)).all()
    if removed:
        _forget(session, removed)
        kind = AuditKind.CLIENTS_PURGED
        audit.record(session, kind, at=at, actor="cleanup", subject="clients", count=len(removed))
    return len(removed)


def forget_unused(session: Session, client_id: str) -> bool:
    """Remove a client unless somebody has approved it, and say whether it is gone.

    Used within running transactions. The DELETE itself locks the row, for good: an approval under way
    ends first, or finds no client any more.
    """
    unused = Client.id == client_id, Client.removable_at.is_not(None)
    removed = session.scalars(delete(Client).where(*unused).returning(Client.identifier)).all()
    _forget(session, removed)
    return bool(removed)


def _forget(session: Session, identifiers: Sequence[str]) -> None:
    session.execute(
        delete(AuditEvent).where(
            AuditEvent.subject.in_(identifiers), AuditEvent.kind.in_(OWN_EVENTS)
        )
    )
