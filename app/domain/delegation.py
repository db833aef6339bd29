"""Delegating: what may be ticked and why not, whether a choice is allowed, and what it amounts to.

Consent, settings and the command line call the same functions; none decides on its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.access import Permissions, RoleTerm, Terms
from app.domain.catalog import MCP, Catalog
from app.domain.errors import ChoiceRefused

MAX_EXPIRES_IN = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class Choice:
    """What was submitted: capabilities, role by project slug, MCP servers, seconds to live, a label."""

    capabilities: frozenset[str] = frozenset()
    roles: Mapping[str, str] = field(default_factory=dict)
    mcp_servers: frozenset[str] = frozenset()
    expires_in: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The user's projects and MCP servers with their names, beside the bare Permissions."""

    permissions: Permissions
    project_names: Mapping[str, str]
    server_names: Mapping[str, str]
    server_urls: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the client may ask for and what it asks for now; `resources` are the URIs it named."""

    allowed: frozenset[str]
    asked: frozenset[str]
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CapabilityOffer:
    """A capability's line in a form; with a `reason` it cannot be ticked."""

    name: str
    title: str
    description: str
    sensitive: bool
    asked: bool
    selected: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class RoleOffer:
    """A role in a project's list; with a `reason` it cannot be chosen."""

    name: str
    title: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ProjectOffer:
    """A project's line in a form; `selected` is a role or the empty string."""

    slug: str
    name: str
    own_role: str
    roles: tuple[RoleOffer, ...]
    selected: str


@dataclass(frozen=True, slots=True)
class ServerOffer:
    """An MCP server's line in a form; `asked` when the request names it as its resource."""

    identifier: str
    name: str
    url: str
    project_name: str
    asked: bool
    selected: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """All that a form shows."""

    capabilities: tuple[CapabilityOffer, ...]
    projects: tuple[ProjectOffer, ...]
    mcp_servers: tuple[ServerOffer, ...]


def make_offer(
    catalog: Catalog, limits: Limits, around: Surroundings, standing: Terms | None, *, at: datetime
) -> Offer:
    """Return what may be ticked, bounded by the client and by the user's permissions now.

    Projects and MCP servers start empty unless an Authorization stands; of the capabilities, those
    that were asked for are ticked, but a sensitive one only if it was delegated before.
    """
    return Offer(
        tuple(
            _capability_offer(name, catalog, limits, around, standing)
            for name in catalog.capabilities
        ),
        tuple(_project_offer(slug, catalog, around, standing, at) for slug in around.project_names),
        tuple(_server_offer(i, limits, around, standing) for i in around.server_names),
    )


def _capability_offer(
    name: str, catalog: Catalog, limits: Limits, around: Surroundings, standing: Terms | None
) -> CapabilityOffer:
    entry = catalog.capabilities[name]
    held = standing is not None and name in standing.capabilities
    reason = _why_not(name, catalog, limits, around, held=held)
    asked = name in limits.asked
    return CapabilityOffer(
        name=name,
        title=entry.title,
        description=entry.description,
        sensitive=entry.sensitive,
        asked=asked,
        selected=reason is None and (held or (asked and not entry.sensitive)),
        reason=reason,
    )


def _why_not(
    name: str, catalog: Catalog, limits: Limits, around: Surroundings, *, held: bool
) -> str | None:
    if name not in limits.allowed:
        return "This tool is not registered for it."
    if name not in limits.asked and not held:
        return "This tool did not ask for it."
    least = catalog.capabilities[name].least_role
    own = around.permissions.roles.values()
    if least is not None and not any(catalog.rank(role) >= catalog.rank(least) for role in own):
        return f"It needs {catalog.roles[least].title.lower()} in a project, and you are not."
    if name == MCP and not around.server_names:
        return "None of your projects has an MCP server."
    return None


def _project_offer(
    slug: str, catalog: Catalog, around: Surroundings, standing: Terms | None, at: datetime
) -> ProjectOffer:
    own = around.permissions.roles[slug]
    roles = tuple(
        RoleOffer(
            role.name, role.title, None if role.rank <= catalog.rank(own) else "above your own"
        )
        for role in catalog.roles.values()
    )
    term = standing.projects.get(slug) if standing else None
    stands = term.at(at) if term else None
    selected = catalog.lesser(stands, own) if stands in catalog.roles else ""
    return ProjectOffer(slug, around.project_names[slug], own, roles, selected)


def _server_offer(
    identifier: str, limits: Limits, around: Surroundings, standing: Terms | None
) -> ServerOffer:
    mcp_allowed = MCP in limits.allowed and (
        MCP in limits.asked or (standing is not None and MCP in standing.capabilities)
    )
    return ServerOffer(
        identifier=identifier,
        name=around.server_names[identifier],
        url=around.server_urls[identifier],
        project_name=around.project_names[around.permissions.mcp_servers[identifier]],
        asked=around.server_urls[identifier] in limits.resources,
        selected=mcp_allowed and standing is not None and identifier in standing.mcp_servers,
        reason=None if mcp_allowed else "This tool did not ask to use MCP servers.",
    )


def check_choice(offer: Offer, choice: Choice) -> None:
    """Raise ChoiceRefused with a sentence for each part of the choice that lies outside the offer."""
    problems = [*_capability_problems(offer, choice), *_role_problems(offer, choice)]
    open_servers = {s.identifier for s in offer.mcp_servers if s.reason is None}
    problems += [
        f"The MCP server {identifier[:80]!r} is not among those you can hand on."
        for identifier in sorted(choice.mcp_servers - open_servers)
    ]
    if choice.expires_in is not None and not 0 < choice.expires_in <= MAX_EXPIRES_IN:
        problems.append("The expiry must lie in the future and within ten years.")
    if problems:
        raise ChoiceRefused("This choice goes beyond what is offered.", problems=tuple(problems))


def _capability_problems(offer: Offer, choice: Choice) -> list[str]:
    reasons = {c.name: c.reason for c in offer.capabilities}
    problems = []
    for name in sorted(choice.capabilities):
        reason = reasons.get(name, "There is no such capability.")
        if reason is not None:
            problems.append(f"The capability {name[:80]!r} cannot be given. {reason}")
    return problems


def _role_problems(offer: Offer, choice: Choice) -> list[str]:
    projects = {p.slug: p for p in offer.projects}
    problems = []
    for slug, role in sorted(choice.roles.items()):
        if slug not in projects:
            problems.append(f"The project {slug[:80]!r} is not one of yours.")
        elif role not in [r.name for r in projects[slug].roles if r.reason is None]:
            own = projects[slug].own_role
            problems.append(
                f"{role[:40]!r} in {projects[slug].name} is beyond your own role, {own}."
            )
    return problems


def terms_of(choice: Choice, *, at: datetime) -> Terms:
    """Return the Terms that a checked choice stands for; `expires_in` counts from `at`."""
    expires_at = None if choice.expires_in is None else at + timedelta(seconds=choice.expires_in)
    return Terms(
        capabilities=choice.capabilities,
        projects={slug: RoleTerm(role) for slug, role in choice.roles.items()},
        mcp_servers=dict.fromkeys(choice.mcp_servers),
        expires_at=expires_at,
    )
