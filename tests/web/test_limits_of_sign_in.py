"""Guessing passwords is limited: per account, per address, per network."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from app.services import throttle
from tests.drivers.tool import Browser, csrf_of
from tests.drivers.world import PASSWORD, World


@pytest.mark.requirement("UI-26")
@pytest.mark.parametrize(
    "spellings", [["ben", "BEN", "ｂｅｎ", " ben "], ["ben@example.org", " Ben@Example.org "]]
)
def test_all_spellings_of_a_name_share_one_limit(browser: Browser, spellings: list[str]) -> None:
    for n in range(10):
        assert browser.sign_in(spellings[n % len(spellings)], "wrong").status_code == 401
    for spelling in spellings:
        limited = browser.sign_in(spelling, PASSWORD.format("ben"))
        assert limited.status_code == 429
        assert int(limited.headers["Retry-After"]) > 0
        assert "Too many" in limited.text
    assert browser.sign_in("cleo").status_code == 303, "another account is not touched"
    browser.world.clock.forward(minutes=15, seconds=1)
    assert Browser(browser.world).sign_in("ben").status_code == 303


# Who does not know the password learns nothing: an account answers as a name that nobody has.

KNOWN = ("ben", "BEN", "ben@example.org")
UNKNOWN = ("nix", "NIX", "nix@example.org")


def shape(page: TestResponse, name: str) -> tuple[int, str, str]:
    text = re.sub(r'name="csrf_token"[^>]*>', "", page.text)
    return page.status_code, page.headers.get("Retry-After", ""), text.replace(name, "NAME")


@pytest.mark.parametrize("disabled", [False, True])
def test_an_account_answers_as_a_name_that_nobody_has(lone_world: World, *, disabled: bool) -> None:
    if disabled:
        lone_world.disable_user("ben")
    tries = [0] * 10 + [1, 2] + [0] * 2 + [2] * 11 + [1]
    seen = []
    for names in (KNOWN, UNKNOWN):
        browser = Browser(lone_world)
        shapes = [shape(browser.sign_in(names[n], "wrong"), names[n]) for n in tries]
        counted = lone_world.execute("SELECT failures, ends_at FROM failure_counts")
        seen.append((shapes, sorted(counted, key=str)))
        lone_world.execute("DELETE FROM failure_counts")
    assert seen[0] == seen[1]
    assert {status for status, _, _ in seen[0][0]} == {401, 429}


def hammer(world: World, name: str, times: int = 12, address: str = "203.0.113.5") -> None:
    stranger = Browser(world)
    stranger.http.environ_base["REMOTE_ADDR"] = address
    for _ in range(times):
        stranger.sign_in(name, "wrong")


def test_a_browser_that_signed_in_before_is_not_shut_out_by_strangers(browser: Browser) -> None:
    browser.sign_in("ben")
    browser.submit(browser.get("/device"), "/logout")
    hammer(browser.world, "ben")
    hammer(browser.world, "ben@example.org")
    assert Browser(browser.world).sign_in("ben").status_code == 429, "a new browser"
    assert browser.sign_in("ben@example.org", PASSWORD.format("ben")).status_code == 303
    browser.submit(browser.get("/device"), "/logout")
    statuses = [browser.sign_in("ben", "wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429], "it has a limit of its own"


def test_who_is_signed_in_confirms_whatever_strangers_do(browser: Browser) -> None:
    browser.sign_in("ben")
    hammer(browser.world, "ben", address="127.0.0.1")
    for n in range(100):
        hammer(browser.world, f"nobody{n}", times=1, address="127.0.0.1")
    browser.world.clock.forward(minutes=11)
    address = "/settings/authorizations/api-keys/new"
    fields = {"capabilities": ["api"], "project-payments": "viewer", "action": "create"}
    made = browser.submit(browser.get(address), address, **fields, password=PASSWORD.format("ben"))
    assert made.status_code == 200
    assert "data-secret" in made.text


def device_cookie(browser: Browser) -> str:
    found = browser.http.get_cookie("mandate_device")
    assert found
    return found.value


def test_the_cookie_of_a_device_opens_nothing_and_is_for_its_account(browser: Browser) -> None:
    browser.sign_in("ben")
    kept = device_cookie(browser)
    other = Browser(browser.world)
    other.http.set_cookie("mandate_device", kept)
    assert other.get("/settings/account").status_code == 303
    hammer(browser.world, "cleo")
    assert other.sign_in("cleo").status_code == 429, "ben's browser is nothing to cleo"
    for forged in (kept[:-2] + "xx", kept.partition(".")[0], "", "W10.x", "null"):
        hammer(browser.world, "ben", times=3)
        stranger = Browser(browser.world)
        stranger.http.set_cookie("mandate_device", forged)
        hammer(browser.world, "ben")
        assert stranger.sign_in("ben").status_code == 429, forged


@pytest.mark.parametrize("how", ["end others", "new password", "disabled"])
def test_a_known_device_ends_with_the_browsers_of_its_account(lone_world: World, how: str) -> None:
    lost, own = Browser(lone_world), Browser(lone_world)
    for browser in (lost, own):
        browser.sign_in("ben")
    lone_world.clock.forward(seconds=5)
    page = own.get("/settings/account")
    password = PASSWORD.format("ben")
    if how == "end others":
        own.submit(page, "/settings/account/sessions/end-others")
    elif how == "new password":
        new = {
            "current_password": password,
            "new_password": "another long sentence",
            "end_others": "yes",
        }
        own.submit(page, "/settings/account/password", **new)
        password = "another long sentence"
    else:
        lone_world.disable_user("ben")
        lone_world.execute("UPDATE users SET disabled_at = NULL")
    hammer(lone_world, "ben")
    thief = Browser(lone_world)
    thief.http.set_cookie("mandate_device", device_cookie(lost))
    assert thief.sign_in("ben", password).status_code == 429
    if how != "disabled":
        again = Browser(lone_world)
        again.http.set_cookie("mandate_device", device_cookie(own))
        assert again.sign_in("ben", password).status_code == 303, "the one that stayed"


@pytest.mark.requirement("UI-26")
def test_a_good_password_clears_the_account_counter(browser: Browser) -> None:
    for _ in range(3):
        for _ in range(9):
            assert browser.sign_in("ben", "wrong").status_code == 401
        assert Browser(browser.world).sign_in("ben").status_code == 303


@pytest.mark.requirement("UI-26", "UI-28")
def test_an_address_that_tries_many_names_is_limited(browser: Browser) -> None:
    def attempt(name: str, address: str, forwarded: str = "", password: str = "wrong") -> int:
        page = browser.get("/login")
        fields = {"username": name, "password": password, "csrf_token": csrf_of(page)}
        return browser.http.post(
            "/login",
            data=fields,
            environ_overrides={"REMOTE_ADDR": address},
            headers={"X-Forwarded-For": forwarded},
        ).status_code

    with browser.world.app.app_context():
        for _ in range(95):
            throttle.spend(throttle.PASSWORD_PER_ADDRESS, "10.1.1.1", at=browser.world.at)
    statuses = [attempt(f"name{n}", "10.1.1.1", f"10.9.9.{n}") for n in range(6)]
    assert statuses == [401] * 5 + [429], "a header from a stranger does not change the address"
    assert attempt("ben", "10.1.1.1", password=PASSWORD.format("ben")) == 429, "also the right one"
    assert attempt("other", "10.1.1.2") == 401


@pytest.mark.requirement("UI-26")
def test_a_host_with_a_whole_ipv6_network_is_one_address(browser: Browser) -> None:
    with browser.world.app.app_context():
        for _ in range(100):
            throttle.spend(
                throttle.PASSWORD_PER_ADDRESS,
                throttle.network_of("2001:db8::1"),
                at=browser.world.at,
            )
    page = browser.get("/login")
    fields = {"username": "ben", "password": PASSWORD.format("ben"), "csrf_token": csrf_of(page)}
    for address, status in (("2001:db8::ffff:1", 429), ("2001:db8:0:1::1", 303)):
        response = browser.http.post(
            "/login", data=fields, environ_overrides={"REMOTE_ADDR": address}
        )
        assert response.status_code == status


def test_unknown_names_are_limited_like_known_ones(browser: Browser) -> None:
    statuses = [browser.sign_in("nobody", "wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
