"""MCP servers whose addresses lie within each other: each one above is needed too."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.resources import MAX_DEPTH, is_resource_uri
from app.services.clients import resource_servers
from app.services.directory import mcp_servers
from tests.drivers.deployment import AUDIENCE
from tests.drivers.forms import untouched
from tests.drivers.owner import Owner
from tests.drivers.tool import Tool
from tests.drivers.world import MCP, World

pytestmark = pytest.mark.slow


ORIGIN = "http://127.0.0.1:8001"
CALLS = {"capabilities": ["mcp"], "expires_in": ""}
KEY = {**CALLS, "project-payments": ""}


def add_server(world: World, identifier: str, url: str, project: str = "payments") -> None:
    with world.app.app_context():
        mcp_servers.add_server(
            identifier, project=project, url=url, name=identifier, at=world.at, actor="test"
        )


def add_resource_server(world: World, identifier: str, audience: str) -> None:
    with world.app.app_context():
        world.secrets[identifier] = resource_servers.add_resource_server(
            identifier,
            audience=audience,
            auth_method="client_secret_basic",
            at=world.at,
            actor="test",
        )


BELOW = [
    "/ledger/x",
    "/ledger/x/",
    "/ledger/a/b/c/d/e/f/g/h/i/j/k/l",
    "/ledger?at=/a/b",
    "/ledger//x",
]


@pytest.mark.requirement("UI-11")
@pytest.mark.parametrize("below", BELOW)
def test_a_key_at_a_resource_server_below_an_mcp_server_is_checked_for_it(
    world: World, below: str
) -> None:
    add_resource_server(world, "below", MCP + below)
    owner = Owner(world)
    other = owner.make(**{**KEY, "mcp_servers": ["fraud"]})
    ledger = owner.make(**{**KEY, "mcp_servers": ["ledger"]})
    assert owner.tool.introspect(other, "below") == {"active": False}
    assert owner.tool.introspect(other, "below", resource=MCP + below) == {"active": False}
    assert owner.tool.is_active(ledger, "below")
    world.flush_activity()
    assert {*world.execute("SELECT mcp_server FROM activities")} == {("ledger",)}
    world.remove_member("payments", "ben")
    assert not owner.tool.is_active(ledger, "below")


@pytest.mark.requirement("UI-11")
@pytest.mark.parametrize("below", BELOW)
def test_a_token_for_an_audience_below_an_mcp_server_is_checked_for_it(
    world: World, below: str
) -> None:
    add_resource_server(world, "below", MCP + below)
    tool, asked = Tool(world, world.native), {"scope": "mcp", "resource": MCP + below}
    token = tool.tokens({**CALLS, "mcp_servers": ["ledger"]}, **asked)["access_token"]
    assert tool.is_active(token, "below")
    tool.tokens({**CALLS, "mcp_servers": ["fraud"]}, scope="mcp", resource=MCP)
    for server, more in (("below", {}), ("below", {"resource": MCP + below}), ("mcp", {})):
        assert tool.introspect(token, server, **more) == {"active": False}
    tool.tokens({**CALLS, "mcp_servers": ["ledger"]}, **asked)
    assert tool.is_active(token, "below"), "one authorization: it has the server again"
    world.remove_member("payments", "ben")
    assert not tool.is_active(token, "below")


@pytest.mark.requirement("UI-11")
@pytest.mark.parametrize("above", [ORIGIN, f"{ORIGIN}/", AUDIENCE, f"{AUDIENCE}/", f"{ORIGIN}/?"])
def test_a_server_that_appears_above_holds_for_tokens_issued_before(tool: Tool, above: str) -> None:
    choice = {"capabilities": ["api", "mcp"], "expires_in": "", "project-payments": "viewer"}
    token = tool.tokens({**choice, "mcp_servers": ["ledger"]}, scope="api mcp")["access_token"]
    assert tool.is_active(token)
    add_server(tool.world, "above", above)
    assert not tool.is_active(token)
    assert tool.introspect(token, resource=f"{AUDIENCE}/x") == {"active": False}
    tool.tokens({**choice, "mcp_servers": ["above"]}, scope="api mcp")
    assert tool.is_active(token)
    assert tool.introspect(token, resource=f"{AUDIENCE}/x")["active"]


@pytest.mark.requirement("UI-11")
def test_a_server_within_another_needs_both_however_it_is_spelled(tool: Tool) -> None:
    inner = "HTTP://127.0.0.1:8001/mcp/ledger/inner"
    add_server(tool.world, "inner", inner)
    asked = {"scope": "mcp", "resource": inner}
    both = {**CALLS, "mcp_servers": ["inner", "ledger"]}
    token = tool.tokens(both, **asked)["access_token"]
    assert tool.is_active(token, "mcp")
    for one in ("inner", "ledger"):
        tool.tokens({**CALLS, "mcp_servers": [one]}, scope="mcp", resource=MCP)
        assert not tool.is_active(token, "mcp")
        tool.tokens(both, **asked)
        assert tool.is_active(token, "mcp")


DEEP = f"{MCP}/ledger" + "/a" * 20


@pytest.mark.requirement("UI-11")
@pytest.mark.parametrize("called", [DEEP, f"{DEEP}/tools/x?y=/z"])
def test_a_deep_server_is_found_behind_a_gateway_with_all_above_it(tool: Tool, called: str) -> None:
    add_server(tool.world, "deep", DEEP, "website")
    asked: dict[str, Any] = {"scope": "mcp", "resource": MCP}
    token = tool.tokens({**CALLS, "mcp_servers": ["ledger"]}, **asked)["access_token"]
    key = Owner(tool.world).make(**{**KEY, "mcp_servers": ["ledger"]})
    for text in (token, key):
        assert tool.introspect(text, "mcp", resource=called) == {"active": False}
        assert tool.introspect(text, "mcp", resource=DEEP.removesuffix("/a"))["active"]
    tool.tokens({**CALLS, "mcp_servers": ["deep"]}, **asked)
    assert tool.introspect(token, "mcp", resource=called) == {"active": False}, "ledger is above"
    tool.tokens({**CALLS, "mcp_servers": ["deep", "ledger"]}, **asked)
    assert tool.introspect(token, "mcp", resource=called)["active"]
    tool.world.remove_server("ledger")
    assert tool.introspect(token, "mcp", resource=called)["active"]
    tool.tokens({**CALLS, "mcp_servers": ["fraud"]}, **asked)
    assert tool.introspect(token, "mcp", resource=called) == {"active": False}


@pytest.mark.requirement("UI-11")
def test_what_is_too_deep_to_look_for_is_no_resource(tool: Tool) -> None:
    deepest = f"{ORIGIN}/mcp/ledger" + "/a" * (MAX_DEPTH - 2)
    assert is_resource_uri(deepest)
    assert not is_resource_uri(f"{deepest}/a")
    token = tool.tokens({**CALLS, "mcp_servers": ["ledger"]}, scope="mcp", resource=MCP)
    for called, active in ((deepest, True), (f"{deepest}?/a", True), (f"{deepest}/a", False)):
        found = tool.introspect(token["access_token"], "mcp", resource=called)
        assert found["active"] is active


@pytest.mark.requirement("UI-11")
def test_a_server_whose_address_has_a_query_is_found_by_it_alone(tool: Tool) -> None:
    for tenant in ("one", "two"):
        add_server(tool.world, tenant, f"{MCP}/tenants?of={tenant}")
    choice = {**CALLS, "mcp_servers": ["one"]}
    token = tool.tokens(choice, scope="mcp", resource=MCP)["access_token"]
    assert tool.introspect(token, "mcp", resource=f"{MCP}/tenants?of=one")["active"]
    for other in ("?of=two", "?of=three", "", "?of=one/x"):
        answer = tool.introspect(token, "mcp", resource=f"{MCP}/tenants{other}")
        assert answer == {"active": False}


@pytest.mark.parametrize("minutes", [9, 10, 11])
def test_an_mcp_server_that_has_ended_is_offered_unticked(tool: Tool, minutes: int) -> None:
    choice = {**CALLS, "mcp_servers": ["ledger", "fraud"], "server_ends_in-ledger": "600"}
    token = tool.tokens(choice, scope="mcp")["access_token"]
    address = f"/settings/authorizations/{tool.introspect(token)['authorization_id']}"
    tool.world.clock.forward(minutes=minutes)
    consent = f"{tool.consent_page(scope='mcp')[0]}?edit=1"
    for page in (tool.browser.get(address).text, tool.browser.get(consent).text):
        ticked = untouched(page)["mcp_servers"]
        assert "fraud" in ticked
        assert ("ledger" in ticked) is (minutes < 10)
        assert ('name="server_ends_in-ledger"' in page) is (minutes < 10)
