"""authorization_details at the token endpoint narrow one access token (RFC 9396 section 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.drivers.details import FAULTS
from tests.drivers.device import Device
from tests.drivers.introspection import basic, both_ways
from tests.drivers.short_way import long_requests
from tests.drivers.tool import Tool, refusal
from tests.drivers.world import MCP, World

pytestmark = pytest.mark.rfc("9396", "6")

API = "http://127.0.0.1:8001/api"
WIDE: dict[str, Any] = {
    "capabilities": ["mcp", "api", "apps:view", "flows:edit"],
    "project-payments": "editor",
    "project-website": "admin",
    "mcp_servers": ["ledger", "cms"],
    "expires_in": "86400",
}
ASK: dict[str, Any] = {
    "scope": "mcp api apps:view flows:edit",
    "resource": [API, f"{MCP}/ledger", f"{MCP}/cms"],
}
VIEW = {"type": "project", "identifier": "website", "privileges": ["viewer"]}
EDIT = {"type": "project", "identifier": "payments", "actions": ["flows:edit"]}
CMS = {"type": "mcp_server", "identifier": "cms"}
ROW = "SELECT authorization_details FROM access_tokens WHERE authorization_details IS NOT NULL"


def said(*objects: dict[str, Any]) -> str:
    return json.dumps(objects)


def has(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a token answer or an introspection says of a token, for short."""
    found: dict[str, Any] = {"scope": answer["scope"]}
    for one in answer["authorization_details"]:
        found[one["identifier"]] = (*one["privileges"], *one.get("actions", ()))
    return found


WHOLE = {
    "scope": "mcp api apps:view flows:edit",
    "payments": ("editor", "apps:view", "flows:edit"),
    "website": ("admin", "apps:view", "flows:edit"),
    "cms": ("admin",),
    "ledger": ("editor",),
}
VIEWED = {"scope": "api apps:view", "website": ("viewer", "apps:view")}
BOTH = {
    "scope": "mcp api apps:view flows:edit",
    "website": ("viewer", "apps:view"),
    "payments": ("editor", "flows:edit"),
    "cms": ("admin",),
}


