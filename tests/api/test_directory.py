"""Users, projects, members, servers and clients: read, changed, and each change in the audit log."""

from __future__ import annotations

import pytest

from tests.drivers.account import Account, Bearer, problem
from tests.drivers.owner import Owner
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import World

MEMBERS = "/projects/payments/members"


@pytest.fixture
def account(world: World) -> Account:
    """An account that may do everything."""
    return Account(world)


def test_a_user_lives(world: World, account: Account) -> None:
    made = account.call("POST", "/users", json={"username": "Dora", "email": "dora@example.org"})
    assert made.status_code == 201
    dora = made.get_json()
    assert dora == {
        "id": dora["id"],
        "username": "Dora",
        "email": "dora@example.org",
        "is_admin": False,
        "disabled": False,
    }
    for name in ("dora", "DORA@example.org", dora["id"]):
        assert account.get(f"/users/{name}") == dora
    assert (
        problem(account.call("POST", "/users", json={"username": "dora", "email": "d@x.org"}))[0]
        == 409
    )
    assert account.call("POST", "/users/dora/disable").get_json()["disabled"] is True
    assert account.call("POST", "/users/dora/enable").get_json()["disabled"] is False
    [added] = [event for event in world.audit("user.added") if event.actor == account.actor]
    assert added.subject == dora["id"]
    assert [event.actor for event in world.audit("user.disabled")] == [account.actor]
    assert [event.actor for event in world.audit("user.enabled")] == [account.actor]


def test_a_user_is_signed_out_everywhere(world: World, account: Account) -> None:
    browser, tool = Browser(world), Tool(world, world.native)
    browser.sign_in("ben")
    tokens = tool.tokens()
    assert account.call("POST", "/users/ben/sign-out", json={}).status_code == 200
    assert browser.get("/settings/account").status_code == 303
    assert tool.is_active(tokens["access_token"])
    assert account.call("POST", "/users/ben/sign-out", json={"tools": True}).status_code == 200
    assert not tool.is_active(tokens["access_token"])


@pytest.mark.parametrize(
    "path", ["/users", "/projects", "/mcp-servers", "/resource-servers", "/clients"]
)
def test_a_list_is_read_in_pages_without_a_gap_or_a_repeat(account: Account, path: str) -> None:
    whole = account.get(path, limit=500)
    assert whole["next"] is None
    assert len(whole["items"]) > 1
    for limit in (1, 2, len(whole["items"])):
        assert account.all(path, limit) == whole["items"]


def test_a_project_is_added_once(world: World, account: Account) -> None:
    new = {"slug": "search", "name": "Search"}
    assert account.call("POST", "/projects", json=new).status_code == 201
    assert account.get("/projects/search") == new
    assert problem(account.call("POST", "/projects", json=new))[0] == 409
    assert problem(account.call("GET", "/projects/nothing"))[0] == 404
    [event] = [event for event in world.audit("project.added") if event.subject == "search"]
    assert event.actor == account.actor


def members_of(account: Account) -> dict[str, str]:
    return {one["username"]: one["role"] for one in account.all(MEMBERS, 1)}


def test_members_are_replaced_in_one_step_that_may_be_sent_again(
    world: World, account: Account
) -> None:
    assert members_of(account) == {"ada": "admin", "ben": "editor"}
    wanted = {
        "members": [
            {"user": "CLEO@example.org", "role": "viewer"},
            {"user": "ada", "role": "editor"},
        ]
    }
    first = account.call("PUT", MEMBERS, json=wanted)
    assert first.get_json() == {"added": 1, "changed": 1, "removed": 1, "kept": 0}
    again = account.call("PUT", MEMBERS, json=wanted)
    assert again.get_json() == {"added": 0, "changed": 0, "removed": 0, "kept": 2}
    assert members_of(account) == {"ada": "editor", "cleo": "viewer"}
    [event] = world.audit("membership.replaced")
    assert (event.actor, event.subject) == (account.actor, "payments")
    ids = {one["username"]: one["id"] for one in account.get("/users")["items"]}
    assert event.detail["set"] == {ids["cleo"]: "viewer", ids["ada"]: "editor"}
    assert event.detail["removed"] == [ids["ben"]]


