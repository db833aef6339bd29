"""Refreshing: RFC 6749 section 6, OAuth 2.1 section 4.3, RFC 9700 section 4.14."""

from __future__ import annotations

import pytest

from app.domain.credentials.secrets import new_refresh_token, session_of
from tests.drivers.tool import USUAL, Tool, refusal
from tests.drivers.world import World


@pytest.mark.rfc("6749", "6")
@pytest.mark.requirement("RT-01")
def test_each_refresh_rotates_the_token(tool: Tool) -> None:
    first = tool.tokens()
    second = tool.refresh(first["refresh_token"]).get_json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert tool.is_active(first["access_token"])
    assert tool.is_active(second["access_token"])


@pytest.mark.rfc("9700", "4.14.2")
@pytest.mark.requirement("RT-02")
def test_a_replay_after_the_grace_ends_the_session(tool: Tool) -> None:
    first = tool.tokens()
    second = tool.refresh(first["refresh_token"]).get_json()
    tool.world.clock.forward(seconds=61)
    assert refusal(tool.refresh(first["refresh_token"])) == "invalid_grant"
    assert refusal(tool.refresh(second["refresh_token"])) == "invalid_grant"
    assert not tool.is_active(second["access_token"])
    assert [e.detail["reason"] for e in tool.world.audit("session.ended")] == [
        "a refresh token was replayed"
    ]


@pytest.mark.requirement("RT-04")
def test_two_processes_that_refresh_together_both_go_on(tool: Tool) -> None:
    first = tool.tokens()
    one = tool.refresh(first["refresh_token"]).get_json()
    tool.world.clock.forward(seconds=59)
    other = tool.refresh(first["refresh_token"]).get_json()
    assert one["refresh_token"] == other["refresh_token"], "one chain, not two"
    assert tool.is_active(one["access_token"])
    assert tool.is_active(other["access_token"])
    tool.world.clock.forward(seconds=60)
    assert tool.refresh(other["refresh_token"]).status_code == 200


@pytest.mark.requirement("RT-05")
def test_the_grace_shields_only_the_token_before(tool: Tool) -> None:
    first = tool.tokens()
    second = tool.refresh(first["refresh_token"]).get_json()
    third = tool.refresh(second["refresh_token"]).get_json()
    assert refusal(tool.refresh(first["refresh_token"])) == "invalid_grant"
    assert refusal(tool.refresh(third["refresh_token"])) == "invalid_grant"
    assert not tool.is_active(third["access_token"])


@pytest.mark.requirement("RT-06")
def test_the_grace_revives_nothing(tool: Tool) -> None:
    first = tool.tokens()
    second = tool.refresh(first["refresh_token"]).get_json()
    tool.revoke(second["refresh_token"])
    assert refusal(tool.refresh(first["refresh_token"])) == "invalid_grant"
    assert not tool.is_active(second["access_token"])


@pytest.mark.requirement("AC-05", "RT-02")
def test_a_made_up_token_that_names_a_session_ends_nothing(tool: Tool) -> None:
    tokens = tool.tokens()
    session_id = session_of(tokens["refresh_token"])
    assert session_id is not None
    forged = new_refresh_token(session_id, "somebody else's key")
    assert refusal(tool.refresh(forged)) == "invalid_grant"
    tool.revoke(forged)
    assert tool.is_active(tokens["access_token"])
    assert tool.refresh(tokens["refresh_token"]).status_code == 200
    assert tool.world.audit("session.ended") == []


@pytest.mark.rfc("6749", "6")
@pytest.mark.requirement("RT-08")
def test_a_refresh_token_belongs_to_its_client(tool: Tool) -> None:
    tokens = tool.tokens()
    for thief in (tool.world.spa, tool.world.web, tool.world.post):
        assert refusal(tool.refresh(tokens["refresh_token"], client=thief)) == "invalid_grant"
    assert tool.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.rfc("6749", "6")
