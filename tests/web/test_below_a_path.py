"""The scripts of a page find each other where the issuer has a path."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.drivers.chromium import BROWSER, Site
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.live_server import free_port, threaded

pytestmark = BROWSER


@pytest.fixture
def below(lone_database: Prepared, clock: Clock) -> Iterator[Site]:
    port = free_port()
    issuer = f"http://127.0.0.1:{port}/auth/t1"
    with (
        running_world(lone_database, clock, MANDATE_ISSUER=issuer) as world,
        threaded(world.app, port),
    ):
        yield Site(world, issuer)


def test_the_live_sentence_and_the_ends_work_below_a_path(below: Site, chromium: Browser) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    below.sign_in(page)
    page.goto(f"{below.url}/settings/authorizations/api-keys/new")
    page.check("[name=capabilities][value='flows:edit']")
    page.select_option("[name=project-payments]", "editor")
    expect(page.locator("[data-sentence]")).to_contain_text("flows in Payments (editor)")
    expect(page.locator("[name=role_ends_in-payments]")).to_be_visible()
    page.close()
    assert any(url.endswith("/summary.js") for url in asked)
    assert all(url.startswith(f"{below.url}/") for url in asked)
