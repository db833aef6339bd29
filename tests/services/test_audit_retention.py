"""Old audit events go, a batch at a time, and one event says how many."""

from __future__ import annotations

import pytest

from app.domain.audit import AuditKind
from app.services import maintenance
from app.services.audit_retention import Retention
from tests.drivers.audit_log import KEYS, AuditLog
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import World

DAYS = 30


def test_events_past_their_time_go_and_an_event_of_each_step_says_how_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 7)
    log, old = AuditLog(world), len(world.audit())
    assert old > 20
    world.clock.forward(days=20)
    world.disable_user("cleo")
    world.clock.forward(days=20)
    assert log.clean(DAYS) == old
    kept, *told = world.audit()
    assert kept.kind == AuditKind.USER_DISABLED
    assert {each.kind for each in told} == {AuditKind.AUDIT_EVENTS_REMOVED}
    assert sum(each.detail["count"] for each in told) == old
    assert {(each.actor, each.at) for each in told} == {("cleanup", world.at)}
    assert told[0].detail["before"].startswith("2026-12-02T12:00")


def test_an_event_goes_when_it_is_older_and_not_before(world: World) -> None:
    log, before = AuditLog(world), len(world.audit())
    world.clock.forward(days=30)
    assert log.clean(DAYS) == 0
    assert len(world.audit()) == before, "nothing went, so nothing is said"
    world.clock.forward(seconds=1)
    assert log.clean(DAYS) == before


def test_an_event_that_is_not_sealed_stays(world: World) -> None:
    log, before = AuditLog(world), len(world.audit())
    world.clock.forward(days=31)
    assert log.clean(DAYS, is_sealed=False) == 0
    assert len(world.audit()) == before
    log.seal()
    world.disable_user("cleo")
    world.clock.forward(days=31)
    assert log.clean(DAYS, is_sealed=False) == before
    assert world.audit()[0].kind == AuditKind.USER_DISABLED


def test_without_a_time_events_stay_for_ever(lone_world: World) -> None:
    before = len(lone_world.audit())
    lone_world.clock.forward(days=20_000)
    AuditLog(lone_world).seal()
    with lone_world.app.app_context():
        assert maintenance.clean_up(at=lone_world.at)["audit_events"] == 0
    assert len(lone_world.audit()) == before


def test_a_later_approval_is_not_called_the_first_when_the_first_is_forgotten(
    tool: Tool,
) -> None:
    tool.tokens({**USUAL, "expires_in": ""})
    tool.world.clock.forward(days=31)
    tool.signed_in = False
    tool.tokens({**USUAL, "expires_in": ""})
    [[found]] = tool.world.execute("SELECT id FROM authorizations")

    def page() -> str:
        return tool.browser.get(f"/settings/authorizations/{found}").text

    assert "Created." in page()
    AuditLog(tool.world).clean(DAYS)
    assert "Created." not in page()
    assert "Approved again." in page()


def test_the_batches_are_told_on_the_way(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 5)
    lone_world.clock.forward(days=40)
    AuditLog(lone_world).seal()
    told: list[tuple[str, int]] = []
    with lone_world.app.app_context():
        maintenance.clean_up(
            at=lone_world.at,
            retention=Retention(lone_world.at, KEYS),
            tell=lambda name, count: told.append((name, count)),
        )
    counts = [count for name, count in told if name == "audit_events"]
    assert counts[:3] == [5, 10, 15]
