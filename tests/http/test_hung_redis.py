"""Redis counts requests, and nothing else hangs on it: it may hang, die and come back."""

from __future__ import annotations

import os
import signal
import time

import pytest

from app.extensions import limiter
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.redis import REDIS, running_redis
from tests.drivers.tool import Browser

pytestmark = [pytest.mark.slow, REDIS]


@pytest.fixture(autouse=True)
def _unknown_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the limiter, which all apps of a process share, think well of Redis."""
    monkeypatch.setattr(limiter, "_storage_dead", False)


AT_MOST = 1.5  # seconds: the time limit of Redis, and a busy machine


@pytest.mark.parametrize("fault", [signal.SIGSTOP, signal.SIGKILL])
def test_sign_ins_go_on_and_the_log_says_it_once(
    lone_database: Prepared,
    clock: Clock,
    fault: signal.Signals,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with (
        running_redis() as redis,
        running_world(lone_database, clock, MANDATE_REDIS_URL=redis.url) as world,
    ):
        assert Browser(world).sign_in("ben").status_code == 303
        os.kill(redis.pid, fault)
        capfd.readouterr()
        for _ in range(5):
            began = time.monotonic()
            assert Browser(world).sign_in("ben").status_code == 303
            assert time.monotonic() - began < AT_MOST
        assert capfd.readouterr().err.count("limits.alone") == 1


def test_redis_counts_again_when_it_is_back(lone_database: Prepared, clock: Clock) -> None:
    with (
        running_redis() as redis,
        running_world(lone_database, clock, MANDATE_REDIS_URL=redis.url) as world,
    ):
        os.kill(redis.pid, signal.SIGSTOP)
        assert Browser(world).sign_in("ben").status_code == 303
        os.kill(redis.pid, signal.SIGCONT)
        assert Browser(world).sign_in("ben").status_code == 303
