"""Recalling sessions in bulk, by when they were issued, by user and by tool."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.errors import NotFound
from app.services import recall
from app.services.bulk_ends import Ended
from app.services.recall import Recall
from tests.drivers.device import device_of, error_of
from tests.drivers.owner import Owner
from tests.drivers.tool import USUAL, Tool, refusal
from tests.drivers.world import World

ALIVE = {**USUAL, "expires_in": ""}
HOUR = timedelta(hours=1)


def end(world: World, **which: object) -> Ended:
    with world.app.app_context():
        return recall.end_sessions(Recall(**which), at=world.at, actor="test")  # type: ignore[arg-type]


def is_signed_in(tool: Tool) -> bool:
    return tool.browser.get("/settings/account").status_code == 200


def test_everything_ends_at_once_but_authorizations_and_keys(world: World) -> None:
    tool, owner = Tool(world, world.native), Owner(world)
    tokens, key = tool.tokens(ALIVE), owner.make(expires_in="")
    code = tool.code(ALIVE)
    tool.consent_page()
    device = device_of(world)
    ended = end(world)
    assert (ended.sessions, ended.browser_sessions, ended.codes, ended.device_codes) == (1, 3, 1, 1)
    assert ended.pending_requests >= 1
    assert not tool.is_active(tokens["access_token"])
    assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert refusal(tool.redeem(code)) == "invalid_grant"
    world.clock.forward(seconds=10)
    assert error_of(device.poll()) == (400, "expired_token")
    assert not is_signed_in(tool)
    assert tool.is_active(key)
    assert end(world) == Ended(0, 0, 0, 0, 0)
    first, _ = world.audit("sessions.ended")
    assert (first.actor, first.subject, first.detail["ended"]["sessions"]) == (
        "test",
        "sessions",
        1,
    )


def test_a_session_is_issued_from_its_beginning_to_its_last_refresh(world: World) -> None:
    old, fresh, new = (Tool(world, client) for client in (world.native, world.spa, world.web))
    begins = world.at
    olds, news = old.tokens(ALIVE), fresh.tokens(ALIVE)
    world.clock.forward(hours=2)
    news = fresh.refresh(news["refresh_token"]).get_json()
    last = new.tokens(ALIVE)

    def live() -> list[bool]:
        texts = (olds["refresh_token"], news["refresh_token"], last["refresh_token"])
        return [
            tool.refresh(text).status_code == 200
            for tool, text in zip((old, fresh, new), texts, strict=True)
        ]

    assert end(world, since=world.at + HOUR).sessions == 0
    assert end(world, until=begins).sessions == 0
    assert end(world, since=begins + HOUR, until=begins + HOUR).sessions == 1, "the refreshed one"
    assert end(world, since=begins + HOUR).sessions == 1
    assert end(world, until=begins + HOUR).sessions == 1
    assert live() == [False, False, False]


def test_sign_ins_of_browsers_count_by_when_they_began(lone_world: World) -> None:
    old = Tool(lone_world, lone_world.native).sign_in("ben")
    lone_world.clock.forward(minutes=10)
    new = Tool(lone_world, lone_world.native).sign_in("ben")
    assert end(lone_world, since=lone_world.at).browser_sessions == 1
    assert [is_signed_in(tool) for tool in (old, new)] == [True, False]


def test_a_user_or_a_tool_alone_is_recalled(world: World) -> None:
    ben, other = Tool(world, world.native), Tool(world, world.spa)
    cleo = Tool(world, world.native).sign_in("cleo")
    texts = [tool.tokens(ALIVE)["access_token"] for tool in (ben, other)]
    texts.append(
        cleo.tokens(
            {"capabilities": ["api", "apps:view"], "expires_in": "", "project-website": "viewer"},
            scope="api apps:view",
        )["access_token"]
    )

    def live() -> list[bool]:
        return [ben.is_active(text) for text in texts]

    ended = end(world, tool=world.spa.client_id)
    assert (ended.sessions, ended.browser_sessions) == (1, 0)
    assert (live(), is_signed_in(other)) == ([True, False, True], True)
    ended = end(world, username="ben")
    assert (ended.sessions, ended.browser_sessions) == (1, 2)
    assert (live(), is_signed_in(ben), is_signed_in(cleo)) == ([False, False, True], False, True)
    assert end(world, username="cleo", tool=world.web.client_id).sessions == 0
    assert end(world, username="cleo", tool=world.native.client_id).sessions == 1


def test_requests_and_codes_of_others_stand(world: World) -> None:
    ben, cleo = Tool(world, world.native), Tool(world, world.native).sign_in("cleo")
    code = ben.code(ALIVE)
    device = device_of(world)
    for strange in (
        {"username": "cleo"},
        {"tool": world.web.client_id},
        {"since": world.at + HOUR},
        {"until": world.at - HOUR},
    ):
        ended = end(world, **strange)
        assert (ended.codes, ended.device_codes) == (0, 0)
    assert end(world, username="ben").codes == 1
    assert end(world, tool=device.client.client_id).device_codes == 1
    assert refusal(ben.redeem(code)) == "invalid_grant"
    del cleo


def test_whom_nobody_knows_is_refused(lone_world: World) -> None:
    for strange in ({"username": "nobody"}, {"tool": "nothing"}):
        with pytest.raises(NotFound):
            end(lone_world, **strange)
    assert lone_world.audit("sessions.ended") == []
