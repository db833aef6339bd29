"""What comes between a person and a button, in a real Chromium: they end where they wanted to be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.drivers.chromium import BROWSER, NEW, Site, press, signed_in
from tests.drivers.device import device_of
from tests.drivers.tool import Tool, answer_of
from tests.drivers.world import PASSWORD, SPA_URI

pytestmark = BROWSER


def idle(site: Site, page: Page) -> None:
    del page
    site.world.clock.forward(minutes=61)


def signed_out_in_another_tab(site: Site, page: Page) -> None:
    other = page.context.new_page()
    other.goto(f"{site.url}/settings/account")
    other.get_by_role("button", name="Sign out", exact=True).click()
    other.wait_for_url("**/login")
    other.close()


def all_cookies_deleted(site: Site, page: Page) -> None:
    del site
    page.context.clear_cookies()


def signed_in_again_in_another_tab(site: Site, page: Page) -> None:
    signed_out_in_another_tab(site, page)
    other = page.context.new_page()
    site.sign_in(other)
    other.close()


INTERRUPTIONS: list[Callable[[Site, Page], None]] = [
    idle,
    signed_out_in_another_tab,
    all_cookies_deleted,
    signed_in_again_in_another_tab,
]


@pytest.fixture
def scripted(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile with JavaScript."""
    made = chromium.new_context()
    yield made
    made.close()


@pytest.fixture(params=INTERRUPTIONS, ids=lambda found: found.__name__)
def interruption(request: pytest.FixtureRequest) -> Callable[[Site, Page], None]:
    found: Callable[[Site, Page], None] = request.param
    return found


def sign_in_again(page: Page) -> None:
    """Sign in when the page asks for it."""
    if "/login" in page.url:
        expect(page.locator("main")).to_contain_text("nothing was sent")
        page.fill("[name=username]", "ben")
        page.fill("[name=password]", PASSWORD.format("ben"))
        page.click("main button")
        page.wait_for_url(lambda url: "/login" not in url)


def choose(page: Page) -> None:
    page.select_option("[name=project-payments]", "editor")
    page.check("[name=capabilities][value='flows:edit']")
    page.get_by_role("radio", name="7 days").check()
    if page.locator(".more").count():
        page.click(".more summary")
    page.fill("[name=name]", "My own label")


def comes_back(page: Page) -> None:
    expect(page.locator("main")).to_contain_text("othing has been sent yet")
    expect(page.locator("[name=capabilities][value='flows:edit']")).to_be_checked()
    expect(page.locator("[name=project-payments]")).to_have_value("editor")
    expect(page.locator("[name=expires_in][value='604800']")).to_be_checked()
    expect(page.locator("[name=name]")).to_have_value("My own label")


def at_consent(site: Site, context: BrowserContext) -> tuple[Page, Tool]:
    page = context.new_page()
    page.route(f"{SPA_URI}*", lambda route: route.fulfill(body="back at the tool"))
    site.let_in(page)
    tool = Tool(site.world, site.world.spa)
    page.goto(f"{site.url}/oauth/authorize?{urlencode(tool.request())}")
    expect(page.locator("h1")).to_have_text(re.compile("wants to create and modify flows"))
    return page, tool


def arrives(page: Page, tool: Tool) -> None:
    expect(page).to_have_url(re.compile(re.escape(SPA_URI)))
    answer = answer_of(page.url)
    assert answer["state"] == "xyzzy"
    assert tool.redeem(answer["code"]).status_code == 200


def approvals(site: Site) -> int:
    return len(site.world.audit("authorization.approved"))


def test_an_approval_that_is_interrupted(
    site: Site, context: BrowserContext, interruption: Callable[[Site, Page], None]
) -> None:
    page, tool = at_consent(site, context)
    choose(page)
    interruption(site, page)
    press(page, "approve")
    sign_in_again(page)
    assert approvals(site) == 0
    comes_back(page)
    press(page, "approve")
    arrives(page, tool)
    assert approvals(site) == 1


def test_a_key_that_is_interrupted(
    site: Site, scripted: BrowserContext, interruption: Callable[[Site, Page], None]
) -> None:
    page = scripted.new_page()
    site.let_in(page)
    page.goto(site.url + NEW)
    choose(page)
    interruption(site, page)
    page.get_by_role("button", name="Create the key").click()
    sign_in_again(page)
    comes_back(page)
    assert not site.world.audit("api_key.created")
    page.get_by_role("button", name="Create the key").click()
    expect(page.locator("[data-secret]")).to_contain_text("mdtk_")


