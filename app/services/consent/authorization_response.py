"""Answering a decided request: once, in one transaction, with a code when it was approved."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.clients.redirect_uris import is_registered
from app.domain.credentials.secrets import Prefix, digest, new_secret
from app.domain.errors import AlreadyAnswered, RedirectUriRefused
from app.domain.lifetimes import Lifetimes, after
from app.models import AuthorizationCode, AuthorizationRequest
from app.services import audit
from app.services.clients.clients import ClientInfo, client_info
from app.services.consent.requests import USED, Approver, RequestDetails, details_of, require

UNREGISTERED = "The redirect URI is not registered for this tool."


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is to be told; `decision` None when the user has not decided yet.

    `code` is set when the request was approved; a device has none and polls for its tokens.
    """

    client: ClientInfo
    decision: str | None
    details: RequestDetails
    code: str | None = None


def answer(request_id: str, approver: Approver, *, lifetimes: Lifetimes, at: datetime) -> Answer:
    """Answer a decided request, once, and return what its client is to be told.

    The client must still be enabled and the redirect URI still registered; nothing else is read
    again, because what was asked is what is issued. Neither a refused nor an undecided request is
    spent. Raises as `find`, and RedirectUriRefused.
    """
    with writing() as session:
        row, client_row = require(session, request_id, approver, at=at)
        found = Answer(client_info(client_row), row.decision, details_of(row))
        if found.decision is None:
            return found
        is_device = found.details.device is not None
        if not is_device and not is_registered(
            found.details.redirect_uri, found.client.redirect_uris
        ):
            raise RedirectUriRefused(UNREGISTERED)
        if found.decision == "refused":
            return found
        _spend(session, request_id, found.decision, approver.user_id, at)
        if is_device or found.decision == "denied":
            return found
        return replace(found, code=_issue_code(session, row, found.details, lifetimes, at))


def _spend(session: Session, request_id: str, decision: str, user_id: str, at: datetime) -> None:
    spent = session.scalar(
        update(AuthorizationRequest)
        .where(
            AuthorizationRequest.id == request_id,
            AuthorizationRequest.user_id == user_id,
            AuthorizationRequest.decision == decision,
            AuthorizationRequest.answered_at.is_(None),
            AuthorizationRequest.expires_at > at,
        )
        .values(answered_at=at)
        .returning(AuthorizationRequest.id)
    )
    if spent is None:
        raise AlreadyAnswered(USED)


def _issue_code(
    session: Session,
    row: AuthorizationRequest,
    details: RequestDetails,
    lifetimes: Lifetimes,
    at: datetime,
) -> str:
    """Keep the digest of a new code and return its text."""
    if row.authorization_id is None:
        raise AlreadyAnswered(USED, detail=f"request {row.id} lost its authorization")
    code = new_secret(Prefix.AUTHORIZATION_CODE)
    session.add(
        AuthorizationCode(
            digest=digest(code),
            authorization_id=row.authorization_id,
            client_id=row.client_id,
            redirect_uri=details.redirect_uri,
            code_challenge=details.parameters["code_challenge"][0],
            resources=list(details.resources),
            issued_at=at,
            expires_at=after(at, lifetimes.code),
        )
    )
    audit.record(
        session,
        AuditKind.CODE_ISSUED,
        at=at,
        actor=row.user_id or "",
        subject=row.authorization_id,
        user_id=row.user_id,
    )
    return code
