"""What an answer gives of a request, in sentences: what is missing, and what to tick for it."""

from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import Terms
from app.domain.delegation.offer import UserRights
from app.domain.delegation.request import Fulfilment, Resource
from app.domain.sentences.access import ability
from app.domain.sentences.lists import listed

NOTHING_YET = "Nothing that it asked for is selected yet"


def nothing_given(found: Fulfilment, terms: Terms, catalog: Catalog, rights: UserRights) -> str:
    """Return the sentence for Terms that give nothing of what was asked for."""
    servers = [resource for resource in found.unreached if resource.mcp_servers]
    out_of_reach = [resource for resource in servers if not _is_own(resource, rights)]
    if servers and out_of_reach == servers:
        names = listed([resource.uri for resource in servers])
        return f"It asked to reach {names}, which is in none of your projects: deny."
    if not servers:
        asked = [ability(name, catalog) for name in catalog.in_order(found.missing)]
        return (
            f"{NOTHING_YET}: it asked to {listed(asked)}. Tick that and choose a project, or deny."
        )
    names = _names([resource for resource in servers if _is_own(resource, rights)], rights)
    if MCP not in terms.capabilities | found.missing:
        return f"It asked to reach {names}, but not to use MCP servers: deny."
    if MCP not in terms.capabilities:
        title = catalog.capabilities[MCP].title
        return f"{NOTHING_YET}: it asked to reach {names}. Tick “{title}” and {names}, or deny."
    return f"{NOTHING_YET}: it asked to reach {names}. Tick {names}, or deny."


def missing_notes(
    found: Fulfilment, terms: Terms, catalog: Catalog, rights: UserRights
) -> list[str]:
    """Return what was asked for and is not given, beside what is."""
    left = catalog.in_order(found.missing - terms.capabilities)
    notes = [
        f"It asked to reach {_name(resource, rights)}, which you do not give: it will be refused there."
        for resource in found.unreached
        if resource.mcp_servers
    ]
    if left:
        notes.append(f"It also asked to {listed([ability(name, catalog) for name in left])}.")
    return notes


def _is_own(resource: Resource, rights: UserRights) -> bool:
    return resource.mcp_servers <= set(rights.server_names)


def _name(resource: Resource, rights: UserRights) -> str:
    return _names([resource], rights) if _is_own(resource, rights) else resource.uri


def _names(resources: list[Resource], rights: UserRights) -> str:
    servers = sorted({i for resource in resources for i in resource.mcp_servers})
    return listed([rights.server_names[i] for i in servers])
