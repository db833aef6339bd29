"""`authorization_details` (RFC 9396) as values: the two types that this server has.

A `project` is asked for with a role at most and with actions, an `mcp_server` by its identifier or by
where it lies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from app.domain.catalog import MCP, Catalog
from app.domain.resources import canonical

PARAMETER = "authorization_details"
PROJECT, MCP_SERVER = "project", "mcp_server"


@dataclass(frozen=True, slots=True)
class ProjectDetail:
    """A project by its slug, with a role at most and with actions; None leaves the one or other open."""

    identifier: str
    role: str | None = None
    actions: frozenset[str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object of the wire."""
        found: dict[str, Any] = {"type": PROJECT, "identifier": self.identifier}
        if self.role is not None:
            found["privileges"] = [self.role]
        if self.actions is not None:
            found["actions"] = sorted(self.actions)
        return found


@dataclass(frozen=True, slots=True)
class ServerDetail:
    """An MCP server by its identifier, by where it lies, or by both: then both must be its own."""

    identifier: str | None
    locations: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """Return what tells two objects of one server: its identifier or, without one, its places."""
        return frozenset([self.identifier] if self.identifier else map(canonical, self.locations))

    def to_json(self) -> dict[str, Any]:
        """Return the object of the wire."""
        found: dict[str, Any] = {"type": MCP_SERVER}
        if self.identifier is not None:
            found["identifier"] = self.identifier
        if self.locations:
            found["locations"] = list(self.locations)
        return found

    def is_of(self, identifier: str, url: str) -> bool:
        """Say whether a server at a URL is the one that is meant; one of the locations is enough."""
        places = {canonical(location) for location in self.locations}
        return self.identifier in (None, identifier) and (not places or canonical(url) in places)


@dataclass(frozen=True, slots=True)
class AuthorizationDetails:
    """What a request or a token names: projects and MCP servers, each once, and nothing else."""

    projects: tuple[ProjectDetail, ...] = ()
    servers: tuple[ServerDetail, ...] = ()

    @property
    def roles(self) -> dict[str, str | None]:
        """Return the role that is named for each project, None for one without."""
        return {project.identifier: project.role for project in self.projects}

    @property
    def capabilities(self) -> frozenset[str]:
        """Return the capabilities that they name; none when a project leaves its actions open."""
        if any(project.actions is None for project in self.projects):
            return frozenset()
        actions: frozenset[str] = frozenset().union(*(p.actions or () for p in self.projects))
        return actions | {MCP} if self.servers else actions

    def to_json(self) -> list[dict[str, Any]]:
        """Return them as on the wire, which is how rows keep them."""
        return [one.to_json() for one in self.projects] + [one.to_json() for one in self.servers]

    @classmethod
    def from_json(cls, kept: Sequence[Mapping[str, Any]]) -> Self:
        """Return what `to_json` gave."""
        projects = (one for one in kept if one["type"] == PROJECT)
        servers = (one for one in kept if one["type"] == MCP_SERVER)
        return cls(
            tuple(
                ProjectDetail(
                    one["identifier"],
                    one["privileges"][0] if "privileges" in one else None,
                    frozenset(one["actions"]) if "actions" in one else None,
                )
                for one in projects
            ),
            tuple(
                ServerDetail(one.get("identifier"), tuple(one.get("locations", ())))
                for one in servers
            ),
        )


NO_DETAILS = AuthorizationDetails()


def details_of_json(kept: Sequence[Mapping[str, Any]] | None) -> AuthorizationDetails | None:
    """Return the details that a row keeps, None when there are none."""
    return None if kept is None else AuthorizationDetails.from_json(kept)


def types_of(catalog: Catalog) -> tuple[str, ...]:
    """Return the types of a deployment; without the capability `mcp` there are no MCP servers."""
    return (PROJECT, MCP_SERVER) if MCP in catalog.capabilities else (PROJECT,)


def actions_of_projects(catalog: Catalog) -> tuple[str, ...]:
    """Return the capabilities that act in projects: those that need a role there."""
    return tuple(name for name, one in catalog.capabilities.items() if one.least_role is not None)
