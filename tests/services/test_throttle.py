"""Counters of failures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.errors import Throttled
from app.services import throttle
from tests.drivers.world import World


def test_counters_restart_after_their_window(world: World) -> None:
    rule = throttle.Rule("test", limit=3, window=60)
    with world.app.app_context():
        for _ in range(3):
            throttle.check(rule, "x", at=world.at)
            throttle.spend(rule, "x", at=world.at)
        with pytest.raises(Throttled):
            throttle.check(rule, "x", at=world.at)
        with pytest.raises(Throttled) as refusal:
            throttle.spend(rule, "x", at=world.at + timedelta(seconds=59))
        assert refusal.value.retry_after == 2
        throttle.spend(rule, "y", at=world.at)
        throttle.spend(rule, "x", at=world.at + timedelta(seconds=60))
