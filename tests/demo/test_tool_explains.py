"""The example tool explains itself: the steps, then and now, and which bound says no."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from app.demo.tool.calls import Caller
from app.demo.tool.reach import (
    CHANGED,
    GONE,
    NEW,
    SHUT,
    UNKNOWN,
    Part,
    Reach,
    shown_now,
    shown_then,
)
from app.domain.delegation.choice import Choice
from tests.drivers.axe import violations
from tests.drivers.chromium import CHROMIUM, FLAGS
from tests.drivers.demo_browser import Browser, notice_of
from tests.drivers.demo_stage import Stage

CAPABILITIES = frozenset({"api", "mcp", "apps:view", "flows:edit"})
MCP_SERVER = frozenset({"website-content"})
LESS = Choice(frozenset({"api"}), {"sandbox": "viewer"}, frozenset())
MORE = Choice(CAPABILITIES, {"website": "editor", "sandbox": "admin"}, MCP_SERVER)


def ticked(page: httpx.Response) -> tuple[list[str], str]:
    """Return the steps that are done and the one that is next."""
    steps = re.findall(r"<li([^>]*)>.*?<span>([^<]+)", page.text.split('class="steps"')[1])[:4]
    following = [title for attributes, title in steps if 'aria-current="step"' in attributes]
    return [t for a, t in steps if "done" in a], "".join(following)


def column(page: httpx.Response, name: str) -> str:
    """Return one of the two columns as text."""
    found = re.search(rf'aria-labelledby="{name}">(.*?)</section>', page.text, re.DOTALL)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def links_of(page: httpx.Response) -> list[str]:
    found = re.findall(r'href="([^"]+aut_[^"]+)"', page.text)
    return [unescape(link).rpartition("/")[2].partition("?")[2] for link in found]


def test_the_whole_loop_ticks_itself(stage: Stage, browser: Browser) -> None:
    assert ticked(browser.get(stage.demo["tool"])) == ([], "Connect")
    assert ticked(stage.connect(browser)) == (["Connect"], "Change")
    page = browser.press(browser.get(stage.demo["tool"]), "/call")
    assert ticked(page) == (["Connect"], "Change")
    stage.edit(LESS)
    page = browser.get(stage.demo["tool"])
    assert ticked(page) == (["Connect", "Change"], "Call again")
    page = browser.press(page, "/call")
    assert ticked(page) == (["Connect", "Change", "Call again"], "Revoke")
    stage.revoke(browser)
    page = browser.press(browser.get(stage.demo["tool"]), "/call")
    assert ticked(page) == (["Connect", "Change", "Call again", "Revoke"], "")
    page = browser.press(page, "/disconnect")
    page = browser.press(page, "/connect", resource=stage.api)
    assert ticked(browser.get(browser.answer(page))) == (["Connect"], "Change")


@pytest.mark.parametrize("way", ["/disconnect", "/refresh"])
def test_the_end_of_the_session_is_the_last_step(stage: Stage, browser: Browser, way: str) -> None:
    page = stage.connect(browser)
    if way == "/refresh":
        stage.revoke_all()
    page = browser.press(page, way)
    assert ticked(page) == (["Connect", "Revoke"], "")
    assert "Connect to Mandate" in page.text


def test_then_and_now_stand_beside_each_other(stage: Stage, browser: Browser) -> None:
    page = stage.connect(browser)
    for name in ("then", "now"):
        said = column(page, name)
        assert "website as editor" in said
        assert "Website Content where you are editor" in said
        assert "Create and modify flows flows:edit" in said
        assert not re.search(f"{NEW}|{CHANGED}|{GONE}", said)
    stage.edit(LESS)
    page = browser.get(stage.demo["tool"])
    then, now = column(page, "then"), column(page, "now")
    assert f"website as editor {GONE}" in then
    assert f"Website Content where you are editor {GONE}" in then
    assert f"sandbox as viewer {NEW}" in now
    assert "website" not in now
    assert "Connect to your workspace api Projects" in now
    page = browser.press(page, "/refresh")
    assert column(page, "then").endswith("sandbox as viewer MCP servers None.")


def test_a_call_to_what_was_taken_away_is_refused_and_says_where_it_is_given(
    stage: Stage, browser: Browser
) -> None:
    stage.connect(browser)
    stage.edit(LESS)
    page = browser.press(browser.get(stage.demo["tool"]), "/call")
    assert "Refused: The project website was not given to this tool." in notice_of(page)
    assert "The bound that says no: <b>project</b>." in page.text
    assert links_of(page) == ["project=website", "project=website"]
    page = browser.press(page, "/flows", project="website")
    missing = "give=flows%3Aedit&project=website"
    assert links_of(page) == [missing, missing]


def test_what_is_added_is_allowed_at_the_next_call_with_the_same_token(
    stage: Stage, browser: Browser
) -> None:
    page = stage.connect(browser)
    hints = re.findall(r"<code>(mdta_\w{4}…)</code>", page.text)
    assert "<option>sandbox</option>" not in page.text
    stage.edit(MORE)
    page = browser.press(browser.get(stage.demo["tool"]), "/call")
    assert notice_of(page).endswith("allowed everything.")
    assert "/api/projects/sandbox/flows" in page.text
    assert "it was done" in notice_of(browser.press(page, "/flows", project="sandbox"))
    assert re.findall(r"<code>(mdta_\w{4}…)</code>", page.text) == hints
    assert "What you took away is refused, and what you added is" in page.text


def test_the_users_own_role_is_named_and_nothing_is_to_be_given(
    stage: Stage, browser: Browser
) -> None:
    page = stage.connect(browser)
    stage.set_role("jonas", "website", "viewer")
    page = browser.press(page, "/flows", project="website")
    assert "You are viewer in Website; ask for editor there." in notice_of(page)
    assert "The bound that says no: <b>your role</b>." in page.text
    assert links_of(page) == ["", ""]
    assert "See it in Mandate" in page.text


def test_a_tool_that_lost_the_api_is_told_why(stage: Stage, browser: Browser) -> None:
    stage.connect(browser)
    stage.edit(Choice(frozenset({"flows:edit"}), {"website": "editor"}, frozenset()))
    page = browser.get(stage.demo["tool"])
    assert "Refused: “Connect to your workspace” was not given to this tool." in column(page, "now")
    assert ticked(page) == (["Connect", "Change"], "Call again")


def test_an_mcp_server_says_what_holds_now_too(stage: Stage, browser: Browser) -> None:
    page = stage.connect(browser, resource=stage.addresses.mcp_server("website-content"))
    assert "website as editor apps:view flows:edit" in column(page, "now")
    assert "Website Content where you are editor" in column(page, "now")
    stage.edit(Choice(CAPABILITIES, {"website": "viewer"}, MCP_SERVER))
    page = browser.get(stage.demo["tool"])
    assert f"website as viewer {CHANGED} apps:view" in column(page, "now")
    assert ticked(page) == (["Connect", "Change"], "Call again")
    stage.revoke_all()
    assert column(browser.get(stage.demo["tool"]), "now").endswith(SHUT.sentence)


def answering(status: int, body: Any, **more: Any) -> Caller:
    caller = Caller("http://api.example/api", "http://mandate.example")
    answer = httpx.Response(status, json=body, **more)
    caller._http = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    return caller


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, {}), (200, []), (200, {"scope": 1}), (503, {"error": "x"}), (500, None), (404, {})],
)
def test_what_cannot_be_read_is_not_known(status: int, body: Any) -> None:
    caller = answering(status, body)
    for resource in ("http://api.example/api", "http://api.example/mcp/x"):
        assert caller.now("mdta_x", resource) == UNKNOWN


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("http://mandate.example/settings/authorizations/aut_1?give=api", True),
        ("http://mandate.example.evil.example/", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_a_link_to_another_place_than_mandate_is_dropped(link: str, kept: bool) -> None:
    body = {"error_description": "No.", "bound": "your_role", "error_uri": link}
    call = answering(403, body).add_flow("mdta_x", "website", "Flow")
    assert call.reason is not None
    assert (call.reason.bound, call.reason.message) == ("your role", "No.")
    assert call.reason.link == (link if kept else "")
    assert answering(401, body).add_flow("mdta_x", "website", "Flow").reason is None


def test_differences_are_marked_on_the_side_where_they_show() -> None:
    then = Reach((Part("a"), Part("c")), (Part("p", "viewer"), Part("q", "viewer")))
    now = Reach((Part("a"), Part("d")), (Part("p", "editor"), Part("q", "viewer")))
    issued, held = shown_then(then, now), shown_now(now, then)
    assert [one.word for one in issued.capabilities + issued.projects] == ["", GONE, "", ""]
    assert [one.word for one in held.capabilities + held.projects] == ["", NEW, CHANGED, ""]
    assert [one.word for one in shown_then(then, None).capabilities] == ["", ""]


def looked_at(page: Page, stage: Stage) -> list[str]:
    """Return what axe has against the page, and whether it is wider than a phone or a screen."""
    found = []
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(stage.demo["tool"])
        root = "document.documentElement"
        if page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
            found.append(f"wider than {width}")
    return found + violations(page)


def context_of(browser: Browser, chromium: Any, stage: Stage) -> BrowserContext:
    """Return a profile in Chromium that has the cookies of a browser."""
    made: BrowserContext = chromium.new_context(bypass_csp=True)  # axe is a script
    made.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": stage.demo["tool"]}
            for cookie in browser.http.cookies.jar
        ]
    )
    return made


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_page_is_for_everybody_at_every_step(stage: Stage, browser: Browser) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        found = looked_at(chromium.new_context(bypass_csp=True).new_page(), stage)
        stage.connect(browser)
        page = context_of(browser, chromium, stage).new_page()
        found += looked_at(page, stage)
        stage.edit(LESS)
        browser.press(browser.get(stage.demo["tool"]), "/call")
        found += looked_at(page, stage)
        stage.revoke_all()
        browser.press(browser.get(stage.demo["tool"]), "/call")
        found += looked_at(page, stage)
        chromium.close()
    assert found == []
