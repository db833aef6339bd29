"""Revocation: RFC 7009."""

from __future__ import annotations

import pytest

from app.domain.credentials.secrets import Prefix, new_refresh_token, new_secret, session_of
from tests.drivers.tool import Tool, refusal
from tests.drivers.world import World


@pytest.mark.rfc("7009", "2.1")
@pytest.mark.requirement("RV-01", "RV-05")
@pytest.mark.parametrize("client", ["native", "web", "post"])
def test_revoking_a_refresh_token_ends_its_session(world: World, client: str) -> None:
    tool = Tool(world, getattr(world, client))
    tokens = tool.tokens()
    again = tool.refresh(tokens["refresh_token"]).get_json()
    response = tool.revoke(again["refresh_token"])
    assert (response.status_code, response.get_json()) == (200, {})
    for text in (tokens["access_token"], again["access_token"]):
        assert not tool.is_active(text)
    assert refusal(tool.refresh(again["refresh_token"])) == "invalid_grant"
    assert len(world.audit("session.ended")) == 1
    tool.revoke(again["refresh_token"])
    assert len(world.audit("session.ended")) == 1


@pytest.mark.rfc("7009", "2.1")
def test_revoking_an_access_token_ends_that_one_only(tool: Tool) -> None:
    tokens = tool.tokens()
    again = tool.refresh(tokens["refresh_token"]).get_json()
    assert tool.revoke(again["access_token"]).status_code == 200
    assert not tool.is_active(again["access_token"])
    assert tool.is_active(tokens["access_token"])
    assert tool.refresh(again["refresh_token"]).status_code == 200
    assert len(tool.world.audit("access_token.revoked")) == 1


def test_the_authorization_stays_visible_after_a_revocation(lone_tool: Tool) -> None:
    lone_tool.revoke(lone_tool.tokens()["refresh_token"])
    assert "Native tool" in lone_tool.browser.get("/settings/authorizations/oauth2").text


@pytest.mark.rfc("7009", "2.2")
@pytest.mark.requirement("RV-03")
@pytest.mark.parametrize("text", ["unknown", "mdta_x", "mdtr_x", "é", '"\\', "x" * 5000])
def test_an_unknown_token_is_a_success(lone_tool: Tool, text: str) -> None:
    response = lone_tool.revoke(text)
    assert (response.status_code, response.get_json()) == (200, {})


@pytest.mark.rfc("7009", "2.1")
@pytest.mark.requirement("RV-04")
def test_another_clients_token_is_left_alone(tool: Tool) -> None:
    tokens = tool.tokens()
    for thief in (tool.world.spa, tool.world.web, tool.world.post):
        for text in (tokens["access_token"], tokens["refresh_token"]):
            assert tool.revoke(text, client=thief).status_code == 200
    assert tool.is_active(tokens["access_token"])
    assert tool.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.rfc("7009", "2.1")
@pytest.mark.requirement("RV-06")
def test_a_confidential_client_must_authenticate(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.web)
    tokens = tool.tokens()
    fields = {"token": tokens["refresh_token"], "client_id": tool.client.client_id}
    assert tool.http.post("/oauth/revoke", data=fields).status_code == 401
    assert tool.is_active(tokens["access_token"])


@pytest.mark.rfc("7009", "2.1")
@pytest.mark.requirement("RV-05")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("bearer", [None, "access_token", "refresh_token"])
@pytest.mark.parametrize("more", [{}, {"client_id": ""}, {"token_type_hint": "refresh_token"}])
def test_whoever_holds_a_public_clients_token_revokes_it_without_a_client_id(
    lone_tool: Tool, kind: str, bearer: str | None, more: dict[str, str]
) -> None:
    tokens = lone_tool.tokens()
    header = {"Authorization": f"Bearer {tokens[bearer]}"} if bearer else {}
    for _ in range(2):
        answer = lone_tool.http.post(
            "/oauth/revoke", data={"token": tokens[kind], **more}, headers=header
        )
        assert (answer.status_code, answer.get_json()) == (200, {})
    assert not lone_tool.is_active(tokens["access_token"])
    refreshed = lone_tool.refresh(tokens["refresh_token"])
    assert refreshed.status_code == (200 if kind == "access_token" else 400)
    event = "access_token.revoked" if kind == "access_token" else "session.ended"
    assert len(lone_tool.world.audit(event)) == 1


