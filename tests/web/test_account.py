"""The account page: who I am, the password, the browsers that are signed in, my projects."""

from __future__ import annotations

import re
import time

import pytest
from werkzeug.test import TestResponse

from app.domain.credentials.secrets import digest
from tests.drivers.tool import Browser
from tests.drivers.world import PASSWORD, ROLES, World

PAGE = "/settings/account"
FORM = f"{PAGE}/password"
OLD = PASSWORD.format("ben")
NEW = "ünlike the one before 🦊"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
END = re.compile(r"/settings/account/sessions/([0-9a-f]{16})/end")


def enter(world: World, name: str = "ben", agent: str = "") -> Browser:
    """Sign somebody in with a new browser."""
    browser = Browser(world)
    if agent:
        browser.http.environ_base["HTTP_USER_AGENT"] = agent
    assert browser.sign_in(name).status_code == 303
    return browser


def change(browser: Browser, **fields: str) -> TestResponse:
    """Submit the form as the page shows it, with some fields filled in otherwise."""
    usual = {"current_password": OLD, "new_password": NEW, "end_others": "yes"}
    sent = {name: value for name, value in {**usual, **fields}.items() if value != "unticked"}
    return browser.submit(browser.get(PAGE), FORM, **sent)


def is_in(browser: Browser) -> bool:
    return browser.get(PAGE).status_code == 200


def cookie(browser: Browser) -> str:
    found = browser.http.get_cookie("mandate")
    assert found
    return found.value


def copy_of(browser: Browser) -> Browser:
    """Return a browser with a stolen cookie."""
    thief = Browser(browser.world)
    thief.http.set_cookie("mandate", cookie(browser))
    return thief


def handle_of(browser: Browser) -> str:
    """Return the handle of the browser's own session: this browser comes first on its page."""
    return str(END.findall(browser.get(PAGE).text)[0])


def end(browser: Browser, handle: str) -> TestResponse:
    return browser.submit(browser.get(PAGE), f"{PAGE}/sessions/{handle}/end")


def kept_hash(world: World) -> object:
    return world.execute("SELECT password_hash FROM users WHERE username = 'ben'")[0][0]


def test_the_page_says_who_i_am_and_what_i_belong_to(world: World) -> None:
    text = enter(world).get(PAGE).text
    for words in ("ben@example.org", "Payments", "2 MCP servers", "1 MCP server", "editor"):
        assert words in text
    assert "Sandbox" not in text
    assert "administrator" not in text
    assert re.search("aria-current=[^>]+>Account", text)
    assert "administrator" in enter(world, "ada").get(PAGE).text


def test_a_member_of_nothing_is_told_so(lone_world: World) -> None:
    for slug in ROLES["ben"]:
        lone_world.remove_member(slug, "ben")
    assert "member of no project" in enter(lone_world).get(PAGE).text


def test_a_thousand_projects_are_shown(lone_world: World) -> None:
    lone_world.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
        "INSERT INTO projects (id, slug, name, created_at) "
        "SELECT 'p' || i, 'plant-' || i, 'Plant ' || i, '2026-01-01' FROM n"
    )
    lone_world.execute(
        "INSERT INTO memberships (user_id, project_id, role) SELECT u.id, p.id, 'viewer' "
        "FROM users u, projects p WHERE u.username = 'ben' AND p.slug LIKE 'plant-%'"
    )
    text = enter(lone_world).get(PAGE).text
    assert text.count("Plant ") == 1000
    assert "<small>1003</small>" in text


@pytest.mark.requirement("UI-32", "UI-18")
def test_the_password_is_changed_and_every_other_browser_is_out(world: World) -> None:
    here, other, cleo = enter(world), enter(world), enter(world, "cleo")
    thief = copy_of(here)
    answer = change(here)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "Your password is changed." in here.get(PAGE).text
    assert "Your password is changed." not in here.get(PAGE).text, "it is said once"
    assert is_in(cleo)
    assert not is_in(other)
    assert not is_in(thief), "a copy of the cookie from before"
    assert Browser(world).sign_in("ben").status_code == 401
    assert Browser(world).sign_in("ben", NEW).status_code == 303
    assert [e.detail["sessions_ended"] for e in world.audit("user.password_changed")] == [1]


