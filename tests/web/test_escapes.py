"""Every page with hostile names: what people, tools and programs are called is shown as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.drivers.owner import LIST, Owner
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import MCP, World

pytestmark = pytest.mark.slow


HOSTILE = "<b>zq</b>\"'>{{7*7}}"
RAW, ESCAPED = "<b>zq", "&lt;b&gt;zq"
TOOLS = "/settings/authorizations/oauth2"
WIDE: dict[str, Any] = {
    "capabilities": ["mcp", "api", "flows:edit"],
    "project-payments": "editor",
    "project-website": "viewer",
    "project-data": "viewer",
    "mcp_servers": ["ledger", "cms"],
    "expires_in": "",
}
ODD: dict[str, Any] = {
    "capabilities": [HOSTILE],
    f"project-{HOSTILE}": "viewer",
    "project-payments": HOSTILE,
    "mcp_servers": [HOSTILE],
    "name": HOSTILE,
    "idempotency_key": HOSTILE,
}
TEXTS = {
    "projects": ["name"],
    "mcp_servers": ["name"],
    "authorizations": ["name"],
    "sessions": ["user_agent", "address"],
    "browser_sessions": ["user_agent", "address"],
    "users": ["username", "email"],
}
DETAIL = {
    "name": HOSTILE,
    "url": HOSTILE,
    "reason": HOSTILE,
    "widened": [HOSTILE],
    "narrowed": [HOSTILE],
    "problems": [HOSTILE],
}
KINDS = ("authorization.edited", "session.ended", "choice.refused", "api_key.leaked", HOSTILE)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@dataclass
class Stage:
    """Ben with a tool and an API key, in a world where everything has a hostile name."""

    world: World
    owner: Owner = field(init=False)
    tool: Tool = field(init=False)
    addresses: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.owner, self.tool = Owner(self.world), Tool(self.world, self.world.native)
        self.tool.browser, self.tool.signed_in = self.owner.browser, True
        token = self.tool.tokens(WIDE, scope="mcp api flows:edit")["access_token"]
        key = self.owner.make()
        self.addresses = {"tool": self.owner.address(token), "key": self.owner.address(key)}
        self.world.flush_activity()
        for table, columns in TEXTS.items():
            values = ", ".join(f"{column} = {quoted(HOSTILE)}" for column in columns)
            self.world.execute(f"UPDATE {table} SET {values}")
        self.world.execute(f"UPDATE projects SET slug = {quoted(HOSTILE)} WHERE slug = 'data'")
        self.world.execute(f"UPDATE mcp_servers SET identifier = {quoted(HOSTILE)} || identifier")
        uris = quoted(json.dumps([f"http://{HOSTILE}/callback", self.tool.client.redirect_uri]))
        self.world.execute(
            f"UPDATE clients SET name = {quoted(HOSTILE + 'tool')}, redirect_uris = {uris}"
        )
        for address in self.addresses.values():
            self._happen(address.rsplit("/", 1)[1])

    def _happen(self, authorization_id: str) -> None:
        [[owner]] = self.world.execute(
            f"SELECT user_id FROM authorizations WHERE id = '{authorization_id}'"
        )
        at, detail = "'2026-11-22 12:00:00'", quoted(json.dumps(DETAIL))
        for kind in KINDS:
            self.world.execute(
                "INSERT INTO audit_events (at, kind, actor, subject, user_id, detail) "
                f"VALUES ({at}, {quoted(kind)}, 'x', '{authorization_id}', '{owner}', {detail})"
            )
        odd = quoted(HOSTILE)
        uses = (("''", "''", odd), (odd, odd, "''"), ("''", odd, "''"))
        for use in uses:
            for refused in (0, 1):
                self.world.execute(
                    "INSERT INTO activities (authorization_id, credential, resource_server, capability, "
                    "project, mcp_server, refused, calls, address, first_at, last_at) "
                    f"VALUES ('{authorization_id}', 'x', {odd}, {', '.join(use)}, "
                    f"{refused}, 1, {odd}, {at}, {at})"
                )

    def get(self, path: str, **query: str) -> TestResponse:
        return self.owner.browser.get(path, query_string=query)

    def consent(self, **fields: Any) -> TestResponse:
        address, page = self.tool.consent_page(scope="mcp api", resource=f"{MCP}/ledger")
        if not fields:
            return page
        return self.owner.browser.submit(page, address, **fields)

    def renamed(self) -> TestResponse:
        fields = {"capabilities": ["api", "flows:edit"], "project-payments": "editor"}
        address = self.addresses["key"]
        assert self.owner.submit(address, **fields, name=HOSTILE * 2).status_code == 303
        page = self.get("/settings/account")
        flash = page.text.split('class="notice notice-good"')[1].split("</div>")[0]
        assert f"Renamed to {ESCAPED}" in flash
        return page

    def revoked(self, kind: str) -> TestResponse:
        self.owner.submit(f"{self.addresses[kind]}/revoke")
        assert ESCAPED in self.get(self.addresses[kind]).text
        return self.get(TOOLS if kind == "tool" else LIST)

    def gone_on(self, decision: str) -> TestResponse:
        fields = {**WIDE, "project-data": "", "mcp_servers": [f"{HOSTILE}ledger"]}
        answer = self.consent(decision=decision, **fields)
        assert answer.status_code == 303, answer.text
        return self.get(answer.location)

    def ungranted(self) -> TestResponse:
        stranger = Tool(self.world, self.world.native)
        pending = stranger.authorize(scope="nonsense", state=HOSTILE).location
        stranger.sign_in()
        return stranger.browser.follow(pending)


ASKED = {"capability": HOSTILE, "project": HOSTILE, "mcp_server": HOSTILE}
PAGES: dict[str, Callable[[Stage], TestResponse]] = {
    "the list of tools": lambda s: s.get(TOOLS),
    "a search that finds": lambda s: s.get(TOOLS, q=HOSTILE, project=HOSTILE),
    "a search that finds nothing": lambda s: s.get(TOOLS, q=f"{HOSTILE}x"),
    "the list of keys with what leaked": lambda s: s.get(LIST),
    "a tool": lambda s: s.get(s.addresses["tool"], **ASKED),
    "a key": lambda s: s.get(s.addresses["key"], **ASKED),
    "a tool shrunk to what it used": lambda s: s.get(s.addresses["tool"], shrink="1"),
    "a refused edit": lambda s: s.owner.submit(s.addresses["tool"], **ODD),
    "an edit of what changed": lambda s: s.owner.submit(s.addresses["tool"], version="99", **WIDE),
    "a message": lambda s: s.renamed(),
    "a revoked tool": lambda s: s.revoked("tool"),
    "a revoked key": lambda s: s.revoked("key"),
    "the form of a new key": lambda s: s.get(f"{LIST}/new"),
    "a refused key": lambda s: s.owner.post(**ODD),
    "a key that could be": lambda s: s.owner.post(**{**WIDE, "name": HOSTILE}, action="preview"),
    "a shown key": lambda s: s.owner.post(
        capabilities=["api"], name=HOSTILE, **{"project-payments": "viewer"}
    ),
    "the account": lambda s: s.get("/settings/account"),
    "the account refused": lambda s: s.owner.submit("/settings/account/password"),
    "consent": lambda s: s.consent(),
    "consent refused": lambda s: s.consent(decision="approve", **ODD),
    "consent that asks for more": lambda s: s.tool.consent_page(
        scope="mcp", resource=f"{MCP}/fraud"
    )[1],
    "a request that cannot be granted": lambda s: s.ungranted(),
    "approved": lambda s: s.gone_on("approve"),
    "denied": lambda s: s.gone_on("deny"),
    "a sign-in refused": lambda s: Browser(s.world).sign_in(HOSTILE, "x"),
}


@pytest.mark.requirement("XC-02")
@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_name_is_shown_as_text_everywhere(lone_world: World, name: str) -> None:
    page = PAGES[name](Stage(lone_world))
    assert page.mimetype == "text/html"
    text = page.text.lower()
    assert RAW not in text, text[text.index(RAW) - 200 :][:300]
    assert "{{7*7}}" in text
    assert ESCAPED in text
