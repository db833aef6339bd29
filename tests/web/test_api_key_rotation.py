"""Rotating an API key: the old text lives for the overlap."""

from __future__ import annotations

import re
import threading

import pytest

from tests.drivers.owner import Owner
from tests.drivers.tool import Browser
from tests.drivers.world import World


@pytest.mark.slow
def test_only_the_texts_of_a_key_that_still_work_are_listed(world: World) -> None:
    owner = Owner(world)
    first = owner.make(expires_in="")
    address = owner.address(first)
    second = owner.rotate(address, overlap="600")

    def listed() -> list[str]:
        return re.findall(r"<code>mdtk_…(\w{4})</code>\s*<p", owner.browser.get(address).text)

    assert sorted(listed()) == sorted([first[-4:], second[-4:]])
    world.clock.forward(seconds=599)
    assert first[-4:] in listed()
    world.clock.forward(seconds=1)
    assert listed() == [second[-4:]]
    world.execute("UPDATE api_keys SET revoked_at = created_at")
    assert listed() == []


def test_rotating_lets_the_old_text_live_for_the_overlap(owner: Owner) -> None:
    old = owner.make()
    address = owner.address(old)
    new = owner.rotate(address, overlap="3600")
    assert new != old
    assert owner.tool.introspect(new)["authorization_id"] == owner.id_of(old)
    assert owner.tool.introspect(old)["exp"] == int(owner.world.at.timestamp()) + 3600
    page = owner.browser.get(address).text
    assert f"mdtk_…{old[-4:]}" in page
    assert f"mdtk_…{new[-4:]}" in page
    owner.world.clock.forward(seconds=3600)
    owner.browser.sign_in("ben")
    assert not owner.tool.is_active(old)
    assert owner.tool.is_active(new)
    third = owner.rotate(address, overlap="0")
    assert [owner.tool.is_active(key) for key in (old, new, third)] == [False, False, True]
    assert len(owner.world.audit("api_key.rotated")) == 2


def test_rotating_one_key_leaves_the_others_alone(lone_owner: Owner) -> None:
    first, other = lone_owner.make(expires_in=""), lone_owner.make(expires_in="")
    lone_owner.rotate(lone_owner.address(first), overlap="0")
    assert not lone_owner.tool.is_active(first)
    assert lone_owner.tool.is_active(other)
    assert "exp" not in lone_owner.tool.introspect(other)


def test_a_revoked_key_cannot_be_rotated_before_its_end(lone_owner: Owner) -> None:
    address = lone_owner.address(lone_owner.make())
    lone_owner.submit(f"{address}/revoke")
    assert lone_owner.submit(f"{address}/rotate", overlap="0").status_code == 409
    assert lone_owner.world.execute("SELECT count(*) FROM api_keys") == [(1,)]


def test_a_later_rotation_never_lengthens_an_overlap(lone_owner: Owner) -> None:
    first = lone_owner.make()
    address = lone_owner.address(first)
    second = lone_owner.rotate(address, overlap="60")
    lone_owner.rotate(address, overlap="86400")
    lone_owner.world.clock.forward(seconds=60)
    assert not lone_owner.tool.is_active(first)
    assert lone_owner.tool.is_active(second)


@pytest.mark.parametrize("overlap", ["-1", "x", "2592001", "9" * 400, "1.5"])
def test_an_overlap_out_of_bounds_is_refused(lone_owner: Owner, overlap: str) -> None:
    key = lone_owner.make()
    refused = lone_owner.submit(f"{lone_owner.address(key)}/rotate", overlap=overlap)
    assert refused.status_code == 400
    assert lone_owner.tool.is_active(key)


def test_what_is_over_or_no_key_cannot_be_rotated(lone_owner: Owner) -> None:
    key = lone_owner.make(expires_in="60")
    address = lone_owner.address(key)
    lone_owner.world.clock.forward(seconds=60)
    assert lone_owner.submit(f"{address}/rotate").status_code == 409
    lone_owner.submit(f"{address}/revoke")
    assert lone_owner.submit(f"{address}/rotate").status_code == 409
    lone_owner.tool.browser = lone_owner.browser
    lone_owner.tool.signed_in = True
    token = lone_owner.tool.tokens()["access_token"]
    assert lone_owner.submit(f"{lone_owner.address(token)}/rotate").status_code == 404


def test_rotations_at_once_leave_one_lasting_key(owner: Owner) -> None:
    key = owner.make(expires_in="")
    address = owner.address(key)
    browsers = [Browser(owner.world) for _ in range(6)]
    pages = []
    for browser in browsers:
        browser.sign_in("ben")
        pages.append(browser.get("/settings/account"))
    threads = [
        threading.Thread(
            target=browser.submit, args=(page, f"{address}/rotate"), kwargs={"overlap": "60"}
        )
        for browser, page in zip(browsers, pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert owner.world.execute("SELECT count(*) FROM api_keys") == [(7,)]
    assert owner.world.execute("SELECT count(*) FROM api_keys WHERE expires_at IS NULL") == [(1,)]