@pytest.mark.requirement("UI-32", "UI-18")
def test_other_browsers_stay_when_the_box_is_not_ticked(world: World) -> None:
    here, other = enter(world), enter(world)
    thief = copy_of(here)
    assert change(here, end_others="unticked").status_code == 303
    assert is_in(here)
    assert is_in(other)
    assert not is_in(thief)
    assert world.audit("user.password_changed")[0].detail["sessions_ended"] == 0


@pytest.mark.requirement("UI-32")
def test_sessions_that_ran_out_are_ended_but_not_counted(lone_world: World) -> None:
    enter(lone_world)
    lone_world.clock.forward(minutes=61)
    enter(lone_world)
    assert change(enter(lone_world)).status_code == 303
    assert lone_world.audit("user.password_changed")[0].detail["sessions_ended"] == 1
    left = lone_world.execute("SELECT count(*) FROM browser_sessions WHERE ended_at IS NULL")
    assert left[0][0] == 1


@pytest.mark.requirement("UI-32", "UI-24")
@pytest.mark.parametrize(
    ("wrong", "status", "sentence"),
    [
        (NEW + "!", 401, "This is not your password."),
        (PASSWORD.format("ada"), 401, "This is not your password."),
        ("", 422, "Enter your current password."),
    ],
)
def test_the_current_password_is_needed(
    world: World, wrong: str, status: int, sentence: str
) -> None:
    browser, before = enter(world), kept_hash(world)
    page = change(browser, current_password=wrong)
    assert page.status_code == status
    assert f'id="current_password-error">{sentence}' in page.text
    assert NEW not in page.text, "typed passwords are not echoed"
    assert kept_hash(world) == before
    assert is_in(browser)
    assert len(world.audit("user.sign_in_refused")) == (status == 401)
    assert not world.audit("user.password_changed")


@pytest.mark.requirement("UI-30", "UI-32")
@pytest.mark.parametrize(
    "new", ["", "fourteen chars", "passwordpassword", "ben@example.org", "a" * 20, "x!" * 600, OLD]
)
def test_a_bad_new_password_is_refused_at_its_field(lone_world: World, new: str) -> None:
    browser, before = enter(lone_world), kept_hash(lone_world)
    page = change(browser, new_password=new, end_others="unticked")
    assert page.status_code == 422
    assert 'id="new_password-error"' in page.text
    assert OLD not in page.text
    assert 'value="yes" aria-describedby="end-others-text">' in page.text, "what was unticked stays"
    assert kept_hash(lone_world) == before


@pytest.mark.requirement("UI-32", "UI-26")
def test_guessing_the_current_password_is_limited_like_the_sign_in(lone_world: World) -> None:
    browser, before = enter(lone_world), kept_hash(lone_world)
    assert [change(browser, current_password="wrong").status_code for _ in range(10)] == [401] * 10
    for guess in ("wrong", OLD):
        limited = change(browser, current_password=guess)
        assert limited.status_code == 429
        assert int(limited.headers["Retry-After"]) > 0
        assert "Too many" in limited.text
    assert Browser(lone_world).sign_in("ben").status_code == 303, "it counts for this browser alone"
    assert kept_hash(lone_world) == before
    lone_world.clock.forward(minutes=15, seconds=1)
    assert change(browser).status_code == 303


@pytest.mark.requirement("UI-34")
def test_live_browsers_are_listed_with_this_one_first(lone_world: World) -> None:
    enter(lone_world, agent="curl/8.5.0")
    lone_world.clock.forward(minutes=61)
    gone = enter(lone_world, agent="Wget/1.21.4")
    gone.submit(gone.get(PAGE), "/logout")
    enter(lone_world, "cleo", agent="okhttp/5.1.0")
    enter(lone_world, agent="<script>alert(1)</script>")
    here = enter(lone_world, agent=FIREFOX)
    lone_world.clock.forward(minutes=5)
    enter(lone_world, agent="Go-http-client/1.1")
    text = here.get(PAGE).text
    assert len(END.findall(text)) == 3
    names = ("Firefox on Linux", "this browser", "Go program", "&lt;script&gt;")
    assert sorted(names, key=text.index) == list(names)
    for absent in ("curl", "Wget", "OkHttp", "<script>alert"):
        assert absent not in text
    assert "127.0.0.1" in text
    assert "22 Nov 2026, 13:01 UTC" in text