@pytest.mark.rfc("7009", "2.1")
@pytest.mark.requirement("RV-06")
def test_without_a_client_other_tokens_look_like_unknown_ones_and_stay(
    lone_world: World,
) -> None:
    tool = Tool(lone_world, lone_world.web)
    tokens = tool.tokens()
    session_id = session_of(tokens["refresh_token"]) or ""
    public = session_of(Tool(lone_world, lone_world.native).tokens()["refresh_token"]) or ""
    texts = [
        tokens["access_token"],
        tokens["refresh_token"],
        new_refresh_token(session_id, "made up"),
        new_refresh_token(public, "made up"),
        new_secret(Prefix.ACCESS_TOKEN),
        new_secret(Prefix.API_KEY),
        "unknown",
    ]
    answers = []
    for text in texts:
        for header in ({}, {"Authorization": f"Bearer {tokens['access_token']}"}):
            answer = tool.http.post("/oauth/revoke", data={"token": text}, headers=header)
            answers.append((answer.status_code, answer.data, answer.headers["WWW-Authenticate"]))
    assert len(set(answers)) == 1
    assert answers[0][0] == 401
    assert tool.is_active(tokens["access_token"])
    assert tool.refresh(tokens["refresh_token"]).status_code == 200
    assert lone_world.audit("session.ended") == []


def test_a_bearer_does_not_stand_for_a_secret(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.web)
    tokens = tool.tokens()
    header = {"Authorization": f"Bearer {tokens['access_token']}"}
    name = {"token": tokens["refresh_token"], "client_id": tool.client.client_id}
    assert tool.http.post("/oauth/revoke", data=name, headers=header).status_code == 401
    pair = {**name, "client_secret": tool.client.secret}
    assert refusal(tool.http.post("/oauth/revoke", data=pair, headers=header)) == "invalid_request"
    assert tool.is_active(tokens["access_token"])
    assert tool.http.post("/oauth/introspect", data=name, headers=header).status_code == 401
    assert tool.http.post("/oauth/token", data=name, headers=header).status_code == 401


@pytest.mark.rfc("7009", "2.1")
@pytest.mark.requirement("RV-07")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "foo", ""])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_hint_does_not_matter(lone_tool: Tool, hint: str, kind: str) -> None:
    tokens = lone_tool.tokens()
    assert lone_tool.revoke(tokens[kind], token_type_hint=hint).status_code == 200
    assert not lone_tool.is_active(tokens["access_token"])


@pytest.mark.requirement("RV-08")
def test_a_session_is_revocable_after_its_access_token_has_expired(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens()
    lone_tool.world.clock.forward(minutes=11)
    lone_tool.revoke(tokens["refresh_token"])
    assert refusal(lone_tool.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.rfc("7009", "2.2.1")
def test_a_missing_token_is_an_invalid_request(lone_tool: Tool) -> None:
    assert refusal(lone_tool.post("/oauth/revoke", {})) == "invalid_request"


def test_a_client_can_revoke_with_a_refresh_token_that_was_rotated(lone_tool: Tool) -> None:
    first = lone_tool.tokens()
    second = lone_tool.refresh(first["refresh_token"]).get_json()
    lone_tool.revoke(first["refresh_token"])
    assert not lone_tool.is_active(second["access_token"])


@pytest.mark.requirement("AC-05")
def test_a_made_up_token_that_names_a_session_ends_nothing(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens()
    forged = new_refresh_token(session_of(tokens["refresh_token"]) or "", "made up")
    assert lone_tool.revoke(forged).status_code == 200
    assert lone_tool.is_active(tokens["access_token"])
    assert lone_tool.world.audit("session.ended") == []


def test_a_second_revocation_leaves_no_second_event(lone_tool: Tool) -> None:
    token = lone_tool.tokens()["access_token"]
    for _ in range(2):
        assert lone_tool.revoke(token).status_code == 200
    assert len(lone_tool.world.audit("access_token.revoked")) == 1
