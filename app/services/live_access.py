"""The facts behind a decision, read in two statements without ORM entities: the hot path.

`find` gives one row for a token and the resource server that asks; `parts` gives the delegated
projects and MCP servers beside the user's roles now. `effective_access` decides.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, cast, literal, null, select, union_all
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import String

from app.domain.access import Permissions, RoleTerm, Terms
from app.models import (
    AuthorizationMcpServer,
    AuthorizationProject,
    McpServer,
    Membership,
    Project,
)


class Parts(NamedTuple):
    """The parts of an Authorization that name projects and MCP servers, with the user's roles now."""

    projects: dict[str, RoleTerm]
    mcp_servers: dict[str, datetime | None]
    permissions: Permissions
    urls: dict[str, str]


def _text() -> ColumnElement[Any]:
    return cast(null(), String)


def _projects() -> Select[Any]:
    return (
        select(
            literal("p").label("kind"),
            Project.slug.label("name"),
            Membership.role.label("own_role"),
            AuthorizationProject.role.label("role"),
            AuthorizationProject.then_role.label("then_role"),
            AuthorizationProject.until_at.label("until_at"),
            _text().label("url"),
        )
        .select_from(AuthorizationProject)
        .join(Project, Project.id == AuthorizationProject.project_id)
        .join(
            Membership,
            (Membership.project_id == Project.id) & (Membership.user_id == bindparam("user_id")),
        )
        .where(AuthorizationProject.authorization_id == bindparam("authorization_id"))
    )


def _servers() -> Select[Any]:
    return (
        select(
            literal("s").label("kind"),
            McpServer.identifier.label("name"),
            Membership.role.label("own_role"),
            Project.slug.label("role"),
            _text().label("then_role"),
            AuthorizationMcpServer.until_at.label("until_at"),
            McpServer.url.label("url"),
        )
        .select_from(AuthorizationMcpServer)
        .join(McpServer, McpServer.id == AuthorizationMcpServer.mcp_server_id)
        .join(Project, Project.id == McpServer.project_id)
        .join(
            Membership,
            (Membership.project_id == Project.id) & (Membership.user_id == bindparam("user_id")),
        )
        .where(AuthorizationMcpServer.authorization_id == bindparam("authorization_id"))
    )


PARTS = union_all(_projects(), _servers())


def parts_of(rows: Iterable[Any]) -> Parts:
    """Return the rows of `PARTS` as values; a project that the user lost has no row."""
    roles: dict[str, str] = {}
    projects: dict[str, RoleTerm] = {}
    servers: dict[str, datetime | None] = {}
    places: dict[str, str] = {}
    urls: dict[str, str] = {}
    for kind, name, own_role, role, then_role, until_at, url in rows:
        if kind == "p":
            roles[name] = own_role
            projects[name] = RoleTerm(role, until_at, then_role)
        else:
            roles[role] = own_role
            places[name] = role
            servers[name] = until_at
            urls[name] = url
    return Parts(projects, servers, Permissions(roles, places), urls)


def terms_from(
    parts: Parts,
    *,
    capabilities: Iterable[str],
    expires_at: datetime | None,
    ended: bool,
    paused: bool,
) -> Terms:
    """Return Terms from an Authorization's columns and its parts."""
    return Terms(
        capabilities=frozenset(capabilities),
        projects=parts.projects,
        mcp_servers=parts.mcp_servers,
        expires_at=expires_at,
        paused=paused,
        revoked=ended,
    )
