"""The pages in a real Chromium: with and without JavaScript, by keyboard, and through axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from app.services import projects
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.factories import MCP, PASSWORD, SPA_URI, World
from tests.tool import Tool, answer_of
from tests.web.conftest import Site

pytestmark = pytest.mark.slow
AXE = Path(__file__).parents[2] / ".ci/node/node_modules/axe-core/axe.min.js"
SCOPE = "api flows:edit mcp"
USELESS = "Nothing useful is selected yet"
SETTINGS = "/settings/authorizations/oauth2"


def tool_of(site: Site) -> Tool:
    return Tool(site.world, site.world.spa)


def opened(context: BrowserContext) -> tuple[Page, list[str]]:
    """Return a page with the tool at the other end, and the list that its complaints go to."""
    page = context.new_page()
    page.set_default_timeout(5_000)
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route(f"{SPA_URI}*", lambda route: route.fulfill(body="back at the tool"))
    return page, complaints


def ask(site: Site, page: Page, tool: Tool, **changes: Any) -> None:
    query = urlencode(tool.request(scope=SCOPE, **changes))
    page.goto(f"{site.url}/oauth/authorize?{query}")


def choose(page: Page) -> None:
    page.uncheck("[name=capabilities][value=api]")
    page.select_option("[name=project-payments]", "editor")
    page.check("[name=mcp_servers][value=ledger]")


def press(page: Page, decision: str) -> None:
    page.click(f"button[value={decision}]:not([tabindex])")


def arrive(page: Page) -> dict[str, str]:
    """Wait until the browser is at the tool and return what it was given."""
    page.wait_for_url(f"{SPA_URI}*")
    assert page.inner_text("body") == "back at the tool"
    return answer_of(page.url)


def by_keyboard(page: Page, selector: str, *, limit: int = 60) -> None:
    """Press Tab until the focus is on an element."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab never gets to {selector}")


@contextmanager
def signed_in(site: Site, context: BrowserContext) -> Iterator[tuple[Page, Tool]]:
    """Give a page at the consent form of a tool, and look at the console in the end."""
    page, complaints = opened(context)
    tool = tool_of(site)
    site.sign_in(page)
    ask(site, page, tool)
    yield page, tool
    assert [c for c in complaints if "422" not in c] == []


def crowd(world: World) -> None:
    """Make ben a member of many projects, each with an MCP server."""
    with world.app.app_context():
        for number in range(12):
            slug, name = f"plant-{number}", f"Plant {number}"
            projects.add(slug, name=name, at=world.at, actor="test")
            projects.set_member(
                slug, "ben", "editor", catalog=world.catalog, at=world.at, actor="test"
            )
            projects.add_server(
                slug,
                project=slug,
                url=f"{MCP}/{slug}",
                name=f"Gauges {number}",
                at=world.at,
                actor="test",
            )


@pytest.mark.requirement("UI-11", "UI-12")
def test_the_whole_way_from_the_tool_and_back(site: Site, context: BrowserContext) -> None:
    page, complaints = opened(context)
    tool = tool_of(site)
    ask(site, page, tool)
    expect(page).to_have_url(re.compile("/login"))
    page.fill("[name=username]", "ben")
    page.fill("[name=password]", PASSWORD.format("ben"))
    page.click("main button")
    expect(page.locator("h1")).to_have_text("Browser tool asks to act for you")
    choose(page)
    press(page, "approve")
    answer = arrive(page)
    assert set(answer) == {"code", "state", "iss"}
    assert answer["state"] == "xyzzy"
    granted = tool.redeem(answer["code"]).get_json()
    assert set(granted["scope"].split()) == {"flows:edit", "mcp"}
    assert site.world.execute("SELECT count(*) FROM authorizations") == [(1,)]

    ask(site, page, tool)
    expect(page.locator("[name=project-payments]")).to_have_value("editor")
    expect(page.locator("[name=mcp_servers][value=ledger]")).to_be_checked()
    press(page, "deny")
    refused = arrive(page)
    assert refused["error"] == "access_denied"
    assert refused["state"] == "xyzzy"
    assert tool.is_active(granted["access_token"]), "a refusal takes nothing away"
    assert complaints == []


def test_a_useless_choice_is_explained_and_kept(site: Site, context: BrowserContext) -> None:
    with signed_in(site, context) as (page, _):
        page.select_option("[name=project-data]", "viewer")
        page.fill("[name=name]", "My laptop")
        page.select_option("[name=expires_in]", "3600")
        press(page, "approve")
        expect(page.locator("#problems")).to_contain_text(USELESS)
        expect(page.locator("[name=project-data]")).to_have_value("viewer")
        expect(page.locator("[name=name]")).to_have_value("My laptop")
        expect(page.locator("[name=expires_in]")).to_have_value("3600")
        choose(page)
        press(page, "approve")
        assert "code" in arrive(page)


