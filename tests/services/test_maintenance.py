"""Cleaning up what is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.services import maintenance
from tests.drivers.account import Account
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import World


def test_cleaning_up_removes_what_is_over(world: World) -> None:
    tool = Tool(world, world.native)
    tool.tokens()
    tool.decide("deny")
    Browser(world).sign_in("nobody", "wrong")
    Account(world)
    with world.app.app_context():
        assert set(maintenance.clean_up(at=world.at + timedelta(hours=1)).values()) == {0}
        removed = maintenance.clean_up(at=world.at + timedelta(days=200))
    assert removed == {
        "authorization_codes": 1,
        "access_tokens": 1,
        "management_tokens": 1,
        "sessions": 1,
        "authorization_requests": 2,
        "browser_sessions": 1,
        "failure_counts": 3,
        "kept_forms": 0,
        "password_links": 0,
        "activities": 0,
        "clients": 0,
        "claims": 0,
        "device_codes": 0,
        "audit_events": 0,
    }
    assert world.execute("SELECT count(*) FROM authorizations") == [(1,)]


def test_much_is_removed_a_little_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Tool(world, world.native)
    for _ in range(5):
        tool.tokens()
    rests: list[float] = []
    monkeypatch.setattr(maintenance, "BATCH", 2)
    monkeypatch.setattr("app.services.maintenance.time.sleep", rests.append)
    with world.app.app_context():
        removed = maintenance.clean_up(at=world.at + timedelta(days=2))
    assert removed["access_tokens"] == 5
    assert world.execute("SELECT count(*) FROM access_tokens") == [(0,)]
    assert removed["sessions"] == 0
    assert len(rests) >= 2
    assert all(rest > 0 for rest in rests), "requests have half of the time"
