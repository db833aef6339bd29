"""A service account that calls the management API, and a person's credential that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from app.domain.management import AdminScope
from app.services.clients import service_accounts
from tests.drivers.world import Registered, World

API = "/api/v1"
EVERYTHING = tuple(scope.value for scope in AdminScope)


@dataclass
class Bearer:
    """Whoever calls the API with a credential."""

    world: World
    text: str

    def call(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.text}"}
        http = self.world.app.test_client(use_cookies=False)
        return http.open(API + path, method=method, headers=headers, **more)

    def get(self, path: str, **parameters: Any) -> Any:
        response = self.call("GET", path, query_string=parameters)
        assert response.status_code == 200, response.text
        return response.get_json()

    def all(self, path: str, limit: int) -> list[Any]:
        """Return the items of all pages of a list."""
        items, cursor = [], None
        while True:
            more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
            page = self.get(path, limit=limit, **more)
            assert len(page["items"]) <= limit
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items


class Account(Bearer):
    """A service account with a token."""

    def __init__(self, world: World, *scopes: str) -> None:
        with world.app.app_context():
            info, secret = service_accounts.add_service_account(
                "Platform", scopes=scopes or EVERYTHING, at=world.at, actor="test"
            )
        assert secret is not None
        self.client_id, self.secret = info.identifier, secret
        self.registered = Registered(info.identifier, secret, info.auth_method, "")
        self.actor = f"account:{info.identifier}"
        super().__init__(world, "")
        self.text = self.token()

    def ask(self, **fields: Any) -> TestResponse:
        http = self.world.app.test_client(use_cookies=False)
        data = {"grant_type": "client_credentials", **fields}
        return http.post("/oauth/token", data=data, auth=(self.client_id, self.secret))

    def token(self, **fields: Any) -> str:
        response = self.ask(**fields)
        assert response.status_code == 200, response.text
        return str(response.get_json()["access_token"])


def problem(response: TestResponse) -> tuple[int, str]:
    """Return the status and the detail of a problem in its whole form (RFC 9457 section 3)."""
    assert response.content_type == "application/problem+json", response.text
    body = response.get_json()
    assert set(body) == {"type", "title", "status", "detail", "request_id"}
    assert (body["type"], body["status"]) == ("about:blank", response.status_code)
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, body["detail"]
