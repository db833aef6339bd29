"""Pending authorization requests: asked once, decided once, answered once, by one browser.

What was asked is what is issued; the query string is not read again.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import digest, matches, random_base62
from app.domain.errors import AlreadyAnswered, Forbidden, NotFound
from app.domain.lifetimes import Lifetimes, after
from app.models import AuthorizationCode, AuthorizationRequest, Client
from app.services import audit
from app.services.clients.clients import ClientInfo, client_info

USED = "This request has been answered already. To connect again, start from the tool."
GONE = "This request has expired or never was. To connect, start from the tool again."
FOREIGN = "This request was started in another browser, or by somebody else."


@dataclass(frozen=True, slots=True)
class AskingDevice:
    """The device that shows a user code, as it asked: what it called itself, and from where."""

    user_code: str
    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class RequestDetails:
    """What a request asks for, as Authlib validated it; `parameters` are those of the wire.

    `refused` marks a request that can only be answered with its error. `device` is the one that asks,
    when it is not a tool in the browser: then there is no redirect URI.
    """

    parameters: dict[str, Any]
    redirect_uri: str
    capabilities: tuple[str, ...]
    resources: tuple[str, ...]
    refused: bool = False
    device: AskingDevice | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the value as the row keeps it; `refused` is the row's decision."""
        return {
            "parameters": self.parameters,
            "redirect_uri": self.redirect_uri,
            "capabilities": list(self.capabilities),
            "resources": list(self.resources),
            "device": None if self.device is None else asdict(self.device),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any], *, refused: bool) -> Self:
        """Return the value that a row keeps."""
        return cls(
            parameters=kept["parameters"],
            redirect_uri=kept["redirect_uri"],
            capabilities=tuple(kept["capabilities"]),
            resources=tuple(kept["resources"]),
            refused=refused,
            device=AskingDevice(**kept["device"]) if kept["device"] else None,
        )


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A pending request; `decision` is None, `approved`, `denied` or `refused`."""

    id: str
    client: ClientInfo
    details: RequestDetails
    decision: str | None


def add(
    client: ClientInfo, details: RequestDetails, *, browser: str, lifetimes: Lifetimes, at: datetime
) -> str:
    """Keep a request for the browser that made it and return its id."""
    row = AuthorizationRequest(
        id=random_base62(32),
        client_id=client.id,
        browser_digest=digest(browser),
        details=details.to_json(),
        created_at=at,
        expires_at=after(at, lifetimes.pending_request),
        decision="refused" if details.refused else None,
    )
    with writing() as session:
        session.add(row)
    return row.id


def find(request_id: str, *, browser: str | None, user_id: str, at: datetime) -> PendingRequest:
    """Return an open request of this browser and user.

    Raises NotFound, Forbidden (another browser or user) or AlreadyAnswered.
    """
    with reading() as session:
        row, client_row = require(session, request_id, browser=browser, user_id=user_id, at=at)
        return PendingRequest(row.id, client_info(client_row), details_of(row), row.decision)


def require(
    session: Session, request_id: str, *, browser: str | None, user_id: str, at: datetime
) -> tuple[AuthorizationRequest, Client]:
    """Return the rows of an open request, within a running transaction; raises as `find`."""
    if not (request_id.isascii() and request_id.isalnum()):
        raise NotFound(GONE)
    found = session.execute(
        select(AuthorizationRequest, Client)
        .join(Client, Client.id == AuthorizationRequest.client_id)
        .where(AuthorizationRequest.id == request_id)
    ).first()
    if found is None:
        raise NotFound(GONE)
    row, client_row = found
    if browser is None or not matches(browser, row.browser_digest):
        raise Forbidden(FOREIGN)
    if row.user_id not in (None, user_id):
        raise Forbidden(FOREIGN)
    if row.answered_at is not None:
        raise AlreadyAnswered(USED)
    if row.expires_at <= at or client_row.disabled_at is not None:
        raise NotFound(GONE)
    return row, client_row


def details_of(row: AuthorizationRequest) -> RequestDetails:
    """Return what a row asks for."""
    return RequestDetails.from_json(row.details, refused=row.decision == "refused")


def keep_client(session: Session, client_id: str) -> None:
    """Keep a client for good, within a running transaction: somebody has approved it."""
    kept = session.scalar(
        update(Client).where(Client.id == client_id).values(removable_at=None).returning(Client.id)
    )
    if kept is None:
        raise NotFound(GONE)


def decide(
    session: Session, request_id: str, decision: str, *, user_id: str, authorization_id: str | None
) -> None:
    """Spend the decision, within a running transaction; raises AlreadyAnswered for a second one."""
    spent = session.scalar(
        update(AuthorizationRequest)
        .where(
            AuthorizationRequest.id == request_id,
            AuthorizationRequest.decision.is_(None),
            AuthorizationRequest.answered_at.is_(None),
        )
        .values(decision=decision, user_id=user_id, authorization_id=authorization_id)
        .returning(AuthorizationRequest.id)
    )
    if spent is None:
        raise AlreadyAnswered(USED)


def answer_with_code(
    request_id: str, code: str, *, user_id: str, lifetimes: Lifetimes, at: datetime
) -> None:
    """Answer an approved request, once, and keep the digest of its code; raises AlreadyAnswered."""
    with writing() as session:
        row = _answer(session, request_id, "approved", user_id, at)
        details = details_of(row)
        session.add(
            AuthorizationCode(
                digest=digest(code),
                authorization_id=row.authorization_id or "",
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
            actor=user_id,
            subject=row.authorization_id or "",
            user_id=user_id,
        )


def answer_without_code(request_id: str, decision: str, *, user_id: str, at: datetime) -> None:
    """Answer a denied request, or a device's, once; raises AlreadyAnswered."""
    with writing() as session:
        _answer(session, request_id, decision, user_id, at)


def _answer(
    session: Session, request_id: str, decision: str, user_id: str, at: datetime
) -> AuthorizationRequest:
    spent: AuthorizationRequest | None = session.scalar(
        update(AuthorizationRequest)
        .where(
            AuthorizationRequest.id == request_id,
            AuthorizationRequest.user_id == user_id,
            AuthorizationRequest.decision == decision,
            AuthorizationRequest.answered_at.is_(None),
            AuthorizationRequest.expires_at > at,
        )
        .values(answered_at=at)
        .returning(AuthorizationRequest)
    )
    if spent is None:
        raise AlreadyAnswered(USED)
    return spent


@dataclass(frozen=True, slots=True)
class Approver:
    """Who answers a request: the signed-in user, in the browser that started it."""

    user_id: str
    browser: str | None
