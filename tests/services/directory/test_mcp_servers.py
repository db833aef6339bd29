"""MCP servers of projects."""

from __future__ import annotations

import pytest

from app.domain.errors import Conflict, Invalid, NotFound
from app.services.directory import mcp_servers
from tests.drivers.world import MCP, World


@pytest.mark.parametrize(
    ("identifier", "url", "refusal"),
    [
        ("new", "nonsense", Invalid),
        ("new", "ftp://x/", Invalid),
        ("new", "https://x/#f", Invalid),
        ("ledger", "https://x/", Conflict),
        ("new", f"{MCP}/ledger".replace("http", "HTTP"), Conflict),
    ],
)
def test_an_mcp_server_that_cannot_be_added_is_refused(
    world: World, identifier: str, url: str, refusal: type[Exception]
) -> None:
    with world.app.app_context(), pytest.raises(refusal):
        mcp_servers.add_server(
            identifier, project="payments", url=url, name="x", at=world.at, actor="test"
        )
    assert world.execute("SELECT count(*) FROM mcp_servers") == [(5,)]


def test_an_mcp_server_that_does_not_exist_cannot_be_removed(world: World) -> None:
    with pytest.raises(NotFound):
        world.remove_server("nowhere")
    assert world.audit("mcp_server.removed") == []
