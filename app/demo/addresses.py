"""Where the three programs of a demo listen, all told from one port."""

from dataclasses import dataclass

HOST = "127.0.0.1"
MAX_PORT = 65_533


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of a demo whose authorization server listens on `port`."""

    port: int

    @property
    def ports(self) -> tuple[int, int, int]:
        """Return the ports of authorization server, example resource server and example tool."""
        return self.port, self.port + 1, self.port + 2

    @property
    def issuer(self) -> str:
        """Return the authorization server's URL."""
        return f"http://{HOST}:{self.port}"

    @property
    def resource_server(self) -> str:
        """Return the URL below which everything is that tokens are for."""
        return f"http://{HOST}:{self.port + 1}"

    @property
    def tool(self) -> str:
        """Return the example tool's URL."""
        return f"http://{HOST}:{self.port + 2}"

    @property
    def api(self) -> str:
        """Return the API's audience, which is the default one."""
        return f"{self.resource_server}/api"

    @property
    def mcp(self) -> str:
        """Return the audience that covers the URL of every MCP server."""
        return f"{self.resource_server}/mcp"

    @property
    def tool_redirect_uri(self) -> str:
        """Return the example tool's only redirect URI."""
        return f"{self.tool}/callback"

    def mcp_server(self, identifier: str) -> str:
        """Return the URL of one MCP server: the audience of tokens for it."""
        return f"{self.mcp}/{identifier}"
