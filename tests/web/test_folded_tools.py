"""Tools without an open sign-in stay out of the way; nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drivers.clock import Clock
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World

LIST = "/settings/authorizations/oauth2"
FLOWCTL: dict[str, Any] = {
    "client_name": "Spaceflows CLI",
    "redirect_uris": ["http://127.0.0.1:40001/callback"],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "scope": "api apps:admin apps:view flows:edit",
}


def signed_in_cli(world: World, tool: Tool | None = None) -> Tool:
    """Register anew and sign in, as flowctl does at every login."""
    answer = world.app.test_client().post("/oauth/register", json=FLOWCTL)
    client = Registered(answer.get_json()["client_id"], None, "none", FLOWCTL["redirect_uris"][0])
    made = Tool(world, client)
    if tool:
        made.browser, made.signed_in = tool.browser, True
    return made


def shown_and_folded(tool: Tool) -> tuple[int, int]:
    page = tool.browser.get(LIST).text
    shown, _, folded = page.partition(" disconnected</summary>")
    return shown.count('<tr class="entry">'), folded.count('<tr class="entry">')


def test_what_a_cli_left_behind_is_folded_away(lone_world: World, clock: Clock) -> None:
    first = signed_in_cli(lone_world)
    first.tokens(scope="api flows:edit")
    assert shown_and_folded(first) == (1, 0)
    second = signed_in_cli(lone_world, first)
    second.tokens(scope="api flows:edit")
    assert shown_and_folded(first) == (2, 0)
    lone_world.execute(
        "UPDATE sessions SET ended_at = created_at "
        "WHERE client_id = (SELECT id FROM clients WHERE identifier = '"
        + first.client.client_id
        + "')"
    )
    assert shown_and_folded(first) == (1, 1)


@pytest.mark.parametrize("span", [{"days": 15}, {"days": 91}])
def test_a_sign_in_that_ran_out_is_folded_too(
    lone_world: World, clock: Clock, span: dict[str, int]
) -> None:
    tool = signed_in_cli(lone_world)
    tool.tokens(scope="api flows:edit")
    clock.forward(**span)
    tool.signed_in = False
    tool.sign_in()
    assert shown_and_folded(tool) == (0, 1)
    assert "No tool acts for you" in tool.browser.get(LIST).text


def test_a_search_finds_what_is_folded(lone_world: World, clock: Clock) -> None:
    tool = signed_in_cli(lone_world)
    tool.decide(choice={"capabilities": ["api"], "project-payments": "viewer"}, scope="api")
    assert shown_and_folded(tool) == (1, 0)
    clock.forward(minutes=59)
    assert shown_and_folded(tool) == (1, 0)
    clock.forward(minutes=2)
    assert shown_and_folded(tool) == (0, 1)
    found = tool.browser.get(f"{LIST}?q=spaceflows").text
    assert found.count('<tr class="entry">') == 1
    assert "without an open sign-in" not in found


def test_the_list_says_whose_word_a_name_is(lone_world: World) -> None:
    tool = signed_in_cli(lone_world)
    tool.tokens(scope="api flows:edit")
    other = Tool(lone_world, lone_world.native)
    other.browser, other.signed_in = tool.browser, True
    other.tokens()
    page = tool.browser.get(LIST).text
    assert "registered itself, not verified" in page
    assert "127.0.0.1 · verified" in page


def test_a_tool_with_joiners_in_its_name_can_be_edited(lone_world: World) -> None:
    body = {**FLOWCTL, "client_name": "👩\u200d💻 می\u200cنویسد"}
    answer = lone_world.app.test_client().post("/oauth/register", json=body)
    client = Registered(answer.get_json()["client_id"], None, "none", FLOWCTL["redirect_uris"][0])
    tool = Tool(lone_world, client)
    found = tool.introspect(tool.tokens()["access_token"])["authorization_id"]
    address = f"/settings/authorizations/{found}"
    page = tool.browser.get(address)
    assert body["client_name"] in page.text
    fields = {"name": body["client_name"], "capabilities": ["api"], "project-payments": "viewer"}
    assert tool.browser.submit(page, address, **fields).status_code == 303
