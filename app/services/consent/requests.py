"""Pending authorization requests: asked once and decided once, by one browser.

What was asked is what is issued; the query string is not read again. The first decision stands, and
sending it again leads to the same place.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.authorization_details import NO_DETAILS, AuthorizationDetails
from app.domain.credentials.secrets import matches
from app.domain.errors import Forbidden, NotFound, RequestExpired
from app.domain.lifetimes import after
from app.models import AuthorizationRequest, Client
from app.services.clients.clients import ClientInfo, client_info

DECIDED_FOR = 600  # a decision of the last moment is answered still
GONE = "This request has expired or never was. To connect, start from the tool again."
EXPIRED = "This request has waited for too long. Begin again: what the tool asked for is kept."
FOREIGN = "This request was started in another browser. Go on there, or start from the tool again."
NO_COOKIE = "Your browser does not bring the cookie of this request. Start from the tool again."
OTHER_USER = (
    "This request belongs to another account. Sign in with that one, or start from the tool."
)


@dataclass(frozen=True, slots=True)
class AskingDevice:
    """The device that shows a user code, as it asked: what it called itself, and from where."""

    user_code: str
    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class RequestError:
    """Why a request cannot be granted (RFC 6749 section 4.1.2.1)."""

    error: str
    error_description: str


@dataclass(frozen=True, slots=True)
class RequestDetails:
    """What a request asks for, as Authlib validated it; `parameters` are those of the wire.

    `error` is set for a request that can only be answered with its error. `device` is set when a device
    asks; then there is no redirect URI.
    """

    parameters: dict[str, Any]
    redirect_uri: str
    capabilities: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    authorization_details: AuthorizationDetails = NO_DETAILS
    error: RequestError | None = None
    device: AskingDevice | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the value as the row keeps it."""
        return {
            "parameters": self.parameters,
            "redirect_uri": self.redirect_uri,
            "capabilities": list(self.capabilities),
            "resources": list(self.resources),
            "authorization_details": self.authorization_details.to_json(),
            "error": None if self.error is None else asdict(self.error),
            "device": None if self.device is None else asdict(self.device),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Return the value that a row keeps; one of the release before knows no details."""
        return cls(
            parameters=kept["parameters"],
            redirect_uri=kept["redirect_uri"],
            capabilities=tuple(kept["capabilities"]),
            resources=tuple(kept["resources"]),
            authorization_details=AuthorizationDetails.from_json(
                kept.get("authorization_details", ())
            ),
            error=RequestError(**kept["error"]) if kept["error"] else None,
            device=AskingDevice(**kept["device"]) if kept["device"] else None,
        )


@dataclass(frozen=True, slots=True)
class Approver:
    """Who answers a request: the signed-in user, in the browser that started it."""

    user_id: str
    browser: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision that stands; `differs` says that what was sent now is not what was sent first."""

    decision: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A pending request; `decision` is None, `approved`, `denied` or `refused`."""

    id: str
    client: ClientInfo
    details: RequestDetails
    decision: str | None


@repeated
def find(request_id: str, approver: Approver, *, at: datetime) -> PendingRequest:
    """Return a request of this browser and user, decided or not.

    Raises NotFound, also for one that has expired, or Forbidden (another browser or user).
    """
    with reading() as session:
        row, client_row = require(session, request_id, approver, at=at)
        return PendingRequest(row.id, client_info(client_row), details_of(row), row.decision)


def require(
    session: Session, request_id: str, approver: Approver, *, at: datetime, lock: bool = False
) -> tuple[AuthorizationRequest, Client]:
    """Return the rows of a request, within a running transaction; raises as `find`.

    With `lock` nobody else decides or answers it meanwhile.
    """
    row, client_row = found(session, request_id, lock=lock)
    if approver.browser is None:
        raise Forbidden(NO_COOKIE)
    if not matches(approver.browser, row.browser_digest):
        raise Forbidden(FOREIGN)
    if row.user_id not in (None, approver.user_id):
        raise Forbidden(OTHER_USER)
    if row.expires_at <= at:
        parameters = details_of(row).parameters
        raise RequestExpired(GONE if not parameters else EXPIRED, parameters=parameters)
    if client_row.disabled_at is not None:
        raise NotFound(GONE)
    return row, client_row


def found(
    session: Session, request_id: str, *, lock: bool = False
) -> tuple[AuthorizationRequest, Client]:
    """Return the rows of a request, whoever asks, within a running transaction. Raises NotFound."""
    wanted = (
        select(AuthorizationRequest, Client)
        .join(Client, Client.id == AuthorizationRequest.client_id)
        .where(AuthorizationRequest.id == _plain(request_id))
    )
    rows = session.execute(
        wanted.with_for_update(of=AuthorizationRequest) if lock else wanted
    ).first()
    if rows is None:
        raise NotFound(GONE)
    row, client_row = rows
    return row, client_row


def _plain(request_id: str) -> str:
    if not (request_id.isascii() and request_id.isalnum()):
        raise NotFound(GONE)  # a database does not take every text
    return request_id


def details_of(row: AuthorizationRequest) -> RequestDetails:
    """Return what a row asks for."""
    return RequestDetails.from_json(row.details)


def hold_client(session: Session, request_id: str) -> None:
    """Let nobody remove a request's client before this transaction ends. Raises NotFound.

    It comes before the request is locked: who removes or disables a client has its row first and its
    requests then, and two orders would block each other.
    """
    held = (
        select(Client.removable_at)
        .join(AuthorizationRequest, AuthorizationRequest.client_id == Client.id)
        .where(AuthorizationRequest.id == _plain(request_id))
    )
    unused = session.scalar(held.with_for_update(of=Client, read=True, key_share=True))
    if unused is not None:  # `keep_client` is going to write it
        session.execute(held.with_for_update(of=Client, key_share=True))


def keep_client(session: Session, client_id: str) -> None:
    """Keep a client for good, within a transaction that holds it: somebody has approved it."""
    session.execute(
        update(Client)
        .where(Client.id == client_id, Client.removable_at.is_not(None))
        .values(removable_at=None)
    )


def decide(
    session: Session,
    row: AuthorizationRequest,
    decision: str,
    *,
    user_id: str,
    authorization_id: str | None,
    choice_digest: str | None,
    at: datetime,
) -> Decision:
    """Spend the decision, within a running transaction that has locked the row."""
    session.execute(
        update(AuthorizationRequest)
        .where(AuthorizationRequest.id == row.id, AuthorizationRequest.decision.is_(None))
        .values(
            decision=decision,
            user_id=user_id,
            authorization_id=authorization_id,
            choice_digest=choice_digest,
            expires_at=max(row.expires_at, after(at, DECIDED_FOR)),
        )
        .returning(AuthorizationRequest.id)
    ).one()
    return Decision(decision)


def standing(
    row: AuthorizationRequest, decision: str, choice_digest: str | None
) -> Decision | None:
    """Return the decision that stands, None when there is none yet."""
    if row.decision is None:
        return None
    sent = (decision, choice_digest)
    differs = row.decision != "refused" and sent != (row.decision, row.choice_digest)
    return Decision(row.decision, differs)
