"""API keys in a real Chromium."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, BrowserContext, expect

from tests.drivers.chromium import BROWSER, NEW, Site, make_key, says, show_the_change, signed_in
from tests.drivers.tool import Tool
from tests.drivers.world import PASSWORD

pytestmark = BROWSER


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