def test_who_is_removed_loses_it_at_the_next_call_of_each_tool(
    world: World, account: Account
) -> None:
    owner, tool = Owner(world), Tool(world, world.native)
    key = owner.make()
    tokens = tool.tokens()
    assert tool.introspect(key)["authorization_details"]
    account.call("PUT", MEMBERS, json={"members": []})
    for text in (key, tokens["access_token"]):
        assert tool.introspect(text)["authorization_details"] == []


@pytest.mark.parametrize(
    ("members", "status", "sentence"),
    [
        ([{"user": "ada", "role": "owner"}], 400, "'owner' is not a role"),
        ([{"user": "nobody", "role": "viewer"}], 404, "no user 'nobody'"),
        ([{"user": "ada", "role": "viewer"}, {"user": "ADA", "role": "admin"}], 400, "named twice"),
        (
            [{"user": "ada", "role": "viewer"}, {"user": "ada@example.org", "role": "viewer"}],
            400,
            "twice",
        ),
        ([{"user": "a\x00b", "role": "viewer"}], 400, "NUL"),
        ([{"user": "ada"}], 400, "members.0.role"),
        ([{"user": "ada", "role": "viewer", "until": 1}], 400, "members.0.until"),
        ([{"user": 5, "role": "viewer"}], 400, "members.0.user"),
    ],
)
def test_a_wrong_list_of_members_changes_nothing(
    account: Account, members: list[object], status: int, sentence: str
) -> None:
    before = members_of(account)
    found, detail = problem(account.call("PUT", MEMBERS, json={"members": members}))
    assert found == status
    assert sentence in detail
    assert members_of(account) == before


def test_an_mcp_server_comes_and_goes(world: World, account: Account) -> None:
    new = {
        "identifier": "search",
        "project": "website",
        "url": "https://mcp.example.com/search",
        "name": "Search",
    }
    assert account.call("POST", "/mcp-servers", json=new).get_json() == new
    assert problem(account.call("POST", "/mcp-servers", json=new))[0] == 409
    assert account.call("DELETE", "/mcp-servers/search").status_code == 204
    assert problem(account.call("DELETE", "/mcp-servers/search"))[0] == 404
    for kind in ("mcp_server.added", "mcp_server.removed"):
        [event] = [one for one in world.audit(kind) if one.subject == "search"]
        assert event.actor == account.actor


def test_a_tool_is_switched_off_for_everybody(world: World, account: Account) -> None:
    tool = Tool(world, world.native)
    tokens = tool.tokens()
    path = f"/clients/{world.native.client_id}"
    assert account.call("POST", f"{path}/disable").get_json()["disabled"] is True
    assert not tool.is_active(tokens["access_token"])
    assert account.call("POST", f"{path}/enable").get_json()["disabled"] is False
    assert [event.actor for event in world.audit("client.disabled")] == [account.actor]


def test_a_resource_server_is_switched_off(world: World, account: Account) -> None:
    off = account.call("POST", "/resource-servers/mcp/disable").get_json()
    assert (off["client_id"], off["disabled"]) == ("mcp", True)
    assert account.call("POST", "/resource-servers/mcp/enable").get_json()["disabled"] is False
    assert [event.actor for event in world.audit("resource_server.disabled")] == [account.actor]


def test_an_account_is_among_the_clients_with_its_scopes(world: World, account: Account) -> None:
    Account(world, "audit:read")
    scopes = [one["scopes"] for one in account.get("/clients")["items"]]
    assert ["audit:read"] in scopes
    assert None in scopes


def test_audit_events_are_read_on_from_where_one_was(world: World, account: Account) -> None:
    seen = account.all("/audit-events", 7)
    assert [one["number"] for one in seen] == sorted(one["number"] for one in seen)
    assert len(seen) == len(world.audit())
    assert {one["kind"] for one in account.get("/audit-events", kind="user.added")["items"]} == {
        "user.added"
    }
    later = account.get("/audit-events", since="2099-01-01T00:00:00Z")
    assert later == {"items": [], "next": None}
    assert isinstance(account, Bearer)
