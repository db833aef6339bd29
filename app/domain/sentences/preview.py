"""What a choice amounts to before it is made: sentences for the consent page and the editor."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.catalog import Catalog
from app.domain.delegation.access import Terms, effective_access, without_lapsed
from app.domain.delegation.offer import UserRights
from app.domain.errors import ChoiceRefused
from app.domain.sentences.access import NO_CHANGE, change_text, notes, summary
from app.domain.sentences.difference import difference
from app.domain.sentences.lists import in_short

MAX_NAME = 60
IMPOSSIBLE = "Not possible like this."


@dataclass(frozen=True, slots=True)
class Preview:
    """The sentence, what has no effect, the change to the current Terms, and whether it is of use."""

    sentence: str
    notes: tuple[str, ...]
    ready: bool
    change: str = ""

    @property
    def changes_nothing(self) -> bool:
        """Say whether all would stay as it stands."""
        return self.change == NO_CHANGE

    @property
    def change_sentence(self) -> str:
        """Return the change as a page shows it, also of a choice that cannot be taken."""
        return self.change or IMPOSSIBLE


def preview_of_refusal(refusal: ChoiceRefused) -> Preview:
    """Return a preview that says why a choice cannot be taken."""
    return Preview(refusal.public, in_short(refusal.problems), ready=False)


def preview_of(
    terms: Terms,
    rights: UserRights,
    *,
    name: str,
    catalog: Catalog,
    at: datetime,
    before: Terms | None = None,
    wanted: Mapping[str, str] | None = None,
) -> Preview:
    """Return what Terms would amount to for the tool `name`, compared with the Terms `before`.

    `wanted` are MCP servers that a request asks to reach: their names by identifier.
    """
    access = effective_access(terms, rights.permissions, catalog=catalog, at=at)
    name = name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
    unreached = tuple(n for i, n in (wanted or {}).items() if i not in access.mcp_servers)
    return Preview(
        summary(name, access, catalog, rights, terms),
        in_short(notes(access, terms, catalog, unreached)),
        access.is_useful,
        "" if before is None else change_text(_change(before, terms, catalog, at)),
    )


def _change(before: Terms, after: Terms, catalog: Catalog, at: datetime) -> dict[str, list[str]]:
    """Return the difference from now on: an end in the past is no change."""
    return difference(without_lapsed(before, at=at), after, catalog)
