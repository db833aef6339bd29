"""What credentials are used for: counted in memory, written in batches, read for the pages.

Introspection may not write, so each process keeps counts and writes them every few seconds. A count
that could not be written stays in memory for the next time.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, Insert, Update, bindparam, case, select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import writing
from app.database.upserts import greatest, insert_into, least
from app.domain.delegation.usage import Use
from app.domain.errors import DomainError
from app.domain.introspection import Resolution
from app.models import Activity, Authorization, ClientSession
from app.models.base import Instant

log = structlog.get_logger()
MAX_KEYS = 20_000
MAX_ADDRESS = 80


class CountKey(NamedTuple):
    """What is counted together: the primary key of a row."""

    authorization_id: str
    credential: str
    resource_server: str
    capability: str
    project: str
    mcp_server: str
    refused: bool


@dataclass(slots=True)
class Tally:
    """The calls of one key that are not written yet."""

    calls: int
    first_at: datetime
    last_at: datetime
    address: str

    def add(self, other: "Tally") -> None:
        """Take the calls of another tally in, which may be older or newer."""
        self.calls += other.calls
        self.first_at = min(self.first_at, other.first_at)
        if other.last_at >= self.last_at:
            self.last_at, self.address = other.last_at, other.address


class ActivityBuffer:
    """The counts of one process. Safe for threads; its lock is never held during I/O."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[CountKey, Tally] = {}
        self._under_way = 0
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._tallies) + self._under_way

    def note(
        self, resolved: Resolution, *, resource_server: str, address: str, at: datetime
    ) -> None:
        """Count a call for each of its purposes; a credential that is unknown or over is not counted."""
        if not resolved.authorization_id:
            return
        one = Tally(1, at, at, address[:MAX_ADDRESS])
        who = (resolved.authorization_id, resolved.session, resource_server)
        with self._lock:
            for use in resolved.uses:
                key = CountKey(*who, use.capability, use.project, use.mcp_server, resolved.refused)
                self._count(key, one)

    def _count(self, key: CountKey, one: Tally) -> None:
        tally = self._tallies.get(key)
        if tally is not None:
            tally.add(one)
        elif len(self) < MAX_KEYS:
            self._tallies[key] = replace(one)
        else:
            self._dropped += 1

    def flush(self) -> int:
        """Write all counts or none, and return the number of rows; counts that fail wait."""
        taken = waiting = self._take()
        if not taken:
            return 0
        try:
            written = _written(taken)
            waiting = {}
        except DomainError as refusal:
            log.warning("activity.waits", rows=len(taken), reason=refusal.detail)
            return 0
        finally:
            self._settle(len(taken), waiting)
        return written

    def _take(self) -> dict[CountKey, Tally]:
        with self._lock:
            taken, self._tallies = self._tallies, {}
            self._under_way += len(taken)
            dropped, self._dropped = self._dropped, 0
        if dropped:
            log.warning("activity.dropped", calls=dropped, limit=MAX_KEYS)
        return taken

    def _settle(self, count: int, waiting: dict[CountKey, Tally]) -> None:
        """End a flush; counts that still wait are merged with those that came meanwhile."""
        with self._lock:
            self._under_way -= count
            for key, tally in waiting.items():
                newer = self._tallies.setdefault(key, tally)
                if newer is not tally:
                    newer.add(tally)


@dataclass(frozen=True, slots=True)
class ActivityCount:
    """A row: how often a credential was used for one purpose, and whether that was refused."""

    credential: str
    resource_server: str
    capability: str
    project: str
    mcp_server: str
    refused: bool
    calls: int
    address: str
    first_at: datetime
    last_at: datetime


COLUMNS = tuple(field.name for field in fields(ActivityCount))


def of_authorization(session: Session, authorization_id: str) -> list[ActivityCount]:
    """Return what an Authorization was used for, the latest first."""
    rows = session.execute(
        select(*(getattr(Activity, name) for name in COLUMNS))
        .where(Activity.authorization_id == authorization_id)
        .order_by(Activity.last_at.desc(), Activity.capability, Activity.project)
    )
    return [ActivityCount(*row) for row in rows]


def uses_since(session: Session, authorization_id: str, since: datetime) -> list[Use]:
    """Return each purpose that an Authorization served since an instant, refused calls left out."""
    rows = session.execute(
        select(Activity.capability, Activity.project, Activity.mcp_server)
        .where(
            Activity.authorization_id == authorization_id,
            Activity.refused.is_(False),
            Activity.last_at >= since,
        )
        .distinct()
    )
    return [Use(*row) for row in rows]


@repeated
def _written(taken: dict[CountKey, Tally]) -> int:
    with writing() as session:
        return _write(session, taken)


def _write(session: Session, taken: dict[CountKey, Tally]) -> int:
    """Add the counts to the rows and move `used_at` on, in one order for every process."""
    existing = _lock_existing(session, {key.authorization_id for key in taken})
    keys = sorted(key for key in taken if key.authorization_id in existing)
    if not keys:
        return 0
    connection = session.connection()
    connection.execute(_upsert(connection), [_row(key, taken[key]) for key in keys])
    good = [(key, taken[key].last_at) for key in keys if not key.refused]
    if good:
        used = _latest((key.authorization_id, at) for key, at in good)
        connection.execute(_forward(Authorization), used)
        # The id of an API key is the id of no session and matches nothing.
        connection.execute(_forward(ClientSession), _latest((k.credential, at) for k, at in good))
    return len(keys)


def _lock_existing(session: Session, ids: set[str]) -> set[str]:
    """Lock and return the Authorizations that exist: one that vanished would fail the whole batch."""
    statement = (
        select(Authorization.id)
        .where(Authorization.id.in_(ids))
        .order_by(Authorization.id)
        .with_for_update(read=True, key_share=True)
    )
    return set(session.scalars(statement))


def _row(key: CountKey, tally: Tally) -> dict[str, Any]:
    # An address may come from a proxy's header; not all text can be kept.
    return {
        **key._asdict(),
        "calls": tally.calls,
        "address": tally.address if tally.address.isprintable() else "",
        "first_at": tally.first_at,
        "last_at": tally.last_at,
    }


def _upsert(connection: Connection) -> Insert:
    statement = insert_into(Activity, connection)
    new = statement.excluded
    merged: Insert = statement.on_conflict_do_update(
        index_elements=list(CountKey._fields),
        set_={
            "calls": Activity.calls + new.calls,
            "first_at": least(connection, Activity.first_at, new.first_at),
            "last_at": greatest(connection, Activity.last_at, new.last_at),
            "address": case((new.last_at >= Activity.last_at, new.address), else_=Activity.address),
        },
    )
    return merged


def _latest(instants: Iterable[tuple[str, datetime]]) -> list[dict[str, Any]]:
    """Return the latest instant of each id as parameters, in the order of the ids."""
    latest: dict[str, datetime] = {}
    for identity, at in instants:
        latest[identity] = max(at, latest.get(identity, at))
    return [{"identity": identity, "seen_at": latest[identity]} for identity in sorted(latest)]


def _forward(table: type[Authorization | ClientSession]) -> Update:
    """Return the statement that moves `used_at` forward, never back."""
    seen_at = bindparam("seen_at", type_=Instant())
    is_later = table.used_at.is_(None) | (table.used_at < seen_at)
    return update(table).where(table.id == bindparam("identity"), is_later).values(used_at=seen_at)
