"""The short way of refresh and the long way answer alike, write alike, and never both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.database.kept_connections import KeptConnections
from app.database.transactions import unavailable
from app.services.tokens import issuance, refresh_at_once
from tests.drivers.introspection import basic
from tests.drivers.refresh import Refreshing
from tests.drivers.short_way import long_requests
from tests.drivers.tool import USUAL, Tool, refusal
from tests.drivers.world import MCP, World

API = "http://127.0.0.1:8001/api"
WIDE = {**USUAL, "capabilities": ["api", "flows:edit", "mcp"], "mcp_servers": ["ledger"]}
BOTH = {"scope": "api flows:edit mcp", "resource": [API, f"{MCP}/ledger"]}


@pytest.mark.parametrize("name", ["native", "web", "post"])
def test_a_plain_refresh_takes_the_short_way(world: World, name: str) -> None:
    pair = Refreshing(Tool(world, getattr(world, name)), WIDE, **BOTH)
    for more in (
        {},
        {"scope": "api"},
        {"scope": "api flows:edit mcp"},
        {"scope": "openid api"},
        {"resource": API},
        {"resource": f"{MCP}/ledger"},
        {"resource": f"{MCP}/ledger/"},
    ):
        world.clock.forward(seconds=5)
        answer, is_short = pair.both_ways(**more)
        assert (answer.status_code, is_short) == (200, True), more
        assert pair.tool.is_active(
            answer.get_json()["access_token"], "mcp" if "ledger" in str(more) else "api"
        )


def test_what_is_refused_is_refused_by_the_long_way(lone_world: World) -> None:
    pair = Refreshing(Tool(lone_world, lone_world.native), WIDE, **BOTH)
    for more, error in (
        ({"scope": "apps:admin"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"resource": f"{MCP}/fraud"}, "invalid_target"),
        ({"resource": "https://nowhere.example/"}, "invalid_target"),
        ({"resource": [API, f"{MCP}/ledger"]}, "invalid_target"),
        ({"client_id": "somebody"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
    ):
        answer, is_short = pair.both_ways(**more)
        assert (answer.get_json()["error"], is_short) == (error, False), more
    assert pair.both_ways()[1], "nothing was spent"


def test_odd_but_good_requests_take_the_long_way(lone_world: World) -> None:
    pair = Refreshing(Tool(lone_world, lone_world.native))
    for more in ({"scope": ""}, {"client_secret": ""}, {"resource": ""}, {"unknown": "x"}):
        answer, is_short = pair.both_ways(**more)
        assert (answer.status_code, is_short) == (200, False), more


def test_credentials_are_judged_as_on_the_long_way(lone_world: World) -> None:
    world = lone_world
    tool = Tool(world, world.web)
    secret = tool.client.secret or ""
    other = world.post
    token = tool.tokens()["refresh_token"]
    good = {"grant_type": "refresh_token"}
    own = tool.client.client_id
    asked: list[tuple[str | None, dict[str, str], int, bool]] = [
        (None, {"client_id": own}, 401, False),
        (None, {"client_id": own, "client_secret": "wrong"}, 401, False),
        (basic(own, "wrong"), {}, 401, False),
        (basic("nobody", secret), {}, 401, False),
        (basic(other.client_id, other.secret or ""), {}, 400, False),
        (basic(own, secret), {"client_id": "other"}, 400, False),
        (basic(own, secret), {"client_secret": secret}, 400, False),
        (basic(own, secret), {"client_assertion": "x"}, 400, False),
        ("Bearer x", {}, 401, False),
        ("Basic ???", {}, 401, False),
        (basic(own, secret), {"client_id": own}, 200, True),
        (None, {"client_id": own, "client_secret": secret}, 200, True),
    ]
    for header, more, status, short in asked:
        headers = {} if header is None else {"Authorization": header}
        with long_requests(world.app) as went_long:
            answer = tool.http.post(
                "/oauth/token", data={**good, "refresh_token": token, **more}, headers=headers
            )
        assert (answer.status_code, not went_long) == (status, short), (header, more)
        token = answer.get_json().get("refresh_token", token)


def test_a_public_client_beside_other_credentials_takes_the_long_way(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.native)
    token, own = tool.tokens()["refresh_token"], lone_world.native.client_id
    named = {"client_id": own}
    asked: list[tuple[str, dict[str, str], int]] = [
        (basic("somebody-else", "whatever"), named, 400),
        (basic("somebody-else", "whatever"), {}, 401),
        (basic(own, "whatever"), {}, 401),
        ("Basic /w==", named, 401),
        ("Basic /w==", {}, 401),
    ]
    for header, more, status in asked:
        with long_requests(lone_world.app) as went_long:
            answer = tool.http.post(
                "/oauth/token",
                data={"grant_type": "refresh_token", "refresh_token": token, **more},
                headers={"Authorization": header},
            )
        assert (answer.status_code, went_long) == (status, ["/oauth/token"]), (header, more)
    assert tool.refresh(token).status_code == 200


def test_a_write_whose_outcome_is_unknown_is_not_judged_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost after the commit: the long way would see a replay."""
    tool = Tool(world, world.native)
    token = tool.tokens()["refresh_token"]
    write = KeptConnections.write

    def write_and_lose(kept: KeptConnections, work: Any) -> Any:
        write(kept, work)
        raise unavailable(ConnectionError("lost"))

    with monkeypatch.context() as broken, long_requests(world.app) as went_long:
        broken.setattr(KeptConnections, "write", write_and_lose)
        answer = tool.refresh(token)
    assert went_long == []
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.get_json()["error"] == "temporarily_unavailable"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert world.audit("session.ended") == []
    assert tool.refresh(token).status_code == 200, "it comes again within the grace"


