"""Liveness and readiness."""

from __future__ import annotations

import pytest

from tests.drivers.world import World


def test_readiness_follows_the_database(lone_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    http = lone_world.app.test_client()
    assert http.get("/healthz").get_json() == {"status": "ok"}
    assert http.get("/readyz").get_json() == {"status": "ok"}
