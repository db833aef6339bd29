"""The pages in a real Chromium: with and without JavaScript, by keyboard, and through axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from app.domain.clients.auth_methods import DEVICE_CODE
from app.services.directory import mcp_servers, projects
from tests.drivers.axe import AXE, violations
from tests.drivers.chromium import BROWSER, Site, press, says, tab_to
from tests.drivers.deployment import ISSUER
from tests.drivers.tool import Tool, answer_of
from tests.drivers.world import MCP, PASSWORD, SPA_URI, Registered, World

pytestmark = BROWSER


SCOPE = "api flows:edit mcp"
NOWHERE = "Choose at least one project."
TOO_LOW = "Choose a higher role: what you ticked needs more than the roles you chose."
UNDECIDED = "SELECT decision FROM authorization_requests"
SETTINGS = "/settings/authorizations/oauth2"
LONG = "https://" + ".".join(letter * 48 for letter in "abc") + ".example/callback"


def ask(site: Site, page: Page, tool: Tool) -> None:
    page.goto(f"{site.url}/oauth/authorize?{urlencode(tool.request(scope=SCOPE))}")


def choose(page: Page) -> None:
    page.uncheck("[name=capabilities][value=api]")
    page.select_option("[name=project-payments]", "editor")
    page.check("[name=mcp_servers][value=ledger]")


def gives(page: Page, *sentences: str) -> None:
    """Say all that the choice gives, sentence by sentence."""
    if len(sentences) == 1:
        says(page, sentences[0][1:].removesuffix("."))
    expect(page.locator("[data-details] li")).to_have_text(sentences)


def arrive(page: Page) -> dict[str, str]:
    """Wait until the browser is at the tool and return what it was given."""
    page.wait_for_url(f"{SPA_URI}*")
    assert page.inner_text("body") == "back at the tool"
    return answer_of(page.url)


@contextmanager
def consent(
    site: Site, context: BrowserContext, client: Registered | None = None
) -> Iterator[tuple[Page, Tool]]:
    """Come from a tool through sign-in to its consent; the console must stay quiet to the end."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route(f"{SPA_URI}*", lambda route: route.fulfill(body="back at the tool"))
    tool = Tool(site.world, client or site.world.spa)
    ask(site, page, tool)
    expect(page).to_have_url(re.compile("/login"))
    page.fill("[name=username]", "ben")
    page.fill("[name=password]", PASSWORD.format("ben"))
    page.click("main button")
    expect(page.locator("h1")).to_have_text(re.compile("wants to create and modify flows"))
    yield page, tool
    context.close()
    assert [c for c in complaints if "422" not in c] == []


def crowd(world: World) -> None:
    """Make ben a member of many projects, each with an MCP server."""
    more: dict[str, Any] = {"at": world.at, "actor": "test"}
    with world.app.app_context():
        for slug in (f"plant-{number}" for number in range(12)):
            projects.add(slug, name=slug.title(), **more)
            projects.set_member(slug, "ben", "editor", catalog=world.catalog, **more)
            mcp_servers.add_server(slug, project=slug, url=f"{MCP}/{slug}", name="Gauges", **more)


@pytest.mark.requirement("UI-12")
def test_the_whole_way_from_the_tool_and_back(site: Site, context: BrowserContext) -> None:
    with consent(site, context) as (page, tool):
        choose(page)
        press(page, "approve")
        answer = arrive(page)
        assert answer == {"code": answer["code"], "state": "xyzzy", "iss": ISSUER}
        granted = tool.redeem(answer["code"]).get_json()
        assert set(granted["scope"].split()) == {"flows:edit", "mcp"}
        details = {d["identifier"]: d["privileges"] for d in granted["authorization_details"]}
        assert details == {"payments": ["editor"], "ledger": ["editor"]}

        ask(site, page, tool)
        expect(page.locator(".standing")).to_contain_text("Already allowed: It can")
        page.get_by_role("link", name="Edit what it has").click()
        expect(page.locator("[name=project-payments]")).to_have_value("editor")
        expect(page.locator("[name=mcp_servers][value=ledger]")).to_be_checked()
        page.go_back()
        press(page, "deny")
        refused = arrive(page)
        assert (refused["error"], refused["state"]) == ("access_denied", "xyzzy")
        assert tool.is_active(granted["access_token"]), "a refusal takes nothing away"


def choose_in_vain(page: Page) -> None:
    page.uncheck("[name=capabilities][value=api]")
    page.select_option("[name=project-data]", "viewer")
    page.click(".more summary")
    page.fill("[name=name]", "My laptop")


