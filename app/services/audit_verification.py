"""Comparing the audit log with its chain: in order, in constant memory, while everybody goes on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.audit import AuditKind
from app.domain.audit_chain import AuditKey, Event, Head, Segment
from app.domain.audit_findings import (
    Comparison,
    Fault,
    Finding,
    Search,
    compared,
    of_chain,
    of_head,
)
from app.models import AuditEvent
from app.services import audit_segments

PAGE = 1_000  # events
TRIES = 5
LEAST = -(2**63)
UNCERTAIN = {Fault.SEGMENT_CHANGED, Fault.ENTRIES_CHANGED, Fault.KEY_MISSING}
RESTORES = 10

Tell = Callable[[int], None]  # of the events that were compared so far


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Events that no segment covers yet: how many, and the instant of the oldest one."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore of a backup that the log tells of."""

    event: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: the first faults, how many of each kind, and what was looked at.

    `unproven` events stand where a segment is missing or cannot be relied on. The heads `too_old` are
    of segments whose events retention has removed.
    """

    findings: tuple[Finding, ...]
    counts: Mapping[Fault, int]
    segments: int
    events: int
    unproven: int
    unsealed: Unsealed
    head: Head | None
    too_old: tuple[Head, ...]
    restores: tuple[Restore, ...]


def verify(
    keys: Sequence[AuditKey], heads: Sequence[Head] = (), *, tell: Tell | None = None
) -> Verdict:
    """Compare the whole log with its chain, and the chain with heads that were published.

    Raises Unavailable.
    """
    walk = _Walk({key.identifier: key for key in keys}, {head.number for head in heads})
    for segment in _segments():
        walk.visit(segment)
        if tell is not None:
            tell(walk.events)
    walk.search.finish()
    findings, too_old = walk.search.findings, []
    for head in heads:
        there = walk.published.get(head.number)
        finding = of_head(head, there, walk.first, walk.last.number if walk.last else 0)
        if finding is not None:
            findings.add(finding)
        elif there is None:
            too_old.append(head)
    unsealed, restores = _rest(walk.covered)
    return Verdict(
        tuple(findings.listed),
        findings.counts,
        walk.segments,
        walk.events,
        walk.unproven,
        unsealed,
        Head(walk.last.number, walk.last.digest) if walk.last else None,
        tuple(too_old),
        restores,
    )


class _Events:
    """The events from a number on, read a page at a time."""

    def __init__(self, first: int = LEAST) -> None:
        self._next = first
        self._read: list[Event] = []
        self._is_over = False

    def until(self, last: int) -> list[Event]:
        """Return the events that come next, up to a number."""
        found: list[Event] = []
        while True:
            taken = [event for event in self._read if event.number <= last]
            found += taken
            del self._read[: len(taken)]
            if self._read or self._is_over or self._next > last:
                return found
            self._read = _page(self._next)
            self._is_over = len(self._read) < PAGE
            if self._read:
                self._next = self._read[-1].number + 1


@dataclass(slots=True)
class _Walk:
    """The way along the chain, and what was seen on it."""

    keys: Mapping[str, AuditKey]
    wanted: set[int]
    search: Search = field(default_factory=Search)
    published: dict[int, Segment] = field(default_factory=dict)
    last: Segment | None = None
    first: int = 0
    covered: int = LEAST
    segments: int = 0
    events: int = 0
    unproven: int = 0
    _events: _Events = field(default_factory=_Events)

    def visit(self, segment: Segment) -> None:
        """Look at the next segment and at its events."""
        before = self.last
        if before is not None and segment.begins and _is_first(segment.number):
            before = None  # retention has removed meanwhile what was before
        found = of_chain(segment, before, self.keys)
        for finding in found:
            self.search.findings.add(finding)
        faults = {finding.fault for finding in found}
        if faults & UNCERTAIN:
            self.unproven += len(self._events.until(segment.last))
        else:
            if self.last is not None or Fault.SEGMENT_MISSING in faults:
                self.unproven += len(self._events.until(segment.first - 1))
            self._compare(segment)
        if segment.number in self.wanted:
            self.published[segment.number] = segment
        self.first = self.first or segment.number
        self.last, self.segments = segment, self.segments + 1
        self.covered = max(self.covered, segment.last)

    def _compare(self, segment: Segment) -> None:
        events = self._events.until(segment.last)
        self.events += len(events)
        found = compared(segment, events, self.keys.get(segment.key))
        if found != Comparison():
            found = self._again(segment, LEAST if self.last is None else segment.first)
        self.search.add(found)

    def _again(self, segment: Segment, first: int) -> Comparison:
        """Compare until the segment stays the same meanwhile: retention may be at work."""
        found = Comparison()
        for _ in range(TRIES):
            now = _segment(segment.number)
            if now is None:
                return Comparison()  # it has gone with those before it
            found = compared(now, _Events(first).until(now.last), self.keys.get(now.key))
            if found == Comparison() or _segment(segment.number) == now:
                break
        return found


@repeated
def _page(first: int) -> list[Event]:
    with reading() as session:
        return audit_segments.events_between(session, first, -LEAST - 1, PAGE)


def _segments() -> Iterator[Segment]:
    after = LEAST
    while page := _segments_after(after):
        yield from page
        after = page[-1].number


@repeated
def _segments_after(number: int) -> list[Segment]:
    with reading() as session:
        return audit_segments.segments_after(session, number)


@repeated
def _segment(number: int) -> Segment | None:
    with reading() as session:
        [*found] = audit_segments.segments_after(session, number - 1, 1)
    return found[0] if found and found[0].number == number else None


@repeated
def _is_first(number: int) -> bool:
    with reading() as session:
        return audit_segments.segments_after(session, LEAST, 1)[0].number == number


@repeated
def _rest(covered: int) -> tuple[Unsealed, tuple[Restore, ...]]:
    with reading() as session:
        return _unsealed(session, covered), _restores(session)


def _unsealed(session: Session, covered: int) -> Unsealed:
    beyond = AuditEvent.number > covered
    count = session.scalar(select(func.count()).where(beyond)) or 0
    try:
        return Unsealed(count, session.scalar(select(func.min(AuditEvent.at)).where(beyond)))
    except ValueError:  # somebody put in what is no instant
        return Unsealed(count, None)


def _restores(session: Session) -> tuple[Restore, ...]:
    told = select(AuditEvent.number, AuditEvent.at)
    restored = told.where(AuditEvent.kind == AuditKind.DATABASE_RESTORED)
    newest = restored.order_by(AuditEvent.number.desc()).limit(RESTORES)
    try:
        return tuple(Restore(*row) for row in session.execute(newest))
    except ValueError:  # somebody put in what is no instant
        return ()
