"""What real MCP clients expect, and break without: one test each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.drivers.deployment import ISSUER
from tests.drivers.registrations import GOOD, as_client, register
from tests.drivers.tool import Browser, Tool, answer_of, target_of
from tests.drivers.world import Registered, World

METADATA = "/.well-known/oauth-authorization-server"
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")
DCR_BODIES: dict[str, dict[str, Any]] = {
    "Python": {
        "client_name": "P",
        "redirect_uris": ["http://localhost:3030/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "mcp",
        "application_type": "native",
    },
    "TypeScript 1": {
        "client_name": "T",
        "redirect_uris": ["http://localhost:3030/callback"],
        "scope": "mcp",
    },
    "mcp-remote": {
        "client_name": "M",
        "redirect_uris": ["http://localhost:3335/oauth/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "client_uri": "https://github.com/x/y",
        "software_id": "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d",
        "software_version": "0.15.1",
        "application_type": "native",
    },
    "Claude": {
        "client_name": "Claude",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "mcp offline_access",
    },
    "VS Code": {
        "client_name": "Visual Studio Code",
        "client_uri": "https://code.visualstudio.com",
        "grant_types": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "response_types": ["code"],
        "redirect_uris": [
            "https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
        ],
        "scope": "mcp",
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    },
    "Inspector": {
        "client_name": "MCP Inspector",
        "redirect_uris": [
            "http://localhost:6274/oauth/callback",
            "http://localhost:6274/oauth/callback/debug",
        ],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "client_uri": "https://github.com/modelcontextprotocol/inspector",
    },
    "ChatGPT": {
        "client_name": "ChatGPT",
        "redirect_uris": ["https://chatgpt.com/connector/oauth/abc"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    },
    "Cursor": {
        "client_name": "Cursor",
        "redirect_uris": [
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
        "application_type": "web",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    },
    "Cursor without a port": {
        "client_name": "Cursor",
        "redirect_uris": ["cursor://anysphere.cursor-mcp/oauth/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    },
    "Copilot Studio": {
        "client_name": "Ledger",
        "redirect_uris": ["https://global.consent.azure-apim.net/redirect/cr1ab-5fledger"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
    },
}


def nulls(value: object) -> Iterator[str]:
    """Give the path of every null in a JSON value."""
    if value is None:
        yield ""
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from (f"{name}.{path}" for path in nulls(member))
    elif isinstance(value, list):
        for member in value:
            yield from nulls(member)


@pytest.mark.parametrize("name", DCR_BODIES)
def test_every_real_body_registers_and_works(lone_world: World, name: str) -> None:
    body = DCR_BODIES[name]
    answer = register(lone_world, body)
    assert answer.status_code == 201, answer.text
    found = answer.get_json()
    assert list(nulls(found)) == []
    assert found["redirect_uris"] == body["redirect_uris"]
    method = body.get("token_endpoint_auth_method", "client_secret_basic")
    assert found["token_endpoint_auth_method"] == method
    assert ("client_secret" in found) == (method != "none")
    assert all(urlsplit(v).scheme for n, v in found.items() if n.endswith("_uri"))
    tool = Tool(lone_world, as_client(answer))
    tokens = tool.tokens(scope="api flows:edit offline_access", prompt="consent")
    assert list(nulls(tokens)) == []
    assert tool.refresh(tokens["refresh_token"]).status_code == 200


def test_the_metadata_has_what_parsers_want_and_one_spelling(lone_world: World) -> None:
    http = lone_world.app.test_client()
    body = http.get(METADATA).get_json()
    assert list(nulls(body)) == []
    assert body["issuer"] == ISSUER
    assert "code" in body["response_types_supported"]
    assert http.get("/.well-known/openid-configuration").status_code == 404


def test_iss_stands_on_success_denial_and_error(lone_tool: Tool) -> None:
    assert answer_of(lone_tool.decide())["iss"] == ISSUER
    assert answer_of(lone_tool.decide("deny"))["iss"] == ISSUER
    for wrong in (
        {"scope": "nonsense"},
        {"resource": "https://x.example"},
        {"response_type": "token"},
        {"prompt": "none"},
    ):
        assert answer_of(lone_tool.authorize(**wrong).location)["iss"] == ISSUER


def test_the_token_answer_has_the_types_that_parsers_want(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens()
    assert tokens["token_type"].lower() == "bearer"
    assert type(tokens["expires_in"]) is int
    assert tokens["scope"] == "api flows:edit"
    answer = lone_tool.introspect(tokens["access_token"])
    assert all(type(answer[name]) is int for name in ("exp", "iat"))
    assert all(type(answer[name]) is str for name in ("aud", "scope", "sub", "client_id", "jti"))
    assert list(nulls(answer)) == []


def error_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]


def test_error_codes_tell_a_client_what_to_drop(lone_tool: Tool) -> None:
    lone_tool.tokens()
    assert error_of(lone_tool.refresh("mdtr_dead")) == (400, "invalid_grant")
    unknown = Registered("nobody", None, "none", "")
    assert error_of(lone_tool.refresh("mdtr_dead", client=unknown)) == (401, "invalid_client")


@pytest.mark.parametrize("path", [METADATA, "/oauth/register", "/oauth/token", "/oauth/revoke"])
def test_no_address_redirects(lone_world: World, path: str) -> None:
    http = lone_world.app.test_client()
    for spelt in (path, path + "/", path.upper()):
        for method in ("GET", "POST"):
            assert http.open(spelt, method=method).status_code not in range(300, 400)


def test_looking_first_changes_nothing(lone_tool: Tool) -> None:
    before = lone_tool.world.execute("SELECT count(*) FROM authorization_codes")
    for _ in range(3):
        lone_tool.http.get(
            "/oauth/authorize",
            query_string=lone_tool.request(),
            headers={"Accept": "application/json"},
        )
    assert lone_tool.tokens()
    assert lone_tool.world.execute("SELECT count(*) FROM authorization_codes") != before


def test_a_code_may_be_posted_again_after_a_failure(lone_tool: Tool) -> None:
    code = lone_tool.code()
    assert error_of(lone_tool.redeem(code, code_verifier="w" * 64)) == (400, "invalid_grant")
    assert error_of(lone_tool.redeem(code, redirect_uri="http://127.0.0.1/other"))[0] == 400
    assert lone_tool.redeem(code).status_code == 200


def test_ids_and_secrets_need_no_encoding(lone_world: World) -> None:
    found = register(lone_world, token_endpoint_auth_method="client_secret_basic").get_json()
    assert UNRESERVED.fullmatch(found["client_id"])
    assert UNRESERVED.fullmatch(found["client_secret"])


def test_the_client_id_may_stand_beside_basic_if_it_is_the_same(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.web)
    code = tool.code()
    assert tool.redeem(code, client_id=lone_world.post.client_id).status_code == 400
    assert tool.redeem(code, client_id=tool.client.client_id).status_code == 200


def test_unknown_parameters_and_members_are_no_reason_to_refuse(lone_world: World) -> None:
    answer = register(
        lone_world,
        resource="http://x.example",
        made_up={"a": 1},
        id_token_signed_response_alg="RS256",
        require_auth_time=False,
        default_max_age=5,
    )
    tool = Tool(lone_world, as_client(answer))
    code = tool.code(prompt="consent", nonce="n", max_age="5", access_type="offline", made_up="x")
    assert tool.redeem(code, made_up="x").status_code == 200


def test_claude_finds_what_it_looks_for(lone_world: World) -> None:
    body = lone_world.app.test_client().get(METADATA).get_json()
    assert body["client_id_metadata_document_supported"] is True
    assert "none" in body["token_endpoint_auth_methods_supported"]


def test_more_may_be_asked_for_than_was_registered(lone_world: World) -> None:
    tool = Tool(lone_world, as_client(register(lone_world, scope="mcp")))
    assert tool.tokens(scope="api flows:edit offline_access")["scope"] == "api flows:edit"


def test_a_tool_in_the_browser_reads_every_answer(lone_world: World) -> None:
    origin = {"Origin": "http://localhost:6274"}
    http = lone_world.app.test_client()
    for method, path in (
        ("GET", METADATA),
        ("POST", "/oauth/register"),
        ("POST", "/oauth/token"),
        ("POST", "/oauth/revoke"),
    ):
        answer = http.open(path, method=method, headers=origin)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in http.get("/oauth/authorize", headers=origin).headers


def test_the_way_back_is_a_page_that_navigates(lone_world: World) -> None:
    client = as_client(register(lone_world, DCR_BODIES["Cursor"]))
    tool = Tool(lone_world, client).sign_in()
    address, page = tool.consent_page()
    posted = tool.browser.submit(page, address, decision="deny")
    between = tool.browser.get(posted.location)
    assert between.status_code == 200
    assert target_of(between).startswith("cursor://anysphere.cursor-mcp/oauth/callback?")
    assert "form-action 'self'" in between.headers["Content-Security-Policy"]


def test_fewer_scopes_than_asked_are_told(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens({"capabilities": ["api"], "project-payments": "viewer"})
    assert tokens["scope"] == "api"


def test_a_browser_that_knows_nothing_is_no_client(lone_world: World) -> None:
    """The registration endpoint takes no cookie and gives none."""
    browser = Browser(lone_world)
    answer = browser.http.post("/oauth/register", json=GOOD)
    assert "Set-Cookie" not in answer.headers
