"""`mandate mcp-server …`."""

from dataclasses import astuple

import click

from app.cli.base import (
    ACTOR,
    Reply,
    command,
)
from app.cli.stream import Stream
from app.runtime.clock import now
from app.services.directory import mcp_servers
from app.services.directory.mcp_servers import McpServerInfo


@click.group("mcp-server")
def mcp_server() -> None:
    """MCP servers of projects; their URLs are token audiences."""


def _value(server: McpServerInfo) -> dict[str, str]:
    return {
        "identifier": server.identifier,
        "name": server.name,
        "project": server.project,
        "url": server.url,
    }


@command("add", group=mcp_server)
@click.argument("identifier")
@click.option("--project", required=True, help="The slug of its project.")
@click.option("--url", required=True, help="Its address, which tools name as their resource.")
@click.option("--name", required=True, help="The name that pages show.")
def add_server(identifier: str, project: str, url: str, name: str) -> Reply:
    """Add an MCP server to a project."""
    server = mcp_servers.add_server(
        identifier, project=project, url=url, name=name, at=now(), actor=ACTOR
    )
    return Reply(_value(server), f"Added MCP server {server.identifier} at {server.url}.")


@command("list", group=mcp_server)
def list_servers() -> Stream:
    """List the MCP servers."""
    return Stream(mcp_servers.servers(), _value, ("identifier", "name", "project", "url"), astuple)


@command("remove", group=mcp_server)
@click.argument("identifier")
def remove_server(identifier: str) -> Reply:
    """Remove an MCP server; tokens for it stop at once."""
    mcp_servers.remove_server(identifier, at=now(), actor=ACTOR)
    return Reply({"identifier": identifier}, f"Removed MCP server {identifier}.")