@pytest.mark.requirement("RT-09")
def test_a_confidential_client_authenticates_to_refresh(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.web)
    tokens = tool.tokens()
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "client_id": tool.client.client_id,
    }
    assert tool.http.post("/oauth/token", data=fields).status_code == 401
    assert tool.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.rfc("6749", "6")
@pytest.mark.requirement("RT-10")
def test_a_smaller_scope_holds_for_one_access_token_only(tool: Tool) -> None:
    first = tool.tokens()
    small = tool.refresh(first["refresh_token"], scope="api").get_json()
    assert small["scope"] == "api"
    assert tool.introspect(small["access_token"])["scope"] == "api"
    full = tool.refresh(small["refresh_token"]).get_json()
    assert full["scope"] == "api flows:edit"
    assert refusal(tool.refresh(full["refresh_token"], scope="api secrets:edit")) == "invalid_scope"
    assert refusal(tool.refresh(full["refresh_token"], scope="no-such")) == "invalid_scope"
    assert tool.refresh(full["refresh_token"]).status_code == 200, "a refused scope spends nothing"


def test_repeating_the_approved_scope_is_no_error_after_the_user_took_some_back(tool: Tool) -> None:
    first = tool.tokens()
    tool.decide(choice={**USUAL, "capabilities": ["api"]})
    again = tool.refresh(first["refresh_token"], scope="api flows:edit")
    assert again.status_code == 200
    assert again.get_json()["scope"] == "api"


