"""Guessing passwords is limited: per account, per address, per network."""

from __future__ import annotations

import pytest

from app.services import throttle
from tests.drivers.tool import Browser, csrf_of
from tests.drivers.world import PASSWORD


@pytest.mark.requirement("UI-26")
def test_all_spellings_of_an_account_share_one_limit(browser: Browser) -> None:
    spellings = ["ben", "BEN", "ben@example.org", " Ben@Example.org ", "ｂｅｎ"]
    for spelling in spellings * 2:
        assert browser.sign_in(spelling, "wrong").status_code == 401
    for spelling in spellings:
        limited = browser.sign_in(spelling, PASSWORD.format("ben"))
        assert limited.status_code == 429
        assert int(limited.headers["Retry-After"]) > 0
        assert "Too many" in limited.text
    assert browser.sign_in("cleo").status_code == 303, "another account is not touched"
    browser.world.clock.forward(minutes=15, seconds=1)
    assert Browser(browser.world).sign_in("ben").status_code == 303


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
