"""The audit event of every act."""

from __future__ import annotations

from tests.drivers.tool import Tool
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
