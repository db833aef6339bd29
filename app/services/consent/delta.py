"""A tool that has access asks again: what it has, and what is new in its request."""

from dataclasses import dataclass, replace

from app.domain.catalog import MCP
from app.domain.delegation.access import effective_access
from app.domain.delegation.offer import CapabilityOffer, Offer, ProjectOffer, ServerOffer
from app.domain.sentences.access import summary
from app.domain.sentences.lists import count_text
from app.services.authorizations.delegation_form import FormContext


@dataclass(frozen=True, slots=True)
class Delta:
    """What a client has, as a sentence, and the rows of what it asks for in addition.

    `is_over` says that what it has has ended: then the whole form is asked.
    """

    has: str
    capabilities: tuple[CapabilityOffer, ...]
    projects: tuple[ProjectOffer, ...]
    servers: tuple[ServerOffer, ...]
    is_paused: bool
    is_over: bool

    @property
    def asks(self) -> tuple[CapabilityOffer | ProjectOffer | ServerOffer, ...]:
        """Return all that is new in the request."""
        return (*self.servers, *self.capabilities, *self.projects)

    @property
    def title(self) -> str:
        """Return what the tool wants, after its name."""
        asks = len(self.asks)
        return f"asks for {count_text(asks, 'more thing')}" if asks else "wants to go on"


def delta_of(context: FormContext) -> Delta | None:
    """Return what a request adds to the Terms that stand; None where there are none."""
    terms, offer = context.terms, context.offer
    if terms is None:
        return None
    running = replace(terms, paused=False)
    access = effective_access(
        running, context.rights.permissions, catalog=context.catalog, at=context.at
    )
    projects = tuple(p for p in offer.projects if p.requested and not _has(p))
    return Delta(
        summary(access, context.catalog, context.rights, terms),
        tuple(_capabilities(offer, has_projects=bool(projects))),
        projects,
        tuple(s for s in offer.mcp_servers if s.requested and not s.selected),
        terms.paused,
        terms.expires_at is not None and terms.expires_at <= context.at,
    )


def _has(item: ProjectOffer) -> bool:
    """Say whether a project's role is at least the one that is asked for."""
    roles = [role.name for role in item.roles]
    wanted = item.asked_role or roles[0]
    return bool(item.selected) and roles.index(item.selected) >= roles.index(wanted)


def _capabilities(offer: Offer, *, has_projects: bool) -> list[CapabilityOffer]:
    """Return the new capabilities; what acts in no project that it has cannot be ticked here."""
    reached = {
        name
        for item in offer.projects
        for role in item.roles
        if role.name == item.selected
        for name in role.gives
    }
    # `mcp` goes with a server that is ticked; where one stands without it, it takes a tick of its own.
    is_apart = any(server.selected for server in offer.mcp_servers)
    news = [
        c for c in offer.capabilities if c.requested and not c.held and (c.name != MCP or is_apart)
    ]
    return [
        c
        if c.reason or has_projects or c.least_role is None or c.name in reached
        else replace(c, reason=f"It needs {c.least_role} in a project: press Edit to choose one.")
        for c in news
    ]
