"""The page behind a link for a new password."""

from __future__ import annotations

import json
import re

import pytest
from werkzeug.test import TestResponse

from app.domain.credentials.secrets import Prefix, new_secret
from app.domain.errors import Conflict
from app.domain.lifetimes import Lifetimes
from app.services.accounts import password_reset
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import PASSWORD, World

NEW = "a sentence that ben has never used"
HOUR = 3_600
HOME = "/settings/authorizations/oauth2"


def link_of(world: World, name: str = "ben") -> str:
    with world.app.app_context():
        made = password_reset.issue_link(name, at=world.at, actor="cli")
    return f"/password/{made.text}"


def send(browser: Browser, link: str, new: str = NEW) -> TestResponse:
    return browser.submit(browser.get(link), link, new_password=new)


def is_gone(browser: Browser, link: str) -> bool:
    page = browser.get(link)
    return page.status_code == 404 and "does not work any more" in page.text


def may_sign_in(world: World, password: str) -> bool:
    return Browser(world).sign_in("ben", password).status_code == 303


def test_a_link_sets_the_password_once_and_signs_every_browser_out(world: World) -> None:
    here, other, cleo = Browser(world), Browser(world), Browser(world)
    other.sign_in("ben")
    cleo.sign_in("cleo")
    token = Tool(world, world.native).tokens()["access_token"]
    link = link_of(world)
    answer = send(here, link)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "The password of ben is set." in here.get("/login").text
    assert other.get(HOME).status_code == 303
    assert cleo.get(HOME).status_code == 200
    assert not may_sign_in(world, PASSWORD.format("ben"))
    assert may_sign_in(world, NEW)
    assert is_gone(here, link)
    assert Tool(world, world.native).is_active(token), "tools go on"
    [event] = world.audit("user.password_reset")
    [issued] = world.audit("user.password_link_issued")
    assert event.detail["sessions_ended"] == 2
    assert event.actor == event.subject == issued.subject
    assert issued.actor == "cli"


def test_opening_a_link_changes_nothing(world: World) -> None:
    """Mail scanners open links, with GET and with HEAD, without cookies and many times."""
    link = link_of(world)
    before = world.execute("SELECT * FROM password_links")
    for _ in range(3):
        assert world.app.test_client(use_cookies=False).get(link).status_code == 200
        assert world.app.test_client(use_cookies=False).head(link).status_code == 200
    assert world.execute("SELECT * FROM password_links") == before
    assert may_sign_in(world, PASSWORD.format("ben"))
    assert send(Browser(world), link).status_code == 303


def test_the_page_tells_whose_password_it_is_and_nothing_leaks(lone_world: World) -> None:
    link = link_of(lone_world)
    page = Browser(lone_world).get(link)
    assert re.search(r"<bdi>ben</bdi>", page.text)
    assert 'autocomplete="username" value="ben"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "<script" not in page.text


def test_a_link_ends_after_an_hour(world: World) -> None:
    link, browser = link_of(world), Browser(world)
    page = browser.get(link)
    world.clock.forward(seconds=HOUR - 1)
    assert browser.get(link).status_code == 200
    world.clock.forward(seconds=1)
    assert is_gone(browser, link)
    assert browser.submit(page, link, new_password=NEW).status_code == 404
    assert not may_sign_in(world, NEW)


@pytest.mark.parametrize("how", ["another link", "disabled", "by the operator", "by the user"])
def test_a_link_ends_with_what_makes_it_needless(world: World, how: str) -> None:
    link, browser = link_of(world), Browser(world)
    page = browser.get(link)
    if how == "another link":
        link_of(world)
    elif how == "disabled":
        world.disable_user("ben")
        world.enable_user("ben")
    elif how == "by the operator":
        with world.app.app_context():
            password_reset.set_by_operator(
                "ben", NEW, lifetimes=Lifetimes(), at=world.at, actor="cli"
            )
    else:
        ben = Browser(world)
        ben.sign_in("ben")
        fields = {"current_password": PASSWORD.format("ben"), "new_password": NEW}
        account = "/settings/account"
        assert ben.submit(ben.get(account), f"{account}/password", **fields).status_code == 303
    assert is_gone(browser, link)
    assert browser.submit(page, link, new_password=NEW + "!").status_code == 404
    assert not may_sign_in(world, NEW + "!")


