"""The audit log is sealed beside those who write to it, and nothing appears later in what is sealed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.audit_chain import audit_keys
from app.domain.audit_findings import Fault
from app.extensions import db
from app.services import audit, audit_sealer, leases
from tests.drivers.audit_log import KEYS, AuditLog
from tests.drivers.command_line import ran_alone
from tests.drivers.deployment import SECRET_KEY
from tests.drivers.world import World

EVENT = """
    INSERT INTO audit_events (at, kind, actor, subject, detail)
    VALUES ('2026-11-22 12:00:00+00', 'user.disabled', 'late', 'x', '{}')
"""
OTHER_KEY = "another-one-for-tests-9876543210zyxwvut"


@pytest.fixture
def log(world: World) -> AuditLog:
    return AuditLog(world)


@repeated
def add_event(world: World, hold: float = 0) -> None:
    """Add an event as every act does, in a transaction that stays open for a while."""
    with world.app.app_context(), writing() as session:
        audit.record(session, AuditKind.USER_ENABLED, at=world.at, actor="x", subject="y")
        session.flush()
        time.sleep(hold)


def at_once(number: int, work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(number) as pool:
        for each in [pool.submit(work) for _ in range(number)]:
            each.result()


def test_everything_is_sealed_once_and_what_is_sealed_follows(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sealer, "EVENTS", 7)
    count = len(log.numbers())
    run = log.seal()
    assert run is not None
    assert (run.events, run.segments, run.head) == (count, -(-count // 7), log.head())
    assert log.seal() is None
    segments = log.segments()
    assert [each.number for each in segments] == list(range(1, len(segments) + 1))
    assert [each.first for each in segments[1:]] == [each.last + 1 for each in segments[:-1]]
    assert [each.previous for each in segments[1:]] == [each.digest for each in segments[:-1]]
    assert (segments[0].first, segments[-1].last) == (1, log.numbers()[-1])
    assert log.faults() == []


def test_a_run_ends_in_time_and_the_next_one_goes_on(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sealer, "EVENTS", 10)
    monkeypatch.setattr(audit_sealer, "WORKS_FOR", 0)
    runs = [log.seal() for _ in range(-(-len(log.numbers()) // 10))]
    assert [run and run.segments for run in runs] == [1] * len(runs)
    assert log.seal() is None


def test_a_log_is_left_alone_that_was_sealed_a_moment_ago(log: AuditLog) -> None:
    log.seal()
    log.add(1)
    with log.world.app.app_context():
        at, every = log.world.at, timedelta(seconds=5)
        assert audit_sealer.seal(KEYS[0], at=at, every=every) is None
        assert audit_sealer.seal(KEYS[0], at=at + every, every=every) is not None


def test_a_clock_that_was_ahead_keeps_nobody_from_sealing(log: AuditLog) -> None:
    log.world.clock.forward(days=365)
    log.seal()
    log.world.clock.forward(days=-365)
    log.add(1)
    with log.world.app.app_context():
        every = timedelta(seconds=5)
        assert audit_sealer.seal(KEYS[0], at=log.world.at, every=every) is not None
    assert log.faults() == []


def test_who_does_not_get_the_lease_leaves_the_log_alone(log: AuditLog) -> None:
    with log.world.app.app_context():
        until = log.world.at + timedelta(seconds=60)
        assert leases.acquire(audit_sealer.LEASE, until=until, at=log.world.at)
    assert log.seal() is None
    log.world.clock.forward(seconds=61)
    assert log.seal() is not None


def test_without_the_lease_the_chain_still_does_not_fork(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sealer, "EVENTS", 3)
    newest = log.numbers()[-1]

    def work() -> None:
        with log.world.app.app_context():
            for _ in range(20):
                audit_sealer._seal_one(KEYS[0], newest, log.world.at)

    at_once(6, work)
    assert log.faults() == []
    assert log.segments()[-1].last == newest


@pytest.mark.slow
def test_a_number_that_may_still_be_committed_is_waited_for(
    shared_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction took a number, a later number was committed, and then the first one commits."""
    monkeypatch.setattr(audit_sealer, "WAITS_FOR", 0.4)
    log = AuditLog(shared_world)
    log.seal()
    with shared_world.app.app_context(), db.engine.connect() as late:
        late.execute(text(EVENT))
        log.add(3)
        assert log.seal() is None
        late.commit()
        monkeypatch.setattr(audit_sealer, "WAITS_FOR", 10)
        run = log.seal()
    assert run is not None
    assert run.events == 4
    assert log.faults() == []


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_the_sealer_waits_as_long_as_an_older_transaction_and_not_for_younger_ones(
    shared_world: World, ends: str
) -> None:
    log = AuditLog(shared_world)
    log.seal()
    sealed: list[object] = []
    with shared_world.app.app_context(), db.engine.connect() as older:
        older.execute(text(EVENT))
        log.add(1)
        thread = threading.Thread(target=lambda: sealed.append(log.seal()))
        thread.start()
        time.sleep(0.3)
        with db.engine.connect() as younger:
            younger.execute(text(EVENT))
            assert thread.is_alive()
            getattr(older, ends)()
            thread.join(5)
            assert not thread.is_alive(), "the younger one has a number beyond the horizon"
            younger.commit()
    assert sealed != [None]
    assert log.seal() is not None
    assert log.faults() == []


def storm(log: AuditLog, *, seals: Callable[[], object], seconds: float) -> int:
    """Let eight threads write, with transactions that stay open, while the log is sealed."""
    ends, written = time.monotonic() + seconds, []

    def write() -> None:
        dice = random.Random(threading.get_ident())
        while time.monotonic() < ends:
            add_event(log.world, dice.choice((0, 0, 0.002, 0.05)))
            written.append(1)

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    while time.monotonic() < ends:
        seals()
    for writer in writers:
        writer.join()
    return len(written)


@pytest.mark.slow
def test_nothing_appears_in_what_is_sealed_while_threads_write_and_two_seal(log: AuditLog) -> None:
    count = len(log.numbers())
    count += storm(log, seals=lambda: at_once(2, log.seal), seconds=4)
    log.seal()
    verdict = log.verify(log.head())
    assert (verdict.findings, verdict.events) == ((), count)
    assert verdict.segments > 2


@pytest.mark.slow
def test_nothing_appears_in_what_is_sealed_while_processes_seal(log: AuditLog) -> None:
    url = str(log.world.app.config["SQLALCHEMY_DATABASE_URI"])

    def clean() -> None:
        ran = ran_alone(url, "cleanup")
        assert ran.code == 0, ran

    log.seal()
    count = len(log.numbers())
    count += storm(log, seals=lambda: at_once(2, clean), seconds=4)
    log.seal()
    verdict = log.verify()
    assert (verdict.findings, verdict.events) == ((), count)
    assert verdict.segments > 1


def test_a_key_is_rotated_and_a_key_that_is_missing_is_named(log: AuditLog) -> None:
    log.seal()
    old, new = audit_keys([SECRET_KEY]), audit_keys([OTHER_KEY])
    log.keys = [*new, *old]
    log.seal_in_parts(3)
    assert [each.key for each in log.segments()] == [old[0].identifier, new[0].identifier]
    assert log.faults() == []
    log.keys = [*old, *new]
    assert log.faults() == [], "the order decides which one signs, not which ones verify"
    log.keys = new
    [found] = log.verify().findings
    assert (found.fault, found.segment, found.key) == (Fault.KEY_MISSING, 1, old[0].identifier)
    log.keys = old
    verdict = log.verify()
    assert verdict.counts == {Fault.KEY_MISSING: 1}
    assert verdict.unproven == 3
