"""Resolving a token: what it may do now, for the resource server that asks (RFC 7662)."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.access import EffectiveAccess, effective_access
from app.domain.catalog import Catalog
from app.domain.resources import covers, is_resource_uri
from app.services.glance import instant, parsed
from app.services.live_access import Parts, terms_from
from app.services.token_facts import Seen, TokenRow


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """An active token with its effective access; times are aware UTC."""

    id: str
    audience: str
    issued_at: datetime
    expires_at: datetime
    authorization_id: str
    authorization_version: int
    user_id: str
    email: str
    client_id: str
    access: EffectiveAccess
    urls: dict[str, str]


def resolve(
    seen: Seen, *, audience: str, resource: str | None, catalog: Catalog, at: datetime
) -> ActiveToken | None:
    """Return what a token may do now, or None when it is not active there.

    `audience` is the asking resource server's; a token for another is not active. `resource` is the
    URI being called, which must then lie within the token's audience; an MCP server that is called
    must be in the effective access, also for a token whose audience covers all of them, and below
    such an audience an address that belongs to no server is refused.
    """
    if seen.token is None or seen.parts is None:
        return None
    token = seen.token
    expires_at = instant(token.expires_at)
    if expires_at is None or expires_at <= at or not covers(audience, token.audience):
        return None
    if resource and not (is_resource_uri(resource) and covers(token.audience, resource)):
        return None
    access = _access(token, seen.parts, catalog, at)
    servers = seen.called | ({token.mcp_server} if token.mcp_server else set())
    unknown = resource is not None and seen.is_wide and not servers
    if not access.alive or unknown or not servers <= set(access.mcp_servers):
        return None
    return ActiveToken(
        id=token.id,
        audience=token.audience,
        issued_at=instant(token.issued_at) or at,
        expires_at=expires_at,
        authorization_id=token.authorization_id,
        authorization_version=token.version,
        user_id=token.user_id,
        email=token.email,
        client_id=token.client_id,
        access=access,
        urls=seen.parts.urls,
    )


def _access(token: TokenRow, parts: Parts, catalog: Catalog, at: datetime) -> EffectiveAccess:
    terms = terms_from(
        parts,
        capabilities=parsed(token.capabilities),
        expires_at=instant(token.authorization_expires_at),
        paused=False,
    )
    scope = parsed(token.narrowed_to)
    narrowed = None if scope is None else frozenset(scope)
    return effective_access(terms, parts.permissions, catalog=catalog, at=at, narrowed_to=narrowed)
