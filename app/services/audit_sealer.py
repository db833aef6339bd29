"""Sealing the audit log: one process at a time, beside those who write to it.

Who writes an event knows nothing of the chain, so nobody queues for it. What is settled is sealed later,
up to a thousand events in a segment.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app.database.open_writers import open_writers, still_open
from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit_chain import AuditKey, Head, Segment, sealed
from app.domain.errors import Conflict
from app.services import audit_segments, leases

log = structlog.get_logger("mandate.audit")

LEASE = "audit log: seal"
LEASED_FOR = timedelta(seconds=90)
WORKS_FOR = 30.0  # seconds; less than the lease
WAITS_FOR = 10.0  # seconds, for who writes
LOOKS_EVERY = 0.05  # seconds
RESTS_FOR = 0.05  # seconds after a segment, at most: a machine that is busy must not fall behind
EVENTS = 1_000  # in a segment


@dataclass(frozen=True, slots=True)
class Run:
    """What a run has sealed: how many segments and events, and the head afterwards."""

    head: Head
    first: int
    last: int
    segments: int
    events: int


def seal(key: AuditKey, *, at: datetime, every: timedelta = timedelta(0)) -> Run | None:
    """Seal what is settled; None when there is nothing, or when somebody else does it.

    Does nothing when something was sealed less than `every` ago. A run rests after each segment
    and ends after half a minute; the next one goes on. Raises Unavailable.
    """
    before, newest = _state()
    if newest <= (before.last if before else 0):
        return None
    if before and at - every < before.sealed_at <= at:  # a later instant is that of another clock
        return None
    if not leases.acquire(LEASE, until=at + LEASED_FOR, at=at):
        return None
    try:
        return _run(key, newest, at) if _settles() else None
    finally:
        leases.release(LEASE)


@repeated
def _state() -> tuple[Segment | None, int]:
    with reading() as session:
        return audit_segments.last_segment(session), audit_segments.newest_number(session)


def _settles() -> bool:
    """Wait until nothing can be committed below a number that was seen before; False: not in time."""
    ends = time.monotonic() + WAITS_FOR
    left = _writers(None)
    while left and time.monotonic() < ends:
        time.sleep(LOOKS_EVERY)
        left = _writers(left)
    if left:
        log.warning("audit.unsettled", transactions=len(left))
    return not left


@repeated
def _writers(before: frozenset[str] | None) -> frozenset[str]:
    table = audit_segments.EVENTS.name
    with reading() as session:
        if before is None:
            return open_writers(session, table)
        return still_open(session, table, before)


def _run(key: AuditKey, newest: int, at: datetime) -> Run | None:
    began = time.monotonic()
    ends = began + WORKS_FOR
    made: list[Segment] = []
    while (segment := _seal_one(key, newest, at)) is not None:
        made.append(segment)
        ended = time.monotonic()
        if segment.last == newest or ended >= ends:
            break
        time.sleep(min(ended - began, RESTS_FOR))
        began = time.monotonic()
    if not made:
        return None
    head = Head(made[-1].number, made[-1].digest)
    count = sum(segment.count for segment in made)
    return Run(head, made[0].first, made[-1].last, len(made), count)


def _seal_one(key: AuditKey, newest: int, at: datetime) -> Segment | None:
    """Add the next segment; None when nothing is left or somebody else has added it."""
    segment = _next(key, newest, at)
    if segment is None:
        return None
    try:
        _add(segment)
    except Conflict:
        return None
    return segment


@repeated
def _next(key: AuditKey, newest: int, at: datetime) -> Segment | None:
    with reading() as session:
        before = audit_segments.last_segment(session)
        if before is not None and not before.key:
            log.error("audit.unreadable", segment=before.number)
            return None
        first = before.last + 1 if before else 1
        events = audit_segments.events_between(session, first, newest, EVENTS)
    return sealed(events, before, key, at) if events else None


@repeated
def _add(segment: Segment) -> None:
    with writing() as session:
        audit_segments.add(session, segment)
