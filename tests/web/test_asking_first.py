"""The consent page asks first: what was asked stands on top, all else is folded away."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.drivers.tool import Browser, Tool, open_boxes
from tests.drivers.world import MCP, SPA_URI, Registered, World

TITLE = re.compile(r"<h1[^>]*><bdi>([^<]+)</bdi> ([^<]+)</h1>")
NAMES = re.compile(r'name="(project-\w+|mcp_servers|capabilities)"(?: value="([\w:]+)")?')
TICKED = re.compile(r'name="(capabilities|mcp_servers)" value="([\w:]+)"[^>]*checked')


@pytest.fixture
def ready(lone_tool: Tool) -> Tool:
    return lone_tool.sign_in()


def asked(tool: Tool, **request: Any) -> tuple[str, str, str]:
    """Return the title, what stands on the page at once, and what is folded."""
    page = tool.consent_page(**request)[1].text
    found = TITLE.search(page)
    assert found, page
    at_once, _, folded = page.partition('<details class="part more">')
    return found[2], at_once, folded


LEDGER = {"scope": "mcp", "resource": f"{MCP}/ledger"}


def test_a_server_that_is_named_is_the_subject_and_all_there_is(ready: Tool) -> None:
    title, at_once, folded = asked(ready, **LEDGER)
    assert title == "wants to use Ledger"
    assert NAMES.findall(at_once) == [("capabilities", "mcp"), ("mcp_servers", "ledger")]
    assert TICKED.findall(at_once) == [("capabilities", "mcp"), ("mcp_servers", "ledger")]
    assert "3 MCP servers</span>" in folded
    assert {name for name, _ in NAMES.findall(folded)} == {"mcp_servers", "capabilities"}
    assert "project-" not in folded, "a project would have no effect"
    assert TICKED.findall(folded) == []
    assert ">Allow Ledger for 90 days<" in folded


def test_one_press_gives_what_the_title_says_and_no_more(ready: Tool) -> None:
    address, page = ready.consent_page(**LEDGER)
    sent = {"rest": "keep", "capabilities": ["mcp"], "mcp_servers": ["ledger"]}
    posted = ready.browser.submit(page, address, decision="approve", expires_in="3600", **sent)
    assert posted.status_code == 303
    (event,) = ready.world.audit("authorization.approved")
    assert event.detail["widened"] == ["mcp", "MCP server ledger"]


@pytest.mark.parametrize(
    "request_",
    [
        {"scope": "mcp api", "resource": f"{MCP}/ledger"},
        {"scope": "mcp", "resource": [f"{MCP}/ledger", f"{MCP}/fraud"]},
        {"scope": "mcp"},
    ],
    ids=["more", "two", "none named"],
)
def test_no_server_is_ticked_where_it_is_not_all_that_is_asked(
    ready: Tool, request_: dict[str, Any]
) -> None:
    page = ready.consent_page(**request_)[1].text
    assert [value for name, value in TICKED.findall(page) if name == "mcp_servers"] == []


def test_of_a_wide_request_nothing_is_ticked_and_nothing_sensitive_ever(ready: Tool) -> None:
    wide = "api apps:view flows:edit secrets:edit endpoints:access"
    assert TICKED.findall(ready.consent_page(scope=wide)[1].text) == []
    few = TICKED.findall(ready.consent_page(scope="api flows:edit secrets:edit")[1].text)
    assert few == [("capabilities", "api"), ("capabilities", "flows:edit")]


def test_what_was_not_asked_is_folded_and_says_why(ready: Tool) -> None:
    _, at_once, folded = asked(ready, scope="api flows:edit")
    assert open_boxes(ready.consent_page(scope="api flows:edit")[1]) == ["api", "flows:edit"]
    assert "did not ask for it" not in at_once
    assert folded.count("This tool did not ask for it.") == 4
    assert "mcp_servers" not in folded


def test_what_the_developer_says_stands_as_the_developers_word(lone_world: World) -> None:
    http = lone_world.app.test_client()
    body = {
        "client_name": "Planner",
        "redirect_uris": [SPA_URI],
        "token_endpoint_auth_method": "none",
        "mandate_required_scope": "api",
        "mandate_scope_reasons": {"flows:edit": "To build <b>your</b> plan"},
    }
    made = http.post("/oauth/register", json=body).get_json()
    client = Registered(made["client_id"], None, "none", SPA_URI)
    page = Tool(lone_world, client).sign_in().consent_page(scope="api flows:edit")[1].text
    assert "Its developer says: “<bdi>To build &lt;b&gt;your&lt;/b&gt; plan</bdi>”" in page
    assert page.count('<span class="tag">needed</span>') == 1
    assert (
        '<span class="tag">needed</span>' in page.split('id="capability-api"')[1].split("</li>")[0]
    )


def test_who_has_nothing_to_give_is_told_whom_to_ask(lone_world: World) -> None:
    lone_world.remove_member("website", "cleo")
    browser = Browser(lone_world)
    browser.sign_in("cleo")
    page = browser.get("/settings/authorizations/api-keys/new").text
    assert "You are in no project yet" in page
    assert 'value="create"' not in page
