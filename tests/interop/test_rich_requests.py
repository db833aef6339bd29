"""Stock OAuth libraries ask by authorization_details (RFC 9396) and narrow tokens by them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from requests_oauthlib import OAuth2Session

from tests.drivers.deployment import Live
from tests.drivers.stock_browser import answer_in_browser, introspect
from tests.drivers.world import WEB_URI

pytestmark = [pytest.mark.slow, pytest.mark.rfc("9396", "6")]

EDIT = {"type": "project", "identifier": "payments", "privileges": ["editor"]}
VIEW = {"type": "project", "identifier": "website", "privileges": ["viewer"]}
CHOICE = {
    "capabilities": ["api", "apps:view", "flows:edit"],
    "project-payments": "editor",
    "project-website": "admin",
    "expires_in": "3600",
}
SCOPES = ["api", "apps:view", "flows:edit"]
WHOLE = {"payments": "editor", "website": "admin"}


def said(*objects: dict[str, Any]) -> str:
    return json.dumps(objects)


def roles(live: Live, token: str, told: list[dict[str, Any]]) -> dict[str, str]:
    """Return the roles of a token by project: introspection says what the client was told."""
    assert introspect(live, token)["authorization_details"] == told
    return {one["identifier"]: one["privileges"][0] for one in told}


@pytest.mark.requirement("RR-01", "RR-07")
def test_requests_oauthlib_asks_and_narrows(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    client = live.world.web
    session = OAuth2Session(client.client_id, redirect_uri=WEB_URI, scope=SCOPES, pkce="S256")
    url, _ = session.authorization_url(
        f"{live.issuer}/oauth/authorize", authorization_details=said(EDIT, VIEW)
    )
    token = session.fetch_token(
        f"{live.issuer}/oauth/token",
        authorization_response=answer_in_browser(live, url, CHOICE),
        client_secret=client.secret,
        authorization_details=said(EDIT),
    )
    found = roles(live, token["access_token"], token["authorization_details"])
    assert found == {"payments": "editor"}
    fresh = session.refresh_token(
        f"{live.issuer}/oauth/token", auth=(client.client_id, client.secret)
    )
    assert roles(live, fresh["access_token"], fresh["authorization_details"]) == WHOLE


@pytest.mark.requirement("RR-01", "RR-07")
def test_authlibs_client_asks_and_narrows(live: Live) -> None:
    client, verifier = live.world.native, "v" * 64
    session = AuthlibSession(
        client.client_id,
        token_endpoint_auth_method="none",
        redirect_uri=client.redirect_uri,
        scope=" ".join(SCOPES),
        code_challenge_method="S256",
    )
    url, state = session.create_authorization_url(
        f"{live.issuer}/oauth/authorize",
        code_verifier=verifier,
        authorization_details=said(EDIT, VIEW),
    )
    token = session.fetch_token(
        f"{live.issuer}/oauth/token",
        authorization_response=answer_in_browser(live, url, CHOICE),
        code_verifier=verifier,
        state=state,
    )
    assert roles(live, token["access_token"], token["authorization_details"]) == WHOLE
    narrow = session.refresh_token(
        f"{live.issuer}/oauth/token",
        token["refresh_token"],
        authorization_details=said(VIEW),
    )
    found = roles(live, narrow["access_token"], narrow["authorization_details"])
    assert found == {"website": "viewer"}


@pytest.mark.requirement("RR-01", "RR-06")
def test_requests_oauth2client_asks_and_narrows(live: Live) -> None:
    library = pytest.importorskip(
        "requests_oauth2client", reason="optional: needs `pip install requests_oauth2client`"
    )
    client = live.world.web
    session = library.OAuth2Client.from_discovery_endpoint(
        f"{live.issuer}/.well-known/oauth-authorization-server",
        issuer=live.issuer,
        client_id=client.client_id,
        client_secret=client.secret,
        redirect_uri=WEB_URI,
        testing=True,
    )
    asked = session.authorization_request(
        scope=" ".join(SCOPES), authorization_details=said(EDIT, VIEW)
    )
    answer = asked.validate_callback(answer_in_browser(live, str(asked), CHOICE))
    token = session.authorization_code(answer, authorization_details=said(VIEW))
    found = roles(live, token.access_token, token.authorization_details)
    assert found == {"website": "viewer"}
    with pytest.raises(library.exceptions.OAuth2Error, match="data was not given"):
        session.refresh_token(
            token, authorization_details=said({"type": "project", "identifier": "data"})
        )
    fresh = session.refresh_token(token)
    assert roles(live, fresh.access_token, fresh.authorization_details) == WHOLE
