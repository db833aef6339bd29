"""Metadata: RFC 8414, true in both directions."""

from __future__ import annotations

from datetime import datetime

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from tests.drivers.assertions import EC_KEY, Signer, public
from tests.drivers.deployment import ISSUER
from tests.drivers.tool import Tool, answer_of
from tests.drivers.world import NATIVE_URI, Registered, World


@pytest.fixture
def document(lone_world: World) -> dict[str, object]:
    response = lone_world.app.test_client().get("/.well-known/oauth-authorization-server")
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    return dict(response.get_json())


@pytest.mark.rfc("8414", "2")
@pytest.mark.requirement("MD-01", "MD-03")
def test_the_document_is_valid(document: dict[str, object]) -> None:
    assert document["issuer"] == ISSUER
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["response_types_supported"] == ["code"]
    assert None not in document.values()
    plain = {k: v for k, v in document.items() if isinstance(v, str)}
    assert all(v.startswith(ISSUER) for v in plain.values())
    https = {
        k: v.replace("http:", "https:") if isinstance(v, str) else v for k, v in document.items()
    }
    AuthorizationServerMetadata(https).validate()


@pytest.mark.rfc("8414", "2")
def test_every_endpoint_in_the_document_answers(
    document: dict[str, object], lone_world: World
) -> None:
    http = lone_world.app.test_client()
    for name, url in document.items():
        if name.endswith("_endpoint"):
            method = "GET" if name == "authorization_endpoint" else "POST"
            path = str(url).removeprefix(ISSUER)
            assert http.open(path, method=method).status_code in (400, 401), name


def test_the_document_leads_to_the_manual(document: dict[str, object], lone_world: World) -> None:
    assert document["service_documentation"] == f"{ISSUER}/docs"
    answer = lone_world.app.test_client().get("/docs", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")


def test_every_address_of_the_protocol_is_in_the_document(
    document: dict[str, object], lone_world: World
) -> None:
    own = {str(url).removeprefix(ISSUER) for name, url in document.items() if "endpoint" in name}
    resource_dir = {
        "/oauth/continue/<request_id>",
        "/oauth/register/<client_id>",
        "/oauth/leak-reports",
        "/oauth/authorization-details/<kind>.json",
    }
    rules = {rule.rule for rule in lone_world.app.url_map.iter_rules()}
    assert {rule for rule in rules if rule.startswith("/oauth/")} - resource_dir == own & rules


GRANTS = [
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "client_credentials",
    "password",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "implicit",
]


@pytest.mark.rfc("8414", "2")
@pytest.mark.parametrize("grant", GRANTS)
def test_a_grant_is_in_the_document_if_and_only_if_it_is_served(
    document: dict[str, object], lone_tool: Tool, grant: str
) -> None:
    answer = lone_tool.post("/oauth/token", {"grant_type": grant})
    is_served = answer.get_json()["error"] != "unsupported_grant_type"
    assert is_served == (grant in document["grant_types_supported"])  # type: ignore[operator]


METHODS = [
    "none",
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "client_secret_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
]


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_in_the_document_if_and_only_if_a_tool_can_register_with_it(
    document: dict[str, object], lone_world: World, method: str
) -> None:
    keys = {"jwks": {"keys": [public(EC_KEY)]}} if method == "private_key_jwt" else {}
    body = {"redirect_uris": [NATIVE_URI], "token_endpoint_auth_method": method, **keys}
    answer = lone_world.app.test_client().post("/oauth/register", json=body)
    for endpoint in ("token", "revocation"):
        known = document[f"{endpoint}_endpoint_auth_methods_supported"]
        assert (method in known) == (answer.status_code == 201)  # type: ignore[operator]
    if answer.status_code == 201:
        found = answer.get_json()
        client = Registered(found["client_id"], found.get("client_secret"), method, NATIVE_URI)
        tool = (Signer if keys else Tool)(lone_world, client)
        tokens = tool.tokens()
        assert tool.refresh(tokens["refresh_token"]).status_code == 200
        assert tool.revoke(tokens["access_token"]).status_code == 200


def test_the_first_method_is_the_one_that_most_tools_look_for(document: dict[str, object]) -> None:
    assert document["token_endpoint_auth_methods_supported"][0] == "none"  # type: ignore[index]
    assert document["client_id_metadata_document_supported"] is True
    assert "offline_access" not in document["scopes_supported"]  # type: ignore[operator]


@pytest.mark.rfc("8414", "2")
@pytest.mark.parametrize("response_type", ["code", "token", "code token", "id_token", "none"])
def test_a_response_type_is_in_the_document_if_and_only_if_it_is_served(
    document: dict[str, object], lone_tool: Tool, response_type: str
) -> None:
    location = lone_tool.sign_in().authorize(response_type=response_type).location
    is_served = location.startswith("/consent/")
    assert is_served == (response_type in document["response_types_supported"])  # type: ignore[operator]
    assert is_served or answer_of(location)["iss"] == ISSUER


@pytest.mark.requirement("MD-02")
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Forwarded-Prefix": "/evil"},
    ],
)
def test_no_header_changes_the_document(
    document: dict[str, object], lone_world: World, headers: dict[str, str]
) -> None:
    answer = lone_world.app.test_client().get(
        "/.well-known/oauth-authorization-server", headers=headers
    )
    assert answer.get_json() == document


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/.well-known/oauth-authorization-server", "GET"),
        ("/oauth/register", "POST"),
        ("/oauth/token", "POST"),
        ("/oauth/revoke", "POST"),
        ("/oauth/device_authorization", "POST"),
    ],
)
def test_tools_in_a_browser_may_call_what_they_need(
    lone_world: World, path: str, method: str
) -> None:
    http = lone_world.app.test_client()
    ask = {"Origin": "https://inspector.example", "Access-Control-Request-Method": method}
    preflight = http.options(path, headers=ask)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert method in preflight.headers["Access-Control-Allow-Methods"]
    assert {"content-type", "authorization", "mcp-protocol-version", "accept"} <= set(
        preflight.headers["Access-Control-Allow-Headers"].split(", ")
    )
    answer = http.open(path, method=method, headers={"Origin": "https://inspector.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


ALLOWED_HEADERS = {"content-type", "authorization", "mcp-protocol-version", "accept"}
CALLED_FROM_BROWSERS = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/oauth/register",
    "/oauth/register/x",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/device_authorization",
]


@pytest.mark.requirement("TE-23")
@pytest.mark.parametrize("path", CALLED_FROM_BROWSERS)
def test_a_preflight_is_told_every_header_that_it_asks_for(lone_world: World, path: str) -> None:
    ask = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "traceparent,X-Requested-With, dpop",
    }
    preflight = lone_world.app.test_client().options(path, headers=ask)
    assert preflight.status_code in (200, 204)
    told = preflight.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"traceparent", "x-requested-with", "dpop", "authorization"} <= set(told)
    assert "Set-Cookie" not in preflight.headers


