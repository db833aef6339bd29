"""Resolving a token: what it may do now, for the resource server that asks (RFC 7662).

The hot path: one statement in one round trip reads the resource server, the token with all that it
rests on, and the parts of its Authorization; no ORM entity, no write.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, literal_column, select, union_all
from sqlalchemy.types import JSON, Integer, String, TypeEngine

from app.domain.access import EffectiveAccess, effective_access
from app.domain.catalog import Catalog
from app.domain.resources import covers, enclosing, is_resource_uri
from app.domain.secret_text import Prefix, digest, is_well_formed
from app.models import (
    AccessToken,
    Authorization,
    Client,
    ClientSession,
    McpServer,
    ResourceServer,
    User,
)
from app.models.base import Instant
from app.services.glance import Glance, instant, parsed
from app.services.live_access import COLUMNS, padded, parts_of, projects_of, servers_of, terms_from

TOKEN_COLUMNS: dict[str, TypeEngine[Any]] = {
    "id": String(),
    "audience": String(),
    "mcp_server": String(),
    "authorization_id": String(),
    "user_id": String(),
    "email": String(),
    "client_id": String(),
    "version": Integer(),
    "narrowed_to": JSON(),
    "capabilities": JSON(),
    "issued_at": Instant(),
    "expires_at": Instant(),
    "authorization_expires_at": Instant(),
}
DEPTH = 8
UNION: dict[str, TypeEngine[Any]] = {**COLUMNS, **TOKEN_COLUMNS}


def _asked() -> Any:
    """Return the token that was asked for, if nothing that it rests on has ended."""
    return (
        select(
            AccessToken.id,
            AccessToken.audience,
            AccessToken.mcp_server,
            ClientSession.authorization_id,
            Authorization.user_id,
            User.email,
            Client.identifier.label("client_id"),
            Authorization.version,
            AccessToken.narrowed_to,
            Authorization.capabilities,
            AccessToken.issued_at,
            AccessToken.expires_at,
            Authorization.expires_at.label("authorization_expires_at"),
        )
        .join(ClientSession, ClientSession.id == AccessToken.session_id)
        .join(Authorization, Authorization.id == ClientSession.authorization_id)
        .join(User, User.id == Authorization.user_id)
        .join(Client, Client.id == ClientSession.client_id)
        .where(
            AccessToken.digest == bindparam("digest"),
            AccessToken.revoked_at.is_(None),
            ClientSession.ended_at.is_(None),
            Authorization.revoked_at.is_(None),
            Authorization.paused_at.is_(None),
            User.disabled_at.is_(None),
            Client.disabled_at.is_(None),
        )
    )


def _verifier() -> Select[Any]:
    """Return the resource server that asks, in the columns `name`, `url`, `own_role` and `role`."""
    given = padded(
        UNION,
        kind=literal_column("'v'"),
        name=ResourceServer.identifier,
        url=ResourceServer.audience,
        own_role=ResourceServer.secret_digest,
        role=ResourceServer.auth_method,
    )
    return select(*given).where(ResourceServer.identifier == bindparam("identifier"))


def _called() -> Select[Any]:
    """Return the MCP servers that the resource being called is or lies within."""
    given = padded(UNION, kind=literal_column("'m'"), name=McpServer.identifier)
    keys = [bindparam(f"within{number}", type_=String()) for number in range(DEPTH)]
    return select(*given).where(McpServer.url_key.in_(keys))


def _statement() -> Glance:
    asked = _asked().cte("asked")
    token = padded(UNION, kind=literal_column("'t'"), **{n: asked.c[n] for n in TOKEN_COLUMNS})
    keys = (asked.c.authorization_id, asked.c.user_id)
    return Glance(
        union_all(
            _verifier(),
            _called(),
            select(*token),
            projects_of(*keys, UNION),
            servers_of(*keys, UNION),
        )
    )


SEEN = _statement()


@dataclass(frozen=True, slots=True)
class Verifier:
    """A resource server as the introspection endpoint authenticates one."""

    identifier: str
    audience: str
    secret_digest: str
    auth_method: str


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


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at the database showed; `called` are the MCP servers being called."""

    verifier: Verifier | None = None
    token: tuple[Any, ...] | None = None
    parts: tuple[tuple[Any, ...], ...] = ()
    called: frozenset[str] = frozenset()


def look(identifier: str, text: str, resource: str | None) -> Seen:
    """Read a resource server by its identifier and an access token, whoever may see it.

    A text with a wrong form or checksum is not looked up. Nothing is decided here.
    """
    wanted = digest(text) if is_well_formed(text, Prefix.ACCESS_TOKEN) else ""
    keys = enclosing(resource)[:DEPTH] if resource else ()
    within = {f"within{n}": keys[n] if n < len(keys) else "" for n in range(DEPTH)}
    verifier, token, parts, called = None, None, [], set()
    for row in SEEN.rows({"identifier": identifier, "digest": wanted, **within}):
        if row[0] == "v":
            verifier = Verifier(row[1], row[6], row[2], row[3])
        elif row[0] == "t":
            token = row[len(COLUMNS) :]
        elif row[0] == "m":
            called.add(row[1])
        else:
            parts.append((*row[:5], instant(row[5]), row[6]))
    return Seen(verifier, token, tuple(parts), frozenset(called))


def resolve(
    seen: Seen, *, audience: str, resource: str | None, catalog: Catalog, at: datetime
) -> ActiveToken | None:
    """Return what a token may do now, or None when it is not active there.

    `audience` is the asking resource server's; a token for another is not active. `resource` is the
    URI being called, which must then lie within the token's audience; an MCP server that is called
    must be in the effective access, also for a token whose audience covers all of them.
    """
    if seen.token is None:
        return None
    token = dict(zip(TOKEN_COLUMNS, seen.token, strict=True))
    expires_at = instant(token["expires_at"])
    if expires_at is None or expires_at <= at or not covers(audience, token["audience"]):
        return None
    if resource and not (is_resource_uri(resource) and covers(token["audience"], resource)):
        return None
    return _decide(token, seen, catalog, at)


def _decide(
    token: dict[str, Any], seen: Seen, catalog: Catalog, at: datetime
) -> ActiveToken | None:
    parts = parts_of(seen.parts)
    terms = terms_from(
        parts,
        capabilities=parsed(token["capabilities"]),
        expires_at=instant(token["authorization_expires_at"]),
        ended=False,
        paused=False,
    )
    scope = parsed(token["narrowed_to"])
    narrowed = None if scope is None else frozenset(scope)
    access = effective_access(
        terms, parts.permissions, catalog=catalog, at=at, narrowed_to=narrowed
    )
    servers = seen.called | ({token["mcp_server"]} if token["mcp_server"] else set())
    if not access.alive or not servers <= set(access.mcp_servers):
        return None
    issued_at, expires_at = instant(token["issued_at"]), instant(token["expires_at"])
    return ActiveToken(
        id=token["id"],
        audience=token["audience"],
        issued_at=issued_at or at,
        expires_at=expires_at or at,
        authorization_id=token["authorization_id"],
        authorization_version=token["version"],
        user_id=token["user_id"],
        email=token["email"],
        client_id=token["client_id"],
        access=access,
        urls=parts.urls,
    )
