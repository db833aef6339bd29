"""Dynamic registration (RFC 7591) and its management (RFC 7592)."""

from __future__ import annotations

import pytest

from tests.drivers.deployment import ISSUER
from tests.drivers.registrations import GOOD, as_client, register
from tests.drivers.tool import Tool, answer_of, refusal, target_of
from tests.drivers.world import Registered, World


@pytest.mark.rfc("7591", "3.2.1")
@pytest.mark.requirement("RG-05", "RG-07", "RG-12")
def test_a_public_tool_registers_and_reads_what_was_stored(lone_world: World) -> None:
    answer = register(lone_world)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert {name: body[name] for name in GOOD} == GOOD
    assert "client_secret" not in body
    assert "client_secret_expires_at" not in body
    assert body["client_id_issued_at"] == int(lone_world.at.timestamp())
    assert None not in body.values()
    assert lone_world.execute("SELECT count(*) FROM clients WHERE secret_digest IS NOT NULL") == [
        (2,)
    ]


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post", None])
def test_what_was_registered_works(world: World, method: str | None) -> None:
    client = as_client(register(world, token_endpoint_auth_method=method))
    assert client.method == (method or "client_secret_basic")
    assert (client.secret is None) == (method == "none")
    tool = Tool(world, client)
    tokens = tool.tokens()
    assert tool.is_active(tokens["access_token"])
    assert tool.refresh(tokens["refresh_token"]).status_code == 200


def test_a_tool_that_named_no_method_may_send_its_secret_in_either_way(lone_world: World) -> None:
    """openid-client sends it in the body when it registered without naming a method."""
    found = register(lone_world, token_endpoint_auth_method=None).get_json()
    assert found["token_endpoint_auth_method"] == "client_secret_basic"
    for method in ("client_secret_basic", "client_secret_post"):
        client = Registered(
            found["client_id"], found["client_secret"], method, GOOD["redirect_uris"][0]
        )
        assert Tool(lone_world, client).tokens()
    bare = Registered(found["client_id"], None, "none", GOOD["redirect_uris"][0])
    refused = Tool(lone_world, bare).refresh("x")
    assert refused.get_json()["error"] == "invalid_client"


@pytest.mark.parametrize("named", ["client_secret_basic", "client_secret_post"])
def test_a_tool_that_named_a_method_reads_it_back_and_may_use_the_other(
    lone_world: World, named: str
) -> None:
    found = register(lone_world, token_endpoint_auth_method=named).get_json()
    assert found["token_endpoint_auth_method"] == named
    for method in ("client_secret_basic", "client_secret_post"):
        client = Registered(
            found["client_id"], found["client_secret"], method, GOOD["redirect_uris"][0]
        )
        assert refusal(Tool(lone_world, client).refresh("x")) == "invalid_grant"


def test_the_page_says_that_the_tool_registered_itself(lone_world: World) -> None:
    tool = Tool(lone_world, as_client(register(lone_world, client_name="<b>Claude</b>"))).sign_in()
    _, page = tool.consent_page()
    assert "<strong>Unverified:</strong> anyone can call themselves" in page.text
    assert "<b>Claude" not in page.text
    assert "&lt;b&gt;Claude&lt;/b&gt;" in page.text


@pytest.mark.requirement("RG-04", "RG-05")
@pytest.mark.parametrize(
    "uri",
    [
        "com.example.app:/cb",
        "http://[::1]/cb",
        "http://localhost:3030/callback",
        "http://127.0.0.1:33418/",
        "https://claude.ai/api/mcp/auth_callback",
    ],
)
def test_a_redirect_uri_that_real_tools_use_is_taken(lone_world: World, uri: str) -> None:
    assert register(lone_world, redirect_uris=[uri]).status_code == 201


@pytest.mark.parametrize(
    "name", ["دستیار می\u200cنویسد", "👩\u200d💻 Coder", "Ünïcödé", "  two   spaces "]
)
def test_names_of_every_script_are_taken(lone_world: World, name: str) -> None:
    answer = register(lone_world, client_name=name)
    assert answer.get_json()["client_name"] == " ".join(name.split())


