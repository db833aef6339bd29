"""Clients that are known by the URL of a metadata document (Client ID Metadata Documents, draft -02).

A document is fetched when a signed-in user arrives with its URL at the authorization endpoint. It is
kept as a client for as long as its headers allow; a failure is not kept. Later steps (consent, the
token endpoint) use the kept client and fetch nothing.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.clients.metadata import MetadataPolicy, read_document
from app.domain.clients.metadata_urls import freshness, is_client_id_url
from app.domain.credentials.secrets import new_id
from app.domain.errors import DocumentRefused, MetadataRefused, RedirectUriRefused
from app.domain.lifetimes import after
from app.models import Client
from app.services import audit, leases, throttle
from app.services.clients.clients import DOCUMENT, describe
from app.services.clients.json_fetch import UNREACHABLE, Fetched, Fetcher
from app.services.clients.pinned_transport import Deadline

NO_URL = (
    "The client_id is not the address of a tool's description: an https URL with a path, of at most "
    "200 characters, without fragment, user name or dot segments."
)
FETCH_MAY_TAKE = 10
LOOK_AGAIN = 0.05


@dataclass(frozen=True, slots=True)
class Lookup:
    """What looking a document up rests on; an unused client is removed after `unused_lifetime` s."""

    fetcher: Fetcher
    policy: MetadataPolicy
    unused_lifetime: int


def check_url(url: str) -> None:
    """Raise DocumentRefused for a text that cannot be the URL of a document; nothing is looked up."""
    if not is_client_id_url(url):
        raise DocumentRefused(NO_URL)


def ensure(url: str, lookup: Lookup, *, user_id: str, at: datetime) -> None:
    """Make the client of a document's URL known, or bring it up to date, for a signed-in user.

    Raises DocumentRefused when the URL, the fetch or the document is no good; Throttled; and Unavailable
    when too many are being fetched.
    """
    check_url(url)
    if _is_settled(url, at):
        return
    throttle.spend(throttle.DOCUMENT_PER_USER, user_id, at=at)
    deadline = lookup.fetcher.deadline()
    with lookup.fetcher.slot():
        _fetch_once(url, lookup, deadline, at)


def _is_settled(url: str, at: datetime) -> bool:
    """Say whether nothing needs fetching: the kept client is fresh, or an administrator disabled it."""
    with reading() as session:
        row = session.execute(
            select(Client.document_fresh_until, Client.disabled_at).where(Client.identifier == url)
        ).first()
    if row is None:
        return False
    fresh_until, disabled_at = row
    return disabled_at is not None or (fresh_until is not None and fresh_until > at)


def _fetch_once(url: str, lookup: Lookup, deadline: Deadline, at: datetime) -> None:
    """Fetch, or wait for the thread or process that is fetching the same URL."""
    what = f"document\0{url}"
    while not leases.acquire(what, until=after(at, FETCH_MAY_TAKE), at=at):
        if not deadline.remaining:
            raise DocumentRefused(UNREACHABLE, detail="another fetch takes too long")
        time.sleep(LOOK_AGAIN)
        if _is_settled(url, at):
            return
    try:
        if not _is_settled(url, at):
            _keep(url, lookup.fetcher.fetch(url, deadline), lookup, at)
    finally:
        leases.release(what)


def _keep(url: str, fetched: Fetched, lookup: Lookup, at: datetime) -> None:
    try:
        metadata = read_document(fetched.value, url, lookup.policy)
    except (MetadataRefused, RedirectUriRefused) as refusal:
        raise DocumentRefused(refusal.public, detail=url) from None
    with writing() as session:
        row = session.scalar(select(Client).where(Client.identifier == url))
        kind = AuditKind.CLIENT_UPDATED if row else AuditKind.CLIENT_REGISTERED
        if row is None:
            row = _new(url, after(at, lookup.unused_lifetime), at)
            session.add(row)
        changed = describe(row, metadata)
        row.document_fresh_until = after(at, freshness(fetched.headers))
        if changed:
            audit.record(
                session, kind, at=at, actor="document", subject=url, changed=sorted(changed)
            )


def _new(url: str, removable_at: datetime, at: datetime) -> Client:
    return Client(
        id=new_id("cli"), identifier=url, registered_by=DOCUMENT, created_at=at, extra_metadata={},
        removable_at=removable_at,
    )  # fmt: skip
