"""Pressing a button in a real Chromium, however long the press takes and whatever arrives meanwhile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.drivers.chromium import BROWSER, NEW, Site, says, signed_in

pytestmark = BROWSER

# Two changes at once, so that the page asks for one sentence.
TICK_AND_CHOOSE = """
  document.querySelector("[value='flows:edit']").checked = true;
  const project = document.querySelector("[name=project-payments]");
  project.value = "editor";
  project.dispatchEvent(new Event("input", { bubbles: true }));
"""


ANSWER = {"change": "", "details": [], "notes": [], "more": "", "button": "Create the key"}


def hold(page: Page, name: str) -> None:
    """Put the pointer's button down on a button of the page."""
    button = page.get_by_role("button", name=name)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()


def test_a_button_keeps_its_place_while_it_is_pressed(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 500})
    with signed_in(site, context) as page:
        page.goto(site.url + NEW)
        asked: list[Route] = []
        page.route("**/summary", lambda route: asked.append(route))  # noqa: PLW0108 (it takes no built-in)
        page.evaluate(TICK_AND_CHOOSE)
        while not asked:
            page.wait_for_timeout(20)
        hold(page, "Create the key")
        with page.expect_response("**/summary"):
            asked[0].continue_()
        page.wait_for_timeout(200)
        page.mouse.up()
        expect(page.locator("[data-secret]")).to_contain_text("mdtk_")


def test_a_button_keeps_its_place_while_the_scripts_arrive(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 500})
    with signed_in(site, context) as page:
        late: list[Route] = []
        page.route(re.compile("choice.*[.]js"), lambda route: late.append(route))  # noqa: PLW0108 (the same)
        page.goto(site.url + NEW, wait_until="commit")
        page.select_option("[name=project-payments]", "editor")
        page.check("[value='flows:edit']")
        hold(page, "Create the key")
        with page.expect_response(re.compile("summary.*[.]js")):
            late[0].continue_()
        page.wait_for_timeout(300)
        assert page.locator(".pick").count() == 0
        page.mouse.up()
        expect(page.locator("[data-secret]")).to_contain_text("mdtk_")


def test_a_sentence_about_an_earlier_choice_is_not_shown(site: Site, chromium: Browser) -> None:
    with signed_in(site, chromium.new_context()) as page:
        page.goto(site.url + NEW)
        asked: list[Route] = []
        page.route("**/summary", lambda route: asked.append(route))  # noqa: PLW0108 (the same)
        page.evaluate(TICK_AND_CHOOSE)
        while not asked:
            page.wait_for_timeout(20)
        page.evaluate(
            """() => {
              const role = document.querySelector("[name=project-payments]");
              role.value = "";
              const told = () => role.dispatchEvent(new Event("input", { bubbles: true }));
              told();
              window.telling = setInterval(told, 50);
            }"""
        )
        asked[0].fulfill(json={**ANSWER, "sentence": "It can do what was chosen before."})
        page.wait_for_timeout(300)
        expect(page.locator("[data-sentence]")).to_have_text("Choose what it may do.")
        expect(page.locator(".sums")).to_have_attribute("aria-busy", "true")
        page.unroute("**/summary")
        page.evaluate("clearInterval(window.telling)")
        expect(page.locator(".sums")).to_have_attribute("aria-busy", "false")


def test_only_a_press_of_a_button_holds_the_sentence_back(site: Site, chromium: Browser) -> None:
    with signed_in(site, chromium.new_context()) as page:
        page.goto(site.url + NEW)
        # The list that opens takes the release for itself: the page may never hear of it.
        page.locator("[name=project-payments]").dispatch_event("pointerdown", {"bubbles": True})
        page.evaluate(TICK_AND_CHOOSE)
        says(page, "Payments (editor)")


@pytest.mark.parametrize("end", ["pointerup", "pointercancel", "contextmenu", "blur"])
def test_a_press_that_ends_without_a_click_shows_the_sentence(
    site: Site, chromium: Browser, end: str
) -> None:
    with signed_in(site, chromium.new_context()) as page:
        page.goto(site.url + NEW)
        page.get_by_role("button", name="Create the key").dispatch_event("pointerdown")
        with page.expect_response("**/summary"):
            page.evaluate(TICK_AND_CHOOSE)
        page.wait_for_timeout(200)
        expect(page.locator("[data-sentence]")).to_have_text("Choose what it may do.")
        page.evaluate("(end) => { dispatchEvent(new Event(end)); }", end)
        says(page, "Payments (editor)")
