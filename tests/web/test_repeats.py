"""Every step of the way back, sent twice: it leads to the same place, and nothing happens twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.domain.lifetimes import Lifetimes
from tests.drivers.device import device_of
from tests.drivers.tool import USUAL, Tool, answer_of, csrf_of, target_of
from tests.drivers.world import World

OTHER = {**USUAL, "project-payments": "viewer"}


@pytest.fixture
def ready(tool: Tool) -> Tool:
    return tool.sign_in()


def approved(tool: Tool) -> tuple[str, TestResponse, str]:
    """Approve a request; return the consent page's address, the page, and the address after it."""
    address, page = tool.consent_page()
    posted = tool.browser.submit(page, address, decision="approve", **USUAL)
    assert posted.status_code == 303
    return address, page, posted.location


def code_at(tool: Tool, location: str) -> str:
    return answer_of(target_of(tool.browser.get(location)))["code"]


def approvals(tool: Tool) -> int:
    return len(tool.world.audit("authorization.approved"))


def test_an_approval_that_is_sent_twice_leads_to_the_same_place(ready: Tool) -> None:
    address, page, location = approved(ready)
    again = ready.browser.submit(page, address, decision="approve", **USUAL)
    assert (again.status_code, again.location) == (303, location)
    assert ready.redeem(code_at(ready, location)).status_code == 200
    assert approvals(ready) == 1


def test_a_repeat_after_the_answer_too(ready: Tool) -> None:
    address, page, location = approved(ready)
    first = code_at(ready, location)
    for way in ("post", "back", "reload"):
        if way == "post":
            repeated = ready.browser.submit(page, address, decision="approve", **USUAL).location
        else:
            repeated = ready.browser.get(address).location if way == "back" else location
        assert repeated == location
        second = code_at(ready, repeated)
        assert second != first
        assert ready.redeem(first).get_json()["error"] == "invalid_grant"
        first = second
    assert ready.redeem(first).status_code == 200
    assert approvals(ready) == 1


def test_a_code_in_whose_place_another_came_ends_nothing(ready: Tool) -> None:
    _, _, location = approved(ready)
    old, new = code_at(ready, location), code_at(ready, location)
    token = ready.redeem(new).get_json()["access_token"]
    assert ready.redeem(old).get_json()["error"] == "invalid_grant"
    assert ready.is_active(token), "it was no replay"


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}],
)
def test_looking_ahead_has_no_effect(ready: Tool, headers: dict[str, str]) -> None:
    _, _, location = approved(ready)
    code = code_at(ready, location)
    assert ready.browser.http.head(location).status_code == 204
    assert ready.browser.get(location, headers=headers).status_code == 204
    assert ready.redeem(code).status_code == 200


def test_who_comes_back_after_the_tool_is_connected_is_told_so(ready: Tool) -> None:
    address, page, location = approved(ready)
    token = ready.redeem(code_at(ready, location)).get_json()["access_token"]
    ready.browser.submit(page, address, decision="approve", **USUAL)
    shown = ready.browser.get(location)
    assert shown.status_code == 200
    assert "is connected and has what you chose" in shown.text
    assert ready.is_active(token)
    assert ready.world.execute("SELECT count(*) FROM authorization_codes") == [(1,)]


def test_after_the_life_of_the_code_the_way_starts_at_the_tool(ready: Tool) -> None:
    _, _, location = approved(ready)
    code_at(ready, location)
    ready.world.clock.forward(seconds=Lifetimes().code)
    late = ready.browser.get(location)
    assert late.status_code == 409
    assert "start from the tool again" in late.text


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (("approve", USUAL), ("approve", OTHER), "You had allowed this before"),
        (("approve", USUAL), ("deny", {}), "You had allowed this before"),
        (("deny", {}), ("approve", USUAL), "You had cancelled this before"),
        (("deny", {}), ("deny", {}), ""),
    ],
    ids=["another choice", "deny after approve", "approve after deny", "denied twice"],
)
def test_the_first_decision_stands_and_another_is_told_so(
    ready: Tool,
    first: tuple[str, dict[str, Any]],
    second: tuple[str, dict[str, Any]],
    words: str,
) -> None:
    address, page = ready.consent_page()
    one = ready.browser.submit(page, address, decision=first[0], **first[1])
    two = ready.browser.submit(page, address, decision=second[0], **second[1])
    assert (two.status_code, two.location) == (303, one.location)
    shown = ready.browser.get(two.location)
    assert (words in shown.text) if words else ("before" not in shown.text)
    assert ('http-equiv="refresh"' in shown.text) is (not words), "a sentence waits to be read"
    answer = answer_of(target_of(shown))
    assert ("code" in answer) is (first[0] == "approve")
    if "code" in answer:
        token = ready.redeem(answer["code"]).get_json()["access_token"]
        assert {"type": "project", "identifier": "payments"}.items() <= ready.introspect(token)[
            "authorization_details"
        ][0].items()
        assert "flows:edit" in ready.introspect(token)["scope"]