def choose_after_all(page: Page) -> dict[str, str]:
    """What was chosen in vain stands there still; with a choice of use the browser goes on."""
    for name, value in (("project-data", "viewer"), ("name", "My laptop")):
        expect(page.locator(f"[name={name}]")).to_have_value(value)
    page.check("[name=mcp_servers][value=ledger]")
    page.select_option("[name=project-payments]", "editor")
    page.check("[name=capabilities][value='flows:edit']")
    press(page, "approve")
    return arrive(page)


def test_a_useless_choice_is_explained_and_kept(site: Site, chromium: Browser) -> None:
    with consent(site, chromium.new_context(java_script_enabled=False)) as (page, _):
        choose_in_vain(page)
        press(page, "approve")
        expect(page.locator("#problems")).to_contain_text(TOO_LOW)
        assert "code" in choose_after_all(page)


def test_a_button_leads_to_what_is_missing_and_sends_nothing(site: Site, chromium: Browser) -> None:
    with consent(site, chromium.new_context()) as (page, _):
        choose_in_vain(page)
        says(page, "Choose what it may do.")
        press(page, "approve")
        expect(page.locator("[data-part=capabilities] :focus")).to_have_count(1)
        expect(page.locator("#problems")).to_have_count(0)
        assert site.world.execute(UNDECIDED) == [(None,)]
        assert "code" in choose_after_all(page)


def test_without_javascript_the_sentence_can_be_updated(site: Site, chromium: Browser) -> None:
    with consent(site, chromium.new_context(java_script_enabled=False)) as (page, _):
        says(page, NOWHERE)
        choose(page)
        page.get_by_role("button", name="Update the summary").click()
        gives(page, "Create and modify flows in Payments (editor).", "Use the MCP server Ledger.")
        page.uncheck("[name=mcp_servers][value=ledger]")
        page.click(".more summary")
        page.press("[name=name]", "Enter")
        gives(page, "Create and modify flows in Payments (editor).")
        expect(page.locator("#problems")).to_have_count(0)
        assert "/consent/" in page.url
        assert site.world.execute(UNDECIDED) == [(None,)]


def early(context: BrowserContext, act: str) -> None:
    """Act on the page after it is drawn, and before its script runs."""

    def act_first(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("for (", f"{act};\nfor (", 1))

    context.route("**/static/**/choice.js", act_first)


def test_a_box_that_was_ticked_before_the_script_ran_counts(site: Site, chromium: Browser) -> None:
    context = chromium.new_context()
    early(context, "document.querySelector('[name=mcp_servers][value=ledger]')?.click()")
    with consent(site, context) as (page, _):
        says(page, "It can use Ledger until 20 Feb 2027, 12:00")


def test_a_button_that_is_faster_than_the_sentence_sends_the_form(
    site: Site, chromium: Browser
) -> None:
    context = chromium.new_context()
    early(context, "document.querySelector('[value=ledger]')?.click()")
    with consent(site, context) as (page, _):
        page.route("**/summary", lambda _: None)  # it never comes
        page.reload()
        page.wait_for_function("document.querySelector('.pick')")
        press(page, "approve")
        assert "code" in arrive(page)


def test_words_that_were_typed_before_the_script_ran_are_searched(
    site: Site, chromium: Browser
) -> None:
    crowd(site.world)
    context = chromium.new_context()
    early(context, "document.querySelector('[name=find_projects]').value = 'website'")
    with consent(site, context) as (page, _):
        expect(page.locator("[name=project-website]")).to_be_visible()


def test_the_sentence_follows_the_boxes(site: Site, chromium: Browser) -> None:
    with consent(site, chromium.new_context()) as (page, _):
        expect(page.get_by_role("button", name="Update the summary")).to_have_count(0)
        expect(page.locator("input[type=search]")).to_have_count(0)
        loads: list[Request] = []
        page.on("request", lambda r: loads.append(r) if r.is_navigation_request() else None)
        page.check("[name=mcp_servers][value=ledger]")
        says(page, "It can use Ledger until 20 Feb 2027, 12:00")
        page.uncheck("[name=mcp_servers][value=ledger]")
        says(page, NOWHERE)
        assert loads == []
        page.click(".more summary")
        page.press("[name=name]", "Enter")
        says(page, NOWHERE)
        assert site.world.execute(UNDECIDED) == [(None,)]


def test_long_lists_get_a_search(site: Site, chromium: Browser) -> None:
    crowd(site.world)
    with consent(site, chromium.new_context()) as (page, _):
        boxes = page.locator("input[type=search]")
        expect(boxes).to_have_count(2)
        rows = page.locator("[data-rows=projects] > li")
        expect(rows).to_have_count(8)
        expect(page.locator("[name=project-website]")).to_have_count(0)
        boxes.first.press_sequentially("WEBS")
        expect(rows).to_have_count(9)
        boxes.first.press("Enter")
        page.select_option("[name=project-website]", "editor")
        boxes.first.fill("plant-9")
        expect(page.locator("[name=project-plant-9]")).to_be_visible()
        expect(page.locator("[name=project-website]")).to_have_value("editor")
        boxes.first.press("Escape")
        expect(page.locator("[name=project-plant-9]")).to_have_count(0)
        says(page, "flows in Website (editor)")
        press(page, "approve")
        assert "code" in arrive(page), "what is searched for sends nothing away"


