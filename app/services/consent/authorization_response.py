"""Answering a decided request: in one transaction, with a code when it was approved.

The browser may ask again: a press, a reload or Back sends the same request. While the code's life runs
and nobody has redeemed it, a new code takes the place of the old one, which is spent in the same
transaction: one code is redeemed once.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.clients.redirect_uris import is_registered
from app.domain.credentials.secrets import Prefix, digest, new_secret
from app.domain.errors import AlreadyAnswered, RedirectUriRefused
from app.domain.lifetimes import Lifetimes, after
from app.models import AuthorizationCode, AuthorizationRequest
from app.services import audit
from app.services.clients.clients import ClientInfo, client_info
from app.services.consent.requests import Approver, RequestDetails, details_of, require

UNREGISTERED = "The redirect URI is not registered for this tool."
LATE = "The tool did not fetch its answer in time. To connect, start from the tool again."
LOST = "What was approved has been removed meanwhile. To connect, start from the tool again."


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is to be told; `decision` None when the user has not decided yet.

    `code` is set when the request was approved; a device has none and polls for its tokens.
    `is_connected` says that the client has redeemed its code already. `authorization_id` is set for an
    approved request.
    """

    client: ClientInfo
    decision: str | None
    details: RequestDetails
    authorization_id: str | None = None
    code: str | None = None
    is_connected: bool = False


@repeated
def answer(request_id: str, approver: Approver, *, lifetimes: Lifetimes, at: datetime) -> Answer:
    """Answer a decided request and return what its client is to be told.

    The client must still be enabled and the redirect URI still registered; nothing else is read
    again, because what was asked is what is issued. Raises as `find`, RedirectUriRefused, and
    AlreadyAnswered when the life of an approved request's code is over.
    """
    with writing() as session:
        row, client_row = require(session, request_id, approver, at=at, lock=True)
        found = Answer(client_info(client_row), row.decision, details_of(row), row.authorization_id)
        if found.decision is None:
            return found
        is_device = found.details.device is not None
        if not is_device and not is_registered(
            found.details.redirect_uri, found.client.redirect_uris
        ):
            raise RedirectUriRefused(UNREGISTERED)
        if is_device or found.decision != "approved":
            return found
        if row.code_digest is not None and not _spend_unredeemed(session, row.code_digest, at):
            return replace(found, is_connected=True)
        if row.answered_at is not None and after(row.answered_at, lifetimes.code) <= at:
            raise AlreadyAnswered(LATE)
        return replace(found, code=_issue_code(session, row, found.details, lifetimes, at))


def _spend_unredeemed(session: Session, code_digest: str, at: datetime) -> bool:
    """Spend a code that nobody has redeemed; say whether that was so."""
    spent = session.scalar(
        update(AuthorizationCode)
        .where(AuthorizationCode.digest == code_digest, AuthorizationCode.redeemed_at.is_(None))
        .values(redeemed_at=at)
        .returning(AuthorizationCode.digest)
    )
    return spent is not None


def _issue_code(
    session: Session,
    row: AuthorizationRequest,
    details: RequestDetails,
    lifetimes: Lifetimes,
    at: datetime,
) -> str:
    """Keep the digest of a new code, which answers the request from now on, and return its text."""
    if row.authorization_id is None:
        raise AlreadyAnswered(LOST, detail=f"request {row.id} lost its authorization")
    code = new_secret(Prefix.AUTHORIZATION_CODE)
    is_first = row.code_digest is None
    row.code_digest, row.answered_at = digest(code), row.answered_at or at
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
        **({} if is_first else {"again": True}),
    )
    return code
