"""Registrations of clients, and who manages them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from werkzeug.test import TestResponse

from app.runtime.current import SETTINGS
from app.settings import Settings
from app.settings.registration import Registration
from tests.drivers.world import Registered, World

GOOD: dict[str, Any] = {
    "client_name": "Tracer",
    "redirect_uris": ["http://127.0.0.1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}
KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis",
    "y": "y77t-RvAHRKTsSGdIYUfweuOvwrvDD-Q3Hv5J0fSKbE",
}


def register(world: World, body: object = None, /, **changes: Any) -> TestResponse:
    """POST a registration; a change of None leaves a member out."""
    if body is None:
        body = {name: v for name, v in {**GOOD, **changes}.items() if v is not None}
    return world.app.test_client().post("/oauth/register", json=body)


def as_client(answer: TestResponse) -> Registered:
    return client_of(answer.get_json())


def client_of(body: dict[str, Any]) -> Registered:
    """Return the client that a registration response describes."""
    method, secret = body["token_endpoint_auth_method"], body.get("client_secret")
    return Registered(body["client_id"], secret, method, body["redirect_uris"][0])


def rules(world: World, **changes: Any) -> None:
    """Change what the deployment decides about registration."""
    own: Settings = world.app.extensions[SETTINGS]
    world.app.extensions[SETTINGS] = replace(own, registration=Registration(**changes))


class Manager:
    """Who holds the registration access token of a registration."""

    def __init__(self, world: World, **changes: Any) -> None:
        self.http = world.app.test_client()
        self.body = register(world, **changes).get_json()
        self.path = self.body["registration_client_uri"].removeprefix("http://127.0.0.1:8000")

    def call(self, method: str, token: str | None = None, **more: Any) -> TestResponse:
        token = self.body["registration_access_token"] if token is None else token
        return self.http.open(
            self.path, method=method, headers={"Authorization": f"Bearer {token}"}, **more
        )

    def put(self, **changes: Any) -> TestResponse:
        body = {**GOOD, "client_id": self.body["client_id"], **changes}
        return self.call("PUT", json={name: v for name, v in body.items() if v is not None})
