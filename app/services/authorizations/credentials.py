"""The credentials under Authorizations: API keys and sessions, by their ids, and ending a session."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.pages import Found, Order, in_pages
from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.errors import NotFound
from app.models import ApiKey, Authorization, Client, ClientSession
from app.services.sessions import end_session


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """An API key; `expires_at` is its own end, beside that of its Authorization."""

    id: str
    authorization_id: str
    user_id: str
    last_four: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One sign-in of a client."""

    id: str
    authorization_id: str
    user_id: str
    client_id: str
    user_agent: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def keys(*, owner: str | None, after: str | None, limit: int) -> Iterator[KeyInfo]:
    """Give API keys by id, those after one: a user's, everybody's for `owner` None."""
    found = select(
        ApiKey.id,
        ApiKey.authorization_id,
        Authorization.user_id,
        ApiKey.last_four,
        ApiKey.created_at,
        ApiKey.expires_at,
        ApiKey.revoked_at,
    ).join(Authorization, Authorization.id == ApiKey.authorization_id)
    if owner is not None:
        found = found.where(Authorization.user_id == owner)
    order = Order((ApiKey.id,), None if after is None else (after,))
    return in_pages(found, order, _keys, limit=limit)


def sessions(*, owner: str | None, after: str | None, limit: int) -> Iterator[SessionInfo]:
    """Give sessions of clients by id, those after one: a user's, everybody's for `owner` None."""
    found = (
        select(
            ClientSession.id,
            ClientSession.authorization_id,
            Authorization.user_id,
            Client.identifier,
            ClientSession.user_agent,
            ClientSession.address,
            ClientSession.created_at,
            ClientSession.used_at,
            ClientSession.expires_at,
            ClientSession.ended_at,
        )
        .join(Authorization, Authorization.id == ClientSession.authorization_id)
        .join(Client, Client.id == ClientSession.client_id)
    )
    if owner is not None:
        found = found.where(Authorization.user_id == owner)
    order = Order((ClientSession.id,), None if after is None else (after,))
    return in_pages(found, order, _sessions, limit=limit)


@repeated
def end(session_id: str, *, owner: str | None, actor: str, at: datetime) -> None:
    """End a session: its tokens stop at once. Twice changes nothing; `owner` None is an administrator.

    Raises NotFound, also for another user's.
    """
    own = (
        select(ClientSession.id)
        .join(Authorization, Authorization.id == ClientSession.authorization_id)
        .where(ClientSession.id == session_id)
    )
    if owner is not None:
        own = own.where(Authorization.user_id == owner)
    with writing() as session:
        if not (session_id.isascii() and session_id.isalnum()) or session.scalar(own) is None:
            raise NotFound("There is no such session.")
        by = "the user" if owner is not None else "an administrator"
        end_session(session, session_id, reason=f"ended by {by}", actor=actor, at=at)


def _keys(_session: Session, rows: Sequence[Found]) -> list[KeyInfo]:
    return [KeyInfo(*tuple(row)[:-1]) for row in rows]


def _sessions(_session: Session, rows: Sequence[Found]) -> list[SessionInfo]:
    return [SessionInfo(*tuple(row)[:-1]) for row in rows]
