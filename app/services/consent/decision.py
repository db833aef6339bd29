"""Consent: what the page offers, and what approving or denying does."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.credentials.secrets import new_id
from app.domain.delegation.access import Terms
from app.domain.delegation.authorization import AuthorizationKind
from app.domain.delegation.choice import Choice
from app.domain.delegation.limits import Limits
from app.domain.delegation.offer import Offer
from app.domain.delegation.request import Request
from app.domain.errors import Conflict
from app.domain.sentences.difference import difference
from app.domain.sentences.preview import Preview
from app.domain.sentences.request import request_text
from app.models import Authorization
from app.services import audit
from app.services.authorizations import delegation_form, rows
from app.services.authorizations.delegation_form import FormContext
from app.services.authorizations.rows import columns_of, update_if_current, write_parts
from app.services.clients.clients import ClientInfo, client_info
from app.services.consent import requests
from app.services.consent.delta import Delta, delta_of
from app.services.consent.requests import Approver, Decision, PendingRequest, RequestDetails
from app.services.directory import audiences
from app.services.sessions import end_sessions

CHANGED = "You changed what it has meanwhile, in your settings or in another tab."


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """All that the consent page shows, and the context of its form.

    `delta` and `expires_at` belong to the current Authorization.
    """

    pending: PendingRequest
    delta: Delta | None
    expires_at: datetime | None
    context: FormContext

    @property
    def offer(self) -> Offer:
        """Return what may be ticked."""
        return self.context.offer

    @property
    def title(self) -> str:
        """Return what the tool wants, after its name: such as `wants to use Ledger`."""
        context = self.context
        if self.delta is not None:
            return self.delta.title
        request = cast("Request", context.request)
        return f"wants to {request_text(request, context.catalog, context.rights)}"


@repeated
def page(request_id: str, approver: Approver, *, catalog: Catalog, at: datetime) -> ConsentPage:
    """Return what the consent page shows; raises as `requests.find`."""
    pending = requests.find(request_id, approver, at=at)
    with reading() as session:
        context, _ = _context(
            session, pending.client, pending.details, approver.user_id, catalog=catalog, at=at
        )
    ends = context.terms.expires_at if context.terms else None
    return ConsentPage(pending, delta_of(context), ends, context)


def preview(page: ConsentPage, choice: Choice) -> Preview:
    """Return what a choice would amount to; changes nothing and reads nothing."""
    return delegation_form.preview(page.context, choice)


@repeated
def approve(
    request_id: str,
    approver: Approver,
    choice: Choice,
    *,
    version: int | None = None,
    catalog: Catalog,
    at: datetime,
) -> Decision:
    """Write the Authorization that the choice stands for, unless the request is decided already.

    Edits the current one of this user and client, or adds one. `version` is what the page showed; None
    approves over any version. Raises ChoiceRefused when the choice lies outside the offer (audited)
    or is of no use, Conflict when it was edited meanwhile. The first decision stands and is returned.
    """
    with delegation_form.audited_refusals(approver.user_id, at=at), writing() as session:
        return _approve(
            session, request_id, approver, choice, version=version, catalog=catalog, at=at
        )


def _approve(
    session: Session,
    request_id: str,
    approver: Approver,
    choice: Choice,
    *,
    version: int | None,
    catalog: Catalog,
    at: datetime,
) -> Decision:
    # Two tabs must not both add an Authorization.
    rows.lock_user(session, approver.user_id)
    requests.hold_client(session, request_id)
    row, client_row = requests.require(session, request_id, approver, at=at, lock=True)
    if (stands := requests.standing(row, "approved", choice.fingerprint)) is not None:
        return stands
    client = client_info(client_row)
    context, current = _context(
        session, client, requests.details_of(row), approver.user_id, catalog=catalog, at=at
    )
    if version is not None and (current is None or version != current.version):
        raise Conflict(CHANGED)
    requests.keep_client(session, client.id)
    return requests.decide(
        session,
        row,
        "approved",
        user_id=approver.user_id,
        authorization_id=_write(session, context, current, choice, approver.user_id),
        choice_digest=choice.fingerprint,
        at=at,
    )


def _write(
    session: Session,
    context: FormContext,
    current: Authorization | None,
    choice: Choice,
    user_id: str,
) -> str:
    """Add or edit the Authorization and return its id; the audit event says what changed."""
    client = cast("ClientInfo", context.client)
    terms = delegation_form.useful_terms(context, choice, subject=client.identifier)
    if current is not None:
        authorization_id = _edit(session, context, terms, current, choice.name)
    else:
        authorization_id = _add(session, context, client, terms, name=choice.name, user_id=user_id)
    audit.record(
        session,
        AuditKind.AUTHORIZATION_APPROVED,
        at=context.at,
        actor=user_id,
        subject=authorization_id,
        user_id=user_id,
        client=client.identifier,
        **difference(context.terms or Terms(), terms, context.catalog),
    )
    return authorization_id


def _add(
    session: Session,
    context: FormContext,
    client: ClientInfo,
    terms: Terms,
    *,
    name: str,
    user_id: str,
) -> str:
    return rows.add(
        session,
        AuthorizationKind.OAUTH2,
        authorization_id=new_id("aut"),
        user_id=user_id,
        client_id=client.id,
        name=name or client.name,
        terms=terms,
        at=context.at,
    ).id


def _edit(
    session: Session, context: FormContext, terms: Terms, row: Authorization, name: str
) -> str:
    # A pause or a revocation does not wait for the user's lock: the version must not have moved.
    columns = columns_of(terms, at=context.at)
    if not update_if_current(session, row, paused_at=None, name=name or row.name, **columns):
        raise Conflict(CHANGED)
    write_parts(session, row.id, context.terms or Terms(), terms)
    if row.expires_at is not None and row.expires_at <= context.at:
        # A new approval does not revive what expired: other devices sign in again.
        end_sessions(session, row.id, at=context.at)
    return row.id


@repeated
def deny(request_id: str, approver: Approver, *, at: datetime) -> Decision:
    """Deny a request; what was delegated before stays as it is.

    Returns the decision that stands. Raises as `requests.find`.
    """
    with writing() as session:
        row, client = requests.require(session, request_id, approver, at=at, lock=True)
        if (stands := requests.standing(row, "denied", None)) is not None:
            return stands
        audit.record(
            session,
            AuditKind.AUTHORIZATION_DENIED,
            at=at,
            actor=approver.user_id,
            subject=client.identifier,
            user_id=approver.user_id,
        )
        return requests.decide(
            session,
            row,
            "denied",
            user_id=approver.user_id,
            authorization_id=None,
            choice_digest=None,
            at=at,
        )


def _context(
    session: Session,
    client: ClientInfo,
    details: RequestDetails,
    user_id: str,
    *,
    catalog: Catalog,
    at: datetime,
) -> tuple[FormContext, Authorization | None]:
    asked = audiences.request_of(
        session, details.capabilities, details.resources, details.authorization_details
    )
    limits = Limits(client.may_ask(catalog), asked)
    return delegation_form.of_request(session, client, limits, user_id, catalog=catalog, at=at)
