"""Settings in a real Chromium: the editor, API keys and the lists, with and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import insert, select

from app.extensions import db
from app.models import McpServer, Membership, Project, User
from tests.drivers.axe import AXE, violations
from tests.drivers.chromium import BROWSER, Site, press, says, tab_to
from tests.drivers.editor import Editor
from tests.drivers.owner import LIST, Owner
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import PASSWORD, World

pytestmark = BROWSER


NEW = f"{LIST}/new"
TOOLS = "/settings/authorizations/oauth2"
HIDDEN = """() => {
  const field = document.activeElement, verdict = document.querySelector(".verdict");
  if (getComputedStyle(verdict).position !== "sticky") return false;
  if (verdict.contains(field) || field === document.body) return false;
  const [mine, its] = [field.getBoundingClientRect(), verdict.getBoundingClientRect()];
  return mine.bottom > its.top + 1 && mine.top < its.bottom;
}"""


@contextmanager
def signed_in(site: Site, context: BrowserContext, *refusals: str) -> Iterator[Page]:
    """Give ben's browser; the console must stay quiet to the end, but for the refusals named."""
    page = context.new_page()
    page.set_default_timeout(5_000)
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    site.sign_in(page)
    yield page
    context.close()
    assert [c for c in complaints if not any(f"status of {r}" in c for r in refusals)] == []


def delegated(site: Site, choice: dict[str, Any] | None = None) -> Editor:
    return Editor(Tool(site.world, site.world.native), choice)


def show_the_change(page: Page) -> None:
    """Without JavaScript the difference is shown by a button; with it, it follows by itself."""
    for name in ("Show the change", "Update the summary"):
        button = page.get_by_role("button", name=name)
        if button.count():
            button.click()


def notice(page: Page, words: str) -> None:
    expect(page.locator(".notice-good")).to_contain_text(words)


def changes(page: Page, words: str) -> None:
    expect(page.locator(".verdict [data-change]")).to_have_text(words)


def test_an_edit_by_mouse(site: Site, context: BrowserContext) -> None:
    editor = delegated(site)
    with signed_in(site, context) as page:
        page.goto(site.url + editor.address)
        changes(page, "Changes nothing.")
        page.uncheck("[name=capabilities][value='flows:edit']")
        page.select_option("[name=project-website]", "viewer")
        show_the_change(page)
        changes(page, "Takes away flows:edit; adds viewer on website.")
        says(page, "act in Payments (editor) and Website (viewer)")
        assert editor.tool.introspect(editor.token)["scope"] == "api flows:edit", "not saved yet"
        press(page, "save")
        notice(page, "Saved. Takes away flows:edit; adds viewer on website.")
        expect(page.locator(".places")).to_contain_text("Website as viewer")
        assert editor.tool.introspect(editor.token)["scope"] == "api"


def test_an_edit_by_keyboard(site: Site, chromium: Browser) -> None:
    editor = delegated(site)
    with signed_in(site, chromium.new_context()) as page:
        page.goto(site.url + editor.address)
        tab_to(page, "[value='flows:edit']:not(option)", "Space")
        tab_to(page, "[name=project-website]", "ArrowDown")
        changes(page, "Takes away flows:edit; adds viewer on website.")
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
        tab_to(page, "[value=mcp]:not(option)", "Space")
        changes(page, "Adds mcp.")
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
        changes(page, "Adds editor on website until 22 Nov 2026, 14:00 UTC, then viewer.")
        press(page, "save")
        expect(page.locator(".places")).to_contain_text("22 Nov 2026, 14:00 UTC, then viewer")
        assert [d["privileges"] for d in editor.details()] == [["editor"], ["editor"]]
        site.world.clock.forward(hours=2)
        site.sign_in(page)
        page.goto(site.url + editor.address)
        expect(page.locator("[name=project-website]")).to_have_value("viewer")
        expect(page.locator(".places")).to_contain_text("Website as viewer")


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
        for words in ("1 session, and every token", "api · flows:edit", "Payments (editor)"):
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
        ends = page.get_by_role("button", name=re.compile("^End the session"))
        expect(ends).to_have_count(2)
        ends.first.click()
        notice(page, "The session has ended.")
        expect(ends).to_have_count(1)
        assert sorted(map(editor.tool.is_active, (editor.token, other))) == [False, True]


def make_key(page: Page, url: str) -> str:
    page.goto(url + NEW)
    page.check("[name=capabilities][value='flows:edit']")
    page.select_option("[name=project-payments]", "editor")
    page.fill("[name=name]", "Deploy")
    page.get_by_role("button", name="Create the key").click()
    return page.locator("[data-secret]").inner_text()


