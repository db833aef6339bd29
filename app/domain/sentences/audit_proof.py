"""What the verification of the audit log found, in a sentence a fault."""

from collections.abc import Mapping

from app.domain.audit_findings import Fault, Finding

EVENTS = {
    Fault.EDITED: "Event {event} was edited.",
    Fault.DELETED: "Event {event} was deleted.",
    Fault.MOVED: "Event {event} was reordered: it was event {moved_from}.",
    Fault.INSERTED: "Event {event} was inserted later, among events that were sealed before.",
}
SEGMENTS = {
    Fault.SEGMENT_MISSING: "{segments} missing from the chain.",
    Fault.SEGMENT_CHANGED: "{segments} changed; its events cannot be compared.",
    Fault.ENTRIES_CHANGED: "{segments} changed in its entries; its events cannot be compared.",
    Fault.CHAIN_BROKEN: "{segments} put there later: it does not follow the one before.",
    Fault.KEY_MISSING: "{segments} sealed with key {key}, which is not in MANDATE_SECRET_KEY.",
    Fault.HEAD_MISSING: "{segments} cut off with the events in it: its head was published.",
    Fault.HEAD_DIFFERS: "{segments} not the one whose head was published: the log is another one.",
}
IS = (Fault.SEGMENT_MISSING, Fault.HEAD_DIFFERS)
NAMES = {
    Fault.EDITED: "edited",
    Fault.DELETED: "deleted",
    Fault.MOVED: "reordered",
    Fault.INSERTED: "inserted",
    Fault.SEGMENT_MISSING: "missing segments",
    Fault.SEGMENT_CHANGED: "changed segments",
    Fault.ENTRIES_CHANGED: "segments with changed entries",
    Fault.CHAIN_BROKEN: "segments that do not follow",
    Fault.KEY_MISSING: "segments without their key",
    Fault.HEAD_MISSING: "truncated",
    Fault.HEAD_DIFFERS: "another log than published",
}


def finding_text(finding: Finding) -> str:
    """Return a fault as a sentence."""
    if finding.fault in EVENTS:
        return EVENTS[finding.fault].format(event=finding.event, moved_from=finding.moved_from)
    many = finding.until is not None and finding.until != finding.segment
    named = (
        f"Segments {finding.segment} to {finding.until}" if many else f"Segment {finding.segment}"
    )
    verb = ("are" if many else "is") if finding.fault in IS else ("were" if many else "was")
    return SEGMENTS[finding.fault].format(segments=f"{named} {verb}", key=finding.key)


def counts_text(counts: Mapping[Fault, int]) -> str:
    """Return how many faults of each kind there are, such as `2 edited, 1 deleted`."""
    return ", ".join(f"{counts[fault]:,} {NAMES[fault]}" for fault in Fault if fault in counts)