@pytest.mark.rfc("9700", "4.14.2")
@pytest.mark.requirement("RT-13")
def test_an_unused_session_goes_idle(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens({**USUAL, "expires_in": ""})
    lone_tool.world.clock.forward(days=13)
    tokens = lone_tool.refresh(tokens["refresh_token"]).get_json()
    lone_tool.world.clock.forward(days=14, seconds=1)
    assert refusal(lone_tool.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_rotation_does_not_extend_the_absolute_life(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens({**USUAL, "expires_in": ""})
    for _ in range(9):
        lone_tool.world.clock.forward(days=9, hours=23, minutes=59)
        tokens = lone_tool.refresh(tokens["refresh_token"]).get_json()
    assert tokens["expires_in"] <= 600
    lone_tool.world.clock.forward(minutes=8)
    last = lone_tool.refresh(tokens["refresh_token"]).get_json()
    assert last["expires_in"] == 60, "an access token never outlives its session"
    lone_tool.world.clock.forward(seconds=59)
    second = lone_tool.refresh(last["refresh_token"]).get_json()
    assert second["expires_in"] == 1
    lone_tool.world.clock.forward(seconds=0.5)
    half = lone_tool.refresh(second["refresh_token"])
    assert refusal(half) == "invalid_grant", "a token without a life is none"
    lone_tool.world.clock.forward(minutes=1)
    assert refusal(lone_tool.refresh(second["refresh_token"])) == "invalid_grant"


@pytest.mark.rfc("6749", "5.1")
def test_a_code_brings_no_token_in_the_last_second_of_what_was_given(lone_tool: Tool) -> None:
    codes = [lone_tool.code({**USUAL, "expires_in": "30"}) for _ in range(2)]
    lone_tool.world.clock.forward(seconds=29)
    assert lone_tool.redeem(codes[0]).get_json()["expires_in"] == 1
    lone_tool.world.clock.forward(seconds=0.5)
    assert refusal(lone_tool.redeem(codes[1])) == "invalid_grant"


@pytest.mark.requirement("RT-16")
def test_a_disabled_user_ends_refreshing_and_tokens_for_good(tool: Tool) -> None:
    tokens = tool.tokens()
    tool.world.disable_user("ben")
    assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert not tool.is_active(tokens["access_token"])
    tool.world.enable_user("ben")
    assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert not tool.is_active(tokens["access_token"])


@pytest.mark.requirement("RT-17")
def test_a_lost_role_is_missing_from_the_next_token(tool: Tool) -> None:
    tokens = tool.tokens(
        {
            "capabilities": ["api", "flows:edit"],
            "project-payments": "editor",
            "project-website": "admin",
        }
    )
    tool.world.set_member("website", "ben", "viewer")
    tool.world.remove_member("payments", "ben")
    fresh = tool.refresh(tokens["refresh_token"]).get_json()
    assert fresh["scope"] == "api"
    assert fresh["authorization_details"] == [
        {"type": "project", "identifier": "website", "privileges": ["viewer"], "actions": []}
    ]


@pytest.mark.requirement("RT-18")
def test_revoking_the_authorization_ends_everything_under_it(tool: Tool) -> None:
    laptop, desktop = tool.tokens(), tool.tokens()
    page = tool.browser.get("/settings/authorizations/oauth2")
    authorization_id = tool.introspect(laptop["access_token"])["authorization_id"]
    revoked = tool.browser.submit(page, f"/settings/authorizations/{authorization_id}/revoke")
    assert revoked.status_code == 303
    for tokens in (laptop, desktop):
        assert not tool.is_active(tokens["access_token"])
        assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert len(tool.world.audit("authorization.revoked")) == 1


@pytest.mark.requirement("RT-20")
def test_a_disabled_client_gets_nothing_more(tool: Tool) -> None:
    tokens = tool.tokens()
    tool.world.disable_client(tool.client)
    assert not tool.is_active(tokens["access_token"])
    assert tool.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_client"


@pytest.mark.requirement("RT-23")
def test_cleaning_up_does_not_forget_a_replay(tool: Tool) -> None:
    from app.services.maintenance import clean_up

    choice = {**USUAL, "expires_in": ""}
    code = tool.code(choice)
    first = tool.redeem(code).get_json()
    second = tool.refresh(first["refresh_token"]).get_json()
    tool.world.clock.forward(days=3)
    third = tool.refresh(second["refresh_token"]).get_json()
    with tool.world.app.app_context():
        removed = clean_up(at=tool.world.at)
    assert removed["access_tokens"] == 2
    assert removed["authorization_codes"] == removed["sessions"] == 0
    assert refusal(tool.redeem(code)) == "invalid_grant"
    assert not tool.is_active(third["access_token"]), "the replayed code still ends its session"
    tool.world.clock.forward(days=2)
    with tool.world.app.app_context():
        assert clean_up(at=tool.world.at)["sessions"] == 1


def test_sessions_are_independent(tool: Tool) -> None:
    laptop, desktop = tool.tokens(), tool.tokens()
    tool.revoke(laptop["refresh_token"])
    assert not tool.is_active(laptop["access_token"])
    assert tool.is_active(desktop["access_token"])


def test_an_expired_authorization_ends_its_tokens(tool: Tool) -> None:
    tokens = tool.tokens({**USUAL, "expires_in": "30"})
    assert tool.is_active(tokens["access_token"])
    tool.world.clock.forward(seconds=30)
    assert not tool.is_active(tokens["access_token"])
    assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_what_has_expired_is_not_revived_by_approving_anew(tool: Tool) -> None:
    old = tool.tokens({**USUAL, "expires_in": "60"})
    tool.world.clock.forward(seconds=61)
    new = tool.tokens({**USUAL, "expires_in": "3600"})
    assert refusal(tool.refresh(old["refresh_token"])) == "invalid_grant"
    assert not tool.is_active(old["access_token"])
    assert tool.is_active(new["access_token"])


def test_a_scope_that_names_nothing_is_no_narrowing(lone_tool: Tool) -> None:
    tokens = lone_tool.tokens()
    for scope in ("offline_access", " ", ""):
        tokens = lone_tool.refresh(tokens["refresh_token"], scope=scope).get_json()
        assert tokens["scope"] == "api flows:edit"


def test_a_scope_that_was_added_later_can_be_asked_for(lone_tool: Tool) -> None:
    first = lone_tool.tokens()
    lone_tool.decide(
        scope="api flows:edit apps:view",
        choice={**USUAL, "capabilities": ["api", "flows:edit", "apps:view"]},
    )
    small = lone_tool.refresh(first["refresh_token"], scope="apps:view").get_json()
    assert small["scope"] == "apps:view"
