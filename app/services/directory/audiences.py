"""Which resources exist: the default audience, resource servers and MCP servers (RFC 8707)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.authorization_details import AuthorizationDetails, ServerDetail
from app.domain.delegation.request import Request, Resource
from app.domain.errors import TargetRejected
from app.domain.resources import canonical, is_resource_uri, keys_above, root_of
from app.models import McpServer, ResourceServer


@dataclass(frozen=True, slots=True)
class Audience:
    """A resource as it is registered; `mcp_server` is the identifier when it is one.

    The MCP servers above it are looked up at each call (`servers_above`); `resource` has those of now.
    """

    resource: Resource
    mcp_server: str | None = None

    @property
    def uri(self) -> str:
        """Return the URI as it is registered."""
        return self.resource.uri


@repeated
def recognise(resources: list[str], *, default: str) -> tuple[Audience, ...]:
    """Return the registered resources that the URIs name, the default one when there are none.

    Raises TargetRejected for a URI that is malformed or unknown (RFC 8707 section 2).
    """
    with reading() as session:
        found = [recognise_one(session, uri, default=default) for uri in resources or [default]]
    return tuple(dict.fromkeys(found))


def recognise_one(session: Session, uri: str, *, default: str) -> Audience:
    """Return the registered resource that a URI names, within a running transaction.

    A host's root at which nothing is registered names the default audience, if that lies there: tools
    that are told a host find a document at its root (RFC 9728) and ask for what it says. Raises
    TargetRejected as `recognise`.
    """
    if is_resource_uri(uri):
        key = canonical(uri)
        servers = _servers_at(session, [uri])
        above = frozenset(server.identifier for server in servers.values())
        if key == canonical(default):
            return Audience(Resource(default, above))
        if key in servers:
            return Audience(Resource(servers[key].url, above), servers[key].identifier)
        known = session.scalar(
            select(ResourceServer.audience).where(ResourceServer.audience_key == key)
        )
        if known is not None:
            return Audience(Resource(known, above))
        if key == root_of(default):
            return Audience(resources_of(session, [default])[0])
    raise TargetRejected("A requested resource is unknown here.", detail=uri[:200])


def resources_of(session: Session, uris: Sequence[str]) -> tuple[Resource, ...]:
    """Return registered resources with the MCP servers at them and above them, as they are now."""
    servers = _servers_at(session, uris)
    return tuple(
        Resource(
            uri, frozenset(servers[key].identifier for key in keys_above(uri) if key in servers)
        )
        for uri in uris
    )


def request_of(
    session: Session,
    capabilities: Iterable[str],
    resources: Sequence[str],
    details: AuthorizationDetails,
) -> Request:
    """Return what a client asks for, with the MCP servers of the directory as it is now."""
    return Request(
        frozenset(capabilities),
        resources_of(session, resources),
        projects=details.roles,
        servers=_servers_named(session, details.servers),
    )


def _servers_named(session: Session, asked: Sequence[ServerDetail]) -> frozenset[str]:
    """Return the MCP servers that details name, with those above them: a call there needs both.

    A location names the server that is registered there, as `resource` does. What is not there is left
    out without a word: the client is not told which servers exist.
    """
    if not asked:
        return frozenset()
    keys = {canonical(location) for one in asked for location in one.locations}
    is_meant = McpServer.identifier.in_({one.identifier for one in asked if one.identifier})
    rows = session.execute(
        select(McpServer.identifier, McpServer.url).where(is_meant | McpServer.url_key.in_(keys))
    )
    urls = [url for name, url in rows if any(one.is_of(name, url) for one in asked)]
    return frozenset().union(*(found.mcp_servers for found in resources_of(session, urls)))


def _servers_at(session: Session, uris: Sequence[str]) -> dict[str, Any]:
    """Return the MCP servers at some URIs and above them, by their keys."""
    keys = {key for uri in uris for key in keys_above(uri)}
    columns = (McpServer.url_key, McpServer.url, McpServer.identifier)
    found = session.execute(select(*columns).where(McpServer.url_key.in_(keys)))
    return {row.url_key: row for row in found}


def servers_above(found: Any, start: Any, *, also: Any = None, owner: Any = None) -> Select[Any]:
    """Return the select of the MCP servers at `start` and on every path above it, by their index.

    `start` is a URI, or a column of `owner`; `also` is one more key that is looked for as it stands.
    """
    slash: Any = literal_column("'/'")
    nothing: Any = literal_column("''")
    first = select(func.rtrim(start, slash).label("key")).correlate(owner)
    above = first.cte("above", recursive=True, nesting=True)
    # Drop the last path segment: rtrim its characters, then the `/` or `?` before it.
    mark: Any = literal_column("'?'")
    step = func.replace(func.replace(above.c.key, slash, nothing), mark, nothing)
    up = func.rtrim(func.rtrim(above.c.key, step), literal_column("'/?'"))
    above = above.union_all(select(up).where(above.c.key != nothing))
    # Only the key of a whole host ends with a slash.
    keys = [above.c.key, above.c.key.concat(slash), *([] if also is None else [also])]
    return select(found).join_from(above, McpServer, McpServer.url_key.in_(keys)).correlate(owner)
