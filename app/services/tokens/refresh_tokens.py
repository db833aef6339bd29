"""Refreshing: rotating a session's refresh token, once, and issuing the next access token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.authorization_details import AuthorizationDetails
from app.domain.clients.scopes import listed
from app.domain.credentials.refresh_rotation import Presented, RotationState, judge
from app.domain.credentials.secrets import (
    digest,
    random_base62,
    session_of,
    succeeding_refresh_token,
)
from app.domain.errors import CredentialRejected, ScopeRejected
from app.domain.lifetimes import Lifetimes, after
from app.models import AccessToken, AuditEvent, Authorization, ClientSession
from app.services import audit
from app.services.directory.audiences import recognise_one
from app.services.sessions import end_session
from app.services.tokens.issuance import Carrier, TokenSet, new_access_token
from app.services.tokens.live_authorization import (
    IssuancePolicy,
    LiveAuthorization,
    choose_audience,
    require_live_authorization,
)

REJECTED = "The refresh token is unknown, expired, replaced or revoked."


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh request of an authenticated client (its row id)."""

    text: str
    client_id: str
    scope: frozenset[str] | None = None
    resource: str | None = None
    details: AuthorizationDetails | None = None


@repeated
def refresh(request: Refresh, *, policy: IssuancePolicy, at: datetime) -> TokenSet:
    """Rotate a refresh token and issue an access token; the session's absolute end stays.

    The previous token is served again within the grace, with the same successor. Raises
    CredentialRejected (a replay also ends the session), ScopeRejected, TargetRejected,
    AuthorizationDetailsRejected.
    """
    session_id = session_of(request.text)
    if session_id is None:
        raise CredentialRejected(REJECTED, detail="malformed")
    with writing() as session:
        row = _require(session, session_id, request.client_id, at)
        presented = judge(request.text, _state(row), grace=policy.lifetimes.refresh_grace, at=at)
        if presented in (Presented.CURRENT, Presented.PREVIOUS_WITHIN_GRACE):
            return _serve(session, row, request, presented, policy=policy, at=at)
        if presented is Presented.REPLAY:
            end_session(
                session, row.id, reason="a refresh token was replayed", actor="client", at=at
            )
    raise CredentialRejected(REJECTED, detail=f"{presented.name} in session {session_id}")


def _require(session: Session, session_id: str, client_id: str, at: datetime) -> ClientSession:
    row = session.scalar(
        select(ClientSession).where(ClientSession.id == session_id).with_for_update()
    )
    if row is None or row.client_id != client_id:
        raise CredentialRejected(REJECTED, detail="unknown, or of another client")
    if row.ended_at is not None or min(row.idle_expires_at, row.expires_at) <= at:
        raise CredentialRejected(REJECTED, detail=f"session {row.id} is over")
    return row


def _state(row: ClientSession) -> RotationState:
    return RotationState(row.seal_key, row.refresh_digest, row.previous_digest, row.rotated_at)


def _serve(
    session: Session,
    row: ClientSession,
    request: Refresh,
    presented: Presented,
    *,
    policy: IssuancePolicy,
    at: datetime,
) -> TokenSet:
    authorization = session.get_one(Authorization, row.authorization_id)
    narrowed_to = narrowing(request.scope, row.approved, authorization.capabilities)
    live = require_live_authorization(
        session, row.authorization_id, policy.catalog, at, narrowed_to, details=request.details
    )
    recognise = partial(recognise_one, session, default=policy.default_audience)
    audience = choose_audience(recognise, request.resource, row.resources, live)
    if presented is Presented.CURRENT:
        _rotate(session, row, request.text, policy, at)
    successor = succeeding_refresh_token(request.text, row.rotation_salt or "", row.seal_key)
    if digest(successor) != row.refresh_digest:
        raise CredentialRejected(REJECTED, detail=f"session {row.id} moved on")
    session.add(AuditEvent(**refreshed(live, row.id, at)))
    tokens, columns = new_access_token(
        Carrier(row.id, row.expires_at),
        live,
        audience,
        refresh_token=successor,
        narrowed_to=narrowed_to,
        policy=policy,
        at=at,
    )
    session.add(AccessToken(**columns))
    return tokens


def refreshed(live: LiveAuthorization, session_id: str, at: datetime) -> dict[str, Any]:
    """Return the audit event of a refresh."""
    return audit.event(
        AuditKind.SESSION_REFRESHED,
        at=at,
        actor="client",
        subject=live.authorization.id,
        user_id=live.authorization.user_id,
        session=session_id,
    )


def _rotate(
    session: Session, row: ClientSession, text: str, policy: IssuancePolicy, at: datetime
) -> None:
    """Spend the presented token by one conditional write; its successor is derived from the salt."""
    _, columns = rotation(text, row.seal_key, policy.lifetimes, at)
    spent = session.scalar(
        update(ClientSession)
        .where(
            ClientSession.id == row.id,
            ClientSession.refresh_digest == digest(text),
            ClientSession.ended_at.is_(None),
        )
        .values(**columns)
        .returning(ClientSession.id)
    )
    if spent is None:
        raise CredentialRejected(REJECTED, detail=f"session {row.id} was rotated meanwhile")
    session.refresh(row)


def rotation(
    text: str, seal_key: str, lifetimes: Lifetimes, at: datetime
) -> tuple[str, dict[str, Any]]:
    """Return the successor of a refresh token, and the columns of its session once it is spent."""
    salt = random_base62(43)
    successor = succeeding_refresh_token(text, salt, seal_key)
    return successor, {
        "refresh_digest": digest(successor),
        "previous_digest": digest(text),
        "rotation_salt": salt,
        "rotated_at": at,
        "used_at": at,
        "idle_expires_at": after(at, lifetimes.refresh_idle),
    }


def narrowing(
    scope: frozenset[str] | None, approved: Sequence[str], capabilities: Sequence[str]
) -> frozenset[str] | None:
    """Return the smaller scope that a refresh asks for (RFC 6749 section 6), None for all of it.

    A client may repeat what was approved for it, also when the user has taken some back since. That is
    no narrowing; an error here would leave some clients stuck. Raises ScopeRejected for more than was
    approved or is delegated now.
    """
    if scope is None:
        return None
    if excess := scope - set(approved) - set(capabilities):
        raise ScopeRejected(f"The scope is wider than what was approved, by {listed(excess)}.")
    return None if scope >= set(approved) else scope
