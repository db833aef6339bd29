"""A running demo, with its app for changes behind the pages."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import httpx
from flask import Flask
from sqlalchemy import delete, func, select

from app import create_app
from app.database.transactions import reading, writing
from app.demo import data_dir as directory
from app.demo.addresses import Addresses
from app.demo.demo_json import Demo
from app.demo.lifecycle import registration, start_examples
from app.demo.organisation.company import company
from app.demo.organisation.seed import Filling, fill
from app.demo.processes import check_ports, serving
from app.demo.tool.oauth_client import OAuthClient
from app.domain.delegation.choice import Choice
from app.domain.errors import Conflict
from app.extensions import db
from app.models import Authorization, AuthorizationRequest, ClientSession, Membership
from app.runtime import activity_writer, current
from app.services.authorizations import api_keys, editor, lifecycle
from app.services.directory import projects, users
from app.services.introspection import activity
from app.settings import Settings, resource_dir
from tests.drivers.demo_browser import Browser


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

    def set_role(self, username: str, slug: str, role: str) -> None:
        """Give a user another role behind the pages."""
        with self.app.app_context():
            projects.set_member(
                slug,
                username,
                role,
                catalog=current.catalog(),
                at=datetime.now(UTC),
                actor="test",
            )

    def ended_sessions(self) -> int:
        """Count the sessions of clients that have ended."""
        with self.app.app_context(), reading() as session:
            ended = select(func.count()).where(ClientSession.ended_at.is_not(None))
            return session.scalar(ended) or 0

    def consent_page(
        self, browser: Browser, name: str = "jonas", resource: str | None = None
    ) -> httpx.Response:
        """Press Connect and sign in; returns the consent page."""
        page = browser.get(self.demo["tool"])
        page = browser.press(page, "/connect", resource=resource or self.api)
        return browser.sign_in(page, name, self.password(name))

    def connect(
        self, browser: Browser, name: str = "jonas", resource: str | None = None, **choice: Any
    ) -> httpx.Response:
        """Press Connect, sign in and approve; returns the tool's page."""
        page = self.consent_page(browser, name, resource)
        return browser.get(browser.answer(page, **choice))

    def token(self, name: str = "jonas", resource: str | None = None, **choice: Any) -> str:
        """Return an access token from the same registration, without the tool's page."""
        oauth = OAuthClient(registration(self.demo))
        with Browser() as browser:
            pending = oauth.start(resource or self.api)
            page = browser.sign_in(browser.get(pending.url), name, self.password(name))
            token: str = oauth.finish(pending, browser.answer(page, **choice))["access_token"]
        oauth.close()
        return token

    def api_key(
        self, *capabilities: str, name: str = "jonas", servers: frozenset[str] = frozenset()
    ) -> str:
        """Return a new API key of a user, who is an editor of `website` with it."""
        choice = Choice(frozenset(capabilities), {"website": "editor"}, servers)
        with self.app.app_context():
            with reading() as session:
                user_id = users.require(session, name).id
            made = api_keys.create(
                user_id, choice, idempotency_key="", catalog=current.catalog(), at=datetime.now(UTC)
            )
        assert isinstance(made, api_keys.NewKey)
        return made.text

    def used(self) -> set[tuple[str, str, str, str, bool]]:
        """Return what all tokens and keys were used for: where, capability, project, server, refused."""
        with self.app.app_context():
            activity_writer.buffer().flush()
            with reading() as session:
                ids = session.scalars(select(Authorization.id)).all()
                return {
                    (u.resource_server, u.capability, u.project, u.mcp_server, u.refused)
                    for authorization_id in ids
                    for u in activity.of_authorization(session, authorization_id)
                }

    def revoke_all(self) -> None:
        """Revoke every authorization behind the pages."""
        with self.app.app_context():
            with reading() as session:
                ids = session.scalars(select(Authorization.id)).all()
            for authorization_id in ids:
                lifecycle.revoke(authorization_id, owner=None, actor="test", at=datetime.now(UTC))

    def edit(self, choice: Choice, name: str = "jonas") -> None:
        """Edit a user's only authorization behind the pages."""
        with self.app.app_context():
            with reading() as session:
                owner = users.require(session, name).id
                (one,) = session.scalars(
                    select(Authorization.id).where(Authorization.user_id == owner)
                ).all()
            at, catalog = datetime.now(UTC), current.catalog()
            editor.edit(one, owner, choice, version=None, catalog=catalog, at=at)

    def revoke(self, browser: Browser) -> None:
        """Revoke the only authorization in Mandate's settings, where the browser is signed in."""
        page = browser.get(f"{self.demo['issuer']}/settings/authorizations/oauth2")
        found = re.search(r'action="([^"]+/revoke)"', page.text)
        assert found, page.text
        assert browser.press(page, found[1]).status_code == 200


@contextmanager
def running_demo(data_dir: Path) -> Iterator[Stage]:
    """Run a demo with Mandate in a thread instead of a child process, until the block ends."""
    addresses = free_addresses()
    settings = Settings.from_environ(directory.write_environ(data_dir, addresses))
    app = create_app(settings)
    with ExitStack() as stack:
        with app.app_context():
            flask_migrate.upgrade(directory=str(resource_dir("migrations")))
            filling = Filling(addresses, settings.catalog, datetime.now(UTC))
            demo = fill(company(), filling, pid=0)
        stack.enter_context(serving(app, addresses.port))
        start_examples(stack, demo, addresses, settings.catalog)
        yield Stage(app, demo, addresses)
    activity_writer.recorder(app).close()
    with app.app_context():
        db.engine.dispose()


def restore(house: Stage) -> None:
    """Take back all that was delegated, and give everybody the roles of `demo.json`."""
    with house.app.app_context():
        with writing() as session:
            for table in (Authorization, AuthorizationRequest, Membership):
                session.execute(delete(table))
        for user in house.demo["users"]:
            for slug in user["roles"]:
                house.set_role(user["username"], slug, user["roles"][slug])
