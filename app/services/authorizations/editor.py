"""The editor: it shows an Authorization, previews a change, and makes it.

No token is touched: tokens and keys point at the Authorization, so an edit holds at the next call.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.credentials.secrets import digest
from app.domain.delegation.access import EffectiveAccess, Terms, effective_access, without_lapsed
from app.domain.delegation.authorization import AuthorizationState
from app.domain.delegation.choice import Choice
from app.domain.delegation.offer import Offer, make_offer
from app.domain.delegation.usage import ShrunkTerms, shrink
from app.domain.errors import Conflict
from app.domain.sentences.access import change_text, details, summary
from app.domain.sentences.change import in_words
from app.domain.sentences.difference import difference
from app.domain.sentences.explanation import (
    KEY,
    TOOL,
    Explanation,
    Names,
    Question,
    Standpoint,
    explain,
)
from app.domain.sentences.preview import Preview
from app.domain.sentences.report import Report, report
from app.models import Authorization, User
from app.services import audit
from app.services.authorizations import delegation_form, listing, rows
from app.services.authorizations.delegation_form import FormContext
from app.services.authorizations.listing import AuthorizationSummary
from app.services.authorizations.rows import columns_of, update_if_current, write_parts
from app.services.introspection import activity

CHANGED = "Somebody changed it meanwhile, in another tab or by approving a request of the tool."
SENT_TWICE = "You had sent it before."
NOTHING_NOW = "It can do nothing now."
PAUSED = "It is paused: nothing of this holds until you resume it."
REVOKED = "It was revoked; it cannot be changed any more."
SHRINK_SPAN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class EditorPage:
    """All that an Authorization's page shows of it, with the context that previews are made in."""

    summary: AuthorizationSummary
    context: FormContext
    standpoint: Standpoint

    @property
    def offer(self) -> Offer:
        """Return what may be ticked, with the current Terms ticked."""
        return self.context.offer

    @property
    def access(self) -> EffectiveAccess:
        """Return what it can really do now."""
        point = self.standpoint
        return effective_access(point.terms, point.permissions, catalog=point.catalog, at=point.at)

    @property
    def sentence(self) -> str:
        """Return what it can do now, in the words in which it was chosen."""
        access, context = self.access, self.context
        if not access.is_useful:
            return NOTHING_NOW
        return summary(access, context.catalog, context.rights, self.standpoint.terms)

    @property
    def details(self) -> tuple[str, ...]:
        """Return all that it can do now, a sentence for each group of projects."""
        return details(self.access, self.context.catalog, self.context.rights)

    @property
    def report(self) -> Report:
        """Return what it can really do now, and what has no effect and why."""
        return report(self.standpoint, self.context.rights)

    def explain(self, question: Question) -> Explanation:
        """Return whether something would be allowed now and which bounds decide it."""
        return explain(question, self.standpoint)


@repeated
def page(authorization_id: str, owner: str | None, *, catalog: Catalog, at: datetime) -> EditorPage:
    """Return what the page of a user's own Authorization shows; any for `owner` None.

    Raises NotFound.
    """
    with reading() as session:
        row = rows.require_row(session, authorization_id, owner)
        context = delegation_form.of_authorization(session, row, catalog=catalog, at=at)
        user = session.get_one(User, row.user_id)
        return EditorPage(
            listing.summary_of_row(session, row, context, catalog=catalog, at=at),
            context,
            _standpoint(context, is_disabled=user.disabled_at is not None),
        )


def _standpoint(context: FormContext, *, is_disabled: bool) -> Standpoint:
    disabled = is_disabled or (context.client is not None and context.client.disabled)
    rights = context.rights
    return Standpoint(
        context.terms or Terms(),
        replace(rights.permissions, active=not disabled),
        context.catalog,
        context.at,
        Names(rights.project_names, rights.server_names),
        holder=TOOL if context.client else KEY,
    )


def preview(page: EditorPage, choice: Choice) -> Preview:
    """Return what a choice would amount to and change; changes nothing and reads nothing."""
    shown = delegation_form.preview(page.context, choice)
    if shown.change and not shown.ready:  # taking everything away is an edit too
        shown = replace(shown, sentence=NOTHING_NOW, notes=(shown.sentence, *shown.notes))
    if shown.change and page.summary.state is AuthorizationState.PAUSED:
        return replace(shown, notes=(PAUSED, *shown.notes))
    return shown


@repeated
def edit(
    authorization_id: str,
    owner: str,
    choice: Choice,
    *,
    version: int | None,
    catalog: Catalog,
    at: datetime,
) -> str:
    """Make the Authorization say what was chosen and return the change as a sentence.

    `version` is the one that the form showed; None saves over any version. The same edit sent again
    changes nothing. Raises Conflict when somebody changed it meanwhile or it is revoked, ChoiceRefused
    (audited) outside the offer.
    """
    sent = digest(f"{version}\0{choice.fingerprint}")
    with delegation_form.audited_refusals(owner, at=at), writing() as session:
        row = rows.require_row(session, authorization_id, owner, lock=True)
        if row.revoked_at is not None:
            raise Conflict(REVOKED)
        if version not in (None, row.version):
            if row.edit_digest == sent:
                return SENT_TWICE
            raise Conflict(CHANGED)
        context = delegation_form.of_authorization(session, row, catalog=catalog, at=at)
        terms = delegation_form.chosen_terms(context, choice, subject=row.id)
        return _write(session, row, context, terms, name=choice.name, sent=sent)


def _write(
    session: Session,
    row: Authorization,
    context: FormContext,
    terms: Terms,
    *,
    name: str,
    sent: str,
) -> str:
    stored, at = context.terms or Terms(), context.at
    before = without_lapsed(stored, at=at)
    changes = difference(before, terms, context.catalog)
    renamed = {"name": name} if name and name != row.name else {}
    same = replace(terms, paused=before.paused) == before
    if same and not renamed:
        return change_text({})
    columns = columns_of(terms, at=at)
    if not update_if_current(session, row, name=name or row.name, edit_digest=sent, **columns):
        raise Conflict(CHANGED)
    write_parts(session, row.id, stored, terms)
    audit.record(
        session,
        AuditKind.AUTHORIZATION_EDITED,
        at=at,
        actor=row.user_id,
        subject=row.id,
        user_id=row.user_id,
        **changes,
        **renamed,
    )
    words = in_words(changes, context.catalog, context.rights)
    return f"Renamed to {name}." if same else change_text(words)


@repeated
def shrunk(page: EditorPage) -> tuple[Offer, ShrunkTerms] | None:
    """Return the editor filled with what was used in the last 30 days, None when nothing was."""
    context = page.context
    with reading() as session:
        uses = activity.uses_since(session, page.summary.id, context.at - SHRINK_SPAN)
    smaller = shrink(context.terms or Terms(), uses, context.catalog)
    if smaller is None:
        return None
    limits = delegation_form.limits_of(context.client, context.catalog)
    offer = make_offer(context.catalog, limits, context.rights, smaller.terms, at=context.at)
    return offer, smaller
