"""Clients that are known by the URL of a metadata document (Client ID Metadata Documents, draft -02).

A document is fetched when a signed-in user arrives with its URL at the authorization endpoint. It is
kept as a client for as long as its headers allow; a failure is not kept. Later steps (consent, the
token endpoint) use the kept client and fetch nothing.

The fetch runs beside the request, which waits a moment only. A user has one fetch at a time, in all
processes. How it ended waits for the user's next request when nobody was there to hear it.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.clients.logos import LOGO_URI, logo_to_fetch
from app.domain.clients.metadata import MetadataPolicy, read_document
from app.domain.clients.metadata_urls import freshness, is_client_id_url
from app.domain.credentials.secrets import new_id
from app.domain.errors import DocumentRefused, MetadataRefused, RedirectUriRefused, Unavailable
from app.domain.lifetimes import after
from app.models import Client
from app.services import audit, leases, throttle
from app.services.clients import kept_logos, logos
from app.services.clients.clients import DOCUMENT, describe
from app.services.clients.fetch_jobs import BUSY, Context
from app.services.clients.json_fetch import Fetched, Fetcher, could_not_fetch
from app.services.clients.pinned_transport import Deadline
from app.settings.client_documents import ClientDocuments

NO_URL = (
    "The client_id is not the address of a tool's description: an https URL with a path, of at most "
    "200 characters, without fragment, user name or dot segments."
)
NONE_TAKEN = (
    "This tool makes itself known by a document on the web, and this server takes no such documents. "
    "Let the tool register itself, or ask the administrator of this server."
)
FETCH_MAY_TAKE = 10
TELL_WITHIN = 10
LOOK_AGAIN = 0.05
LOOK_AGAIN_AT_MOST = 0.4  # each look writes


@dataclass(frozen=True, slots=True)
class Lookup:
    """What looking a document up rests on; an unused client is removed after `unused_lifetime` s.

    `context` is what the thread of a fetch runs in.
    """

    fetcher: Fetcher
    policy: MetadataPolicy
    documents: ClientDocuments
    unused_lifetime: int
    context: Context


def check_url(url: str, documents: ClientDocuments) -> None:
    """Raise DocumentRefused for a text that is no URL of a document that is taken; fetches nothing."""
    if not documents.are_on:
        raise DocumentRefused(NONE_TAKEN)
    if not is_client_id_url(url):
        raise DocumentRefused(NO_URL)
    host = urlsplit(url).hostname or ""
    if not documents.include(host):
        raise DocumentRefused(
            f"This server takes the descriptions of tools from a few hosts only, and {host} is none of "
            "them. Ask its administrator."
        )


def ensure(url: str, lookup: Lookup, *, user_id: str, at: datetime) -> None:
    """Make the client of a document's URL known, or bring it up to date, for a signed-in user.

    Raises DocumentRefused when the URL, the fetch or the document is no good; Throttled; and Unavailable
    when it takes longer than a moment: asking again then meets the fetch or its end.
    """
    check_url(url, lookup.documents)
    if _is_settled(url, at):
        return

    def work() -> None:
        _look_up(url, lookup, user_id, at)

    def untold(error: Exception | None) -> None:
        if error is None or isinstance(error, DocumentRefused):
            what = _ended(url, user_id, is_good=error is None)
            leases.acquire(what, until=after(at, FETCH_MAY_TAKE + TELL_WITHIN), at=at)

    lookup.fetcher.jobs.run(user_id, url, work, lookup.context, untold=untold)


def _ended(url: str, user_id: str, *, is_good: bool) -> str:
    """Return the name of the lease that says how a fetch ended that its user has not heard of."""
    return f"document {'good' if is_good else 'bad'}\0{user_id}\0{url}"


def _heard(url: str, user_id: str, at: datetime) -> bool:
    """Say whether the last fetch went well unheard; raises DocumentRefused when it failed unheard."""
    if leases.take(_ended(url, user_id, is_good=False), at=at):
        raise DocumentRefused(could_not_fetch(url))
    return leases.take(_ended(url, user_id, is_good=True), at=at)


def _look_up(url: str, lookup: Lookup, user_id: str, at: datetime) -> None:
    """Fetch for a user who has no other fetch; a failure is told no sooner than it may be."""
    own = f"documents\0{user_id}"
    if not leases.acquire(own, until=after(at, FETCH_MAY_TAKE), at=at):
        raise Unavailable(BUSY)
    deadline = lookup.fetcher.deadline()
    try:
        if not _heard(url, user_id, at):
            _fetch_once(url, lookup, deadline, user_id, at)
    except DocumentRefused:
        deadline.await_telling()
        raise
    finally:
        leases.release(own)


@repeated
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


def _fetch_once(url: str, lookup: Lookup, deadline: Deadline, user_id: str, at: datetime) -> None:
    """Fetch, or wait for the thread or process that is fetching the same URL."""
    what, pause = f"document\0{url}", LOOK_AGAIN
    while not leases.acquire(what, until=after(at, FETCH_MAY_TAKE), at=at):
        if not deadline.remaining:
            raise DocumentRefused(could_not_fetch(url), detail="another fetch takes too long")
        time.sleep(pause)
        pause = min(2 * pause, LOOK_AGAIN_AT_MOST)
        if _is_settled(url, at):
            return
    try:
        if not _is_settled(url, at):
            throttle.spend(throttle.DOCUMENT_PER_USER, user_id, at=at)
            _keep(url, lookup.fetcher.fetch(url, deadline), lookup, at)
    finally:
        leases.release(what)


@repeated
def _keep(url: str, fetched: Fetched, lookup: Lookup, at: datetime) -> None:
    try:
        metadata = read_document(fetched.value, url, lookup.policy)
    except (MetadataRefused, RedirectUriRefused) as refusal:
        raise DocumentRefused(refusal.public, detail=url) from None
    with writing() as session:
        known = select(Client).where(Client.identifier == url).with_for_update(key_share=True)
        row = session.scalar(known)
        kind = AuditKind.CLIENT_UPDATED if row else AuditKind.CLIENT_REGISTERED
        if row is None:
            row = _new(url, after(at, lookup.unused_lifetime), at)
            session.add(row)
        had = row.extra_metadata.get(LOGO_URI)
        changed = describe(row, metadata)
        if row.extra_metadata.get(LOGO_URI) != had:
            kept_logos.forget(session, row)
        row.document_fresh_until = after(at, freshness(fetched.headers))
        if changed:
            audit.record(
                session, kind, at=at, actor="document", subject=url, changed=sorted(changed)
            )
        client_id, has_logo = row.id, row.logo_digest is not None
    logo = logo_to_fetch(url, metadata.extra_metadata, lookup.documents.named)
    if logo is not None and not has_logo:
        logos.begin_fetch(client_id, logo, lookup.fetcher, lookup.context, at=at)


def _new(url: str, removable_at: datetime, at: datetime) -> Client:
    return Client(
        id=new_id("cli"), identifier=url, registered_by=DOCUMENT, created_at=at, extra_metadata={},
        removable_at=removable_at,
    )  # fmt: skip
