"""API keys and sessions over the API, and why a call would be refused."""

from __future__ import annotations

import pytest

from tests.drivers.account import Account, Bearer, problem
from tests.drivers.owner import Owner
from tests.drivers.tool import Tool
from tests.drivers.world import World

DATA = {"capabilities": ["api", "apps:view"], "project-payments": "", "project-website": "viewer"}


def test_keys_are_listed_everybodys_or_ones_own(world: World) -> None:
    account, ben, cleo = Account(world), Owner(world), Owner(world, "cleo")
    texts = [ben.make(), cleo.make(**DATA), ben.make(name="Other")]
    listed = account.all("/api-keys", 1)
    assert sorted(one["last_four"] for one in listed) == sorted(text[-4:] for text in texts)
    [own] = Bearer(world, texts[1]).get("/api-keys")["items"]
    assert own["authorization_id"] == cleo.id_of(texts[1])
    assert own["revoked_at"] is None
    assert not any(text in str(listed) for text in texts)


@pytest.mark.parametrize("by", ["account", "person"])
def test_a_session_is_ended_and_its_tokens_stop(world: World, by: str) -> None:
    tool = Tool(world, world.native)
    tokens = tool.tokens()
    caller = Account(world) if by == "account" else Bearer(world, Owner(world).make())
    [session] = caller.get("/sessions")["items"]
    assert session["client_id"] == world.native.client_id
    assert session["ended_at"] is None
    for _ in range(2):
        assert caller.call("POST", f"/sessions/{session['id']}/end").status_code == 204
    assert not tool.is_active(tokens["access_token"])
    [event] = world.audit("session.ended")
    [[ben]] = world.execute("SELECT id FROM users WHERE username = 'ben'")
    assert event.actor == (caller.actor if isinstance(caller, Account) else ben)
    assert caller.get("/sessions")["items"][0]["ended_at"] is not None


def test_another_persons_session_is_not_there(world: World) -> None:
    tool = Tool(world, world.native)
    tokens = tool.tokens()
    stranger = Bearer(world, Owner(world, "cleo").make(**DATA))
    assert stranger.get("/sessions")["items"] == []
    [[session]] = world.execute("SELECT id FROM sessions")
    for wrong in (session, "%00", "x" * 400):
        assert problem(stranger.call("POST", f"/sessions/{wrong}/end"))[0] == 404
    assert tool.is_active(tokens["access_token"])


def test_it_is_explained_which_bound_decides(world: World) -> None:
    owner = Owner(world)
    key = owner.make()
    bearer = Bearer(world, key)
    path = f"/authorizations/{owner.id_of(key)}/explain"
    good = bearer.get(path, capability="flows:edit", project="payments")
    assert (good["allowed"], good["verdict"]) == (True, "It would be allowed now.")
    assert all(bound["holds"] for bound in good["bounds"])
    bad = Account(world).get(path, capability="secrets:edit")
    assert bad["allowed"] is False
    assert bad["verdict"] == next(b["sentence"] for b in bad["bounds"] if not b["holds"])
