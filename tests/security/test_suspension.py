"""What a disabled user or client had does not come back when they are enabled again."""

from __future__ import annotations

import pytest

from app.domain.errors import Conflict
from app.domain.lifetimes import Lifetimes
from app.services.clients.suspension import enable_client
from app.services.directory import suspension
from app.services.directory.suspension import Ended
from tests.drivers.device import Device, device_of, error_of
from tests.drivers.owner import Owner
from tests.drivers.registrations import GOOD, Manager
from tests.drivers.tool import Browser, Tool, answer_of, refusal, target_of
from tests.drivers.world import Registered, World

HOME = "/settings/authorizations/oauth2"


def is_in(browser: Browser) -> bool:
    return browser.get(HOME).status_code == 200


def off_and_on(world: World) -> None:
    world.disable_user("ben")
    world.clock.forward(seconds=1)
    world.enable_user("ben")


def test_every_sign_in_of_a_disabled_user_has_ended_for_good(tool: Tool) -> None:
    tokens, code = tool.tokens(), tool.code()
    other = Browser(tool.world)
    other.sign_in("ben")
    off_and_on(tool.world)
    assert not is_in(tool.browser)
    assert not is_in(other)
    assert not tool.is_active(tokens["access_token"])
    assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert refusal(tool.redeem(code)) == "invalid_grant"
    assert tool.world.execute("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [(0,)]


def test_other_people_and_their_tools_go_on(tool: Tool) -> None:
    cleo = Tool(tool.world, tool.world.spa).sign_in("cleo")
    kept = cleo.tokens({"capabilities": ["api"], "project-website": "viewer", "expires_in": ""})
    tool.tokens()
    off_and_on(tool.world)
    assert is_in(cleo.browser)
    assert cleo.is_active(kept["access_token"])
    assert cleo.refresh(kept["refresh_token"]).status_code == 200


def test_keys_rest_and_authorizations_stand(world: World) -> None:
    owner = Owner(world)
    key = owner.make()
    tool = owner.tool.sign_in()
    authorization = tool.introspect(tool.tokens()["access_token"])["authorization_id"]
    owner.world.disable_user("ben")
    assert owner.tool.introspect(key) == {"active": False}
    owner.world.enable_user("ben")
    assert owner.tool.is_active(key)
    again = Tool(owner.world, owner.world.native)
    token = again.tokens()["access_token"]
    assert again.introspect(token)["authorization_id"] == authorization


def test_an_approved_request_brings_no_code_after_the_user_is_back(tool: Tool) -> None:
    """The browser asks for its answer late, or again."""
    tool.sign_in()
    address, page = tool.consent_page()
    fields = {"capabilities": ["api"], "project-payments": "viewer", "expires_in": ""}
    posted = tool.browser.submit(page, address, decision="approve", **fields)
    off_and_on(tool.world)
    tool.sign_in()
    answered = tool.browser.get(posted.location)
    assert answered.status_code == 404
    assert "Begin again" in answered.text
    assert tool.world.execute("SELECT count(*) FROM authorization_codes") == [(0,)]


@pytest.mark.parametrize("approved", [True, False])
def test_a_device_of_a_disabled_user_has_to_ask_anew(world: World, approved: bool) -> None:
    device = device_of(world)
    if approved:
        device.answer()
    else:
        device.type()
    off_and_on(world)
    assert error_of(device.poll()) == (400, "expired_token")
    device.sign_in()
    assert device.type().status_code == 404
    assert device.ask().status_code == 200
    device.answer()
    assert device.poll().status_code == 200


def test_a_device_that_nobody_took_up_waits_on(world: World) -> None:
    device = device_of(world)
    off_and_on(world)
    assert error_of(device.poll()) == (400, "authorization_pending")


def test_what_was_issued_at_the_same_moment_ends_when_the_user_is_enabled(tool: Tool) -> None:
    """A redemption that had read the user before may commit after; so had users of older releases."""
    tokens, code = tool.tokens(), tool.code()
    tool.world.execute("UPDATE users SET disabled_at = created_at WHERE username = 'ben'")
    tool.world.enable_user("ben")
    assert not is_in(tool.browser)
    assert not tool.is_active(tokens["access_token"])
    assert refusal(tool.redeem(code)) == "invalid_grant"


def test_what_ended_and_what_comes_back_is_counted(world: World) -> None:
    owner = Owner(world)
    owner.make()
    paused = owner.make(name="Paused")
    owner.submit(f"{owner.address(paused)}/pause")
    owner.make(name="Short", expires_in="60")
    Tool(world, world.native).tokens()
    Tool(world, world.spa).tokens()
    world.clock.forward(seconds=61)
    with world.app.app_context():
        own = {"lifetimes": Lifetimes(), "at": world.at, "actor": "cli"}
        _, ended, kept = suspension.disable("ben", **own)  # type: ignore[arg-type]
        _, twice, _ = suspension.disable("ben", **own)  # type: ignore[arg-type]
        _, back = suspension.enable("ben", **own)  # type: ignore[arg-type]
        _, nothing = suspension.enable("ben", **own)  # type: ignore[arg-type]
    assert (ended, twice) == (Ended(3, 2), Ended())
    assert kept == back == suspension.Kept(tools=2, api_keys=1)
    assert nothing is None
    [event] = world.audit("user.disabled")
    assert (event.detail["sessions_ended"], event.detail["client_sessions_ended"]) == (3, 2)
    [event] = world.audit("user.enabled")
    assert (event.detail["tools"], event.detail["api_keys"]) == (2, 1)


@pytest.mark.parametrize("with_tools", [False, True])
def test_signing_out_everywhere_leaves_the_tools_unless_asked(tool: Tool, with_tools: bool) -> None:
    tokens, code = tool.tokens(), tool.code()
    with tool.world.app.app_context():
        _, ended = suspension.sign_out(
            "ben", with_tools=with_tools, lifetimes=Lifetimes(), at=tool.world.at, actor="cli"
        )
    assert not is_in(tool.browser)
    assert ended == Ended(1, int(with_tools))
    assert tool.is_active(tokens["access_token"]) is not with_tools
    assert tool.redeem(code).status_code == (400 if with_tools else 200)
    assert [e.detail["sessions_ended"] for e in tool.world.audit("user.session_ended")] == [1]
    assert Browser(tool.world).sign_in("ben").status_code == 303


def test_what_a_disabled_client_had_does_not_come_back(tool: Tool) -> None:
    other = Tool(tool.world, tool.world.spa)
    kept = other.tokens()
    tokens, code = tool.tokens(), tool.code()
    location = answer_of(tool.decide(state="late"))
    tool.world.disable_client(tool.client)
    tool.world.enable_client(tool.client)
    assert not tool.is_active(tokens["access_token"])
    assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_grant"
    for spent in (code, location["code"]):
        assert refusal(tool.redeem(spent)) == "invalid_grant"
    assert other.is_active(kept["access_token"])
    assert tool.is_active(tool.tokens()["access_token"])
    [event] = tool.world.audit("client.disabled")
    assert event.detail["client_sessions_ended"] == 1
    assert len(tool.world.audit("client.enabled")) == 1


def test_what_was_issued_at_the_same_moment_ends_when_the_client_is_enabled(tool: Tool) -> None:
    tokens, code = tool.tokens(), tool.code()
    tool.world.execute(
        f"UPDATE clients SET disabled_at = created_at WHERE identifier = '{tool.client.client_id}'"
    )
    tool.world.enable_client(tool.client)
    assert not tool.is_active(tokens["access_token"])
    assert refusal(tool.redeem(code)) == "invalid_grant"


def test_a_device_client_that_was_disabled_asks_anew(world: World) -> None:
    device: Device = device_of(world)
    device.answer()
    world.disable_client(device.client)
    world.enable_client(device.client)
    assert error_of(device.poll()) == (400, "expired_token")


def test_a_registration_that_ended_itself_is_not_revived(world: World) -> None:
    manager = Manager(world)
    client = Registered(manager.body["client_id"], None, "none", GOOD["redirect_uris"][0])
    tool = Tool(world, client)
    tool.tokens()
    assert manager.call("DELETE").status_code == 204
    assert world.execute("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [(0,)]
    with world.app.app_context(), pytest.raises(Conflict):
        enable_client(client.client_id, at=world.at, actor="cli")
    assert tool.authorize().status_code == 400


def test_an_answer_that_comes_again_works_while_nobody_is_disabled(tool: Tool) -> None:
    """The guard above must not be what refuses a plain reload."""
    tool.sign_in()
    address, page = tool.consent_page()
    fields = {"capabilities": ["api"], "project-payments": "viewer", "expires_in": ""}
    posted = tool.browser.submit(page, address, decision="approve", **fields)
    tool.browser.get(posted.location)
    assert "code" in answer_of(target_of(tool.browser.get(posted.location)))
