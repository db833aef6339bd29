"""Authorizations as rows: read as Terms, write from Terms. Used within running transactions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.delegation.access import RoleTerm, Terms
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


def change(
    session: Session, *which: ColumnElement[bool], **values: object
) -> Row[str, str, str, str] | None:
    """Set columns of an Authorization that is not revoked, with its next version, by one write.

    `which` says which one, and in what state it must be. Returns its id, kind, user and name, or None
    when there is no such one any more.
    """
    return session.execute(
        update(Authorization)
        .where(Authorization.revoked_at.is_(None), *which)
        .values(version=Authorization.version + 1, **values)
        .returning(Authorization.id, Authorization.kind, Authorization.user_id, Authorization.name)
        .execution_options(synchronize_session=False)
    ).first()


def next_version(session: Session, row: Authorization, **values: object) -> bool:
    """Spend the version that a row was read with, setting `values` too; False when it has moved on.

    An edit, a pause or a revocation that came meanwhile is never overwritten.
    """
    is_current = Authorization.version == row.version
    return change(session, Authorization.id == row.id, is_current, **values) is not None


def write_terms(session: Session, row: Authorization, terms: Terms, *, at: datetime) -> None:
    """Make an Authorization's rows say what the Terms say; the version is the caller's."""
    row.capabilities = sorted(terms.capabilities)
    row.expires_at = terms.expires_at
    row.updated_at = at
    for table in (AuthorizationProject, AuthorizationMcpServer):
        session.execute(delete(table).where(table.authorization_id == row.id))
    session.flush()
    project_ids = _ids(session, Project.slug, Project.id, list(terms.projects))
    projects = [
        {
            "authorization_id": row.id,
            "project_id": project_ids[slug],
            "role": term.role,
            "until_at": term.until,
            "then_role": term.then,
        }
        for slug, term in terms.projects.items()
        if slug in project_ids
    ]
    server_ids = _ids(session, McpServer.identifier, McpServer.id, list(terms.mcp_servers))
    servers = [
        {"authorization_id": row.id, "mcp_server_id": server_ids[identifier], "until_at": until}
        for identifier, until in terms.mcp_servers.items()
        if identifier in server_ids  # one may have been removed a moment ago
    ]
    if projects:
        session.execute(insert(AuthorizationProject), projects)
    if servers:
        session.execute(insert(AuthorizationMcpServer), servers)


def _ids(
    session: Session,
    name: InstrumentedAttribute[str],
    key: InstrumentedAttribute[str],
    names: list[str],
) -> dict[str, str]:
    return dict(session.execute(select(name, key).where(name.in_(names))).all())


def require_row(session: Session, authorization_id: str, owner: str | None) -> Authorization:
    """Return a user's own Authorization, any for `owner` None; raises NotFound."""
    plain = authorization_id.isascii() and authorization_id.isprintable()
    row = session.get(Authorization, authorization_id) if plain else None
    if row is None or owner not in (None, row.user_id):
        raise NotFound(GONE)
    return row


def lock_user(session: Session, user_id: str) -> None:
    """Let one decision of a user run at a time, so that two cannot overwrite each other."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update())
