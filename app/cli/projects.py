"""`mandate project …`, `mandate member …`, `mandate mcp-server …`."""

import click

from app.cli.base import (
    ACTOR,
    Reply,
    leaf,
    table,
)
from app.runtime.current import catalog, now
from app.services.directory import projects
from app.services.directory.projects import Server


@click.group()
def project() -> None:
    """Places with resources."""


@click.group()
def member() -> None:
    """Who has which role in which project."""


@click.group("mcp-server")
def mcp_server() -> None:
    """MCP servers of projects; their URLs are token audiences."""


@leaf("add")
@click.argument("slug")
@click.option("--name", required=True, help="The name that pages show.")
def add_project(slug: str, name: str) -> Reply:
    """Add a project."""
    place = projects.add(slug, name=name, at=now(), actor=ACTOR)
    return Reply({"slug": place.slug, "name": place.name}, f"Added project {place.slug}.")


@leaf("list")
def list_projects() -> Reply:
    """List the projects."""
    places = projects.everything()
    value = [{"slug": p.slug, "name": p.name} for p in places]
    return Reply(value, table(("slug", "name"), [(p.slug, p.name) for p in places]))


@leaf("set")
@click.argument("project")
@click.argument("user")
@click.argument("role")
def set_member(project: str, user: str, role: str) -> Reply:
    """Give a user a role in a project, instead of the one before."""
    projects.set_member(project, user, role, catalog=catalog(), at=now(), actor=ACTOR)
    value = {"project": project, "user": user, "role": role}
    return Reply(value, f"{user} is {role} in {project}.")


@leaf("remove")
@click.argument("project")
@click.argument("user")
def remove_member(project: str, user: str) -> Reply:
    """Take a user out of a project; what was delegated there stops at once."""
    projects.remove_member(project, user, at=now(), actor=ACTOR)
    value = {"project": project, "user": user, "role": None}
    return Reply(value, f"{user} is no longer a member of {project}.")


def _value(server: Server) -> dict[str, str]:
    return {
        "identifier": server.identifier,
        "name": server.name,
        "project": server.project,
        "url": server.url,
    }


@leaf("add")
@click.argument("identifier")
@click.option("--project", required=True, help="The slug of its project.")
@click.option("--url", required=True, help="Its address, which tools name as their resource.")
@click.option("--name", required=True, help="The name that pages show.")
def add_server(identifier: str, project: str, url: str, name: str) -> Reply:
    """Add an MCP server to a project."""
    server = projects.add_server(
        identifier, project=project, url=url, name=name, at=now(), actor=ACTOR
    )
    return Reply(_value(server), f"Added MCP server {server.identifier} at {server.url}.")


@leaf("list")
def list_servers() -> Reply:
    """List the MCP servers."""
    servers = projects.servers()
    rows = [(s.identifier, s.name, s.project, s.url) for s in servers]
    return Reply(
        [_value(s) for s in servers], table(("identifier", "name", "project", "url"), rows)
    )


@leaf("remove")
@click.argument("identifier")
def remove_server(identifier: str) -> Reply:
    """Remove an MCP server; tokens for it stop at once."""
    projects.remove_server(identifier, at=now(), actor=ACTOR)
    return Reply({"identifier": identifier}, f"Removed MCP server {identifier}.")


for command in (add_project, list_projects):
    project.add_command(command)
for command in (set_member, remove_member):
    member.add_command(command)
for command in (add_server, list_servers, remove_server):
    mcp_server.add_command(command)
COMMANDS = (project, member, mcp_server)
