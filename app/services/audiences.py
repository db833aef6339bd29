"""Which resources exist: the default audience, resource servers and MCP servers (RFC 8707)."""

from dataclasses import dataclass

from sqlalchemy import select

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
    if not resources:
        return (Audience(default),)
    known = _known(default)
    found = []
    for uri in dict.fromkeys(resources):
        if not is_resource_uri(uri) or canonical(uri) not in known:
            raise TargetRejected("A requested resource is unknown here.", detail=uri[:200])
        found.append(known[canonical(uri)])
    return tuple(dict.fromkeys(found))


def recognise_one(uri: str, *, default: str) -> Audience | None:
    """Return the registered resource that a URI names, or None."""
    try:
        return recognise([uri], default=default)[0]
    except TargetRejected:
        return None


def _known(default: str) -> dict[str, Audience]:
    with reading() as session:
        known = {canonical(default): Audience(default)}
        for uri in session.scalars(select(ResourceServer.audience)):
            known[canonical(uri)] = Audience(uri)
        for identifier, uri in session.execute(select(McpServer.identifier, McpServer.url)):
            known[canonical(uri)] = Audience(uri, identifier)
    return known
