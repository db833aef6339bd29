"""The audit log, in the order in which it was written."""

from datetime import datetime
from http import HTTPMethod
from typing import Any

from pydantic import AwareDatetime, Field

from app.api.callers import acting
from app.api.contract import Answer, operation
from app.api.cursors import Key, Paging, page, single
from app.domain.errors import Invalid
from app.domain.management import AdminScope
from app.services import audit
from app.services.audit import Entry, Filter
from app.services.directory import users

MOST_DIGITS = 18


class AuditEvent(Answer):
    """Who did what, when, and to what."""

    number: int = Field(description="Gives the order.")
    at: datetime
    kind: str
    actor: str
    subject: str
    detail: dict[str, Any]


class AuditEventPage(Answer):
    """A page of events."""

    items: list[AuditEvent]
    next: str | None


class AuditQuery(Paging):
    """Which events."""

    since: AwareDatetime | None = Field(default=None, description="From this instant on.")
    kind: str | None = Field(default=None, max_length=60)
    user: str | None = Field(default=None, max_length=320, description="A name or an address.")
    subject: str | None = Field(default=None, max_length=200)


def _shown(entry: Entry) -> AuditEvent:
    return AuditEvent(
        number=entry.number,
        at=entry.at,
        kind=entry.kind,
        actor=entry.actor,
        subject=entry.subject,
        detail=entry.detail,
    )


def _number(after: Key | None) -> int:
    text = single(after) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise Invalid("cursor: it is none of this list.")
    return int(text)


@operation(
    HTTPMethod.GET, "/audit-events", tag="audit", name="listAuditEvents", answer=AuditEventPage
)
def list_audit_events(query: AuditQuery) -> AuditEventPage:
    """List events, the oldest first; the last cursor is where to go on later."""
    acting(AdminScope.AUDIT_READ)
    user_id = None if query.user is None else users.one(query.user).id
    found, following = page(
        query,
        lambda after, limit: audit.entries(
            Filter(query.since, query.kind, user_id, query.subject, _number(after)), limit=limit
        ),
        lambda one: (str(one.number),),
    )
    return AuditEventPage(items=list(map(_shown, found)), next=following)
