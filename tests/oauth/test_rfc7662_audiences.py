"""Introspection and audiences: who may ask about which token (RFC 7662, RFC 8707)."""

from __future__ import annotations

import time

import pytest

from app.services.directory import mcp_servers
from tests.drivers.introspection import both_ways
from tests.drivers.tool import Tool
from tests.drivers.world import MCP, World


@pytest.mark.rfc("7662", "4")
@pytest.mark.requirement("IN-03", "AT-02")
def test_a_resource_server_sees_its_own_tokens_only(tool: Tool) -> None:
    for_api = tool.tokens()["access_token"]
    assert tool.is_active(for_api, "api")
    assert tool.introspect(for_api, "mcp") == {"active": False}
    choice = {"capabilities": ["mcp"], "mcp_servers": ["ledger"]}
    for_ledger = tool.tokens(choice, scope="mcp", resource=f"{MCP}/ledger")["access_token"]
    assert tool.introspect(for_ledger, "api") == {"active": False}
    assert tool.introspect(for_ledger, "mcp")["aud"] == f"{MCP}/ledger"


@pytest.mark.requirement("UI-11")
def test_an_mcp_server_that_is_not_in_the_access_makes_its_token_inactive(tool: Tool) -> None:
    choice = {
        "capabilities": ["mcp", "api"],
        "mcp_servers": ["ledger"],
        "project-payments": "viewer",
    }
    both = {**choice, "mcp_servers": ["ledger", "cms"]}
    cms = tool.tokens(both, scope="mcp api", resource=f"{MCP}/cms")["access_token"]
    assert tool.is_active(cms, "mcp")
    ledger = tool.tokens(choice, scope="mcp api", resource=f"{MCP}/ledger")["access_token"]
    assert tool.is_active(ledger, "mcp")
    assert not tool.is_active(cms, "mcp"), "not ticked any more"
    tool.world.remove_member("payments", "ben")
    assert not tool.is_active(ledger, "mcp"), "its project is lost"
    tool.world.set_member("payments", "ben", "viewer")
    assert tool.introspect(ledger, "mcp")["authorization_details"][-1]["privileges"] == ["viewer"]
    tool.world.remove_server("ledger")
    assert not tool.is_active(ledger, "mcp"), "it is gone"


def test_the_resource_being_called_must_lie_within_the_audience(lone_tool: Tool) -> None:
    choice = {"capabilities": ["mcp"], "mcp_servers": ["ledger", "fraud"]}
    token = lone_tool.tokens(choice, scope="mcp", resource=f"{MCP}/ledger")["access_token"]
    for inside in (
        f"{MCP}/ledger",
        f"{MCP}/ledger/tools",
        f"{MCP}/ledger".upper().replace("/MCP/LEDGER", "/mcp/ledger"),
    ):
        assert lone_tool.introspect(token, "mcp", resource=inside)["active"]
    for outside in (
        f"{MCP}/fraud",
        MCP,
        f"{MCP}/ledgers",
        f"{MCP}/ledger/../fraud",
        "nonsense",
        f"{MCP}/ledger/%2e%2e/fraud",
    ):
        assert lone_tool.introspect(token, "mcp", resource=outside) == {"active": False}


@pytest.mark.requirement("UI-11")
def test_a_token_for_all_mcp_servers_reaches_only_those_in_the_access(tool: Tool) -> None:
    choice = {"capabilities": ["mcp"], "mcp_servers": ["ledger"]}
    token = tool.tokens(choice, scope="mcp", resource=MCP)["access_token"]
    assert tool.introspect(token, "mcp")["aud"] == MCP
    for inside in (f"{MCP}/ledger", f"{MCP}/ledger/", f"{MCP}/ledger/tools/x?y=1"):
        assert tool.introspect(token, "mcp", resource=inside)["active"], inside
    odd = (
        "%6cedger/../fraud",
        "./fraud",
        "fraud%2fx",
        "fraud;x",
        "ledger%2f..%2ffraud",
        "ledger/..%2ffraud",
        "ledger//x",
        "ledger%00",
        "ledger%5c..%5cfraud",
        "Fraud",
        "fraud/a/b/c/d/e/f/g/h/i/j",
        "unknown",
        "unknown/ledger",
        "%66raud",
    )
    deep = f"{MCP}/ledger/a/b/c/d/e/f/g/h/i/j/k"
    assert tool.introspect(token, "mcp", resource=deep)["active"]
    for outside in (
        f"{MCP}/fraud",
        f"{MCP}/fraud/tools",
        f"{MCP}/play",
        f"{MCP}/play/",
        *(f"{MCP}/{o}" for o in odd),
    ):
        assert tool.introspect(token, "mcp", resource=outside) == {"active": False}
    tool.world.remove_member("payments", "ben")
    assert tool.introspect(token, "mcp", resource=f"{MCP}/ledger") == {"active": False}


