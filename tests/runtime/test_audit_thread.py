"""The thread that seals the audit log of the running app."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest

from app.domain.errors import Unavailable
from app.http.first_request import FirstRequest
from app.runtime import audit_thread
from app.runtime.audit_thread import AuditThread
from tests.drivers.audit_log import AuditLog
from tests.drivers.world import World


@pytest.fixture
def thread(lone_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditThread]:
    monkeypatch.setattr(audit_thread, "EVERY", 0.02)
    made = audit_thread.thread_of(lone_world.app)
    yield made
    made.close()


def wait_for_segments(log: AuditLog, number: int) -> None:
    ends = time.monotonic() + 10
    while len(log.segments()) < number:
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_it_seals_what_comes_and_publishes_each_head(
    lone_world: World, thread: AuditThread, capfd: pytest.CaptureFixture[str]
) -> None:
    log = AuditLog(lone_world)
    thread.start()
    wait_for_segments(log, 1)
    lone_world.clock.forward(seconds=1)
    log.add(1)
    wait_for_segments(log, 2)
    thread.close()
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    heads = [(line["segment"], line["head"]) for line in lines if line["event"] == "audit.sealed"]
    assert heads == [(each.number, each.digest) for each in log.segments()]
    assert log.faults() == []


def test_it_runs_once_in_a_process_and_ends(thread: AuditThread) -> None:
    before = threading.active_count()
    for _ in range(3):
        thread.start()
    assert threading.active_count() == before + 1
    thread.close()
    assert threading.active_count() == before


def test_it_begins_with_the_first_request_of_a_process(
    lone_world: World, thread: AuditThread
) -> None:
    app = lone_world.app
    app.wsgi_app = FirstRequest(app.wsgi_app, thread.start)  # type: ignore[method-assign]
    assert not thread.is_running()
    assert app.test_client().get("/healthz").status_code == 200
    assert thread.is_running()


def test_it_goes_on_after_a_failure(
    lone_world: World, thread: AuditThread, capfd: pytest.CaptureFixture[str]
) -> None:
    failures: list[Exception] = [Unavailable("away"), RuntimeError("a fault")]
    seal = thread.seal

    def failing() -> None:
        if failures:
            raise failures.pop()
        seal()

    thread.seal = failing  # type: ignore[method-assign]
    thread.start()
    wait_for_segments(AuditLog(lone_world), 1)
    thread.close()
    assert capfd.readouterr().err.count('"event": "audit.failed"') == 1
