"""What a page of ours means by a choice: it shows a part of what there is, and nothing without effect.

A program that posts the fields by name says it all, and is taken at its word.
"""

from dataclasses import replace

from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import actions_of
from app.domain.delegation.choice import Choice
from app.domain.delegation.offer import Offer


def completed(choice: Choice, offer: Offer) -> Choice:
    """Return a page's choice with all that stands and that the page did not show.

    A page sends `mcp` with the MCP servers: without any it means nothing.
    """
    shown = choice.shown
    if shown is None:
        return choice
    # What a first form selects is a proposal: nothing stands yet.
    stands = offer if offer.is_edit else Offer((), (), ())
    held = {c.name for c in stands.capabilities if c.held and c.name not in shown.capabilities}
    roles = {p.slug: p.selected for p in stands.projects if p.slug not in shown.projects}
    servers = choice.mcp_servers | {
        s.identifier
        for s in stands.mcp_servers
        if s.selected and s.identifier not in shown.mcp_servers
    }
    return replace(
        choice,
        capabilities=(choice.capabilities | held) - (frozenset() if servers else {MCP}),
        roles={slug: role for slug, role in roles.items() if role} | dict(choice.roles),
        mcp_servers=servers,
    )


def fitted(choice: Choice, catalog: Catalog) -> Choice:
    """Return a page's choice without what would have no effect: it then says what it gives.

    A capability goes that acts in none of the projects, and a project in which nothing acts.
    """
    if choice.shown is None:
        return choice
    known = choice.capabilities & set(catalog.capabilities)
    tied = {name for name in known if catalog.capabilities[name].least_role is not None}
    gives = {slug: actions_of(role, tuple(tied), catalog) for slug, role in choice.roles.items()}
    is_general = bool(known - tied - {MCP})
    acting = set[str]().union(*gives.values())
    return replace(
        choice,
        capabilities=choice.capabilities - (tied - acting),
        roles={slug: role for slug, role in choice.roles.items() if is_general or gives[slug]},
    )
