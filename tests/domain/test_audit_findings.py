"""What does not fit between a segment and its events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.domain.audit_chain import Event, Head, audit_keys, sealed, without
from app.domain.audit_findings import (
    LISTED,
    Comparison,
    Fault,
    Finding,
    Findings,
    Search,
    compared,
    of_chain,
    of_head,
)

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
KEY, OTHER = audit_keys(["one-secret-key", "another-secret-key"])
KEYS = {KEY.identifier: KEY, OTHER.identifier: OTHER}
EVENTS = [Event(n, AT, "user.added", f"actor {n}", "x", None, {}) for n in range(1, 7)]
ONE = sealed(EVENTS[:3], None, KEY, AT)
TWO = sealed(EVENTS[3:], ONE, OTHER, AT)


def told(*pairs: tuple[object, list[Event]]) -> list[tuple[Fault, int | None, int | None]]:
    search = Search()
    for segment, events in pairs:
        key = KEY if segment is ONE else OTHER
        search.add(compared(segment, events, key))  # type: ignore[arg-type]
    search.finish()
    return [(each.fault, each.event, each.moved_from) for each in search.findings.listed]


def test_what_fits_is_nothing() -> None:
    assert compared(ONE, EVENTS[:3], KEY) == Comparison()
    assert of_chain(ONE, None, KEYS) == of_chain(TWO, ONE, KEYS) == []


def test_each_kind_of_tampering_is_told_apart() -> None:
    one, two, three = EVENTS[:3]
    edited = replace(two, actor="somebody")
    assert told((ONE, [one, edited, three])) == [(Fault.EDITED, 2, None)]
    assert told((ONE, [one, three])) == [(Fault.DELETED, 2, None)]
    extra = replace(three, number=4)
    assert told((ONE, [one, two, three, extra])) == [(Fault.INSERTED, 4, None)]


def test_an_event_that_was_moved_is_found_in_any_segment_and_under_any_key() -> None:
    here, there = replace(EVENTS[4], number=2), replace(EVENTS[1], number=5)
    swapped = [(ONE, [EVENTS[0], here, EVENTS[2]]), (TWO, [EVENTS[3], there, EVENTS[5]])]
    assert told(*swapped) == [(Fault.MOVED, 2, 5), (Fault.MOVED, 5, 2)]


def test_the_way_of_a_chain_is_looked_at() -> None:
    assert of_chain(TWO, None, KEYS) == [Finding(Fault.SEGMENT_MISSING, segment=1, until=1)]
    other = sealed(EVENTS[:2], None, KEY, AT)
    assert of_chain(TWO, other, KEYS) == [Finding(Fault.CHAIN_BROKEN, segment=2)]
    begins = without(ONE, {1, 2, 3}, KEY, begins=True)
    assert of_chain(begins, None, KEYS) == []
    assert of_chain(without(TWO, {4, 5, 6}, KEY, begins=True), ONE, KEYS) == [
        Finding(Fault.CHAIN_BROKEN, segment=2)
    ]


def test_a_missing_key_is_named() -> None:
    only = {KEY.identifier: KEY}
    found = [Finding(Fault.KEY_MISSING, segment=2, key=OTHER.identifier)]
    assert of_chain(TWO, ONE, only) == found
    assert of_chain(without(ONE, {1}, OTHER), None, only) == [replace(found[0], segment=1)]


def test_a_head_is_the_same_another_cut_off_or_too_old() -> None:
    head = Head(2, TWO.digest)
    assert of_head(head, TWO, 1, 2) is None
    assert of_head(replace(head, digest="0" * 64), TWO, 1, 2) == Finding(
        Fault.HEAD_DIFFERS, segment=2
    )
    assert of_head(head, None, 1, 1) == Finding(Fault.HEAD_MISSING, segment=2, until=2)
    assert of_head(head, None, 3, 9) is None
    assert of_head(head, None, 1, 9) == Finding(Fault.SEGMENT_MISSING, segment=2)


def test_many_faults_are_counted_and_the_first_ones_listed() -> None:
    found = Findings()
    for number in range(LISTED + 5):
        found.add(Finding(Fault.EDITED, number))
    assert (len(found.listed), found.counts) == (LISTED, {Fault.EDITED: LISTED + 5})


def test_very_many_faults_are_told_without_a_search() -> None:
    events = [Event(n, AT, "user.added", "x", "x", None, {}) for n in range(1, 401)]
    segment = sealed(events, None, KEY, AT)
    search = Search()
    search.add(compared(segment, [replace(each, actor="y") for each in events], KEY))
    assert search.findings.counts == {Fault.EDITED: 400}
