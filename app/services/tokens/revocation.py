"""Revocation by the client that holds the token (RFC 7009)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.clients.auth_methods import PUBLIC
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    is_sealed,
    prefix_of,
    session_of,
)
from app.models import AccessToken, AuditEvent, Authorization, Client, ClientSession
from app.services import audit
from app.services.sessions import end_session

REVOCABLE = (Prefix.ACCESS_TOKEN, Prefix.REFRESH_TOKEN)


@repeated
def revoke(text: str, *, client_id: str, at: datetime) -> None:
    """Revoke a token of this client (its row id): an access token itself, a refresh token's session.

    Any other text changes nothing and is no error (RFC 7009 section 2.2). The Authorization stays.
    """
    if prefix_of(text) in REVOCABLE:
        with writing() as session:
            _revoke(session, text, client_id, at)


@repeated
def revoke_for_holder(text: str, *, at: datetime) -> bool:
    """Revoke a token of a public client for whoever holds it; returns whether it is one.

    A token of a confidential client, like any other text, is left alone.
    """
    if prefix_of(text) not in REVOCABLE:
        return False
    with writing() as session:
        client_id = _public_client_of(session, text)
        if client_id is not None:
            _revoke(session, text, client_id, at)
        return client_id is not None


def _public_client_of(session: Session, text: str) -> str | None:
    own = ClientSession.id == session_of(text)
    if prefix_of(text) is Prefix.ACCESS_TOKEN:
        token = select(AccessToken.session_id).where(AccessToken.digest == digest(text))
        own = ClientSession.id == token.scalar_subquery()
    found = session.execute(
        select(Client.id, ClientSession.seal_key)
        .join(ClientSession, ClientSession.client_id == Client.id)
        .where(own, Client.auth_method == PUBLIC)
    ).first()
    if found is None:
        return None
    is_forged = prefix_of(text) is Prefix.REFRESH_TOKEN and not is_sealed(text, found.seal_key)
    return None if is_forged else str(found.id)


def _revoke(session: Session, text: str, client_id: str, at: datetime) -> None:
    if prefix_of(text) is Prefix.ACCESS_TOKEN:
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
    session.add(AuditEvent(**revoked(owner.id, owner.user_id, session_id, at)))


def revoked(authorization_id: str, user_id: str, session_id: str, at: datetime) -> dict[str, Any]:
    """Return the audit event of an access token that its client has revoked."""
    return audit.event(
        AuditKind.ACCESS_TOKEN_REVOKED,
        at=at,
        actor="client",
        subject=authorization_id,
        user_id=user_id,
        session=session_id,
    )


def _end_session_of(session: Session, text: str, client_id: str, at: datetime) -> None:
    row = session.scalar(select(ClientSession).where(ClientSession.id == session_of(text)))
    if row is not None and row.client_id == client_id and is_sealed(text, row.seal_key):
        end_session(session, row.id, reason="revoked by the client", actor="client", at=at)
