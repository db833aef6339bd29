"""Issuing tokens: a session under an Authorization and its access tokens.

Used within running transactions by every grant, so that none can forget a check.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from app.domain.audit import AuditKind
from app.domain.authorization_details import AuthorizationDetails
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    new_id,
    new_refresh_token,
    new_secret,
    new_session_id,
    random_base62,
)
from app.domain.delegation.access import EffectiveAccess
from app.domain.errors import CredentialRejected
from app.domain.lifetimes import Lifetimes, after
from app.domain.user_agents import Peer
from app.models import AccessToken, AuditEvent, ClientSession
from app.services import audit
from app.services.directory.audiences import Audience, recognise_one
from app.services.tokens.live_authorization import (
    ENDED,
    IssuancePolicy,
    LiveAuthorization,
    choose_audience,
    require_live_authorization,
)


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What the token endpoint answers with; `refresh_token` None when the client has no such grant."""

    access_token: str
    refresh_token: str | None
    expires_in: int
    access: EffectiveAccess
    urls: dict[str, str]


@dataclass(frozen=True, slots=True)
class Carrier:
    """The session that an access token belongs to, by its id and its absolute end."""

    id: str
    expires_at: datetime


def new_access_token(
    carrier: Carrier,
    live: LiveAuthorization,
    audience: Audience,
    *,
    refresh_token: str | None,
    narrowed_to: frozenset[str] | None,
    policy: IssuancePolicy,
    at: datetime,
) -> tuple[TokenSet, dict[str, Any]]:
    """Return new tokens and the columns of the access token's row, which is yet to be written.

    It outlives neither the session nor the Authorization. Raises CredentialRejected in the last second
    of either: a token that lives for 0 seconds would be asked for again and again.
    """
    text = new_secret(Prefix.ACCESS_TOKEN)
    ends = live.authorization.expires_at or carrier.expires_at
    expires_at = min(after(at, policy.lifetimes.access_token), carrier.expires_at, ends)
    lives = int((expires_at - at).total_seconds())
    if lives < 1:
        raise CredentialRejected(ENDED, detail=f"session {carrier.id} has less than a second left")
    columns = {
        "id": new_id("tok"),
        "digest": digest(text),
        "session_id": carrier.id,
        "audience": audience.uri,
        "mcp_server": audience.mcp_server,
        "narrowed_to": None if narrowed_to is None else sorted(narrowed_to),
        "authorization_details": None if live.details is None else live.details.to_json(),
        "issued_at": at,
        "expires_at": expires_at,
    }
    return TokenSet(text, refresh_token, lives, live.access, live.urls), columns


@dataclass(frozen=True, slots=True)
class Origin:
    """What a session comes from: the Authorization, the client (row ids) and the resources asked for."""

    authorization_id: str
    client_id: str
    resources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session with its first tokens: the columns of three rows that are yet to be written."""

    id: str
    tokens: TokenSet
    session: dict[str, Any]
    token: dict[str, Any]
    event: dict[str, Any]


def open_session(
    session: Session,
    origin: Origin,
    *,
    resource: str | None,
    details: AuthorizationDetails | None,
    with_refresh: bool,
    peer: Peer,
    policy: IssuancePolicy,
    at: datetime,
) -> tuple[str, TokenSet]:
    """Open a session, in the transaction that spent its credential; returns its id and tokens.

    `details` narrow the first access token and not the session. Raises CredentialRejected when the
    Authorization has ended, TargetRejected for a resource that was not asked for, and
    AuthorizationDetailsRejected for details that are more than was given.
    """
    live = require_live_authorization(
        session, origin.authorization_id, policy.catalog, at, details=details
    )
    recognise = partial(recognise_one, session, default=policy.default_audience)
    audience = choose_audience(recognise, resource, origin.resources, live)
    opened = new_session(
        origin, live, audience, with_refresh=with_refresh, peer=peer, policy=policy, at=at
    )
    session.add(ClientSession(**opened.session))
    session.flush()
    session.add_all([AccessToken(**opened.token), AuditEvent(**opened.event)])
    return opened.id, opened.tokens


def new_session(
    origin: Origin,
    live: LiveAuthorization,
    audience: Audience,
    *,
    with_refresh: bool,
    peer: Peer,
    policy: IssuancePolicy,
    at: datetime,
) -> NewSession:
    """Return a new session; raises CredentialRejected as `new_access_token`."""
    row = _row(origin, live, peer, policy.lifetimes, at)
    refresh_token = new_refresh_token(row["id"], row["seal_key"]) if with_refresh else None
    row["refresh_digest"] = None if refresh_token is None else digest(refresh_token)
    tokens, token = new_access_token(
        Carrier(row["id"], row["expires_at"]),
        live,
        audience,
        refresh_token=refresh_token,
        narrowed_to=None,
        policy=policy,
        at=at,
    )
    event = audit.event(
        AuditKind.SESSION_STARTED,
        at=at,
        actor="client",
        subject=origin.authorization_id,
        user_id=live.authorization.user_id,
        session=row["id"],
        audience=audience.uri,
    )
    return NewSession(row["id"], tokens, row, token, event)


def _row(
    origin: Origin, live: LiveAuthorization, peer: Peer, spans: Lifetimes, at: datetime
) -> dict[str, Any]:
    return {
        "id": new_session_id(),
        "authorization_id": origin.authorization_id,
        "client_id": origin.client_id,
        "resources": list(origin.resources),
        "approved": list(live.authorization.capabilities),
        "user_agent": peer.user_agent[:300],
        "address": peer.address[:80],
        "seal_key": random_base62(43),
        "created_at": at,
        "used_at": at,
        "idle_expires_at": after(at, spans.refresh_idle),
        "expires_at": after(at, spans.refresh_absolute),
    }
