"""Removing registrations that nobody ever used."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.database.sweep import due
from app.domain.audit import AuditKind
from app.models import Client
from app.services import audit

BATCH = 500


def purge_clients(session: Session, *, before: datetime, at: datetime) -> int:
    """Remove up to BATCH clients that were removable `before` an instant, and return their number.

    One event says how many. Used within running transactions.
    """
    is_due = due(Client, Client.removable_at < before, oldest=Client.removable_at, limit=BATCH)
    removed = session.scalars(delete(Client).where(is_due).returning(Client.identifier)).all()
    if removed:
        kind = AuditKind.CLIENTS_PURGED
        audit.record(session, kind, at=at, actor="cleanup", subject="clients", count=len(removed))
    return len(removed)


def forget_unused(session: Session, client_id: str) -> bool:
    """Remove a client unless somebody has approved it, and say whether it is gone.

    Used within running transactions. The DELETE itself locks the row, for good: an approval under way
    ends first, or finds no client any more.
    """
    unused = Client.id == client_id, Client.removable_at.is_not(None)
    removed = session.scalar(delete(Client).where(*unused).returning(Client.identifier))
    return removed is not None
