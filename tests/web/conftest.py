"""A real Chromium against the app served on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.drivers.live_server import threaded
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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(lone_world: World) -> Iterator[Site]:
    """The app served from a thread, with the world's people in it."""
    with threaded(lone_world.app, 0) as url:
        yield Site(lone_world, url)


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile, once with JavaScript and once without."""
    made = chromium.new_context(java_script_enabled=request.param)
    yield made
    made.close()
