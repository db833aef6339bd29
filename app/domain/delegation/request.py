"""What a request asks for, and how much of it an answer gives.

Consent, device approvals and the token endpoint ask here, so that no approval and no token can pass
for one that is of use where it is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.catalog import MCP
from app.domain.delegation.access import EffectiveAccess


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource by its URI, with the identifiers of the MCP servers at it and above it.

    Introspection wants each of them in the access of a token. An API has none.
    """

    uri: str
    mcp_servers: frozenset[str] = frozenset()

    def is_reached_by(self, access: EffectiveAccess) -> bool:
        """Say whether a token for this resource would be active there."""
        return self.mcp_servers <= set(access.mcp_servers)


@dataclass(frozen=True, slots=True)
class Request:
    """The capabilities and the resources that a client names in one request.

    `projects` (slug to role, None without one) and `servers` (identifiers) are those that it names by
    `authorization_details`. Whether they exist is not said, and naming them gives nothing.
    """

    capabilities: frozenset[str]
    resources: tuple[Resource, ...]
    projects: Mapping[str, str | None] = field(default_factory=dict)
    servers: frozenset[str] = frozenset()

    @property
    def mcp_servers(self) -> frozenset[str]:
        """Return the MCP servers that must be ticked for all its resources, and those it names."""
        return self.servers.union(*(resource.mcp_servers for resource in self.resources))


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """What an answer gives of a request, and what of it is missing.

    It is useful when at least one resource is reached by something that was asked for.
    """

    given: frozenset[str]
    missing: frozenset[str]
    reached: tuple[Resource, ...]
    unreached: tuple[Resource, ...]

    @property
    def is_useful(self) -> bool:
        """Say whether the client gets anything of what it asked for."""
        return bool(self.reached)


def fulfilment_of(request: Request, access: EffectiveAccess) -> Fulfilment:
    """Return what an access gives of what was asked for, now.

    An MCP server is reached when the access names it and those above it; an API when a capability
    that was asked for acts somewhere.
    """
    given = frozenset(name for name in request.capabilities if _acts(name, access))
    reached = tuple(
        resource
        for resource in request.resources
        if resource.is_reached_by(access) and (resource.mcp_servers or given)
    )
    return Fulfilment(
        given,
        request.capabilities - given,
        reached,
        tuple(resource for resource in request.resources if resource not in reached),
    )


def _acts(capability: str, access: EffectiveAccess) -> bool:
    places: Mapping[str, object] = access.mcp_servers if capability == MCP else access.projects
    return capability in access.capabilities and bool(places)
