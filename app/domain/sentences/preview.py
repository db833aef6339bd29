"""What a choice amounts to before it is made: sentences for the consent page and the editor."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.catalog import Catalog
from app.domain.delegation.access import Terms, effective_access, without_lapsed
from app.domain.delegation.offer import UserRights
from app.domain.delegation.request import Request, fulfilment_of
from app.domain.errors import ChoiceRefused
from app.domain.sentences.access import NO_CHANGE, change_text, notes, summary
from app.domain.sentences.difference import difference
from app.domain.sentences.lists import in_short
from app.domain.sentences.request import missing_notes, nothing_given

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
    request: Request | None = None,
) -> Preview:
    """Return what Terms would amount to for the tool `name`, compared with the Terms `before`.

    With a `request` they must give something of what it asks for.
    """
    access = effective_access(terms, rights.permissions, catalog=catalog, at=at)
    name = name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
    sentence, found = summary(name, access, catalog, rights, terms), notes(access, terms, catalog)
    ready = access.is_useful
    if ready and request is not None:
        fulfilment = fulfilment_of(request, access)
        ready = fulfilment.is_useful
        if ready:
            found += missing_notes(fulfilment, terms, catalog, rights)
        else:
            sentence = nothing_given(fulfilment, terms, catalog, rights)
    change = "" if before is None else change_text(_change(before, terms, catalog, at))
    return Preview(sentence, in_short(found), ready, change)


def _change(before: Terms, after: Terms, catalog: Catalog, at: datetime) -> dict[str, list[str]]:
    """Return the difference from now on: an end in the past is no change."""
    return difference(without_lapsed(before, at=at), after, catalog)
