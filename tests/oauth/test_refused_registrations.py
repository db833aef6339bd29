"""Registrations that are refused, whatever JSON can say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.drivers.registrations import GOOD, KEY, Manager, as_client, register, rules
from tests.drivers.tool import Tool, refusal
from tests.drivers.world import World

BAD_URIS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://x/%0aalert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://x.example/1",
    "about:blank",
    "\thttps://x.example/cb",
    " https://x.example/cb",
    "http://evil.example/cb",
    "https://x.example/cb#",
    "https://x.example/cb#f",
    "https://u:p@x.example/cb",
    "https://*.example/cb",
    "/cb",
    "cb",
    "",
    "https://x.example/../cb",
    "https://x.example/%2e%2e/cb",
    "https://x.example/a/%2E/cb",
    "https://x.example/a/./cb",
    "myapp:/cb",
    "unlisted://anysphere/cb",
    "vscode://file/etc/passwd",
    "cursor://anysphere.cursor-deeplink/mcp/install",
    "intent://x/cb#Intent;scheme=x;end",
    "intent://x/cb",
    "view-source:https://x.example/cb",
    "filesystem:https://x.example/cb",
    "jar:https://x.example/a.jar!/cb",
    "ms-settings:cb",
    "search-ms:query=cb",
    "chrome://settings/cb",
    "mailto:a@x.example",
    "ssh://x/cb",
    "microsoft.windows.camera:cb",
    "https:///cb",
    "https://x.example/cb?code=1",
    "https://x.example:0/cb",
    "https://x.example:99999/cb",
    "https://x.example/cb?%63ode=1",
    "https://x.example/cb?a=1;st%61te=2",
    "http://127.0.0.1.evil.example/cb",
    "http://127.0.0.1@evil.example/cb",
    "http://0x7f.1/cb",
    "https://x.example\\@y.example/cb",
    "https://x.example/cb\x00",
    "https://x.example/\u202ecb",
    "com.example:8080:x\n",
]


@pytest.mark.rfc("7591", "3.2.2")
@pytest.mark.requirement("RG-02", "RG-03", "RG-04", "RG-14")
@pytest.mark.parametrize("uri", BAD_URIS)
def test_a_redirect_uri_that_may_not_be_is_refused(lone_world: World, uri: str) -> None:
    answer = register(lone_world, redirect_uris=["https://good.example/cb", uri])
    assert answer.status_code == 400
    expected = "invalid_client_metadata" if "\x00" in uri else "invalid_redirect_uri"
    assert answer.get_json()["error"] == expected


CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback"


@pytest.mark.rfc("8252", "7.1")
def test_a_scheme_without_a_dot_is_for_public_clients(lone_world: World) -> None:
    for method in ("client_secret_basic", "client_secret_post", None):
        answer = register(lone_world, redirect_uris=[CURSOR], token_endpoint_auth_method=method)
        assert refusal(answer) == "invalid_redirect_uri"
        assert "must be none" in answer.get_json()["error_description"]
    keys = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY]}}
    assert refusal(register(lone_world, redirect_uris=[CURSOR], **keys)) == "invalid_redirect_uri"
    manager = Manager(lone_world, redirect_uris=[CURSOR])
    assert manager.put(redirect_uris=[CURSOR]).status_code == 200
    changed = manager.put(redirect_uris=[CURSOR], token_endpoint_auth_method="client_secret_basic")
    assert refusal(changed) == "invalid_redirect_uri"


def test_a_scheme_without_a_dot_is_taken_where_the_operator_allows_it(lone_world: World) -> None:
    uri = CURSOR
    rules(lone_world, schemes=frozenset())
    assert register(lone_world, redirect_uris=[uri]).status_code == 400
    rules(lone_world, schemes=frozenset({"cursor"}))
    client = as_client(register(lone_world, redirect_uris=[uri], application_type="web"))
    assert register(lone_world, redirect_uris=["other://x/cb"]).status_code == 400
    tool = Tool(lone_world, client).sign_in()
    _, page = tool.consent_page()
    assert "It sends you back to an app on this computer (<code>cursor:</code>)" in page.text
    assert "Go on only if you have just started it yourself." in page.text
    assert tool.decide().startswith(uri + "?")


SHOWN = (
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "software_id",
    "software_version",
    "application_type",
    "contacts",
)
BAD_KEYS: tuple[Any, ...] = (
    {"keys": [{"kty": []}]},
    {"keys": [{"kty": {}}]},
    {"keys": [{**KEY, "x": 10**30}]},
    {"keys": [{**KEY, "x": [[[[[[[[[]]]]]]]]]}]},
    "x",
    [1],
    5,
    {"keys": [1]},
    {"keys": [{}]},
    {"keys": [{"kty": "oct", "k": "AA"}]},
    {"keys": [{**KEY, "d": "x"}]},
    {"keys": [KEY] * 11},
)
ODD: list[Any] = [
    [],
    "x",
    5,
    True,
    [GOOD],
    {},
    {"redirect_uris": []},
    *(
        {**GOOD, name: value}
        for name in (
            "scope",
            "token_endpoint_auth_method",
            "jwks_uri",
        )
        for value in (5, ["a"], {"a": 1}, True, 1.5, "\ud800", "\x00", "x" * 2001)
    ),
    *(
        {**GOOD, "client_name": value}
        for value in (5, ["a"], {"a": 1}, True, 1.5, "\ud800", "\x00")
    ),
    *({**GOOD, name: value} for name in SHOWN for value in ("\ud800", "\x00")),
    *(
        {**GOOD, name: value}
        for name in ("redirect_uris", "grant_types", "response_types")
        for value in (5, "x", {"a": 1}, [1], [None], [["a"]], ["\ud800"], ["x"] * 51, True)
    ),
    {**GOOD, "contacts": ["\ud800"]},
    *({**GOOD, "jwks": jwks} for jwks in BAD_KEYS),
    {**GOOD, "jwks": {"keys": [KEY]}, "jwks_uri": "https://keys.example/jwks"},
    {**GOOD, "jwks_uri": "http://keys.example/jwks"},
    {**GOOD, "token_endpoint_auth_method": "private_key_jwt"},
    {**GOOD, "token_endpoint_auth_method": "client_secret_jwt"},
    {**GOOD, "token_endpoint_auth_method": "tls_client_auth"},
    {**GOOD, "token_endpoint_auth_method": "client_secret"},
    {**GOOD, "grant_types": ["password"]},
    {**GOOD, "grant_types": ["authorization_code", "implicit"]},
    {**GOOD, "grant_types": ["refresh_token"]},
    {**GOOD, "grant_types": ["client_credentials"]},
    {**GOOD, "response_types": ["token"]},
    {**GOOD, "response_types": ["code", "code token"]},
    {**GOOD, "client_name": "a\u202eb"},
    {**GOOD, "client_name": "\u200d\u200c"},
]


@pytest.mark.rfc("7591", "3.2.2")
@pytest.mark.requirement("RG-08", "RG-10", "RG-14", "XC-01")
def test_nothing_that_json_can_say_is_an_error_of_ours(lone_world: World) -> None:
    for body in ODD:
        answer = register(lone_world, body)
        assert answer.status_code == 400, body
        assert answer.get_json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri"), (
            body
        )
        assert answer.headers["Cache-Control"] == "no-store"
    assert lone_world.execute("SELECT count(*) FROM clients WHERE registered_by = 'itself'") == [
        (0,)
    ]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 30_000, "application/json"),
        (b'{"a":' * 5_000, "application/json"),
        (b"1" * 5_000, "application/json"),
        (b"a=b", "application/x-www-form-urlencoded"),
        (json.dumps(GOOD).encode(), "text/plain"),
        (json.dumps(GOOD).encode("utf-16"), "application/json"),
        (b"NaN", "application/json"),
        (b'{"x":1e999}', "application/json"),
        (json.dumps(GOOD).encode()[:-1] + b',"redirect_uris":[]}', "application/json"),
        (json.dumps(GOOD).encode()[:-1] + b',"jwks":{"keys":[],"keys":[]}}', "application/json"),
        (b'{"x":-Infinity}', "application/json"),
        (b'{"x":' + b"9" * 30 + b"}", "application/json"),
    ],
)
def test_a_body_that_is_no_json_is_refused_as_json(
    lone_world: World, data: bytes, kind: str
) -> None:
    answer = lone_world.app.test_client().post("/oauth/register", data=data, content_type=kind)
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_client_metadata"


def test_a_body_that_is_too_long_is_refused(lone_world: World) -> None:
    answer = register(lone_world, extra="x" * 70_000)
    assert answer.status_code == 413
    assert answer.mimetype == "application/json"


@pytest.mark.rfc("7591", "3.2.2")
@pytest.mark.requirement("RG-14")
def test_a_software_statement_is_refused_by_its_own_code(lone_world: World) -> None:
    answer = register(lone_world, software_statement="a.b.c")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_software_statement")
