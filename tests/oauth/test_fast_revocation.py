"""The short way of revocation and the long way answer alike and write alike."""

from __future__ import annotations

from typing import Any

import pytest

from app.services.tokens import revocation_at_once
from tests.drivers.introspection import basic
from tests.drivers.short_way import long_requests, only_long
from tests.drivers.tool import Tool
from tests.drivers.world import World

OWN_HEADERS = ("X-Request-Id",)


def told(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    headers = {n: v for n, v in answer.headers.items() if n not in OWN_HEADERS}
    return answer.status_code, answer.data, headers


@pytest.mark.rfc("7009", "2")
@pytest.mark.parametrize("name", ["native", "web", "post"])
def test_a_plain_revocation_takes_the_short_way_and_is_the_same(world: World, name: str) -> None:
    tool = Tool(world, getattr(world, name))
    one, other = (tool.tokens()["access_token"] for _ in range(2))
    with long_requests(world.app) as went_long:
        short = tool.revoke(one, token_type_hint="access_token")
    with only_long(world.app):
        long = tool.revoke(other, token_type_hint="access_token")
    assert (went_long, told(short)) == ([], told(long))
    assert not tool.is_active(one)
    assert not tool.is_active(other)
    first, second = world.audit("access_token.revoked")
    assert first.detail.pop("session") != second.detail.pop("session")
    assert (first.at, first.actor, first.subject, first.detail) == (
        second.at,
        second.actor,
        second.subject,
        second.detail,
    )


def test_everything_else_takes_the_long_way(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.web)
    tokens, secret = tool.tokens(), tool.client.secret or ""
    own = {"Authorization": basic(tool.client.client_id, secret)}
    asked: list[tuple[dict[str, Any], int]] = [
        ({"data": {"token": tokens["refresh_token"] + "x"}, "headers": own}, 200),
        ({"data": {"token": "unknown"}, "headers": own}, 200),
        ({"data": {}, "headers": own}, 400),
        ({"data": {"token": tokens["access_token"]}}, 401),
        (
            {
                "data": {"token": tokens["access_token"]},
                "headers": {"Authorization": basic(tool.client.client_id, "wrong")},
            },
            401,
        ),
        (
            {
                "data": {"token": tokens["access_token"]},
                "headers": {
                    "Authorization": basic(lone_world.post.client_id, lone_world.post.secret or "")
                },
            },
            200,
        ),
        ({"data": {"token": tokens["access_token"], "client_id": "x"}, "headers": own}, 400),
    ]
    for question, status in asked:
        with long_requests(lone_world.app) as went_long:
            answer = tool.http.post("/oauth/revoke", **question)
        assert (answer.status_code, went_long) == (status, ["/oauth/revoke"]), question
    assert tool.is_active(tokens["access_token"])
    assert tool.refresh(tokens["refresh_token"]).status_code == 200
    with long_requests(lone_world.app) as went_long:
        assert tool.revoke(tokens["access_token"]).status_code == 200
        assert tool.revoke(tokens["access_token"]).status_code == 200, "nothing to revoke any more"
    assert went_long == ["/oauth/revoke"]
    assert len(lone_world.audit("access_token.revoked")) == 1


def test_a_disabled_client_revokes_nothing(world: World) -> None:
    tool = Tool(world, world.native)
    token = tool.tokens()["access_token"]
    world.disable_client(world.native)
    with long_requests(world.app) as went_long:
        assert tool.revoke(token).status_code == 401
    assert went_long == ["/oauth/revoke"]
    assert world.audit("access_token.revoked") == []


@pytest.mark.requirement("RV-01")
def test_two_that_revoke_together_leave_one_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool(world, world.native)
    token = tool.tokens()["access_token"]
    read = revocation_at_once.find

    def read_then_revoke(*asked: Any) -> Any:
        found = read(*asked)
        monkeypatch.undo()
        tool.revoke(token)
        return found

    monkeypatch.setattr(revocation_at_once, "find", read_then_revoke)
    assert tool.revoke(token).status_code == 200
    assert len(world.audit("access_token.revoked")) == 1
