"""Which resources exist: the default audience, resource servers and MCP servers (RFC 8707)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.orm import Session

from app.database.transactions import reading
from app.domain.errors import TargetRejected
from app.domain.resources import canonical, is_resource_uri, root_of
from app.models import McpServer, ResourceServer


@dataclass(frozen=True, slots=True)
class Audience:
    """A resource as it is registered; `mcp_server` is the identifier when it is one.

    The MCP servers above it are looked up at each call (`servers_above`).
    """

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

    A host's root at which nothing is registered names the default audience, if that lies there: tools
    that are told a host find a document at its root (RFC 9728) and ask for what it says. Raises
    TargetRejected as `recognise`.
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
        if key == root_of(default):
            return Audience(default)
    raise TargetRejected("A requested resource is unknown here.", detail=uri[:200])


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
