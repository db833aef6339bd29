"""Who may call the management API, and how far each gets."""

from __future__ import annotations

import pytest

from tests.drivers.account import API, Account, Bearer, problem
from tests.drivers.owner import Owner
from tests.drivers.tool import Tool
from tests.drivers.world import World

OWN = "/authorizations"
NOT_ONES_OWN = ("/users", "/projects", "/mcp-servers", "/resource-servers", "/clients")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "mdta_x"])
def test_without_a_bearer_one_is_asked_for_it(lone_world: World, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = lone_world.app.test_client().get(f"{API}/users", headers=headers)
    assert problem(response)[0] == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="mandate"'


@pytest.mark.parametrize("text", ["x", "mdta_", "mdtk_\x7f", "mdts_" + "a" * 49, "ä" * 50])
def test_an_unknown_token_is_refused_as_such(lone_world: World, text: str) -> None:
    response = Bearer(lone_world, text).call("GET", OWN)
    assert problem(response)[0] == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("name", ["ben", "ada"])
def test_a_persons_credential_reaches_what_is_theirs_an_administrators_too(
    world: World, name: str
) -> None:
    other = Owner(world, "cleo")
    foreign = other.id_of(
        other.make(
            **{
                "capabilities": ["api", "apps:view"],
                "project-payments": "",
                "project-website": "viewer",
            }
        )
    )
    owner = Owner(world, name)
    key = owner.make()
    bearer = Bearer(world, key)
    assert [one["id"] for one in bearer.get(OWN)["items"]] == [owner.id_of(key)]
    for path in NOT_ONES_OWN:
        response = bearer.call("GET", path)
        assert problem(response)[0] == 403, path
        assert 'scope="directory:read"' in response.headers["WWW-Authenticate"]
    assert problem(bearer.call("GET", "/audit-events"))[0] == 403
    for path in (foreign, f"{foreign}/effective"):
        assert problem(bearer.call("GET", f"{OWN}/{path}"))[0] == 404
    for act in ("pause", "resume", "revoke"):
        assert problem(bearer.call("POST", f"{OWN}/{foreign}/{act}"))[0] == 404
    assert problem(bearer.call("GET", OWN, query_string={"user": "cleo"}))[0] == 403
    assert bearer.get(OWN, user=name)["items"]


def test_a_tool_with_api_reaches_what_is_its_persons(world: World) -> None:
    tool = Tool(world, world.native)
    tokens = tool.tokens()
    [mine] = Bearer(world, tokens["access_token"]).get(OWN)["items"]
    assert (mine["tool"], mine["username"]) == ("Native tool", "ben")


def test_without_the_capability_a_credential_is_told_which_is_missing(world: World) -> None:
    key = Owner(world).make(capabilities=["flows:edit"])
    response = Bearer(world, key).call("GET", OWN)
    assert problem(response) == (403, "This credential does not have the capability api.")
    assert 'error="insufficient_scope", scope="api"' in response.headers["WWW-Authenticate"]


def test_a_token_for_an_mcp_server_is_not_for_this_api(world: World) -> None:
    tool = Tool(world, world.native)
    choice = {
        "capabilities": ["api", "mcp"],
        "project-payments": "editor",
        "mcp_servers": ["ledger"],
    }
    tokens = tool.tokens(choice, scope="api mcp", resource="http://127.0.0.1:8001/mcp/ledger")
    assert problem(Bearer(world, tokens["access_token"]).call("GET", OWN))[0] == 401


def test_a_refresh_token_is_no_access_token(world: World) -> None:
    tokens = Tool(world, world.native).tokens()
    assert problem(Bearer(world, tokens["refresh_token"]).call("GET", OWN))[0] == 401


@pytest.mark.parametrize("stop", ["pause", "revoke"])
def test_what_stops_a_credential_stops_it_here_at_once(world: World, stop: str) -> None:
    owner = Owner(world)
    key = owner.make()
    bearer = Bearer(world, key)
    assert bearer.get(OWN)["items"]
    owner.submit(f"{owner.address(key)}/{stop}")
    assert problem(bearer.call("GET", OWN))[0] == 401


def test_a_call_is_counted_where_its_person_sees_it(world: World) -> None:
    owner = Owner(world)
    key = owner.make()
    Bearer(world, key).get(OWN)
    world.flush_activity()
    assert world.execute("SELECT resource_server, capability FROM activities") == [
        ("management API", "api")
    ]


def test_an_account_gets_no_further_than_its_scopes(world: World) -> None:
    account = Account(world, "directory:read")
    assert account.get("/users")["items"]
    refused = account.call("POST", "/projects", json={"slug": "new", "name": "New"})
    assert problem(refused)[0] == 403
    assert 'scope="directory:write"' in refused.headers["WWW-Authenticate"]
    for path, scope in ((OWN, "authorizations:read"), ("/audit-events", "audit:read")):
        assert scope in problem(account.call("GET", path))[1]


def test_an_account_is_bounded_as_it_is_now(world: World) -> None:
    account = Account(world, "directory:read", "audit:read")
    assert account.get("/users")["items"]
    world.execute("UPDATE clients SET admin_scopes = '[\"audit:read\"]' WHERE name = 'Platform'")
    assert problem(account.call("GET", "/users"))[0] == 403
    assert account.get("/audit-events")["items"]
    world.disable_client(account.registered)
    assert problem(account.call("GET", "/audit-events"))[0] == 401


def test_a_token_of_an_account_ends(world: World) -> None:
    account = Account(world)
    world.clock.forward(seconds=599)
    assert account.get("/users")["items"]
    world.clock.forward(seconds=1)
    assert problem(account.call("GET", "/users"))[0] == 401


def test_a_token_of_an_account_is_for_this_api_alone(world: World) -> None:
    account, tool = Account(world), Tool(world, world.native)
    assert tool.introspect(account.text) == {"active": False}
    assert tool.introspect(account.text, "mcp") == {"active": False}


def test_an_account_may_narrow_its_token(world: World) -> None:
    account = Account(world)
    narrow = Bearer(world, account.token(scope="audit:read"))
    assert narrow.get("/audit-events")["items"]
    assert problem(narrow.call("GET", "/users"))[0] == 403
