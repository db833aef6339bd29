"""Issuing tokens: a session under an Authorization and its access tokens.

Used within running transactions by every grant, so that none can forget a check.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    new_id,
    new_refresh_token,
    new_secret,
    new_session_id,
    random_base62,
)
from app.domain.delegation.access import EffectiveAccess, effective_access
from app.domain.errors import CredentialRejected, TargetRejected
from app.domain.lifetimes import Lifetimes, after
from app.domain.resources import canonical
from app.domain.user_agents import Peer
from app.models import AccessToken, Authorization, Client, ClientSession, User
from app.services import audit
from app.services.directory.audiences import Audience, recognise_one
from app.services.introspection.live_access import delegation_now, terms_from

ENDED = "The authorization behind it has ended."


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What the token endpoint answers with; `refresh_token` None when the client has no such grant."""

    access_token: str
    refresh_token: str | None
    expires_in: int
    access: EffectiveAccess
    urls: dict[str, str]


@dataclass(frozen=True, slots=True)
class IssuancePolicy:
    """What a deployment decides about issuing."""

    lifetimes: Lifetimes
    catalog: Catalog
    default_audience: str


@dataclass(frozen=True, slots=True)
class LiveAuthorization:
    """What stands behind a credential now; `urls` are those of MCP servers by identifier."""

    authorization: Authorization
    access: EffectiveAccess
    urls: dict[str, str]


def require_live_authorization(
    session: Session,
    authorization_id: str,
    catalog: Catalog,
    at: datetime,
    narrowed_to: frozenset[str] | None = None,
) -> LiveAuthorization:
    """Return who and what stands behind a credential; raises CredentialRejected when that has ended.

    A paused Authorization still hands out tokens, which are not active: the tool stays connected and
    works again when the user resumes it.
    """
    authorization, user, client = session.execute(
        select(Authorization, User, Client)
        .join(User, User.id == Authorization.user_id)
        .join(Client, Client.id == Authorization.client_id)
        .where(Authorization.id == authorization_id)
    ).one()
    ended = authorization.revoked_at is not None or (
        authorization.expires_at is not None and authorization.expires_at <= at
    )
    if ended or user.disabled_at is not None or client.disabled_at is not None:
        raise CredentialRejected(ENDED, detail=f"{authorization_id} or its user or client")
    live = delegation_now(session, authorization_id, authorization.user_id)
    terms = terms_from(
        live,
        capabilities=authorization.capabilities,
        expires_at=authorization.expires_at,
        paused=authorization.paused_at is not None,
    )
    access = effective_access(
        terms, live.permissions, catalog=catalog, at=at, narrowed_to=narrowed_to
    )
    return LiveAuthorization(authorization, access, live.urls)


def choose_audience(
    session: Session, resource: str | None, granted: list[str], policy: IssuancePolicy
) -> Audience:
    """Return the one audience of a token: the resource asked for now, else the first one granted.

    Raises TargetRejected for a resource outside what was granted (RFC 8707 section 2.2).
    """
    audience = recognise_one(session, resource or granted[0], default=policy.default_audience)
    if canonical(audience.uri) not in {canonical(uri) for uri in granted}:
        raise TargetRejected("The resource was not part of the authorization request.")
    return audience


def issue_access_token(
    session: Session,
    row: ClientSession,
    live: LiveAuthorization,
    audience: Audience,
    *,
    refresh_token: str | None,
    narrowed_to: frozenset[str] | None,
    policy: IssuancePolicy,
    at: datetime,
) -> TokenSet:
    """Add an access token to a session, within a running transaction.

    It outlives neither the session nor the Authorization. Raises CredentialRejected in the last second
    of either: a token that lives for 0 seconds would be asked for again and again.
    """
    text = new_secret(Prefix.ACCESS_TOKEN)
    ends = live.authorization.expires_at or row.expires_at
    expires_at = min(after(at, policy.lifetimes.access_token), row.expires_at, ends)
    lives = int((expires_at - at).total_seconds())
    if lives < 1:
        raise CredentialRejected(ENDED, detail=f"session {row.id} has less than a second left")
    session.add(
        AccessToken(
            id=new_id("tok"),
            digest=digest(text),
            session_id=row.id,
            audience=audience.uri,
            mcp_server=audience.mcp_server,
            narrowed_to=None if narrowed_to is None else sorted(narrowed_to),
            issued_at=at,
            expires_at=expires_at,
        )
    )
    return TokenSet(text, refresh_token, lives, live.access, live.urls)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a session comes from: the Authorization, the client (row ids) and the resources asked for."""

    authorization_id: str
    client_id: str
    resources: tuple[str, ...]


def open_session(
    session: Session,
    origin: Origin,
    *,
    resource: str | None,
    with_refresh: bool,
    peer: Peer,
    policy: IssuancePolicy,
    at: datetime,
) -> tuple[str, TokenSet]:
    """Open a session, in the transaction that spent its credential; returns its id and tokens.

    Raises CredentialRejected when the Authorization has ended, TargetRejected for a resource that was
    not asked for.
    """
    live = require_live_authorization(session, origin.authorization_id, policy.catalog, at)
    audience = choose_audience(session, resource, list(origin.resources), policy)
    opened = _row(origin, live, peer, policy.lifetimes, at)
    refresh_token = new_refresh_token(opened.id, opened.seal_key) if with_refresh else None
    opened.refresh_digest = None if refresh_token is None else digest(refresh_token)
    session.add(opened)
    session.flush()
    _record(session, opened, live, audience, at)
    tokens = issue_access_token(
        session,
        opened,
        live,
        audience,
        refresh_token=refresh_token,
        narrowed_to=None,
        policy=policy,
        at=at,
    )
    return opened.id, tokens


def _record(
    session: Session,
    opened: ClientSession,
    live: LiveAuthorization,
    audience: Audience,
    at: datetime,
) -> None:
    audit.record(
        session,
        AuditKind.SESSION_STARTED,
        at=at,
        actor="client",
        subject=opened.authorization_id,
        user_id=live.authorization.user_id,
        session=opened.id,
        audience=audience.uri,
    )


def _row(
    origin: Origin, live: LiveAuthorization, peer: Peer, spans: Lifetimes, at: datetime
) -> ClientSession:
    return ClientSession(
        id=new_session_id(),
        authorization_id=origin.authorization_id,
        client_id=origin.client_id,
        resources=list(origin.resources),
        approved=live.authorization.capabilities,
        user_agent=peer.user_agent[:300],
        address=peer.address[:80],
        seal_key=random_base62(43),
        created_at=at,
        used_at=at,
        idle_expires_at=after(at, spans.refresh_idle),
        expires_at=after(at, spans.refresh_absolute),
    )