Change = Callable[[World, str], object]
STOPS: dict[str, Change] = {
    "user": lambda world, _: world.disable_user("ben"),
    "client": lambda world, _: world.disable_client(world.native),
    "session": lambda world, token: Tool(world, world.native).revoke(token),
    "authorization": lambda world, _: world.execute(
        "UPDATE authorizations SET revoked_at = created_at"
    ),
    "end": lambda world, _: world.execute("UPDATE authorizations SET expires_at = created_at"),
    "idle": lambda world, _: world.execute("UPDATE sessions SET idle_expires_at = created_at"),
    "old": lambda world, _: world.execute("UPDATE sessions SET expires_at = created_at"),
    "user by hand": lambda world, _: world.execute("UPDATE users SET disabled_at = created_at"),
    "client by hand": lambda world, _: world.execute("UPDATE clients SET disabled_at = created_at"),
    "grant": lambda world, _: world.execute(
        "UPDATE clients SET grant_types = '[\"authorization_code\"]'"
    ),
    "forged": lambda world, _: world.execute("UPDATE sessions SET seal_key = 'another'"),
    "spent": lambda world, token: [
        step()
        for step in (
            lambda: Tool(world, world.native).refresh(token),
            lambda: world.clock.forward(seconds=61),
        )
    ],
}


@pytest.mark.requirement("RT-08")
@pytest.mark.parametrize("stop", list(STOPS))
def test_what_has_ended_is_not_refreshed(world: World, stop: str) -> None:
    tool = Tool(world, world.native)
    token = tool.tokens()["refresh_token"]
    STOPS[stop](world, token)
    with long_requests(world.app) as went_long:
        answer = tool.refresh(token)
    assert answer.status_code in (400, 401)
    assert went_long == ["/oauth/token"]


MEANWHILE: dict[str, tuple[Change, int]] = {
    "ended": (lambda world, token: Tool(world, world.native).revoke(token), 400),
    "spent": (lambda world, token: Tool(world, world.native).refresh(token), 200),
}


@pytest.mark.requirement("RT-01")
@pytest.mark.parametrize("event", list(MEANWHILE))
def test_what_happens_between_the_reading_and_the_spending_counts(
    world: World, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    change, status = MEANWHILE[event]
    tool = Tool(world, world.native)
    token = tool.tokens()["refresh_token"]
    read = refresh_at_once.find
    found: list[Any] = []

    def read_then_change(*asked: Any) -> Any:
        found.append(read(*asked))
        if len(found) == 1:
            change(world, token)
        return found[-1]

    monkeypatch.setattr(refresh_at_once, "find", read_then_change)
    with long_requests(world.app) as went_long:
        answer = tool.refresh(token)
    assert answer.status_code == status
    assert went_long[-1] == "/oauth/token"
    chains = world.execute("SELECT count(*) FROM sessions WHERE ended_at IS NULL")
    assert chains == [(int(status == 200),)]
    assert len(world.audit("session.refreshed")) == (2 if status == 200 else 0)


@pytest.mark.requirement("RT-01")
def test_what_cannot_be_written_whole_is_not_written_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool(world, world.native)
    tokens = tool.tokens()
    [[kept]] = world.execute("SELECT id FROM access_tokens")
    with monkeypatch.context() as broken:
        broken.setattr(issuance, "new_id", lambda _kind: kept)
        assert tool.refresh(tokens["refresh_token"]).status_code == 409
    assert world.execute("SELECT count(*) FROM sessions WHERE rotated_at IS NULL") == [(1,)]
    assert world.audit("session.refreshed") == []
    assert tool.refresh(tokens["refresh_token"]).status_code == 200


def test_the_directory_is_read_as_it_is_now(world: World) -> None:
    """Registered resources are kept in the process only while the database counts no change."""
    tool = Tool(world, world.native)
    tokens = tool.tokens(WIDE, **BOTH)
    named = f"{MCP}/ledger"

    def next_target() -> tuple[int, bool]:
        nonlocal tokens
        with long_requests(world.app) as went_long:
            answer = tool.refresh(tokens["refresh_token"], resource=named)
        tokens = answer.get_json() if answer.status_code == 200 else tokens
        return answer.status_code, not went_long

    assert next_target() == (200, True)
    world.execute("UPDATE mcp_servers SET url = url || '2', url_key = url_key || '2'")
    assert next_target() == (400, False)
    world.execute("UPDATE mcp_servers SET url = rtrim(url, '2'), url_key = rtrim(url_key, '2')")
    assert next_target() == (200, True)
    world.remove_server("ledger")
    answer = tool.refresh(tokens["refresh_token"], resource=named)
    assert refusal(answer) == "invalid_target"
