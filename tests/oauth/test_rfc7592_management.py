"""Managing a registration: RFC 7592."""

from __future__ import annotations

import pytest

from app.services import maintenance
from tests.drivers.clock import Clock
from tests.drivers.registrations import GOOD, Manager
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World


@pytest.mark.rfc("7592", "2")
def test_a_registration_can_be_read_replaced_and_ended(lone_world: World) -> None:
    manager = Manager(lone_world, client_uri="https://tool.example")
    assert manager.call("GET").get_json() == manager.body
    replaced = manager.put(client_name="Renamed", redirect_uris=["https://tool.example/new"])
    assert replaced.status_code == 200
    assert replaced.get_json()["client_name"] == "Renamed"
    assert "client_uri" not in replaced.get_json()
    assert manager.call("GET").get_json() == replaced.get_json()
    ended = manager.call("DELETE")
    assert (ended.status_code, ended.data) == (204, b"")
    assert manager.call("GET").status_code == 401
    assert lone_world.execute("SELECT count(*) FROM clients WHERE registered_by = 'itself'") == [
        (0,)
    ]


@pytest.mark.rfc("7592", "2")
@pytest.mark.requirement("RG-15")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_management_needs_the_token_of_this_registration(lone_world: World, method: str) -> None:
    manager, other = Manager(lone_world), Manager(lone_world)
    foreign = other.body["registration_access_token"]
    for token in ("", "x", foreign, manager.body["registration_access_token"][:-1]):
        answer = manager.call(method, token, json=GOOD)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert manager.call("GET").get_json() == manager.body


@pytest.mark.rfc("7592", "2.2")
@pytest.mark.parametrize(
    "bad",
    [
        {"redirect_uris": ["javascript:alert(1)"]},
        {"client_id": "other"},
        {"client_id": None},
        {"client_secret": "x"},
        {"registration_access_token": "x"},
        {"client_id_issued_at": 1},
        {"grant_types": ["password"]},
    ],
)
def test_a_replacement_is_judged_like_a_registration(
    lone_world: World, bad: dict[str, object]
) -> None:
    manager = Manager(lone_world)
    assert manager.put(**bad).status_code == 400
    assert manager.call("GET").get_json() == manager.body


def test_a_secret_comes_and_goes_with_the_method(lone_world: World) -> None:
    manager = Manager(lone_world)
    secret = manager.put(token_endpoint_auth_method="client_secret_basic").get_json()[
        "client_secret"
    ]
    again = manager.put(token_endpoint_auth_method="client_secret_post", client_secret=secret)
    assert "client_secret" not in again.get_json()
    client = Registered(
        manager.body["client_id"], secret, "client_secret_post", GOOD["redirect_uris"][0]
    )
    assert Tool(lone_world, client).tokens()
    manager.put(token_endpoint_auth_method="none")
    assert "client_secret" not in manager.call("GET").get_json()
    refused = Tool(lone_world, client).post(
        "/oauth/token", {"grant_type": "refresh_token", "refresh_token": "x"}
    )
    assert refused.get_json()["error"] == "invalid_client"


@pytest.mark.requirement("RG-17")
def test_a_disabled_client_cannot_be_managed_nor_revived(lone_world: World, clock: Clock) -> None:
    manager = Manager(lone_world)
    client = Registered(manager.body["client_id"], None, "none", GOOD["redirect_uris"][0])
    lone_world.disable_client(client)
    for method in ("GET", "PUT", "DELETE"):
        assert manager.call(method, json=GOOD).status_code == 401
    clock.forward(days=400)
    with lone_world.app.app_context():
        maintenance.clean_up(at=clock.at)
    assert lone_world.execute("SELECT count(*) FROM clients WHERE disabled_at IS NOT NULL") == [
        (1,)
    ]


@pytest.mark.rfc("7592", "2.3")
def test_ending_a_used_registration_stops_its_tokens_and_keeps_the_history(world: World) -> None:
    manager = Manager(world)
    tool = Tool(
        world, Registered(manager.body["client_id"], None, "none", GOOD["redirect_uris"][0])
    )
    token = tool.tokens()["access_token"]
    assert manager.call("DELETE").status_code == 204
    assert not tool.is_active(token)
    assert world.execute("SELECT count(*) FROM authorizations") == [(1,)]
    assert manager.call("GET").status_code == 401


@pytest.mark.requirement("RG-18")
def test_after_a_change_of_redirect_uris_only_the_new_ones_work(lone_world: World) -> None:
    manager = Manager(lone_world)
    old = Registered(manager.body["client_id"], None, "none", GOOD["redirect_uris"][0])
    tool = Tool(lone_world, old)
    tool.tokens()
    manager.put(redirect_uris=["https://tool.example/new"], client_name="Other")
    assert tool.authorize().status_code == 400
    _, page = tool.consent_page(redirect_uri="https://tool.example/new")
    assert "Other" in page.text
