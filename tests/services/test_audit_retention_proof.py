"""Retention removes events and keeps the proof: what anybody else removes is still found."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import DBAPIError

from app.domain.audit_chain import Head, audit_keys
from app.domain.audit_findings import Fault
from app.services import audit_sealer, maintenance
from tests.drivers.audit_log import KEYS, AuditLog
from tests.drivers.command_line import ran_alone
from tests.drivers.deployment import SECRET_KEY
from tests.drivers.world import World

OTHER_KEY = "another-one-for-tests-9876543210zyxwvut"


@pytest.fixture
def log(world: World, monkeypatch: pytest.MonkeyPatch) -> AuditLog:
    """A log with ten events a segment, of which half are forty days older than the other half."""
    monkeypatch.setattr(audit_sealer, "EVENTS", 10)
    made = AuditLog(world)
    made.add(9)
    world.clock.forward(days=40)
    made.add(25)
    made.seal()
    return made


def test_what_is_left_after_each_step_is_proved(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 7)
    before = log.segments()
    assert log.clean() > 20
    segments = log.segments()
    assert log.faults(log.head()) == []
    assert (segments[0].begins, segments[0].entries) == (True, b"")
    partly = segments[1]
    assert partly.mark is not None
    assert 0 < len(partly.entries) < len(before[partly.number - 1].entries)
    assert segments[1:] == [partly, *before[partly.number :]], "the others are as they were"
    assert log.clean() == 0


def test_a_deletion_by_somebody_else_is_found_before_and_after_retention(log: AuditLog) -> None:
    young = log.segments()[-1].first
    log.spoil(f"DELETE FROM audit_events WHERE number = {young}")
    assert log.faults() == [(Fault.DELETED, young)]
    log.clean()
    assert log.faults() == [(Fault.DELETED, young)]
    partly = log.segments()[1]
    kept = [number for number in log.numbers() if partly.first <= number <= partly.last]
    log.spoil(f"DELETE FROM audit_events WHERE number = {kept[0]}")
    assert log.faults() == [(Fault.DELETED, kept[0]), (Fault.DELETED, young)]


def test_retention_does_not_hide_what_somebody_deleted_or_edited_before_it(log: AuditLog) -> None:
    old = log.numbers()[4]
    log.spoil(f"DELETE FROM audit_events WHERE number = {old}")
    log.clean()
    assert log.faults() == [(Fault.DELETED, old)]
    assert not log.segments()[0].begins


def test_retention_signs_no_entries_that_somebody_changed(log: AuditLog) -> None:
    one, two = log.segments()[1:3]
    nothing = "''" if log.is_on_postgresql else "x''"
    log.spoil(
        f"UPDATE audit_segments SET entries = {nothing} WHERE number = {one.number}",
        f"UPDATE audit_segments SET entries = {nothing}, mark = digest, mark_key = key "
        f"WHERE number = {two.number}",
        f"DELETE FROM audit_events WHERE number BETWEEN {one.first + 2} AND {two.first + 2}",
    )
    log.clean()
    found = log.faults()
    assert (Fault.ENTRIES_CHANGED, one.number) in found
    assert (Fault.ENTRIES_CHANGED, two.number) in found


def test_numbers_go_on_after_everything_was_removed(log: AuditLog) -> None:
    newest = log.numbers()[-1]
    log.world.clock.forward(days=31)
    assert log.clean() == newest
    log.world.clock.forward(days=70)
    assert log.clean() > 0
    log.add(2)
    assert min(log.numbers()) > newest
    log.seal()
    assert log.faults(log.head()) == []
    assert log.segments()[0].begins


def test_published_heads_from_before_are_told_apart_from_a_truncation(log: AuditLog) -> None:
    old, head = log.segments()[0], log.head()
    log.clean()
    verdict = log.verify(Head(old.number, old.digest), head)
    assert verdict.findings == ()
    assert verdict.too_old == (Head(old.number, old.digest),)


def test_a_key_is_needed_no_longer_than_the_events_that_it_sealed(log: AuditLog) -> None:
    old, new = audit_keys([SECRET_KEY]), audit_keys([OTHER_KEY])
    log.keys = [*new, *old]
    log.add(3)
    log.seal()
    log.world.clock.forward(days=31)
    log.clean()
    log.add(3)
    log.seal()
    log.keys = new
    assert log.faults(log.head()) == []


def test_retention_works_without_a_key_of_before(log: AuditLog) -> None:
    log.keys = audit_keys([OTHER_KEY])
    log.add(1)
    assert log.clean() > 20
    log.keys = [*log.keys, *KEYS]
    assert log.faults() == []


@pytest.mark.slow
def test_two_clean_ups_at_once_leave_a_chain_that_is_whole(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 2)
    log.world.clock.forward(days=31)
    log.seal()
    count = len(log.numbers())
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(log.clean, is_sealed=False) for _ in range(4)]
        removed = sum(run.result() for run in runs)
    removed += log.clean(is_sealed=False)  # a partition that one run held is left by the others
    assert removed == count
    log.seal()
    assert log.faults(log.head()) == []


@pytest.mark.slow
def test_a_verification_while_events_are_removed_finds_nothing(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 1)
    log.world.clock.forward(days=31)
    log.seal()
    cleaning = threading.Thread(target=log.clean, kwargs={"is_sealed": False})
    cleaning.start()
    found, runs = [], 0
    while cleaning.is_alive():
        found += log.faults()
        runs += 1
    cleaning.join()
    assert found == []
    assert runs > 3


def test_the_database_refuses_to_change_an_event(log: AuditLog) -> None:
    log.clean()  # adds months
    log.world.clock.forward(days=31)
    log.add(1)
    tables = {"audit_events"}
    if log.is_on_postgresql:
        places = log.world.execute("SELECT DISTINCT tableoid::regclass::text FROM audit_events")
        tables |= {str(name) for (name,) in places}
        assert len(tables) == 3, "the parent, the first partition and a month"
    for table in tables:
        with pytest.raises(DBAPIError, match="never changed"):
            log.world.execute(f"UPDATE {table} SET actor = 'x'")


def test_a_chain_goes_on_after_a_restore_and_tells_of_it(log: AuditLog) -> None:
    url = str(log.world.app.config["SQLALCHEMY_DATABASE_URI"])
    ran = ran_alone(url, "sessions", "end", "--after-restore")
    assert ran.code == 0, ran
    log.seal()
    verdict = log.verify()
    assert verdict.findings == ()
    assert len(verdict.restores) == 1
