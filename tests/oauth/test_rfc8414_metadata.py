"""Metadata: RFC 8414, true in both directions."""

from __future__ import annotations

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from tests.conftest import ISSUER
from tests.factories import World
from tests.tool import Tool


@pytest.fixture
def document(lone_world: World) -> dict[str, object]:
    response = lone_world.app.test_client().get("/.well-known/oauth-authorization-server")
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    return dict(response.get_json())


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


def test_every_endpoint_in_the_document_answers(
    document: dict[str, object], lone_world: World
) -> None:
    http = lone_world.app.test_client()
    for name, url in document.items():
        if name.endswith("_endpoint"):
            method = "GET" if name == "authorization_endpoint" else "POST"
            path = str(url).removeprefix(ISSUER)
            assert http.open(path, method=method).status_code in (400, 401), name


def test_every_grant_and_method_in_the_document_works(
    document: dict[str, object], lone_world: World
) -> None:
    assert document["grant_types_supported"] == ["authorization_code", "refresh_token"]
    methods = {
        "none": lone_world.native,
        "client_secret_basic": lone_world.web,
        "client_secret_post": lone_world.post,
    }
    assert set(methods) == set(document["token_endpoint_auth_methods_supported"])  # type: ignore[call-overload]
    for client in methods.values():
        tool = Tool(lone_world, client)
        tokens = tool.tokens()
        assert tool.refresh(tokens["refresh_token"]).status_code == 200


def test_every_scope_in_the_document_can_be_asked_for(
    document: dict[str, object], lone_tool: Tool
) -> None:
    lone_tool.sign_in()
    for scope in document["scopes_supported"]:  # type: ignore[attr-defined]
        assert lone_tool.authorize(scope=scope).location.startswith("/consent/")
