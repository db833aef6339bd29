"""The pages of API keys, in the browser of somebody who has some."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.test import TestResponse

from tests.drivers.tool import Browser, Tool
from tests.drivers.world import World

LIST = "/settings/authorizations/api-keys"
SECRET = re.compile(r"data-secret>(mdtk_[0-9A-Za-z]{49})<")
USUAL: dict[str, Any] = {
    "capabilities": ["api", "flows:edit"],
    "project-payments": "editor",
    "expires_in": "7776000",
    "name": "Nightly deploy",
}


class Owner:
    """Somebody with API keys, and a resource server that is shown them."""

    def __init__(self, world: World, name: str = "ben") -> None:
        self.world = world
        self.name = name
        self.browser = Browser(world)
        self.browser.sign_in(name)
        self.tool = Tool(world, world.native)

    def post(self, **fields: Any) -> TestResponse:
        return self.browser.submit(self.browser.get(f"{LIST}/new"), f"{LIST}/new", **fields)

    def make(self, **changes: Any) -> str:
        page = self.post(**{**USUAL, **changes})
        assert page.status_code == 200, page.text
        found = SECRET.search(page.text)
        assert found, page.text
        return found[1]

    def id_of(self, key: str) -> str:
        return str(self.tool.introspect(key)["authorization_id"])

    def address(self, key: str) -> str:
        return f"/settings/authorizations/{self.id_of(key)}"

    def submit(self, address: str, **fields: Any) -> TestResponse:
        return self.browser.submit(self.browser.get("/settings/account"), address, **fields)

    def rotate(self, address: str, **fields: Any) -> str:
        page = self.submit(f"{address}/rotate", **fields)
        assert page.status_code == 200, page.text
        found = SECRET.search(page.text)
        assert found
        return found[1]
