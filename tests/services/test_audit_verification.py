"""What somebody changed in the audit log is found and named, on each database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.audit_chain import Head
from app.domain.audit_findings import Fault
from tests.drivers.audit_log import AuditLog
from tests.drivers.world import World

PARTS = (6, 5, 4)  # events in the segments after the first one
COLUMNS = "at, kind, actor, subject, user_id, detail"


@pytest.fixture
def log(world: World) -> AuditLog:
    """A log of four segments and two events that are not sealed."""
    made = AuditLog(world)
    made.seal()
    made.seal_in_parts(*PARTS)
    made.add(2)
    return made


def place(log: AuditLog, where: str) -> int:
    """Return the number of an event: the first, middle or last one of the log or of a segment."""
    part, _, which = where.partition(" of ")
    segments = log.segments()
    segment = {"the log": segments[-1 if part == "last" else 0], "a segment": segments[2]}[which]
    numbers = [n for n in log.numbers() if segment.first <= n <= segment.last]
    return numbers[{"first": 0, "middle": len(numbers) // 2, "last": -1}[part]]


PLACES = [
    f"{part} of {of}" for of in ("the log", "a segment") for part in ("first", "middle", "last")
]


def test_a_log_that_nobody_touched_is_good(log: AuditLog) -> None:
    verdict = log.verify(log.head())
    assert (verdict.findings, verdict.counts, verdict.unproven) == ((), {}, 0)
    assert (verdict.segments, verdict.head) == (4, log.head())
    assert verdict.events == len(log.numbers()) - 2
    assert (verdict.unsealed.count, verdict.unsealed.since) == (2, log.world.at)


@pytest.mark.requirement("XC-05")
@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize(
    "change",
    [
        "at = '2001-01-01 00:00:00'",
        "kind = 'user.added'",
        "actor = 'nobody'",
        "subject = 'nothing'",
        "user_id = 'usr_x'",
        "detail = '{}'",
    ],
)
def test_an_edited_event_is_named(log: AuditLog, where: str, change: str) -> None:
    number = place(log, where)
    log.spoil(f"UPDATE audit_events SET {change} WHERE number = {number}")
    assert log.faults() == [(Fault.EDITED, number)]


@pytest.mark.requirement("XC-05")
@pytest.mark.parametrize("where", PLACES)
def test_a_deleted_event_is_named(log: AuditLog, where: str) -> None:
    number = place(log, where)
    log.spoil(f"DELETE FROM audit_events WHERE number = {number}")
    assert log.faults() == [(Fault.DELETED, number)]


@pytest.mark.requirement("XC-05")
@pytest.mark.parametrize("where", PLACES)
def test_two_events_that_change_places_are_named(log: AuditLog, where: str) -> None:
    one = place(log, where)
    other = next(number for number in log.numbers() if number not in {one, one + 1, one - 1})
    log.spoil(
        f"UPDATE audit_events SET number = -7 WHERE number = {one}",
        f"UPDATE audit_events SET number = {one} WHERE number = {other}",
        f"UPDATE audit_events SET number = {other} WHERE number = -7",
    )
    found = log.verify().findings
    assert {(each.fault, each.event, each.moved_from) for each in found} == {
        (Fault.MOVED, one, other),
        (Fault.MOVED, other, one),
    }


def test_an_event_under_another_number_is_named(log: AuditLog) -> None:
    gone, moved = place(log, "middle of a segment"), place(log, "first of the log")
    log.spoil(
        f"DELETE FROM audit_events WHERE number = {gone}",
        f"UPDATE audit_events SET number = {gone} WHERE number = {moved}",
    )
    [found] = log.verify().findings
    assert (found.fault, found.event, found.moved_from) == (Fault.MOVED, gone, moved)


@pytest.mark.parametrize("number", [-5, 0])
def test_an_event_before_all_others_is_found(log: AuditLog, number: int) -> None:
    log.spoil(
        f"INSERT INTO audit_events (number, {COLUMNS}) "
        f"SELECT {number}, {COLUMNS} FROM audit_events WHERE number = {place(log, PLACES[1])}"
    )
    assert log.faults() == [(Fault.INSERTED, number)]


def test_an_event_that_is_put_among_sealed_ones_is_found(log: AuditLog) -> None:
    number = place(log, "middle of a segment")
    values = f"SELECT {{}}, {COLUMNS} FROM audit_events WHERE number = {number}"
    log.spoil(f"DELETE FROM audit_events WHERE number = {number - 1}")
    before = [(Fault.DELETED, number - 1)]
    assert log.faults() == before
    log.spoil(f"INSERT INTO audit_events (number, {COLUMNS}) {values.format(number - 1)}")
    assert log.faults() == [(Fault.EDITED, number - 1)]


def test_events_that_are_cut_off_are_named_by_the_segments_that_covered_them(log: AuditLog) -> None:
    number = place(log, "middle of a segment")
    gone = [(Fault.DELETED, n) for n in log.numbers()[:-2] if n >= number]
    log.spoil(f"DELETE FROM audit_events WHERE number >= {number}")
    assert log.faults() == gone


@pytest.mark.requirement("XC-05")
def test_segments_that_are_cut_off_with_their_events_are_found_by_a_published_head(
    log: AuditLog,
) -> None:
    head, kept = log.head(), log.segments()[1]
    log.spoil(
        f"DELETE FROM audit_events WHERE number > {kept.last}",
        f"DELETE FROM audit_segments WHERE number > {kept.number}",
    )
    assert log.faults() == [], (
        "what is left is whole: only the log stream knows that there was more"
    )
    [found] = log.verify(head).findings
    assert (found.fault, found.segment, found.until) == (Fault.HEAD_MISSING, 3, 4)


def test_segments_that_are_cut_off_alone_are_found_by_a_published_head(log: AuditLog) -> None:
    head = log.head()
    log.spoil("DELETE FROM audit_segments WHERE number = 4")
    assert log.faults(head) == [(Fault.HEAD_MISSING, 4)]
    assert log.verify().unsealed.count == PARTS[-1] + 2
    log.seal()
    assert log.faults() == [], "sealed again, it is a good chain, but another one"
    assert log.faults(head) == [(Fault.HEAD_DIFFERS, 4)]


def test_a_chain_that_somebody_removed_is_found_by_a_published_head(log: AuditLog) -> None:
    head = log.head()
    log.spoil("DELETE FROM audit_segments")
    assert log.faults(head) == [(Fault.HEAD_MISSING, 1)]
    assert log.verify().head is None


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_segment_is_named_and_its_events_are_not_called_good(
    log: AuditLog, number: int
) -> None:
    gone = log.segments()[number - 1]
    log.spoil(f"DELETE FROM audit_segments WHERE number = {number}")
    verdict = log.verify()
    assert [(each.fault, each.segment, each.until) for each in verdict.findings] == [
        (Fault.SEGMENT_MISSING, number, number)
    ]
    assert verdict.unproven == gone.count


@pytest.mark.parametrize(
    "change",
    [
        "first = first - 1",
        "last = last - 1",
        "count = 7",
        "sealed_at = '2001-01-01 00:00:00'",
        "entries_digest = previous",
        "digest = previous",
        "previous = digest",
    ],
)
@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_segment_that_was_changed_is_named(log: AuditLog, number: int, change: str) -> None:
    log.spoil(f"UPDATE audit_segments SET {change} WHERE number = {number}")
    assert (Fault.SEGMENT_CHANGED, number) in log.faults()


def test_entries_that_were_changed_are_found_with_and_without_a_mark(log: AuditLog) -> None:
    nothing = "''" if log.is_on_postgresql else "x''"
    log.spoil(f"UPDATE audit_segments SET entries = {nothing} WHERE number = 2")
    assert log.faults() == [(Fault.ENTRIES_CHANGED, 2)]
    assert log.verify().unproven == PARTS[0]
    log.spoil("UPDATE audit_segments SET mark = digest, mark_key = key WHERE number = 2")
    assert log.faults() == [(Fault.ENTRIES_CHANGED, 2)]
    log.spoil("UPDATE audit_segments SET begins = true WHERE number = 2")
    assert (Fault.SEGMENT_CHANGED, 2) in log.faults()


@pytest.mark.parametrize(
    "change",
    [
        "entries = 'text'",
        "entries = 'text', mark = digest, mark_key = key",
        "sealed_at = 'never'",
        "last = 'many'",
        "digest = x'00'",
        "digest = 'é', key = 'é'",
        "begins = 7",
    ],
)
@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_segment_that_cannot_be_read_is_named(
    lone_world: World, number: int, change: str
) -> None:
    log = AuditLog(lone_world)
    log.seal_in_parts(2, 2, 2, 2)
    log.spoil(f"UPDATE audit_segments SET {change} WHERE number = {number}")
    assert number in [segment for _, segment in log.faults()]
    log.add(1)
    log.seal()
    assert number in [segment for _, segment in log.faults()]


@pytest.mark.parametrize("change", ["at = 'never'", "detail = '{'", "subject = x'00'"])
def test_an_event_that_cannot_be_read_is_named(lone_world: World, change: str) -> None:
    log = AuditLog(lone_world)
    log.seal()
    log.add(1)
    sealed, loose = log.numbers()[3], log.numbers()[-1]
    for number in (sealed, loose):
        log.spoil(f"UPDATE audit_events SET {change} WHERE number = {number}")
    assert log.faults() == [(Fault.EDITED, sealed)]
    log.seal()
    assert [number for _, number in log.faults()] == [sealed, loose]


def test_nobody_lets_a_log_begin_later_without_the_key(log: AuditLog) -> None:
    kept = log.segments()[2]
    log.spoil(
        f"DELETE FROM audit_events WHERE number < {kept.first}",
        f"DELETE FROM audit_segments WHERE number < {kept.number}",
        f"UPDATE audit_segments SET begins = true WHERE number = {kept.number}",
    )
    assert log.faults() == [(Fault.SEGMENT_CHANGED, kept.number)]
    log.spoil("UPDATE audit_segments SET mark = digest, mark_key = key WHERE begins")
    assert log.faults() == [(Fault.SEGMENT_CHANGED, kept.number)]
    log.spoil("UPDATE audit_segments SET mark_key = 'unknown' WHERE begins")
    assert log.faults() == [(Fault.KEY_MISSING, kept.number)]


def test_a_head_of_another_log_is_told(log: AuditLog) -> None:
    head = log.head()
    assert log.faults(replace(head, digest="0" * 64)) == [(Fault.HEAD_DIFFERS, head.number)]
    assert log.faults(Head(9, head.digest)) == [(Fault.HEAD_MISSING, 5)]


def test_much_that_is_wrong_is_counted_and_some_of_it_is_listed(log: AuditLog) -> None:
    log.add(150)
    log.seal()
    log.spoil("UPDATE audit_events SET actor = 'x'")
    verdict = log.verify()
    assert len(verdict.findings) == 100
    assert verdict.counts == {Fault.EDITED: len(log.numbers())}


def test_a_log_without_anything_is_good(log: AuditLog) -> None:
    log.spoil("DELETE FROM audit_events", "DELETE FROM audit_segments")
    verdict = log.verify()
    assert (verdict.findings, verdict.head, verdict.unsealed.count) == ((), None, 0)
