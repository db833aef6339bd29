"""MCP servers and resource servers: list, add, remove, disable, enable."""

from http import HTTPMethod, HTTPStatus
from typing import Any

from pydantic import Field

from app.api.callers import acting
from app.api.contract import Answer, Body, operation
from app.api.cursors import Paging, page, single
from app.domain.management import AdminScope
from app.runtime.clock import now
from app.services.clients import resource_servers
from app.services.clients.resource_servers import ResourceServerInfo
from app.services.directory import mcp_servers
from app.services.directory.mcp_servers import McpServerInfo

READ, WRITE = AdminScope.DIRECTORY_READ, AdminScope.DIRECTORY_WRITE
MCP_SERVERS, RESOURCE_SERVERS = "MCP servers", "resource servers"


class McpServer(Answer):
    """An MCP server of a project; its URL is a token audience."""

    identifier: str
    name: str
    project: str = Field(description="The slug of its project.")
    url: str


class McpServerPage(Answer):
    """A page of MCP servers, by identifier."""

    items: list[McpServer]
    next: str | None


class NewMcpServer(Body):
    """An MCP server to add."""

    identifier: str = Field(max_length=80)
    project: str = Field(max_length=80)
    url: str = Field(max_length=2_000)
    name: str = Field(max_length=200)


class ResourceServer(Answer):
    """A program that introspects tokens whose audience lies within its own."""

    client_id: str
    audience: str
    disabled: bool


class ResourceServerPage(Answer):
    """A page of resource servers, by client_id."""

    items: list[ResourceServer]
    next: str | None


def _server(info: McpServerInfo) -> McpServer:
    return McpServer(identifier=info.identifier, name=info.name, project=info.project, url=info.url)


def _resource_server(info: ResourceServerInfo) -> ResourceServer:
    return ResourceServer(client_id=info.identifier, audience=info.audience, disabled=info.disabled)


@operation(
    HTTPMethod.GET, "/mcp-servers", tag=MCP_SERVERS, name="listMcpServers", answer=McpServerPage
)
def list_mcp_servers(query: Paging) -> McpServerPage:
    """List MCP servers by identifier."""
    acting(READ)
    found, following = page(
        query,
        lambda after, limit: mcp_servers.servers(after=single(after), limit=limit),
        lambda one: (one.identifier,),
    )
    return McpServerPage(items=list(map(_server, found)), next=following)


@operation(
    HTTPMethod.POST,
    "/mcp-servers",
    tag=MCP_SERVERS,
    name="addMcpServer",
    answer=McpServer,
    status=HTTPStatus.CREATED,
)
def add_mcp_server(json: NewMcpServer) -> Any:
    """Add an MCP server to a project."""
    actor = acting(WRITE)
    made = mcp_servers.add_server(
        json.identifier, project=json.project, url=json.url, name=json.name, at=now(), actor=actor
    )
    return _server(made), HTTPStatus.CREATED.value


@operation(
    HTTPMethod.DELETE,
    "/mcp-servers/<identifier>",
    tag=MCP_SERVERS,
    name="removeMcpServer",
    status=HTTPStatus.NO_CONTENT,
)
def remove_mcp_server(identifier: str) -> Any:
    """Remove an MCP server: tokens for it are inactive from now on."""
    mcp_servers.remove_server(identifier, at=now(), actor=acting(WRITE))
    return "", HTTPStatus.NO_CONTENT.value


@operation(
    HTTPMethod.GET,
    "/resource-servers",
    tag=RESOURCE_SERVERS,
    name="listResourceServers",
    answer=ResourceServerPage,
)
def list_resource_servers(query: Paging) -> ResourceServerPage:
    """List resource servers by client_id."""
    acting(READ)
    found, following = page(
        query,
        lambda after, limit: resource_servers.servers(after=single(after), limit=limit),
        lambda one: (one.identifier,),
    )
    return ResourceServerPage(items=list(map(_resource_server, found)), next=following)


@operation(
    HTTPMethod.POST,
    "/resource-servers/<client_id>/disable",
    tag=RESOURCE_SERVERS,
    name="disableResourceServer",
    answer=ResourceServer,
)
def disable_resource_server(client_id: str) -> ResourceServer:
    """Disable a resource server: it is told nothing any more."""
    return _resource_server(resource_servers.disable(client_id, at=now(), actor=acting(WRITE)))


@operation(
    HTTPMethod.POST,
    "/resource-servers/<client_id>/enable",
    tag=RESOURCE_SERVERS,
    name="enableResourceServer",
    answer=ResourceServer,
)
def enable_resource_server(client_id: str) -> ResourceServer:
    """Enable a resource server again."""
    return _resource_server(resource_servers.enable(client_id, at=now(), actor=acting(WRITE)))
