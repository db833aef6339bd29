"""The decision: what an Authorization gives now. Nobody else decides.

effective access = Terms (what was delegated) ∩ Permissions (what the user may do now) ∩ what this
token asked for. Pure, so that consent, settings, introspection and the property tests share it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.authorization_details import AuthorizationDetails
from app.domain.catalog import MCP, Catalog


@dataclass(frozen=True, slots=True)
class RoleTerm:
    """A delegated project role; from `until` on it falls back to `then`, or away when that is None."""

    role: str
    until: datetime | None = None
    then: str | None = None

    def at(self, at: datetime) -> str | None:
        """Return the role that the term gives at an instant, or None."""
        return self.role if self.until is None or at < self.until else self.then


@dataclass(frozen=True, slots=True)
class Terms:
    """An Authorization as a value: projects by slug, MCP servers by identifier with their end."""

    capabilities: frozenset[str] = frozenset()
    projects: Mapping[str, RoleTerm] = field(default_factory=dict)
    mcp_servers: Mapping[str, datetime | None] = field(default_factory=dict)
    expires_at: datetime | None = None
    paused: bool = False
    revoked: bool = False

    def next_end(self, at: datetime) -> datetime | None:
        """Return the first instant after `at` from which they mean something else by time alone."""
        ends = (
            self.expires_at,
            *(term.until for term in self.projects.values()),
            *self.mcp_servers.values(),
        )
        return min((end for end in ends if end is not None and end > at), default=None)


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the user may do now: the role in each project, and the MCP servers of those projects.

    `mcp_servers` maps identifier to project slug. A disabled user or client makes it `active=False`.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    mcp_servers: Mapping[str, str] = field(default_factory=dict)
    active: bool = True


@dataclass(frozen=True, slots=True)
class ProjectAccess:
    """The effective role in a project and the capabilities that act there, in catalog order."""

    role: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EffectiveAccess:
    """What is really possible: MCP servers map to the user's role in their project now."""

    alive: bool = False
    capabilities: tuple[str, ...] = ()
    projects: Mapping[str, ProjectAccess] = field(default_factory=dict)
    mcp_servers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_useful(self) -> bool:
        """Say whether a tool could do anything with it: act in a project, or reach an MCP server."""
        beside_mcp = [name for name in self.capabilities if name != MCP]
        return bool(self.mcp_servers) or (bool(self.projects) and bool(beside_mcp))

    def allows(
        self, capability: str | None, project: str | None = None, mcp_server: str | None = None
    ) -> bool:
        """Say whether one call is within the access: the capability, there; None asks for none.

        An MCP server is reached through the capability `mcp` alone, whatever the project.
        """
        part = None if project is None else self.projects.get(project)
        if not self.alive or (project is not None and part is None):
            return False
        if mcp_server is not None and mcp_server not in self.mcp_servers:
            return False
        if capability is None:
            return True
        tied = any(capability in found.actions for found in self.projects.values())
        return capability in (part.actions if part and tied else self.capabilities)


NOTHING = EffectiveAccess()


def without_lapsed(terms: Terms, *, at: datetime) -> Terms:
    """Return Terms that mean the same from an instant on, without ends that lie in the past."""
    projects = {
        slug: term if term.until is None or at < term.until else RoleTerm(role)
        for slug, term in terms.projects.items()
        if (role := term.at(at)) is not None
    }
    servers = {i: end for i, end in terms.mcp_servers.items() if end is None or at < end}
    return replace(terms, projects=projects, mcp_servers=servers)


def effective_access(
    terms: Terms,
    permissions: Permissions,
    *,
    catalog: Catalog,
    at: datetime,
    narrowed_to: frozenset[str] | None = None,
    details: AuthorizationDetails | None = None,
) -> EffectiveAccess:
    """Return the intersection; `narrowed_to` is a smaller scope that the client asked for itself.

    `details` are all projects and MCP servers that it wants in this token; a role or actions in them
    bound a project. Dead terms (revoked, paused, expired) or a disabled user or client give nothing at
    all.
    """
    if not permissions.active or is_dead(terms, at=at):
        return NOTHING
    requested = terms.capabilities if narrowed_to is None else terms.capabilities & narrowed_to
    roles = _effective_roles(terms, permissions, catalog, at)
    servers = _effective_servers(terms, permissions, catalog, at)
    if details is None:
        projects = _projects(roles, requested, catalog)
    else:
        projects = _detailed_projects(roles, requested, details, catalog)
        named = {server.identifier for server in details.servers}
        servers = {identifier: role for identifier, role in servers.items() if identifier in named}
        requested = requested if named else requested - {MCP}
    acting = {name for project in projects.values() for name in project.actions}
    capabilities = tuple(
        name
        for name in catalog.in_order(requested)
        if name in acting or catalog.capabilities[name].least_role is None
    )
    return EffectiveAccess(
        alive=True,
        capabilities=capabilities,
        projects=projects,
        mcp_servers=servers if MCP in capabilities else {},
    )


def _projects(
    roles: Mapping[str, str], requested: frozenset[str], catalog: Catalog
) -> dict[str, ProjectAccess]:
    names = catalog.in_order(requested)
    of_role = {role: actions_of(role, names, catalog) for role in set(roles.values())}
    return {slug: ProjectAccess(role, of_role[role]) for slug, role in roles.items()}


def _detailed_projects(
    roles: Mapping[str, str],
    requested: frozenset[str],
    details: AuthorizationDetails,
    catalog: Catalog,
) -> dict[str, ProjectAccess]:
    found = {}
    for asked in details.projects:
        role = roles.get(asked.identifier)
        if role is None or asked.role not in (None, *catalog.roles):
            continue
        role = catalog.lesser(role, asked.role or role)
        wanted = requested if asked.actions is None else requested & asked.actions
        actions = actions_of(role, catalog.in_order(wanted), catalog)
        found[asked.identifier] = ProjectAccess(role, actions)
    return found


def is_dead(terms: Terms, *, at: datetime) -> bool:
    """Say whether the Authorization as a whole gives nothing at an instant."""
    expired = terms.expires_at is not None and at >= terms.expires_at
    return terms.revoked or terms.paused or expired


def actions_of(role: str, capabilities: tuple[str, ...], catalog: Catalog) -> tuple[str, ...]:
    """Return the capabilities that act in a project at a role.

    Capabilities without a least role are not tied to projects and are left out.
    """
    return tuple(name for name in capabilities if _reaches(role, name, catalog))


def _reaches(role: str, capability: str, catalog: Catalog) -> bool:
    least = catalog.capabilities[capability].least_role
    return least is not None and catalog.rank(role) >= catalog.rank(least)


def _effective_roles(
    terms: Terms, permissions: Permissions, catalog: Catalog, at: datetime
) -> dict[str, str]:
    roles = {}
    for slug, term in terms.projects.items():
        delegated, own = term.at(at), permissions.roles.get(slug)
        if delegated in catalog.roles and own in catalog.roles:
            roles[slug] = catalog.lesser(delegated, own)
    return roles


def _effective_servers(
    terms: Terms, permissions: Permissions, catalog: Catalog, at: datetime
) -> dict[str, str]:
    servers = {}
    for identifier, until in terms.mcp_servers.items():
        role = permissions.roles.get(permissions.mcp_servers.get(identifier, ""))
        if role in catalog.roles and (until is None or at < until):
            servers[identifier] = role
    return servers
