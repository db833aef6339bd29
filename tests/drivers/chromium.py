"""A real Chromium: its flags, the site that it looks at, and hands on its keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.drivers.editor import Editor
from tests.drivers.owner import LIST
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import PASSWORD, World

# Debian has the same browser once more without a window; pages take half the time there.
SHELL, WHOLE = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
CHROMIUM = SHELL if SHELL.exists() else WHOLE
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The driver sends a click's move, down and up at once, and a busy Chromium then loses it now and then.
# With the moment between them that a hand leaves, each waits for the one before.
for _kind in (Page, Locator):
    setattr(_kind, "click", partialmethod(_kind.click, delay=30))

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

    def let_in(self, page: Page, name: str = "ben") -> None:
        """Give a browser the cookies of a sign-in that happened without it: pages take their time."""
        browser = Browser(self.world)
        assert browser.sign_in(name).status_code == 303
        for key, value in browser.cookies().items():
            cookie = {"name": key, "value": value, "url": self.url, "httpOnly": True}
            page.context.add_cookies([{**cookie, "sameSite": "Lax"}])  # type: ignore[typeddict-item]


def says(page: Page, words: str) -> None:
    """Wait until the sentence is about the form as it is now, and says some words."""
    expect(page.locator(".sums:not([aria-busy=true]) [data-sentence]")).to_contain_text(words)


def press(page: Page, decision: str) -> None:
    page.click(f"button[value={decision}]:not([tabindex])")


def tab_to(page: Page, selector: str, *keys: str, step: str = "Tab") -> None:
    """Press Tab until the focus is on an element, and then some keys."""
    for _ in range(60):
        page.keyboard.press(step)
        if page.locator(f"{selector}:focus").count():
            break
    for key in keys:
        page.locator(f"{selector}:focus").press(key)


@contextmanager
def signed_in(site: Site, context: BrowserContext, *refusals: str) -> Iterator[Page]:
    """Give ben's browser; the console must stay quiet to the end, but for the refusals named."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    site.let_in(page)
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


def changes(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator(".verdict [data-change]")).to_have_text(words)


NEW = f"{LIST}/new"


def make_key(page: Page, url: str) -> str:
    page.goto(url + NEW)
    page.select_option("[name=project-payments]", "editor")
    page.check("[name=capabilities][value='flows:edit']")
    page.fill("[name=name]", "Deploy")
    page.get_by_role("button", name="Create the key").click()
    return page.locator("[data-secret]").inner_text()
