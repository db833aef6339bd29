"""Settings in a real Chromium: the editor, API keys and the lists, with and without JavaScript."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.drivers.axe import AXE, violations
from tests.drivers.chromium import (
    BROWSER,
    NEW,
    Site,
    changes,
    delegated,
    make_key,
    notice,
    press,
    says,
    show_the_change,
    signed_in,
    tab_to,
)
from tests.drivers.owner import LIST, Owner
from tests.drivers.tool import USUAL, Tool

pytestmark = BROWSER


TOOLS = "/settings/authorizations/oauth2"
TWO_HOURS = re.compile(r"^Adds editor in Website until 22 Nov 2026, 14:00( UTC)?, then viewer\.$")
HIDDEN = """() => {
  const field = document.activeElement, verdict = document.querySelector(".verdict");
  if (getComputedStyle(verdict).position !== "sticky") return false;
  if (verdict.contains(field) || field === document.body) return false;
  const [mine, its] = [field.getBoundingClientRect(), verdict.getBoundingClientRect()];
  return mine.bottom > its.top + 1 && mine.top < its.bottom;
}"""


def part(page: Page, name: str) -> None:
    """Open a part of the page; it is the only one in sight."""
    page.click(f"[data-part-tab={name}]")
    expect(page.locator(".tabbed > section:visible")).to_have_count(1)
    expect(page.locator(f"#{name}")).to_be_visible()


def shows_places(page: Page, words: str | re.Pattern[str]) -> None:
    """Find words in what an Authorization can do now, project by project."""
    part(page, "check")
    expect(page.locator(".places-now")).to_contain_text(words)


def test_an_edit_by_mouse(site: Site, context: BrowserContext) -> None:
    editor = delegated(site)
    with signed_in(site, context) as page:
        page.goto(site.url + editor.address)
        changes(page, "Changes nothing.")
        page.uncheck("[name=capabilities][value='flows:edit']")
        page.select_option("[name=project-website]", "viewer")
        show_the_change(page)
        changes(page, "Takes away “Create and modify flows”; adds viewer in Website.")
        says(page, "work in Payments (editor) and Website (viewer)")
        assert editor.tool.introspect(editor.token)["scope"] == "api flows:edit", "not saved yet"
        press(page, "save")
        notice(page, "Saved. Takes away “Create and modify flows”; adds viewer in Website.")
        shows_places(page, "Website as viewer")
        assert editor.tool.introspect(editor.token)["scope"] == "api"


def test_an_edit_by_keyboard(site: Site, chromium: Browser) -> None:
    editor = delegated(site)
    with signed_in(site, chromium.new_context()) as page:
        page.goto(site.url + editor.address)
        tab_to(page, "[name=project-website]", "ArrowDown")
        tab_to(page, "[value='flows:edit']:not(option)", "Space")
        changes(page, "Takes away “Create and modify flows”; adds viewer in Website.")
        tab_to(page, "[value=save]", "Enter")
        notice(page, "Saved.")
        assert editor.tool.introspect(editor.token)["scope"] == "api"


@pytest.mark.parametrize("height", [700, 500])
def test_what_has_the_focus_is_never_behind_the_verdict(
    site: Site, chromium: Browser, height: int
) -> None:
    editor = delegated(site)
    context = chromium.new_context(
        viewport={"width": 390, "height": height}, reduced_motion="reduce"
    )
    with signed_in(site, context) as page:
        page.goto(site.url + editor.address)
        tab_to(page, "[name=project-website]", "ArrowDown")
        changes(page, "Adds viewer in Website.")
        for key in ["Tab"] * 24 + ["Shift+Tab"] * 24:
            page.keyboard.press(key)
            assert not page.evaluate(HIDDEN), page.evaluate(
                "document.activeElement.outerHTML.slice(0, 200)"
            )


def test_editor_for_two_hours_then_viewer(site: Site, context: BrowserContext) -> None:
    editor = delegated(site, {**USUAL, "expires_in": ""})
    with signed_in(site, context) as page:
        page.goto(site.url + editor.address)
        page.select_option("[name=project-website]", "editor")
        show_the_change(page)
        then = page.locator("[name=role_then-website]")
        expect(then).to_be_hidden()
        page.select_option("[name=role_ends_in-website]", "7200")
        expect(then).to_be_visible()
        then.select_option("viewer")
        show_the_change(page)
        changes(page, TWO_HOURS)
        press(page, "save")
        shows_places(page, re.compile("22 Nov 2026, 14:00( UTC)?, then viewer"))
        assert [d["privileges"] for d in editor.details()] == [["editor"], ["editor"]]
        site.world.clock.forward(hours=2)
        site.let_in(page)
        page.goto(site.url + editor.address)
        expect(page.locator("[name=project-website]")).to_have_value("viewer")
        shows_places(page, "Website as viewer")


def test_a_role_falls_back_to_a_lower_one_only(site: Site, chromium: Browser) -> None:
    editor = delegated(site)
    with signed_in(site, chromium.new_context()) as page:
        page.goto(site.url + editor.address)
        page.select_option("[name=project-website]", "admin")
        page.select_option("[name=role_ends_in-website]", "7200")
        page.select_option("[name=role_then-website]", "editor")
        page.select_option("[name=project-website]", "viewer")
        expect(page.locator("[name=role_then-website]")).to_have_value("")
        expect(page.locator("[name=role_then-website] option:enabled")).to_have_count(1)
        page.select_option("[name=project-website]", "")
        expect(page.locator("[name=role_ends_in-website]")).to_have_count(0)
        changes(page, "Changes nothing.")


def test_pause_and_resume(site: Site, context: BrowserContext) -> None:
    editor = delegated(site)
    with signed_in(site, context) as page:
        page.goto(site.url + editor.address)
        page.get_by_role("button", name="Pause").click()
        notice(page, "Paused.")
        expect(page.locator("h1 .tag")).to_have_text("paused")
        assert not editor.tool.is_active(editor.token)
        page.get_by_role("button", name="Resume").click()
        notice(page, "Resumed.")
        assert editor.tool.is_active(editor.token)


def test_revoking_says_first_what_stops(site: Site, context: BrowserContext) -> None:
    editor = delegated(site)
    with signed_in(site, context) as page:
        page.goto(site.url + editor.address)
        now = page.get_by_role("button", name="Revoke now")
        summary = page.locator(".actions summary")
        before = summary.bounding_box()
        summary.click()
        after = summary.bounding_box()
        assert before
        assert after
        assert (before["x"], before["y"]) == (after["x"], after["y"]), "it stays where it was"
        for words in ("1 session, and every token", "create and modify flows", "Payments (editor)"):
            expect(page.locator(".actions form", has=now)).to_contain_text(words)
        expect(summary).to_have_text("Cancel", use_inner_text=True)
        summary.click()
        expect(now).to_be_hidden()
        assert editor.tool.is_active(editor.token)
        summary.click()
        now.click()
        notice(page, "Revoked.")
        expect(page).to_have_url(site.url + TOOLS)
        assert not editor.tool.is_active(editor.token)
        page.goto(site.url + editor.address)
        expect(page.locator("[data-choice]")).to_have_count(0)


def test_one_session_is_ended(site: Site, context: BrowserContext) -> None:
    editor = delegated(site)
    other = editor.tool.tokens()["access_token"]
    with signed_in(site, context) as page:
        page.goto(site.url + editor.address)
        part(page, "sessions")
        ends = page.get_by_role("button", name=re.compile("^End the session"))
        expect(ends).to_have_count(2)
        ends.first.click()
        notice(page, "The session has ended.")
        part(page, "sessions")
        expect(ends).to_have_count(1)
        assert sorted(map(editor.tool.is_active, (editor.token, other))) == [False, True]


def test_the_checker_answers(site: Site, context: BrowserContext) -> None:
    editor = delegated(site)
    with signed_in(site, context) as page:
        page.goto(site.url + editor.address)
        part(page, "check")
        page.get_by_label("What", exact=True).select_option("flows:edit")
        page.get_by_label("Project", exact=True).select_option("payments")
        page.get_by_role("button", name="Check").click()
        expect(page.locator(".verdict-line")).to_contain_text("It would be allowed now.")
        page.get_by_label("What", exact=True).select_option("secrets:edit")
        page.get_by_role("button", name="Check").click()
        expect(page.locator(".verdict-line")).to_contain_text(
            "“Manage secrets” was not given to this tool."
        )
        expect(page.locator(".bounds .fails")).to_have_count(1)


def test_the_list_is_searched_sorted_and_filtered(site: Site, context: BrowserContext) -> None:
    owner = Owner(site.world)
    fillers = [f"Key {number}" for number in range(6)]
    for name in ("Beta", "Gamma", "Alpha", *fillers):
        owner.make(name=name, **({"project-website": "viewer"} if name == "Beta" else {}))
        site.world.clock.forward(seconds=1)
    names = ".entry h2 a"
    with signed_in(site, context) as page:
        page.goto(site.url + LIST)
        expect(page.locator(names)).to_have_text([*reversed(fillers), "Alpha", "Gamma", "Beta"])
        page.get_by_label("Order").select_option("name")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator(names)).to_have_text(["Alpha", "Beta", "Gamma", *fillers])
        page.get_by_label("Search by name, tool or host").fill("GAMM")
        page.get_by_label("Search by name, tool or host").press("Enter")
        expect(page.locator(names)).to_have_text(["Gamma"])
        expect(page.locator(".found")).to_have_text("1 of 9")
        page.get_by_label("Project").select_option("website")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("main")).to_contain_text("None of your 9 keys fits this search.")
        page.get_by_role("link", name="Show all").click()
        expect(page.locator(names)).to_have_count(9)
        page.locator(names).last.click()
        expect(page.locator("h1")).to_contain_text("Beta")


def ask_for_more(site: Site, page: Page, tool: Tool) -> None:
    page.goto(
        f"{site.url}/oauth/authorize?{urlencode(tool.request(scope='api flows:edit apps:view'))}"
    )


def test_what_you_give_follows_the_ticks(site: Site, context: BrowserContext) -> None:
    editor = delegated(site)
    with signed_in(site, context) as page:
        ask_for_more(site, page, editor.tool)
        changes(page, "Changes nothing.")
        expect(page.locator("[data-part=new] .tag-new")).to_have_count(1)
        expect(page.locator("#capability-apps\\:view")).not_to_be_checked()
        page.check("#capability-apps\\:view")
        show_the_change(page)
        changes(page, "Adds “View apps”.")
        page.get_by_role("link", name="Edit what it has").click()
        changes(page, "Changes nothing.")
        page.check("#capability-apps\\:view")
        page.select_option("[name=project-payments]", "viewer")
        show_the_change(page)
        changes(page, re.compile("^Takes away .*editor in Payments; adds “View apps”"))


def test_a_conflict_of_two_tabs_loses_nothing(site: Site, context: BrowserContext) -> None:
    editor = delegated(site)
    with signed_in(site, context, "409") as page:
        other = context.new_page()
        for tab in (page, other):
            tab.goto(site.url + editor.address)
        other.select_option("[name=project-data]", "viewer")
        press(other, "save")
        notice(other, "Saved.")
        page.select_option("[name=project-website]", "admin")
        page.fill("[name=name]", "First tab")
        press(page, "save")
        expect(page.locator("#problems")).to_contain_text("Somebody changed it meanwhile")
        expect(page.locator("[name=project-website]")).to_have_value("admin")
        expect(page.locator("[name=name]")).to_have_value("First tab")
        expect(page.locator(".places-now")).to_contain_text("Data platform as viewer")
        changes(page, "Takes away viewer in Data platform; adds admin in Website.")
        page.select_option("[name=project-data]", "viewer")
        press(page, "save")
        notice(page, "Saved. Adds admin in Website.")
        assert [d["identifier"] for d in editor.details()] == ["data", "payments", "website"]


def test_a_sentence_that_cannot_be_had_is_not_left_standing(site: Site, chromium: Browser) -> None:
    editor = delegated(site)
    context = chromium.new_context()
    page = context.new_page()
    site.let_in(page)
    page.goto(site.url + editor.address)
    context.set_offline(True)
    page.select_option("[name=project-website]", "viewer")
    says(page, "The summary cannot be updated now.")
    context.close()


def test_axe_finds_nothing_in_settings(site: Site, chromium: Browser) -> None:
    if not AXE.exists():
        pytest.skip("optional: needs axe-core, see .ci/run")
    editor = delegated(site)
    idle = Owner(site.world)
    idle.make(name="Idle", capabilities=["flows:edit"])
    page = chromium.new_context(bypass_csp=True, reduced_motion="reduce").new_page()
    found: list[str] = []

    def look(path: str = "") -> None:
        if path:
            page.goto(site.url + path)
        found.extend(violations(page))

    site.let_in(page)
    parts = [f"{editor.address}#{name}" for name in ("activity", "sessions", "check")]
    for path in (TOOLS, f"{TOOLS}?q=nothing", NEW, "/settings/account", *parts, LIST):
        look(path)
    page.locator(".entry .menu > summary").click()
    page.locator(".menu-sheet summary").click()
    look()
    look(f"{editor.address}?capability=secrets:edit&project=payments")
    part(page, "access")
    page.locator(".actions summary").click()
    page.select_option("[name=project-website]", "editor")
    changes(page, "Adds editor in Website.")
    look()
    page.evaluate("document.querySelector('[name=version]').value = '0'")
    press(page, "save")
    expect(page.locator("#problems")).to_be_visible()
    look()
    page.get_by_role("button", name="Pause").click()
    look(f"{editor.address}?shrink=1")
    make_key(page, site.url)
    look()
    page.get_by_text("I have copied it").click()
    page.get_by_text("Rotate", exact=True).click()
    look()
    ask_for_more(site, page, editor.tool)
    look()
    idle.world.clock.forward(minutes=11)
    look(NEW)
    page.context.close()
    assert found == []
