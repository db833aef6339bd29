"""The facts behind a decision: the delegated projects and MCP servers beside the user's roles now.

The same two selects serve issuance (`delegation_now`) and the hot path (`snapshot`); `effective_access`
decides.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.database.compiled_select import instant_or_none, parsed
from app.domain.delegation.access import Permissions, RoleTerm, Terms
from app.models import (
    AuthorizationMcpServer,
    AuthorizationProject,
    McpServer,
    Membership,
    Project,
)

PROJECT_COLUMNS = (
    Project.slug,
    Membership.role,
    AuthorizationProject.role,
    AuthorizationProject.then_role,
    AuthorizationProject.until_at,
)
SERVER_COLUMNS = (
    McpServer.identifier,
    Membership.role,
    McpServer.project_id,
    McpServer.url,
    AuthorizationMcpServer.until_at,
)


class LiveDelegation(NamedTuple):
    """The parts of an Authorization that name projects and MCP servers, with the user's roles now."""

    projects: dict[str, RoleTerm]
    mcp_servers: dict[str, datetime | None]
    permissions: Permissions
    urls: dict[str, str]


def projects_of(authorization_id: Any, user_id: Any, *columns: Any) -> Select[Any]:
    """Return the select of the delegated projects in which the user has a role now."""
    return (
        select(*columns)
        .select_from(AuthorizationProject)
        .join(Project, Project.id == AuthorizationProject.project_id)
        .join(Membership, Membership.project_id == Project.id)
        .where(
            AuthorizationProject.authorization_id == authorization_id,
            Membership.user_id == user_id,
        )
    )


def servers_of(authorization_id: Any, user_id: Any, *columns: Any) -> Select[Any]:
    """Return the select of the delegated MCP servers in projects where the user has a role now."""
    return (
        select(*columns)
        .select_from(AuthorizationMcpServer)
        .join(McpServer, McpServer.id == AuthorizationMcpServer.mcp_server_id)
        .join(Membership, Membership.project_id == McpServer.project_id)
        .where(
            AuthorizationMcpServer.authorization_id == authorization_id,
            Membership.user_id == user_id,
        )
    )


def delegation_now(session: Session, authorization_id: str, user_id: str) -> LiveDelegation:
    """Return what an Authorization delegates now, within a running transaction."""
    return delegation_of(
        session.execute(projects_of(authorization_id, user_id, *PROJECT_COLUMNS)),
        session.execute(servers_of(authorization_id, user_id, *SERVER_COLUMNS)),
    )


def delegation_of_json(projects: Any, servers: Any) -> LiveDelegation:
    """Return what a driver gave for the two selects as JSON arrays, None for one without rows."""
    return delegation_of(_rows(projects), _rows(servers))


def _rows(array: Any) -> list[list[Any]]:
    """Return rows of JSON; their last column is an instant or None."""
    return [[*row[:-1], instant_or_none(row[-1])] for row in parsed(array) or ()]


def delegation_of(projects: Iterable[Any], servers: Iterable[Any]) -> LiveDelegation:
    """Return rows of the two selects as values; a project that the user lost has no row."""
    roles: dict[str, str] = {}
    terms: dict[str, RoleTerm] = {}
    ends: dict[str, datetime | None] = {}
    places: dict[str, str] = {}
    urls: dict[str, str] = {}
    for slug, own_role, role, then_role, until_at in projects:
        roles[slug] = own_role
        terms[slug] = RoleTerm(role, until_at, then_role)
    # A server's project needs no slug here: its id is key enough for the user's role there.
    for identifier, own_role, project_id, url, until_at in servers:
        roles[project_id] = own_role
        places[identifier] = project_id
        ends[identifier] = until_at
        urls[identifier] = url
    return LiveDelegation(terms, ends, Permissions(roles, places), urls)


def terms_from(
    live: LiveDelegation, *, capabilities: Iterable[str], expires_at: datetime | None, paused: bool
) -> Terms:
    """Return the Terms of an Authorization that stands from its columns and its parts."""
    return Terms(
        capabilities=frozenset(capabilities),
        projects=live.projects,
        mcp_servers=live.mcp_servers,
        expires_at=expires_at,
        paused=paused,
    )
