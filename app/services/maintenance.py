"""Removing rows that are over and no longer needed to recognise a replay."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.sql.dml import ReturningDelete

from app.database import free_pages
from app.database.transactions import writing
from app.models import (
    AccessToken,
    Activity,
    AuthorizationCode,
    AuthorizationRequest,
    BrowserSession,
    ClientSession,
    DeviceCode,
    FailureCount,
    KeptForm,
    Lease,
    PasswordLink,
)
from app.services.clients.unused import purge_clients

KEPT_FOR = timedelta(days=1)
ACTIVITY_KEPT_FOR = timedelta(days=400)


def clean_up(*, at: datetime) -> dict[str, int]:
    """Delete unused registrations, what expired more than a day ago, activity older than 400 days.

    Returns the number of rows by table. A spent code stays while its session lives, so that its replay
    still ends that session. An SQLite file shrinks afterwards.
    """
    removed: dict[str, int] = {}
    removed["clients"] = 0
    while count := _purged(at):
        removed["clients"] += count
    for table, statement in _statements(at).items():
        with writing() as session:
            removed[table] = len(session.execute(statement).all())
    free_pages.give_back()
    return removed


def _purged(at: datetime) -> int:
    with writing() as session:
        return purge_clients(session, before=at, at=at)


def _statements(at: datetime) -> dict[str, ReturningDelete[tuple[str]]]:
    past = at - KEPT_FOR
    over = select(ClientSession.id).where(
        (ClientSession.expires_at < past) | (ClientSession.ended_at < past)
    )
    alive = select(ClientSession.id).where(ClientSession.id.not_in(over))
    return {
        "authorization_codes": delete(AuthorizationCode)
        .where(
            AuthorizationCode.expires_at < past,
            AuthorizationCode.session_id.is_(None) | AuthorizationCode.session_id.not_in(alive),
        )
        .returning(AuthorizationCode.digest),
        "access_tokens": delete(AccessToken)
        .where(AccessToken.expires_at < past)
        .returning(AccessToken.id),
        "sessions": delete(ClientSession)
        .where(ClientSession.id.in_(over))
        .returning(ClientSession.id),
        "device_codes": delete(DeviceCode)
        .where(DeviceCode.expires_at < past)
        .returning(DeviceCode.digest),
        "claims": delete(Lease).where(Lease.ends_at < past).returning(Lease.digest),
        "authorization_requests": delete(AuthorizationRequest)
        .where(AuthorizationRequest.expires_at < past)
        .returning(AuthorizationRequest.id),
        "browser_sessions": delete(BrowserSession)
        .where((BrowserSession.expires_at < past) | (BrowserSession.ended_at < past))
        .returning(BrowserSession.digest),
        "kept_forms": delete(KeptForm).where(KeptForm.expires_at < at).returning(KeptForm.page),
        "password_links": delete(PasswordLink)
        .where(PasswordLink.expires_at < at)
        .returning(PasswordLink.user_id),
        "failure_counts": delete(FailureCount)
        .where(FailureCount.ends_at < past)
        .returning(FailureCount.bucket),
        "activities": delete(Activity)
        .where(Activity.last_at < at - ACTIVITY_KEPT_FOR)
        .returning(Activity.authorization_id),
    }
