"""The browser's session: what its cookie holds."""

from __future__ import annotations

from random import Random

import pytest

from tests.drivers.owner import Owner
from tests.drivers.tool import csrf_of
from tests.drivers.world import World

pytestmark = pytest.mark.slow


def test_unread_messages_do_not_fill_the_cookie(lone_world: World) -> None:
    owner = Owner(lone_world)
    address = owner.address(owner.make())
    token = csrf_of(owner.browser.get(address))
    for n in range(12):
        name = "".join(Random(n).choices([chr(0x1F300 + i) for i in range(600)], k=200))
        fields = {"csrf_token": token, "capabilities": ["api"], "name": name}
        assert owner.browser.http.post(address, data=fields).status_code == 303
        found = owner.browser.http.get_cookie("mandate")
        assert found
        assert len(f"mandate={found.value}") < 4_093
    page = owner.browser.get("/settings/account").text
    assert page.count('class="notice notice-good"') == 3
    assert name in page, "the newest"
    assert "notice-good" not in owner.browser.get("/settings/account").text
