"""What a user has now: projects with roles, and the MCP servers in them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.access import Permissions
from app.domain.offer import Surroundings
from app.models import McpServer, Membership, Project


def of_user(session: Session, user_id: str) -> Surroundings:
    """Return the user's Permissions with the names that pages show, within a running transaction."""
    projects = session.execute(
        select(Project.id, Project.slug, Project.name, Membership.role)
        .join(Membership, Membership.project_id == Project.id)
        .where(Membership.user_id == user_id)
        .order_by(Project.name, Project.slug)
    ).all()
    slugs = {p.id: p.slug for p in projects}
    servers = session.execute(
        select(McpServer.identifier, McpServer.name, McpServer.url, McpServer.project_id)
        .join(Membership, Membership.project_id == McpServer.project_id)
        .join(Project, Project.id == McpServer.project_id)
        .where(Membership.user_id == user_id)
        .order_by(Project.name, Project.slug, McpServer.name, McpServer.identifier)
    ).all()
    return Surroundings(
        Permissions(
            roles={p.slug: p.role for p in projects},
            mcp_servers={s.identifier: slugs[s.project_id] for s in servers},
        ),
        project_names={p.slug: p.name for p in projects},
        server_names={s.identifier: s.name for s in servers},
        server_urls={s.identifier: s.url for s in servers},
    )
