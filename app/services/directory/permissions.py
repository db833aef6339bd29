"""What a user has now: projects with roles, and the MCP servers in them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.delegation.access import Permissions
from app.domain.delegation.limits import UserRights
from app.models import McpServer, Membership, Project


def rights_of(session: Session, user_id: str) -> UserRights:
    """Return the user's Permissions with the names that pages show, within a running transaction."""
    projects = session.execute(
        select(Project.id, Project.slug, Project.name, Membership.role)
        .join(Membership, Membership.project_id == Project.id)
        .where(Membership.user_id == user_id)
        .order_by(Project.name, Project.slug)
    ).all()
    slugs = {project_id: slug for project_id, slug, _, _ in projects}
    servers = session.execute(
        select(McpServer.identifier, McpServer.name, McpServer.url, McpServer.project_id)
        .join(Membership, Membership.project_id == McpServer.project_id)
        .join(Project, Project.id == McpServer.project_id)
        .where(Membership.user_id == user_id)
        .order_by(Project.name, Project.slug, McpServer.name, McpServer.identifier)
    ).all()
    return UserRights(
        Permissions(
            roles={slug: role for _, slug, _, role in projects},
            mcp_servers={i: slugs[project_id] for i, _, _, project_id in servers},
        ),
        project_names={slug: name for _, slug, name, _ in projects},
        server_names={i: name for i, name, _, _ in servers},
        server_urls={i: url for i, _, url, _ in servers},
    )
