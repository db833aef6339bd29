"""Redeeming a code: RFC 6749 section 4.1.3, RFC 7636 section 4.6, OAuth 2.1 sections 4.1.3 and 7.5."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.credentials.secrets import Prefix, new_secret
from tests.drivers.tool import Tool, refusal
from tests.drivers.world import World


@pytest.mark.rfc("6749", "4.1.2")
@pytest.mark.requirement("AC-02")
def test_a_code_lives_for_a_minute(tool: Tool) -> None:
    code = tool.code()
    tool.world.clock.forward(seconds=59)
    assert tool.redeem(code).status_code == 200
    late = tool.code()
    tool.world.clock.forward(seconds=61)
    assert refusal(tool.redeem(late)) == "invalid_grant"


@pytest.mark.rfc("6749", "4.1.2")
@pytest.mark.requirement("AC-03", "AC-04")
def test_a_valid_replay_ends_what_the_code_gave(tool: Tool) -> None:
    code = tool.code()
    tokens = tool.redeem(code).get_json()
    again = tool.tokens()
    assert refusal(tool.redeem(code)) == "invalid_grant"
    assert not tool.is_active(tokens["access_token"])
    assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert tool.is_active(again["access_token"]), "the Authorization and its other session stay"
    ended = tool.world.audit("session.ended")
    assert [e.detail["reason"] for e in ended] == ["the code was replayed"]
    assert refusal(tool.redeem(code)) == "invalid_grant"
    assert len(tool.world.audit("session.ended")) == 1


@pytest.mark.requirement("AC-04")
def test_a_replay_is_known_after_the_code_has_expired(tool: Tool) -> None:
    code = tool.code()
    tokens = tool.redeem(code).get_json()
    tool.world.clock.forward(seconds=300)
    assert refusal(tool.redeem(code)) == "invalid_grant"
    assert not tool.is_active(tokens["access_token"])


@pytest.mark.requirement("AC-05")
def test_an_invalid_replay_ends_nothing(tool: Tool) -> None:
    code = tool.code()
    tokens = tool.redeem(code).get_json()
    refused: list[dict[str, Any]] = [
        {"code_verifier": "x" * 43},
        {"client": tool.world.spa},
        {"client": tool.world.web},
        {"redirect_uri": "http://127.0.0.1:1/callback"},
    ]
    for change in refused:
        assert refusal(tool.redeem(code, **change)) == "invalid_grant"
    assert tool.is_active(tokens["access_token"])


@pytest.mark.rfc("6749", "4.1.3")
@pytest.mark.requirement("AC-06")
@pytest.mark.parametrize("thief", ["spa", "web", "post"])
def test_a_code_belongs_to_its_client(tool: Tool, thief: str) -> None:
    code = tool.code()
    assert refusal(tool.redeem(code, client=getattr(tool.world, thief))) == "invalid_grant"
    assert tool.redeem(code).status_code == 200


@pytest.mark.requirement("AC-07")
@pytest.mark.rfc("6749", "4.1.3")
def test_a_redirect_uri_that_is_sent_must_be_the_one_of_the_request(lone_tool: Tool) -> None:
    code = lone_tool.code()
    for other in (
        "http://127.0.0.1:99/callback",
        "https://evil.test/",
        "http://127.0.0.1/callback/",
    ):
        assert refusal(lone_tool.redeem(code, redirect_uri=other)) == "invalid_grant"
    assert lone_tool.redeem(code).status_code == 200


@pytest.mark.requirement("AC-07")
def test_a_client_of_oauth_2_1_may_leave_the_redirect_uri_out(lone_tool: Tool) -> None:
    assert lone_tool.redeem(lone_tool.code(), redirect_uri=None).status_code == 200


@pytest.mark.requirement("AC-08")
@pytest.mark.rfc("7636", "4.6")
@pytest.mark.parametrize(
    "verifier", [None, "", "short", "x" * 43, "x" * 129, "é" * 50, "a" * 42 + '"']
)
def test_a_code_without_its_verifier_is_refused(lone_tool: Tool, verifier: str | None) -> None:
    code = lone_tool.code()
    assert refusal(lone_tool.redeem(code, code_verifier=verifier)) in (
        "invalid_grant",
        "invalid_request",
    )
    assert lone_tool.redeem(code).status_code == 200, "a failed try does not spend the code"


@pytest.mark.rfc("7636", "4.6")
@pytest.mark.requirement("AC-08", "AC-10")
def test_a_confidential_client_needs_the_verifier_too(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.web)
    code = tool.code()
    assert refusal(tool.redeem(code, code_verifier=None)) == "invalid_request"
    assert refusal(tool.redeem(code, code_verifier="x" * 43)) == "invalid_grant"


@pytest.mark.requirement("AC-16")
def test_five_wrong_verifiers_kill_a_code(tool: Tool) -> None:
    code = tool.code()
    for _ in range(4):
        assert refusal(tool.redeem(code, code_verifier="x" * 43)) == "invalid_grant"
    assert tool.redeem(code).status_code == 200
    code = tool.code()
    for _ in range(5):
        assert refusal(tool.redeem(code, code_verifier="x" * 43)) == "invalid_grant"
    assert refusal(tool.redeem(code)) == "invalid_grant"
    assert len(tool.world.audit("code.refused")) == 9


@pytest.mark.requirement("AC-16")
def test_a_failed_try_does_not_spend_a_code(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.web)
    code = tool.code()
    stranger = tool.post("/oauth/token", {}, auth=(tool.client.client_id, "wrong"))
    assert stranger.status_code == 400, "the form is judged first"
    wrong = {"grant_type": "authorization_code", "code": code, "code_verifier": tool.verifier}
    refused = tool.http.post("/oauth/token", data=wrong, auth=(tool.client.client_id, "wrong"))
    assert refused.status_code == 401
    assert refusal(tool.redeem(code, resource="https://elsewhere.test/")) == "invalid_target"
    assert refusal(tool.redeem(code, redirect_uri="https://elsewhere.test/")) == "invalid_grant"
    assert tool.redeem(code).status_code == 200


@pytest.mark.requirement("MD-09")
@pytest.mark.rfc("8707", "2.2")
def test_a_resource_outside_the_request_leaves_the_code_unspent(tool: Tool) -> None:
    code = tool.code(resource="http://127.0.0.1:8001/api")
    ledger = "http://127.0.0.1:8001/mcp/ledger"
    for resource in (ledger, ["http://127.0.0.1:8001/api", ledger]):
        assert refusal(tool.redeem(code, resource=resource)) == "invalid_target"
    tokens = tool.redeem(code, resource="http://127.0.0.1:8001/api").get_json()
    assert tool.is_active(tokens["access_token"])


@pytest.mark.rfc("8707", "2.2")
@pytest.mark.parametrize("spelt", ["{}", "{}/", ""])
def test_a_resource_that_stands_twice_is_one(tool: Tool, spelt: str) -> None:
    api = "http://127.0.0.1:8001/api"
    twice = [api, spelt.format(api)]
    tokens = tool.redeem(tool.code(resource=twice), resource=twice).get_json()
    assert tool.is_active(tokens["access_token"])
    again = tool.refresh(tokens["refresh_token"], resource=twice)
    assert again.status_code == 200
    assert tool.is_active(again.get_json()["access_token"])


@pytest.mark.rfc("6749", "3.3")
@pytest.mark.requirement("AC-18", "TE-17", "UI-08")
def test_the_token_has_what_was_consented_to(lone_tool: Tool) -> None:
    choice = {"capabilities": ["api"], "project-payments": "viewer"}
    tokens = lone_tool.redeem(lone_tool.code(choice), scope="secrets:edit").get_json()
    assert tokens["scope"] == "api"
    assert lone_tool.introspect(tokens["access_token"])["scope"] == "api"


@pytest.mark.requirement("AC-20")
def test_mangled_codes_are_refused(lone_tool: Tool) -> None:
    code = lone_tool.code()
    mangled = [
        code[:-1],
        code + "x",
        code.swapcase(),
        code + "\x00",
        "x" * 1000,
        "",
        "mdtc_",
        "é",
        new_secret(Prefix.AUTHORIZATION_CODE),
        new_secret(Prefix.ACCESS_TOKEN),
        '"\\',
    ]
    for text in mangled:
        assert refusal(lone_tool.redeem(text)) in ("invalid_grant", "invalid_request")
    assert lone_tool.redeem("x" * 1_000_000).status_code == 413
    assert lone_tool.redeem(code).status_code == 200


@pytest.mark.requirement("AC-19", "RT-14")
def test_one_kind_of_secret_is_not_another(lone_tool: Tool) -> None:
    code = lone_tool.code()
    tokens = lone_tool.tokens()
    for text in (tokens["access_token"], tokens["refresh_token"]):
        assert refusal(lone_tool.redeem(text)) == "invalid_grant"
    for text in (tokens["access_token"], code):
        assert refusal(lone_tool.refresh(text)) == "invalid_grant"
    for text in (tokens["refresh_token"], code):
        assert lone_tool.introspect(text) == {"active": False}


@pytest.mark.requirement("RT-16", "RT-20")
@pytest.mark.parametrize("what", ["user", "client", "authorization"])
def test_a_code_is_worthless_once_what_it_rests_on_has_ended(tool: Tool, what: str) -> None:
    code = tool.code()
    if what == "user":
        tool.world.disable_user("ben")
    elif what == "client":
        tool.world.disable_client(tool.client)
    else:
        tool.world.execute("UPDATE authorizations SET revoked_at = updated_at")
    response = tool.redeem(code)
    assert response.status_code in (400, 401)
    assert response.get_json()["error"] in ("invalid_grant", "invalid_client")
    assert tool.world.execute("SELECT count(*) FROM access_tokens") == [(0,)]


def test_a_client_without_the_refresh_grant_gets_no_refresh_token(lone_world: World) -> None:
    client = lone_world.add_client(
        "Once", "https://once.example/cb", "none", grant_types=["authorization_code"]
    )
    tool = Tool(lone_world, client)
    tokens = tool.tokens()
    assert "refresh_token" not in tokens
    refused = tool.refresh("mdtr_x")
    assert refusal(refused) == "unauthorized_client"


@pytest.mark.requirement("XC-14")
def test_issuing_is_all_or_nothing(tool: Tool) -> None:
    code = tool.code()
    tool.world.execute("ALTER TABLE audit_events RENAME TO audit_events_away")
    broken = tool.redeem(code)
    tool.world.execute("ALTER TABLE audit_events_away RENAME TO audit_events")
    assert broken.status_code == 503
    assert tool.world.execute("SELECT count(*) FROM sessions") == [(0,)]
    assert tool.redeem(code).status_code == 200, "the code is not spent"
