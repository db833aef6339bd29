"""The MCP servers of the demo, made with the official SDK: each verifies tokens by introspection."""

import httpx
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

from app.demo.addresses import Addresses
from app.demo.api.mcp_tools import ServerTools
from app.demo.organisation.company import Company, CompanyServer
from app.demo.verifiers.mcp import MandateVerifier

SCOPE = "mcp"


def create_mcp_servers(
    company: Company, addresses: Addresses, http: httpx.AsyncClient
) -> dict[str, MCPServer]:
    """Return the MCP servers by URL; `http` asks Mandate with a resource server's credentials."""
    found = {addresses.mcp_server(server.identifier): server for server in company.mcp_servers}
    endpoint = f"{addresses.issuer}/oauth/introspect"
    return {
        url: create_mcp_server(server, url, addresses.issuer, MandateVerifier(http, endpoint, url))
        for url, server in found.items()
    }


def create_mcp_server(
    server: CompanyServer, url: str, issuer: str, verifier: MandateVerifier
) -> MCPServer:
    """Return one MCP server with its tools."""
    made = MCPServer(
        server.name,
        version="1",
        instructions=f"{server.name} works for the project {server.project}. "
        "What you may do with it is decided in Mandate.",
        token_verifier=verifier,
        # Strings: the SDK would add a slash to a URL that is parsed before it gets it.
        auth=AuthSettings.model_validate(
            {
                "issuer_url": issuer,
                "resource_server_url": url,
                "required_scopes": [SCOPE],
                "validate_token_resource": True,
            }
        ),
        log_level="CRITICAL",
    )
    tools = ServerTools(server, url, verifier)
    made.add_tool(tools.whoami, structured_output=True)
    made.add_tool(tools.what_may_i_do, structured_output=True)
    made.add_tool(tools.add_flow)
    for tool in server.tools:
        made.add_tool(tools.of_role(tool), tool.name, description=tool.description)
    return made
