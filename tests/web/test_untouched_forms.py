"""A page that nobody touches gives nothing that was not pressed for, and takes nothing away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drivers.forms import untouched
from tests.drivers.owner import LIST
from tests.drivers.tool import USUAL, Browser, Tool
from tests.drivers.world import MCP

LEDGER = f"{MCP}/ledger"
ASKS: dict[str, dict[str, Any]] = {
    "an API": {"scope": "api flows:edit"},
    "everything": {
        "scope": "mcp api apps:view apps:admin flows:edit secrets:edit endpoints:access",
        "resource": [LEDGER, f"{MCP}/fraud"],
    },
    "a server and more": {"scope": "mcp api", "resource": LEDGER},
    "a project by details": {
        "scope": "api flows:edit mcp",
        "authorization_details": (
            '[{"type": "project", "identifier": "payments", "privileges": ["editor"]},'
            ' {"type": "mcp_server", "identifier": "ledger"}]'
        ),
    },
}
HELD: dict[str, dict[str, Any]] = {
    "usual": USUAL,
    "with servers": {
        "capabilities": ["api", "mcp"],
        "project-payments": "viewer",
        "role_ends_in-payments": "7200",
        "mcp_servers": ["ledger", "cms"],
        "server_ends_in-cms": "3600",
        "expires_in": "",
    },
    "servers without mcp": {
        "capabilities": ["api"],
        "project-payments": "viewer",
        "mcp_servers": ["ledger"],
        "expires_in": "86400",
    },
}


def widened(tool: Tool) -> list[str]:
    kinds = ("authorization.approved", "authorization.edited")
    return [item for kind in kinds for e in tool.world.audit(kind) for item in e.detail["widened"]]


def press(browser: Browser, address: str, html: str, **more: Any) -> int:
    return browser.http.post(address, data={**untouched(html), **more}).status_code


@pytest.mark.parametrize("asked", ASKS)
def test_a_first_consent_gives_nothing_untouched(lone_tool: Tool, asked: str) -> None:
    lone_tool.sign_in()
    address, page = lone_tool.consent_page(**ASKS[asked])
    assert press(lone_tool.browser, address, page.text, decision="approve") == 422
    assert lone_tool.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


@pytest.mark.parametrize("asked", ASKS)
@pytest.mark.parametrize("held", HELD)
def test_a_later_consent_changes_nothing_untouched(lone_tool: Tool, held: str, asked: str) -> None:
    lone_tool.tokens(HELD[held], scope="api flows:edit mcp")
    before = lone_tool.world.execute("SELECT * FROM authorization_projects")
    given = widened(lone_tool)
    for more in ("", "?edit=1"):
        address, _ = lone_tool.consent_page(**ASKS[asked])
        page = lone_tool.browser.get(address + more)
        press(lone_tool.browser, address, page.text, decision="approve")
        assert widened(lone_tool) == given
    assert lone_tool.world.execute("SELECT * FROM authorization_projects") == before


@pytest.mark.parametrize("held", HELD)
def test_the_editor_changes_nothing_untouched(lone_tool: Tool, held: str) -> None:
    lone_tool.tokens(HELD[held], scope="api flows:edit mcp")
    (row,) = lone_tool.world.execute("SELECT id FROM authorizations")
    address = f"/settings/authorizations/{row[0]}"
    page = lone_tool.browser.get(address).text
    given = widened(lone_tool)
    assert press(lone_tool.browser, address, page, action="save") == 303
    assert widened(lone_tool) == given


def test_a_new_key_is_nothing_untouched(lone_tool: Tool) -> None:
    browser = lone_tool.sign_in().browser
    for query in ("", "?template=ci-deploy", "?template=coding-agent"):
        page = browser.get(f"{LIST}/new{query}").text
        assert press(browser, f"{LIST}/new", page, action="create") == 422
    assert lone_tool.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


def test_servers_that_stand_without_mcp_take_a_tick_of_its_own(lone_tool: Tool) -> None:
    lone_tool.tokens(HELD["servers without mcp"], scope="api mcp")
    address, page = lone_tool.consent_page(scope="api mcp")
    assert "asks for 1 more thing" in page.text
    assert "Use MCP servers" in page.text
    assert "mcp" not in untouched(page.text)["capabilities"]
    fields = untouched(page.text)
    fields["capabilities"].append("mcp")
    posted = lone_tool.browser.http.post(address, data={**fields, "decision": "approve"})
    assert posted.status_code == 303
    assert widened(lone_tool)[-1] == "mcp"
