"""The token endpoint and client authentication: RFC 6749 sections 2.3, 3.2 and 5.2."""

from __future__ import annotations

import time
from typing import Any

import pytest

from app.domain.clients.auth_methods import DEVICE_CODE
from tests.drivers.client_authentication import ENDPOINTS, basic
from tests.drivers.deployment import ISSUER
from tests.drivers.tool import Tool, refusal
from tests.drivers.world import World


@pytest.mark.rfc("6749", "3.2")
@pytest.mark.requirement("TE-01", "IN-04")
@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_only_post_is_taken(lone_tool: Tool, path: str, method: str) -> None:
    response = lone_tool.http.open(path, method=method)
    assert response.status_code == 405
    if method != "HEAD":
        assert response.get_json()["error"] == "invalid_request"


@pytest.mark.rfc("6749", "2.3.1")
@pytest.mark.requirement("TE-02")
@pytest.mark.parametrize(
    "name",
    [
        "client_id",
        "client_secret",
        "code",
        "refresh_token",
        "grant_type",
        "token",
        "redirect_uri",
        "code_verifier",
    ],
)
def test_parameters_in_the_query_are_refused(lone_tool: Tool, name: str) -> None:
    code = lone_tool.code()
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": lone_tool.client.redirect_uri,
        "code_verifier": lone_tool.verifier,
        "client_id": lone_tool.client.client_id,
    }
    moved = {name: fields.pop(name, "x")}
    for path in ENDPOINTS:
        response = lone_tool.http.post(path, query_string=moved, data=fields)
        assert refusal(response) == "invalid_request"
    both = lone_tool.http.post("/oauth/token", query_string=moved, data={**fields, **moved})
    assert refusal(both) == "invalid_request"


@pytest.mark.rfc("6749", "4.1.3")
@pytest.mark.requirement("TE-03")
@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", None]
)
@pytest.mark.parametrize("path", ENDPOINTS)
def test_only_forms_are_understood(lone_tool: Tool, kind: str | None, path: str) -> None:
    response = lone_tool.http.post(
        path, data=b'{"grant_type": "authorization_code"}', content_type=kind
    )
    assert refusal(response) == "invalid_request"


@pytest.mark.rfc("6749", "3.2")
@pytest.mark.requirement("TE-04")
@pytest.mark.parametrize(
    "name",
    ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "scope", "anything"],
)
def test_a_repeated_parameter_is_refused(lone_tool: Tool, name: str) -> None:
    code = lone_tool.code()
    value = {"code": code, "client_id": lone_tool.client.client_id}.get(name, "authorization_code")
    twice: dict[str, Any] = {name: [value, value]}
    response = lone_tool.redeem(code, **twice)
    assert refusal(response) == "invalid_request"
    assert lone_tool.redeem(code).status_code == 200


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.requirement("TE-14")
def test_a_grant_that_is_not_registered_is_refused(lone_world: World) -> None:
    client = lone_world.add_client(
        "No codes", "https://x.example/cb", "none", grant_types=[DEVICE_CODE]
    )
    tool = Tool(lone_world, client).sign_in()
    assert "error=unauthorized_client" in tool.authorize().location
    assert refusal(tool.redeem("mdtc_x")) == "unauthorized_client"


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.parametrize(
    "grant", ["password", "client_credentials ", "implicit", 'x"', "é", "authorization_code "]
)
def test_other_grants_are_not_supported(lone_tool: Tool, grant: str) -> None:
    assert (
        refusal(lone_tool.post("/oauth/token", {"grant_type": grant})) == "unsupported_grant_type"
    )


@pytest.mark.rfc("6749", "5.2")
def test_a_missing_grant_type_is_an_invalid_request(lone_tool: Tool) -> None:
    assert refusal(lone_tool.post("/oauth/token", {})) == "invalid_request"
    assert refusal(lone_tool.post("/oauth/token", {"grant_type": ""})) == "invalid_request"


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.parametrize(
    "fields",
    [
        {"grant_type": "authorization_code"},
        {"grant_type": "authorization_code", "code": ""},
        {"grant_type": "refresh_token"},
        {"grant_type": "refresh_token", "refresh_token": ""},
    ],
)
def test_a_missing_credential_is_an_invalid_request(
    lone_tool: Tool, fields: dict[str, str]
) -> None:
    assert refusal(lone_tool.post("/oauth/token", fields)) == "invalid_request"


