"""Resolving a token: what it may do now, for the resource server that asks (RFC 7662).

The hot path: two statements, no ORM entity, no write.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from app.domain.access import EffectiveAccess, effective_access
from app.domain.catalog import Catalog
from app.domain.resources import covers, is_resource_uri
from app.domain.secret_text import Prefix, digest, is_well_formed
from app.models import AccessToken, Authorization, Client, ClientSession, ResourceServer, User
from app.services.database import glancing
from app.services.live_access import PARTS, Parts, parts_of, terms_from

RESOURCE_SERVER = select(
    ResourceServer.identifier,
    ResourceServer.audience,
    ResourceServer.secret_digest,
    ResourceServer.auth_method,
).where(ResourceServer.identifier == bindparam("identifier"))

TOKEN = (
    select(
        AccessToken.id,
        AccessToken.audience,
        AccessToken.mcp_server,
        AccessToken.narrowed_to,
        AccessToken.issued_at,
        AccessToken.expires_at,
        ClientSession.authorization_id,
        Authorization.version,
        Authorization.capabilities,
        Authorization.expires_at.label("authorization_expires_at"),
        Authorization.paused_at,
        Authorization.revoked_at,
        Authorization.user_id,
        User.email,
        Client.identifier.label("client_id"),
    )
    .join(ClientSession, ClientSession.id == AccessToken.session_id)
    .join(Authorization, Authorization.id == ClientSession.authorization_id)
    .join(User, User.id == Authorization.user_id)
    .join(Client, Client.id == ClientSession.client_id)
    .where(
        AccessToken.digest == bindparam("digest"),
        AccessToken.revoked_at.is_(None),
        ClientSession.ended_at.is_(None),
        User.disabled_at.is_(None),
        Client.disabled_at.is_(None),
    )
)


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


def find_verifier(identifier: str) -> Verifier | None:
    """Return the resource server of an identifier, or None."""
    with glancing() as connection:
        row = connection.execute(RESOURCE_SERVER, {"identifier": identifier}).first()
    return None if row is None else Verifier(*row)


def resolve(
    text: str, *, audience: str, resource: str | None, catalog: Catalog, at: datetime
) -> ActiveToken | None:
    """Return what an access token may do now, or None when it is not active there.

    `audience` is the asking resource server's; a token for another is not active. `resource` is the
    URI being called, which must then lie within the token's audience.
    """
    if not is_well_formed(text, Prefix.ACCESS_TOKEN):
        return None
    with glancing() as connection:
        row = connection.execute(TOKEN, {"digest": digest(text)}).first()
        if row is None or row.expires_at <= at or not covers(audience, row.audience):
            return None
        if resource and not (is_resource_uri(resource) and covers(row.audience, resource)):
            return None
        parts = _parts(connection, row.authorization_id, row.user_id)
    return _decide(row, parts, catalog, at)


def _parts(connection: Connection, authorization_id: str, user_id: str) -> Parts:
    rows = connection.execute(PARTS, {"authorization_id": authorization_id, "user_id": user_id})
    return parts_of(rows)


def _decide(row: Any, parts: Parts, catalog: Catalog, at: datetime) -> ActiveToken | None:
    terms = terms_from(
        parts,
        capabilities=row.capabilities,
        expires_at=row.authorization_expires_at,
        ended=row.revoked_at is not None,
        paused=row.paused_at is not None,
    )
    narrowed = None if row.narrowed_to is None else frozenset(row.narrowed_to)
    access = effective_access(
        terms, parts.permissions, catalog=catalog, at=at, narrowed_to=narrowed
    )
    if not access.alive or (
        row.mcp_server is not None and row.mcp_server not in access.mcp_servers
    ):
        return None
    return ActiveToken(
        id=row.id,
        audience=row.audience,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        authorization_id=row.authorization_id,
        authorization_version=row.version,
        user_id=row.user_id,
        email=row.email,
        client_id=row.client_id,
        access=access,
        urls=parts.urls,
    )
