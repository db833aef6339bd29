"""What a form is about: the user's surroundings, the Authorization that stands, and the offer.

Consent, the editor and new API keys all show one; what is submitted is checked against it.
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
from app.domain.delegation.choice import Choice, check_choice
from app.domain.delegation.offer import (
    Limits,
    Offer,
    UserRights,
    make_offer,
)
from app.domain.errors import ChoiceRefused
from app.models import Authorization, Client
from app.services import audit
from app.services.authorizations.rows import terms_of_row
from app.services.clients.clients import ClientInfo, client_info
from app.services.directory.permissions import rights_of


@dataclass(frozen=True, slots=True)
class FormContext:
    """`tool` is None for an API key, `terms` and `version` when nothing stands yet."""

    client: ClientInfo | None
    rights: UserRights
    terms: Terms | None
    version: int | None
    offer: Offer


def of_request(
    session: Session,
    client: ClientInfo,
    limits: Limits,
    user_id: str,
    *,
    catalog: Catalog,
    at: datetime,
) -> tuple[FormContext, Authorization | None]:
    """Return the scene of a client's request, and the Authorization that stands for it."""
    row = session.scalar(
        select(Authorization).where(
            Authorization.user_id == user_id,
            Authorization.client_id == client.id,
            Authorization.revoked_at.is_(None),
        )
    )
    return _scene(session, client, limits, user_id, row, catalog=catalog, at=at), row


def of_authorization(
    session: Session, row: Authorization, *, catalog: Catalog, at: datetime
) -> FormContext:
    """Return the scene of the editor: all that the credential may carry is offered."""
    client_row = session.get(Client, row.client_id) if row.client_id else None
    client = client_info(client_row) if client_row else None
    limits = limits_of(client, catalog)
    return _scene(session, client, limits, row.user_id, row, catalog=catalog, at=at)


def of_new_key(session: Session, user_id: str, *, catalog: Catalog, at: datetime) -> FormContext:
    """Return the scene of a new API key: everything is offered, nothing is ticked."""
    limits = limits_of(None, catalog)
    return _scene(session, None, limits, user_id, None, catalog=catalog, at=at)


def limits_of(client: ClientInfo | None, catalog: Catalog) -> Limits:
    """Return what the user may put into an Authorization by hand: all that the credential may carry."""
    allowed = client.may_ask(catalog) if client else frozenset(catalog.capabilities)
    return Limits(allowed, None)


def _scene(
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
    return FormContext(client, rights, terms, row.version if row else None, offer)


def check(context: FormContext, choice: Choice, catalog: Catalog, *, subject: str) -> None:
    """Raise ChoiceRefused when the choice lies outside the offer; `subject` makes it audited."""
    try:
        check_choice(context.offer, choice, catalog)
    except ChoiceRefused as refusal:
        raise ChoiceRefused(refusal.public, problems=refusal.problems, detail=subject) from None


@contextmanager
def audited_refusals(user_id: str, *, at: datetime) -> Iterator[None]:
    """Record a choice that `check` refused, after the transaction in which it did has ended."""
    try:
        yield
    except ChoiceRefused as refusal:
        if refusal.detail:
            with writing() as session:
                audit.record(
                    session,
                    AuditKind.CHOICE_REFUSED,
                    at=at,
                    actor=user_id,
                    subject=refusal.detail,
                    user_id=user_id,
                    problems=list(refusal.problems)[:20],
                )
        raise
