"""Valid objects to test with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.database.repetition import has_lost
from app.domain.catalog import Catalog
from app.domain.lifetimes import Lifetimes
from app.extensions import db
from app.runtime import activity_writer
from app.runtime.current import SETTINGS
from app.services.audit import Entry, Filter, entries
from app.services.clients import clients, resource_servers
from app.services.clients.suspension import disable_client, enable_client
from app.services.directory import mcp_servers, projects, suspension, users
from app.settings import Settings
from tests.drivers.clock import Clock

PASSWORD = "a long sentence for {}"
SPA_URI = "https://app.example/callback"
NATIVE_URI = "http://127.0.0.1/callback"
WEB_URI = "https://reports.example/oauth/callback"
MCP = "http://127.0.0.1:8001/mcp"
PROJECTS = {
    "payments": "Payments",
    "website": "Website",
    "data": "Data platform",
    "sandbox": "Sandbox",
}
ROLES = {
    "ada": dict.fromkeys(PROJECTS, "admin"),
    "ben": {"payments": "editor", "website": "admin", "data": "viewer"},
    "cleo": {"website": "viewer"},
}
SERVERS = {
    "ledger": "payments",
    "fraud": "payments",
    "cms": "website",
    "warehouse": "data",
    "play": "sandbox",
}


@dataclass(frozen=True)
class Registered:
    """A client as its developer knows it."""

    client_id: str
    secret: str | None
    method: str
    redirect_uri: str


NOBODY = Registered("", None, "none", "")


@dataclass
class World:
    """A small organisation in the app's database."""

    app: Flask
    clock: Clock
    native: Registered = NOBODY
    spa: Registered = NOBODY
    web: Registered = NOBODY
    post: Registered = NOBODY
    secrets: dict[str, str] = field(default_factory=dict)

    @classmethod
    def build(cls, app: Flask, clock: Clock) -> World:
        world = cls(app, clock)
        with app.app_context():
            world._people()
            world._programs()
        return world

    @property
    def at(self) -> datetime:
        return self.clock.at

    def _people(self) -> None:
        for slug, name in PROJECTS.items():
            projects.add(slug, name=name, at=self.at, actor="test")
        for name in ROLES:
            self.add_user(name)
        for name, roles in ROLES.items():
            for slug, role in roles.items():
                self.set_member(slug, name, role)
        for identifier, slug in SERVERS.items():
            mcp_servers.add_server(
                identifier,
                project=slug,
                url=f"{MCP}/{identifier}",
                name=identifier.title(),
                at=self.at,
                actor="test",
            )

    def _programs(self) -> None:
        self.native = self.add_client("Native tool", NATIVE_URI, "none")
        self.spa = self.add_client("Browser tool", SPA_URI, "none")
        self.web = self.add_client("Reports", WEB_URI, "client_secret_basic")
        self.post = self.add_client("Old reports", WEB_URI, "client_secret_post")
        for identifier, audience in (("api", "http://127.0.0.1:8001/api"), ("mcp", MCP)):
            self.add_resource_server(identifier, audience)

    def add_user(self, name: str) -> users.UserInfo:
        return users.add(
            name,
            email=f"{name}@example.org",
            password=PASSWORD.format(name),
            is_admin=name == "ada",
            at=self.at,
            actor="test",
        )

    def add_client(self, name: str, *uris: str, **more: object) -> Registered:
        *redirect_uris, method = uris
        with self.app.app_context():
            client, secret = clients.add_client(
                name,
                redirect_uris=redirect_uris,
                auth_method=method,
                catalog=self.catalog,
                at=self.at,
                actor="test",
                **more,  # type: ignore[arg-type]
            )
        return Registered(client.identifier, secret, method, redirect_uris[0])

    def add_resource_server(
        self, identifier: str, audience: str, method: str = "client_secret_basic"
    ) -> str:
        """Register a resource server and return its secret."""
        with self.app.app_context():
            self.secrets[identifier] = resource_servers.add_resource_server(
                identifier, audience=audience, auth_method=method, at=self.at, actor="test"
            )
        return self.secrets[identifier]

    @property
    def catalog(self) -> Catalog:
        settings: Settings = self.app.extensions[SETTINGS]
        return settings.catalog

    def set_member(self, slug: str, name: str, role: str) -> None:
        with self.app.app_context():
            projects.set_member(slug, name, role, catalog=self.catalog, at=self.at, actor="test")

    def remove_member(self, slug: str, name: str) -> None:
        with self.app.app_context():
            projects.remove_member(slug, name, at=self.at, actor="test")

    def disable_user(self, name: str) -> None:
        with self.app.app_context():
            suspension.disable(name, lifetimes=Lifetimes(), at=self.at, actor="test")

    def enable_user(self, name: str) -> None:
        with self.app.app_context():
            suspension.enable(name, lifetimes=Lifetimes(), at=self.at, actor="test")

    def disable_client(self, client: Registered) -> None:
        with self.app.app_context():
            disable_client(client.client_id, at=self.at, actor="test")

    def enable_client(self, client: Registered) -> None:
        with self.app.app_context():
            enable_client(client.client_id, at=self.at, actor="test")

    def remove_server(self, identifier: str) -> None:
        with self.app.app_context():
            mcp_servers.remove_server(identifier, at=self.at, actor="test")

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run SQL beside the app, to look at the state or to spoil it."""
        try:
            return self._execute(statement)
        except OperationalError as error:
            if not has_lost(error.orig):
                raise
            return self._execute(statement)

    def _execute(self, statement: str) -> list[tuple[object, ...]]:
        with self.app.app_context(), db.engine.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []

    def flush_activity(self) -> int:
        """Write what introspection noted, and return the number of rows."""
        with self.app.app_context():
            return activity_writer.buffer().flush()

    def audit(self, kind: str | None = None) -> list[Entry]:
        with self.app.app_context():
            return list(entries(Filter(kind=kind)))
