"""The short way of a code and the long way answer alike, write alike, and never both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.services.tokens import issuance, redemption_at_once
from tests.drivers.short_way import long_requests, only_long
from tests.drivers.tool import USUAL, Tool, refusal
from tests.drivers.world import MCP, World

API = "http://127.0.0.1:8001/api"
WIDE = {**USUAL, "capabilities": ["api", "flows:edit", "mcp"], "mcp_servers": ["ledger"]}
BOTH = {"scope": "api flows:edit mcp", "resource": [API, f"{MCP}/ledger"]}
NEW = ("access_token", "refresh_token")
OWN_HEADERS = ("X-Request-Id", "Content-Length")
ROW = """
    SELECT s.authorization_id, s.client_id, CAST(s.resources AS VARCHAR),
        CAST(s.approved AS VARCHAR), s.user_agent, s.address, s.created_at, s.used_at,
        s.idle_expires_at, s.expires_at, s.ended_at, s.rotated_at, s.refresh_digest IS NULL,
        t.audience, t.mcp_server, t.issued_at, t.expires_at, t.revoked_at,
        CAST(t.narrowed_to AS VARCHAR), c.redeemed_at, c.failed_verifiers
    FROM sessions s JOIN access_tokens t ON t.session_id = s.id
    JOIN authorization_codes c ON c.session_id = s.id
"""


def told(answer: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    body = {name: v for name, v in answer.get_json().items() if name not in NEW}
    headers = {n: v for n, v in answer.headers.items() if n not in OWN_HEADERS}
    return answer.status_code, body, headers


@pytest.mark.requirement("AC-03")
@pytest.mark.parametrize("name", ["native", "web", "post"])
def test_a_plain_redemption_takes_the_short_way_and_is_the_same(world: World, name: str) -> None:
    tool = Tool(world, getattr(world, name))
    asked: list[dict[str, Any]] = [{}, {"resource": API}, {"resource": f"{MCP}/ledger"}]
    for more in asked:
        one, other = (tool.code(WIDE, **BOTH) for _ in range(2))
        with long_requests(world.app) as went_long:
            short = tool.redeem(one, **more)
        [first] = world.execute(ROW)
        [first_event] = world.audit("session.started")[-1:]
        world.execute("DELETE FROM sessions")
        with only_long(world.app):
            long = tool.redeem(other, **more)
        [second] = world.execute(ROW)
        [second_event] = world.audit("session.started")[-1:]
        assert went_long == []
        assert told(short) == told(long)
        assert first == second
        for event in (first_event, second_event):
            event.detail.pop("session")
        assert (first_event.subject, first_event.detail) == (
            second_event.subject,
            second_event.detail,
        )
        token = long.get_json()["access_token"]
        assert tool.is_active(token, "mcp" if "ledger" in str(more) else "api")
        world.execute("DELETE FROM sessions")


def test_what_is_refused_is_refused_by_the_long_way(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.native)
    code = tool.code()
    for more, error in (
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1/other"}, "invalid_grant"),
        ({"client_id": "somebody"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"resource": "https://nowhere.example/"}, "invalid_target"),
        ({"resource": [API, f"{MCP}/ledger"]}, "invalid_target"),
        ({"code": "mdtc_unknown"}, "invalid_grant"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
    ):
        with long_requests(lone_world.app) as went_long:
            answer = tool.redeem(code, **more)
        assert (answer.get_json()["error"], went_long) == (error, ["/oauth/token"]), more
    with long_requests(lone_world.app) as went_long:
        assert tool.redeem(code).status_code == 200
    assert went_long == []


def test_a_verifier_that_is_too_short_is_refused_even_if_it_fits(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.native, verifier="too-short")
    with long_requests(lone_world.app) as went_long:
        assert refusal(tool.redeem(tool.code())) == "invalid_grant"
    assert went_long[-1] == "/oauth/token"


def test_a_code_without_its_redirect_uri_takes_the_long_way(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.native)
    with long_requests(lone_world.app) as went_long:
        assert tool.redeem(tool.code(), redirect_uri=None).status_code == 200
    assert went_long[-1] == "/oauth/token"


Change = Callable[[World, Tool, str], object]


def five_wrong_verifiers(world: World, tool: Tool, code: str) -> None:
    for _ in range(5):
        tool.redeem(code, code_verifier="x" * 43)


STOPS: dict[str, Change] = {
    "user": lambda world, _tool, _code: world.disable_user("ben"),
    "client": lambda world, _tool, _code: world.disable_client(world.native),
    "authorization": lambda world, _tool, _code: world.execute(
        "UPDATE authorizations SET revoked_at = created_at"
    ),
    "end": lambda world, _tool, _code: world.execute(
        "UPDATE authorizations SET expires_at = created_at"
    ),
    "grant": lambda world, _tool, _code: world.execute(
        "UPDATE clients SET grant_types = '[\"refresh_token\"]'"
    ),
    "spent": lambda _world, tool, code: tool.redeem(code),
    "old": lambda world, _tool, _code: world.clock.forward(seconds=61),
    "guessed": five_wrong_verifiers,
}


@pytest.mark.requirement("AC-03")
@pytest.mark.parametrize("stop", list(STOPS))
def test_what_has_ended_gives_no_tokens(world: World, stop: str) -> None:
    tool = Tool(world, world.native)
    code = tool.code()
    STOPS[stop](world, tool, code)
    with long_requests(world.app) as went_long:
        answer = tool.redeem(code)
    assert answer.status_code in (400, 401)
    assert went_long == ["/oauth/token"]
    live = "SELECT count(*) FROM sessions WHERE ended_at IS NULL"
    assert world.execute(live) == [(0,)]


@pytest.mark.requirement("AC-03")
@pytest.mark.parametrize("event", ["spent", "guessed", "authorization"])
def test_what_happens_between_the_reading_and_the_spending_counts(
    world: World, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    tool = Tool(world, world.native)
    code = tool.code()
    read = redemption_at_once.find
    found: list[Any] = []

    def read_then_change(*asked: Any) -> Any:
        found.append(read(*asked))
        if len(found) == 1:
            STOPS[event](world, tool, code)
        return found[0]

    monkeypatch.setattr(redemption_at_once, "find", read_then_change)
    assert tool.redeem(code).status_code == 400
    [[sessions]] = world.execute("SELECT count(*) FROM sessions WHERE ended_at IS NULL")
    assert sessions == 0


@pytest.mark.requirement("AC-03")
def test_what_cannot_be_written_whole_is_not_written_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool(world, world.native)
    tool.tokens()
    [[kept]] = world.execute("SELECT id FROM access_tokens")
    code = tool.code()
    with monkeypatch.context() as broken:
        broken.setattr(issuance, "new_id", lambda _kind: kept)
        assert tool.redeem(code).status_code == 409
    assert world.execute("SELECT count(*) FROM sessions") == [(1,)]
    assert len(world.audit("session.started")) == 1
    assert tool.redeem(code).status_code == 200


def test_a_client_without_the_refresh_grant_gets_no_refresh_token(world: World) -> None:
    world.execute("UPDATE clients SET grant_types = '[\"authorization_code\"]'")
    tool = Tool(world, world.web)
    code = tool.code()
    with long_requests(world.app) as went_long:
        answer = tool.redeem(code, client=world.web)
    assert "refresh_token" not in answer.get_json()
    assert went_long == []
    assert world.execute("SELECT count(*) FROM sessions WHERE refresh_digest IS NULL") == [(1,)]
