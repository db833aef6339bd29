"""What was revoked after a backup stays dead when the backup is restored, on each database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.services.accounts import password_reset
from tests.drivers.backups import Backups
from tests.drivers.device import Device, device_of, error_of
from tests.drivers.owner import Owner
from tests.drivers.tool import USUAL, Tool, refusal
from tests.drivers.world import World

ALIVE = {**USUAL, "expires_in": ""}
HOME = "/settings/authorizations/oauth2"


@pytest.fixture(params=["lone_world", "shared_world"])
def backups(request: pytest.FixtureRequest, tmp_path: Path) -> Backups:
    """A world of today on each database, and its backups."""
    world: World = request.getfixturevalue(request.param)
    world.clock.at = datetime.now(UTC)
    is_shared = request.param == "shared_world"
    server = request.getfixturevalue("postgres") if is_shared else None
    return Backups(world, tmp_path / "backup", server)


def test_what_was_revoked_after_the_backup_stays_dead(backups: Backups) -> None:
    world = backups.world
    tool, owner = Tool(world, world.native), Owner(world)
    tokens, key = tool.tokens(ALIVE), owner.make(expires_in="")
    (given,) = world.execute("SELECT id FROM authorizations WHERE kind = 'oauth2'")
    backups.make()
    assert tool.is_active(tokens["access_token"])
    assert tool.is_active(key)
    assert tool.revoke(tokens["access_token"]).status_code == 200
    assert tool.revoke(tokens["refresh_token"]).status_code == 200
    for authorization in (str(given[0]), owner.id_of(key)):
        assert backups.command("authorization", "revoke", authorization).code == 0
    assert not tool.is_active(key)
    ran = backups.restore("--json").value
    assert ran["ended"]["sessions"] == 1
    assert ran["paused"] == {"tools": 1, "api_keys": 1}
    assert not tool.is_active(tokens["access_token"])
    assert not tool.is_active(key)
    assert refusal(tool.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert owner.browser.get(HOME).status_code == 303, "browsers are signed out"
    known = "SELECT count(*) FROM users WHERE devices_since IS NULL"
    assert world.execute(known) == [(0,)], "no browser is known any more"
    [event] = world.audit("database.restored")
    assert (event.actor, event.detail["paused"]) == ("cli", ran["paused"])
    assert event.detail["ended"] == ran["ended"]


def test_what_a_person_still_wants_is_resumed_or_approved_by_that_person(backups: Backups) -> None:
    world = backups.world
    owner, tool = Owner(world), Tool(world, world.native)
    key = owner.make(expires_in="")
    tool.tokens(ALIVE)
    [[given]] = world.execute("SELECT id FROM authorizations WHERE kind = 'api_key'")
    backups.make()
    backups.restore()
    assert not tool.is_active(key)
    address = f"/settings/authorizations/{given}"
    owner.browser.sign_in("ben")
    assert "Paused. Why: a backup was restored." in owner.browser.get(address).text
    owner.submit(f"{address}/resume")
    assert tool.is_active(key)
    tool.signed_in = False
    assert tool.is_active(tool.tokens(ALIVE)["access_token"])


def test_keys_that_are_kept_go_on_and_tools_do_not(backups: Backups) -> None:
    world = backups.world
    tool, key = Tool(world, world.native), Owner(world).make(expires_in="")
    token = tool.tokens(ALIVE)["access_token"]
    backups.make()
    ran = backups.restore("--keep-keys", "--json").value
    assert ran["paused"] == {"tools": 1, "api_keys": 0}
    assert tool.is_active(key)
    assert not tool.is_active(token)


def test_what_would_have_opened_a_session_is_over(backups: Backups) -> None:
    world = backups.world
    tool = Tool(world, world.native)
    code = tool.code(ALIVE)
    address, _ = tool.consent_page()
    device = device_of(world)
    with world.app.app_context():
        link = password_reset.issue_link("cleo", at=world.at, actor="test").text
    assert tool.browser.get(f"/password/{link}").status_code == 200
    backups.make()
    ended = backups.restore("--json").value["ended"]
    assert (ended["codes"], ended["device_codes"]) == (1, 1)
    assert ended["pending_requests"] >= 1
    assert refusal(tool.redeem(code)) == "invalid_grant"
    world.clock.forward(seconds=10)
    assert error_of(device.poll()) == (400, "expired_token")
    tool.sign_in()
    posted = tool.browser.submit(tool.browser.get(HOME), address, decision="approve", **ALIVE)
    assert posted.location != address, "the tool's request begins again"
    unspent = "SELECT count(*) FROM authorization_codes WHERE redeemed_at IS NULL"
    assert world.execute(unspent) == [(0,)]
    assert tool.browser.get(f"/password/{link}").status_code != 200


def test_a_disabled_user_is_enabled_again_and_has_nothing_but_a_password(backups: Backups) -> None:
    """Nobody can know of it; the command and the manual say to disable that user anew."""
    world = backups.world
    owner, tool = Owner(world), Tool(world, world.native)
    token, key = tool.tokens(ALIVE)["access_token"], owner.make(expires_in="")
    backups.make()
    world.disable_user("ben")
    ran = backups.restore()
    assert "Disable again who was disabled since the backup" in ran.out
    assert [tool.is_active(each) for each in (token, key)] == [False, False]
    assert owner.browser.get(HOME).status_code == 303
    assert owner.browser.sign_in("ben").status_code == 303
    assert backups.command("user", "disable", "ben").code == 0
    assert owner.browser.get(HOME).status_code == 303


def test_a_process_that_lived_through_the_restore_keeps_no_answer_of_before(
    backups: Backups,
) -> None:
    """The database counts its changes; after a restore it would count to the same numbers again."""
    world = backups.world
    tool, key = Tool(world, world.native), Owner(world).make(expires_in="")

    def roles() -> str:
        return str(tool.introspect(key)["authorization_details"])

    assert "editor" in roles()
    backups.make()
    world.set_member("payments", "ben", "viewer")
    assert "editor" not in roles()
    backups.restore("--keep-keys")
    assert "editor" in roles()
    world.set_member("payments", "ben", "admin")
    assert "editor" in roles(), "the number of roles is that of before the restore"
    backups.restore("--keep-keys")
    world.set_member("website", "ben", "viewer")
    assert "editor" in roles()


def test_each_restore_has_numbers_of_its_own(backups: Backups) -> None:
    number = "SELECT version FROM directory_state"
    backups.make()
    seen = [backups.world.execute(number)]
    for _ in range(2):
        backups.restore()
        seen.append(backups.world.execute(number))
    assert seen[0] < seen[1] < seen[2]


def test_a_device_that_was_approved_before_gets_nothing(backups: Backups) -> None:
    device: Device = device_of(backups.world)
    device.answer(**ALIVE)
    backups.make()
    backups.restore()
    backups.world.clock.forward(seconds=10)
    assert device.poll().status_code == 400
