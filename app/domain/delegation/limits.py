"""What bounds an offer: the user's rights, what a credential may carry, what its client asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.catalog import MCP
from app.domain.delegation.access import Permissions
from app.domain.delegation.request import Request

MANY = 4  # capabilities beside `mcp`: a person ticks more than that one by one


@dataclass(frozen=True, slots=True)
class UserRights:
    """The user's projects and MCP servers with their names, beside the bare Permissions."""

    permissions: Permissions
    project_names: Mapping[str, str]
    server_names: Mapping[str, str]
    server_urls: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a credential may carry, and what its client requests.

    `request` None means that no client asks: the user chooses freely, in settings.
    """

    allowed: frozenset[str]
    request: Request | None = None

    def is_requested(self, capability: str) -> bool:
        """Say whether a client asks for a capability."""
        return self.request is not None and capability in self.request.capabilities

    @property
    def projects(self) -> Mapping[str, str | None]:
        """Return the projects that a client names, with the role that it asks for there."""
        return self.request.projects if self.request else {}

    @property
    def is_wide(self) -> bool:
        """Say whether a client asks for more than a person takes in at a glance."""
        return self.request is not None and len(self.request.capabilities - {MCP}) > MANY

    @property
    def asks_only_for_one_server(self) -> bool:
        """Say whether a single MCP server is all that a client asks for."""
        asked = self.request
        if asked is None or asked.projects:
            return False
        return asked.capabilities == {MCP} and len(asked.mcp_servers) == 1
