"""The words of the pages: people who delegate read them, not engineers."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.drivers.owner import LIST, USUAL, Owner
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import MCP, World

# What stands in code elements is a code that a tool or an operator needs as it is.
LEFT_OUT = re.compile(r"<(code|pre|svg|script|title)\b.*?</\1>|<!--.*?-->|<[^>]+>", re.DOTALL)
JARGON = (
    "capabilit",
    "resource server",
    "introspect",
    "oauth",
    "scope",
    "redirect uri",
    "client_id",
    "bearer",
    "grant",
    "bound by",
    "no end of its own",
    "delegat",
    "metadata",
    "slug",
    "identifier",
    "issuer",
    "endpoint ",
    "authorization_details",
    "apps:view",
    "flows:edit",
    "secrets:edit",
    "null",
    "none none",
)


def text_of(html: str) -> str:
    return " ".join(unescape(LEFT_OUT.sub(" ", html)).split())


def pages_of(world: World) -> dict[str, str]:
    """Walk the pages as a person with a tool and a key sees them."""
    tool = Tool(world, world.native).sign_in()
    key = Owner(world)
    asks = {
        "server": {"scope": "mcp", "resource": f"{MCP}/ledger"},
        "projects": {"scope": "api flows:edit secrets:edit"},
        "wide": {"scope": "mcp api apps:view apps:admin flows:edit secrets:edit endpoints:access"},
    }
    shown = {f"consent: {name}": tool.consent_page(**ask)[1].text for name, ask in asks.items()}
    token = tool.tokens(USUAL)["access_token"]
    for told in ({"capability": "api"}, {"capability": "secrets:edit", "project": "website"}):
        tool.introspect(token, **told)
    world.flush_activity()
    shown |= {f"again: {name}": tool.consent_page(**ask)[1].text for name, ask in asks.items()}
    (row,) = world.execute("SELECT id FROM authorizations WHERE kind = 'oauth2'")
    address = f"/settings/authorizations/{row[0]}"
    text = key.make(template="read-only")
    shown["key made"] = key.post(**{**USUAL, "name": "Other"}).text
    lists = ("/settings/authorizations/oauth2", LIST, f"{LIST}/new", "/settings/account", "/device")
    shown |= {path: tool.browser.get(path).text for path in lists}
    queries = ("", "?shrink=1", "?give=secrets:edit&project=website", "?capability=secrets:edit")
    shown |= {f"tool{query}": tool.browser.get(address + query).text for query in queries}
    shown["key"] = tool.browser.get(key.address(text)).text
    for path in ("/nothing", "/consent/x", "/oauth/authorize?client_id=gone"):
        shown[path] = tool.browser.get(path).text
    shown["sign in"] = Browser(world).get("/login").text
    return shown


def test_no_page_speaks_as_engineers_do(lone_world: World) -> None:
    found = {
        (name, word): text[max(0, text.lower().index(word) - 60) :][:140]
        for name, html in pages_of(lone_world).items()
        for text in [text_of(html)]
        for word in JARGON
        if word in text.lower()
    }
    assert not found


def test_there_is_one_form_of_a_date(lone_world: World) -> None:
    other = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}:\d\d (?!UTC)|\d\d/\d\d/\d{4}")
    for name, html in pages_of(lone_world).items():
        assert not other.search(text_of(html)), name


@pytest.mark.parametrize("word", ["capabilities", "scope"])
def test_the_list_would_find_a_word(word: str) -> None:
    assert any(item in text_of(f"<p>Choose <b>the {word}</b></p>").lower() for item in JARGON)
    assert text_of(f"<p>Its <code>{word}</code></p>") == "Its"
