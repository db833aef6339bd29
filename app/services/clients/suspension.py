"""Disabling clients and enabling them again: what has ended does not come back."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.errors import Conflict
from app.models import Client
from app.services import audit
from app.services.clients.clients import ITSELF, ClientInfo, client_info, require_row
from app.services.sessions import end_access_of_client

GONE = "This tool has ended its own registration, and its client_id with it. It registers anew."


@repeated
def disable_client(identifier: str, *, at: datetime, actor: str) -> tuple[ClientInfo, int]:
    """Disable a client for good or for a while; returns it, and how many live sessions it had.

    Its sessions, codes and pending requests end in the same transaction. Doing it twice changes nothing.
    Raises NotFound.
    """
    with writing() as session:
        row, ended = require_row(session, identifier), 0
        if row.disabled_at is None:
            row.removable_at = None  # a removed client could register again
            ended = disable_within(session, row, at=at)
            kind = AuditKind.CLIENT_DISABLED
            audit.record(
                session, kind, at=at, actor=actor, subject=identifier, client_sessions_ended=ended
            )
        return client_info(row), ended


def disable_within(session: Session, row: Client, *, at: datetime) -> int:
    """Disable a client and end its access, within a running transaction; returns its live sessions."""
    row.disabled_at = at
    session.flush()
    return end_access_of_client(session, row.id, at=at)


@repeated
def enable_client(identifier: str, *, at: datetime, actor: str) -> ClientInfo:
    """Enable a client again: it may ask, and its users sign in to it again. Twice changes nothing.

    Raises NotFound, and Conflict for a client that has ended its own registration.
    """
    with writing() as session:
        row = require_row(session, identifier)
        if row.disabled_at is not None:
            if row.registered_by == ITSELF and row.registration_digest is None:
                raise Conflict(GONE)
            # What was being issued while it was disabled, or before disabling ended anything, ends too.
            end_access_of_client(session, row.id, at=at)
            row.disabled_at = None
            audit.record(session, AuditKind.CLIENT_ENABLED, at=at, actor=actor, subject=identifier)
        return client_info(row)
