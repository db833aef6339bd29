"""What a second pair of eyes found: detours around a check that the straight way makes."""

from __future__ import annotations

import re
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from werkzeug.test import TestResponse

from app.domain.resources import MAX_DEPTH, is_resource_uri
from app.http import limits
from app.services.authorizations import history
from app.services.clients import resource_servers
from app.services.directory import mcp_servers
from tests.drivers.deployment import AUDIENCE
from tests.drivers.owner import Owner
from tests.drivers.tool import USUAL, Browser, Tool, csrf_of
from tests.drivers.world import MCP, World

pytestmark = pytest.mark.slow


ORIGIN = "http://127.0.0.1:8001"
CALLS = {"capabilities": ["mcp"], "expires_in": ""}
KEY = {**CALLS, "project-payments": ""}


def add_server(world: World, identifier: str, url: str, project: str = "payments") -> None:
    with world.app.app_context():
        mcp_servers.add_server(
            identifier, project=project, url=url, name=identifier, at=world.at, actor="test"
        )


def add_resource_server(world: World, identifier: str, audience: str) -> None:
    with world.app.app_context():
        world.secrets[identifier] = resource_servers.add_resource_server(
            identifier,
            audience=audience,
            auth_method="client_secret_basic",
            at=world.at,
            actor="test",
        )


BELOW = [
    "/ledger/x",
    "/ledger/x/",
    "/ledger/a/b/c/d/e/f/g/h/i/j/k/l",
    "/ledger?at=/a/b",
    "/ledger//x",
]


@pytest.mark.requirement("UI-11")
@pytest.mark.parametrize("below", BELOW)
def test_a_key_at_a_resource_server_below_an_mcp_server_is_checked_for_it(
    world: World, below: str
) -> None:
    add_resource_server(world, "below", MCP + below)
    owner = Owner(world)
    other = owner.make(**{**KEY, "mcp_servers": ["fraud"]})
    ledger = owner.make(**{**KEY, "mcp_servers": ["ledger"]})
    assert owner.tool.introspect(other, "below") == {"active": False}
    assert owner.tool.introspect(other, "below", resource=MCP + below) == {"active": False}
    assert owner.tool.is_active(ledger, "below")
    world.flush_activity()
    assert {*world.execute("SELECT mcp_server FROM activities")} == {("ledger",)}
    world.remove_member("payments", "ben")
    assert not owner.tool.is_active(ledger, "below")


@pytest.mark.requirement("UI-11")
@pytest.mark.parametrize("below", BELOW)
def test_a_token_for_an_audience_below_an_mcp_server_is_checked_for_it(
    world: World, below: str
) -> None:
    add_resource_server(world, "below", MCP + below)
    tool, asked = Tool(world, world.native), {"scope": "mcp", "resource": MCP + below}
    without = tool.tokens({**CALLS, "mcp_servers": ["fraud"]}, **asked)["access_token"]
    for server, more in (("below", {}), ("below", {"resource": MCP + below}), ("mcp", {})):
        assert tool.introspect(without, server, **more) == {"active": False}
    token = tool.tokens({**CALLS, "mcp_servers": ["ledger"]}, **asked)["access_token"]
    assert tool.is_active(token, "below")
    assert tool.is_active(without, "below"), "one authorization: it has the server now"
    world.remove_member("payments", "ben")
    assert not tool.is_active(token, "below")


@pytest.mark.requirement("UI-11")
@pytest.mark.parametrize("above", [ORIGIN, f"{ORIGIN}/", AUDIENCE, f"{AUDIENCE}/", f"{ORIGIN}/?"])
def test_a_server_that_appears_above_holds_for_tokens_issued_before(tool: Tool, above: str) -> None:
    choice = {"capabilities": ["api", "mcp"], "expires_in": "", "project-payments": "viewer"}
    token = tool.tokens({**choice, "mcp_servers": ["ledger"]}, scope="api mcp")["access_token"]
    assert tool.is_active(token)
    add_server(tool.world, "above", above)
    assert not tool.is_active(token)
    assert tool.introspect(token, resource=f"{AUDIENCE}/x") == {"active": False}
    tool.tokens({**choice, "mcp_servers": ["above"]}, scope="api mcp")
    assert tool.is_active(token)
    assert tool.introspect(token, resource=f"{AUDIENCE}/x")["active"]


