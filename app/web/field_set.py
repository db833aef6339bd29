"""What the shared field set shows of an offer: the rows, their marks and notes, fields for ends.

`_choice.html` writes it. Of long lists it shows what is chosen, asked for, used of late or searched for;
what else stands is kept though it is not on the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from flask import render_template

from app.domain.catalog import MCP
from app.domain.delegation.choice import KEEP, Choice, End, RoleEnd
from app.domain.delegation.offer import CapabilityOffer, Offer, ProjectOffer, RoleOffer, ServerOffer
from app.domain.sentences.instants import span_text, until_text
from app.services.accounts.sign_in import SignedInUser
from app.services.authorizations.last_uses import LastUses
from app.services.authorizations.recent import Recent, recent_of
from app.services.clients.clients import ClientInfo
from app.web.choice_form import ELEMENT_ENDS, shown_end
from app.web.finder import SHORT_LIST, Finder, Listing, finder
from app.web.options import Option

NEW = "new"
WANTED = "missing"
NOT_TICKED = "Powerful, so it is not ticked for you."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a refused call lacked: names of capabilities, projects and MCP servers."""

    capabilities: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    mcp_servers: frozenset[str] = frozenset()


NOTHING_WANTED = Wanted()


class More(TypedDict, total=False):
    """What only some forms show; see FieldSet."""

    client: ClientInfo
    role: str
    uses: LastUses
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class FieldSet:
    """An offer and a choice in it, row by row; `finder` holds what is searched for.

    `client` is the tool that asks, None in settings. `role` is what a project that is picked gets at
    first. `uses` are the last uses of what stands, None where they are not shown. `wanted` is what a
    refused call lacked.
    """

    offer: Offer
    choice: Choice
    recent: Recent
    finder: Finder
    client: ClientInfo | None = None
    role: str = ""
    uses: LastUses | None = None
    wanted: Wanted = NOTHING_WANTED

    @property
    def capabilities(self) -> list[CapabilityOffer]:
        """Return what can be ticked, or was asked for; `mcp` goes with the MCP servers."""
        own = [self.mcp] if self.mcp and self.is_mcp_apart else []
        return [*own, *(c for c in self._beside_mcp if c.reason is None or c.requested)]

    @property
    def closed(self) -> list[CapabilityOffer]:
        """Return what can neither be ticked nor was asked for."""
        return [c for c in self._beside_mcp if c.reason is not None and not c.requested]

    @property
    def _beside_mcp(self) -> list[CapabilityOffer]:
        return [c for c in self.offer.capabilities if c.name != MCP]

    @property
    def mcp(self) -> CapabilityOffer | None:
        """Return the capability that goes with the MCP servers, None where the catalog has none."""
        return next((c for c in self.offer.capabilities if c.name == MCP), None)

    @property
    def is_mcp_apart(self) -> bool:
        """Say whether MCP servers stand without `mcp`: it would give them, and takes its own tick."""
        return not getattr(self.mcp, "held", True) and any(
            server.selected and self.offer.is_edit for server in self.offer.mcp_servers
        )

    @property
    def projects(self) -> Listing[ProjectOffer]:
        """Return the projects on the page, and how many more there are."""
        shown, chosen = self.choice.shown, self.choice.roles.keys()
        given_up = {p.slug for p in self.offer.projects if p.selected} - chosen
        return self.finder.projects_of(
            self.offer.projects if self.offer.can_give_projects else (),
            chosen=chosen,
            # What is given up must be on the page, or it would be kept.
            on_page=(shown.projects if shown else given_up) | self.wanted.projects,
            recent=self.recent.projects,
        )

    @property
    def asked_servers(self) -> list[ServerOffer]:
        """Return the MCP servers that the request names."""
        return [server for server in self.offer.mcp_servers if server.requested]

    @property
    def servers(self) -> Listing[ServerOffer]:
        """Return the other MCP servers on the page, and how many more there are."""
        shown, chosen = self.choice.shown, self.choice.mcp_servers
        given_up = {s.identifier for s in self.offer.mcp_servers if s.selected} - chosen
        return self.finder.servers_of(
            [server for server in self.offer.mcp_servers if not server.requested],
            chosen=chosen,
            on_page=(shown.mcp_servers if shown else given_up) | self.wanted.mcp_servers,
            recent=self.recent.mcp_servers,
        )

    @property
    def is_about_one_server(self) -> bool:
        """Say whether a single MCP server is all that is asked for: it ends with the whole."""
        return len(self.asked_servers) == 1 and not self.has_asked_capabilities

    @property
    def has_asked_capabilities(self) -> bool:
        """Say whether anything beside MCP servers is asked for."""
        return any(c.requested for c in self._beside_mcp)

    @property
    def can_give(self) -> bool:
        """Say whether there is anything that could be given."""
        offer = self.offer
        return offer.can_give_servers or (bool(offer.projects) and offer.can_give_projects)

    @property
    def is_general(self) -> bool:
        """Say whether a role is of use by itself: something can be given that acts at any."""
        return any(c.reason is None and c.least_role is None for c in self._beside_mcp)

    def is_ticked(self, item: CapabilityOffer | ServerOffer) -> bool:
        """Say whether a box is ticked."""
        if item.reason is not None:
            return False
        if isinstance(item, ServerOffer):
            return item.identifier in self.choice.mcp_servers
        return item.name in self.choice.capabilities

    def mark(self, item: CapabilityOffer | ServerOffer | ProjectOffer) -> str:
        """Return how a row is marked: what a call lacked, what is new where something stands."""
        if self._is_wanted(item):
            return WANTED
        stands = item.held if isinstance(item, CapabilityOffer) else bool(item.selected)
        return NEW if self.offer.is_edit and item.requested and not stands else ""

    def _is_wanted(self, item: CapabilityOffer | ServerOffer | ProjectOffer) -> bool:
        if isinstance(item, CapabilityOffer):
            return item.name in self.wanted.capabilities
        if isinstance(item, ProjectOffer):
            return item.slug in self.wanted.projects
        return item.identifier in self.wanted.mcp_servers

    def is_required(self, item: CapabilityOffer) -> bool:
        """Say whether the tool that asks says that it cannot do without it."""
        return self.client is not None and item.requested and item.name in self.client.required

    def reason(self, item: CapabilityOffer) -> str:
        """Return why the tool asks for it, in its developer's word; or nothing."""
        return self.client.reasons.get(item.name, "") if self.client and item.requested else ""

    def used_at(self, item: CapabilityOffer | ServerOffer | ProjectOffer) -> datetime | None:
        """Return when what stands was used last, None for never."""
        uses = self.uses
        if uses is None:
            return None
        if isinstance(item, CapabilityOffer):
            return uses.capabilities.get(item.name)
        if isinstance(item, ProjectOffer):
            return uses.projects.get(item.slug)
        return uses.mcp_servers.get(item.identifier)

    def capability_note(self, item: CapabilityOffer) -> str:
        """Return why a capability cannot be ticked, or is not ticked though it was asked for."""
        is_left = item.requested and item.sensitive and not item.selected
        return item.reason or (NOT_TICKED if is_left else "")

    def chosen_role(self, item: ProjectOffer) -> str:
        """Return the role that is chosen in a project, or the empty string."""
        return self.choice.roles.get(item.slug, "")

    def gives(self, item: ProjectOffer) -> str:
        """Return what of all that is ticked the chosen role in a project gives, by titles."""
        role = next((r for r in item.roles if r.name == self.chosen_role(item)), None)
        acting = set(role.gives) & self.choice.capabilities if role else set[str]()
        return ", ".join(c.title for c in self.offer.capabilities if c.name in acting)

    def role_end(self, item: ProjectOffer) -> RoleEnd:
        """Return the end that was chosen for a project's role."""
        return self.choice.role_ends.get(item.slug, RoleEnd())

    def server_end(self, item: ServerOffer) -> End:
        """Return the end that was chosen for an MCP server."""
        return self.choice.server_ends.get(item.identifier, KEEP)


