"""Every page as a picture, at phone and desktop width, light and dark; nothing may overflow.

With SHOTS_OF_MANDATE=DIR in the environment the pictures are kept there, to be looked at.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from app.runtime.current import FETCHER
from app.services.clients.json_fetch import Fetcher
from tests.drivers.chromium import BROWSER, Site
from tests.drivers.sites import answer, authority, document
from tests.drivers.sites import site as strange_site
from tests.drivers.tool import Tool
from tests.drivers.world import Registered

pytestmark = BROWSER


KEEP = os.environ.get("SHOTS_OF_MANDATE")
CREATE = "button[value=create]"
LONG_NAME = "أداة المساعدة 🚀 " + "Averylongnamewithoutaspace" * 7


def picture(page: Page, name: str) -> None:
    page.wait_for_load_state()
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, f"{name} is {overflow} px too wide"
    if KEEP:
        page.screenshot(path=Path(KEEP) / f"{name}.png", full_page=True)


def settings_pages(site: Site, page: Page, query: str, shot: str) -> None:
    """The list and an authorization in its states."""
    address = page.locator(".entry h2 a").get_attribute("href")
    page.click(".entry .menu > summary")
    picture(page, f"authorizations-menu-{shot}")
    page.click(".menu-sheet summary")
    picture(page, f"authorizations-revoke-{shot}")
    page.goto(f"{site.url}/settings/authorizations/oauth2?q=nothing")
    picture(page, f"authorizations-nothing-fits-{shot}")
    page.goto(f"{site.url}/oauth/authorize?{query}")
    picture(page, f"consent-delta-{shot}")
    page.get_by_role("link", name="Edit what it has").click()
    picture(page, f"consent-whole-{shot}")

    page.goto(f"{site.url}{address}?capability=flows:edit&project=payments")
    picture(page, f"authorization-{shot}")
    for part in ("activity", "sessions", "check", "access"):
        page.click(f"[data-part-tab={part}]")
        picture(page, f"authorization-{part}-{shot}")
    page.click(".actions summary")
    picture(page, f"authorization-revoke-{shot}")
    page.select_option("[name=project-website]", "editor")
    page.select_option("[name=role_ends_in-website]", "7200")
    page.fill("[name=name]", LONG_NAME)
    page.locator(".verdict", has_text="Adds editor in Website").wait_for()
    picture(page, f"authorization-changed-{shot}")
    page.click("button[value=save]")
    picture(page, f"authorization-long-name-{shot}")
    page.get_by_role("button", name="Pause").click()
    picture(page, f"authorization-paused-{shot}")
    page.goto(f"{site.url}{address}?shrink=1")
    page.evaluate("document.querySelector('[name=version]').value = '0'")
    picture(page, f"authorization-shrink-{shot}")
    page.click("button[value=save]")
    picture(page, f"authorization-conflict-{shot}")


def key_pages(site: Site, page: Page, shot: str) -> None:
    """API keys and the account."""
    page.goto(f"{site.url}/settings/authorizations/api-keys")
    picture(page, f"api-keys-empty-{shot}")
    page.click(".headline a")
    picture(page, f"api-key-new-{shot}")
    page.click(CREATE)
    picture(page, f"api-key-refused-{shot}")
    page.check("[name=capabilities][value=api]")
    page.select_option("[name=project-payments]", "viewer")
    page.click(CREATE)
    picture(page, f"api-key-shown-{shot}")
    page.get_by_text("I have copied it").click()
    page.get_by_text("Rotate", exact=True).click()
    picture(page, f"api-key-{shot}")
    page.goto(f"{site.url}/settings/authorizations/api-keys")
    picture(page, f"api-keys-{shot}")
    page.goto(f"{site.url}/settings/account")
    picture(page, f"account-{shot}")


def strangers(site: Site, page: Page, shot: str) -> None:
    """Tools that registered themselves or are known by a document, and devices."""
    http = site.world.app.test_client()
    body = {
        "client_name": "Spaceflows CLI",
        "redirect_uris": ["cursor://x/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
    }
    client = http.post("/oauth/register", json=body).get_json()
    tool = Tool(site.world, Registered(client["client_id"], None, "none", "cursor://x/callback"))
    page.goto(f"{site.url}/oauth/authorize?{urlencode(tool.request())}")
    picture(page, f"consent-registered-itself-{shot}")
    with strange_site() as made:
        made.handler = answer(document(made.url(host="localhost")))
        site.world.app.extensions[FETCHER] = Fetcher(loopback=True, trust=authority().trust)
        known = Tool(
            site.world,
            Registered(made.url(host="localhost"), None, "none", "http://127.0.0.1:9/callback"),
        )
        page.goto(f"{site.url}/oauth/authorize?{urlencode(known.request())}")
        picture(page, f"consent-document-{shot}")
        made.handler = answer({})
        other = {**known.request(), "client_id": made.url("/other", host="localhost")}
        page.goto(f"{site.url}/oauth/authorize?{urlencode(other)}")
        picture(page, f"document-refused-{shot}")
    asked = http.post(
        "/oauth/device_authorization",
        data={"client_id": client["client_id"], "scope": "api"},
        headers={"User-Agent": "curl/8.5"},
    ).get_json()
    page.goto(f"{site.url}/device")
    picture(page, f"device-{shot}")
    page.fill("[name=user_code]", "BBBB-BBBB")
    page.click("main button")
    picture(page, f"device-refused-{shot}")
    page.goto(f"{site.url}/device?user_code={asked['user_code']}")
    picture(page, f"device-filled-{shot}")
    page.click("main button")
    picture(page, f"consent-device-{shot}")
    page.select_option("[name=project-payments]", "viewer")
    page.click("button[value=approve]")
    picture(page, f"device-done-{shot}")
    site.world.execute("UPDATE authorizations SET created_at = '2020-01-01'")
    page.goto(f"{site.url}/settings/authorizations/oauth2")
    page.get_by_text("disconnected").click()
    picture(page, f"authorizations-folded-{shot}")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_its_screen(
    site: Site, chromium: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    shot = f"{width}-{scheme}"

    page.goto(f"{site.url}/login")
    picture(page, f"login-{shot}")
    page.fill("[name=username]", "ben")
    page.fill("[name=password]", "wrong password")
    page.click("main button")
    picture(page, f"login-refused-{shot}")
    site.sign_in(page)
    picture(page, f"authorizations-empty-{shot}")

    tool = Tool(site.world, site.world.native)
    query = urlencode(
        tool.request(
            scope="api apps:view flows:edit secrets:edit mcp",
            redirect_uri="http://127.0.0.1:9/callback",
        )
    )
    page.goto(f"{site.url}/oauth/authorize?{query}")
    picture(page, f"consent-{shot}")
    page.click(".more summary")
    picture(page, f"consent-more-{shot}")
    page.click("button[value=approve]")
    picture(page, f"consent-missing-{shot}")
    page.select_option("[name=project-payments]", "editor")
    page.select_option("[name=project-data]", "viewer")
    page.check("[name=mcp_servers][value=ledger]")
    page.get_by_role("button", name="Allow for 90 days").wait_for()
    picture(page, f"consent-chosen-{shot}")
    page.route("http://127.0.0.1:9/**", lambda route: route.fulfill(body="back at the tool"))
    with page.expect_request("http://127.0.0.1:9/**"):
        page.click("button[value=approve]")
    page.goto(f"{site.url}/settings/authorizations/oauth2")
    picture(page, f"authorizations-{shot}")

    settings_pages(site, page, query, shot)
    key_pages(site, page, shot)

    strangers(site, page, shot)
    page.goto(f"{site.url}/oauth/authorize?client_id=unknown")
    picture(page, f"unknown-tool-{shot}")
    page.goto(f"{site.url}/nothing-here")
    picture(page, f"error-{shot}")
    context.close()


def test_no_page_complains_in_the_console(site: Site, chromium: Browser) -> None:
    page = chromium.new_page()
    problems: list[str] = []
    page.on(
        "console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None
    )
    site.let_in(page)
    tool = Tool(site.world, site.world.native)
    page.goto(f"{site.url}/oauth/authorize?{urlencode(tool.request())}")
    page.select_option("[name=project-payments]", "editor")
    page.locator("[data-sentence]", has_text="flows in Payments (editor)").wait_for()
    page.close()
    assert problems == []
