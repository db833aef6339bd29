"""Hundreds of slow senders at the server as shipped: everybody else is answered."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from tests.bench.faults import health, slow_senders
from tests.bench.faults.fault import plain
from tests.bench.faults.stage import seeded
from tests.bench.faults.wire import Endpoint, Times, Wire

pytestmark = pytest.mark.slow

COUNT = 200  # of each kind
MEDIAN_WITHIN = 0.1  # seconds
ASKED = 100


def test_health_and_introspection_are_answered_beside_them(tmp_path: Path) -> None:
    with plain("sqlite", tmp_path) as stage:
        port, load = stage.servers[0].port, seeded(stage.world).load("introspection", 1, 1)
        with slow_senders.holding(port, COUNT), health.watched(port, tmp_path / "beats"):
            wire = Wire(Endpoint(port), Times(), new_each=True)
            ends = time.monotonic() + 3
            answers = [wire.post(load.path, load.bodies[0], load.headers) for _ in range(ASKED)]
            time.sleep(max(ends - time.monotonic(), 0))
            wire.close()
    assert [one.status for one in answers if one is not None] == [200] * ASKED
    beats = [one for one in health.beats(tmp_path / "beats") if one.path == "/healthz"]
    assert len(beats) > 10
    assert {one.status for one in beats} == {200}
    assert statistics.median(one.seconds for one in beats) < MEDIAN_WITHIN