@pytest.mark.rfc("6749", "5.2")
@pytest.mark.requirement("TE-18")
@pytest.mark.parametrize("text", ['"', "\\", "é", "日本", "\x7f", "\x00", "\ud800"[:0] + "\n"])
def test_error_texts_keep_to_the_allowed_characters(lone_tool: Tool, text: str) -> None:
    for fields in (
        {"grant_type": text},
        {"grant_type": "refresh_token", "refresh_token": text},
        {text: "x"},
    ):
        response = lone_tool.post("/oauth/token", fields)
        assert response.status_code == 400
        description = response.get_json()["error_description"]
        assert all(" " <= c <= "~" and c not in '"\\' for c in description)


@pytest.mark.requirement("TE-23")
def test_browser_clients_may_read_the_answers(lone_tool: Tool) -> None:
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    for path in ("/oauth/token", "/oauth/revoke", "/.well-known/oauth-authorization-server"):
        preflight = lone_tool.http.options(path, headers=origin)
        assert preflight.status_code in (200, 204)
        assert preflight.headers["Access-Control-Allow-Origin"] == "*"
        assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in preflight.headers
    refused = lone_tool.post("/oauth/token", {"grant_type": "x"})
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/oauth/authorize", "/oauth/introspect", "/login"):
        assert (
            "Access-Control-Allow-Origin"
            not in lone_tool.http.options(path, headers=origin).headers
        )


@pytest.mark.requirement("TE-26")
@pytest.mark.parametrize("path", ENDPOINTS)
def test_large_bodies_are_refused_quickly(lone_tool: Tool, path: str) -> None:
    start = time.process_time()
    huge = lone_tool.http.post(path, data={"grant_type": "x" * 1_000_000})
    many = lone_tool.http.post(path, data={f"field{n}": "x" * 20 for n in range(10_000)})
    assert huge.status_code == 413
    assert many.status_code in (400, 401, 413)
    for response in (huge, many):
        assert response.is_json
    assert time.process_time() - start < 1


@pytest.mark.requirement("TE-27", "RV-09")
@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_broken_database_is_a_503_without_internals(lone_world: World, path: str) -> None:
    tool = Tool(lone_world, lone_world.native)
    tokens = tool.tokens()
    for table in ("sessions", "clients", "resource_servers"):
        lone_world.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    fields = {
        "token": tokens["access_token"],
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
    }
    if path == "/oauth/introspect":
        response = tool.http.post(
            path, data=fields, headers=basic("api", lone_world.secrets["api"])
        )
    else:
        response = tool.post(path, fields)
    for table in ("sessions", "clients", "resource_servers"):
        lone_world.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.get_json()["error"] == "temporarily_unavailable"
    assert "sessions" not in response.text
    assert "Traceback" not in response.text
    assert tool.is_active(tokens["access_token"])


@pytest.mark.requirement("TE-28", "MD-02")
def test_headers_do_not_change_the_issuer(lone_tool: Tool) -> None:
    spoofed = {
        "Host": "evil.test",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.test;proto=https",
    }
    metadata = lone_tool.http.get("/.well-known/oauth-authorization-server", headers=spoofed)
    assert "evil" not in metadata.text
    tokens = lone_tool.tokens()
    answer = lone_tool.http.post(
        "/oauth/introspect",
        data={"token": tokens["access_token"]},
        headers={**spoofed, **basic("api", lone_tool.world.secrets["api"])},
    ).get_json()
    assert answer["iss"] == ISSUER


@pytest.mark.rfc("6749", "5.1")
def test_a_token_response_has_no_null_and_no_cache(lone_tool: Tool) -> None:
    response = lone_tool.redeem(lone_tool.code())
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert response.mimetype == "application/json"
    assert None not in response.get_json().values()


@pytest.mark.requirement("XC-16")
@pytest.mark.parametrize(
    "path", ["//oauth/token", "/OAuth/Token", "/oauth/token/", "/oauth/token;x", "/oauth/token%2f"]
)
def test_near_misses_of_an_address_are_nothing(lone_tool: Tool, path: str) -> None:
    assert lone_tool.http.post(path, data={}).status_code in (308, 404)
