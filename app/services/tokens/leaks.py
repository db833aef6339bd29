"""Secrets that were found in public: they stop at once, and their owner is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    is_sealed,
    prefix_of,
    session_of,
)
from app.models import AccessToken, ApiKey, AuditEvent, Authorization, ClientSession
from app.services.authorizations.lifecycle import revoke_within
from app.services.sessions import end_session

ACTOR = "secret scanner"


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret's text and where it was found."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class LeakNotice:
    """What the owner is told: which key, where it was found and when."""

    authorization_id: str
    name: str
    url: str
    at: datetime


def report(leaks: Sequence[Leak], *, at: datetime) -> None:
    """Stop what leaked: a key is revoked with its Authorization, a token ends its session.

    An unknown text changes nothing. The caller learns nothing about any of them.
    """
    for leak in leaks:
        prefix = prefix_of(leak.text)
        if prefix is not None:
            _stop(leak, prefix, at)


@repeated
def _stop(leak: Leak, prefix: Prefix, at: datetime) -> None:
    with writing() as session:
        if prefix is Prefix.API_KEY:
            _revoke_key(session, leak, at)
        elif prefix in (Prefix.ACCESS_TOKEN, Prefix.REFRESH_TOKEN):
            _end_session(session, leak.text, at)


def _revoke_key(session: Session, leak: Leak, at: datetime) -> None:
    key = select(ApiKey.authorization_id).where(ApiKey.digest == digest(leak.text))
    name = session.scalar(select(Authorization.name).where(Authorization.id.in_(key)))
    revoke_within(
        session,
        Authorization.id.in_(key),
        AuditKind.API_KEY_LEAKED,
        actor=ACTOR,
        at=at,
        name=name,
        url=leak.url,
    )


def _end_session(session: Session, text: str, at: datetime) -> None:
    if prefix_of(text) is Prefix.REFRESH_TOKEN:
        row = session.get(ClientSession, session_of(text))
        session_id = row.id if row is not None and is_sealed(text, row.seal_key) else None
    else:
        found = select(AccessToken.session_id).where(AccessToken.digest == digest(text))
        session_id = session.scalar(found)
    if session_id is not None:
        end_session(session, session_id, reason="found in public", actor=ACTOR, at=at)


@repeated
def leak_notices(user_id: str, *, since: datetime) -> list[LeakNotice]:
    """Return the user's keys that were found in public since an instant, the newest first."""
    statement = (
        select(AuditEvent)
        .where(
            AuditEvent.user_id == user_id,
            AuditEvent.kind == AuditKind.API_KEY_LEAKED,
            AuditEvent.at >= since,
        )
        .order_by(AuditEvent.number.desc())
    )
    with reading() as session:
        return [
            LeakNotice(e.subject, e.detail["name"], e.detail["url"], e.at)
            for e in session.scalars(statement)
        ]
