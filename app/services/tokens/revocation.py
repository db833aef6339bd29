"""Revocation by the client that holds the token (RFC 7009)."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    is_sealed,
    prefix_of,
    session_of,
)
from app.models import AccessToken, Authorization, ClientSession
from app.services import audit
from app.services.sessions import end_session


def revoke(text: str, *, client_id: str, at: datetime) -> None:
    """Revoke a token of this client (its row id): an access token itself, a refresh token's session.

    Any other text changes nothing and is no error (RFC 7009 section 2.2). The Authorization stays.
    """
    prefix = prefix_of(text)
    if prefix not in (Prefix.ACCESS_TOKEN, Prefix.REFRESH_TOKEN):
        return
    with writing() as session:
        if prefix is Prefix.ACCESS_TOKEN:
            _revoke_access_token(session, text, client_id, at)
        else:
            _end_session_of(session, text, client_id, at)


def _revoke_access_token(session: Session, text: str, client_id: str, at: datetime) -> None:
    own = select(ClientSession.id).where(ClientSession.client_id == client_id)
    session_id = session.scalar(
        update(AccessToken)
        .where(
            AccessToken.digest == digest(text),
            AccessToken.session_id.in_(own),
            AccessToken.revoked_at.is_(None),
        )
        .values(revoked_at=at)
        .returning(AccessToken.session_id)
    )
    if session_id is None:
        return
    owner = session.execute(
        select(Authorization.id, Authorization.user_id)
        .join(ClientSession, ClientSession.authorization_id == Authorization.id)
        .where(ClientSession.id == session_id)
    ).one()
    audit.record(
        session,
        AuditKind.ACCESS_TOKEN_REVOKED,
        at=at,
        actor="client",
        subject=owner.id,
        user_id=owner.user_id,
        session=session_id,
    )


def _end_session_of(session: Session, text: str, client_id: str, at: datetime) -> None:
    row = session.scalar(select(ClientSession).where(ClientSession.id == session_of(text)))
    if row is not None and row.client_id == client_id and is_sealed(text, row.seal_key):
        end_session(session, row.id, reason="revoked by the client", actor="client", at=at)
