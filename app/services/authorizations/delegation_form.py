"""What a form of delegation is about: the user's rights, the Authorization that stands, the offer.

Consent, the editor and the form for a new API key each show one. A submitted choice is checked
against it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.delegation.access import Terms
from app.domain.delegation.choice import Choice, check_choice, terms_of
from app.domain.delegation.completion import completed, fitted
from app.domain.delegation.limits import Limits, UserRights
from app.domain.delegation.offer import Offer, make_offer
from app.domain.delegation.request import Request
from app.domain.errors import ChoiceRefused
from app.domain.sentences.preview import Preview, preview_of, preview_of_refusal
from app.models import Authorization, Client
from app.services import audit
from app.services.authorizations.rows import terms_of_row
from app.services.clients.clients import ClientInfo, client_info
from app.services.directory.permissions import rights_of

MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class FormContext:
    """A form at one instant; `client` is None for an API key, `terms` and `version` for a new one.

    `request` is what a client asks for; None when the user delegates by hand.
    """

    client: ClientInfo | None
    request: Request | None
    rights: UserRights
    terms: Terms | None
    version: int | None
    offer: Offer
    catalog: Catalog
    at: datetime


def of_request(
    session: Session,
    client: ClientInfo,
    limits: Limits,
    user_id: str,
    *,
    catalog: Catalog,
    at: datetime,
) -> tuple[FormContext, Authorization | None]:
    """Return the context of a client's request, and the Authorization that stands for it."""
    row = session.scalar(
        select(Authorization).where(
            Authorization.user_id == user_id,
            Authorization.client_id == client.id,
            Authorization.revoked_at.is_(None),
        )
    )
    return _context(session, client, limits, user_id, row, catalog=catalog, at=at), row


def of_authorization(
    session: Session, row: Authorization, *, catalog: Catalog, at: datetime
) -> FormContext:
    """Return the context of the editor: all that the credential may carry is offered."""
    client_row = session.get(Client, row.client_id) if row.client_id else None
    client = client_info(client_row) if client_row else None
    limits = limits_of(client, catalog)
    return _context(session, client, limits, row.user_id, row, catalog=catalog, at=at)


def of_new_key(session: Session, user_id: str, *, catalog: Catalog, at: datetime) -> FormContext:
    """Return the context of a new API key: everything is offered, nothing is ticked."""
    limits = limits_of(None, catalog)
    return _context(session, None, limits, user_id, None, catalog=catalog, at=at)


def limits_of(client: ClientInfo | None, catalog: Catalog) -> Limits:
    """Return what the user may put into an Authorization by hand: all that the credential may carry."""
    allowed = client.may_ask(catalog) if client else frozenset(catalog.capabilities)
    return Limits(allowed)


def _context(
    session: Session,
    client: ClientInfo | None,
    limits: Limits,
    user_id: str,
    row: Authorization | None,
    *,
    catalog: Catalog,
    at: datetime,
) -> FormContext:
    rights = rights_of(session, user_id)
    terms = terms_of_row(session, row) if row else None
    offer = make_offer(catalog, limits, rights, terms, at=at)
    version = row.version if row else None
    return FormContext(client, limits.request, rights, terms, version, offer, catalog, at)


def preview(context: FormContext, choice: Choice) -> Preview:
    """Return what a choice would amount to; changes nothing and reads nothing."""
    choice = completed(choice, context.offer)
    try:
        check_choice(context.offer, choice, context.catalog)
    except ChoiceRefused as refusal:
        return preview_of_refusal(refusal)
    return preview_of(
        _terms(context, choice),
        _terms(context, fitted(choice, context.catalog)),
        context.rights,
        catalog=context.catalog,
        at=context.at,
        before=context.terms,
        request=context.request,
    )


def chosen_terms(context: FormContext, choice: Choice, *, subject: str) -> Terms:
    """Return the Terms that a choice stands for; what a page chose without effect is not in them.

    Raises ChoiceRefused when it lies outside the offer; `subject` is then what the audit names.
    """
    choice = completed(choice, context.offer)
    try:
        check_choice(context.offer, choice, context.catalog)
    except ChoiceRefused as refusal:
        raise ChoiceRefused(
            refusal.public, problems=refusal.problems, audit_subject=subject
        ) from None
    return _terms(context, fitted(choice, context.catalog))


def useful_terms(context: FormContext, choice: Choice, *, subject: str) -> Terms:
    """Return the Terms as `chosen_terms`.

    Raises ChoiceRefused also when they give nothing at all, or nothing of what a client asks for.
    """
    terms = chosen_terms(context, choice, subject=subject)
    shown = preview(context, choice)
    if not shown.ready:
        raise ChoiceRefused(shown.sentence)
    return terms


def _terms(context: FormContext, choice: Choice) -> Terms:
    return terms_of(choice, at=context.at, catalog=context.catalog, current=context.terms)


@contextmanager
def audited_refusals(user_id: str, *, at: datetime) -> Iterator[None]:
    """Record a choice outside the offer, after the transaction in which it was refused has ended."""
    try:
        yield
    except ChoiceRefused as refusal:
        if refusal.audit_subject:
            with writing() as session:
                audit.record(
                    session,
                    AuditKind.CHOICE_REFUSED,
                    at=at,
                    actor=user_id,
                    subject=refusal.audit_subject,
                    user_id=user_id,
                    problems=list(refusal.problems)[:MAX_PROBLEMS],
                )
        raise