def test_threads_that_approve_at_once_end_at_one_place(ready: Tool) -> None:
    address, page = ready.consent_page()
    kept = (ready.browser.http.get_cookie(name) for name in ("mandate", "mandate_browser"))
    cookies = {"Cookie": "; ".join(f"{c.key}={c.value}" for c in kept if c is not None)}
    form = {"csrf_token": csrf_of(page), "decision": "approve", **USUAL}

    def press() -> TestResponse:
        fresh = ready.world.app.test_client(use_cookies=False)
        return fresh.post(address, data=form, headers=cookies)

    with ThreadPoolExecutor(6) as pool:
        answers = [found.result() for found in [pool.submit(press) for _ in range(6)]]
    assert {(a.status_code, a.location) for a in answers} == {(303, answers[0].location)}
    assert approvals(ready) == 1
    assert ready.redeem(code_at(ready, answers[0].location)).status_code == 200


def test_a_device_that_is_approved_twice(world: World) -> None:
    device = device_of(world)
    address = device.type().location
    page = device.browser.get(address)
    for _ in range(2):
        posted = device.browser.submit(page, address, decision="approve", **USUAL)
        assert posted.status_code == 303
        assert "Go back to your device" in device.browser.get(posted.location).text
    assert device.poll().status_code == 200
    assert "Go back to your device" in device.browser.follow(address).text


# Settings: the forms that are saved or make something.


def test_an_edit_that_is_saved_twice(ready: Tool) -> None:
    ready.tokens()
    [[found]] = ready.world.execute("SELECT id FROM authorizations")
    address = f"/settings/authorizations/{found}"
    page = ready.browser.get(address)
    version = page.text.split('name="version" value="')[1].partition('"')[0]
    form = {**OTHER, "version": version, "action": "save"}
    for _ in range(2):
        saved = ready.browser.submit(page, address, **form)
        assert (saved.status_code, saved.location) == (303, address)
    assert "You had sent it before" in ready.browser.get(address).text
    assert len(ready.world.audit("authorization.edited")) == 1
    conflict = ready.browser.submit(page, address, **{**form, "project-payments": "editor"})
    assert conflict.status_code == 409, "another choice from an old page"


def made(tool: Tool, page: TestResponse, **more: Any) -> TestResponse:
    key = page.text.split('name="idempotency_key" value="')[1].partition('"')[0]
    form = {**USUAL, "name": "Nightly", "action": "create", "idempotency_key": key, **more}
    return tool.browser.submit(page, "/settings/authorizations/api-keys/new", **form)


def secret_of(page: TestResponse) -> str:
    return page.text.split("data-secret>")[1].partition("<")[0]


def test_a_key_that_is_made_twice_is_one_key_that_can_be_read(ready: Tool) -> None:
    page = ready.browser.get("/settings/authorizations/api-keys/new")
    lost, shown = made(ready, page), made(ready, page)
    assert shown.status_code == 200
    assert "The form came twice" in shown.text
    assert ready.is_active(secret_of(shown))
    assert not ready.is_active(secret_of(lost))
    assert len(ready.world.audit("api_key.created")) == 1
    ready.world.clock.forward(seconds=61)
    later = made(ready, page)
    assert later.status_code == 303
    assert "had made this key already" in ready.browser.get(later.location).text
    assert ready.is_active(secret_of(shown))


def test_a_form_that_says_something_else_now_is_not_the_same_press(ready: Tool) -> None:
    page = ready.browser.get("/settings/authorizations/api-keys/new")
    first = secret_of(made(ready, page))
    other = made(ready, page, **{"project-payments": "viewer", "name": "Another"})
    assert other.status_code == 303
    assert "as it stands here" in ready.browser.get(other.location).text
    assert ready.is_active(first), "the key that was shown goes on"
    assert len(ready.world.audit("api_key.created")) == 1
