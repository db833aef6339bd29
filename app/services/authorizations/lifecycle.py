"""Stopping what was delegated: pause and resume, end sessions, revoke. All of it holds at once."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.delegation.authorization import AuthorizationKind
from app.domain.errors import Conflict, NotFound
from app.models import Authorization, ClientSession
from app.services import audit
from app.services.authorizations.rows import require_row, update_unrevoked
from app.services.sessions import end_session, end_sessions

REVOKED = "It was revoked; that cannot be undone."


@repeated
def revoke(
    authorization_id: str, *, owner: str | None, actor: str, at: datetime
) -> AuthorizationKind:
    """Revoke an Authorization and return its kind: every token and key under it stops.

    Doing it twice changes nothing. `owner` None is an administrator. Raises NotFound, also for another
    user's.
    """
    with writing() as session:
        row = require_row(session, authorization_id, owner)
        revoke_within(
            session, Authorization.id == row.id, AuditKind.AUTHORIZATION_REVOKED, actor=actor, at=at
        )
        return AuthorizationKind(row.kind)


def revoke_within(
    session: Session,
    which: ColumnElement[bool],
    kind: AuditKind,
    *,
    actor: str,
    at: datetime,
    **detail: object,
) -> None:
    """Revoke an Authorization that is not revoked yet, within a running transaction.

    Its sessions end, and the audit event of `kind` carries `detail`.
    """
    revoked = update_unrevoked(session, which, revoked_at=at, updated_at=at)
    if revoked is not None:
        end_sessions(session, revoked.id, at=at)
        audit.record(
            session,
            kind,
            at=at,
            actor=actor,
            subject=revoked.id,
            user_id=revoked.user_id,
            **detail,
        )


def pause(authorization_id: str, *, owner: str | None, actor: str, at: datetime) -> None:
    """Pause an Authorization: it gives nothing until it is resumed. Twice changes nothing.

    `owner` None is an administrator. Raises NotFound, also for another user's, and Conflict for one that
    is revoked.
    """
    _switch(authorization_id, owner, at, AuditKind.AUTHORIZATION_PAUSED, actor=actor, at=at)


def resume(authorization_id: str, *, owner: str, at: datetime) -> None:
    """Resume a paused Authorization, with its sessions and keys. Raises as `pause`."""
    _switch(authorization_id, owner, None, AuditKind.AUTHORIZATION_RESUMED, actor=owner, at=at)


@repeated
def _switch(
    authorization_id: str,
    owner: str | None,
    paused_at: datetime | None,
    kind: AuditKind,
    *,
    actor: str,
    at: datetime,
) -> None:
    with writing() as session:
        row = require_row(session, authorization_id, owner)
        column = Authorization.paused_at
        switched = update_unrevoked(
            session,
            Authorization.id == row.id,
            column.is_(None) if paused_at else column.is_not(None),
            paused_at=paused_at,
            updated_at=at,
        )
        if switched is not None:
            _record(session, kind, row, actor, at)
        elif row.revoked_at is not None:
            raise Conflict(REVOKED)


@repeated
def end_one_session(authorization_id: str, session_id: str, *, owner: str, at: datetime) -> None:
    """End one session under an Authorization; ending it twice changes nothing. Raises NotFound."""
    with writing() as session:
        row = require_row(session, authorization_id, owner)
        known = select(ClientSession.id).where(
            ClientSession.id == session_id, ClientSession.authorization_id == row.id
        )
        if not (session_id.isascii() and session_id.isalnum()) or session.scalar(known) is None:
            raise NotFound("There is no such session.")
        end_session(session, session_id, reason="ended by the user", actor=owner, at=at)


@repeated
def end_all_sessions(authorization_id: str, *, owner: str, at: datetime) -> None:
    """End every session under an Authorization; the tool has to ask again. Raises NotFound."""
    with writing() as session:
        row = require_row(session, authorization_id, owner)
        open_ = (
            select(ClientSession.id)
            .where(ClientSession.authorization_id == row.id, ClientSession.ended_at.is_(None))
            .order_by(
                ClientSession.id
            )  # the order in which activity is written, so that the two cannot deadlock
        )
        for session_id in session.scalars(open_).all():
            end_session(session, session_id, reason="ended by the user", actor=owner, at=at)


def _record(
    session: Session, kind: AuditKind, row: Authorization, actor: str, at: datetime
) -> None:
    audit.record(session, kind, at=at, actor=actor, subject=row.id, user_id=row.user_id)