def test_enter_in_the_label_decides_nothing(site: Site, context: BrowserContext) -> None:
    with signed_in(site, context) as (page, _):
        choose(page)
        page.fill("[name=name]", "My laptop")
        page.press("[name=name]", "Enter")
        expect(page.locator("[data-sentence]")).to_contain_text("flows in Payments (editor)")
        expect(page.locator("[name=name]")).to_have_value("My laptop")
        assert "/consent/" in page.url
        assert site.world.execute("SELECT count(*) FROM authorizations") == [(0,)]


def test_without_javascript_a_button_updates_the_sentence(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    with signed_in(site, context) as (page, _):
        expect(page.locator("[data-sentence]")).to_contain_text(USELESS)
        choose(page)
        page.get_by_role("button", name="Update the summary").click()
        expect(page.locator("[data-sentence]")).to_contain_text("flows in Payments (editor)")
        expect(page.locator("#problems")).to_have_count(0)
    context.close()


def test_the_sentence_follows_the_boxes(site: Site, chromium: Browser) -> None:
    context = chromium.new_context()
    with signed_in(site, context) as (page, _):
        expect(page.get_by_role("button", name="Update the summary")).to_have_count(0)
        expect(page.locator("input[type=search]")).to_have_count(0)
        loads: list[Request] = []
        page.on("request", lambda r: loads.append(r) if r.is_navigation_request() else None)
        page.check("[name=mcp_servers][value=ledger]")
        expect(page.locator("[data-sentence]")).to_contain_text("MCP server Ledger")
        page.uncheck("[name=mcp_servers][value=ledger]")
        expect(page.locator("[data-sentence]")).to_contain_text(USELESS)
        assert loads == []
    context.close()


def test_long_lists_get_a_filter(site: Site, chromium: Browser) -> None:
    crowd(site.world)
    context = chromium.new_context()
    with signed_in(site, context) as (page, _):
        boxes = page.locator("input[type=search]")
        expect(boxes).to_have_count(2)
        rows = page.locator("[data-group]", has_text="Project roles").locator("li:visible")
        expect(rows).to_have_count(15)
        boxes.first.press_sequentially("PAY")
        expect(rows).to_have_count(1)
        boxes.first.press("Enter")
        page.select_option("[name=project-payments]", "editor")
        boxes.first.fill("plant 11")
        expect(page.locator("[name=project-plant-11]")).to_be_visible()
        press(page, "approve")
        assert "code" in arrive(page), "what is filtered away stays chosen"
    context.close()


@pytest.mark.requirement("UI-11")
def test_the_keyboard_alone_is_enough(site: Site, chromium: Browser) -> None:
    context = chromium.new_context()
    with signed_in(site, context) as (page, tool):
        by_keyboard(page, "[value=api]")
        page.keyboard.press("Space")
        by_keyboard(page, "[name=project-payments]")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        by_keyboard(page, "[value=ledger]")
        page.keyboard.press("Space")
        expect(page.locator("[data-sentence]")).to_contain_text("MCP server Ledger")
        by_keyboard(page, "[value=approve]")
        page.keyboard.press("Enter")
        granted = tool.redeem(arrive(page)["code"]).get_json()
        assert set(granted["scope"].split()) == {"flows:edit", "mcp"}
    context.close()


@pytest.mark.parametrize("height", [480, 700])
def test_on_a_phone_the_summary_leaves_room_for_the_form(
    site: Site, chromium: Browser, height: int
) -> None:
    crowd(site.world)
    context = chromium.new_context(viewport={"width": 390, "height": height})
    with signed_in(site, context) as (page, _):
        for number in range(12):
            page.select_option(f"[name=project-plant-{number}]", "editor")
        expect(page.locator("[data-sentence]")).to_contain_text("Plant 11")
        page.evaluate("scrollTo(0, 0)")
        box = page.locator(".verdict").bounding_box()
        assert box is not None
        assert height - box["y"] <= height / 2, "it covers more than half of the screen"
        for button in page.locator(".verdict button").all():
            expect(button).to_be_in_viewport(ratio=1) if box["y"] < height else None
    context.close()


@pytest.mark.requirement("UI-20")
def test_revoking_ends_the_token_and_signing_out_hides_the_settings(
    site: Site, context: BrowserContext
) -> None:
    with signed_in(site, context) as (page, tool):
        choose(page)
        press(page, "approve")
        token = tool.redeem(arrive(page)["code"]).get_json()["access_token"]
        page.goto(site.url + SETTINGS)
        expect(page.locator("article h2")).to_have_text("Browser tool")
        assert tool.is_active(token)
        page.click("article button")
        expect(page.locator("article")).to_have_count(0)
        page.click("summary")
        expect(page.locator("details li")).to_contain_text("Browser tool, created")
        assert not tool.is_active(token)

        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(re.compile("/login"))
        page.go_back()
        expect(page.locator("h1")).to_have_text("Sign in")
        expect(page.locator("body")).not_to_contain_text("Browser tool")
