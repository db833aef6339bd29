"""Old audit events go, a batch at a time, and one event says how many."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.audit import AuditKind
from app.services import maintenance
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import World

AGE = timedelta(days=30)


def cleaned(world: World, before: timedelta | None = AGE) -> int:
    limit = None if before is None else world.at - before
    with world.app.app_context():
        return maintenance.clean_up(at=world.at, audit_before=limit)["audit_events"]


def test_events_past_their_time_go_and_one_event_says_how_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 3)
    old = len(world.audit())
    assert old > 10
    world.clock.forward(days=20)
    world.disable_user("cleo")
    world.clock.forward(days=20)
    assert cleaned(world) == old
    kept, told = world.audit()
    assert (kept.kind, told.kind) == (AuditKind.USER_DISABLED, AuditKind.AUDIT_EVENTS_REMOVED)
    assert (told.actor, told.at, told.detail["count"]) == ("cleanup", world.at, old)
    assert told.detail["before"] == (world.at - AGE).isoformat()


def test_an_event_goes_when_it_is_older_and_not_before(world: World) -> None:
    before = len(world.audit())
    world.clock.forward(days=30)
    assert cleaned(world) == 0
    assert len(world.audit()) == before, "nothing went, so nothing is said"
    world.clock.forward(seconds=1)
    assert cleaned(world) == before


def test_without_a_time_events_stay_for_ever(lone_world: World) -> None:
    before = len(lone_world.audit())
    lone_world.clock.forward(days=20_000)
    assert cleaned(lone_world, None) == 0
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
    cleaned(tool.world)
    assert "Created." not in page()
    assert "Approved again." in page()


def test_the_batches_are_told_on_the_way(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BATCH", 5)
    lone_world.clock.forward(days=40)
    told: list[tuple[str, int]] = []
    with lone_world.app.app_context():
        maintenance.clean_up(
            at=lone_world.at,
            audit_before=lone_world.at - AGE,
            tell=lambda name, count: told.append((name, count)),
        )
    counts = [count for name, count in told if name == "audit_events"]
    assert counts[:3] == [5, 10, 15]
