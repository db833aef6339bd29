"""The example tool while Mandate is away: a sentence, never a failure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.demo.tool.app import create_tool
from app.demo.tool.calls import Caller
from app.demo.tool.oauth_client import OAuthClient, Pending, Registration
from app.demo.tool.page import TOOL_STATE, ToolSettings
from app.demo.tool.visitors import MAX_PENDING, Connection, Visitor, Visitors
from tests.drivers.demo_browser import CSRF
from tests.drivers.demo_stage import free_addresses

TOKEN = {
    "access_token": "mdta_secret",
    "refresh_token": "mdtr_secret",
    "scope": "api",
    "authorization_details": [],
    "expires_at": 4_000_000_000,
}


class Alone:
    """The tool with one visitor who is connected, and nobody else in the world."""

    def __init__(self) -> None:
        addresses = free_addresses()
        self.oauth = OAuthClient(
            Registration(addresses.issuer, "id", "secret", addresses.tool_redirect_uri, "api")
        )
        self.caller = Caller(addresses.api, addresses.issuer)
        outside = ToolSettings(
            addresses.tool, addresses.issuer, {addresses.api: "The API"}, {}, ("api",)
        )
        app = create_tool(outside, self.oauth, self.caller)
        visitors: Visitors = app.extensions[TOOL_STATE].visitors
        key, self.visitor = visitors.welcome()
        self.visitor.connection = Connection(dict(TOKEN), addresses.api)
        self.api = addresses.api
        self.http: FlaskClient = app.test_client()
        self.base = {"base_url": addresses.tool}
        with self.http.session_transaction(**self.base) as kept:
            kept["visitor"] = key

    def press(self, action: str, **fields: str) -> str:
        found = CSRF.search(self.http.get("/", **self.base).text)
        assert found
        data = {"csrf_token": found[1], **fields}
        page = self.http.post(action, data=data, follow_redirects=True, **self.base)
        assert page.status_code == 200
        return page.text


@pytest.fixture
def alone() -> Iterator[Alone]:
    found = Alone()
    yield found
    found.oauth.close()
    found.caller.close()


def test_connecting_says_that_mandate_is_away(alone: Alone) -> None:
    alone.visitor.forget()
    assert "Mandate does not answer" in alone.press("/connect", resource=alone.api)


def test_refreshing_keeps_the_tokens(alone: Alone) -> None:
    page = alone.press("/refresh")
    assert "Mandate does not answer" in page
    assert "What you gave" in page


def test_disconnecting_forgets_the_tokens_all_the_same(alone: Alone) -> None:
    page = alone.press("/disconnect")
    assert "Mandate could not be told" in page
    assert "Connect to Mandate" in page


def test_calling_says_that_nobody_answers(alone: Alone) -> None:
    assert "no answer" in alone.press("/call")


def test_a_token_that_ended_is_renewed_before_a_call(alone: Alone) -> None:
    assert alone.visitor.connection is not None
    alone.visitor.connection.token["expires_at"] = 1
    assert "Mandate does not answer" in alone.press("/call")


def test_an_answer_that_took_too_long_is_not_taken() -> None:
    visitor = Visitor()
    visitor.await_answer(Pending("late", "verifier", "resource", "url", started_at=0))
    assert visitor.answered("late") is None


def test_only_so_many_connections_are_under_way() -> None:
    visitor = Visitor()
    for number in range(MAX_PENDING + 3):
        visitor.await_answer(Pending(str(number), "v", "r", "u", started_at=4_000_000_000))
    assert list(visitor.pending) == [str(n) for n in range(3, MAX_PENDING + 3)]
