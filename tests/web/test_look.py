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

from tests.tool import Tool
from tests.web.conftest import BROWSER, Site

pytestmark = BROWSER
KEEP = os.environ.get("SHOTS_OF_MANDATE")


def picture(page: Page, name: str) -> None:
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, f"{name} is {overflow} px too wide"
    if KEEP:
        page.screenshot(path=Path(KEEP) / f"{name}.png", full_page=True)


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
    page.click("button[value=approve]")
    picture(page, f"consent-refused-{shot}")
    page.select_option("[name=project-payments]", "editor")
    page.select_option("[name=project-data]", "viewer")
    page.check("[name=mcp_servers][value=ledger]")
    page.get_by_text("MCP server Ledger").wait_for()
    picture(page, f"consent-chosen-{shot}")
    page.route("http://127.0.0.1:9/**", lambda route: route.fulfill(body="back at the tool"))
    with page.expect_request("http://127.0.0.1:9/**"):
        page.click("button[value=approve]")
    page.goto(f"{site.url}/settings/authorizations/oauth2")
    picture(page, f"authorizations-{shot}")

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
    site.sign_in(page)
    tool = Tool(site.world, site.world.native)
    page.goto(f"{site.url}/oauth/authorize?{urlencode(tool.request())}")
    page.select_option("[name=project-payments]", "editor")
    page.get_by_text("create and modify flows in Payments (editor)").wait_for()
    page.close()
    assert problems == []
