"""Which resources exist: the default audience, resource servers and MCP servers (RFC 8707)."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import TargetRejected
from app.domain.resources import canonical, is_resource_uri
from app.models import McpServer, ResourceServer
from app.services.database import reading


@dataclass(frozen=True, slots=True)
class Audience:
    """A resource as it is registered; `mcp_server` is the identifier when it is one."""

    uri: str
    mcp_server: str | None = None


def recognise(resources: list[str], *, default: str) -> tuple[Audience, ...]:
    """Return the registered resources that the URIs name, the default one when there are none.

    Raises TargetRejected for a URI that is malformed or unknown (RFC 8707 section 2).
    """
    with reading() as session:
        found = [recognise_one(session, uri, default=default) for uri in resources]
    return tuple(dict.fromkeys(found)) or (Audience(default),)


def recognise_one(session: Session, uri: str, *, default: str) -> Audience:
    """Return the registered resource that a URI names, within a running transaction.

    Raises TargetRejected as `recognise`.
    """
    if is_resource_uri(uri):
        key = canonical(uri)
        if key == canonical(default):
            return Audience(default)
        server = session.execute(
            select(McpServer.url, McpServer.identifier).where(McpServer.url_key == key)
        ).first()
        if server is not None:
            return Audience(*server)
        known = session.scalar(
            select(ResourceServer.audience).where(ResourceServer.audience_key == key)
        )
        if known is not None:
            return Audience(known)
    raise TargetRejected("A requested resource is unknown here.", detail=uri[:200])
