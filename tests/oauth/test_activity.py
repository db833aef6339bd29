"""Introspection notes what a credential is used for, and writes nothing while it answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from app.extensions import db
from app.runtime import activity_writer
from app.services.introspection.activity import ActivityCount
from tests.drivers.activity import kept, new_key, used_at
from tests.drivers.clock import Clock as ConftestClock
from tests.drivers.deployment import AUDIENCE, Prepared, running_world
from tests.drivers.introspection import both_ways
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import MCP, World

WITH_LEDGER = {**USUAL, "capabilities": ["api", "flows:edit", "mcp"], "mcp_servers": ["ledger"]}


def test_what_a_session_is_used_for_is_learned_from_introspection(tool: Tool) -> None:
    token = tool.tokens()["access_token"]
    world = tool.world
    start = world.at
    assert kept(world) == []
    tool.introspect(token, capability="api flows:edit", project="payments")
    world.clock.forward(seconds=5)
    tool.introspect(token, capability="api", project="payments")
    assert kept(world, flush=False) == []
    first = kept(world)[0]
    [[session_id]] = world.execute("SELECT id FROM sessions")
    assert first == ActivityCount(
        credential=str(session_id),
        resource_server="api",
        capability="api",
        project="payments",
        mcp_server="",
        refused=False,
        calls=2,
        address="127.0.0.1",
        first_at=start,
        last_at=start + timedelta(seconds=5),
    )
    assert [(r.capability, r.calls) for r in kept(world)] == [("api", 2), ("flows:edit", 1)]


def test_what_an_api_key_is_used_for_is_learned_by_key(world: World) -> None:
    tool, key = Tool(world, world.native), new_key(world)
    tool.introspect(key, "mcp", resource=f"{MCP}/ledger")
    tool.introspect(key, "api", resource=AUDIENCE, capability="api")
    [[key_id]] = world.execute("SELECT id FROM api_keys")
    assert {(r.credential, r.mcp_server) for r in kept(world)} == {(key_id, "ledger"), (key_id, "")}
    assert used_at(world) is not None


def test_each_resource_server_is_told_apart_with_its_address(lone_tool: Tool) -> None:
    token = lone_tool.tokens(WITH_LEDGER, scope="api flows:edit mcp", resource=f"{MCP}/ledger")[
        "access_token"
    ]
    for server, address in (("mcp", "192.0.2.1"), ("mcp", "2001:db8::1"), ("api", "192.0.2.3")):
        lone_tool.http.environ_base["REMOTE_ADDR"] = address
        lone_tool.introspect(token, server)
    found = {(r.resource_server, r.address, r.calls, r.refused) for r in kept(lone_tool.world)}
    assert found == {("mcp", "2001:db8::1", 2, False), ("api", "192.0.2.3", 1, True)}


def test_the_address_behind_a_proxy_is_the_resource_servers(
    lone_database: Prepared, clock: ConftestClock
) -> None:
    with running_world(lone_database, clock, MANDATE_PROXY_HOPS="1") as world:
        tool = Tool(world, world.native)
        token = tool.tokens()["access_token"]
        for forwarded in ("6.6.6.6, 192.0.2.4", "192.0.2.5\x80, " + "y" * 900):
            tool.http.post(
                "/oauth/introspect",
                data={"token": token},
                auth=("api", world.secrets["api"]),
                headers={"X-Forwarded-For": forwarded},
            )
            address = forwarded.split(", ")[1][:80]
            assert kept(world)[0].address == address


def test_what_the_call_needs_changes_no_access_and_takes_the_short_way(lone_tool: Tool) -> None:
    token = lone_tool.tokens()["access_token"]
    plain = lone_tool.introspect(token)
    more: list[dict[str, str]] = [
        {"capability": "api", "project": "payments"},
        {"capability": "apps:admin nonsense", "project": "website"},
        {"capability": "", "project": ""},
        {"capability": "api", "project": "payments", "resource": AUDIENCE, "token_type_hint": "x"},
    ]
    header = {"Authorization": "Basic " + _basic(lone_tool)}
    for told in more:
        answer = lone_tool.introspect(token, **told)
        assert ("denied" in answer) is ("nonsense" in told["capability"])
        answer.pop("denied", None)
        assert answer == plain
        _, short = both_ways(lone_tool, data={"token": token, **told}, headers=header)
        assert short


def _basic(tool: Tool) -> str:
    import base64

    return base64.b64encode(f"api:{tool.world.secrets['api']}".encode()).decode()


def test_both_ways_note_the_same(lone_tool: Tool) -> None:
    token = lone_tool.tokens()["access_token"]
    told = {"token": token, "capability": "flows:edit", "project": "payments"}
    header = {"Authorization": "Basic " + _basic(lone_tool)}
    both_ways(lone_tool, data=told, headers=header)
    [row] = kept(lone_tool.world)
    assert (row.calls, row.address, row.capability) == (2, "127.0.0.1", "flows:edit")


def test_nothing_is_written_while_it_answers(tool: Tool) -> None:
    token = tool.tokens()["access_token"]
    statements: list[str] = []
    with tool.world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _u, sql, *_: statements.append(sql))
    for _ in range(20):
        assert tool.is_active(token)
        tool.introspect(token, capability="api flows:edit", project="payments")
    assert statements == []
    tool.world.flush_activity()
    kinds = [statement.split()[0] for statement in statements if "BEGIN" not in statement]
    assert kinds == ["SELECT", "INSERT", "UPDATE", "UPDATE"], "one batch for all of them"


def _nothing(_: World) -> None:
    """Change nothing: the call itself is out of bounds."""


def _shrink(world: World) -> None:
    world.set_member("payments", "ben", "viewer")


REFUSED: dict[str, tuple[Callable[[World], object], dict[str, Any], tuple[str, str, str]]] = {
    "the authorization is paused": (
        lambda w: w.execute("UPDATE authorizations SET paused_at = created_at"),
        {},
        ("", "", "ledger"),
    ),
    "the MCP server is not in the access": (
        _nothing,
        {"resource": f"{MCP}/fraud"},
        ("", "", "fraud"),
    ),
    "the MCP server was lost": (
        lambda w: w.remove_member("payments", "ben"),
        {"resource": f"{MCP}/ledger"},
        ("", "", "ledger"),
    ),
    "another audience": (_nothing, {"server": "api"}, ("", "", "ledger")),
    "the capability is not in the access": (
        _nothing,
        {"capability": "secrets:edit"},
        ("secrets:edit", "", ""),
    ),
    "the role is too small": (
        _shrink,
        {"capability": "flows:edit", "project": "payments"},
        ("flows:edit", "payments", ""),
    ),
    "the project is not in the access": (
        _nothing,
        {"capability": "api", "project": "website"},
        ("api", "", ""),
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_refused_calls_count_as_refused_and_are_no_use(tool: Tool, why: str) -> None:
    change, asked, (capability, project, server) = REFUSED[why]
    scope = "api flows:edit mcp"
    token = tool.tokens(WITH_LEDGER, scope=scope, resource=f"{MCP}/ledger")["access_token"]
    change(tool.world)
    before = tool.world.execute("SELECT used_at FROM sessions")
    tool.world.clock.forward(seconds=1)
    tool.introspect(token, **{"server": "mcp", **asked})
    found = kept(tool.world)
    assert [row.refused for row in found] == [True] * len(found)
    wanted = ("mcp", "", server) if server else (capability, project, "")
    assert wanted in {(row.capability, row.project, row.mcp_server) for row in found}
    assert used_at(tool.world) is None
    assert tool.world.execute("SELECT used_at FROM sessions") == before


def test_what_is_unknown_or_over_leaves_no_row(tool: Tool) -> None:
    tokens = tool.tokens()
    token = tokens["access_token"]
    tool.introspect(token + "0")
    tool.introspect(tokens["refresh_token"])
    for auth in (("api", "wrong"), ("nobody", "x")):
        answer = tool.http.post("/oauth/introspect", data={"token": token}, auth=auth)
        assert answer.status_code == 401
    revoked = tool.tokens()["access_token"]
    tool.revoke(revoked)
    tool.introspect(revoked)
    tool.world.clock.forward(seconds=600)
    tool.introspect(token)
    assert kept(tool.world) == []
    assert used_at(tool.world) is None


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"capability": "x" * 200_000}, 200),
        ({"capability": "api " * 50_000, "project": "p" * 50_000}, 200),
        ({"capability": " ".join(f"c{n}" for n in range(30_000))}, 200),
        ({"capability": "x" * 300_000}, 413),
        ({"capability": "api\x00"}, 400),
        ({"project": "pay\x00ments"}, 400),
        ({"capability": ["api", "mcp"]}, 400),
        ({"capability": "\u2003api\u00a0é\x1f", "project": "\ufffe"}, 200),
        ({"capability": "api", "project": "__proto__' OR 1=1 --"}, 200),
    ],
)
def test_hostile_values_neither_fail_nor_grow(
    lone_tool: Tool, told: dict[str, Any], status: int
) -> None:
    token = lone_tool.tokens()["access_token"]
    answer = lone_tool.http.post(
        "/oauth/introspect",
        data={"token": token, **told},
        auth=("api", lone_tool.world.secrets["api"]),
    )
    assert answer.status_code == status
    with lone_tool.world.app.app_context():
        assert len(activity_writer.buffer()) <= 1
    for row in kept(lone_tool.world):
        assert (row.calls, row.project) == (1, "")
        assert row.capability in ("", "api")


def test_a_capability_is_noted_once_however_often_it_is_named(lone_tool: Tool) -> None:
    token = lone_tool.tokens()["access_token"]
    lone_tool.introspect(token, capability="api " * 500, project="payments")
    assert [(r.capability, r.calls) for r in kept(lone_tool.world)] == [("api", 1)]
