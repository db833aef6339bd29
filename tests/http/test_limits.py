"""How large a form may be."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from werkzeug.test import TestResponse

from app.http import limits
from tests.drivers.owner import Owner
from tests.drivers.tool import Browser, csrf_of
from tests.drivers.world import World

pytestmark = pytest.mark.slow


URLENCODED = "application/x-www-form-urlencoded"
BIG = {"idempotency_key": "x" * 300_000}
FORMS = ("/settings/authorizations/api-keys/new", "/consent/x", "/settings/authorizations/x")


def sent(
    browser: Browser, path: str, fields: dict[str, Any], kind: str = URLENCODED
) -> TestResponse:
    """POST a form that is built here: the test client keeps large ones in files."""
    pairs = {
        "csrf_token": csrf_of(browser.get("/settings/account", follow_redirects=True)),
        **fields,
    }
    body = urlencode(pairs, doseq=True)
    if kind != URLENCODED:
        part = '--xx\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = "".join(part.format(*pair) for pair in parse_qsl(body)) + "--xx--\r\n"
    return browser.http.post(path, data=body, content_type=kind)


@pytest.mark.requirement("XC-01")
@pytest.mark.parametrize("form", [BIG, {"x": ["y"] * limits.MAX_FIELDS}], ids=["long", "many"])
@pytest.mark.parametrize("path", FORMS)
def test_only_who_is_signed_in_may_send_a_large_form(
    lone_world: World, path: str, form: dict[str, Any]
) -> None:
    stranger, owner = Browser(lone_world), Owner(lone_world)
    assert sent(stranger, path, {}).location.startswith("/login")
    answer = sent(stranger, path, form)
    assert (answer.status_code, "too large" in answer.text) == (413, True)
    assert sent(owner.browser, path, form).status_code != 413
    assert sent(owner.browser, "/login", form).status_code == 413
    assert sent(owner.browser, path, {"x": "y" * limits.MAX_CHOICE}).status_code == 413


@pytest.mark.requirement("XC-01")
@pytest.mark.parametrize("kind", [URLENCODED, "multipart/form-data; boundary=xx"])
@pytest.mark.parametrize("path", FORMS)
def test_a_form_has_a_bounded_number_of_fields(lone_world: World, path: str, kind: str) -> None:
    owner = Owner(lone_world)
    many = {"x": ["y"] * (limits.MAX_CHOICE_FIELDS - 1)}
    assert sent(owner.browser, path, many, kind).status_code != 413
    answer = sent(owner.browser, path, {**many, "z": "y"}, kind)
    assert (answer.status_code, "too large" in answer.text) == (413, True)


def test_the_largest_honest_form_is_read(lone_world: World) -> None:
    servers, slugs = [f"server-{n}" for n in range(5_000)], [f"project-{n}" for n in range(1_000)]
    fields: dict[str, Any] = {"capabilities": ["mcp", "api"], "mcp_servers": servers}
    fields |= {f"server_ends_in-{identifier}": "3600" for identifier in servers}
    for part in ("project-", "role_ends_in-", "role_then-"):
        fields |= {f"{part}{slug}": "" for slug in slugs}
    page = sent(Owner(lone_world).browser, FORMS[0], fields)
    assert page.status_code == 422, page.text
    assert page.text.count("<li>The MCP server") == 2 * 20
    assert page.text.count("… and 4980 more.") == 2
