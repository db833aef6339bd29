"""Projects, memberships and MCP servers."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.credentials.secrets import new_id
from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.names import is_showable
from app.domain.resources import canonical, is_resource_uri
from app.models import McpServer, Membership, Project
from app.services import audit
from app.services.directory import users

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A project."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Server:
    """An MCP server and the slug of its project."""

    identifier: str
    name: str
    project: str
    url: str


def check_slug(text: str) -> str:
    """Return a slug or identifier that may stand in form fields and on the wire; raises Invalid."""
    if not SLUG.fullmatch(text):
        raise Invalid(f"{text[:80]!r} must be 1 to 80 of a-z, 0-9, dot, dash and underscore.")
    return text


def check_name(text: str) -> str:
    """Return a name that may be shown; raises Invalid."""
    if not 0 < len(text.strip()) <= MAX_NAME or not is_showable(text):
        raise Invalid("A name needs 1 to 200 printable characters.")
    return text.strip()


def add(slug: str, *, name: str, at: datetime, actor: str) -> Place:
    """Add a project; raises Invalid, or Conflict when the slug is taken."""
    project = Project(id=new_id("prj"), slug=check_slug(slug), name=check_name(name), created_at=at)
    with writing() as session:
        if session.scalar(select(Project.id).where(Project.slug == slug)) is not None:
            raise Conflict(f"There is a project {slug!r} already.")
        session.add(project)
        audit.record(session, AuditKind.PROJECT_ADDED, at=at, actor=actor, subject=slug)
    return Place(slug, project.name)


def everything() -> list[Place]:
    """Return all projects by slug."""
    with reading() as session:
        return [
            Place(p.slug, p.name) for p in session.scalars(select(Project).order_by(Project.slug))
        ]


def set_member(
    slug: str, username: str, role: str, *, catalog: Catalog, at: datetime, actor: str
) -> None:
    """Give a user a role in a project, instead of the one before; raises Invalid or NotFound."""
    if role not in catalog.roles:
        raise Invalid(f"{role[:40]!r} is not a role; there are {', '.join(catalog.roles)}.")
    with writing() as session:
        project, user = _require(session, slug), users.require(session, username)
        session.merge(Membership(user_id=user.id, project_id=project.id, role=role))
        audit.record(
            session,
            AuditKind.MEMBERSHIP_SET,
            at=at,
            actor=actor,
            subject=slug,
            user_id=user.id,
            role=role,
        )


def remove_member(slug: str, username: str, *, at: datetime, actor: str) -> None:
    """Take a user out of a project; raises NotFound when there was no such membership."""
    with writing() as session:
        project, user = _require(session, slug), users.require(session, username)
        removed = session.scalar(
            delete(Membership)
            .where(Membership.user_id == user.id, Membership.project_id == project.id)
            .returning(Membership.role)
        )
        if removed is None:
            raise NotFound(f"{user.username} is not a member of {slug}.")
        audit.record(
            session,
            AuditKind.MEMBERSHIP_REMOVED,
            at=at,
            actor=actor,
            subject=slug,
            user_id=user.id,
            role=removed,
        )


def _require(session: Session, slug: str) -> Project:
    project = session.scalar(select(Project).where(Project.slug == slug))
    if project is None:
        raise NotFound(f"There is no project {slug[:80]!r}.")
    return project


def add_server(
    identifier: str, *, project: str, url: str, name: str, at: datetime, actor: str
) -> Server:
    """Add an MCP server to a project; raises Invalid, NotFound or Conflict."""
    if not is_resource_uri(url):
        raise Invalid(f"{url[:200]!r} is not an absolute http(s) URI without fragment.")
    with writing() as session:
        place = _require(session, project)
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
        return Server(identifier, server.name, place.slug, server.url)


def _refuse_twin(session: Session, identifier: str, url: str) -> None:
    same = (McpServer.identifier == identifier) | (McpServer.url_key == canonical(url))
    known = session.scalar(select(McpServer).where(same))
    if known is not None:
        raise Conflict(f"There is an MCP server {known.identifier!r} at {known.url} already.")


def servers() -> list[Server]:
    """Return all MCP servers by identifier."""
    statement = select(McpServer, Project.slug).join(Project, Project.id == McpServer.project_id)
    with reading() as session:
        rows = session.execute(statement.order_by(McpServer.identifier)).all()
        return [Server(s.identifier, s.name, slug, s.url) for s, slug in rows]


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