def test_the_keyboard_alone_is_enough(site: Site, chromium: Browser) -> None:
    with consent(site, chromium.new_context()) as (page, tool):
        tab_to(page, "[value=api]", "Space")
        tab_to(page, "[name=project-payments]", "ArrowDown", "ArrowDown")
        tab_to(page, "[value=ledger]", "Space")
        gives(page, "Create and modify flows in Payments (editor).", "Use the MCP server Ledger.")
        tab_to(page, "[value=approve]", "Enter")
        granted = tool.redeem(arrive(page)["code"]).get_json()
        assert set(granted["scope"].split()) == {"flows:edit", "mcp"}


def test_on_a_phone_long_names_leave_room_for_the_form(site: Site, chromium: Browser) -> None:
    crowd(site.world)
    client = site.world.add_client("Tool " * 39, LONG, "none")
    context = chromium.new_context(viewport={"width": 390, "height": 700})
    with consent(site, context, client) as (page, _):
        page.fill("[name=find_projects]", "plant")
        for number in range(12):
            page.select_option(f"[name=project-plant-{number}]", "editor")
        says(page, "in Plant-0 (editor) and 11 more projects")
        page.locator("[name=project-plant-11]").scroll_into_view_if_needed()
        box = page.locator(".verdict").bounding_box()
        assert box
        assert box["height"] <= 200, "it covers more than half of the screen"
        expect(page.locator("button[value=approve]")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_revoking_and_signing_out_leave_nothing(site: Site, context: BrowserContext) -> None:
    with consent(site, context) as (page, tool):
        choose(page)
        press(page, "approve")
        token = tool.redeem(arrive(page)["code"]).get_json()["access_token"]
        page.goto(site.url + SETTINGS)
        expect(page.locator(".entry h2 a")).to_have_text("Browser tool")
        page.click(".entry .menu > summary")
        page.click(".menu-sheet summary")
        assert tool.is_active(token), "it asks first"
        page.get_by_role("button", name="Revoke now").click()
        expect(page.locator(".entry")).to_have_count(0)
        page.click(".past summary")
        expect(page.locator(".past li")).to_contain_text("Browser tool, created")
        assert not tool.is_active(token)

        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(re.compile("/login"))
        page.go_back()
        expect(page.locator("h1")).to_have_text("Sign in")
        expect(page.locator("body")).not_to_contain_text("Browser tool")


def violations_of_a_device(site: Site, page: Page) -> list[str]:
    body = {
        "client_name": "Box",
        "token_endpoint_auth_method": "none",
        "grant_types": [DEVICE_CODE],
    }
    http = site.world.app.test_client()
    client_id = http.post("/oauth/register", json=body).get_json()["client_id"]
    asked = http.post("/oauth/device_authorization", data={"client_id": client_id}).get_json()
    found = []
    filled = f"/device?user_code={asked['user_code']}"
    for path in ("/device", filled, "/oauth/authorize?client_id=gone"):
        page.goto(site.url + path)
        found += violations(page)
    page.goto(f"{site.url}/device")
    page.click("main button")
    found += violations(page)
    page.fill("[name=user_code]", asked["user_code"].lower())
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Box wants to")
    found += violations(page)
    choose(page)
    press(page, "approve")
    expect(page.locator("h1")).to_have_text("Allowed")
    return found + violations(page)


def test_axe_finds_nothing(site: Site, chromium: Browser) -> None:
    if not AXE.exists():
        pytest.skip("optional: needs axe-core, see .ci/run")
    context = chromium.new_context(bypass_csp=True, reduced_motion="reduce")
    page = context.new_page()
    # An answer without content leaves the browser where it is.
    page.route(f"{SPA_URI}*", lambda route: route.fulfill(status=204))
    page.goto(f"{site.url}/login")
    found = violations(page)
    page.click("main button")
    found += violations(page)
    site.sign_in(page)
    found += violations(page)
    ask(site, page, Tool(site.world, site.world.spa))
    found += violations(page)
    press(page, "approve")
    found += violations(page)
    choose(page)
    press(page, "approve")
    for path in (SETTINGS, "/nothing-here"):
        page.goto(site.url + path)
        found += violations(page)
    ask(site, page, Tool(site.world, site.world.spa))
    press(page, "deny")
    expect(page.locator("h1")).to_have_text("Not allowed")
    found += violations(page)
    found += violations_of_a_device(site, page)
    context.close()
    assert found == []
