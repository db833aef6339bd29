"""Many slow senders at once: health is told in time, and introspection is as fast as without them."""

from __future__ import annotations

import shutil
import statistics
import time

from tests.bench.faults import health, slow_senders
from tests.bench.faults.fault import Fault, Run
from tests.bench.faults.skip import Skipped
from tests.bench.faults.stage import seeded
from tests.bench.load import Load
from tests.bench.load import run as send

COUNT = 200  # of each kind of sender
ROUNDS, ROUND = 3, 2  # rounds with and without them in turn, of so many seconds
CONNECTIONS = 8
MOST_P99, LEAST_PART = 100.0, 0.9  # milliseconds; of the rate without them


def _hold(run: Run) -> None:
    """Hold 600 connections, and measure with and without them in turn."""
    if shutil.which("wrk") is None:
        raise Skipped("needs Debian's wrk")
    port = run.stage.servers[0].port
    load = seeded(run.stage.world).load("introspection", 1, CONNECTIONS)
    rates: dict[bool, list[float]] = {True: [], False: []}
    beats: list[float] = []
    for _ in range(ROUNDS):
        rates[False] += _rate(run, load, port)
        with slow_senders.holding(port, COUNT):
            beats += _quiet_beats(run, run.seconds / ROUNDS)
            rates[True] += _rate(run, load, port)
    p99 = health.p99(beats)
    if not all(rates.values()):
        return
    part = statistics.median(rates[True]) / statistics.median(rates[False])
    run.tally.notes += [
        f"{COUNT * 3} connections held",
        f"/healthz p99 with them {p99:.0f} ms",
        f"introspection {statistics.median(rates[True]):,.0f}/s, {part:.2f} of that without them",
    ]
    run.expect(p99 <= MOST_P99, f"/healthz took {p99:.0f} ms (p99)")
    run.expect(part >= LEAST_PART, f"introspection fell to {part:.2f}")


def _rate(run: Run, load: Load, port: int) -> list[float]:
    """Return the requests of a second; none, and a complaint, when some were answered badly."""
    try:
        return [send(load, port, seconds=ROUND, connections=CONNECTIONS).per_second]
    except AssertionError as error:
        run.complain(str(error))
        return []


def _quiet_beats(run: Run, seconds: float) -> list[float]:
    """Return how long /healthz took while nobody else but the senders was there."""
    began = time.monotonic()
    time.sleep(seconds)
    found = health.beats(run.beats_file)
    return [b.seconds for b in found if b.path == "/healthz" and b.at >= began and b.status]


FAULTS = [Fault("slow-senders", _hold, has_clients=False)]