@pytest.mark.requirement("UI-34")
def test_ending_a_browser_signs_it_out_at_once(world: World) -> None:
    here, other, third = enter(world), enter(world), enter(world)
    handle = handle_of(other)
    answer = end(here, handle)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "The browser is signed out." in here.get(PAGE).text
    assert [is_in(b) for b in (here, other, third)] == [True, False, True]
    assert end(here, handle).status_code == 303, "twice changes nothing"
    assert [e.detail["sessions_ended"] for e in world.audit("user.session_ended")] == [1]


@pytest.mark.requirement("UI-34", "UI-21")
def test_ending_this_browser_is_signing_out(world: World) -> None:
    here = enter(world)
    thief = copy_of(here)
    answer = end(here, handle_of(here))
    assert (answer.status_code, answer.location) == (303, "/login")
    assert not is_in(here)
    assert not is_in(thief)
    assert len(world.audit("user.session_ended")) == 1


@pytest.mark.requirement("UI-34")
def test_a_browser_of_somebody_else_is_not_found(world: World) -> None:
    ben, cleo = enter(world), enter(world, "cleo")
    for handle in (handle_of(cleo), digest("x")[:16], "0", "a%00b", "%25", "_" * 16):
        assert end(ben, handle).status_code == 404
    assert is_in(cleo)
    assert is_in(ben)
    assert not world.audit("user.session_ended")


@pytest.mark.requirement("UI-34")
def test_all_other_browsers_end_together(world: World) -> None:
    here, cleo = enter(world), enter(world, "cleo")
    assert "End all others" not in here.get(PAGE).text, "there is none"
    others = [enter(world), enter(world)]
    answer = here.submit(here.get(PAGE), f"{PAGE}/sessions/end-others")
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "2 other browsers are signed out." in here.get(PAGE).text
    assert [is_in(b) for b in (here, cleo, *others)] == [True, True, False, False]
    assert [e.detail["sessions_ended"] for e in world.audit("user.session_ended")] == [2]
    here.submit(here.get(PAGE), f"{PAGE}/sessions/end-others")
    assert len(world.audit("user.session_ended")) == 1


@pytest.mark.requirement("UI-04")
def test_nothing_happens_without_the_csrf_field(lone_world: World) -> None:
    here, other, before = enter(lone_world), enter(lone_world), kept_hash(lone_world)
    fields = {"current_password": OLD, "new_password": NEW, "end_others": "yes"}
    own = handle_of(other)
    for address in (FORM, f"{PAGE}/sessions/{own}/end", f"{PAGE}/sessions/end-others"):
        for token in ("", "forged"):
            sent = here.http.post(address, data={**fields, "csrf_token": token})
            assert sent.status_code == 403
        assert here.get(address).status_code in (404, 405)
    assert kept_hash(lone_world) == before
    assert is_in(other)


def test_the_fields_help_a_password_manager(lone_world: World) -> None:
    text = enter(lone_world).get(PAGE).text
    for words in ("current-password", "new-password", "username"):
        assert f'autocomplete="{words}"' in text
    assert text.count('autocapitalize="none"') == 2
    assert "onpaste" not in text
    assert re.search(r'name="end_others"[^>]* checked>', text)


def test_a_password_of_absurd_length_costs_nothing(lone_world: World) -> None:
    browser = Browser(lone_world)
    browser.sign_in("ben")
    page = browser.get("/settings/account")
    started = time.process_time()
    fields = {"current_password": "a" + "\u0301\u0316" * 100_000, "new_password": "b" * 300_000}
    assert browser.submit(page, "/settings/account/password", **fields).status_code in (
        400,
        401,
        422,
    )
    assert time.process_time() - started < 2