def test_a_key_is_made_copied_and_rotated(site: Site, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    with signed_in(site, context) as page:
        key = make_key(page, site.url)
        page.wait_for_load_state()  # the module that shows the buttons has run by then
        copies = page.get_by_role("button", name=re.compile("^Copy"))
        if page.evaluate("!!document.querySelector('[data-copy]:not([hidden])')"):
            copies.first.click()
            expect(page.locator("[data-copy]").first).to_have_text("Copied")
            assert page.evaluate("navigator.clipboard.readText()") == key
            copies.last.click()
            assert f"Bearer {key}" in page.evaluate("navigator.clipboard.readText()")
        else:
            expect(copies).to_have_count(0)
        expect(page.locator("pre")).to_contain_text(f'curl -H "Authorization: Bearer {key}"')
        page.get_by_text("I have copied it").click()
        expect(page.locator("body")).not_to_contain_text(key)
        page.get_by_text("Rotate", exact=True).click()
        page.get_by_role("button", name="Rotate now").click()
        assert page.locator("[data-secret]").inner_text() != key
        page.get_by_text("I have copied it").click()
        expect(page.locator("section", has_text="The key").locator("li")).to_have_count(2)
        tool = Tool(site.world, site.world.native)
        assert tool.is_active(key), "the old text lives for the overlap"


def test_without_a_clipboard_the_text_is_selected(site: Site, chromium: Browser) -> None:
    context = chromium.new_context()
    context.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    with signed_in(site, context) as page:
        key = make_key(page, site.url)
        page.get_by_role("button", name="Copy the key").click()
        expect(page.locator("[data-copy]").first).to_have_text("Selected: copy it now")
        assert page.evaluate("getSelection().toString()") == key


def test_an_old_sign_in_is_asked_for_the_password(site: Site, context: BrowserContext) -> None:
    with signed_in(site, context, "401") as page:
        site.world.clock.forward(minutes=11)
        page.goto(site.url + NEW)
        page.check("[name=capabilities][value=api]")
        page.select_option("[name=project-payments]", "viewer")
        show_the_change(page)
        says(page, "Payments (viewer)")
        page.fill("[name=password]", "not the password at all")
        page.get_by_role("button", name="Create the key").click()
        expect(page.locator("#problems")).to_contain_text("This is not your password.")
        expect(page.locator("[name=project-payments]")).to_have_value("viewer")
        page.fill("[name=password]", PASSWORD.format("ben"))
        page.get_by_role("button", name="Create the key").click()
        expect(page.locator("[data-secret]")).to_contain_text("mdtk_")


def test_the_checker_answers(site: Site, context: BrowserContext) -> None:
    editor = delegated(site)
    with signed_in(site, context) as page:
        page.goto(site.url + editor.address)
        page.get_by_text("Would a call be allowed?").click()
        page.get_by_label("Capability").select_option("flows:edit")
        page.get_by_label("Project", exact=True).fill("payments")
        page.get_by_role("button", name="Check").click()
        expect(page.locator(".verdict-line")).to_contain_text("It would be allowed now.")
        page.get_by_label("Capability").select_option("secrets:edit")
        page.get_by_role("button", name="Check").click()
        expect(page.locator(".verdict-line")).to_contain_text("“secrets:edit” was not given.")
        expect(page.locator(".bounds .fails")).to_have_count(1)


def test_the_list_is_searched_sorted_and_filtered(site: Site, context: BrowserContext) -> None:
    owner = Owner(site.world)
    for name in ("Beta", "Gamma", "Alpha"):
        owner.make(name=name, **({"project-website": "viewer"} if name == "Beta" else {}))
        site.world.clock.forward(seconds=1)
    names = ".entry h2 a"
    with signed_in(site, context) as page:
        page.goto(site.url + LIST)
        expect(page.locator(names)).to_have_text(["Alpha", "Gamma", "Beta"])
        page.get_by_label("Order").select_option("name")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator(names)).to_have_text(["Alpha", "Beta", "Gamma"])
        page.get_by_label("Search").fill("GAMM")
        page.get_by_label("Search").press("Enter")
        expect(page.locator(names)).to_have_text(["Gamma"])
        expect(page.locator(".found")).to_have_text("1 of 3")
        page.get_by_label("Project").select_option("website")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("main")).to_contain_text("None of your 3 keys fits this search.")
        page.get_by_role("link", name="Show all").click()
        expect(page.locator(names)).to_have_count(3)
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
        gives = page.locator(".delta [data-change]")
        expect(gives).to_have_text("Changes nothing.")
        expect(page.locator(".delta .tag-new")).to_have_count(1)
        expect(page.locator("[value='apps:view']")).not_to_be_checked()
        page.check("[value='apps:view']")
        page.select_option("[name=project-payments]", "viewer")
        show_the_change(page)
        expect(gives).to_have_text(re.compile("^Takes away editor on payments; adds apps:view"))
        expect(page.locator(".verdict [data-change]")).to_have_text(gives.inner_text())


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
        expect(page.locator(".places")).to_contain_text("Data platform as viewer")
        changes(page, "Takes away viewer on data; adds admin on website.")
        page.select_option("[name=project-data]", "viewer")
        press(page, "save")
        notice(page, "Saved. Adds admin on website.")
        assert [d["identifier"] for d in editor.details()] == ["data", "payments", "website"]


