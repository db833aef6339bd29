"""The world as shipped, for races."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, environment, running_world
from tests.drivers.live_server import forked, free_port
from tests.drivers.racers import Racers


@pytest.fixture
def racers(database: Prepared, tmp_path: Path) -> Iterator[Racers]:
    """The world behind four worker processes, and in this process too."""
    port, clock = free_port(), Clock()
    clock.at = datetime.now(UTC)
    issuer = f"http://127.0.0.1:{port}"
    settings = environment(database.url, MANDATE_ISSUER=issuer)
    with (
        forked(settings, port=port, workers=4, log=tmp_path / "server.log"),
        running_world(database, clock, MANDATE_ISSUER=issuer) as world,
    ):
        yield Racers(world, port)
