"""Ending sessions of clients: one, or all under an Authorization. Used within running transactions."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.audit import AuditKind
from app.models import Authorization, ClientSession
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
