"""The audit log: who did what, when, and from where; written inside the transaction of the act."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.audit import AuditKind
from app.models import AuditEvent

SERVER = "server"
COMMAND_LINE = "command line"
ORIGIN: ContextVar[str] = ContextVar("origin", default=SERVER)
"""Where the running act comes from: the address of a request, the command line, or the server itself.

The faces say it once; a service does not hand it on, so that no act can forget it.
"""


def origin_of(address: str | None) -> str:
    """Return what is kept of the address that a request comes from."""
    return (address or "unknown")[:80]


@contextmanager
def coming_from(origin: str) -> Iterator[None]:
    """Say where the acts of a block come from."""
    before = ORIGIN.set(origin)
    try:
        yield
    finally:
        ORIGIN.reset(before)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it is shown."""

    number: int
    at: datetime
    kind: str
    actor: str
    subject: str
    detail: dict[str, Any]


def record(
    session: Session,
    kind: AuditKind,
    /,
    *,
    at: datetime,
    actor: str,
    subject: str,
    user_id: str | None = None,
    **detail: object,
) -> None:
    """Add an event to the running transaction; `detail` must be JSON and free of secrets."""
    session.add(
        AuditEvent(**event(kind, at=at, actor=actor, subject=subject, user_id=user_id, **detail))
    )


def event(
    kind: AuditKind,
    /,
    *,
    at: datetime,
    actor: str,
    subject: str,
    user_id: str | None = None,
    **detail: object,
) -> dict[str, Any]:
    """Return the columns of an event; where it comes from stands in its detail as `address`."""
    return {
        "at": at,
        "kind": kind,
        "actor": actor,
        "subject": subject,
        "user_id": user_id,
        "detail": {"address": ORIGIN.get(), **detail},
    }


@repeated
def entries(*, since: datetime | None = None, kind: str | None = None) -> list[Entry]:
    """Return events in order, from an instant on and of one kind if given."""
    statement = select(AuditEvent).order_by(AuditEvent.number)
    if since is not None:
        statement = statement.where(AuditEvent.at >= since)
    if kind is not None:
        statement = statement.where(AuditEvent.kind == kind)
    with reading() as session:
        return [
            Entry(e.number, e.at, e.kind, e.actor, e.subject, dict(e.detail))
            for e in session.scalars(statement)
        ]