@pytest.mark.requirement("UI-11")
def test_a_server_within_another_needs_both_however_it_is_spelled(tool: Tool) -> None:
    inner = "HTTP://127.0.0.1:8001/mcp/ledger/inner"
    add_server(tool.world, "inner", inner)
    asked = {"scope": "mcp", "resource": inner}
    token = tool.tokens({**CALLS, "mcp_servers": ["inner"]}, **asked)["access_token"]
    assert not tool.is_active(token, "mcp")
    tool.tokens({**CALLS, "mcp_servers": ["inner", "ledger"]}, **asked)
    assert tool.is_active(token, "mcp")
    tool.tokens({**CALLS, "mcp_servers": ["ledger"]}, **asked)
    assert not tool.is_active(token, "mcp")


DEEP = f"{MCP}/ledger" + "/a" * 20


@pytest.mark.requirement("UI-11")
@pytest.mark.parametrize("called", [DEEP, f"{DEEP}/tools/x?y=/z"])
def test_a_deep_server_is_found_behind_a_gateway_with_all_above_it(tool: Tool, called: str) -> None:
    add_server(tool.world, "deep", DEEP, "website")
    asked: dict[str, Any] = {"scope": "mcp", "resource": MCP}
    token = tool.tokens({**CALLS, "mcp_servers": ["ledger"]}, **asked)["access_token"]
    key = Owner(tool.world).make(**{**KEY, "mcp_servers": ["ledger"]})
    for text in (token, key):
        assert tool.introspect(text, "mcp", resource=called) == {"active": False}
        assert tool.introspect(text, "mcp", resource=DEEP.removesuffix("/a"))["active"]
    tool.tokens({**CALLS, "mcp_servers": ["deep"]}, **asked)
    assert tool.introspect(token, "mcp", resource=called) == {"active": False}, "ledger is above"
    tool.tokens({**CALLS, "mcp_servers": ["deep", "ledger"]}, **asked)
    assert tool.introspect(token, "mcp", resource=called)["active"]
    tool.world.remove_server("ledger")
    assert tool.introspect(token, "mcp", resource=called)["active"]
    tool.tokens({**CALLS, "mcp_servers": ["fraud"]}, **asked)
    assert tool.introspect(token, "mcp", resource=called) == {"active": False}


@pytest.mark.requirement("UI-11")
def test_what_is_too_deep_to_look_for_is_no_resource(tool: Tool) -> None:
    deepest = f"{ORIGIN}/mcp/ledger" + "/a" * (MAX_DEPTH - 2)
    assert is_resource_uri(deepest)
    assert not is_resource_uri(f"{deepest}/a")
    token = tool.tokens({**CALLS, "mcp_servers": ["ledger"]}, scope="mcp", resource=MCP)
    for called, active in ((deepest, True), (f"{deepest}?/a", True), (f"{deepest}/a", False)):
        found = tool.introspect(token["access_token"], "mcp", resource=called)
        assert found["active"] is active


@pytest.mark.requirement("UI-11")
def test_a_server_whose_address_has_a_query_is_found_by_it_alone(tool: Tool) -> None:
    for tenant in ("one", "two"):
        add_server(tool.world, tenant, f"{MCP}/tenants?of={tenant}")
    choice = {**CALLS, "mcp_servers": ["one"]}
    token = tool.tokens(choice, scope="mcp", resource=MCP)["access_token"]
    assert tool.introspect(token, "mcp", resource=f"{MCP}/tenants?of=one")["active"]
    for other in ("?of=two", "?of=three", "", "?of=one/x"):
        answer = tool.introspect(token, "mcp", resource=f"{MCP}/tenants{other}")
        assert answer == {"active": False}


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


