"""Removing rows that are over and no longer needed to recognise a replay."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, exists, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.database import free_pages
from app.database.repetition import repeated
from app.database.sweep import due
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
    ManagementToken,
    PasswordLink,
)
from app.models.base import Model
from app.services.audit_retention import EventRemoval, Retention
from app.services.clients.unused import purge_clients

KEPT_FOR = timedelta(days=1)
ACTIVITY_KEPT_FOR = timedelta(days=400)
BATCH = 1_000  # rows in one transaction, so that nobody waits long for it


@dataclass(frozen=True, slots=True)
class _Over:
    """Rows that are over: all that meet the conditions, the oldest first."""

    table: type[Model]
    oldest: InstrumentedAttribute[Any]
    conditions: tuple[ColumnElement[bool], ...]


Tell = Callable[[str, int], None]  # of the rows that were removed so far, by table


def clean_up(
    *, at: datetime, retention: Retention | None = None, tell: Tell | None = None
) -> dict[str, int]:
    """Delete unused registrations, what expired more than a day ago, activity older than 400 days.

    Sealed audit events go as `retention` says, None: never. Returns the number of rows by table; `tell`
    hears it on the way. A spent code stays while its session lives, so that its replay
    still ends that session. Requests go on meanwhile. An SQLite file shrinks afterwards.
    """
    steps: dict[str, Callable[[], int]] = {"clients": partial(_purged, at)}
    steps |= {name: _step(over) for name, over in _all_over(at).items()}
    steps["audit_events"] = _events_step(retention, at)
    removed = {
        name: _in_batches(step, partial(tell, name) if tell else None)
        for name, step in steps.items()
    }
    free_pages.give_back()
    return removed


def _in_batches(step: Callable[[], int], tell: Callable[[int], None] | None) -> int:
    """Repeat a step until nothing is left for it; returns how many rows it removed in all."""
    removed = 0
    while True:
        began = time.monotonic()
        count = step()
        removed += count
        if tell is not None:
            tell(removed)
        if not count:
            return removed
        time.sleep(time.monotonic() - began)  # half of the time is the requests'


@repeated
def _purged(at: datetime) -> int:
    with writing() as session:
        return purge_clients(session, before=at, at=at)


def _step(over: _Over) -> Callable[[], int]:
    @repeated
    def step() -> int:
        is_due = due(over.table, *over.conditions, oldest=over.oldest, limit=BATCH)
        with writing() as session:
            swept = session.execute(delete(over.table).where(is_due))
            return cast("CursorResult[Any]", swept).rowcount

    return step


def _events_step(retention: Retention | None, at: datetime) -> Callable[[], int]:
    if retention is None:
        return lambda: 0
    return partial(EventRemoval(retention, at=at).step, BATCH)


def _all_over(at: datetime) -> dict[str, _Over]:
    past = at - KEPT_FOR
    return {
        "authorization_codes": _Over(
            AuthorizationCode,
            AuthorizationCode.expires_at,
            (AuthorizationCode.expires_at < past, _without_live_session(past)),
        ),
        "access_tokens": _ended(AccessToken, AccessToken.expires_at, past),
        "management_tokens": _ended(ManagementToken, ManagementToken.expires_at, past),
        "sessions": _Over(
            ClientSession,
            ClientSession.expires_at,
            (or_(ClientSession.expires_at < past, ClientSession.ended_at < past),),
        ),
        "device_codes": _ended(DeviceCode, DeviceCode.expires_at, past),
        "claims": _ended(Lease, Lease.ends_at, past),
        "authorization_requests": _ended(
            AuthorizationRequest, AuthorizationRequest.expires_at, past
        ),
        "browser_sessions": _Over(
            BrowserSession,
            BrowserSession.expires_at,
            (or_(BrowserSession.expires_at < past, BrowserSession.ended_at < past),),
        ),
        "kept_forms": _ended(KeptForm, KeptForm.expires_at, at),
        "password_links": _ended(PasswordLink, PasswordLink.expires_at, at),
        "failure_counts": _ended(FailureCount, FailureCount.ends_at, past),
        "activities": _ended(Activity, Activity.last_at, at - ACTIVITY_KEPT_FOR),
    }


def _ended(table: type[Model], ends_at: InstrumentedAttribute[Any], before: datetime) -> _Over:
    return _Over(table, ends_at, (ends_at < before,))


def _without_live_session(past: datetime) -> ColumnElement[bool]:
    is_live = and_(
        ClientSession.expires_at >= past,
        or_(ClientSession.ended_at.is_(None), ClientSession.ended_at >= past),
    )
    return ~exists().where(ClientSession.id == AuthorizationCode.session_id, is_live)
