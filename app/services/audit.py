"""The audit log: who did what, when, and from where; written inside the transaction of the act."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.pages import Found, Order, Statement, in_pages
from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import without_secrets
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
    user_id: str | None
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
    """Return the columns of an event; where it comes from stands in its detail as `address`.

    People paste secrets into fields that are meant for names: what has the form of one of ours is cut.
    """
    return {
        "at": at,
        "kind": kind,
        "actor": actor,
        "subject": without_secrets(subject),
        "user_id": user_id,
        "detail": {"address": ORIGIN.get(), **without_secrets(detail)},
    }


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events: from an instant on, of one kind, of one user, about one subject, after a number."""

    since: datetime | None = None
    kind: str | None = None
    user_id: str | None = None
    subject: str | None = None
    after: int = 0


EVERYTHING = Filter()


def entries(which: Filter = EVERYTHING, *, limit: int | None = None) -> Iterator[Entry]:
    """Give events in order, page by page, `limit` at most; raises Unavailable on the way."""
    after = which.after
    if which.since is not None:
        first = _first_since(which.since)
        if first is None:
            return
        after = max(after, first - 1)
    order = Order((AuditEvent.number,), (after,))
    yield from in_pages(statement_of(which), order, _made, limit=limit)


def statement_of(which: Filter) -> Statement:
    """Return the statement of the events that a filter lets through, but for where they begin."""
    found = select(
        AuditEvent.number,
        AuditEvent.at,
        AuditEvent.kind,
        AuditEvent.actor,
        AuditEvent.subject,
        AuditEvent.user_id,
        AuditEvent.detail,
    )
    if which.since is not None:
        found = found.where(AuditEvent.at >= which.since)
    if which.kind is not None:
        found = found.where(AuditEvent.kind == which.kind)
    if which.user_id is not None:
        found = found.where(AuditEvent.user_id == which.user_id)
    if which.subject is not None:
        found = found.where(AuditEvent.subject == which.subject)
    return found


def first_since_statement(since: datetime) -> Statement:
    """Return the statement of the least number from an instant on, read off the index of instants.

    The sum keeps PostgreSQL from walking along the numbers until one fits, which is through all of them.
    """
    return select(func.min(AuditEvent.number + 0)).where(AuditEvent.at >= since)


@repeated
def _first_since(since: datetime) -> int | None:
    with reading() as session:
        first: int | None = session.scalar(first_since_statement(since))
        return first


def _made(_session: Session, rows: Sequence[Found]) -> list[Entry]:
    return [Entry(*tuple(row)[:-1]) for row in rows]  # the last one is the key
