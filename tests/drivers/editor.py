"""The page of one Authorization, in its user's browser."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.test import TestResponse

from tests.drivers.tool import Browser, Tool

VERSION = re.compile(r'name="version" value="(\d+)"')
NARROW: dict[str, Any] = {"capabilities": ["api"], "project-website": "viewer", "expires_in": ""}

LINK = re.compile(r'href="(/settings/authorizations/aut_[A-Za-z0-9]+)"')


def address_of(tool: Tool) -> str:
    """Return the address of the newest Authorization, as the list links to it."""
    found = LINK.search(tool.browser.get("/settings/authorizations/oauth2").text)
    assert found
    return found[1]


class Editor:
    """A user's browser on the page of what they delegated to a tool."""

    def __init__(self, tool: Tool, choice: dict[str, Any] | None = None, **changes: Any) -> None:
        self.tool = tool
        self.tokens = tool.tokens(choice, **changes)
        self.token = self.tokens["access_token"]
        self.address = address_of(tool)
        self.browser = tool.browser

    def page(self, query: str = "") -> TestResponse:
        found = self.browser.get(self.address + query)
        assert found.status_code == 200, found.text
        return found

    def post(self, action: str = "save", /, **fields: Any) -> TestResponse:
        page = self.page()
        version = VERSION.search(page.text)
        assert version
        given = {"version": version[1], "action": action, **fields}
        return self.browser.submit(page, self.address, **given)

    def details(self) -> list[dict[str, Any]]:
        found = self.tool.introspect(self.token)
        return list(found.get("authorization_details", []))


def posted_page(browser: Browser) -> TestResponse:
    return browser.get("/settings/account")