def test_an_edit_that_is_interrupted(
    site: Site, scripted: BrowserContext, interruption: Callable[[Site, Page], None]
) -> None:
    page, tool = at_consent(site, scripted)
    page.select_option("[name=project-payments]", "viewer")
    press(page, "approve")
    arrives(page, tool)
    [[found]] = site.world.execute("SELECT id FROM authorizations")
    page.goto(f"{site.url}/settings/authorizations/{found}")
    choose(page)
    interruption(site, page)
    page.click("button[value=save]")
    sign_in_again(page)
    comes_back(page)
    assert not site.world.audit("authorization.edited")
    page.click("button[value=save]")
    expect(page.locator(".notice-good")).to_contain_text("Saved.")


def test_a_device_code_that_is_interrupted(
    site: Site, scripted: BrowserContext, interruption: Callable[[Site, Page], None]
) -> None:
    device = device_of(site.world)
    page = scripted.new_page()
    site.let_in(page)
    page.goto(f"{site.url}/device")
    device.ask()
    page.fill("[name=user_code]", device.asked["user_code"])
    interruption(site, page)
    if interruption is idle:
        device.ask()  # the first one is over
        page.fill("[name=user_code]", device.asked["user_code"])
    page.click("main form button")
    sign_in_again(page)
    expect(page.locator("[name=user_code]")).to_have_value(device.asked["user_code"])
    page.click("main form button")
    page.select_option("[name=project-payments]", "viewer")
    press(page, "approve")
    expect(page.locator("main")).to_contain_text("Go back to your device")


def test_a_double_press_of_approve(site: Site, context: BrowserContext) -> None:
    page, tool = at_consent(site, context)
    page.select_option("[name=project-payments]", "viewer")
    page.dblclick("button[value=approve]", delay=30)
    arrives(page, tool)
    assert approvals(site) == 1


def test_back_and_reload_after_an_approval(site: Site, context: BrowserContext) -> None:
    page, tool = at_consent(site, context)
    consent = page.url
    page.select_option("[name=project-payments]", "viewer")
    press(page, "approve")
    page.wait_for_url(f"{SPA_URI}*")
    first = answer_of(page.url)["code"]
    page.go_back()
    page.wait_for_url(f"{SPA_URI}*")
    second = answer_of(page.url)["code"]
    assert second != first
    assert tool.redeem(first).status_code == 400
    assert tool.redeem(second).status_code == 200
    page.goto(consent)
    expect(page.locator("main")).to_contain_text("is connected and has what you chose")
    page.reload()
    expect(page.locator("main")).to_contain_text("is connected and has what you chose")
    assert approvals(site) == 1


def test_a_double_press_makes_one_key_that_can_be_read(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    site.let_in(page)
    page.goto(site.url + NEW)
    choose(page)
    page.dblclick("button[value=create]", delay=30)
    expect(page.locator("[data-secret]")).to_contain_text("mdtk_")
    assert len(site.world.audit("api_key.created")) == 1
    tool = Tool(site.world, site.world.spa)
    assert tool.is_active(page.locator("[data-secret]").inner_text())


def test_two_tabs_sign_in(site: Site, context: BrowserContext) -> None:
    pages = [context.new_page() for _ in range(2)]
    for page in pages:
        page.goto(f"{site.url}/login?next=/settings/account")
    for page in pages:
        page.fill("[name=username]", "ben")
        page.fill("[name=password]", PASSWORD.format("ben"))
        page.click("main button")
        page.wait_for_url("**/settings/account")


def test_another_account_goes_on_with_the_request(site: Site, context: BrowserContext) -> None:
    page, tool = at_consent(site, context)
    page.get_by_role("button", name="Not you?").click()
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", PASSWORD.format("ada"))
    page.click("main button")
    expect(page.locator("main")).to_contain_text("ada@example.org")
    page.select_option("[name=project-payments]", "viewer")
    press(page, "approve")
    arrives(page, tool)


def test_the_live_sentence_after_the_sign_in_ended(site: Site, chromium: Browser) -> None:
    with signed_in(site, chromium.new_context(), "401") as page:
        page.goto(site.url + NEW)
        site.world.clock.forward(minutes=61)
        page.check("[name=capabilities][value='flows:edit']")
        expect(page.locator("[data-sentence]")).to_contain_text("what you chose comes back")