def field_set(user: SignedInUser, offer: Offer, choice: Choice, **more: Unpack[More]) -> FieldSet:
    """Return what the form shows to a user; what was used of late is read for long lists only."""
    is_long = max(len(offer.projects), len(offer.mcp_servers)) > SHORT_LIST
    recent = recent_of(user.user_id) if is_long else Recent((), ())
    return FieldSet(offer, choice, recent, finder(), **more)


def found_rows(rows: FieldSet) -> str:
    """Return the rows that a script searched for, as HTML: of projects, or of MCP servers."""
    return render_template("found_rows.html", rows=rows)


def end_options(end: End = KEEP, until: datetime | None = None) -> list[Option]:
    """Return the ends to choose from for one row, which now ends at `until`."""
    chosen = "" if until is None and end is KEEP else shown_end(end)
    spans = [Option(value, f"for {label}", value == chosen) for value, label in ELEMENT_ENDS]
    if isinstance(chosen, int) and chosen not in dict(ELEMENT_ENDS):
        spans.append(Option(chosen, f"for {span_text(chosen)}", is_chosen=True))
    # Where nothing is kept the first option is the chosen one, and need not say so.
    if until is None:
        return [Option("", "as long as the rest"), *spans]
    kept = Option(KEEP.value, until_text(until), chosen == KEEP.value)
    return [kept, Option("", "as long as the rest", chosen == ""), *spans]


def then_options(
    roles: Sequence[RoleOffer], end: RoleEnd | None = None, then: str | None = None
) -> list[Option]:
    """Return what may follow a role; `then` is what follows it now."""
    chosen = end.then if end is not None and end.then is not KEEP else then
    lower = [Option(r.name, f"then {r.title.lower()}", r.name == chosen) for r in roles[:-1]]
    return [Option("", "then no access"), *lower]
