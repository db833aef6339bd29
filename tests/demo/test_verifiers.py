"""The example verifiers as other teams would take them: one file each, against a running Mandate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import getsourcefile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from anyio import run
from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from flask import Flask, jsonify
from flask.testing import FlaskClient
from mcp.server.auth.provider import AccessToken
from mcp.server.mcpserver import MCPServer

import app
from app.demo.demo_json import credentials_of
from app.demo.verifiers import authlib as authlib_verifier
from app.demo.verifiers import httpx as httpx_verifier
from app.demo.verifiers.mcp import MandateVerifier
from app.domain.delegation.choice import Choice
from tests.drivers.demo_stage import Stage

FILES = {
    "mcp": Path(str(getsourcefile(MandateVerifier))),
    "authlib": Path(str(getsourcefile(authlib_verifier.MandateValidator))),
    "httpx": Path(str(getsourcefile(httpx_verifier.Verifier))),
}
PAGE = Path(app.__file__).parent / "manual" / "resource-servers.md"
ISSUER = "https://auth.example.com"
LESS = Choice(frozenset(("api",)), {"website": "viewer"}, frozenset())


def endpoint_of(stage: Stage) -> str:
    return f"{stage.demo['issuer']}/oauth/introspect"


def python_blocks() -> list[str]:
    """Return the Python of the manual's page, with an issuer in place of the placeholders."""
    text = re.sub(r"\{\{\w+\}\}", ISSUER, PAGE.read_text())
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_each_is_one_short_file_that_stands_alone(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= 40
    assert "from app" not in text
    assert "import app" not in text


def test_the_manual_shows_the_first_and_names_all() -> None:
    assert FILES["mcp"].read_text() in python_blocks()
    page = PAGE.read_text()
    for name, file in FILES.items():
        assert file.stem.endswith(name)
        assert f"`app/demo/verifiers/{name}.py`" in page


def test_what_the_manual_does_with_them_works() -> None:
    used = [
        block for block in python_blocks() if "client_secret" in block and "class " not in block
    ]
    assert len(used) == 2
    names = {
        **vars(authlib_verifier),
        "MandateVerifier": MandateVerifier,
        "require": ResourceProtector(),
        "app": Flask("manual", static_folder=None),
        "client_id": "ledger",
        "client_secret": "mdts_x",
    }
    for block in used:
        exec(block, names)  # our own manual
    server = names["server"]
    assert isinstance(server, MCPServer)
    assert [tool.name for tool in run(server.list_tools)] == ["close_month", "add_flow"]
    assert {rule.rule for rule in names["app"].url_map.iter_rules()} == {"/flows"}


# Flask with Authlib
@pytest.fixture(scope="module")
def flask_api(house: Stage) -> Iterator[FlaskClient]:
    """An API of somebody else: three lines around the verifier."""
    with httpx.Client(auth=credentials_of(house.demo, "api"), trust_env=False) as http:
        validator = authlib_verifier.MandateValidator(
            http, endpoint_of(house), house.api, resource_metadata="https://way.example"
        )
        authlib_verifier.require.register_token_validator(validator)
        api = Flask("somebody_elses", static_folder=None)

        @api.get("/flows")
        @authlib_verifier.require("api flows:edit")  # type: ignore[untyped-decorator]
        def flows() -> Any:
            return jsonify(current_token["authorization_details"])

        yield api.test_client()


def get(http: FlaskClient, token: str | None = None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return http.get("/flows", headers=headers)


def test_authlib_lets_in_who_may(stage: Stage, flask_api: FlaskClient) -> None:
    for credential in (stage.token(), stage.api_key("api", "flows:edit")):
        answer = get(flask_api, credential)
        assert answer.status_code == 200
        assert answer.json[0]["identifier"] == "website"
        assert "flows:edit" in answer.json[0]["actions"]


def test_authlib_refuses_who_may_not(stage: Stage, flask_api: FlaskClient) -> None:
    elsewhere = stage.token(resource=stage.addresses.mcp_server("website-content"))
    assert get(flask_api).status_code == 401
    for token in ("nonsense", elsewhere):
        refused = get(flask_api, token)
        assert refused.status_code == 401
        assert 'resource_metadata="https://way.example"' in refused.headers["WWW-Authenticate"]
    assert get(flask_api, stage.api_key("api")).status_code == 403


def test_authlib_sees_an_edit_and_a_revocation_at_once(
    stage: Stage, flask_api: FlaskClient
) -> None:
    token = stage.token()
    assert get(flask_api, token).status_code == 200
    stage.edit(LESS)
    assert get(flask_api, token).status_code == 403
    stage.revoke_all()
    assert get(flask_api, token).status_code == 401


# The MCP SDK
def verify(stage: Stage, url: str, token: str) -> AccessToken | None:
    async def idempotency_key() -> AccessToken | None:
        auth = credentials_of(stage.demo, "mcp")
        async with httpx.AsyncClient(auth=auth, trust_env=False) as http:
            return await MandateVerifier(http, endpoint_of(stage), url).verify_token(token)

    return run(idempotency_key)


def test_the_sdk_is_told_all_that_mandate_says(stage: Stage) -> None:
    url = stage.addresses.mcp_server("website-content")
    found = verify(stage, url, stage.token(resource=url))
    assert found is not None
    assert found.resource == url
    assert "mcp" in found.scopes
    assert found.claims is not None
    assert found.claims["username"] == "jonas@kestrel.example"
    assert found.subject == found.claims["sub"]
    assert found.expires_at == found.claims["exp"]
    assert found.client_id == found.claims["client_id"]


def test_the_sdk_takes_an_api_key_which_has_no_client(stage: Stage) -> None:
    url = stage.addresses.mcp_server("website-content")
    found = verify(stage, url, stage.api_key("mcp", servers=frozenset(("website-content",))))
    assert found is not None
    assert found.claims is not None
    assert found.client_id == found.claims["authorization_id"]


def test_the_sdk_takes_nothing_else(stage: Stage) -> None:
    url = stage.addresses.mcp_server("website-content")
    assert verify(stage, url, "nonsense") is None
    assert verify(stage, url, stage.token()) is None


# A resource server for many: Mandate says active, the token is for something wider
def test_a_token_for_all_servers_is_not_taken_for_one(stage: Stage) -> None:
    url, wide = stage.addresses.mcp_server("website-content"), stage.addresses.mcp
    token = stage.token(resource=wide)
    auth = credentials_of(stage.demo, "mcp")
    with httpx.Client(auth=auth, trust_env=False) as http:
        asked = http.post(endpoint_of(stage), data={"token": token, "resource": url}).json()
        assert (asked["active"], asked["aud"]) == (True, wide)
        assert httpx_verifier.Verifier(http, endpoint_of(stage), url).verify(token) is None
        validator = authlib_verifier.MandateValidator(http, endpoint_of(stage), url)
        assert validator.authenticate_token(token) is None


# httpx with a cache
class Counted:
    """A verifier with a cache, a count of what it asks, and a clock to set."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.now = 1_000_000_000.0
        self.http = httpx.Client(
            auth=credentials_of(stage.demo, "api"),
            trust_env=False,
            event_hooks={"request": [self._count]},
        )
        self._verifier = httpx_verifier.Verifier(self.http, endpoint_of(stage), stage.api)
        monkeypatch.setattr(httpx_verifier, "time", SimpleNamespace(time=lambda: self.now))

    def _count(self, _: httpx.Request) -> None:
        self.asked += 1

    def scope(self, token: str) -> set[str] | None:
        """Return the capabilities of a token, None when it is refused."""
        answer = self._verifier.verify(token)
        return None if answer is None else set(answer["scope"].split())


@pytest.fixture
def counted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    made = Counted(stage, monkeypatch)
    yield made
    made.http.close()


def test_an_answer_is_kept_for_thirty_seconds(stage: Stage, counted: Counted) -> None:
    key = stage.api_key("api", "flows:edit")
    for _ in range(3):
        assert counted.scope(key) == {"api", "flows:edit"}
    assert counted.asked == 1
    stage.revoke_all()
    counted.now += 29.9
    assert counted.scope(key) == {"api", "flows:edit"}
    counted.now += 0.1
    assert counted.scope(key) is None


def test_an_answer_is_not_kept_beyond_the_end_of_its_token(stage: Stage, counted: Counted) -> None:
    token = stage.token()
    assert counted.scope(token) is not None
    end = next(iter(counted._verifier._kept.values()))[1]["exp"]
    counted._verifier._kept.clear()
    counted.now = end - 10
    counted.scope(token)
    counted.now = end - 1
    counted.scope(token)
    assert counted.asked == 2
    counted.now = end
    counted.scope(token)
    assert counted.asked == 3


def test_a_newer_version_of_an_authorization_drops_what_was_answered_before(
    stage: Stage, counted: Counted
) -> None:
    first, second, other = stage.token(), stage.token(), stage.token("maya")
    counted.scope(first)
    counted.now += 20
    assert "flows:edit" in (counted.scope(second) or ())
    assert "flows:edit" in (counted.scope(other) or ())
    stage.edit(LESS)
    assert "flows:edit" in (counted.scope(second) or ())
    assert counted.asked == 3
    counted.now += 11
    assert counted.scope(first) == {"api"}
    assert counted.scope(second) == {"api"}
    assert counted.asked == 5
    assert "flows:edit" in (counted.scope(other) or ())
    assert counted.scope(second) == {"api"}
    assert counted.asked == 5


def test_a_late_answer_of_an_older_version_is_not_used_again(
    stage: Stage, counted: Counted
) -> None:
    token = stage.api_key("api", "flows:edit")
    counted.scope(token)
    verifier = counted._verifier
    ((key, (until, old)),) = verifier._kept.items()
    stage.edit(LESS)
    counted.now += 31
    assert counted.scope(token) == {"api"}
    verifier._keep(key, until + 60, old)
    assert counted.scope(token) == {"api"}


def test_what_is_not_active_is_asked_about_each_time(stage: Stage, counted: Counted) -> None:
    elsewhere = stage.token(resource=stage.addresses.mcp_server("website-content"))
    for token in ("nonsense", elsewhere):
        assert counted.scope(token) is None
        assert counted.scope(token) is None
    assert counted.asked == 4


def test_what_is_over_is_forgotten(stage: Stage, counted: Counted) -> None:
    counted.scope(stage.token())
    counted.now += 31
    counted.scope(stage.api_key("api"))
    assert len(counted._verifier._kept) == 1
