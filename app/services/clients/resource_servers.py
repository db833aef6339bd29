"""Resource servers: what introspects, with the audience that it answers for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database.pages import Found, Order, in_pages
from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.credentials.rotated_secrets import KeptSecret
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    new_id,
    new_secret,
)
from app.domain.errors import Conflict, Invalid, NotFound, TargetRejected
from app.domain.names import check_slug
from app.domain.resources import as_registered, canonical, is_resource_uri
from app.models import ResourceServer
from app.services import audit
from app.services.clients.clients import kept_secret
from app.services.directory.audiences import recognise_one


@dataclass(frozen=True, slots=True)
class ResourceServerInfo:
    """A resource server as operators see one; `identifier` is what it authenticates with."""

    identifier: str
    audience: str
    auth_method: str
    disabled: bool
    secret: KeptSecret


@dataclass(frozen=True, slots=True)
class RemovedServer:
    """What was removed, and whether tools can still get tokens for its audience."""

    identifier: str
    audience: str
    is_still_known: bool


def _info(row: ResourceServer) -> ResourceServerInfo:
    is_disabled = row.disabled_at is not None
    return ResourceServerInfo(
        row.identifier, row.audience, row.auth_method, is_disabled, kept_secret(row)
    )


@repeated
def add_resource_server(
    identifier: str, *, audience: str, auth_method: str, at: datetime, actor: str
) -> str:
    """Register a resource server and return its secret's text; raises Invalid or Conflict."""
    if not is_resource_uri(audience):
        raise Invalid(f"{audience[:200]!r} is not an absolute http(s) URI without fragment.")
    if auth_method not in ("client_secret_basic", "client_secret_post"):
        raise Invalid("A resource server uses client_secret_basic or client_secret_post.")
    # MCP servers below an audience are found by comparing text: one spelling for one address.
    audience = as_registered(audience)
    secret = new_secret(Prefix.CLIENT_SECRET)
    row = ResourceServer(
        id=new_id("rsv"),
        identifier=check_slug(identifier),
        audience=audience,
        audience_key=canonical(audience),
        secret_digest=digest(secret),
        auth_method=auth_method,
        created_at=at,
    )
    with writing() as session:
        twin = select(ResourceServer.id).where(ResourceServer.identifier == identifier)
        if session.scalar(twin) is not None:
            raise Conflict(f"There is a resource server {identifier!r} already.")
        session.add(row)
        audit.record(
            session,
            AuditKind.RESOURCE_SERVER_ADDED,
            at=at,
            actor=actor,
            subject=identifier,
            audience=audience,
        )
    return secret


def servers(*, after: str | None = None, limit: int | None = None) -> Iterator[ResourceServerInfo]:
    """Give resource servers by identifier, those after one, read a page at a time.

    Raises Unavailable on the way.
    """
    order = Order((ResourceServer.identifier,), None if after is None else (after,))
    return in_pages(select(ResourceServer), order, _made, limit=limit)


def _made(_session: Session, rows: Sequence[Found]) -> list[ResourceServerInfo]:
    return [_info(row[0]) for row in rows]


def require_row(session: Session, identifier: str) -> ResourceServer:
    """Return and lock a resource server's row, within a running transaction; raises NotFound."""
    wanted = select(ResourceServer).where(ResourceServer.identifier == identifier)
    is_plain = identifier.isascii() and identifier.isprintable()
    row = session.scalar(wanted.with_for_update(key_share=True)) if is_plain else None
    if row is None:
        raise NotFound(f"There is no resource server {identifier[:80]!r}.")
    return row


def disable(identifier: str, *, at: datetime, actor: str) -> ResourceServerInfo:
    """Disable a resource server: its questions are refused from now on. Twice changes nothing.

    Tokens for its audience are issued as before. Raises NotFound.
    """
    return _switch(identifier, at, AuditKind.RESOURCE_SERVER_DISABLED, at=at, actor=actor)


def enable(identifier: str, *, at: datetime, actor: str) -> ResourceServerInfo:
    """Enable a resource server again, with the secret that it had. Raises NotFound."""
    return _switch(identifier, None, AuditKind.RESOURCE_SERVER_ENABLED, at=at, actor=actor)


@repeated
def _switch(
    identifier: str, disabled_at: datetime | None, kind: AuditKind, *, at: datetime, actor: str
) -> ResourceServerInfo:
    with writing() as session:
        row = require_row(session, identifier)
        if (row.disabled_at is None) != (disabled_at is None):
            row.disabled_at = disabled_at
            audit.record(session, kind, at=at, actor=actor, subject=identifier)
        return _info(row)


@repeated
def remove(identifier: str, *, default: str, at: datetime, actor: str) -> RemovedServer:
    """Remove a resource server for good; what it was used for stays in the history.

    `default` is the audience of tokens that name none, which exists without a resource server. Raises
    NotFound.
    """
    with writing() as session:
        audience = require_row(session, identifier).audience
        session.execute(delete(ResourceServer).where(ResourceServer.identifier == identifier))
        kind = AuditKind.RESOURCE_SERVER_REMOVED
        audit.record(session, kind, at=at, actor=actor, subject=identifier, audience=audience)
        return RemovedServer(identifier, audience, _is_known(session, audience, default))


def _is_known(session: Session, audience: str, default: str) -> bool:
    try:
        recognise_one(session, audience, default=default)
    except TargetRejected:
        return False
    return True
