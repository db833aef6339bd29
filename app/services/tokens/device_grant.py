"""The device authorization grant (RFC 8628): asking, taking up by user code, polling.

A device's request becomes a pending request when a signed-in user types its code, so that consent is
the same page and the same decision as for a tool in the browser.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.sweep import due
from app.database.transactions import writing
from app.domain.authorization_details import AuthorizationDetails
from app.domain.credentials import user_codes
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    is_well_formed,
    new_secret,
    random_base62,
)
from app.domain.credentials.user_codes import Pace
from app.domain.errors import CredentialRejected, NotFound
from app.domain.lifetimes import Lifetimes, after
from app.domain.user_agents import Peer
from app.models import AuthorizationRequest, Client, DeviceCode
from app.services import throttle
from app.services.clients.clients import ClientInfo
from app.services.consent.requests import Approver, AskingDevice, RequestDetails
from app.services.tokens.issuance import Origin, TokenSet, open_session
from app.services.tokens.live_authorization import IssuancePolicy

UNKNOWN = "This code is unknown, has been used, or has expired. Look at your device and try again."
REJECTED = "The device code is unknown, spent, or belongs to another client."


class Waiting(Enum):
    """Why a poll brings no tokens (RFC 8628 section 3.5)."""

    PENDING = auto()
    TOO_FAST = auto()
    DENIED = auto()
    EXPIRED = auto()


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """What a device is told: its code, the code for the user, both for `expires_in` seconds."""

    device_code: str
    user_code: str
    expires_in: int
    interval: int


def ask(
    client: ClientInfo,
    *,
    capabilities: tuple[str, ...],
    resources: tuple[str, ...],
    details: AuthorizationDetails,
    peer: Peer,
    lifetimes: Lifetimes,
    at: datetime,
) -> DeviceAuthorization:
    """Keep a device's request; raises Throttled when a client asks too often from one address."""
    network = throttle.network_of(peer.address)
    throttle.spend(throttle.DEVICE_REQUEST_PER_ADDRESS, network, at=at)
    throttle.spend(throttle.DEVICE_REQUEST, f"{client.id}\0{network}", at=at)
    text, user_code = new_secret(Prefix.DEVICE_CODE), user_codes.new_user_code()
    row = DeviceCode(
        digest=digest(text),
        user_code_digest=digest(user_codes.tidy(user_code) or ""),
        client_id=client.id,
        capabilities=list(capabilities),
        resources=list(resources),
        authorization_details=details.to_json(),
        user_agent=peer.user_agent[:300],
        address=peer.address[:80],
        interval=user_codes.INTERVAL,
        created_at=at,
        expires_at=after(at, lifetimes.device_code),
    )
    _keep(row, at)
    return DeviceAuthorization(text, user_code, lifetimes.device_code, user_codes.INTERVAL)


@repeated
def _keep(row: DeviceCode, at: datetime) -> None:
    with writing() as session:
        session.add(row)
        session.flush()  # the client comes before the codes, as where a client is removed
        _sweep(session, at)


def _sweep(session: Session, at: datetime) -> None:
    """Remove some expired codes at each new request, so that a flood leaves no heap of them."""
    is_over = DeviceCode.expires_at < after(at, -3_600)
    is_due = due(DeviceCode, is_over, oldest=DeviceCode.expires_at)
    session.execute(delete(DeviceCode).where(is_due))


def claim(typed: str, approver: Approver, *, address: str, at: datetime) -> str:
    """Make a pending request of a device's, for this user in this browser, and return its id.

    The same user may type the code again while nothing is decided: the last browser then goes on. Raises
    Throttled after five wrong codes of a user, NotFound for a code that nobody may use (any more).
    """
    network = throttle.network_of(address)
    tries = ((throttle.USER_CODE_PER_ADDRESS, network), (throttle.USER_CODE, approver.user_id))
    # Counted before the code is looked at, so many tries at once gain nothing.
    for rule, who in tries:
        throttle.spend(rule, who, at=at)
    letters = user_codes.tidy(typed)
    claimed = None if letters is None else _claim(letters, approver, at)
    if claimed is None:
        raise NotFound(UNKNOWN)
    for rule, who in tries:
        throttle.refund(rule, who)
    return claimed


@repeated
def _claim(letters: str, approver: Approver, at: datetime) -> str | None:
    with writing() as session:
        return _claim_within(session, letters, approver, at)