def test_a_disabled_user_sets_no_password_by_link(world: World) -> None:
    link, browser = link_of(world), Browser(world)
    page = browser.get(link)
    world.execute("UPDATE users SET disabled_at = created_at WHERE username = 'ben'")
    assert is_gone(browser, link)
    assert browser.submit(page, link, new_password=NEW).status_code == 404
    with pytest.raises(Conflict):
        link_of(world)


@pytest.mark.parametrize(
    "bad", ["", "short", "ben@example.org", "a" * 20, "x" * 5_000, "passwordpassword"]
)
def test_a_bad_password_brings_the_form_again_and_leaves_the_link(
    lone_world: World, bad: str
) -> None:
    link, browser = link_of(lone_world), Browser(lone_world)
    refused = send(browser, link, bad)
    assert refused.status_code == 422
    assert 'id="new_password-error"' in refused.text
    assert not bad or f'value="{bad}"' not in refused.text
    assert may_sign_in(lone_world, PASSWORD.format("ben"))
    assert browser.submit(refused, link, new_password=NEW).status_code == 303


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_forged_form_sets_nothing(lone_world: World, token: str) -> None:
    link, browser = link_of(lone_world), Browser(lone_world)
    browser.get(link)
    sent = browser.http.post(link, data={"csrf_token": token, "new_password": NEW})
    assert sent.status_code == 403
    assert not may_sign_in(lone_world, NEW)


def test_a_form_from_before_a_sign_in_is_shown_again_and_stays_here(lone_world: World) -> None:
    link, browser = link_of(lone_world), Browser(lone_world)
    page = browser.get(link)
    browser.sign_in("cleo")
    again = browser.submit(page, link, new_password=NEW)
    assert again.status_code == 400
    assert "Enter the new password once more." in again.text
    done = browser.submit(again, link, new_password=NEW)
    assert done.status_code == 303
    assert browser.get(HOME).status_code == 200, "cleo is still signed in"
    assert may_sign_in(lone_world, NEW)


def test_a_browser_without_cookies_is_told_so(lone_world: World) -> None:
    link = link_of(lone_world)
    page = lone_world.app.test_client(use_cookies=False).get(link)
    browser = Browser(lone_world)
    browser.http = lone_world.app.test_client(use_cookies=False)
    refused = browser.submit(page, link, new_password=NEW)
    assert refused.status_code == 400
    assert "sent no cookie" in refused.text
    assert not may_sign_in(lone_world, NEW)


def test_who_tried_too_often_signs_in_at_once_with_the_new_password(world: World) -> None:
    for _ in range(11):
        Browser(world).sign_in("ben", "wrong")
    assert Browser(world).sign_in("ben").status_code == 429
    assert send(Browser(world), link_of(world)).status_code == 303
    assert may_sign_in(world, NEW)


@pytest.mark.parametrize(
    "text",
    ["x", new_secret(Prefix.PASSWORD_LINK), new_secret(Prefix.BROWSER_SESSION), "é", "%00"],
    ids=["short", "unknown", "of another kind", "accented", "NUL"],
)
def test_any_other_text_is_no_link(lone_world: World, text: str) -> None:
    assert is_gone(Browser(lone_world), f"/password/{text}")


def test_neither_the_database_nor_the_log_holds_the_link(
    lone_world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    link = link_of(lone_world)
    secret = link.rpartition("/")[2]
    send(Browser(lone_world), link)
    link_of(lone_world)
    kept = lone_world.execute("SELECT digest FROM password_links")
    kept += lone_world.execute("SELECT detail FROM audit_events")
    written = capfd.readouterr().err
    paths = [json.loads(line).get("path") for line in written.splitlines() if line]
    assert "/password/mdtp_…" in paths
    assert secret[5:40] not in written + repr(kept)
