"""Ending sessions, and what would open one, of many people at once. Within running transactions.

Rows are never fetched: one statement ends all of a kind, however many there are.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, Update, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models import (
    Authorization,
    AuthorizationCode,
    AuthorizationRequest,
    BrowserSession,
    ClientSession,
    DeviceCode,
)

Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Scope:
    """What ends: what was issued from `since` on and before `until`, of a user, of a client.

    Sign-ins of browsers are in it, unless a client is named.
    """

    since: datetime | None = None
    until: datetime | None = None
    user_id: str | None = None
    client_id: str | None = None

    def issued(
        self,
        first: InstrumentedAttribute[datetime],
        last: InstrumentedAttribute[datetime] | None = None,
    ) -> Conditions:
        """Return the conditions of what was issued from its `first` to its `last` instant."""
        found: Conditions = []
        if self.since is not None:
            found.append((first if last is None else last) >= self.since)
        if self.until is not None:
            found.append(first < self.until)
        return found

    def of(
        self,
        client_id: InstrumentedAttribute[str],
        authorization_id: InstrumentedAttribute[str] | None = None,
    ) -> Conditions:
        """Return the conditions of what is the client's, and hangs on an Authorization of the user."""
        found: Conditions = []
        if self.client_id is not None:
            found.append(client_id == self.client_id)
        if self.user_id is not None and authorization_id is not None:
            own = select(Authorization.id).where(Authorization.user_id == self.user_id)
            found.append(authorization_id.in_(own))
        return found


@dataclass(frozen=True, slots=True)
class Ended:
    """How many ended, of each kind; sessions carry the access and refresh tokens of tools."""

    sessions: int
    browser_sessions: int
    codes: int
    pending_requests: int
    device_codes: int


def take_time(session: Session) -> None:
    """Let PostgreSQL take as long as many rows need; SQLite has no such limit."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 0"))


def changed(session: Session, statement: Update) -> int:
    """Run an UPDATE that the session need not know of, and return the number of rows."""
    done = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", done).rowcount


def end_all(session: Session, scope: Scope, *, at: datetime) -> Ended:
    """End all that a scope holds and that has not ended, and return how much that was."""
    return Ended(
        codes=_end_codes(session, scope, at),
        device_codes=_end_device_codes(session, scope, at),
        pending_requests=_end_requests(session, scope, at),
        sessions=_end_sessions(session, scope, at),
        browser_sessions=0 if scope.client_id else _end_browsers(session, scope, at),
    )


def _end_codes(session: Session, scope: Scope, at: datetime) -> int:
    table = AuthorizationCode
    which = [
        table.redeemed_at.is_(None),
        *scope.issued(table.issued_at),
        *scope.of(table.client_id, table.authorization_id),
    ]
    return changed(session, update(table).where(*which).values(redeemed_at=at))


def _requests(scope: Scope) -> Select[str]:
    table = AuthorizationRequest
    which = [*scope.issued(table.created_at), *scope.of(table.client_id)]
    if scope.user_id is not None:
        which.append(table.user_id == scope.user_id)
    return select(table.id).where(*which)


def _end_device_codes(session: Session, scope: Scope, at: datetime) -> int:
    table = DeviceCode
    which = [table.expires_at > at, *scope.issued(table.created_at), *scope.of(table.client_id)]
    if scope.user_id is not None:
        which.append(table.request_id.in_(_requests(Scope(user_id=scope.user_id))))
    return changed(session, update(table).where(*which).values(expires_at=at))


def _end_requests(session: Session, scope: Scope, at: datetime) -> int:
    table = AuthorizationRequest
    which = [table.expires_at > at, table.id.in_(_requests(scope))]
    return changed(session, update(table).where(*which).values(expires_at=at))


def _end_sessions(session: Session, scope: Scope, at: datetime) -> int:
    table = ClientSession
    which = [
        table.ended_at.is_(None),
        *scope.issued(table.created_at, table.used_at),
        *scope.of(table.client_id, table.authorization_id),
    ]
    # Locked in the order in which activity is written, so that the two cannot deadlock.
    locked = select(table.id).where(*which).order_by(table.id).with_for_update()
    return changed(session, update(table).where(table.id.in_(locked)).values(ended_at=at))


def _end_browsers(session: Session, scope: Scope, at: datetime) -> int:
    table = BrowserSession
    which = [table.ended_at.is_(None), *scope.issued(table.created_at)]
    if scope.user_id is not None:
        which.append(table.user_id == scope.user_id)
    return changed(session, update(table).where(*which).values(ended_at=at))
