"""Forms that come after the sign-in ended: the way leads back, nothing is sent and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.drivers.device import device_of
from tests.drivers.tool import USUAL, Browser, Tool, answer_of, csrf_of, target_of
from tests.drivers.world import PASSWORD, World

NEW_KEY = "/settings/authorizations/api-keys/new"
CHOSEN: dict[str, Any] = {
    "capabilities": ["api", "flows:edit"],
    "project-payments": "editor",
    "role_ends_in-payments": "3600",
    "role_then-payments": "viewer",
    "expires_in": "604800",
    "name": "My own label",
}
SHOWN = (
    '<option value="editor" selected',
    '<option value="3600" selected',
    'name="expires_in" value="604800" checked',
    'value="My own label"',
)
OWN = {"Sec-Fetch-Site": "same-origin"}


def idle(tool: Tool) -> None:
    tool.world.clock.forward(minutes=59)
    tool.world.clock.forward(minutes=2)


def signed_out_elsewhere(tool: Tool) -> None:
    page = tool.browser.get("/settings/authorizations/oauth2")
    assert tool.browser.submit(page, "/logout").status_code == 303


def session_cookie_gone(tool: Tool) -> None:
    tool.browser.http.delete_cookie("mandate")


def signed_in_again(tool: Tool) -> None:
    signed_out_elsewhere(tool)
    tool.browser.sign_in("ben")


ENDS: dict[str, Callable[[Tool], None]] = {
    "idle": idle,
    "signed out elsewhere": signed_out_elsewhere,
    "the session's cookie is gone": session_cookie_gone,
    "signed out and in again": signed_in_again,
}


@pytest.fixture
def ready(lone_tool: Tool) -> Tool:
    tool = lone_tool.sign_in()
    tool.consent_page()  # a browser that has met a tool has its key
    return tool


def authorization_of(tool: Tool) -> str:
    tool.tokens(CHOSEN | {"project-payments": "viewer", "role_then-payments": ""})
    [[found]] = tool.world.execute("SELECT id FROM authorizations")
    return f"/settings/authorizations/{found}"


def return_to(tool: Tool, sent: TestResponse) -> TestResponse:
    """Go where a late form leads, through the sign-in when it asks for one; return the last page."""
    assert sent.status_code == 303
    if not sent.location.startswith("/login"):
        return tool.browser.get(sent.location)
    page = tool.browser.get(sent.location)
    assert "nothing was sent" in page.text
    fields = {"username": "ben", "password": PASSWORD.format("ben")}
    signed_in = tool.browser.submit(page, sent.location, **fields)
    assert signed_in.status_code == 303
    return tool.browser.get(signed_in.location)


CHOICES: dict[str, tuple[Callable[[Tool], str], dict[str, str]]] = {
    "consent": (lambda tool: tool.consent_page()[0], {"decision": "approve"}),
    "editor": (authorization_of, {"action": "save"}),
    "new key": (lambda _: NEW_KEY, {"action": "create"}),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("form", CHOICES)
def test_what_was_chosen_comes_back_to_be_sent_by_hand(ready: Tool, form: str, end: str) -> None:
    address_of, button = CHOICES[form]
    address = address_of(ready)
    page = ready.browser.get(address)
    before = ready.world.execute("SELECT id, version FROM authorizations")
    ENDS[end](ready)
    sent = ready.browser.submit(page, address, **CHOSEN, **button)
    back = return_to(ready, sent)
    if form == "consent" and end == "idle":
        assert back.request.path != address, "the request had expired as well, and goes on anew"
        address = back.request.path
    assert back.request.path == address
    for words in SHOWN:
        assert words in back.text, words
    assert "othing has been sent yet" in back.text
    assert ready.world.execute("SELECT id, version FROM authorizations") == before

    again = ready.browser.submit(back, address, **CHOSEN, **button)
    assert again.status_code in (200, 303), again.text
    assert ready.world.execute("SELECT id, version FROM authorizations") != before
    if form != "consent":
        assert "othing has been sent yet" not in ready.browser.get(address).text, "it was sent"


def test_the_tool_is_reached_in_the_end(ready: Tool) -> None:
    address, page = ready.consent_page()
    idle(ready)
    back = return_to(ready, ready.browser.submit(page, address, decision="approve", **CHOSEN))
    posted = ready.browser.submit(back, back.request.path, decision="approve", **CHOSEN)
    answer = answer_of(target_of(ready.browser.get(posted.location)))
    assert answer["state"] == "xyzzy"
    assert ready.redeem(answer["code"]).status_code == 200


def test_all_cookies_gone_still_lead_to_the_tool(ready: Tool) -> None:
    address, page = ready.consent_page(state="kept")
    for name in ("mandate", "mandate_browser"):
        ready.browser.http.delete_cookie(name)
    form = {"csrf_token": csrf_of(page), "decision": "approve", **CHOSEN}
    back = return_to(ready, ready.browser.http.post(address, data=form, headers=OWN))
    assert back.request.path != address, "a new request, for the key that the browser has now"
    for words in SHOWN:
        assert words in back.text
    posted = ready.browser.submit(back, back.request.path, decision="approve", **CHOSEN)
    answer = answer_of(target_of(ready.browser.get(posted.location)))
    assert answer["state"] == "kept"
    assert ready.redeem(answer["code"]).status_code == 200


# Forms of one button: they lead to the page that they stand on.


def test_a_button_leads_to_its_page(ready: Tool) -> None:
    address = authorization_of(ready)
    page = ready.browser.get(address)
    for button in ("pause", "revoke", "rotate", "sessions/end", "sessions/x/end", "resume"):
        signed_out_elsewhere(ready)
        back = return_to(ready, ready.browser.submit(page, f"{address}/{button}"))
        assert back.request.path == address
        assert "active" in back.text
        page = back
    signed_out_elsewhere(ready)
    fields = {"current_password": "x", "new_password": "y"}
    sent = ready.browser.submit(page, "/settings/account/password", **fields)
    assert return_to(ready, sent).request.path == "/settings/account"
    assert ready.world.execute("SELECT fields FROM kept_forms") == []


def test_a_device_code_that_was_typed_comes_back(lone_world: World) -> None:
    device = device_of(lone_world)
    page = device.browser.get("/device")
    signed_out_elsewhere(device)
    sent = device.browser.submit(page, "/device", user_code=device.asked["user_code"])
    back = return_to(device, sent)
    assert f'value="{device.asked["user_code"]}"' in back.text


def test_the_live_sentence_says_what_is_true(ready: Tool) -> None:
    address, page = ready.consent_page()
    signed_out_elsewhere(ready)
    said = ready.browser.submit(page, f"{address}/summary", **USUAL)
    assert said.status_code == 401
    assert "what you chose comes back" in said.get_json()["sentence"]


# What may come back, and to whom.


def test_no_password_is_kept(ready: Tool) -> None:
    page = ready.browser.get(NEW_KEY)
    idle(ready)
    ready.browser.submit(page, NEW_KEY, **CHOSEN, password="my secret words")
    [[kept]] = ready.world.execute("SELECT fields FROM kept_forms")
    assert "my secret words" not in str(kept)
    assert csrf_of(page) not in str(kept)


def test_a_choice_comes_back_to_its_user_and_browser_only(ready: Tool) -> None:
    page = ready.browser.get(NEW_KEY)
    idle(ready)
    ready.browser.submit(page, NEW_KEY, **CHOSEN)
    other = Browser(ready.world)
    other.sign_in("ben")
    assert "My own label" not in other.get(NEW_KEY).text
    ready.browser.sign_in("ada")
    assert "My own label" not in ready.browser.get(NEW_KEY).text
    signed_out_elsewhere(ready)
    ready.browser.sign_in("ben")
    assert "My own label" in ready.browser.get(NEW_KEY).text
    ready.world.clock.forward(minutes=61)
    ready.browser.sign_in("ben")
    assert "My own label" not in ready.browser.get(NEW_KEY).text, "for an hour"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_another_site_fills_nothing_in(ready: Tool, site: str) -> None:
    address, page = ready.consent_page()
    form = {"csrf_token": csrf_of(page), "decision": "approve", **CHOSEN}
    signed_out_elsewhere(ready)
    ready.browser.http.post(address, data=form, headers={"Sec-Fetch-Site": site})
    assert ready.world.execute("SELECT fields FROM kept_forms") == []
    ready.browser.sign_in("ben")
    assert "My own label" not in ready.browser.get(address).text


def test_what_is_kept_is_bounded(ready: Tool) -> None:
    page = ready.browser.get(NEW_KEY)
    signed_out_elsewhere(ready)
    long = {**CHOSEN, "mcp_servers": [f"server-{n:05}" for n in range(9_00)], "name": "x" * 64_000}
    sent = ready.browser.submit(page, NEW_KEY, **long)
    assert "fill the form in again" in ready.browser.get(sent.location).text
    for _ in range(70):
        ready.browser.submit(page, NEW_KEY, **CHOSEN)
    tries = ready.world.execute("SELECT failures FROM failure_counts")
    assert max(int(str(failures)) for (failures,) in tries) > 60
    assert ready.world.execute("SELECT count(*) FROM kept_forms") == [(1,)]


def test_the_form_of_many_projects_comes_back_too(ready: Tool) -> None:
    page = ready.browser.get(NEW_KEY)
    signed_out_elsewhere(ready)
    many = {f"project-plant-{n:04}": "" for n in range(3_000)}
    back = return_to(ready, ready.browser.submit(page, NEW_KEY, **CHOSEN, **many))
    for words in SHOWN:
        assert words in back.text
    stranger = Browser(ready.world)
    token = csrf_of(stranger.get("/login"))
    refused = stranger.http.post(NEW_KEY, data={"csrf_token": token, **CHOSEN, **many})
    assert refused.status_code == 413


# Signing in.


def test_a_second_sign_in_goes_on(ready: Tool) -> None:
    browser = Browser(ready.world)
    page = browser.get("/login?next=/settings/account")
    fields = {"username": "ben", "password": PASSWORD.format("ben")}
    for _ in range(2):  # another tab, a password manager, Back
        answer = browser.submit(page, "/login?next=/settings/account", **fields)
        assert (answer.status_code, answer.location) == (303, "/settings/account")
    assert ready.world.execute("SELECT count(*) FROM browser_sessions") == [(2,)]


def test_a_browser_without_cookies_is_told_so(ready: Tool) -> None:
    page = Browser(ready.world).get("/login")
    bare = ready.world.app.test_client(use_cookies=False)
    fields = {"csrf_token": csrf_of(page), "username": "ben", "password": PASSWORD.format("ben")}
    answer = bare.post("/login", data=fields)
    assert answer.status_code == 400
    assert "sent no cookie" in answer.text
    assert 'value="ben"' in answer.text


def test_an_old_form_of_the_sign_in_comes_anew(ready: Tool) -> None:
    browser = Browser(ready.world)
    page = browser.get("/login?next=/device")
    browser.sign_in("ben")
    browser.submit(browser.get("/device"), "/logout")
    fields = {"username": "ben", "password": PASSWORD.format("ben")}
    answer = browser.submit(page, "/login?next=/device", **fields)
    assert answer.status_code == 400
    assert "once more" in answer.text
    assert browser.submit(answer, "/login?next=/device", **fields).location == "/device"


def test_another_account_comes_back_to_the_same_request(ready: Tool) -> None:
    address, page = ready.consent_page()
    action = page.text.split('action="/logout?')[1].partition('"')[0]
    out = ready.browser.submit(page, f"/logout?{action}")
    login = ready.browser.get(out.location)
    fields = {"username": "ada", "password": PASSWORD.format("ada")}
    assert ready.browser.submit(login, out.location, **fields).location == address
    assert "ada@example.org" in ready.browser.get(address).text


def test_another_account_takes_up_a_device_in_the_same_browser(lone_world: World) -> None:
    device = device_of(lone_world)
    device.type()
    signed_out_elsewhere(device)
    device.browser.sign_in("ada")
    address = device.type().location
    assert "ada@example.org" in device.browser.get(address).text


# Requests that waited for too long.


def test_a_request_that_has_expired_begins_again_by_one_press(ready: Tool) -> None:
    address, _ = ready.consent_page(state="öther&=")
    ready.world.clock.forward(minutes=61)
    ready.browser.sign_in("ben")
    expired = ready.browser.get(address)
    assert expired.status_code == 404
    again = expired.text.split('href="/oauth/authorize?')[1].partition('"')[0]
    fresh = ready.browser.get("/oauth/authorize?" + again.replace("&amp;", "&"))
    shown = ready.browser.get(fresh.location)
    posted = ready.browser.submit(shown, fresh.location, decision="approve", **USUAL)
    assert answer_of(target_of(ready.browser.get(posted.location)))["state"] == "öther&="


def test_an_approval_that_comes_too_late_begins_again_with_its_choice(ready: Tool) -> None:
    address, page = ready.consent_page()
    ready.world.clock.forward(minutes=59)
    ready.browser.get("/settings/account")
    ready.world.clock.forward(minutes=2)
    sent = ready.browser.submit(page, address, decision="approve", **CHOSEN)
    assert sent.status_code == 303
    back = ready.browser.get(sent.location)
    assert "waited for too long and begins again" in back.text
    for words in SHOWN:
        assert words in back.text
    posted = ready.browser.submit(back, sent.location, decision="approve", **CHOSEN)
    assert "code" in answer_of(target_of(ready.browser.get(posted.location)))


def test_another_browser_cannot_begin_it_again(ready: Tool) -> None:
    address, _ = ready.consent_page()
    ready.world.clock.forward(minutes=61)
    other = Browser(ready.world)
    other.sign_in("ben")
    answer = other.get(address)
    assert answer.status_code == 403
    assert "/oauth/authorize" not in answer.text


def test_another_browser_does_not_take_an_expired_request_over(ready: Tool) -> None:
    address, _ = ready.consent_page()
    ready.world.clock.forward(minutes=61)
    stranger = Tool(ready.world, ready.client)
    stranger.authorize()  # a browser with a key of its own
    page = stranger.browser.get("/login")
    before = ready.world.execute("SELECT count(*) FROM authorization_requests")
    sent = stranger.browser.submit(page, address, decision="approve", **CHOSEN)
    assert sent.location == "/login?next=" + address
    assert ready.world.execute("SELECT count(*) FROM authorization_requests") == before
