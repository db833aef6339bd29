"""A new secret key: browsers go on with what they hold as long as the old key is named behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.drivers.clock import Clock
from tests.drivers.deployment import SECRET_KEY, Prepared, running_world
from tests.drivers.tool import Browser, csrf_of
from tests.drivers.world import PASSWORD

NEW = "kZ3-another-unpredictable-long-enough-text"
BOTH = f"{NEW},{SECRET_KEY}"
ACCOUNT = "/settings/account"
COOKIES = ("mandate", "mandate_browser", "mandate_device")


@dataclass
class Person:
    """Ben's browser across restarts of the server: its cookies, and the token of a form that is open."""

    database: Prepared
    clock: Clock
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    @contextmanager
    def at(self, keys: str) -> Iterator[Browser]:
        """Give the browser at a server with these keys; what it holds afterwards is kept."""
        with running_world(self.database, self.clock, MANDATE_SECRET_KEY=keys) as world:
            browser = Browser(world)
            for name, value in self.cookies.items():
                browser.http.set_cookie(name, value)
            yield browser
            found = (browser.http.get_cookie(name) for name in COOKIES)
            self.cookies = {cookie.key: cookie.value for cookie in found if cookie}

    def sign_in(self, keys: str) -> None:
        """Sign in and open a form."""
        with self.at(keys) as browser:
            assert browser.sign_in("ben").status_code == 303
            self.token = csrf_of(browser.get(ACCOUNT))

    def send(self, browser: Browser) -> int:
        """Send the open form and return the status of the answer."""
        fields = {
            "csrf_token": self.token,
            "current_password": PASSWORD.format("ben"),
            "new_password": "another long sentence",
        }
        return browser.http.post(f"{ACCOUNT}/password", data=fields).status_code


@pytest.fixture
def person(lone_database: Prepared, clock: Clock) -> Person:
    return Person(lone_database, clock)


@pytest.mark.parametrize("between", [",", " ", ", ", "\n", " \n,\n "])
def test_a_sign_in_and_an_open_form_outlive_a_rotation(person: Person, between: str) -> None:
    person.sign_in(SECRET_KEY)
    with person.at(f"{NEW}{between}{SECRET_KEY}") as browser:
        assert browser.get(ACCOUNT).status_code == 200
        person.send(browser)
        assert len(browser.world.audit("user.password_changed")) == 1


def test_without_the_old_key_both_are_worth_nothing(person: Person) -> None:
    person.sign_in(SECRET_KEY)
    with person.at(NEW) as browser:
        assert browser.get(ACCOUNT).status_code == 303
        assert person.send(browser) == 403
        assert browser.world.audit("user.password_changed") == []


def test_what_is_signed_during_a_rotation_needs_the_new_key_only(person: Person) -> None:
    person.sign_in(BOTH)
    with person.at(NEW) as browser:
        assert browser.get(ACCOUNT).status_code == 200
        person.send(browser)
        assert len(browser.world.audit("user.password_changed")) == 1


@pytest.mark.parametrize(("keys", "status"), [(BOTH, 303), (NEW, 403)])
def test_a_form_of_before_leads_to_the_sign_in_while_its_key_is_named(
    person: Person, keys: str, status: int
) -> None:
    person.sign_in(SECRET_KEY)
    person.cookies = {}
    with person.at(keys) as browser:
        assert person.send(browser) == status


@pytest.mark.parametrize(("keys", "status"), [(BOTH, 303), (NEW, 429)])
def test_a_browser_stays_known_to_the_limits_while_its_key_is_named(
    person: Person, keys: str, status: int
) -> None:
    person.sign_in(SECRET_KEY)
    person.cookies = {"mandate_device": person.cookies["mandate_device"]}
    with person.at(keys) as browser:
        for _ in range(10):
            Browser(browser.world).sign_in("ben", "wrong")
        assert browser.sign_in("ben").status_code == status
