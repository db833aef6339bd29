"""Authorizations over the API: seen, what they come to now, stopped; resumed by their person alone."""

from __future__ import annotations

import pytest

from tests.drivers.account import Account, Bearer, problem
from tests.drivers.owner import Owner
from tests.drivers.tool import Tool
from tests.drivers.world import World

LIST = "/authorizations"


def test_everybodys_are_listed_the_newest_first_and_by_person_and_tool(world: World) -> None:
    account, owner, tool = Account(world), Owner(world), Tool(world, world.native)
    key = owner.make()
    world.clock.forward(seconds=5)
    tool.tokens()
    world.clock.forward(seconds=5)
    Tool(world, world.spa).sign_in("ada").tokens()
    account.text = account.token()
    found = account.all(LIST, 1)
    assert [one["username"] for one in found] == ["ada", "ben", "ben"]
    assert found[2]["id"] == owner.id_of(key)
    assert [one["kind"] for one in found] == ["oauth2", "oauth2", "api_key"]
    assert [one["tool"] for one in found] == ["Browser tool", "Native tool", None]
    assert len(account.get(LIST, user="ben")["items"]) == 2
    [one] = account.get(LIST, client_id=world.spa.client_id)["items"]
    assert one == account.get(f"{LIST}/{one['id']}")
    for wrong in ({"user": "nobody"}, {"client_id": "nobody"}):
        assert problem(account.call("GET", LIST, query_string=wrong))[0] == 404


def test_effective_access_is_what_is_possible_now(world: World) -> None:
    account, owner = Account(world), Owner(world)
    key = owner.make()
    path = f"{LIST}/{owner.id_of(key)}/effective"
    assert account.get(path) == {
        "alive": True,
        "capabilities": ["api", "flows:edit"],
        "projects": [{"slug": "payments", "role": "editor", "capabilities": ["flows:edit"]}],
        "mcp_servers": [],
    }
    assert Bearer(world, key).get(path) == account.get(path)
    with world.app.app_context():
        world.set_member("payments", "ben", "viewer")
    assert account.get(path)["capabilities"] == ["api"]


@pytest.mark.parametrize(("act", "state"), [("pause", "paused"), ("revoke", "revoked")])
def test_an_account_stops_what_anybody_gave(world: World, act: str, state: str) -> None:
    account, owner = Account(world, "authorizations:stop", "authorizations:read"), Owner(world)
    key = owner.make()
    given = owner.id_of(key)
    for _ in range(2):
        stopped = account.call("POST", f"{LIST}/{given}/{act}")
        assert stopped.get_json()["state"] == state
    assert not owner.tool.is_active(key)
    [event] = world.audit(f"authorization.{state}")
    assert (event.actor, event.subject) == (account.actor, given)
    refused = account.call("POST", f"{LIST}/{given}/resume")
    assert problem(refused) == (403, "Only the person who gave it resumes it.")
    assert not owner.tool.is_active(key)


def test_a_person_pauses_and_resumes_with_another_credential(world: World) -> None:
    owner = Owner(world)
    key, other = owner.make(), owner.make(name="Other")
    path = f"{LIST}/{owner.id_of(other)}"
    bearer = Bearer(world, key)
    assert bearer.call("POST", f"{path}/pause").get_json()["state"] == "paused"
    assert not owner.tool.is_active(other)
    assert bearer.call("POST", f"{path}/resume").get_json()["state"] == "active"
    assert owner.tool.is_active(other)
    assert bearer.call("POST", f"{path}/revoke").get_json()["state"] == "revoked"
    assert problem(bearer.call("POST", f"{path}/resume"))[0] == 409
    [ben] = world.execute("SELECT id FROM users WHERE username = 'ben'")
    assert {event.actor for event in world.audit("authorization.paused")} == {ben[0]}


@pytest.mark.parametrize("scope", ["directory:write", "audit:read", "authorizations:read"])
def test_only_the_scope_stops(world: World, scope: str) -> None:
    account, owner = Account(world, scope), Owner(world)
    key = owner.make()
    for act in ("pause", "revoke"):
        refused = account.call("POST", f"{LIST}/{owner.id_of(key)}/{act}")
        assert problem(refused)[0] == 403
    assert owner.tool.is_active(key)


def test_what_stops_is_not_what_sees(world: World) -> None:
    account, owner = Account(world, "authorizations:stop"), Owner(world)
    given = owner.id_of(owner.make())
    assert problem(account.call("GET", LIST))[0] == 403
    assert problem(account.call("GET", f"{LIST}/{given}/effective"))[0] == 403