def test_a_neighbour_with_a_longer_name_does_not_make_an_audience_wide(tool: Tool) -> None:
    token = tool.tokens()["access_token"]
    called = "http://127.0.0.1:8001/api/projects"
    assert tool.introspect(token, resource=called)["active"]
    with tool.world.app.app_context():
        mcp_servers.add_server(
            "x",
            project="payments",
            url="http://127.0.0.1:8001/api-mcp/x",
            name="X",
            at=tool.world.at,
            actor="test",
        )
    assert tool.introspect(token, resource=called)["active"]


def test_an_mcp_server_with_a_final_slash_is_the_same_server(tool: Tool) -> None:
    with tool.world.app.app_context():
        mcp_servers.add_server(
            "slash",
            project="payments",
            url=f"{MCP}/slash/",
            name="Slash",
            at=tool.world.at,
            actor="test",
        )
    token = tool.tokens(
        {"capabilities": ["mcp"], "mcp_servers": ["ledger"]}, scope="mcp", resource=MCP
    )["access_token"]
    for called in (f"{MCP}/slash", f"{MCP}/slash/", f"{MCP}/slash/a"):
        assert tool.introspect(token, "mcp", resource=called) == {"active": False}
    exact = tool.tokens(
        {"capabilities": ["mcp"], "mcp_servers": ["slash"]}, scope="mcp", resource=f"{MCP}/slash"
    )["access_token"]
    assert tool.introspect(exact, "mcp")["aud"] == f"{MCP}/slash/", "as it is registered"


def test_a_huge_resource_costs_nothing(lone_world: World) -> None:
    http = lone_world.app.test_client()
    started = time.process_time()
    fields = {"token": "x", "resource": "http://a/" + "a/" * 60_000}
    assert http.post("/oauth/introspect", data=fields, auth=("api", "wrong")).status_code == 401
    assert time.process_time() - started < 1


@pytest.mark.rfc("8707", "2")
@pytest.mark.parametrize(
    "second", [f"{MCP}/ledger", f"{MCP}/ledger/", "HTTP://127.0.0.1:8001/mcp/ledger", ""]
)
def test_a_resource_that_stands_twice_is_one(lone_tool: Tool, second: str) -> None:
    choice = {"capabilities": ["mcp"], "mcp_servers": ["ledger"]}
    token = lone_tool.tokens(choice, scope="mcp", resource=f"{MCP}/ledger")["access_token"]
    for resources in ([f"{MCP}/ledger", second], [second, f"{MCP}/ledger"]):
        (status, body, _), _ = both_ways(
            lone_tool,
            data={"token": token, "resource": resources},
            auth=("mcp", lone_tool.world.secrets["mcp"]),
        )
        assert status == 200
        assert b'"active":true' in body


def test_two_resources_are_refused(lone_tool: Tool) -> None:
    token = lone_tool.tokens()["access_token"]
    asked = lone_tool.http.post(
        "/oauth/introspect",
        data={"token": token, "resource": [f"{MCP}/fraud", f"{MCP}/ledger"]},
        auth=("mcp", lone_tool.world.secrets["mcp"]),
    )
    assert (asked.status_code, asked.get_json()["error"]) == (400, "invalid_request")
