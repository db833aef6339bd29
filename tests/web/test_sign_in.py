"""Signing in and out: sessions, limits, where it leads."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from flask.sessions import SecureCookieSessionInterface
from werkzeug.test import TestResponse

from app import create_app
from app.http.next_url import HOME, safe_next
from app.settings import Settings
from tests.drivers.deployment import Prepared, environment
from tests.drivers.tool import Browser, csrf_of
from tests.drivers.world import PASSWORD, World

HOME_PAGE = "/settings/authorizations/oauth2"


def cookie(browser: Browser) -> str:
    found = browser.http.get_cookie("mandate")
    assert found
    return found.value


def is_signed_in(browser: Browser) -> bool:
    return browser.get(HOME_PAGE).status_code == 200


@pytest.mark.parametrize(
    "name", ["ben", "ben@example.org", "BEN", " Ben ", "BEN@Example.ORG", "ｂｅｎ"]
)
def test_any_spelling_of_name_or_address_signs_in(browser: Browser, name: str) -> None:
    assert browser.sign_in(name, PASSWORD.format("ben")).status_code == 303
    assert is_signed_in(browser)
    assert "ben@example.org" in browser.get(HOME_PAGE).text


@pytest.mark.requirement("UI-29")
def test_a_wrong_name_and_a_wrong_password_look_the_same(browser: Browser) -> None:
    one, other = browser.sign_in("ben", "wrong"), browser.sign_in("nobody", "wrong")
    assert one.status_code == other.status_code == 401

    def bare(page: TestResponse) -> str:
        return page.text.replace(csrf_of(page), "").replace("nobody", "ben")

    assert bare(one) == bare(other)


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "", "password": "x"},
        {"username": "ben", "password": ""},
        {},
        {"username": "x" * 400, "password": "x"},
    ],
)
def test_an_incomplete_form_is_shown_again(browser: Browser, fields: dict[str, str]) -> None:
    page = browser.submit(browser.get("/login"), "/login", **fields)
    assert page.status_code == 400
    assert "aria-invalid" in page.text


@pytest.mark.parametrize("name", ["\x00", "é" * 100, "' OR 1=1 --", "{{7*7}}", "<script>"])
def test_odd_names_are_refused_and_never_an_error(browser: Browser, name: str) -> None:
    page = browser.sign_in(name, "wrong")
    assert page.status_code in (400, 401)
    assert "<script>" not in page.text


@pytest.mark.requirement("UI-04")
def test_the_form_needs_its_csrf_field(browser: Browser) -> None:
    browser.get("/login")
    fields = {"username": "ben", "password": PASSWORD.format("ben")}
    for token in ("", "forged"):
        response = browser.http.post("/login", data={**fields, "csrf_token": token})
        assert response.status_code == 403
    assert not is_signed_in(browser)


@pytest.mark.requirement("UI-18")
def test_the_session_has_a_new_id_after_signing_in(browser: Browser) -> None:
    page = browser.get("/login")
    fixated = cookie(browser)
    browser.submit(page, "/login", username="ben", password=PASSWORD.format("ben"))
    assert cookie(browser) != fixated
    victim = Browser(browser.world)
    victim.http.set_cookie("mandate", fixated)
    assert not is_signed_in(victim)


@pytest.mark.requirement("UI-19")
def test_a_forged_cookie_is_worth_nothing(browser: Browser, lone_world: World) -> None:
    browser.sign_in("ben")
    app = create_app(
        Settings.from_environ(
            environment(
                "sqlite:///:memory:", MANDATE_SECRET_KEY="guessed-guessed-0123456789abcdef-x"
            )
        )
    )
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer
    user_id = str(lone_world.execute("SELECT id FROM users WHERE username = 'ben'")[0][0])
    own = SecureCookieSessionInterface().get_signing_serializer(lone_world.app)
    assert own
    stranger = Browser(lone_world)
    for forged in (signer.dumps({"_user_id": user_id}), own.dumps({"_user_id": user_id}), "x", ""):
        stranger.http.set_cookie("mandate", forged if isinstance(forged, str) else forged.decode())
        assert not is_signed_in(stranger)


@pytest.mark.requirement("UI-20")
def test_cookies_carry_their_flags(lone_world: World) -> None:
    page = lone_world.app.test_client().get("/login")
    flags = page.headers["Set-Cookie"]
    assert flags.startswith("mandate=")
    assert "HttpOnly" in flags
    assert "SameSite=Lax" in flags
    assert "Path=/" in flags
    assert "Domain" not in flags


@pytest.mark.requirement("UI-20", "UI-17")
def test_over_https_cookies_are_bound_to_the_host(lone_database: Prepared) -> None:
    app = create_app(
        Settings.from_environ(
            environment(
                lone_database.url, MANDATE_ISSUER="https://as.example", MANDATE_PROXY_HOPS="0"
            )
        )
    )
    page = app.test_client().get("/login")
    assert page.headers["Set-Cookie"].startswith("__Host-mandate=")
    assert "Secure" in page.headers["Set-Cookie"]
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]


@pytest.mark.requirement("UI-21")
def test_signing_out_ends_the_session_on_the_server(browser: Browser) -> None:
    browser.sign_in("ben")
    kept = cookie(browser)
    page = browser.get(HOME_PAGE)
    assert browser.submit(page, "/logout").status_code == 303
    thief = Browser(browser.world)
    thief.http.set_cookie("mandate", kept)
    assert not is_signed_in(thief)
    assert len(browser.world.audit("user.signed_out")) == 1


@pytest.mark.requirement("UI-18")
def test_nothing_of_the_session_before_is_good_after_signing_in(browser: Browser) -> None:
    page = browser.get("/login")
    browser.submit(page, "/login", username="ben", password=PASSWORD.format("ben"))
    assert browser.submit(page, "/logout").status_code == 403, "a planted CSRF token"
    assert is_signed_in(browser)


def test_signing_out_takes_a_post(browser: Browser) -> None:
    browser.sign_in("ben")
    assert browser.get("/logout").status_code == 405
    assert is_signed_in(browser)


@pytest.mark.requirement("UI-22")
def test_an_idle_session_ends(browser: Browser) -> None:
    browser.sign_in("ben")
    for _ in range(3):
        browser.world.clock.forward(minutes=59)
        assert is_signed_in(browser)
    browser.world.clock.forward(minutes=60, seconds=1)
    assert not is_signed_in(browser)


@pytest.mark.requirement("UI-22")
def test_a_session_ends_after_a_day_whatever_happens(browser: Browser) -> None:
    browser.sign_in("ben")
    for _ in range(47):
        browser.world.clock.forward(minutes=30)
        assert is_signed_in(browser)
    browser.world.clock.forward(minutes=30)
    assert not is_signed_in(browser)


def test_a_disabled_user_is_out_at_once(browser: Browser) -> None:
    browser.sign_in("ben")
    browser.world.disable_user("ben")
    assert not is_signed_in(browser)
    assert browser.sign_in("ben").status_code == 401


@pytest.mark.parametrize("name", ["be\x00n", "\x00", "ben\x1b[31m"])
def test_names_that_are_no_text_are_refused_on_each_database(world: World, name: str) -> None:
    stranger = Browser(world)
    assert stranger.sign_in(name, "wrong").status_code == 401
    stranger.sign_in("ben")
    for path in ("/consent/a%00b", "/oauth/continue/a%00b", "/consent/a%ff"):
        assert stranger.get(path).status_code == 404
    page = stranger.get(HOME_PAGE)
    assert stranger.submit(page, "/settings/authorizations/a%00b/revoke").status_code == 404


NEXT = [
    ("/consent/abc?x=1", True),
    ("/settings/authorizations/oauth2", True),
    ("", False),
    ("//evil.test", False),
    ("https://evil.test", False),
    ("/\\evil.test", False),
    ("\\\\evil.test", False),
    ("/\tevil", False),
    ("javascript:alert(1)", False),
    ("evil.test", False),
    ("///evil.test", False),
    ("/%0d%0aSet-Cookie:x", True),
    ("/é", False),
    ("http:/evil", False),
    ("/\r\nX: y", False),
]


@pytest.mark.requirement("UI-25")
@pytest.mark.parametrize(("target", "kept"), NEXT)
def test_next_cannot_leave_the_site(browser: Browser, target: str, kept: bool) -> None:
    assert safe_next(target) == (target if kept else HOME)
    page = browser.get("/login?next=" + quote(target))
    fields = {"username": "ben", "password": PASSWORD.format("ben")}
    location = browser.submit(page, "/login?next=" + quote(target), **fields).location
    assert location.startswith("/")
    assert not location.startswith("//")
    assert browser.get("/login?next=" + quote(target)).location == location, (
        "who is signed in goes on"
    )


@pytest.mark.requirement("UI-33")
@pytest.mark.usefixtures("shipped_hash")
def test_passwords_are_kept_as_argon2id(lone_world: World) -> None:
    with lone_world.app.app_context():
        for name in ("dora", "emil"):
            lone_world.add_user(name)
    new = "SELECT password_hash FROM users WHERE username IN ('dora', 'emil')"
    kept = [str(row[0]) for row in lone_world.execute(new)]
    assert all(k.startswith("$argon2id$v=19$m=19456,t=2") for k in kept)
    assert len(set(kept)) == len(kept)


@pytest.mark.requirement("UI-33")
@pytest.mark.usefixtures("shipped_hash")
def test_an_older_hash_is_renewed_at_the_next_sign_in(browser: Browser) -> None:
    from argon2 import PasswordHasher

    older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(
        PASSWORD.format("ben")
    )
    browser.world.execute(f"UPDATE users SET password_hash = '{older}' WHERE username = 'ben'")
    assert browser.sign_in("ben").status_code == 303
    kept = browser.world.execute("SELECT password_hash FROM users WHERE username = 'ben'")[0][0]
    assert "m=19456,t=2" in str(kept)
    assert Browser(browser.world).sign_in("ben").status_code == 303


def test_sign_ins_are_audited(browser: Browser) -> None:
    browser.sign_in("ben", "wrong")
    browser.sign_in("ben")
    assert len(browser.world.audit("user.sign_in_refused")) == 1
    assert len(browser.world.audit("user.signed_in")) == 1


@pytest.mark.requirement("XC-03", "XC-04")
@pytest.mark.parametrize("typed", [PASSWORD.format("ben"), "nobody", "\x1b[31m\r\nx", "é" * 300])
def test_what_was_typed_for_a_name_stays_out_of_the_audit_log(
    browser: Browser, typed: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in (typed, f" {typed.upper()} ", f"{typed}!", "BEN", "ben@example.org"):
        assert browser.sign_in(name, "wrong").status_code == 401
    events = browser.world.audit("user.sign_in_refused")
    subjects = [event.subject for event in sorted(events, key=lambda event: event.number)]
    assert typed not in repr(browser.world.execute("SELECT * FROM audit_events"))
    assert typed not in capfd.readouterr().err
    assert all(re.fullmatch(r"unknown:[0-9a-f]{8}", subject) for subject in subjects[:3])
    assert subjects[0] == subjects[1] != subjects[2], "tries with one text can be told"
    [[ben]] = browser.world.execute("SELECT id FROM users WHERE username = 'ben'")
    assert subjects[3:] == [ben, ben]


def test_the_front_door_leads_to_the_settings(browser: Browser) -> None:
    assert browser.get("/").location == HOME_PAGE
    first = browser.get(HOME_PAGE)
    assert first.location == "/login?next=" + quote(HOME_PAGE)