def test_a_sentence_that_cannot_be_had_is_not_left_standing(site: Site, chromium: Browser) -> None:
    editor = delegated(site)
    context = chromium.new_context()
    page = context.new_page()
    site.sign_in(page)
    page.goto(site.url + editor.address)
    context.clear_cookies()
    page.select_option("[name=project-website]", "viewer")
    says(page, "The summary cannot be updated now.")
    context.close()


def test_axe_finds_nothing_in_settings(site: Site, chromium: Browser) -> None:
    if not AXE.exists():
        pytest.skip("optional: needs axe-core, see .ci/run")
    editor = delegated(site)
    idle = Owner(site.world)
    idle.make(name="Idle", capabilities=["flows:edit"])
    context = chromium.new_context(bypass_csp=True, reduced_motion="reduce")
    page = context.new_page()
    found: list[str] = []

    def look(path: str = "") -> None:
        if path:
            page.goto(site.url + path)
        found.extend(violations(page))

    site.sign_in(page)
    for path in (TOOLS, f"{TOOLS}?q=nothing", LIST, NEW, "/settings/account"):
        look(path)
    page.goto(site.url + LIST)
    page.locator(".entry summary").click()
    look()
    look(f"{editor.address}?capability=secrets:edit&project=payments")
    page.locator(".actions summary").click()
    page.select_option("[name=project-website]", "editor")
    changes(page, "Adds editor on website.")
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
    context.close()
    assert found == []


PROJECTS = 1000
SERVERS = 5000
FAR = "project-number-0990"
FAR_SERVER = "mcp-server-number-4990"
LIMIT = 1_000_000
EVERYTHING: dict[str, Any] = {
    "capabilities": ["mcp", "api", "flows:edit"],
    "expires_in": "",
    **{f"project-project-number-{n:04}": "viewer" for n in range(PROJECTS)},
    "mcp_servers": [f"mcp-server-number-{n:04}" for n in range(SERVERS)],
}
FEW: dict[str, Any] = {
    "capabilities": ["mcp", "flows:edit"],
    "expires_in": "",
    "project-project-number-0003": "editor",
    "mcp_servers": ["mcp-server-number-0001"],
}
WATCH = """
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
  }).observe({ type: "longtask" });
  window.waits = [];
  addEventListener("input", () => {
    const began = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.waits.push(performance.now() - began)));
  }, true);
"""


@pytest.fixture
def crowd(lone_world: World) -> World:
    """A world in which ben has a thousand projects more, with five thousand MCP servers."""
    with lone_world.app.app_context():
        user = db.session.scalar(select(User.id).where(User.username == "ben"))
        made = {"created_at": lone_world.at}
        db.session.execute(
            insert(Project),
            [
                {
                    "id": f"prj_{n}",
                    "slug": f"project-number-{n:04}",
                    "name": f"Project number {n:04} of the company",
                    **made,
                }
                for n in range(PROJECTS)
            ],
        )
        db.session.execute(
            insert(Membership),
            [
                {
                    "user_id": user,
                    "project_id": f"prj_{n}",
                    "role": ("editor", "viewer", "admin")[n % 3],
                }
                for n in range(PROJECTS)
            ],
        )
        db.session.execute(
            insert(McpServer),
            [
                {
                    "id": f"mcp_{n}",
                    "identifier": f"mcp-server-number-{n:04}",
                    "project_id": f"prj_{n % PROJECTS}",
                    "url": f"https://mcp.example/{n}",
                    "url_key": f"https://mcp.example/{n}",
                    "name": f"MCP server number {n:04}",
                    **made,
                }
                for n in range(SERVERS)
            ],
        )
        db.session.commit()
    return lone_world


def few(crowd: World) -> Editor:
    """An Authorization with little of the much that there is."""
    editor = Editor(Tool(crowd, crowd.native))
    assert editor.post("save", **FEW).status_code == 303
    return editor


