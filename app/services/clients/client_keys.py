"""Keys of clients: they come with the client's metadata, or from its `jwks_uri` (RFC 7591 section 2).

They are fetched with the guards of `json_fetch`, at most once a minute, and only for clients that a
user has approved. The fetch runs beside the request, which waits a moment only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, update

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.clients.metadata import check_keys
from app.domain.errors import DocumentRefused, MetadataRefused
from app.domain.lifetimes import after
from app.models import Client
from app.services import leases
from app.services.clients.clients import ClientInfo
from app.services.clients.fetch_jobs import Context
from app.services.clients.json_fetch import MAX_KEYS, Fetcher

KEYS_FRESH = 3_600
KEYS_USABLE = 86_400
FETCH_EVERY = 60

log = structlog.get_logger()
Keys = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeySource:
    """What fetches keys, and what the thread of a fetch runs in."""

    fetcher: Fetcher
    context: Context


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: Keys | None
    age: float
    may_fetch: bool


def keys_of(client: ClientInfo, source: KeySource, at: datetime, *, stale: bool) -> Keys | None:
    """Return a client's keys; `stale` asks for those at its `jwks_uri` anew.

    Raises Unavailable while they are still being fetched: asking again then meets them.
    """
    if "jwks_uri" not in client.extra_metadata:
        own: Keys | None = client.extra_metadata.get("jwks")
        return own
    kept = _kept(client, at)
    if kept.may_fetch and (stale or kept.age >= KEYS_FRESH):

        def work() -> None:
            _fetch(client, source.fetcher, at)

        source.fetcher.jobs.run(f"keys of {client.id}", "keys", work, source.context)
        kept = _kept(client, at)
    return kept.keys if kept.age < KEYS_USABLE else None


@repeated
def _kept(client: ClientInfo, at: datetime) -> _Kept:
    with reading() as session:
        keys, read_at, removable_at = session.execute(
            select(Client.fetched_keys, Client.keys_read_at, Client.removable_at).where(
                Client.id == client.id
            )
        ).one()
    age = (at - read_at).total_seconds() if read_at else KEYS_USABLE
    return _Kept(dict(keys) if keys else None, age, may_fetch=removable_at is None)


def _fetch(client: ClientInfo, fetcher: Fetcher, at: datetime) -> None:
    """Fetch and keep a client's keys, unless somebody tried within the last minute."""
    if not leases.acquire(f"keys\0{client.id}", until=after(at, FETCH_EVERY), at=at):
        return
    deadline = fetcher.deadline()
    try:
        keys = fetcher.fetch(str(client.extra_metadata["jwks_uri"]), deadline, limit=MAX_KEYS).value
        check_keys(keys if isinstance(keys, dict) else {})
    except (DocumentRefused, MetadataRefused) as refusal:
        log.info("keys.refused", client=client.identifier, reason=refusal.public)
        deadline.await_telling()
        return
    _keep(client, keys, at)


@repeated
def _keep(client: ClientInfo, keys: object, at: datetime) -> None:
    with writing() as session:
        session.execute(
            update(Client).where(Client.id == client.id).values(fetched_keys=keys, keys_read_at=at)
        )
