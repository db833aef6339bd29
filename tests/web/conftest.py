"""A real Chromium against the app served on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, expect, sync_playwright

from tests.drivers.chromium import CHROMIUM, FLAGS, Site
from tests.drivers.editor import Editor
from tests.drivers.live_server import threaded
from tests.drivers.owner import Owner
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import World


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Debian's Chromium, started once."""
    with sync_playwright() as playwright:
        # On two busy cores a page can stand still for seconds; what never comes still fails.
        expect.set_options(timeout=30_000)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(lone_world: World) -> Iterator[Site]:
    """The app served from a thread, with the world's people in it."""
    with threaded(lone_world.app, 0) as url:
        yield Site(lone_world, url)


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def context(request: pytest.FixtureRequest, chromium: Chromium) -> Iterator[BrowserContext]:
    """A fresh browser profile, once with JavaScript and once without."""
    made = chromium.new_context(java_script_enabled=request.param)
    yield made
    made.close()


@pytest.fixture
def owner(world: World) -> Owner:
    return Owner(world)


@pytest.fixture
def lone_owner(lone_world: World) -> Owner:
    return Owner(lone_world)


@pytest.fixture
def editor(tool: Tool) -> Editor:
    return Editor(tool)


@pytest.fixture
def lone_editor(lone_tool: Tool) -> Editor:
    return Editor(lone_tool)


@pytest.fixture
def browser(lone_world: World) -> Browser:
    return Browser(lone_world)
