"""What a user has now: projects with roles, and the MCP servers in them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.delegation.access import Permissions
from app.domain.delegation.limits import UserRights
from app.models import McpServer, Membership, Project


def rights_of(session: Session, user_id: str) -> UserRights:
    """Return the user's Permissions with the names that pages show, within a running transaction."""
    return rights_of_all(session, {user_id})[user_id]


def rights_of_all(session: Session, user_ids: Collection[str]) -> dict[str, UserRights]:
    """Return the same of many users, by id, in two statements."""
    projects = _by_user(
        session.execute(
            select(Membership.user_id, Project.slug, Project.name, Membership.role)
            .join(Membership, Membership.project_id == Project.id)
            .where(Membership.user_id.in_(user_ids))
            .order_by(Project.name, Project.slug)
        )
    )
    servers = _by_user(
        session.execute(
            select(
                Membership.user_id,
                McpServer.identifier,
                McpServer.name,
                McpServer.url,
                Project.slug,
            )
            .join(Membership, Membership.project_id == McpServer.project_id)
            .join(Project, Project.id == McpServer.project_id)
            .where(Membership.user_id.in_(user_ids))
            .order_by(Project.name, Project.slug, McpServer.name, McpServer.identifier)
        )
    )
    return {user_id: _rights(projects[user_id], servers[user_id]) for user_id in user_ids}


def _by_user(rows: Iterable[Any]) -> defaultdict[str, list[tuple[str, ...]]]:
    found: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for user_id, *rest in rows:
        found[user_id].append(tuple(rest))
    return found


def _rights(projects: list[tuple[str, ...]], servers: list[tuple[str, ...]]) -> UserRights:
    return UserRights(
        Permissions(
            roles={slug: role for slug, _, role in projects},
            mcp_servers={identifier: slug for identifier, _, _, slug in servers},
        ),
        project_names={slug: name for slug, name, _ in projects},
        server_names={identifier: name for identifier, name, _, _ in servers},
        server_urls={identifier: url for identifier, _, url, _ in servers},
    )
