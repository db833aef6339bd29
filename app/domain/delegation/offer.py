"""The offer: what may be ticked on a form, and for what may not: why.

Consent, the editor in settings and the form of a new API key show the same offer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import Terms, actions_of
from app.domain.delegation.limits import Limits, UserRights


@dataclass(frozen=True, slots=True)
class CapabilityOffer:
    """A capability's line in a form; `held` now or not; with a `reason` it cannot be ticked.

    `least_role` is the role from which on it acts in a project; None where it is not tied to one.
    """

    name: str
    title: str
    description: str
    sensitive: bool
    requested: bool
    held: bool
    selected: bool
    reason: str | None
    least_role: str | None


@dataclass(frozen=True, slots=True)
class RoleOffer:
    """A role in a project's list, and what acts there; with a `reason` it cannot be chosen."""

    name: str
    title: str
    reason: str | None
    gives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectOffer:
    """A project's line in a form; `selected` is a role or the empty string, `until` its end.

    `requested` when the request names it; `asked_role` is the role that it asks for there, or empty.
    """

    slug: str
    name: str
    own_role: str
    roles: tuple[RoleOffer, ...]
    selected: str
    until: datetime | None
    then: str | None
    requested: bool
    asked_role: str


@dataclass(frozen=True, slots=True)
class ServerOffer:
    """An MCP server's line in a form; `requested` when the request names it as its resource."""

    identifier: str
    name: str
    url: str
    project_name: str
    own_role: str
    requested: bool
    selected: bool
    until: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """All that a form shows; `is_edit` says that it starts from an Authorization."""

    capabilities: tuple[CapabilityOffer, ...]
    projects: tuple[ProjectOffer, ...]
    mcp_servers: tuple[ServerOffer, ...]
    is_edit: bool = False

    @property
    def can_give_servers(self) -> bool:
        """Say whether any MCP server can be ticked."""
        return any(server.reason is None for server in self.mcp_servers)

    @property
    def can_give_projects(self) -> bool:
        """Say whether a role in a project would be of use: something can be given that acts there."""
        return any(item.reason is None and item.name != MCP for item in self.capabilities)


def make_offer(
    catalog: Catalog, limits: Limits, rights: UserRights, current: Terms | None, *, at: datetime
) -> Offer:
    """Return what may be ticked, bounded by the client and by the user's permissions now.

    Current Terms are ticked as they are. Without any, projects start empty, and so do MCP servers unless
    a single one is all that is asked for. Requested capabilities are ticked unless they are sensitive or
    many. What a client requests in addition is left to the user, but for `mcp` while no MCP server is
    ticked: then the server alone decides.
    """
    capabilities = tuple(
        _capability_offer(name, catalog, limits, rights, current, at=at)
        for name in catalog.capabilities
    )
    open_ones = tuple(item.name for item in capabilities if item.reason is None)
    roles = {
        own: _role_offers(own, open_ones, catalog) for own in set(rights.permissions.roles.values())
    }
    return Offer(
        capabilities,
        tuple(
            _project_offer(slug, catalog, limits, rights, current, at=at, roles=roles)
            for slug in rights.project_names
        ),
        _server_offers(limits, rights, current, at),
        is_edit=current is not None,
    )


def _capability_offer(
    name: str,
    catalog: Catalog,
    limits: Limits,
    rights: UserRights,
    current: Terms | None,
    *,
    at: datetime,
) -> CapabilityOffer:
    entry = catalog.capabilities[name]
    held = current is not None and name in current.capabilities
    reason = _why_not(name, catalog, limits, rights, held=held)
    requested = limits.is_requested(name)
    first = (
        requested
        and not entry.sensitive
        and not (limits.is_wide and name != MCP)
        and _gives_nothing_yet(name, current, at)
    )
    return CapabilityOffer(
        name=name,
        title=entry.title,
        description=entry.description,
        sensitive=entry.sensitive,
        requested=requested,
        held=held,
        selected=reason is None and (held or first),
        reason=reason,
        least_role=entry.least_role,
    )


def _gives_nothing_yet(name: str, current: Terms | None, at: datetime) -> bool:
    """Say whether a tick alone gives no power: there are no Terms, or only servers would count."""
    if current is None:
        return True
    return name == MCP and all(
        end is not None and end <= at for end in current.mcp_servers.values()
    )


def _why_not(
    name: str, catalog: Catalog, limits: Limits, rights: UserRights, *, held: bool
) -> str | None:
    if name not in limits.allowed:
        return "This tool is not registered for it."
    if limits.request is not None and not limits.is_requested(name) and not held:
        return "This tool did not ask for it."
    least = catalog.capabilities[name].least_role
    own = rights.permissions.roles.values()
    if least is not None and not any(catalog.rank(role) >= catalog.rank(least) for role in own):
        return f"It needs {catalog.roles[least].title.lower()} in a project, and you are not."
    if name == MCP and not rights.server_names:
        return "None of your projects has an MCP server."
    return None


def _role_offers(
    own: str, capabilities: tuple[str, ...], catalog: Catalog
) -> tuple[RoleOffer, ...]:
    return tuple(
        RoleOffer(
            role.name,
            role.title,
            None if role.rank <= catalog.rank(own) else "above your own",
            actions_of(role.name, capabilities, catalog),
        )
        for role in catalog.roles.values()
    )


def _project_offer(
    slug: str,
    catalog: Catalog,
    limits: Limits,
    rights: UserRights,
    current: Terms | None,
    *,
    at: datetime,
    roles: Mapping[str, tuple[RoleOffer, ...]],
) -> ProjectOffer:
    own = rights.permissions.roles[slug]
    term = current.projects.get(slug) if current else None
    held = term.at(at) if term else None
    selected = catalog.lesser(held, own) if held in catalog.roles and own in catalog.roles else ""
    lasts = term is not None and term.until is not None and at < term.until
    return ProjectOffer(
        slug=slug,
        name=rights.project_names[slug],
        own_role=own,
        roles=roles[own],
        selected=selected,
        until=term.until if term and lasts else None,
        then=term.then if term and lasts else None,
        requested=slug in limits.projects,
        asked_role=limits.projects.get(slug) or "",
    )


def _server_offers(
    limits: Limits, rights: UserRights, current: Terms | None, at: datetime
) -> tuple[ServerOffer, ...]:
    held = current.mcp_servers if current else {}
    mcp_requested = limits.request is None or limits.is_requested(MCP)
    wanted = limits.request.mcp_servers if limits.request else frozenset()
    mcp_held = current is not None and MCP in current.capabilities
    possible = MCP in limits.allowed and (mcp_requested or mcp_held)
    reason = None if possible else "This tool did not ask to use MCP servers."
    is_all = current is None and limits.asks_only_for_one_server
    offers = []
    for identifier, name in rights.server_names.items():
        until, slug = held.get(identifier), rights.permissions.mcp_servers[identifier]
        is_held = identifier in held and (until is None or at < until)
        offers.append(
            ServerOffer(
                identifier=identifier,
                name=name,
                url=rights.server_urls[identifier],
                project_name=rights.project_names[slug],
                own_role=rights.permissions.roles[slug],
                requested=identifier in wanted,
                selected=possible and (is_held or (is_all and identifier in wanted)),
                until=until if is_held else None,
                reason=reason,
            )
        )
    return tuple(offers)