def test_only_the_first_approval_is_called_created_however_much_happened_since(
    tool: Tool,
) -> None:
    tool.tokens({**USUAL, "expires_in": ""})
    world = tool.world
    [[standing_id, owner]] = world.execute("SELECT id, user_id FROM authorizations")
    world.clock.forward(minutes=20)
    columns = "at, kind, actor, subject, user_id, detail"
    events = (
        f"('2026-11-22 12:10:00', 'authorization.paused', 'x', '{standing_id}', '{owner}', '{{}}')"
    )
    world.execute(
        f"INSERT INTO audit_events ({columns}) VALUES {', '.join([events] * history.SHOWN)}"
    )
    tool.tokens({**USUAL, "expires_in": ""})

    def told() -> list[str]:
        with world.app.app_context():
            past = history.history_of(str(standing_id), str(owner), at=world.at)
        return [moment.text for moment in past.entries]

    assert [text for text in told() if text.startswith("Created")] == []
    assert [text for text in told() if text.startswith("Approved again")] != []
    world.execute("DELETE FROM audit_events WHERE actor = 'x'")
    assert len([text for text in told() if text.startswith("Created")]) == 1
    assert told()[-1].startswith("Created")


def test_unread_messages_do_not_fill_the_cookie(lone_world: World) -> None:
    owner = Owner(lone_world)
    address = owner.address(owner.make())
    token = csrf_of(owner.browser.get(address))
    for n in range(12):
        name = "".join(Random(n).choices([chr(0x1F300 + i) for i in range(600)], k=200))
        fields = {"csrf_token": token, "capabilities": ["api"], "name": name}
        assert owner.browser.http.post(address, data=fields).status_code == 303
        found = owner.browser.http.get_cookie("mandate")
        assert found
        assert len(f"mandate={found.value}") < 4_093
    page = owner.browser.get("/settings/account").text
    assert page.count('class="notice notice-good"') == 3
    assert name in page, "the newest"
    assert "notice-good" not in owner.browser.get("/settings/account").text


def test_only_the_texts_of_a_key_that_still_work_are_listed(world: World) -> None:
    owner = Owner(world)
    first = owner.make(expires_in="")
    address = owner.address(first)
    second = owner.rotate(address, overlap="600")

    def listed() -> list[str]:
        return re.findall(r"<code>mdtk_…(\w{4})</code><p", owner.browser.get(address).text)

    assert sorted(listed()) == sorted([first[-4:], second[-4:]])
    world.clock.forward(seconds=599)
    assert first[-4:] in listed()
    world.clock.forward(seconds=1)
    assert listed() == [second[-4:]]
    world.execute("UPDATE api_keys SET revoked_at = created_at")
    assert listed() == []


def test_revoking_twice_is_one_event_and_one_version(tool: Tool) -> None:
    token = tool.tokens({**USUAL, "expires_in": ""})["access_token"]
    address = f"/settings/authorizations/{tool.introspect(token)['authorization_id']}"
    page = tool.browser.get(address)
    found = []
    for _ in range(2):
        assert tool.browser.submit(page, f"{address}/revoke").status_code == 303
        found.append(tool.world.execute("SELECT version, revoked_at FROM authorizations"))
        tool.world.clock.forward(seconds=60)
    assert found[0] == found[1]
    assert found[0][0][0] == 2
    assert len(tool.world.audit("authorization.revoked")) == 1


@pytest.mark.parametrize("minutes", [9, 10, 11])
def test_an_mcp_server_that_has_ended_is_offered_unticked(tool: Tool, minutes: int) -> None:
    choice = {**CALLS, "mcp_servers": ["ledger", "fraud"], "server_ends_in-ledger": "600"}
    token = tool.tokens(choice, scope="mcp")["access_token"]
    address = f"/settings/authorizations/{tool.introspect(token)['authorization_id']}"
    tool.world.clock.forward(minutes=minutes)
    for page in (tool.browser.get(address).text, tool.consent_page(scope="mcp")[1].text):
        assert 'value="fraud" checked' in page
        assert ('value="ledger" checked' in page) is (minutes < 10)
        assert ('name="server_ends_in-ledger"' in page) is (minutes < 10)