def _claim_within(session: Session, letters: str, approver: Approver, at: datetime) -> str | None:
    usable = (
        select(DeviceCode)
        .join(Client, Client.id == DeviceCode.client_id)
        .where(
            DeviceCode.user_code_digest == digest(letters),
            DeviceCode.expires_at > at,
            DeviceCode.redeemed_at.is_(None),
            Client.disabled_at.is_(None),
        )
    )
    # The client comes before its codes, as where a client is removed.
    its_client = usable.with_only_columns(Client.id)
    session.execute(its_client.with_for_update(of=Client, read=True, key_share=True))
    row = session.scalar(usable.with_for_update(of=DeviceCode))
    if row is None:
        return None
    browser = digest(approver.browser or "")
    if row.request_id is not None:
        return _resumed(session, row.request_id, approver.user_id, browser)
    pending = _pending(row, letters, approver.user_id, browser, at)
    session.add(pending)
    session.flush()
    row.request_id = pending.id
    return pending.id


def _resumed(session: Session, request_id: str, user_id: str, browser: str) -> str | None:
    """Let this user go on in this browser, also when another account was signed in here before."""
    here = AuthorizationRequest.browser_digest.in_([browser])
    same = or_(AuthorizationRequest.user_id == user_id, here)
    return session.scalar(
        update(AuthorizationRequest)
        .where(AuthorizationRequest.id == request_id, same, AuthorizationRequest.decision.is_(None))
        .values(browser_digest=browser, user_id=user_id)
        .returning(AuthorizationRequest.id)
    )


def _pending(
    row: DeviceCode, letters: str, user_id: str, browser: str, at: datetime
) -> AuthorizationRequest:
    return AuthorizationRequest(
        id=random_base62(32),
        client_id=row.client_id,
        browser_digest=browser,
        user_id=user_id,
        details=RequestDetails(
            parameters={},
            redirect_uri="",
            capabilities=tuple(row.capabilities),
            resources=tuple(row.resources),
            authorization_details=AuthorizationDetails.from_json(row.authorization_details or ()),
            device=AskingDevice(user_codes.shown(letters), row.user_agent, row.address),
        ).to_json(),
        created_at=at,
        expires_at=row.expires_at,
    )


@repeated
def poll(
    text: str,
    client: ClientInfo,
    *,
    resource: str | None,
    details: AuthorizationDetails | None = None,
    peer: Peer,
    policy: IssuancePolicy,
    at: datetime,
) -> TokenSet | Waiting:
    """Return the tokens of an approved request, once, or why there are none.

    Raises CredentialRejected (unknown, spent, or of another client), and as `open_session`.
    """
    with writing() as session:
        row = _require(session, text, client.id)
        if row.expires_at <= at:
            return Waiting.EXPIRED
        pending = session.get(AuthorizationRequest, row.request_id) if row.request_id else None
        if pending is None or pending.decision is None:
            return _wait(row, at)
        if pending.decision != "approved":
            return Waiting.DENIED
        _spend(session, row, at)
        origin = Origin(pending.authorization_id or "", row.client_id, tuple(row.resources))
        return open_session(
            session,
            origin,
            resource=resource,
            details=details,
            with_refresh="refresh_token" in client.grant_types,
            peer=peer,
            policy=policy,
            at=at,
        )[1]


def _require(session: Session, text: str, client_id: str) -> DeviceCode:
    wanted = select(DeviceCode).where(DeviceCode.digest == digest(text)).with_for_update()
    row = session.scalar(wanted) if is_well_formed(text, Prefix.DEVICE_CODE) else None
    if row is None or row.client_id != client_id or row.redeemed_at is not None:
        raise CredentialRejected(REJECTED, detail="unknown, spent or of another client")
    return row


def _wait(row: DeviceCode, at: datetime) -> Waiting:
    pace = Pace(row.interval, row.polled_at)
    later = pace.after(at)
    row.interval, row.polled_at = later.interval, later.polled_at
    return pace_kept(pace, at)


def pace_kept(pace: Pace, at: datetime) -> Waiting:
    """Return what a device that polls now is told about its pace."""
    return Waiting.TOO_FAST if pace.is_too_fast(at) else Waiting.PENDING


def _spend(session: Session, row: DeviceCode, at: datetime) -> None:
    spent = session.scalar(
        update(DeviceCode)
        .where(DeviceCode.digest == row.digest, DeviceCode.redeemed_at.is_(None))
        .values(redeemed_at=at)
        .returning(DeviceCode.digest)
    )
    if spent is None:
        raise CredentialRejected(REJECTED, detail="spent meanwhile")
