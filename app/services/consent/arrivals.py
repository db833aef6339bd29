"""Requests as they arrive: counted by who asks, and kept for the browser that made them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.sweep import due
from app.database.transactions import reading, writing
from app.domain.credentials.secrets import digest, matches, random_base62
from app.domain.errors import NotFound
from app.domain.lifetimes import Lifetimes, after
from app.models import AuthorizationRequest
from app.services import throttle
from app.services.clients.clients import ClientInfo, client_info
from app.services.consent import requests
from app.services.consent.requests import RequestDetails

KEPT_AFTER = 3_600  # who comes late can begin again


@dataclass(frozen=True, slots=True)
class Asker:
    """The browser that asks, from where, and who is signed in there, if anybody is."""

    browser: str
    address: str
    user_id: str | None


@repeated
def add(
    client: ClientInfo, details: RequestDetails, *, asker: Asker, lifetimes: Lifetimes, at: datetime
) -> str:
    """Keep a request for the browser that made it and return its id.

    Some of those that are over go at the same time. Raises Throttled when too many come from one user,
    or from one address or network without a user.
    """
    row = AuthorizationRequest(
        id=random_base62(32),
        client_id=client.id,
        browser_digest=digest(asker.browser),
        details=details.to_json(),
        created_at=at,
        expires_at=after(at, lifetimes.pending_request),
        decision="refused" if details.error else None,
    )
    with writing() as session:
        _count(session, asker, at)
        session.add(row)
        session.flush()  # the client comes before the requests, as where a client is removed
        _sweep(session, at)
    return row.id


def _count(session: Session, asker: Asker, at: datetime) -> None:
    if asker.user_id is not None:
        throttle.spend_within(
            session, throttle.AUTHORIZATION_REQUEST_PER_USER, asker.user_id, at=at
        )
        return
    network = throttle.network_of(asker.address)
    around = throttle.neighbourhood_of(asker.address)
    throttle.spend_within(session, throttle.AUTHORIZATION_REQUEST, network, at=at)
    throttle.spend_within(session, throttle.AUTHORIZATION_REQUESTS_AROUND, around, at=at)


def _sweep(session: Session, at: datetime) -> None:
    ends = AuthorizationRequest.expires_at
    is_due = due(AuthorizationRequest, ends < after(at, -KEPT_AFTER), oldest=ends)
    session.execute(delete(AuthorizationRequest).where(is_due))


@repeated
def renewed(
    request_id: str, *, asker: Asker, is_lost: bool, lifetimes: Lifetimes, at: datetime
) -> str:
    """Return the id under which an undecided request of a browser goes on.

    It is kept anew when it has expired, or when the browser has lost its key (`is_lost`); the caller
    knows that it is the same browser. Raises NotFound for a request that is decided, or that a device
    made, or of another browser; Throttled as `add`.
    """
    with reading() as session:
        row, client_row = requests.found(session, request_id)
        details, client = requests.details_of(row), client_info(client_row)
        if row.decision is not None or details.device:
            raise NotFound(requests.GONE)
        if not is_lost:
            if not matches(asker.browser, row.browser_digest):
                raise NotFound(requests.GONE)
            if row.expires_at > at:
                return request_id
    return add(client, details, asker=asker, lifetimes=lifetimes, at=at)
