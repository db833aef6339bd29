"""Authorizations as rows: read as Terms, write from Terms. Used within running transactions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.delegation.access import RoleTerm, Terms
from app.domain.delegation.authorization import AuthorizationKind
from app.domain.errors import NotFound
from app.models import (
    Authorization,
    AuthorizationMcpServer,
    AuthorizationProject,
    McpServer,
    Project,
    User,
)

GONE = "There is no such authorization."


def terms_of_row(session: Session, row: Authorization) -> Terms:
    """Return an Authorization as a value."""
    return terms_of_rows(session, [row])[row.id]


def terms_of_rows(session: Session, rows: Sequence[Authorization]) -> dict[str, Terms]:
    """Return many Authorizations as values, by id, with two statements for all of them."""
    ids = [row.id for row in rows]
    projects: dict[str, dict[str, RoleTerm]] = {i: {} for i in ids}
    servers: dict[str, dict[str, datetime | None]] = {i: {} for i in ids}
    # Columns, no entities: one Authorization may name thousands of projects and servers.
    for authorization_id, slug, role, until, then in session.execute(
        select(
            AuthorizationProject.authorization_id,
            Project.slug,
            AuthorizationProject.role,
            AuthorizationProject.until_at,
            AuthorizationProject.then_role,
        )
        .join(Project, Project.id == AuthorizationProject.project_id)
        .where(AuthorizationProject.authorization_id.in_(ids))
    ):
        projects[authorization_id][slug] = RoleTerm(role, until, then)
    for authorization_id, identifier, until in session.execute(
        select(
            AuthorizationMcpServer.authorization_id,
            McpServer.identifier,
            AuthorizationMcpServer.until_at,
        )
        .join(McpServer, McpServer.id == AuthorizationMcpServer.mcp_server_id)
        .where(AuthorizationMcpServer.authorization_id.in_(ids))
    ):
        servers[authorization_id][identifier] = until
    return {
        row.id: Terms(
            capabilities=frozenset(row.capabilities),
            projects=projects[row.id],
            mcp_servers=servers[row.id],
            expires_at=row.expires_at,
            paused=row.paused_at is not None,
            revoked=row.revoked_at is not None,
        )
        for row in rows
    }


def add(
    session: Session,
    kind: AuthorizationKind,
    *,
    authorization_id: str,
    user_id: str,
    client_id: str | None,
    name: str,
    terms: Terms,
    at: datetime,
) -> Authorization:
    """Add an Authorization at its first version, with its parts, and return its row."""
    row = Authorization(
        id=authorization_id,
        kind=kind,
        user_id=user_id,
        client_id=client_id,
        name=name,
        version=1,
        created_at=at,
        **columns_of(terms, at=at),
    )
    session.add(row)
    session.flush()
    write_parts(session, row.id, Terms(), terms)
    return row


def update_unrevoked(
    session: Session, *which: ColumnElement[bool], **values: object
) -> Row[str, str, str, str] | None:
    """Set columns of an Authorization that is not revoked, with its next version, by one write.

    `which` selects the row and the state that it must be in. Returns id, kind, user and name, or None
    when no row fits.
    """
    return session.execute(
        update(Authorization)
        .where(Authorization.revoked_at.is_(None), *which)
        .values(version=Authorization.version + 1, **values)
        .returning(Authorization.id, Authorization.kind, Authorization.user_id, Authorization.name)
        .execution_options(synchronize_session=False)
    ).first()


def update_if_current(session: Session, row: Authorization, **values: object) -> bool:
    """Spend the version that a row was read with, setting `values` too; False when it has moved on.

    An edit, a pause or a revocation that came meanwhile is never overwritten.
    """
    is_current = Authorization.version == row.version
    return update_unrevoked(session, Authorization.id == row.id, is_current, **values) is not None


def columns_of(terms: Terms, *, at: datetime) -> dict[str, Any]:
    """Return what an Authorization's own columns say for Terms that are written now."""
    return {
        "capabilities": sorted(terms.capabilities),
        "expires_at": terms.expires_at,
        "updated_at": at,
    }


def write_parts(session: Session, authorization_id: str, before: Terms, after: Terms) -> None:
    """Make the rows of an Authorization's projects and MCP servers say what the Terms say.

    `before` are the Terms that the rows say now: a table that would not change is left alone.
    """
    if dict(before.projects) != dict(after.projects):
        ids = _ids(session, _named(Project.slug, Project.id, list(after.projects)))
        projects = [
            {"project_id": ids[slug], "role": t.role, "until_at": t.until, "then_role": t.then}
            for slug, t in after.projects.items()
            if slug in ids
        ]
        _replace(session, AuthorizationProject, authorization_id, projects)
    if dict(before.mcp_servers) != dict(after.mcp_servers):
        # Who removes a server has its row first and its parts then: the same order here.
        named = _named(McpServer.identifier, McpServer.id, list(after.mcp_servers))
        ids = _ids(session, named.with_for_update(read=True, key_share=True))
        servers = [
            {"mcp_server_id": ids[identifier], "until_at": until}
            for identifier, until in after.mcp_servers.items()
            if identifier in ids  # one may have been removed a moment ago
        ]
        _replace(session, AuthorizationMcpServer, authorization_id, servers)


def _replace(
    session: Session,
    table: type[AuthorizationProject | AuthorizationMcpServer],
    authorization_id: str,
    rows: list[dict[str, Any]],
) -> None:
    session.execute(delete(table).where(table.authorization_id == authorization_id))
    if rows:
        session.execute(
            insert(table), [{"authorization_id": authorization_id, **row} for row in rows]
        )


def _named(
    name: InstrumentedAttribute[str], key: InstrumentedAttribute[str], names: list[str]
) -> Select[str, str]:
    return select(name, key).where(name.in_(names))


def _ids(session: Session, named: Select[str, str]) -> dict[str, str]:
    return dict(session.execute(named).all())


def require_row(
    session: Session, authorization_id: str, owner: str | None, *, lock: bool = False
) -> Authorization:
    """Return a user's own Authorization, any for `owner` None; raises NotFound.

    With `lock`, one transaction at a time gets it.
    """
    plain = authorization_id.isascii() and authorization_id.isprintable()
    # No key is changed, so rows that point at this one may be written meanwhile.
    locking = {"key_share": True} if lock else None
    row = session.get(Authorization, authorization_id, with_for_update=locking) if plain else None
    if row is None or owner not in (None, row.user_id):
        raise NotFound(GONE)
    return row


def lock_user(session: Session, user_id: str) -> None:
    """Let one decision of a user run at a time, so that two cannot overwrite each other."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
