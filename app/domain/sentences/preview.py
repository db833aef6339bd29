"""What a choice amounts to before it is made: sentences for the consent page and the editor."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import EffectiveAccess, Terms, effective_access, without_lapsed
from app.domain.delegation.limits import UserRights
from app.domain.delegation.request import Request, fulfilment_of
from app.domain.errors import ChoiceRefused
from app.domain.sentences.access import NO_CHANGE, change_text, details, notes, summary
from app.domain.sentences.change import in_words
from app.domain.sentences.difference import difference
from app.domain.sentences.instants import span_text
from app.domain.sentences.lists import count_text, in_short
from app.domain.sentences.request import missing_notes, nothing_given

MAX_BUTTON = 40
HOUR = 3_600
IMPOSSIBLE = "Not possible like this."
# What a button says while something is missing, by the part of the form that it leads to.
MISSING = {
    "projects": "Choose a project",
    "servers": "Choose an MCP server",
    "capabilities": "Choose what it may do",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a choice comes to; `ready` says that it is of use, `missing` which part of the form is not.

    `notes` say what has no effect, `details` all that is possible, `change` the difference to what
    stands, `button` what pressing does.
    """

    sentence: str
    notes: tuple[str, ...]
    ready: bool
    change: str = ""
    details: tuple[str, ...] = ()
    button: str = "Allow"
    missing: str = ""

    @property
    def has_more(self) -> bool:
        """Say whether there is more to say than the sentence does."""
        return bool(self.notes) or len(self.details) > 1

    @property
    def more(self) -> str:
        """Return what the fold behind the sentence holds."""
        notes = count_text(len(self.notes), "note")
        return notes if self.notes else "What exactly"

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
    kept: Terms,
    rights: UserRights,
    *,
    catalog: Catalog,
    at: datetime,
    before: Terms | None = None,
    request: Request | None = None,
) -> Preview:
    """Return what Terms would amount to, compared with the Terms `before`.

    `kept` are the Terms without what has no effect: what would be saved. With a `request` they must
    give something of what it asks for.
    """
    access = effective_access(terms, rights.permissions, catalog=catalog, at=at)
    sentence, found = summary(access, catalog, rights, terms), notes(access, terms, catalog)
    ready = access.is_useful
    if ready and request is not None:
        fulfilment = fulfilment_of(request, access)
        ready = fulfilment.is_useful
        if ready:
            found += missing_notes(fulfilment, terms, catalog, rights)
        else:
            sentence = nothing_given(fulfilment, terms, catalog, rights)
    changes = {} if before is None else difference(without_lapsed(before, at=at), kept, catalog)
    missing = "" if ready else _missing(terms, request)
    return Preview(
        sentence,
        in_short(found),
        ready,
        "" if before is None else change_text(in_words(changes, catalog, rights)),
        details(access, catalog, rights) if ready else (),
        _button(access, terms, rights, at) if ready else MISSING[missing],
        missing,
    )


def _missing(terms: Terms, request: Request | None) -> str:
    """Return the part of the form in which the next choice is to be made."""
    wants_servers = request is not None and request.capabilities == {MCP}
    if wants_servers or (terms.capabilities == {MCP} and request is None):
        return "servers"
    return "projects" if terms.capabilities - {MCP} else "capabilities"


def _button(access: EffectiveAccess, terms: Terms, rights: UserRights, at: datetime) -> str:
    """Return the act as a button says it, such as `Allow Ledger for 90 days`."""
    names = [
        *(rights.project_names.get(slug, slug) for slug in access.projects),
        *(rights.server_names.get(i, i) for i in access.mcp_servers),
    ]
    span = _span(terms.expires_at, at)
    subject = f" {names[0]}" if len(names) == 1 else ""
    label = f"Allow{subject}{span}"
    return label if len(label) <= MAX_BUTTON else f"Allow{span}"


def _span(expires_at: datetime | None, at: datetime) -> str:
    if expires_at is None:
        return " without end"
    seconds = round((expires_at - at).total_seconds())
    return f" for {span_text(seconds)}" if seconds % HOUR == 0 else ""
