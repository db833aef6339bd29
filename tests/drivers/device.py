"""A device that asks for tokens and polls."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from app.domain.clients.auth_methods import DEVICE_CODE
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import NATIVE_URI, World

GRANTS = ("authorization_code", "refresh_token", DEVICE_CODE)


class Device(Tool):
    """A machine without a browser, and a person with one."""

    asked: dict[str, Any]

    def ask(self, **more: Any) -> TestResponse:
        fields = {"scope": "api flows:edit", **more}
        response = self.post("/oauth/device_authorization", fields)
        if response.status_code == 200:
            self.asked = response.get_json()
        return response

    def poll(self, code: str | None = None, **more: Any) -> TestResponse:
        code = self.asked["device_code"] if code is None else code
        return self.post("/oauth/token", {"grant_type": DEVICE_CODE, "device_code": code, **more})

    def type(self, code: str | None = None) -> TestResponse:
        """Type the code on the device page."""
        page = self.browser.get("/device")
        return self.browser.submit(page, "/device", user_code=code or self.asked["user_code"])

    def answer(self, decision: str = "approve", **choice: Any) -> TestResponse:
        """Type the code and decide; return the last page."""
        address = self.type().location
        page = self.browser.get(address)
        posted = self.browser.submit(page, address, decision=decision, **(choice or USUAL))
        assert posted.status_code == 303, posted.text
        return self.browser.get(posted.location)


def device_of(world: World, name: str = "Box", method: str = "none") -> Device:
    client = world.add_client(name, NATIVE_URI, method, grant_types=GRANTS)
    device = Device(world, client)
    device.sign_in()
    assert device.ask().status_code == 200
    return device


def error_of(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.get_json()["error"]