def test_pages_of_a_thousand_projects_stay_below_a_megabyte(crowd: World) -> None:
    editor = few(crowd)
    for choice in ({**FEW, "name": "few"}, EVERYTHING):
        assert editor.post("save", **choice).status_code == 303
        consent = editor.tool.consent_page(scope="mcp api flows:edit")[1]
        key = editor.browser.get(NEW)
        full_key = editor.browser.submit(key, NEW, action="preview", **choice)
        for name, page in {
            "editor": editor.page(),
            "consent": consent,
            "key": key,
            "full": full_key,
        }.items():
            assert page.status_code == 200
            assert len(page.data) < LIMIT, f"{name}: {len(page.data)}"


@pytest.mark.parametrize("where", ["editor", "consent", "key"])
def test_a_thousand_projects_are_filtered_by_keyboard(
    crowd: World, site: Site, chromium: Browser, where: str
) -> None:
    editor = few(crowd)
    context = chromium.new_context(reduced_motion="reduce")
    with signed_in(site, context) as page:
        page.add_init_script(WATCH)
        page.set_default_timeout(20_000)
        if where == "consent":
            page.goto(
                f"{site.url}/oauth/authorize?{urlencode(editor.tool.request(scope='mcp flows:edit'))}"
            )
        else:
            page.goto(site.url + (editor.address if where == "editor" else NEW))
        page.evaluate("window.longest = 0")
        roles, servers = page.locator("[data-group]").nth(1), page.locator("[data-group]").nth(2)
        box = servers.locator("input[type=search]")
        box.press_sequentially("company 0990", delay=20)
        rows = servers.locator("li:not(.head):visible")
        expect(rows).to_have_count(5)
        expect(servers.locator(".head:visible")).to_have_text("Project number 0990 of the company")
        expect(servers.get_by_role("status")).to_have_text(f"5 of {SERVERS + 4}")
        expect(rows.nth(1)).to_be_in_viewport(ratio=1)
        tab_to(page, "[value=mcp-server-number-0990]", "Space")
        expect(page.locator("[name=server_ends_in-mcp-server-number-0990]")).to_be_visible()
        page.keyboard.press("Escape")
        expect(box).to_be_focused()
        page.keyboard.press("Escape")
        expect(box).to_have_value("")
        expect(servers.get_by_role("status")).to_have_text("")
        box.fill("nothing at all")
        expect(servers.get_by_role("status")).to_have_text("Nothing fits")
        box.fill("")

        roles.locator("input[type=search]").fill(FAR)
        page.keyboard.press("ArrowDown")
        expect(page.locator(f"[name=project-{FAR}]")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.locator(f"[name=project-{FAR}]")).to_have_value("viewer")
        expect(page.locator(f"[name=role_ends_in-{FAR}]")).to_be_visible()
        waits, longest = page.evaluate("[window.waits, window.longest]")
        assert sorted(waits)[len(waits) // 2] < 200, "half of the letters took longer to show"
        assert longest < 500, "the page froze"


def test_only_the_chosen_of_thousands_are_shown_and_saved(
    crowd: World, site: Site, chromium: Browser
) -> None:
    editor = few(crowd)
    with signed_in(site, chromium.new_context()) as page:
        page.goto(site.url + editor.address)
        servers = page.locator("[data-group]").nth(2)
        rows = servers.locator("li:not(.head):visible")
        servers.locator("input[type=search]").fill(FAR_SERVER)
        page.check(f"[value={FAR_SERVER}]")
        page.select_option(f"[name=server_ends_in-{FAR_SERVER}]", "3600")
        servers.locator("input[type=search]").fill("")
        only = servers.locator(".filter-bar [type=checkbox]")
        expect(servers.locator(".filter-bar label")).to_have_text("only the chosen (2)")
        only.check()
        expect(rows).to_have_count(2)
        page.uncheck("[value=mcp-server-number-0001]")
        expect(servers.locator(".filter-bar label")).to_have_text("only the chosen (1)")
        expect(rows).to_have_count(2)  # a row does not go away under the hand
        only.uncheck()
        press(page, "save")
        notice(page, "Saved. Takes away MCP server mcp-server-number-0001; adds")
        expect(page.locator(".places")).to_contain_text("MCP server number 4990")


def test_a_thousand_projects_without_javascript(
    crowd: World, site: Site, chromium: Browser
) -> None:
    editor = few(crowd)
    with signed_in(site, chromium.new_context(java_script_enabled=False)) as page:
        page.goto(site.url + editor.address)
        page.select_option(f"[name=project-{FAR}]", "viewer")
        page.check(f"[value={FAR_SERVER}]")
        page.get_by_role("button", name="Show the change").click()
        page.select_option(f"[name=role_ends_in-{FAR}]", "3600")
        press(page, "save")
        notice(
            page,
            f"Saved. Adds viewer on {FAR} until 22 Nov 2026, 13:00 UTC and MCP server {FAR_SERVER}.",
        )
