"""The chain of the audit log: what proves that its events are those that were written.

A segment covers the numbers from `first` to `last`. It holds an entry for each event: the number and a
keyed digest. Its own keyed digest covers the digest of the segment before, so that the newest one, the
head, stands for the whole log. When retention removes events, a keyed mark names the entries that are
kept; the digest of the segment stays as it is.
"""

import hashlib
import hmac
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

INFO = b"mandate audit chain 1"
ENTRY = struct.Struct(">q16s")
NOTHING = "0" * 64  # what the first segment follows


@dataclass(frozen=True, slots=True)
class AuditKey:
    """A key that seals; `identifier` says which one without telling it."""

    identifier: str
    secret: bytes = field(repr=False)

    def digest(self, message: bytes) -> bytes:
        """Return the keyed digest of a message (HMAC-SHA256, RFC 2104)."""
        return hmac.digest(self.secret, message, "sha256")


def audit_keys(secret_keys: Sequence[str]) -> tuple[AuditKey, ...]:
    """Return the keys of the chain that follow from secret keys, in their order (HKDF, RFC 5869)."""
    return tuple(_derived(text.encode()) for text in secret_keys)


def _derived(secret: bytes) -> AuditKey:
    extracted = hmac.digest(bytes(32), secret, "sha256")
    expanded = hmac.digest(extracted, INFO + b"\x01", "sha256")
    return AuditKey(hmac.digest(expanded, b"identifier", "sha256").hex()[:16], expanded)


@dataclass(frozen=True, slots=True)
class Event:
    """An audit event as it is sealed; without an instant it cannot be read."""

    number: int
    at: datetime | None
    kind: str
    actor: str
    subject: str
    user_id: str | None
    detail: Mapping[str, Any]


def unreadable(number: int) -> Event:
    """Return what is left of an event whose columns hold what no event has."""
    return Event(number, None, "", "", "", None, {})


def event_digest(event: Event, key: AuditKey, *, number: int | None = None) -> bytes:
    """Return the short keyed digest of an event, or of the same event under another number.

    16 bytes: nobody without the key finds another event for them. One that cannot be read has none.
    """
    if event.at is None:
        return b""
    try:
        values = (
            event.number if number is None else number,
            event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            event.kind,
            event.actor,
            event.subject,
            event.user_id,
            event.detail,
        )
        text = json.dumps(["event", *values], sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError):
        return b""
    return key.digest(text.encode())[:16]


def packed(entries: Mapping[int, bytes]) -> bytes:
    """Return entries, digests by number, as a segment holds them."""
    return b"".join(ENTRY.pack(number, digest) for number, digest in sorted(entries.items()))


def unpacked(entries: bytes) -> dict[int, bytes]:
    """Return the digests by number of a segment's entries; none for what cannot be read."""
    return {} if len(entries) % ENTRY.size else dict(ENTRY.iter_unpack(entries))


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed part of the log.

    `mark` and `mark_key` stand for the entries that are left once retention has removed some; `begins`
    says that all segments before were removed as well.
    """

    number: int
    first: int
    last: int
    count: int
    entries: bytes
    entries_digest: str
    previous: str
    sealed_at: datetime
    key: str
    digest: str = ""
    begins: bool = False
    mark_key: str | None = None
    mark: str | None = None


def unreadable_segment(number: int) -> Segment:
    """Return what is left of a segment whose columns hold what no segment has; it has no key."""
    return Segment(number, 0, -1, 0, b"", "", "", datetime.min.replace(tzinfo=UTC), key="")


@dataclass(frozen=True, slots=True)
class Head:
    """A segment that stands for all before it, as it is published."""

    number: int
    digest: str


def sealed(events: Sequence[Event], before: Segment | None, key: AuditKey, at: datetime) -> Segment:
    """Return the segment of the events that come after a segment; there is at least one, in order."""
    entries = packed({event.number: event_digest(event, key) for event in events})
    made = Segment(
        number=1 if before is None else before.number + 1,
        first=1 if before is None else before.last + 1,
        last=events[-1].number,
        count=len(events),
        entries=entries,
        entries_digest=hashlib.sha256(entries).hexdigest(),
        previous=NOTHING if before is None else before.digest,
        sealed_at=at,
        key=key.identifier,
    )
    return replace(made, digest=_segment_digest(made, key))


def _segment_digest(segment: Segment, key: AuditKey) -> str:
    return _keyed(
        key,
        "segment",
        segment.number,
        segment.first,
        segment.last,
        segment.count,
        segment.entries_digest,
        segment.previous,
        segment.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        segment.key,
    )


def _mark_digest(segment: Segment, key: AuditKey) -> str:
    kept = hashlib.sha256(segment.entries).hexdigest()
    covered = (segment.first, segment.last, segment.digest, segment.begins, segment.mark_key)
    return _keyed(key, "mark", segment.number, kept, *covered)


def _keyed(key: AuditKey, *values: object) -> str:
    return key.digest(json.dumps(values, separators=(",", ":")).encode()).hex()


def without(segment: Segment, numbers: set[int], key: AuditKey, *, begins: bool = False) -> Segment:
    """Return a segment from which retention has removed events; `begins`: the log begins with it."""
    left = {n: d for n, d in unpacked(segment.entries).items() if n not in numbers}
    changed = replace(
        segment, entries=packed(left), begins=begins or segment.begins, mark_key=key.identifier
    )
    return replace(changed, mark=_mark_digest(changed, key))


def is_whole(segment: Segment, keys: Mapping[str, AuditKey]) -> bool | None:
    """Say whether a segment is as it was sealed, its entries aside; None: its key is not there.

    Of one that begins the log only its mark counts, so that the key that sealed it is not needed.
    """
    if not segment.key:
        return False
    if segment.begins:
        return segment.mark is not None and has_true_entries(segment, keys)
    key = keys.get(segment.key)
    return None if key is None else is_same(segment.digest, _segment_digest(segment, key))


def is_same(one: str, other: str) -> bool:
    """Compare two digests in constant time, whatever somebody wrote in their place."""
    return hmac.compare_digest(one.encode(), other.encode())


def has_true_entries(segment: Segment, keys: Mapping[str, AuditKey]) -> bool | None:
    """Say whether the entries are those that were sealed or that are kept; None: a key is not there."""
    if segment.mark is None:
        return hashlib.sha256(segment.entries).hexdigest() == segment.entries_digest
    key = keys.get(segment.mark_key or "")
    return None if key is None else is_same(segment.mark, _mark_digest(segment, key))
