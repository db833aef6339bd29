"""What the rows of the shared field set show: marks, notes, fields for ends.

`_choice.html` writes it. Long lists are written lean, and the rows of long choices carry no fields
for ends but those that are in use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.delegation.choice import KEEP, Choice, End, RoleEnd
from app.domain.delegation.offer import CapabilityOffer, Offer, ProjectOffer, RoleOffer, ServerOffer
from app.domain.sentences.instants import span_text, until_text
from app.web.choice_form import ELEMENT_ENDS, shown_end
from app.web.options import Option

LONG_LIST = 200
SHORT_CHOICE = 100
NEW = "new"
REQUESTED = "asked for"
NOT_TICKED = "Sensitive, so it is not ticked for you."


@dataclass(frozen=True, slots=True)
class FieldSet:
    """An offer and a choice in it, row by row."""

    offer: Offer
    choice: Choice

    @property
    def has_long_projects(self) -> bool:
        """Say whether the list of projects must be lean."""
        return len(self.offer.projects) > LONG_LIST

    @property
    def has_long_servers(self) -> bool:
        """Say whether the list of MCP servers must be lean."""
        return len(self.offer.mcp_servers) > LONG_LIST

    @property
    def has_short_choice(self) -> bool:
        """Say whether each chosen row has room for the fields of its end."""
        return len(self.choice.roles) + len(self.choice.mcp_servers) <= SHORT_CHOICE

    def capability_mark(self, item: CapabilityOffer) -> str:
        """Return how a capability is marked."""
        return self._mark(requested=item.requested, stands=item.held)

    def server_mark(self, item: ServerOffer) -> str:
        """Return how an MCP server is marked."""
        return self._mark(requested=item.requested, stands=item.selected)

    def _mark(self, *, requested: bool, stands: bool) -> str:
        if not requested:
            return ""
        return NEW if self.offer.is_edit and not stands else REQUESTED

    def capability_note(self, item: CapabilityOffer) -> str:
        """Return why a capability cannot be ticked, or is not ticked though it was asked for."""
        is_left = item.requested and item.sensitive and item.name not in self.choice.capabilities
        return item.reason or (NOT_TICKED if is_left else "")

    def role_end(self, item: ProjectOffer) -> RoleEnd:
        """Return the end that was chosen for a project's role."""
        return self.choice.role_ends.get(item.slug, RoleEnd())

    def server_end(self, item: ServerOffer) -> End:
        """Return the end that was chosen for an MCP server."""
        return self.choice.server_ends.get(item.identifier, KEEP)


def end_options(end: End = KEEP, until: datetime | None = None) -> list[Option]:
    """Return the ends to choose from for one row, which now ends at `until`."""
    chosen = "" if until is None and end is KEEP else shown_end(end)
    spans = [Option(value, f"for {label}", value == chosen) for value, label in ELEMENT_ENDS]
    if isinstance(chosen, int) and chosen not in dict(ELEMENT_ENDS):
        spans.append(Option(chosen, f"for {span_text(chosen)}", is_chosen=True))
    # Where nothing is kept the first option is the chosen one, and need not say so.
    if until is None:
        return [Option("", "no end of its own"), *spans]
    kept = Option(KEEP.value, until_text(until), chosen == KEEP.value)
    return [kept, Option("", "no end of its own", chosen == ""), *spans]


def then_options(
    roles: Sequence[RoleOffer], end: RoleEnd | None = None, then: str | None = None
) -> list[Option]:
    """Return what may follow a role; `then` is what follows it now."""
    chosen = end.then if end is not None and end.then is not KEEP else then
    lower = [Option(r.name, f"then {r.title.lower()}", r.name == chosen) for r in roles[:-1]]
    return [Option("", "then no access"), *lower]