@pytest.mark.rfc("7591", "2")
def test_null_and_what_is_unknown_are_left_out(lone_world: World) -> None:
    body = register(
        lone_world,
        {
            **GOOD,
            "client_uri": None,
            "logo_uri": None,
            "scope": None,
            "tos_uri": "",
            "resource": "x",
            "made_up": {"a": [1]},
        },
    ).get_json()
    assert not {"client_uri", "logo_uri", "scope", "tos_uri", "resource", "made_up"} & set(body)


def test_what_real_tools_send_beside_is_kept_or_filtered(lone_world: World) -> None:
    body = register(
        lone_world,
        scope="openid api offline_access flows:edit",
        grant_types=[
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "client_credentials",
        ],
        application_type="native",
        software_id="vscode",
        software_version="1.2",
        client_uri="https://tool.example",
        contacts=["a@tool.example"],
    ).get_json()
    assert body["scope"] == "api flows:edit"
    assert body["grant_types"][-1].endswith("device_code")
    assert "client_credentials" not in body["grant_types"]
    assert (body["application_type"], body["software_id"], body["contacts"]) == (
        "native",
        "vscode",
        ["a@tool.example"],
    )


def test_a_tool_that_names_no_grant_types_may_refresh(lone_world: World) -> None:
    answer = register(lone_world, grant_types=None, response_types=None)
    assert answer.get_json()["grant_types"] == ["authorization_code", "refresh_token"]
    assert answer.get_json()["response_types"] == ["code"]
    assert "refresh_token" in Tool(lone_world, as_client(answer)).tokens()


def test_the_registered_scope_does_not_bound_what_is_asked_later(lone_world: World) -> None:
    tool = Tool(lone_world, as_client(register(lone_world, scope="api"))).sign_in()
    _, page = tool.consent_page(scope="api flows:edit mcp offline_access")
    assert page.status_code == 200


@pytest.mark.requirement("RG-11")
def test_registering_fetches_nothing(lone_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> list[str]:
        raise AssertionError("something was fetched")

    from app.runtime.current import FETCHER

    lone_world.app.extensions[FETCHER].resolver = never
    urls = dict.fromkeys(("logo_uri", "client_uri", "tos_uri"), "https://internal.example/x")
    client = register(lone_world, **urls, jwks_uri="https://internal.example/jwks")
    assert client.status_code == 201
    tool = Tool(lone_world, as_client(client)).sign_in()
    _, page = tool.consent_page()
    assert "internal.example" not in page.text


def test_browsers_of_other_origins_may_register(lone_world: World) -> None:
    http = lone_world.app.test_client()
    ask = {"Origin": "https://inspector.example", "Access-Control-Request-Method": "POST"}
    preflight = http.options("/oauth/register", headers=ask)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "content-type" in preflight.headers["Access-Control-Allow-Headers"]
    assert register(lone_world).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.requirement("AZ-25", "AZ-28")
@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "nonsense"},
        {"prompt": "none"},
        {"response_type": "token"},
        {"resource": "https://x.example"},
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_tool_that_nobody_vouches_for_gets_errors_by_a_page_that_names_its_host(
    lone_world: World, wrong: dict[str, str], signed_in: bool
) -> None:
    body = {"redirect_uris": ["https://evil.example/cb"], "token_endpoint_auth_method": "none"}
    client = lone_world.app.test_client().post("/oauth/register", json=body).get_json()
    tool = Tool(
        lone_world, Registered(client["client_id"], None, "none", "https://evil.example/cb")
    )
    if signed_in:
        tool.sign_in()
    pending = tool.authorize(**wrong)
    assert pending.location.startswith("/consent/")
    if not signed_in:
        tool.sign_in()
    page = tool.browser.follow(pending.location)
    assert "Back to evil.example" in page.text
    assert 'http-equiv="refresh"' not in page.text
    answered = answer_of(target_of(page))
    assert answered["error"] in (
        "invalid_scope",
        "consent_required",
        "unsupported_response_type",
        "invalid_target",
    )
    assert (answered["state"], answered["iss"]) == ("xyzzy", ISSUER)
