"""Liveness and readiness."""

from __future__ import annotations

from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.world import World


def test_a_server_with_its_database_lives_and_is_ready(lone_world: World) -> None:
    http = lone_world.app.test_client()
    assert http.get("/healthz").get_json() == {"status": "ok"}
    assert http.get("/readyz").get_json() == {"status": "ok"}


def test_a_server_whose_database_is_away_lives_and_is_not_ready(
    lone_database: Prepared, clock: Clock
) -> None:
    away = Prepared("sqlite:////nowhere/mandate.db", lone_database.world)
    with running_world(away, clock) as world:
        http = world.app.test_client()
        assert http.get("/healthz").status_code == 200
        answer = http.get("/readyz")
        assert answer.status_code == 503
        assert "nowhere" not in answer.text
