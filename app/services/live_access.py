"""The facts behind a decision: the delegated projects and MCP servers beside the user's roles now.

The same two selects serve issuance (`PARTS`) and the hot path (`app.services.tokens`);
`effective_access` decides.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, cast, literal_column, null, select, union_all
from sqlalchemy.sql.elements import Label
from sqlalchemy.types import String, TypeEngine

from app.domain.access import Permissions, RoleTerm, Terms
from app.models import (
    AuthorizationMcpServer,
    AuthorizationProject,
    McpServer,
    Membership,
    Project,
)
from app.models.base import Instant


class Parts(NamedTuple):
    """The parts of an Authorization that name projects and MCP servers, with the user's roles now."""

    projects: dict[str, RoleTerm]
    mcp_servers: dict[str, datetime | None]
    permissions: Permissions
    urls: dict[str, str]


COLUMNS: dict[str, TypeEngine[Any]] = {
    "kind": String(),
    "name": String(),
    "own_role": String(),
    "role": String(),
    "then_role": String(),
    "until_at": Instant(),
    "url": String(),
}


def padded(columns: Mapping[str, TypeEngine[Any]], **given: Any) -> list[Label[Any]]:
    """Return all the columns of a union in order, those that are not given as typed NULLs."""
    return [
        (given[name] if name in given else cast(null(), kind)).label(name)
        for name, kind in columns.items()
    ]


def projects_of(
    authorization_id: Any, user_id: Any, columns: Mapping[str, TypeEngine[Any]] = COLUMNS
) -> Select[Any]:
    """Return the statement for the delegated projects in which the user has a role now."""
    given = padded(
        columns,
        kind=literal_column("'p'"),
        name=Project.slug,
        own_role=Membership.role,
        role=AuthorizationProject.role,
        then_role=AuthorizationProject.then_role,
        until_at=AuthorizationProject.until_at,
    )
    return (
        select(*given)
        .select_from(AuthorizationProject)
        .join(Project, Project.id == AuthorizationProject.project_id)
        .join(Membership, Membership.project_id == Project.id)
        .where(
            AuthorizationProject.authorization_id == authorization_id,
            Membership.user_id == user_id,
        )
    )


def servers_of(
    authorization_id: Any, user_id: Any, columns: Mapping[str, TypeEngine[Any]] = COLUMNS
) -> Select[Any]:
    """Return the statement for the delegated MCP servers in projects where the user has a role now."""
    given = padded(
        columns,
        kind=literal_column("'s'"),
        name=McpServer.identifier,
        own_role=Membership.role,
        role=Project.slug,
        until_at=AuthorizationMcpServer.until_at,
        url=McpServer.url,
    )
    return (
        select(*given)
        .select_from(AuthorizationMcpServer)
        .join(McpServer, McpServer.id == AuthorizationMcpServer.mcp_server_id)
        .join(Project, Project.id == McpServer.project_id)
        .join(Membership, Membership.project_id == Project.id)
        .where(
            AuthorizationMcpServer.authorization_id == authorization_id,
            Membership.user_id == user_id,
        )
    )


PARTS = union_all(
    projects_of(bindparam("authorization_id"), bindparam("user_id")),
    servers_of(bindparam("authorization_id"), bindparam("user_id")),
)


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
