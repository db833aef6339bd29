"""The client credentials grant: service accounts, and nobody else (RFC 6749 section 4.4)."""

from __future__ import annotations

import pytest

from tests.drivers.account import EVERYTHING, Account, Bearer, problem
from tests.drivers.tool import Tool, refusal
from tests.drivers.world import World


@pytest.mark.rfc("6749", "4.4.3")
def test_an_account_gets_a_token_and_no_refresh_token(world: World) -> None:
    account = Account(world)
    response = account.ask()
    body = response.get_json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert tuple(body["scope"].split()) == EVERYTHING
    assert response.headers["Cache-Control"] == "no-store"
    events = world.audit("management_token.issued")
    assert {(event.actor, event.subject) for event in events} == {
        (account.actor, account.client_id)
    }
    assert account.text not in str(events)


@pytest.mark.parametrize("kind", ["native", "web", "post"])
def test_no_tool_gets_one(world: World, kind: str) -> None:
    tool = Tool(world, getattr(world, kind))
    fields = {"grant_type": "client_credentials", "scope": "audit:read"}
    answer = tool.post("/oauth/token", fields)
    expected = (401, "invalid_client") if kind == "native" else (400, "unauthorized_client")
    assert (answer.status_code, answer.get_json()["error"]) == expected
    assert world.execute("SELECT count(*) FROM management_tokens") == [(0,)]


@pytest.mark.parametrize("scope", ["audit:read", "api", "nothing", "directory:read audit:read"])
def test_more_than_the_account_has_is_refused(world: World, scope: str) -> None:
    account = Account(world, "directory:read")
    assert refusal(account.ask(scope=scope)) == "invalid_scope"


def test_a_wrong_secret_gets_nothing(world: World) -> None:
    account = Account(world)
    account.secret = account.secret[:-1] + ("a" if account.secret[-1] != "a" else "b")
    answer = account.ask()
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


def test_a_disabled_account_gets_nothing(world: World) -> None:
    account = Account(world)
    world.disable_client(account.registered)
    answer = account.ask()
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


def test_a_resource_is_this_api_or_refused(world: World) -> None:
    account = Account(world)
    assert account.ask(resource="http://127.0.0.1:8000/api/v1").status_code == 200
    other = account.ask(resource="http://127.0.0.1:8001/api")
    assert refusal(other) == "invalid_target"


def test_no_registration_names_the_grant_or_a_scope(world: World) -> None:
    http = world.app.test_client()
    wish = {"client_name": "X", "redirect_uris": ["https://x.example/cb"]}
    grants = {**wish, "grant_types": ["authorization_code", "client_credentials"]}
    made = http.post("/oauth/register", json=grants)
    assert made.status_code == 201
    assert "client_credentials" not in made.get_json()["grant_types"]
    alone = http.post("/oauth/register", json={**wish, "grant_types": ["client_credentials"]})
    assert refusal(alone) == "invalid_client_metadata"
    http.post(
        "/oauth/register", json={**wish, "scope": "audit:read", "admin_scopes": ["audit:read"]}
    )
    assert world.execute("SELECT count(*) FROM clients WHERE admin_scopes IS NOT NULL") == [(0,)]


def test_no_consent_gives_a_scope_of_administration(world: World) -> None:
    tool = Tool(world, world.native).sign_in("ada")
    assert "invalid_scope" in tool.authorize(scope="audit:read").location


def test_an_account_begins_no_authorization(world: World) -> None:
    account = Account(world)
    http = world.app.test_client()
    own = (account.client_id, account.secret)
    device = http.post("/oauth/device_authorization", data={"scope": "api"}, auth=own)
    assert refusal(device) == "unauthorized_client"
    tool = Tool(world, world.native).sign_in()
    page = tool.authorize(client_id=account.client_id)
    assert page.status_code == 400, "an error page, no redirect"


@pytest.mark.rfc("7009", "2.1")
def test_an_account_revokes_its_token_and_no_other(world: World) -> None:
    account, other = Account(world), Account(world)
    http = world.app.test_client()

    def revoke(by: Account, text: str) -> int:
        own = (by.client_id, by.secret)
        return http.post("/oauth/revoke", data={"token": text}, auth=own).status_code

    assert revoke(other, account.text) == 200
    assert account.get("/users")["items"]
    assert revoke(account, account.text) == 200
    assert problem(Bearer(world, account.text).call("GET", "/users"))[0] == 401
    [event] = world.audit("management_token.revoked")
    assert (event.actor, event.subject) == (account.actor, account.client_id)


def test_metadata_names_the_grant(world: World) -> None:
    found = world.app.test_client().get("/.well-known/oauth-authorization-server").get_json()
    assert "client_credentials" in found["grant_types_supported"]
