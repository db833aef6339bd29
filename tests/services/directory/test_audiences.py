"""Audiences by the resource that a client names."""

from __future__ import annotations

from app.services.directory import audiences
from tests.drivers.world import MCP, World


def test_resources_are_recognised_in_any_form(world: World) -> None:
    default = "http://127.0.0.1:8001/api"
    with world.app.app_context():
        assert [a.uri for a in audiences.recognise([], default=default)] == [default]
        found = audiences.recognise(
            ["HTTP://127.0.0.1:8001/mcp/ledger", f"{MCP}/ledger", MCP], default=default
        )
        assert [(a.uri, a.mcp_server) for a in found] == [(f"{MCP}/ledger", "ledger"), (MCP, None)]
