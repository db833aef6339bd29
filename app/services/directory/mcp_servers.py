"""MCP servers of projects: add, list, remove."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database.pages import Found, Order, in_pages
from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import new_id
from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.names import check_name, check_slug
from app.domain.resources import canonical, is_resource_uri
from app.models import McpServer, Project
from app.services import audit
from app.services.directory import projects


@dataclass(frozen=True, slots=True)
class McpServerInfo:
    """An MCP server and the slug of its project."""

    identifier: str
    name: str
    project: str
    url: str


@repeated
def add_server(
    identifier: str, *, project: str, url: str, name: str, at: datetime, actor: str
) -> McpServerInfo:
    """Add an MCP server to a project; raises Invalid, NotFound or Conflict."""
    if not is_resource_uri(url):
        raise Invalid(f"{url[:200]!r} is not an absolute http(s) URI without fragment.")
    with writing() as session:
        place = projects.require(session, project)
        server = McpServer(
            id=new_id("mcp"),
            identifier=check_slug(identifier),
            project_id=place.id,
            url=url,
            url_key=canonical(url),
            name=check_name(name),
            created_at=at,
        )
        _refuse_twin(session, identifier, url)
        session.add(server)
        audit.record(
            session, AuditKind.MCP_SERVER_ADDED, at=at, actor=actor, subject=identifier, url=url
        )
        return McpServerInfo(identifier, server.name, place.slug, server.url)


def _refuse_twin(session: Session, identifier: str, url: str) -> None:
    same = (McpServer.identifier == identifier) | (McpServer.url_key == canonical(url))
    known = session.scalar(select(McpServer).where(same))
    if known is not None:
        raise Conflict(f"There is an MCP server {known.identifier!r} at {known.url} already.")


def servers(*, after: str | None = None, limit: int | None = None) -> Iterator[McpServerInfo]:
    """Give MCP servers by identifier, those after one, read a page at a time.

    Raises Unavailable on the way.
    """
    begin = None if after is None else (after,)
    statement = select(McpServer, Project.slug).join(Project, Project.id == McpServer.project_id)
    return in_pages(statement, Order((McpServer.identifier,), begin), _made, limit=limit)


def _made(_session: Session, rows: Sequence[Found]) -> list[McpServerInfo]:
    return [McpServerInfo(r[0].identifier, r[0].name, r[1], r[0].url) for r in rows]


@repeated
def remove_server(identifier: str, *, at: datetime, actor: str) -> None:
    """Remove an MCP server: tokens for it are inactive from now on. Raises NotFound."""
    with writing() as session:
        removed = session.scalar(
            delete(McpServer).where(McpServer.identifier == identifier).returning(McpServer.url)
        )
        if removed is None:
            raise NotFound(f"There is no MCP server {identifier[:80]!r}.")
        audit.record(
            session,
            AuditKind.MCP_SERVER_REMOVED,
            at=at,
            actor=actor,
            subject=identifier,
            url=removed,
        )
