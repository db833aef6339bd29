"""A body that comes late is judged at the instant after it."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from tests.drivers.owner import Owner
from tests.drivers.tool import USUAL, csrf_of
from tests.drivers.world import World

NEW_KEY = "/settings/authorizations/api-keys/new"


class LateBody(BytesIO):
    """A body before whose first byte twenty minutes pass."""

    def __init__(self, world: World, body: bytes) -> None:
        super().__init__(body)
        self.world = world
        self.is_waiting = True

    def read(self, size: int | None = -1, /) -> bytes:
        self.wait()
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        self.wait()
        return super().readinto(buffer)

    def wait(self) -> None:
        if self.is_waiting:
            self.is_waiting = False
            self.world.clock.forward(minutes=20)


def test_holding_a_body_back_does_not_stretch_a_recent_sign_in(lone_world: World) -> None:
    owner = Owner(lone_world)
    lone_world.clock.forward(minutes=9)
    fields = {"csrf_token": csrf_of(owner.browser.get(NEW_KEY)), **USUAL}
    body = urlencode(fields, doseq=True).encode()
    answer = owner.browser.http.post(
        NEW_KEY,
        input_stream=LateBody(lone_world, body),
        content_length=len(body),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 401, answer.text
    assert lone_world.execute("SELECT count(*) FROM api_keys") == [(0,)]
