"""What an Authorization can really do now, in sentences by project, and what has no effect and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.catalog import MCP
from app.domain.delegation.access import EffectiveAccess, effective_access
from app.domain.delegation.limits import UserRights
from app.domain.sentences.access import ability
from app.domain.sentences.explanation import Question, Standpoint, explain
from app.domain.sentences.instants import until_text
from app.domain.sentences.lists import as_sentence, every, first_of, listed

SERVERS_NAMED = 20


@dataclass(frozen=True, slots=True)
class Place:
    """What is possible in one project; `until` says when that changes, or is empty."""

    project: str
    role: str
    abilities: str
    servers: tuple[str, ...]
    until: str

    @property
    def doing(self) -> str:
        """Return what its role lets it do there, as a sentence; empty where it has no role."""
        return as_sentence(self.abilities or "nothing yet") if self.role else ""

    @property
    def server_sentence(self) -> str:
        """Return the MCP servers that it may use there; empty for none."""
        noun = "MCP servers" if len(self.servers) > 1 else "MCP server"
        return f"{noun} {first_of(self.servers, SERVERS_NAMED)}." if self.servers else ""


@dataclass(frozen=True, slots=True)
class Report:
    """`general` is possible everywhere, `places` by project; `idle` has no effect, each with why."""

    general: str
    places: tuple[Place, ...]
    idle: tuple[str, ...]


def report(standpoint: Standpoint, rights: UserRights) -> Report:
    """Return the effective access in sentences; dead Terms give the one reason why."""
    access = effective_access(
        standpoint.terms, standpoint.permissions, catalog=standpoint.catalog, at=standpoint.at
    )
    if not access.alive:
        why = explain(Question(), standpoint).reason
        return Report("", (), (why,))
    return Report(
        _general(access, standpoint),
        tuple(_places(access, standpoint, rights)),
        tuple(_idle(access, standpoint, rights)),
    )


def _general(access: EffectiveAccess, standpoint: Standpoint) -> str:
    names = [
        name
        for name in access.capabilities
        if name != MCP and standpoint.catalog.capabilities[name].least_role is None
    ]
    return f"It may {listed([ability(n, standpoint.catalog) for n in names])}." if names else ""


def _places(access: EffectiveAccess, standpoint: Standpoint, rights: UserRights) -> Iterator[Place]:
    servers: dict[str, list[str]] = {}
    works = bool(_general(access, standpoint))
    for identifier in access.mcp_servers:
        place = standpoint.permissions.mcp_servers[identifier]
        servers.setdefault(place, []).append(rights.server_names.get(identifier, identifier))
    for slug in rights.project_names:
        part = access.projects.get(slug)
        if part is None and slug not in servers:
            continue
        actions = [ability(name, standpoint.catalog) for name in part.actions] if part else []
        if part and not actions and works:
            actions = ["work there"]
        until = standpoint.terms.projects[slug].until if part else None
        ahead = until is not None and standpoint.at < until
        then = standpoint.terms.projects[slug].then if ahead else None
        yield Place(
            project=rights.project_names[slug],
            role=part.role if part else "",
            abilities=every(actions),
            servers=tuple(sorted(servers.get(slug, ()))),
            until=until_text(until, then or "no access") if until and ahead else "",
        )


def _idle(access: EffectiveAccess, standpoint: Standpoint, rights: UserRights) -> Iterator[str]:
    """Give a sentence for everything in the Terms that does nothing now."""
    terms = standpoint.terms
    for name in standpoint.catalog.in_order(terms.capabilities - set(access.capabilities)):
        yield explain(Question(capability=name), standpoint).reason
    if MCP in access.capabilities and not access.mcp_servers:
        yield f"“{MCP}” reaches nothing: no MCP server is within reach."
    beside_mcp = [name for name in access.capabilities if name != MCP]
    is_tied = all(standpoint.catalog.capabilities[name].least_role for name in beside_mcp)
    for slug in sorted(terms.projects):
        name = rights.project_names.get(slug, slug)
        part = access.projects.get(slug)
        if part is None:
            yield f"{name}: {explain(Question(project=slug), standpoint).reason}"
        elif beside_mcp and is_tied and not part.actions:
            yield f"{name}: {part.role} is not enough there for anything that it may do."
        elif standpoint.catalog.rank(part.role) < standpoint.catalog.rank(
            terms.projects[slug].at(standpoint.at)
        ):
            given = terms.projects[slug].at(standpoint.at)
            yield f"{name}: it was given {given}, and acts as {part.role}, because you are no more."
    for identifier in sorted(set(terms.mcp_servers) - set(access.mcp_servers)):
        yield explain(Question(mcp_server=identifier), standpoint).reason
