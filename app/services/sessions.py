"""Ending sessions of clients and of browsers, and what would open one. Within running transactions."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, select, update
from sqlalchemy.orm import Session

from app.domain.audit import AuditKind
from app.domain.lifetimes import Lifetimes
from app.models import (
    Authorization,
    AuthorizationCode,
    AuthorizationRequest,
    BrowserSession,
    ClientSession,
    DeviceCode,
    User,
)
from app.services import audit


def end_session(
    session: Session, session_id: str, *, reason: str, actor: str, at: datetime
) -> bool:
    """End a session within a running transaction: its refresh and access tokens stop at once."""
    authorization_id = session.scalar(
        update(ClientSession)
        .where(ClientSession.id == session_id, ClientSession.ended_at.is_(None))
        .values(ended_at=at)
        .returning(ClientSession.authorization_id)
    )
    if authorization_id is None:
        return False
    owner = select(Authorization.user_id).where(Authorization.id == authorization_id)
    audit.record(
        session,
        AuditKind.SESSION_ENDED,
        at=at,
        actor=actor,
        subject=authorization_id,
        user_id=session.scalar(owner),
        session=session_id,
        reason=reason,
    )
    return True


def end_sessions(session: Session, authorization_id: str, *, at: datetime) -> None:
    """End every session under an Authorization: its refresh and access tokens stop at once."""
    session.execute(
        update(ClientSession)
        .where(ClientSession.authorization_id == authorization_id, ClientSession.ended_at.is_(None))
        .values(ended_at=at)
    )


def end_access_of_user(session: Session, user_id: str, *, at: datetime) -> int:
    """End what tools got from a user, as `end_access_of_client`; returns the number of live sessions.

    The Authorizations stay: a tool that asks again finds what the user had given it.
    """
    return _end_access(
        session, Authorization.user_id == user_id, AuthorizationRequest.user_id == user_id, at
    )


def end_access_of_client(session: Session, client_id: str, *, at: datetime) -> int:
    """End a client's sessions, and its codes and pending requests, which would open one.

    Returns how many sessions were live.
    """
    return _end_access(
        session,
        Authorization.client_id == client_id,
        AuthorizationRequest.client_id == client_id,
        at,
    )


def _end_access(
    session: Session, whose: ColumnElement[bool], asked: ColumnElement[bool], at: datetime
) -> int:
    given = select(Authorization.id).where(whose)
    session.execute(
        update(AuthorizationCode)
        .where(
            AuthorizationCode.authorization_id.in_(given), AuthorizationCode.redeemed_at.is_(None)
        )
        .values(redeemed_at=at)
    )
    _end_requests(session, select(AuthorizationRequest.id).where(asked), at)
    open_ = ClientSession.authorization_id.in_(given), ClientSession.ended_at.is_(None)
    # Locked in the order in which activity is written, so that the two cannot deadlock.
    session.execute(
        select(ClientSession.id).where(*open_).order_by(ClientSession.id).with_for_update()
    )
    is_live = and_(ClientSession.expires_at > at, ClientSession.idle_expires_at > at)
    return sum(
        session.scalars(
            update(ClientSession)
            .where(*open_)
            .values(ended_at=at)
            .returning(is_live)
            .execution_options(synchronize_session=False)
        )
    )


def _end_requests(session: Session, requests: Select[str], at: datetime) -> None:
    """Let requests and the device codes behind them expire: a tool is told so and begins again."""
    session.execute(
        update(DeviceCode)
        .where(DeviceCode.request_id.in_(requests), DeviceCode.expires_at > at)
        .values(expires_at=at)
    )
    session.execute(
        update(AuthorizationRequest)
        .where(AuthorizationRequest.id.in_(requests), AuthorizationRequest.expires_at > at)
        .values(expires_at=at)
    )


def unexpired(lifetimes: Lifetimes, at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a BrowserSession that is neither too old nor idle for too long."""
    idle_since = at - timedelta(seconds=lifetimes.browser_idle)
    return BrowserSession.expires_at > at, BrowserSession.seen_at > idle_since


def end_all_browsers(session: Session, user: User, *, lifetimes: Lifetimes, at: datetime) -> int:
    """End every browser session of a user and return how many were live.

    The browsers are no longer known as the user's: they count wrong passwords as strangers do.
    """
    user.devices_since = at
    own = (BrowserSession.user_id == user.id,)
    return end_browsers(session, own, lifetimes=lifetimes, at=at)


def end_browsers(
    session: Session, which: Iterable[ColumnElement[bool]], *, lifetimes: Lifetimes, at: datetime
) -> int:
    """End browser sessions, idle ones too, and return how many were still live."""
    good = session.scalars(
        update(BrowserSession)
        .where(BrowserSession.ended_at.is_(None), *which)
        .values(ended_at=at)
        .returning(and_(*unexpired(lifetimes, at)))
    )
    return sum(good)
