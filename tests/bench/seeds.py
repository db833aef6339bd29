"""What the loads on Mandate need: tokens, codes and signed-in browsers, each new."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import insert

from app.domain.credentials.secrets import Prefix, digest, new_id, new_secret, session_of
from app.extensions import db
from app.models import AccessToken, AuthorizationCode, ClientSession
from tests.bench.load import Load
from tests.drivers.tool import Tool, challenge_of
from tests.drivers.world import World

CHOICE: dict[str, Any] = {
    "capabilities": ["api", "mcp", "flows:edit"],
    "project-payments": "editor",
    "project-website": "viewer",
    "mcp_servers": ["ledger"],
    "expires_in": "",
}
SCOPE = "api mcp flows:edit"


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


class Seeds:
    """The loads on one deployment, by operation."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tool = Tool(world, world.web)
        self.tokens = self.tool.tokens(CHOICE, scope=SCOPE)
        self.session_id = session_of(self.tokens["refresh_token"]) or ""
        # Her list is not longer for the sessions that the other loads open.
        self.reader = Tool(world, world.web).sign_in("ada")
        self.reader.tokens(CHOICE, scope=SCOPE)

    def load(self, operation: str, count: int, connections: int) -> Load:
        """Return the load of an operation with `count` bodies where each is sent once."""
        made: Load = getattr(self, f"_{operation}")(
            connections if operation == "refresh" else count
        )
        return made

    def _introspection(self, _count: int) -> Load:
        body = urlencode({"token": self.tokens["access_token"]})
        return Load("/oauth/introspect", bodies=[body], headers=basic("api", self._secret("api")))

    def _secret(self, name: str) -> str:
        return self.world.secrets[name]

    def _own(self) -> dict[str, str]:
        return basic(self.tool.client.client_id, self.tool.client.secret or "")

    def _refresh(self, count: int) -> Load:
        chains = [self.tool.tokens(CHOICE, scope=SCOPE)["refresh_token"] for _ in range(count)]
        return Load("/oauth/token", "chain", bodies=chains, headers=self._own())

    def _code_exchange(self, count: int) -> Load:
        texts = [new_secret(Prefix.AUTHORIZATION_CODE) for _ in range(count)]
        with self.world.app.app_context():
            session = db.session.get_one(ClientSession, self.session_id)
            shared = {
                "authorization_id": session.authorization_id,
                "client_id": session.client_id,
                "redirect_uri": self.tool.client.redirect_uri,
                "code_challenge": challenge_of(self.tool.verifier),
                "resources": session.resources,
                "issued_at": self.world.at,
                "expires_at": self.world.at + timedelta(hours=1),
            }
            rows = [{"digest": digest(text), **shared} for text in texts]
            db.session.execute(insert(AuthorizationCode), rows)
            db.session.commit()
        return Load(
            "/oauth/token",
            "list",
            bodies=[self._code_form(text) for text in texts],
            headers=self._own(),
        )

    def _code_form(self, text: str) -> str:
        return urlencode(
            {
                "grant_type": "authorization_code",
                "code": text,
                "redirect_uri": self.tool.client.redirect_uri,
                "code_verifier": self.tool.verifier,
            }
        )

    def _first_introspection(self, count: int) -> Load:
        forms = self._new_access_tokens(count)
        return Load(
            "/oauth/introspect", "list", bodies=forms, headers=basic("api", self._secret("api"))
        )

    def _revocation(self, count: int) -> Load:
        forms = self._new_access_tokens(count)
        return Load("/oauth/revoke", "list", bodies=forms, headers=self._own())

    def _new_access_tokens(self, count: int) -> list[str]:
        texts = [new_secret(Prefix.ACCESS_TOKEN) for _ in range(count)]
        with self.world.app.app_context():
            session = db.session.get_one(ClientSession, self.session_id)
            shared = {
                "session_id": session.id,
                "audience": session.resources[0],
                "issued_at": self.world.at,
                "expires_at": self.world.at + timedelta(hours=1),
            }
            rows = [{"id": new_id("tok"), "digest": digest(text), **shared} for text in texts]
            db.session.execute(insert(AccessToken), rows)
            db.session.commit()
        return [urlencode({"token": text}) for text in texts]

    def _consent_page(self, _count: int) -> Load:
        address, _ = self.reader.consent_page(scope=SCOPE)
        return Load(address, method="GET", headers=self._cookies())

    def _settings_list(self, _count: int) -> Load:
        return Load("/settings/authorizations/oauth2", method="GET", headers=self._cookies())

    def _cookies(self) -> dict[str, str]:
        cookies = self.reader.browser.cookies()
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
