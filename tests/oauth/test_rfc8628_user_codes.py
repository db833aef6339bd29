"""User codes: typed in any form, guessed by nobody, answered by one (RFC 8628 sections 3.3 and 5.1)."""

from __future__ import annotations

import threading

import pytest

from tests.drivers.clock import Clock
from tests.drivers.device import Device, device_of, error_of
from tests.drivers.tool import USUAL, Browser, csrf_of
from tests.drivers.world import World


def test_a_code_in_the_address_that_is_none_is_not_shown(lone_box: Device) -> None:
    page = lone_box.browser.get('/device?user_code="><b>x')
    assert "<b>x" not in page.text
    assert "Does your device show this code?" not in page.text


def test_the_device_page_asks_for_the_sign_in_and_keeps_the_code(lone_world: World) -> None:
    answer = lone_world.app.test_client().get("/device?user_code=WDJB-MJHT")
    assert answer.location == "/login?next=/device?user_code%3DWDJB-MJHT"


@pytest.mark.rfc("8628", "5.1")
@pytest.mark.requirement("DV-08")
def test_five_wrong_codes_are_enough(world: World, clock: Clock) -> None:
    device = device_of(world)
    assert [device.type("BBBB-BBBB").status_code for _ in range(5)] == [404] * 5
    limited = device.type()
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) > 0
    other = Device(world, device.client)
    other.sign_in("cleo")
    other.asked = device.asked
    assert other.type().status_code == 303
    clock.forward(minutes=15, seconds=1)
    device.ask()
    assert device.type().status_code == 303


@pytest.mark.slow
@pytest.mark.requirement("DV-08")
def test_many_wrong_codes_at_once_are_no_more_than_five(world: World) -> None:
    device = device_of(world)
    page = device.browser.get("/device")
    statuses: list[int] = []
    ready = threading.Barrier(12)

    def guess() -> None:
        browser = world.app.test_client()
        for cookie in device.browser.http._cookies.values():  # type: ignore[union-attr]
            browser.set_cookie(cookie.key, cookie.value)
        ready.wait()
        fields = {"csrf_token": csrf_of(page), "user_code": "BBBB-BBBB"}
        statuses.append(browser.post("/device", data=fields).status_code)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [404] * 5 + [429] * 7


@pytest.mark.slow
@pytest.mark.requirement("DV-11")
def test_of_two_people_who_type_a_code_at_once_one_has_it(world: World) -> None:
    for _ in range(4):
        device = device_of(world, "Race")
        people = [Device(world, device.client), Device(world, device.client)]
        found: list[int] = []
        ready = threading.Barrier(2)
        for one, name in zip(people, ("ben", "cleo"), strict=True):
            one.sign_in(name)
            one.asked = device.asked

        def type_it(
            one: Device, found: list[int] = found, ready: threading.Barrier = ready
        ) -> None:
            page = one.browser.get("/device")
            ready.wait()
            fields = {"user_code": one.asked["user_code"]}
            found.append(one.browser.submit(page, "/device", **fields).status_code)

        threads = [threading.Thread(target=type_it, args=(one,)) for one in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == [303, 404]


@pytest.mark.requirement("DV-08")
def test_right_codes_cost_no_tries(lone_box: Device) -> None:
    for _ in range(8):
        lone_box.ask()
        assert lone_box.type().status_code == 303


@pytest.mark.slow
@pytest.mark.requirement("DV-08")
def test_one_address_may_not_try_with_many_accounts(lone_world: World) -> None:
    for number in range(6):
        with lone_world.app.app_context():
            lone_world.add_user(f"user{number}")
        device = Device(lone_world, lone_world.native)
        device.sign_in(f"user{number}")
        assert [device.type("BBBB-BBBB").status_code for _ in range(5)] == [404] * 5
    with lone_world.app.app_context():
        lone_world.add_user("last")
    fresh = Device(lone_world, lone_world.native)
    fresh.sign_in("last")
    asked = device_of(lone_world, "Right").asked
    assert fresh.type(asked["user_code"]).status_code == 429


@pytest.mark.rfc("8628", "6.1")
@pytest.mark.requirement("DV-13")
@pytest.mark.parametrize("shape", ["{}", " {} ", "lower", "no dash", "spaces", "\u2013"])
def test_a_code_may_be_typed_in_any_form(lone_box: Device, shape: str) -> None:
    code = lone_box.asked["user_code"]
    typed = {
        "lower": code.lower(),
        "no dash": code.replace("-", ""),
        "spaces": " ".join(code),
        "\u2013": code.replace("-", "\u2013"),
    }.get(shape, shape.format(code))
    assert lone_box.type(typed).status_code == 303


@pytest.mark.parametrize(
    "typed", ["", "x", "WDJB", "AAAA-AAAA", "1234-5678", "WDJB-MJHTX", "é" * 8, "x" * 10_000]
)
def test_what_is_no_code_is_told_so_politely(lone_box: Device, typed: str) -> None:
    page = lone_box.browser.get("/device")
    answer = lone_box.browser.submit(page, "/device", user_code=typed)
    assert answer.status_code == (404 if typed else 422)
    assert 'role="alert"' in answer.text


@pytest.mark.requirement("DV-11")
def test_the_one_who_typed_the_code_is_the_one_who_answers(lone_box: Device) -> None:
    address = lone_box.type().location
    other = Browser(lone_box.world)
    other.sign_in("cleo")
    assert other.get(address).status_code == 403
    page = other.get("/device")
    assert other.submit(page, "/device", user_code=lone_box.asked["user_code"]).status_code == 404
    assert lone_box.browser.get(address).status_code == 200


def test_the_same_person_may_go_on_in_another_browser(lone_box: Device) -> None:
    first = lone_box.type().location
    lone_box.browser = Browser(lone_box.world)
    lone_box.browser.sign_in("ben")
    assert lone_box.browser.get(first).status_code == 403
    assert lone_box.type().location == first
    assert lone_box.browser.get(first).status_code == 200


@pytest.mark.requirement("DV-14")
@pytest.mark.parametrize("again", ["approve", "deny"])
def test_a_decided_code_is_decided(lone_box: Device, again: str) -> None:
    address = lone_box.type().location
    page = lone_box.browser.get(address)
    first = lone_box.browser.submit(page, address, decision="approve", **USUAL)
    second = lone_box.browser.submit(page, address, decision=again, **USUAL)
    assert (second.status_code, second.location) == (303, first.location)
    assert lone_box.type().status_code == 404
    assert lone_box.poll().status_code == 200


@pytest.mark.rfc("8628", "3.5")
def test_an_expired_code_is_told_so_and_cannot_be_typed(lone_box: Device, clock: Clock) -> None:
    address = lone_box.type().location
    clock.forward(seconds=901)
    assert error_of(lone_box.poll()) == (400, "expired_token")
    assert lone_box.type().status_code == 404
    assert lone_box.browser.get(address).status_code == 404