@pytest.mark.parametrize(
    "asked", ["a b", "x:y", "é", "a\tb", "", ",,,", "x" * 101, '"', "a/b", ",".join("abc" * 999)]
)
def test_only_names_of_headers_are_told_back(lone_world: World, asked: str) -> None:
    ask = {"Access-Control-Request-Headers": asked.encode().decode("latin-1")}
    preflight = lone_world.app.test_client().options("/oauth/token", headers=ask)
    told = preflight.headers["Access-Control-Allow-Headers"]
    assert len(told) < 500
    assert set(told.split(", ")) <= {*ALLOWED_HEADERS, "a", "b", "c"}


@pytest.mark.requirement("TE-23")
@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-authorization-server/other",
        "/.well-known/security.txt",
        "/.well-known/x/y",
    ],
)
def test_a_script_reads_every_well_known_answer(lone_world: World, path: str) -> None:
    http, origin = lone_world.app.test_client(), {"Origin": "https://app.example"}
    for method in ("GET", "POST"):
        answer = http.open(path, method=method, headers=origin)
        assert answer.status_code in (200, 404, 405)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in http.get("/nowhere", headers=origin).headers


@pytest.mark.parametrize(
    "path",
    [
        "/oauth/authorize",
        "/consent/x",
        "/login",
        "/device",
        "/oauth/introspect",
        "/settings/account",
    ],
)
def test_pages_are_for_no_other_origin(lone_world: World, path: str) -> None:
    ask = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for method in ("OPTIONS", "GET"):
        answer = lone_world.app.test_client().open(path, method=method, headers=ask)
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_openid_metadata_is_not_pretended(lone_world: World) -> None:
    http = lone_world.app.test_client()
    assert http.get("/.well-known/openid-configuration").status_code == 404
    assert http.get("/.well-known/oauth-authorization-server/other").status_code == 404


@pytest.mark.rfc("9116", "2.5")
@pytest.mark.requirement("MD-11")
def test_security_txt_says_whom_to_tell(lone_world: World) -> None:
    answer = lone_world.app.test_client().get("/.well-known/security.txt")
    assert answer.mimetype == "text/plain"
    lines = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert lines["Contact"] == "mailto:security@127.0.0.1"
    assert datetime.fromisoformat(lines["Expires"]) > lone_world.at
    assert lines["Canonical"] == f"{ISSUER}/.well-known/security.txt"


@pytest.mark.requirement("MD-12")
def test_no_answer_says_what_serves_it(lone_world: World) -> None:
    for path in ("/login", "/healthz", "/.well-known/oauth-authorization-server", "/nowhere"):
        answer = lone_world.app.test_client().get(path)
        assert "Server" not in answer.headers
        assert "X-Powered-By" not in answer.headers


def test_every_scope_in_the_document_can_be_asked_for(
    document: dict[str, object], lone_tool: Tool
) -> None:
    lone_tool.sign_in()
    for scope in document["scopes_supported"]:  # type: ignore[attr-defined]
        assert lone_tool.authorize(scope=scope).location.startswith("/consent/")
