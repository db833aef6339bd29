"""Audiences by the resource that a client names."""

from __future__ import annotations

from app.database.transactions import reading
from app.domain.authorization_details import AuthorizationDetails, ProjectDetail, ServerDetail
from app.services.directory import audiences, mcp_servers
from tests.drivers.world import MCP, World


def test_resources_are_recognised_in_any_form(world: World) -> None:
    default = "http://127.0.0.1:8001/api"
    with world.app.app_context():
        assert [a.uri for a in audiences.recognise([], default=default)] == [default]
        found = audiences.recognise(
            ["HTTP://127.0.0.1:8001/mcp/ledger", f"{MCP}/ledger", MCP], default=default
        )
        assert [(a.uri, a.mcp_server) for a in found] == [(f"{MCP}/ledger", "ledger"), (MCP, None)]


def test_a_request_names_servers_by_identifier_and_by_place_with_those_above(world: World) -> None:
    with world.app.app_context():
        mcp_servers.add_server(
            "inner", project="data", url=f"{MCP}/ledger/in", name="In", at=world.at, actor="test"
        )
        for asked, found in (
            (ServerDetail("cms"), {"cms"}),
            (ServerDetail(None, (f"{MCP}/fraud/", "https://elsewhere.example/")), {"fraud"}),
            (ServerDetail("inner"), {"inner", "ledger"}),
            (ServerDetail(None, (f"{MCP}/ledger/in",)), {"inner", "ledger"}),
            (ServerDetail(None, (f"{MCP}/ledger/other",)), set()),
            (ServerDetail("cms", (f"{MCP}/fraud",)), set()),
            (ServerDetail("nowhere"), set()),
        ):
            details = AuthorizationDetails((ProjectDetail("x", "editor"),), (asked,))
            with reading() as session:
                request = audiences.request_of(session, ["mcp"], [f"{MCP}/play"], details)
            assert request.servers == found, asked
            assert request.mcp_servers == found | {"play"}
            assert request.projects == {"x": "editor"}
