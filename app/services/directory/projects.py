"""Projects and their members: add, list, set a role, remove."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database.pages import Found, Order, in_pages
from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.credentials.secrets import new_id
from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.names import check_name, check_slug
from app.models import Membership, Project
from app.services import audit
from app.services.directory import users


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project."""

    slug: str
    name: str


@repeated
def add(slug: str, *, name: str, at: datetime, actor: str) -> ProjectInfo:
    """Add a project; raises Invalid, or Conflict when the slug is taken."""
    project = Project(id=new_id("prj"), slug=check_slug(slug), name=check_name(name), created_at=at)
    with writing() as session:
        if session.scalar(select(Project.id).where(Project.slug == slug)) is not None:
            raise Conflict(f"There is a project {slug!r} already.")
        session.add(project)
        audit.record(session, AuditKind.PROJECT_ADDED, at=at, actor=actor, subject=slug)
    return ProjectInfo(slug, project.name)


def everything(*, after: str | None = None, limit: int | None = None) -> Iterator[ProjectInfo]:
    """Give projects by slug, those after one, read a page at a time; raises Unavailable on the way."""
    begin = None if after is None else (after,)
    return in_pages(select(Project), Order((Project.slug,), begin), _made, limit=limit)


@repeated
def one(slug: str) -> ProjectInfo:
    """Return a project; raises NotFound."""
    with reading() as session:
        project = require(session, slug)
        return ProjectInfo(project.slug, project.name)


def _made(_session: Session, rows: Sequence[Found]) -> list[ProjectInfo]:
    return [ProjectInfo(row[0].slug, row[0].name) for row in rows]


@repeated
def set_member(
    slug: str, username: str, role: str, *, catalog: Catalog, at: datetime, actor: str
) -> None:
    """Give a user a role in a project, instead of the one before; raises Invalid or NotFound."""
    if role not in catalog.roles:
        raise Invalid(f"{role[:40]!r} is not a role; there are {', '.join(catalog.roles)}.")
    with writing() as session:
        project, user = require(session, slug), users.require(session, username)
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


@repeated
def remove_member(slug: str, username: str, *, at: datetime, actor: str) -> None:
    """Take a user out of a project; raises NotFound when there was no such membership."""
    with writing() as session:
        project, user = require(session, slug), users.require(session, username)
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


def require(session: Session, slug: str) -> Project:
    """Return a project within a running transaction; raises NotFound."""
    is_plain = slug.isascii() and slug.isprintable()
    project = session.scalar(select(Project).where(Project.slug == slug)) if is_plain else None
    if project is None:
        raise NotFound(f"There is no project {slug[:80]!r}.")
    return project
