"""No approval and no token passes for one that is of use where it is not: every grant, every consent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.drivers.device import Device, device_of
from tests.drivers.tool import Tool
from tests.drivers.world import MCP, World

LEDGER, FRAUD, PLAY = (f"{MCP}/{name}" for name in ("ledger", "fraud", "play"))
API_ONLY: dict[str, Any] = {
    "capabilities": ["api", "flows:edit"],
    "project-payments": "editor",
    "expires_in": "",
}
LEDGER_ONLY: dict[str, Any] = {"capabilities": ["mcp"], "mcp_servers": ["ledger"], "expires_in": ""}

# What the tool holds, what it asks for then, what the user leaves as it is, and what would be of use.
REPEATS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "a second MCP server": (
        LEDGER_ONLY,
        {"scope": "mcp", "resource": FRAUD},
        {**LEDGER_ONLY, "mcp_servers": ["ledger", "fraud"]},
    ),
    "an MCP server beside the API": (
        API_ONLY,
        {"scope": "mcp", "resource": LEDGER},
        {**API_ONLY, "capabilities": ["api", "flows:edit", "mcp"], "mcp_servers": ["ledger"]},
    ),
    "the API beside an MCP server": (
        LEDGER_ONLY,
        {"scope": "api flows:edit", "resource": None},
        {**LEDGER_ONLY, "capabilities": ["mcp", "api"], "project-payments": "viewer"},
    ),
    "another capability": (
        API_ONLY,
        {"scope": "secrets:edit", "resource": None},
        {**API_ONLY, "capabilities": ["api", "flows:edit", "secrets:edit"]},
    ),
    "everything, at an MCP server": (
        API_ONLY,
        {"scope": None, "resource": FRAUD},
        {**API_ONLY, "capabilities": ["api", "flows:edit", "mcp"], "mcp_servers": ["fraud"]},
    ),
}


def held(tool: Tool, choice: dict[str, Any]) -> None:
    resource = LEDGER if "mcp_servers" in choice else None
    tool.tokens(choice, scope=" ".join(choice["capabilities"]), resource=resource)


def kept(tool: Tool) -> list[Any]:
    return [
        tool.world.execute("SELECT version, capabilities FROM authorizations"),
        tool.world.execute("SELECT count(*) FROM authorization_codes"),
        len(tool.world.audit("authorization.approved")),
    ]


@pytest.mark.rfc("8707", "2")
@pytest.mark.parametrize("case", REPEATS)
def test_a_later_approval_gives_something_of_what_was_asked(tool: Tool, case: str) -> None:
    choice, asked, useful = REPEATS[case]
    held(tool, choice)
    before = kept(tool)
    address, page = tool.consent_page(**asked)
    said = tool.browser.submit(page, f"{address}/summary", **choice).get_json()
    assert "Nothing that it asked for is chosen yet" in said["sentence"]
    assert not said["ready"]
    refused = tool.browser.submit(page, address, decision="approve", **choice)
    assert refused.status_code == 422
    assert "Nothing that it asked for is chosen yet" in refused.text
    assert kept(tool) == before

    approved = tool.browser.submit(refused, address, decision="approve", **useful)
    assert approved.status_code == 303
    token = tool.tokens(useful, **asked)["access_token"]
    assert tool.is_active(token, "mcp" if asked["resource"] else "api")


def test_a_device_is_not_approved_for_nothing_either(world: World) -> None:
    device = device_of(world)
    device.ask(scope="api flows:edit")
    device.answer(**API_ONLY)
    assert device.poll().status_code == 200
    device.ask(scope="mcp", resource=LEDGER)
    address = device.type().location
    page = device.browser.get(address)
    refused = device.browser.submit(page, address, decision="approve", **API_ONLY)
    assert refused.status_code == 422
    assert "it wants to use Ledger" in refused.text
    useful = {**API_ONLY, "capabilities": ["api", "mcp"], "mcp_servers": ["ledger"]}
    assert device.browser.submit(page, address, decision="approve", **useful).status_code == 303
    assert device.is_active(device.poll().get_json()["access_token"], "mcp")


def test_what_the_user_cannot_give_is_said(lone_tool: Tool) -> None:
    lone_tool.sign_in()
    address, page = lone_tool.consent_page(scope="mcp api", resource=PLAY)
    refused = lone_tool.browser.submit(page, address, decision="approve", **API_ONLY)
    assert refused.status_code == 422
    address, page = lone_tool.consent_page(scope="api flows:edit", resource=LEDGER)
    without_mcp = lone_tool.browser.submit(page, address, decision="approve", **API_ONLY)
    assert without_mcp.status_code == 422
    assert "but did not ask to use MCP servers" in without_mcp.text


def test_the_server_that_is_asked_for_is_the_one_thing_to_tick(lone_tool: Tool) -> None:
    lone_tool.sign_in()
    held(lone_tool, API_ONLY)
    _, page = lone_tool.consent_page(scope="mcp", resource=LEDGER)
    form = page.text.partition("data-choice")[2]
    assert "asks for 1 more thing" in page.text
    assert 'value="fraud"' not in form
    assert re.findall(r'<input type="checkbox"[^>]*name="(\w+)" value="(\w+)"', form) == [
        ("capabilities", "mcp"),
        ("mcp_servers", "ledger"),
    ]
    ticked = re.findall(r'value="(\w+)"[^>]*checked', form)
    assert ticked == ["mcp"], "it goes with the server, and means nothing without one"
    pressed = {"version": "1", "rest": "keep", "capabilities": ["mcp", "api"], "expires_in": "keep"}
    refused = lone_tool.browser.submit(page, page.request.path, decision="approve", **pressed)
    assert refused.status_code == 422
    assert "Nothing that it asked for is chosen yet" in refused.text


def test_nothing_that_gives_more_is_ticked(lone_tool: Tool) -> None:
    lone_tool.sign_in()
    without_mcp = {**LEDGER_ONLY, "capabilities": ["api", "mcp"], "project-payments": "viewer"}
    held(lone_tool, without_mcp)
    _, page = lone_tool.consent_page(scope="api mcp flows:edit secrets:edit", resource=FRAUD)
    boxes = re.findall(
        r'<input type="(\w+)"[^>]*name="capabilities" value="([\w:]+)"([^>]*)', page.text
    )
    sent = {name for kind, name, more in boxes if kind == "hidden" or "checked" in more}
    assert sent == {"api", "mcp"}
    assert {name for kind, name, _ in boxes if kind == "checkbox"} == {
        "mcp",
        "flows:edit",
        "secrets:edit",
    }


# After the approval: the access changes, and the tool asks for a token.


def refusal(response: TestResponse) -> str:
    assert response.status_code == 400, response.text
    return str(response.get_json()["error"])


def test_a_refresh_for_a_server_that_is_not_in_the_access_any_more(tool: Tool) -> None:
    choice = {**LEDGER_ONLY, "mcp_servers": ["ledger", "fraud"]}
    tokens = tool.tokens(choice, scope="mcp", resource=LEDGER)
    tool.tokens({**choice, "mcp_servers": ["fraud"]}, scope="mcp", resource=FRAUD)
    assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_target"
    assert refusal(tool.refresh(tokens["refresh_token"], resource=LEDGER)) == "invalid_target"
    tool.tokens(choice, scope="mcp", resource=LEDGER)
    again = tool.refresh(tokens["refresh_token"])
    assert again.status_code == 200, "the session lives on, its token was not spent"
    assert tool.is_active(again.get_json()["access_token"], "mcp")


def test_a_code_for_a_server_that_went_meanwhile(tool: Tool) -> None:
    code = tool.code(LEDGER_ONLY, scope="mcp", resource=LEDGER)
    tool.world.remove_member("payments", "ben")
    assert refusal(tool.redeem(code)) == "invalid_target"
    tool.world.set_member("payments", "ben", "viewer")
    assert tool.redeem(code).status_code == 200, "the code was not spent"


def test_a_device_code_for_a_server_that_went_meanwhile(lone_box: Device) -> None:
    lone_box.ask(scope="mcp", resource=LEDGER)
    lone_box.answer(**LEDGER_ONLY)
    lone_box.world.remove_member("payments", "ben")
    assert refusal(lone_box.poll()) == "invalid_target"
    lone_box.world.set_member("payments", "ben", "viewer")
    assert lone_box.poll().status_code == 200


def test_a_token_is_for_the_first_resource_that_is_of_use(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens(LEDGER_ONLY, scope="mcp api", resource=[FRAUD, LEDGER])
    assert lone_tool.introspect(tokens["access_token"], "mcp")["aud"] == LEDGER
    refreshed = lone_tool.refresh(tokens["refresh_token"]).get_json()
    assert lone_tool.introspect(refreshed["access_token"], "mcp")["aud"] == LEDGER


def test_a_pause_keeps_the_tool_connected(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens(LEDGER_ONLY, scope="mcp", resource=LEDGER)
    [[found]] = lone_tool.world.execute("SELECT id FROM authorizations")
    page = lone_tool.browser.get(f"/settings/authorizations/{found}")
    lone_tool.browser.submit(page, f"/settings/authorizations/{found}/pause")
    paused = lone_tool.refresh(tokens["refresh_token"])
    assert paused.status_code == 200
    assert not lone_tool.is_active(paused.get_json()["access_token"], "mcp")


def test_a_scope_without_mcp_gets_no_token_for_an_mcp_server(lone_tool: Tool) -> None:
    choice = {**API_ONLY, "capabilities": ["api", "mcp"], "mcp_servers": ["ledger"]}
    tokens = lone_tool.tokens(choice, scope="api mcp", resource=LEDGER)
    assert refusal(lone_tool.refresh(tokens["refresh_token"], scope="api")) == "invalid_target"
