"""Ten thousand registrations and their purge: `python -m tests.bench.registrations [postgresql]`.

Prints the time of a registration at the beginning, beside ten thousand others and at the ceiling, and
of the purge; the ratios say whether rows and time stay bounded.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from app.runtime.clock import CLOCK
from app.runtime.current import SETTINGS
from app.services import maintenance
from app.settings import Settings
from app.settings.registration import Registration
from tests.drivers.clock import Clock
from tests.drivers.deployment import make_app, prepared
from tests.drivers.postgres import running_postgres
from tests.drivers.world import World

COUNT = 10_000
BODY = {
    "client_name": "Flood",
    "redirect_uris": ["http://127.0.0.1/callback"],
    "token_endpoint_auth_method": "none",
}


def measured(url: str) -> None:
    world = prepared(url)
    clock = Clock()
    app = make_app(url, clock)
    app.extensions[CLOCK] = clock
    own: Settings = app.extensions[SETTINGS]
    app.extensions[SETTINGS] = replace(
        own, registration=Registration(per_hour=10**9, ceiling=COUNT)
    )
    spans: list[float] = []
    for _ in range(COUNT):
        began = time.perf_counter()
        assert app.test_client().post("/oauth/register", json=BODY).status_code == 201
        spans.append(time.perf_counter() - began)
    first, last = (statistics.median(part) * 1e3 for part in (spans[:500], spans[-500:]))
    print(f"one registration: {first:.2f} ms at first, {last:.2f} ms beside {COUNT:,} others")
    assert app.test_client().post("/oauth/register", json=BODY).status_code == 503
    clock.forward(hours=1, seconds=1)
    began = time.perf_counter()
    assert app.test_client().post("/oauth/register", json=BODY).status_code == 201
    print(f"at the ceiling, making room: {(time.perf_counter() - began) * 1e3:.1f} ms")
    clock.forward(days=31)
    with app.app_context():
        began = time.perf_counter()
        removed = maintenance.clean_up(at=clock.at)["clients"]
    took = time.perf_counter() - began
    left = World(app, clock).execute(
        "SELECT (SELECT count(*) FROM clients), "
        "(SELECT count(*) FROM audit_events WHERE kind LIKE 'client.%')"
    )
    print(f"purge: {removed:,} clients in {took:.2f} s; clients and their events left: {left[0]}")
    del world


if __name__ == "__main__":
    if "postgresql" in sys.argv:
        with running_postgres() as server:
            server.create("bench")
            measured(server.url("bench"))
    else:
        with tempfile.TemporaryDirectory() as directory:
            measured(f"sqlite:///{Path(directory) / 'mandate.db'}")
