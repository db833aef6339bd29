"""Odd identifiers and odd fields: not found or refused, never an error of ours."""

from __future__ import annotations

import re

import pytest

from tests.drivers.owner import Owner
from tests.drivers.world import World

NOT_FOUND = {404, 405}
ODD = [
    "x",
    "aut_x",
    "a" * 3000,
    "%00",
    "é",
    "..%2foauth2",
    "aut_%F0%9F%92%A9",
    "' OR 1=1 --",
    "{{7*7}}",
    "%0d%0aX: y",
]


@pytest.mark.requirement("XC-02", "XC-01")
@pytest.mark.parametrize("identifier", ODD)
def test_odd_identifiers_are_not_found(lone_world: World, identifier: str) -> None:
    ben = Owner(lone_world)
    lone_world.app.config["WTF_CSRF_ENABLED"] = False
    for more in (
        "",
        "/revoke",
        "/pause",
        "/resume",
        "/rotate",
        "/summary",
        "/sessions/end",
        f"/sessions/{identifier}/end",
    ):
        for method in ("GET", "POST"):
            answer = ben.browser.http.open(
                f"/settings/authorizations/{identifier}{more}", method=method
            )
            assert answer.status_code in NOT_FOUND, (method, more)


VALUES = [
    "\x00",
    "\ud800",
    "é" * 500,
    "' OR 1=1 --",
    "{{7*7}}",
    "-1",
    "1e9",
    "٣",
    "9" * 500,
    "\r\nX: y",
    " ",
]
FIELDS = [
    "capabilities",
    "mcp_servers",
    "expires_in",
    "name",
    "version",
    "action",
    "project-payments",
    "project-",
    "project-\x00",
    "role_ends_in-payments",
    "role_then-payments",
    "role_ends_in-",
    "server_ends_in-ledger",
    "overlap",
    "idempotency_key",
    "password",
]
KEYS = "/settings/authorizations/api-keys"


@pytest.mark.slow
@pytest.mark.requirement("XC-02", "XC-01")
@pytest.mark.parametrize("name", FIELDS)
def test_odd_fields_never_break_a_form(lone_world: World, name: str) -> None:
    ben = Owner(lone_world)
    address = ben.address(ben.make())
    paths = (address, f"{address}/summary", f"{address}/rotate", f"{KEYS}/new", f"{KEYS}/summary")
    for value in VALUES:
        odd = value.encode("utf-8", "surrogatepass")
        fields = {"capabilities": ["api"], "project-payments": "viewer", name: odd}
        for path in paths:
            answer = ben.submit(path, **fields)
            assert answer.status_code < 500, (path, value)


@pytest.mark.slow
@pytest.mark.requirement("XC-02", "XC-01")
@pytest.mark.parametrize(
    "query", ["q", "state", "project", "capability", "sort", "mcp_server", "shrink"]
)
def test_odd_queries_never_break_a_page(lone_world: World, query: str) -> None:
    ben = Owner(lone_world)
    address = ben.address(ben.make())
    for text in ("%00", "%ff", "%ED%A0%80", "x" * 4000, "%27%20OR%201", "%7B%7B7*7%7D%7D"):
        for path in (address, "/settings/authorizations/oauth2", KEYS):
            answer = ben.browser.get(f"{path}?{query}={text}")
            assert answer.status_code < 500, (path, text)
            assert not re.search(r">49<", answer.text)
