"""What a credential was used for, and the smaller Terms that would have been enough."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import RoleTerm, Terms


@dataclass(frozen=True, slots=True)
class Use:
    """What one call was for, as far as the resource server told; empty text where it did not."""

    capability: str = ""
    project: str = ""
    mcp_server: str = ""

    @property
    def is_untold(self) -> bool:
        """Say whether the resource server did not tell what the call was for."""
        return not (self.capability or self.mcp_server)


@dataclass(frozen=True, slots=True)
class ShrunkTerms:
    """Smaller Terms, and whether calls of unknown purpose kept capabilities and projects in them."""

    terms: Terms
    is_guarded: bool


def shrink(terms: Terms, uses: Iterable[Use], catalog: Catalog) -> ShrunkTerms | None:
    """Return the Terms cut down to what was used, or None when nothing was used at all.

    An MCP server stays if it was called. A capability stays if a call needed it. A project stays at the
    least role that its calls needed. A call without a known purpose may have been for anything but MCP
    servers, so capabilities and projects then stay. A call without a known project may have been
    anywhere, so projects then stay.
    """
    used = list(uses)
    if not used:
        return None
    called = {use.mcp_server for use in used}
    servers = {i: until for i, until in terms.mcp_servers.items() if i in called}
    if any(use.is_untold for use in used):
        keep = terms.capabilities if servers else terms.capabilities - {MCP}
        return ShrunkTerms(replace(terms, capabilities=keep, mcp_servers=servers), is_guarded=True)
    needed = {use.capability for use in used} | ({MCP} if servers else set())
    capabilities = (terms.capabilities & needed) - (set() if servers else {MCP})
    is_guarded = any(_is_placeless(use, catalog) for use in used)
    projects = terms.projects if is_guarded else _projects(terms, used, catalog)
    smaller = replace(terms, capabilities=capabilities, projects=projects, mcp_servers=servers)
    return ShrunkTerms(smaller, is_guarded)


def _is_placeless(use: Use, catalog: Catalog) -> bool:
    """Say whether a call needed a capability that acts in projects, without telling which project."""
    entry = catalog.capabilities.get(use.capability)
    return entry is not None and entry.least_role is not None and not use.project


def _projects(terms: Terms, used: list[Use], catalog: Catalog) -> dict[str, RoleTerm]:
    found = {
        slug: _smaller(term, _least_roles(slug, used, catalog), catalog)
        for slug, term in terms.projects.items()
    }
    return {slug: term for slug, term in found.items() if term is not None}


def _least_roles(slug: str, used: list[Use], catalog: Catalog) -> list[str]:
    """Return the roles that the calls in a project needed; the lowest role when one needs none."""
    least = next(iter(catalog.roles))
    entries = [catalog.capabilities.get(use.capability) for use in used if use.project == slug]
    return [entry.least_role or least for entry in entries if entry is not None]


def _smaller(term: RoleTerm, needed: list[str], catalog: Catalog) -> RoleTerm | None:
    if not needed:
        return None
    role = catalog.lesser(term.role, max(needed, key=catalog.rank))
    if role == term.role:
        return term
    falls = catalog.rank(term.then) < catalog.rank(role)
    return RoleTerm(role, term.until, term.then) if falls else RoleTerm(role)
