"""A real Chromium: its flags, the site that it looks at, and hands on its keyboard."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.drivers.world import PASSWORD, World

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The test server leaves a static file open when the browser moves on while it is being sent.
BROWSER = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass
class Site:
    """The app under test at a real address."""

    world: World
    url: str

    def sign_in(self, page: Page, name: str = "ben") -> None:
        page.goto(f"{self.url}/login")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD.format(name))
        page.click("main button")
        page.wait_for_url("**/settings/**")


def says(page: Page, words: str) -> None:
    expect(page.locator("[data-sentence]")).to_contain_text(words)


def press(page: Page, decision: str) -> None:
    page.click(f"button[value={decision}]:not([tabindex])")


def tab_to(page: Page, selector: str, *keys: str) -> None:
    """Press Tab until the focus is on an element, and then some keys."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            break
    for key in keys:
        page.locator(f"{selector}:focus").press(key)
