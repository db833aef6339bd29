"""What a request asks for and what an answer gives of it, in sentences; what to tick for the rest."""

from collections.abc import Iterator

from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import Terms
from app.domain.delegation.limits import UserRights
from app.domain.delegation.request import Fulfilment, Request, Resource
from app.domain.sentences.access import abilities, ability
from app.domain.sentences.lists import count_text, every, listed

NOTHING_YET = "Nothing that it asked for is chosen yet"
FEW = 2


def request_text(request: Request, catalog: Catalog, rights: UserRights) -> str:
    """Return what a tool wants, for a title: such as `use Ledger` or `manage secrets in Payments`.

    It names the strongest first, and counts what is more than a title holds.
    """
    tied = [name for name in request.capabilities if catalog.capabilities[name].least_role]
    names = tied or [name for name in request.capabilities if name != MCP]
    places = [
        rights.project_names[slug] for slug in request.projects if slug in rights.project_names
    ]
    clauses = [f"{_few(abilities(names, catalog), 'thing')}{_in(places)}"] if names else []
    if MCP in request.capabilities:
        servers = [*_servers_asked(request, rights)]
        clauses.append(f"use {_few(servers) if servers else 'MCP servers'}")
    return every(clauses) or "act for you"


def _in(places: list[str]) -> str:
    return f" in {_few(places)}" if places else ""


def _few(names: list[str], noun: str = "") -> str:
    more = f"more {noun}".strip()
    if len(names) <= FEW:
        return every(names)
    return (
        f"{names[0]} and {count_text(len(names) - 1, more) if noun else f'{len(names) - 1} more'}"
    )


def _servers_asked(request: Request, rights: UserRights) -> Iterator[str]:
    """Give what a request calls its MCP servers by: the user's names, or the address as it came."""
    yield from (rights.server_names[i] for i in sorted(request.servers) if i in rights.server_names)
    yield from (_name(resource, rights) for resource in request.resources if resource.mcp_servers)


def nothing_given(found: Fulfilment, terms: Terms, catalog: Catalog, rights: UserRights) -> str:
    """Return the sentence for Terms that give nothing of what was asked for."""
    servers = [resource for resource in found.unreached if resource.mcp_servers]
    out_of_reach = [resource for resource in servers if not _is_own(resource, rights)]
    if servers and out_of_reach == servers:
        names = listed([resource.uri for resource in servers])
        return f"It wants to use {names}, which is in none of your projects. Cancel."
    if not servers:
        asked = [ability(name, catalog) for name in catalog.in_order(found.missing)]
        return f"{NOTHING_YET}: it wants to {listed(asked)}. Tick that and choose a project."
    names = _names([resource for resource in servers if _is_own(resource, rights)], rights)
    if MCP not in terms.capabilities | found.missing:
        return f"It wants to use {names}, but did not ask to use MCP servers. Cancel."
    if MCP not in terms.capabilities:
        title = catalog.capabilities[MCP].title
        return f"{NOTHING_YET}: it wants to use {names}. Tick “{title}” and {names}."
    return f"{NOTHING_YET}: it wants to use {names}. Tick {names}."


def missing_notes(
    found: Fulfilment, terms: Terms, catalog: Catalog, rights: UserRights
) -> list[str]:
    """Return what was asked for and is not given, beside what is."""
    left = catalog.in_order(found.missing - terms.capabilities)
    notes = [
        f"It wants to use {_name(resource, rights)}, which you do not give: it is refused there."
        for resource in found.unreached
        if resource.mcp_servers
    ]
    if left:
        notes.append(f"It also wants to {listed([ability(name, catalog) for name in left])}.")
    return notes


def _is_own(resource: Resource, rights: UserRights) -> bool:
    return resource.mcp_servers <= set(rights.server_names)


def _name(resource: Resource, rights: UserRights) -> str:
    return _names([resource], rights) if _is_own(resource, rights) else resource.uri


def _names(resources: list[Resource], rights: UserRights) -> str:
    servers = sorted({i for resource in resources for i in resource.mcp_servers})
    return listed([rights.server_names[i] for i in servers])
