"""The proxies in front: who counts as one address, and what is noticed."""

from __future__ import annotations

import pytest

from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.tool import Browser, csrf_of
from tests.drivers.world import PASSWORD, World


def try_wrongly(world: World, times: int, address: str) -> None:
    http = world.app.test_client()
    page = http.get("/login")
    for n in range(times):
        fields = {"csrf_token": csrf_of(page), "username": f"nobody{n}", "password": "wrong"}
        http.post("/login", data=fields, headers={"X-Forwarded-For": address})


def test_a_strangers_wrong_passwords_shut_nobody_else_out(
    lone_database: Prepared, clock: Clock
) -> None:
    with running_world(lone_database, clock, MANDATE_PROXY_HOPS="1") as world:
        try_wrongly(world, 101, "203.0.113.1")
        ben = Browser(world)
        page = ben.get("/login")
        fields = {"username": "ben", "password": PASSWORD.format("ben")}
        form = {"csrf_token": csrf_of(page), **fields}
        own = {"X-Forwarded-For": "198.51.100.7"}
        assert ben.http.post("/login", data=form, headers=own).status_code == 303


def test_a_proxy_that_nobody_expects_is_noticed_once(
    lone_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    http = lone_world.app.test_client()
    http.get("/login")
    assert "proxy.unexpected" not in capsys.readouterr().err
    for _ in range(3):
        http.get("/login", headers={"X-Forwarded-For": "203.0.113.1"})
    assert capsys.readouterr().err.count("proxy.unexpected") == 1
