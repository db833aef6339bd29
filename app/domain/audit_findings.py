"""What a comparison of the audit log with its chain finds."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from app.domain.audit_chain import (
    NOTHING,
    AuditKey,
    Event,
    Head,
    Segment,
    event_digest,
    has_true_entries,
    is_same,
    is_whole,
    unpacked,
)

LISTED = 100  # findings that are told one by one; the others are counted
COMPARED = 300  # misplaced events whose place is looked for


class Fault(StrEnum):
    """Every kind of fault in the log or in its chain."""

    EDITED = "event.edited"
    DELETED = "event.deleted"
    MOVED = "event.moved"
    INSERTED = "event.inserted"
    SEGMENT_MISSING = "segment.missing"
    SEGMENT_CHANGED = "segment.changed"
    ENTRIES_CHANGED = "segment.entries_changed"
    CHAIN_BROKEN = "segment.not_following"
    KEY_MISSING = "segment.key_missing"
    HEAD_MISSING = "head.missing"
    HEAD_DIFFERS = "head.differs"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault: of which event or segments, and where an event that was moved came from.

    `key` is the identifier of a key that is missing.
    """

    fault: Fault
    event: int | None = None
    segment: int | None = None
    until: int | None = None  # the last segment, where there are several
    moved_from: int | None = None
    key: str | None = None


@dataclass(slots=True)
class Findings:
    """What was found so far: the first faults, and how many of each kind there are."""

    listed: list[Finding] = field(default_factory=list)
    counts: dict[Fault, int] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Count a fault, and list it unless there are many already."""
        self.counts[finding.fault] = self.counts.get(finding.fault, 0) + 1
        if len(self.listed) < LISTED:
            self.listed.append(finding)


@dataclass(frozen=True, slots=True)
class Lost:
    """An entry whose event is gone or different."""

    number: int
    digest: bytes
    key: AuditKey
    segment: int


@dataclass(frozen=True, slots=True)
class Astray:
    """An event that does not have the entry of its number; `is_sealed` says whether there is one."""

    event: Event
    segment: int
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What does not fit between the events of a segment and its entries."""

    lost: tuple[Lost, ...] = ()
    astray: tuple[Astray, ...] = ()


def of_chain(
    segment: Segment, before: Segment | None, keys: Mapping[str, AuditKey]
) -> list[Finding]:
    """Return what is wrong with a segment itself, and with what it follows.

    `before` is the segment that was read before, None for the first one.
    """
    found = _of_place(segment, before)
    whole, entries = is_whole(segment, keys), has_true_entries(segment, keys)
    if whole is False:
        found.append(Finding(Fault.SEGMENT_CHANGED, segment=segment.number))
    elif entries is False:
        found.append(Finding(Fault.ENTRIES_CHANGED, segment=segment.number))
    elif whole is None or entries is None:
        needed = segment.key if whole is None and not segment.begins else segment.mark_key
        found.append(Finding(Fault.KEY_MISSING, segment=segment.number, key=needed))
    return found


def _of_place(segment: Segment, before: Segment | None) -> list[Finding]:
    if before is None and segment.begins:
        return []
    last, digest = (0, NOTHING) if before is None else (before.number, before.digest)
    if segment.number > last + 1:
        gap = Finding(Fault.SEGMENT_MISSING, segment=last + 1, until=segment.number - 1)
        return [gap]
    if segment.previous != digest or segment.begins:
        return [Finding(Fault.CHAIN_BROKEN, segment=segment.number)]
    return []


def compared(segment: Segment, events: Sequence[Event], key: AuditKey | None) -> Comparison:
    """Compare a good segment with all events in its span; an empty one needs no key."""
    entries = unpacked(segment.entries)
    lost, astray = [], []
    for event in events:
        entry = entries.pop(event.number, None)
        if entry is None or key is None:
            astray.append(Astray(event, segment.number, is_sealed=False))
        elif not hmac.compare_digest(entry, event_digest(event, key)):
            astray.append(Astray(event, segment.number, is_sealed=True))
            lost.append(Lost(event.number, entry, key, segment.number))
    if key is not None:
        lost += [Lost(number, entry, key, segment.number) for number, entry in entries.items()]
    return Comparison(tuple(lost), tuple(astray))


@dataclass(slots=True)
class Search:
    """Looks for the place that events which are astray had before."""

    lost: list[Lost] = field(default_factory=list)
    astray: list[Astray] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)

    def add(self, comparison: Comparison) -> None:
        """Keep what does not fit; when that is much, it is told without a search for its place."""
        room = COMPARED - max(len(self.lost), len(self.astray))
        if len(comparison.lost) > room or len(comparison.astray) > room:
            _tell(self.findings, comparison.lost, comparison.astray, {})
            return
        self.lost += comparison.lost
        self.astray += comparison.astray

    def finish(self) -> None:
        """Tell what was kept: what is found under another number was moved there."""
        places: dict[int, int] = {}
        for one in self.astray:
            for lost in self.lost:
                as_there = event_digest(one.event, lost.key, number=lost.number)
                if lost.number != one.event.number and hmac.compare_digest(lost.digest, as_there):
                    places[one.event.number] = lost.number
                    break
        _tell(self.findings, self.lost, self.astray, places)
        self.lost, self.astray = [], []


def _tell(
    findings: Findings, lost: Sequence[Lost], astray: Sequence[Astray], places: Mapping[int, int]
) -> None:
    found = {}
    for one in astray:
        number = one.event.number
        fault = Fault.EDITED if one.is_sealed else Fault.INSERTED
        made = Finding(fault, event=number, segment=one.segment)
        if number in places:
            made = replace(made, fault=Fault.MOVED, moved_from=places[number])
        found[number] = made
    moved = set(places.values())
    for entry in lost:
        if entry.number not in found and entry.number not in moved:
            found[entry.number] = Finding(Fault.DELETED, entry.number, entry.segment)
    for number in sorted(found):
        findings.add(found[number])


def of_head(published: Head, segment: Segment | None, first: int, last: int) -> Finding | None:
    """Return what a head that was published says against the segment of its number.

    `first` and `last` are the numbers of the segments that there are; what retention has removed before
    them cannot be compared any more.
    """
    number = published.number
    if segment is not None:
        if is_same(segment.digest, published.digest):
            return None
        return Finding(Fault.HEAD_DIFFERS, segment=number)
    if number > last:
        return Finding(Fault.HEAD_MISSING, segment=last + 1, until=number)
    return None if number < first else Finding(Fault.SEGMENT_MISSING, segment=number)