def good(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    return dict(response.get_json())


@pytest.mark.requirement("RR-05")
@pytest.mark.requirement("RR-08")
def test_a_code_is_redeemed_for_a_narrowed_token(tool: Tool) -> None:
    code = tool.code(WIDE, **ASK)
    with long_requests(tool.world.app) as went_long:
        tokens = good(tool.redeem(code, authorization_details=said(VIEW, EDIT, CMS)))
    assert went_long == ["/oauth/token"]
    assert has(tokens) == BOTH
    assert has(tool.introspect(tokens["access_token"])) == BOTH
    assert [e.kind for e in tool.world.audit("session.started")] == ["session.started"]
    assert refusal(tool.redeem(code)) == "invalid_grant", "the code is spent"


@pytest.mark.requirement("RR-07")
def test_a_refresh_narrows_one_access_token_and_not_the_session(tool: Tool) -> None:
    tokens = good(tool.redeem(tool.code(WIDE, **ASK), authorization_details=said(VIEW)))
    assert has(tokens) == VIEWED
    wide = good(tool.refresh(tokens["refresh_token"]))
    assert has(wide) == WHOLE
    narrow = good(tool.refresh(wide["refresh_token"], authorization_details=said(EDIT, CMS)))
    assert has(narrow) == {
        **{k: BOTH[k] for k in ("payments", "cms")},
        "scope": "mcp api flows:edit",
    }
    assert has(good(tool.refresh(narrow["refresh_token"]))) == WHOLE
    for token, found in ((tokens, VIEWED), (wide, WHOLE), (narrow, has(narrow))):
        assert has(tool.introspect(token["access_token"])) == found
    kinds = [entry.kind for entry in tool.world.audit()]
    assert kinds.count("session.started") == 1
    assert kinds.count("session.refreshed") == 3


@pytest.mark.requirement("RR-05")
def test_a_device_takes_a_narrowed_token(box: Device) -> None:
    assert box.ask(**ASK).status_code == 200
    assert refusal(box.poll(authorization_details=said(VIEW))) == "authorization_pending"
    box.answer(**WIDE)
    box.world.clock.forward(seconds=6)
    tokens = good(box.poll(authorization_details=said(VIEW)))
    assert has(tokens) == has(box.introspect(tokens["access_token"])) == VIEWED
    assert refusal(box.poll()) == "invalid_grant", "the code is spent"
    assert has(good(box.refresh(tokens["refresh_token"]))) == WHOLE


@pytest.mark.requirement("RR-08")
def test_a_token_is_narrowed_by_scope_and_details_at_once(lone_tool: Tool) -> None:
    refresh_token = lone_tool.tokens(WIDE, **ASK)["refresh_token"]
    tokens = good(
        lone_tool.refresh(refresh_token, scope="apps:view", authorization_details=said(VIEW))
    )
    assert has(tokens) == {**VIEWED, "scope": "apps:view"}
    assert has(lone_tool.introspect(tokens["access_token"])) == has(tokens)
    outside: dict[str, Any] = {"scope": "apps:view", "authorization_details": said(EDIT)}
    assert refusal(lone_tool.refresh(tokens["refresh_token"], **outside)) == (
        "invalid_authorization_details"
    )


def test_a_server_may_be_named_by_where_it_lies(lone_tool: Tool) -> None:
    refresh_token = lone_tool.tokens(WIDE, **ASK)["refresh_token"]
    details = said({"type": "mcp_server", "locations": [f"{MCP}/cms/"]})
    tokens = good(
        lone_tool.refresh(refresh_token, authorization_details=details, resource=f"{MCP}/cms")
    )
    assert has(tokens) == {"scope": "mcp api", "cms": ("admin",)}
    assert lone_tool.is_active(tokens["access_token"], "mcp")
    [[row]] = lone_tool.world.execute(ROW)
    assert json.loads(str(row)) == [CMS], "the row names it by its identifier"


MORE = [
    said({"type": "project", "identifier": "payments", "privileges": ["admin"]}),
    said({"type": "project", "identifier": "payments", "actions": ["secrets:edit"]}),
    said({"type": "project", "identifier": "data"}),
    said({"type": "project", "identifier": "sandbox"}),
    said({"type": "project", "identifier": "nowhere"}),
    said({"type": "mcp_server", "identifier": "fraud"}),
    said({"type": "mcp_server", "identifier": "play"}),
    said({"type": "mcp_server", "identifier": "nowhere"}),
    said({"type": "mcp_server", "locations": [f"{MCP}/fraud"]}),
    said({"type": "mcp_server", "locations": [f"{MCP}/play"]}),
    said({"type": "mcp_server", "locations": [f"{MCP}/nowhere"]}),
    said({"type": "mcp_server", "identifier": "cms", "locations": [f"{MCP}/ledger"]}),
    said(VIEW, {"type": "mcp_server", "identifier": "fraud"}),
]


@pytest.mark.requirement("RR-02")
@pytest.mark.requirement("RR-06")
def test_what_is_malformed_or_was_not_given_spends_nothing(lone_world: World) -> None:
    tool, box = Tool(lone_world, lone_world.web), Device(lone_world, lone_world.native)
    lone_world.execute(
        'UPDATE clients SET grant_types = \'["authorization_code", "refresh_token",'
        ' "urn:ietf:params:oauth:grant-type:device_code"]\''
    )
    refresh_token, code = tool.tokens(WIDE, **ASK)["refresh_token"], tool.code(WIDE, **ASK)
    box.sign_in()
    box.ask(**ASK)
    box.answer(**WIDE)
    count = lone_world.execute("SELECT count(*) FROM audit_events")
    for details in (*FAULTS, *MORE):
        for response in (
            tool.redeem(code, authorization_details=details),
            tool.refresh(refresh_token, authorization_details=details),
            box.poll(authorization_details=details),
        ):
            assert refusal(response) == "invalid_authorization_details", details
            told = response.get_json()["error_description"]
            assert FAULTS.get(details, "not given, or not any more") in told
    assert lone_world.execute("SELECT count(*) FROM audit_events") == count
    assert lone_world.execute("SELECT count(*) FROM access_tokens") == [(1,)]
    for response in (tool.redeem(code), tool.refresh(refresh_token), box.poll()):
        assert has(good(response)) == WHOLE


@pytest.mark.requirement("RR-04")
def test_who_asks_for_what_is_not_theirs_hears_the_same_of_what_is_not_there(spa: Tool) -> None:
    refresh_token = spa.tokens(WIDE, **ASK)["refresh_token"]
    for kind, other, nothing in (("project", "sandbox", "nowhere"), ("mcp_server", "play", "nix")):
        there, nowhere = (
            spa.refresh(
                refresh_token, authorization_details=said({"type": kind, "identifier": name})
            ).get_json()["error_description"]
            for name in (other, nothing)
        )
        assert there.replace(other, nothing) == nowhere


@pytest.mark.requirement("RR-05")
def test_a_narrowed_token_shrinks_with_what_it_rests_on(tool: Tool) -> None:
    world = tool.world
    details = said({**VIEW, "privileges": ["editor"]}, EDIT, CMS)
    tokens = good(tool.redeem(tool.code(WIDE, **ASK), authorization_details=details))
    token = tokens["access_token"]
    assert has(tokens)["website"] == ("editor", "apps:view", "flows:edit")
    world.set_member("website", "ben", "viewer")
    assert has(tool.introspect(token))["website"] == ("viewer", "apps:view")
    assert has(tool.introspect(token))["cms"] == ("viewer",)
    world.remove_member("payments", "ben")
    assert has(tool.introspect(token)) == {
        "scope": "mcp api apps:view",
        "website": ("viewer", "apps:view"),
        "cms": ("viewer",),
    }
    world.remove_server("cms")
    world.remove_member("website", "ben")
    assert has(tool.introspect(token)) == {"scope": "mcp api"}
    world.set_member("website", "ben", "admin")
    world.set_member("payments", "ben", "admin")
    found = has(tool.introspect(token))
    assert found["website"][0] == "editor", "what comes back is bounded as before"
    assert found["payments"] == ("editor", "flows:edit")
    assert "ledger" not in found
    again = tool.refresh(tokens["refresh_token"], authorization_details=said(CMS))
    assert refusal(again) == "invalid_authorization_details"


@pytest.mark.requirement("RR-05")
def test_a_narrowed_token_is_not_for_a_server_that_it_leaves_out(lone_tool: Tool) -> None:
    refresh_token = lone_tool.tokens(WIDE, **ASK)["refresh_token"]
    ledger: dict[str, Any] = {"authorization_details": said(CMS), "resource": f"{MCP}/ledger"}
    assert refusal(lone_tool.refresh(refresh_token, **ledger)) == "invalid_target"
    cms: dict[str, Any] = {"authorization_details": said(CMS), "resource": f"{MCP}/cms"}
    token = good(lone_tool.refresh(refresh_token, **cms))["access_token"]
    assert lone_tool.introspect(token, "mcp", resource=f"{MCP}/cms/tools")["active"]
    for target in (f"{MCP}/ledger", MCP):
        assert lone_tool.introspect(token, "mcp", resource=target) == {"active": False}


@pytest.mark.requirement("RR-08")
def test_the_short_way_of_introspection_tells_the_same_of_a_narrowed_token(tool: Tool) -> None:
    """Also from an answer that is kept, and beside a wide token of the same session."""
    narrow = good(tool.redeem(tool.code(WIDE, **ASK), authorization_details=said(VIEW)))
    wide = good(tool.refresh(narrow["refresh_token"]))
    headers = {"Authorization": basic("api", tool.world.secrets["api"])}
    for _ in range(3):
        for tokens, found in ((narrow, VIEWED), (wide, WHOLE)):
            (status, body, _), is_short = both_ways(
                tool, data={"token": tokens["access_token"]}, headers=headers
            )
            assert (status, is_short) == (200, True)
            assert has(json.loads(body)) == found
    tool.world.execute(
        "UPDATE access_tokens SET authorization_details = ("
        "SELECT authorization_details FROM access_tokens WHERE authorization_details IS NOT NULL)"
    )
    (_, body, _), _ = both_ways(tool, data={"token": wide["access_token"]}, headers=headers)
    assert has(json.loads(body)) == VIEWED, "a kept answer rests on the narrowing too"


def test_empty_details_are_none_and_an_unchanged_request_is_answered_as_before(
    lone_tool: Tool,
) -> None:
    refresh_token = lone_tool.tokens(WIDE, **ASK)["refresh_token"]
    fresh = good(lone_tool.refresh(refresh_token, authorization_details=""))
    assert has(fresh) == WHOLE
    with long_requests(lone_tool.world.app) as went_long:
        assert has(good(lone_tool.refresh(fresh["refresh_token"]))) == WHOLE
    assert went_long == []
    assert lone_tool.world.execute(ROW) == []


def test_a_pause_and_a_replay_mean_what_they_did(lone_tool: Tool) -> None:
    code = lone_tool.code(WIDE, **ASK)
    details: dict[str, Any] = {"authorization_details": said(VIEW)}
    tokens = good(lone_tool.redeem(code, **details))
    lone_tool.world.execute("UPDATE authorizations SET paused_at = updated_at")
    paused = good(lone_tool.refresh(tokens["refresh_token"], **details))
    assert not lone_tool.is_active(paused["access_token"])
    lone_tool.world.execute("UPDATE authorizations SET paused_at = NULL")
    assert has(lone_tool.introspect(paused["access_token"])) == VIEWED
    assert refusal(lone_tool.redeem(code, **details)) == "invalid_grant"
    assert not lone_tool.is_active(paused["access_token"]), "a replay ends the session"


def test_a_call_beyond_the_narrowing_is_denied_and_says_that_the_tool_must_ask(tool: Tool) -> None:
    code = tool.code(WIDE, **ASK)
    token = good(tool.redeem(code, authorization_details=said(VIEW), resource=API))["access_token"]
    answer = tool.introspect(token, capability="flows:edit", project="website")
    assert answer["denied"]["bound"] == "details"
    assert answer["denied"]["message"] == "The tool asked for less this time; it must ask again."
    assert "denied" not in tool.introspect(token, capability="apps:view", project="website")
