"""A demo in this process, over real HTTP: Mandate, the example resource server, the example tool."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from app import create_app
from app.demo import data_dir as directory
from app.demo.addresses import Addresses
from app.demo.company import company
from app.demo.demo_json import Demo
from app.demo.organisation import Filling, fill
from app.demo.programs import check_ports, serving
from app.demo.running import start_examples
from app.domain.errors import Conflict
from app.extensions import db, limiter
from app.settings import Settings
from flask import Flask

from tests.demo.browser import GENEROUS, Browser


def free_addresses() -> Addresses:
    """Return addresses whose three ports are free."""
    for _ in range(50):
        found = Addresses(random.randint(20_000, 30_000))
        try:
            check_ports(found)
        except Conflict:
            continue
        return found
    raise AssertionError("no three free ports in a row")


@dataclass
class Stage:
    """A running demo, with its app for changes behind the pages."""

    app: Flask
    demo: Demo
    addresses: Addresses

    @property
    def api(self) -> str:
        return self.addresses.api

    def password(self, username: str) -> str:
        return next(u["password"] for u in self.demo["users"] if u["username"] == username)

    def behind(self, change: Callable[[], Any]) -> Any:
        """Do something with the services of the running app."""
        with self.app.app_context():
            return change()

    def consent_page(self, browser: Browser, name: str, resource: str | None = None) -> Any:
        """Press Connect and sign in; returns the consent page."""
        page = browser.press(
            browser.get(self.demo["tool"]), "/connect", resource=resource or self.api
        )
        return browser.sign_in(page, name, self.password(name))

    def connect(
        self, browser: Browser, name: str = "jonas", resource: str | None = None, **choice: Any
    ) -> Any:
        """Press Connect, sign in and approve; returns the tool's page."""
        page = self.consent_page(browser, name, resource)
        return browser.decide(page, **{**GENEROUS, **choice})

    def token(self, browser: Browser, **more: Any) -> str:
        """Connect and return the access token that the example tool holds for the only visitor."""
        self.connect(browser, **more)
        return self.tokens()["access_token"]

    def tokens(self) -> dict[str, str]:
        """Return the tokens of the visitor who came last."""
        visitor = list(self.tool.extensions["flow_assistant"].visitors._known.values())[-1]
        return {k: v for k, v in visitor.connection.token.items() if k.endswith("_token")}

    tool: Flask = None  # type: ignore[assignment]


@pytest.fixture
def stage(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A demo with Mandate in a thread instead of a child process."""
    shutil.copy(sqlite_template, tmp_path / directory.DATABASE)
    addresses = free_addresses()
    settings = Settings.from_environ(directory.write_environ(tmp_path, addresses))
    app = create_app(settings)
    limiter.reset()
    with ExitStack() as stack:
        with app.app_context():
            filling = Filling(addresses, settings.catalog, datetime.now(UTC))
            demo = fill(company(), filling, pid=0)
        stack.enter_context(serving(app, addresses.port))
        tool = start_examples(stack, demo, addresses, settings.catalog)
        yield Stage(app, demo, addresses, tool)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as found:
        yield found
