"""How much may be registered: per address, per customer, in all, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.registrations import GOOD, Manager, register, rules
from tests.drivers.world import World


@pytest.mark.requirement("RG-01")
def test_one_address_registers_so_many_an_hour(lone_world: World, clock: Clock) -> None:
    rules(lone_world, per_hour=3)
    assert [register(lone_world).status_code for _ in range(5)] == [201, 201, 201, 429, 429]
    refused = register(lone_world)
    assert refused.get_json()["error"] == "temporarily_unavailable"
    assert register(lone_world, redirect_uris=["javascript:x"]).status_code == 400
    assert int(refused.headers["Retry-After"]) > 0
    other = lone_world.app.test_client().post(
        "/oauth/register", json=GOOD, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert other.status_code == 201
    clock.forward(hours=1, seconds=1)
    assert register(lone_world).status_code == 201


@pytest.fixture
def guarded(lone_database: Prepared, clock: Clock) -> Iterator[World]:
    with running_world(
        lone_database,
        clock,
        MANDATE_REGISTRATION="token",
        MANDATE_REGISTRATION_TOKEN="initial-access-token-0123456789-abc",
    ) as world:
        yield world


@pytest.mark.rfc("7591", "3")
@pytest.mark.requirement("RG-01")
def test_an_initial_access_token_can_be_asked_for(guarded: World) -> None:
    http = guarded.app.test_client()
    for header in (None, "Bearer wrong", "Basic initial-access-token-0123456789-abc", "Bearer "):
        headers = {"Authorization": header} if header else {}
        answer = http.post("/oauth/register", json=GOOD, headers=headers)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    good = {"Authorization": "Bearer initial-access-token-0123456789-abc"}
    assert http.post("/oauth/register", json=GOOD, headers=good).status_code == 201


def test_one_host_is_one_address_in_every_notation(lone_world: World) -> None:
    rules(lone_world, per_hour=1)
    http = lone_world.app.test_client()
    found = [
        http.post("/oauth/register", json=GOOD, environ_overrides={"REMOTE_ADDR": a}).status_code
        for a in (
            "192.0.2.1",
            "::ffff:192.0.2.1",
            "192.0.2.1:55",
            "192.0.2.2",
            "2001:db8::1",
            "2001:db8::2",
            "[2001:db8::3]:55",
            "unix",
        )
    ]
    assert found == [201, 429, 429, 201, 201, 429, 429, 201]


@pytest.mark.parametrize("address", ["2001:db8:1:{:x}::1", "192.0.2.{}"])
def test_a_customer_with_many_addresses_has_ten_times_the_turns(
    lone_world: World, address: str
) -> None:
    rules(lone_world, per_hour=1)
    http = lone_world.app.test_client()
    found = [
        http.post(
            "/oauth/register", json=GOOD, environ_overrides={"REMOTE_ADDR": address.format(number)}
        ).status_code
        for number in range(1, 13)
    ]
    assert found == [201] * 10 + [429] * 2


def test_changing_a_registration_is_bounded_and_its_events_stay(
    lone_world: World,
) -> None:
    manager = Manager(lone_world)
    statuses = [manager.put().status_code for _ in range(25)]
    assert statuses == [200] * 20 + [429] * 5
    assert manager.call("DELETE").status_code == 204
    own = [e.kind for e in lone_world.audit() if e.kind in ("client.registered", "client.removed")]
    assert own == ["client.registered", "client.removed"]


def test_registration_can_be_off(lone_world: World) -> None:
    metadata = "/.well-known/oauth-authorization-server"
    http = lone_world.app.test_client()
    assert "registration_endpoint" in http.get(metadata).get_json()
    rules(lone_world, mode="off")
    assert "registration_endpoint" not in http.get(metadata).get_json()
    assert register(lone_world).status_code == 404


@pytest.mark.requirement("RG-21")
def test_a_flood_stays_below_the_ceiling_and_shuts_nobody_out(
    lone_world: World, clock: Clock
) -> None:
    rules(lone_world, per_hour=10_000, ceiling=20)
    statuses = [register(lone_world).status_code for _ in range(25)]
    assert statuses == [201] * 20 + [503] * 5
    clock.forward(hours=1, seconds=1)
    assert register(lone_world).status_code == 201
    rows = lone_world.execute("SELECT identifier FROM clients WHERE registered_by = 'itself'")
    assert len(rows) <= 20
