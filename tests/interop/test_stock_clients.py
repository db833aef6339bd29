"""Stock OAuth libraries complete the flow unmodified; only the consent form is ours to fill in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from requests_oauthlib import OAuth2Session

from tests.drivers.deployment import Live
from tests.drivers.stock_browser import answer_in_browser, csrf_of, introspect
from tests.drivers.tool import CONTINUE, answer_of
from tests.drivers.world import NATIVE_URI, PASSWORD, WEB_URI

pytestmark = pytest.mark.slow


SCOPES = ["api", "flows:edit"]
HERE = Path(__file__).parent
NODE_MODULES = Path(
    os.environ.get("MANDATE_NODE_MODULES", HERE.parents[1] / ".ci" / "node" / "node_modules")
)


def test_requests_oauthlib_completes_the_flow(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    client = live.world.web
    session = OAuth2Session(client.client_id, redirect_uri=WEB_URI, scope=SCOPES, pkce="S256")
    url, _ = session.authorization_url(f"{live.issuer}/oauth/authorize")
    location = answer_in_browser(live, url)
    token = session.fetch_token(
        f"{live.issuer}/oauth/token", authorization_response=location, client_secret=client.secret
    )
    assert introspect(live, token["access_token"])["active"]
    fresh = session.refresh_token(
        f"{live.issuer}/oauth/token", auth=(client.client_id, client.secret)
    )
    assert introspect(live, fresh["access_token"])["active"]


@pytest.mark.parametrize("name", ["web", "post", "native"])
def test_authlibs_client_completes_the_flow(live: Live, name: str) -> None:
    client = getattr(live.world, name)
    metadata = requests.get(f"{live.issuer}/.well-known/oauth-authorization-server").json()
    session = AuthlibSession(
        client.client_id,
        client.secret,
        token_endpoint_auth_method=client.method,
        revocation_endpoint_auth_method=client.method,
        redirect_uri=client.redirect_uri,
        scope=" ".join(SCOPES),
        code_challenge_method="S256",
    )
    verifier = "v" * 64
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier
    )
    location = answer_in_browser(live, url)
    token = session.fetch_token(
        metadata["token_endpoint"],
        authorization_response=location,
        code_verifier=verifier,
        state=state,
    )
    assert introspect(live, token["access_token"])["active"]
    fresh = session.refresh_token(metadata["token_endpoint"], token["refresh_token"])
    assert introspect(live, fresh["access_token"])["active"]
    assert (
        session.revoke_token(metadata["revocation_endpoint"], fresh["refresh_token"]).status_code
        == 200
    )
    assert introspect(live, fresh["access_token"]) == {"active": False}


@pytest.mark.parametrize("name", ["native", "web"])
def test_oauth4webapi_completes_the_flow(live: Live, name: str) -> None:
    node = shutil.which("node")
    if node is None or not (NODE_MODULES / "oauth4webapi").is_dir():
        pytest.skip("optional: needs Node and `npm install --prefix .ci/node oauth4webapi`")
    client = getattr(live.world, name)
    process = subprocess.Popen(
        [node, str(HERE / "oauth4webapi.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "MODULE": str(NODE_MODULES / "oauth4webapi" / "build" / "index.js")},
    )
    assert process.stdin
    assert process.stdout

    def say(message: dict[str, object]) -> dict[str, object]:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        return dict(json.loads(process.stdout.readline()))

    with process:
        setup = {
            "issuer": live.issuer,
            "clientId": client.client_id,
            "clientSecret": client.secret,
            "redirectUri": client.redirect_uri,
            "verifier": {"id": "api", "secret": live.world.secrets["api"]},
        }
        location = answer_in_browser(live, str(say(setup)["authorize"]))
        found = say({"callback": location})
    assert process.returncode == 0
    assert found["scope"] == "api flows:edit"
    assert found["refreshed"] is True
    assert found["introspected"] is True
    assert found["revoked"] is True
    assert found["activeAfter"] is False


def test_a_denial_reaches_a_stock_client(live: Live) -> None:
    client = live.world.native
    session = AuthlibSession(
        client.client_id, redirect_uri=NATIVE_URI, scope="api", code_challenge_method="S256"
    )
    url, _ = session.create_authorization_url(
        f"{live.issuer}/oauth/authorize", code_verifier="v" * 64
    )
    browser = requests.Session()
    page = browser.get(url)
    fields = {"username": "ben", "password": PASSWORD.format("ben")}
    page = browser.post(page.url, data={"csrf_token": csrf_of(page), **fields})
    page = browser.post(page.url, data={"csrf_token": csrf_of(page), "decision": "deny"})
    target = CONTINUE.search(page.text)
    assert target
    assert answer_of(urljoin(page.url, target[1].replace("&amp;", "&")))["error"] == "access_denied"
