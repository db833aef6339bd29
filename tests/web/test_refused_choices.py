"""What a page says of a choice that is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drivers.owner import Owner
from tests.drivers.tool import Tool

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("face", ["key", "editor", "consent"])
def test_a_page_lists_twenty_problems_and_counts_the_others(lone_tool: Tool, face: str) -> None:
    fields: dict[str, Any] = {"capabilities": ["api"], "mcp_servers": [f"s{n}" for n in range(90)]}
    owner = Owner(lone_tool.world)
    if face == "key":
        page = owner.post(**fields)
    elif face == "editor":
        page = owner.submit(owner.address(owner.make()), **fields)
    else:
        lone_tool.sign_in()
        address, asked = lone_tool.consent_page()
        page = lone_tool.browser.submit(asked, address, decision="approve", **fields)
    assert page.status_code == 422
    assert page.text.count("<li>The MCP server") == 2 * 20
    assert page.text.count("<li>… and 70 more.</li>") == 2
