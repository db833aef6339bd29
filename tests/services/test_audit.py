"""The audit event of every act."""

from __future__ import annotations

import pytest

from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.services import audit
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import World


def test_every_use_case_leaves_its_event(world: World) -> None:
    tool = Tool(world, world.native)
    tokens = tool.tokens()
    tool.refresh(tokens["refresh_token"])
    tool.revoke(tokens["refresh_token"])
    kinds = [row[0] for row in world.execute("SELECT kind FROM audit_events ORDER BY number")]
    assert kinds[-6:] == [
        "user.signed_in",
        "authorization.approved",
        "code.issued",
        "session.started",
        "session.refreshed",
        "session.ended",
    ]


@pytest.mark.parametrize("kind", AuditKind)
def test_every_kind_says_where_it_came_from(lone_world: World, kind: AuditKind) -> None:
    with lone_world.app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        lone_world.app.preprocess_request()
        with writing() as session:
            audit.record(session, kind, at=lone_world.at, actor="somebody", subject="something")
    assert lone_world.audit(kind)[-1].detail["address"] == "192.0.2.7"


def test_the_acts_of_people_and_tools_have_their_address(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.native)
    tool.browser.http.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    tool.http.environ_base["REMOTE_ADDR"] = "198.51.100.9"
    tokens = tool.tokens({**USUAL, "mcp_servers": []})
    tool.refresh(tokens["refresh_token"])
    tool.revoke(tokens["refresh_token"])
    [[found]] = lone_world.execute("SELECT id FROM authorizations")
    address = f"/settings/authorizations/{found}"
    for act in ("pause", "resume", "revoke"):
        tool.browser.submit(tool.browser.get(address), f"{address}/{act}")
    new = "/settings/authorizations/api-keys/new"
    tool.browser.submit(tool.browser.get(new), new, **USUAL, action="create")
    tool.browser.submit(tool.browser.get(new), "/logout")
    own = {"session.started", "session.refreshed", "session.ended"}
    seen = {}
    for entry in lone_world.audit():
        if entry.actor != "test":
            seen[entry.kind] = entry.detail["address"]
            where = "198.51.100.9" if entry.kind in own else "192.0.2.7"
            assert entry.detail["address"] == where, entry
    assert {
        *own,
        "authorization.approved",
        "authorization.revoked",
        "api_key.created",
        "user.signed_out",
    } <= set(seen)


def test_what_no_request_did_says_so(lone_world: World) -> None:
    assert {entry.detail["address"] for entry in lone_world.audit()} == {"server"}
