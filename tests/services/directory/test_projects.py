"""Projects and their members."""

from __future__ import annotations

import pytest

from app.domain.errors import Conflict, Invalid, NotFound
from app.services.directory import mcp_servers, projects
from tests.drivers.world import MCP, World


def test_projects_members_and_servers_are_checked(world: World) -> None:
    at, actor = world.at, "test"
    with world.app.app_context():
        for slug in ("Payments", "a b", "", "-x", "x" * 81, "é"):
            with pytest.raises(Invalid):
                projects.add(slug, name="x", at=at, actor=actor)
        with pytest.raises(Conflict):
            projects.add("payments", name="x", at=at, actor=actor)
        with pytest.raises(Invalid):
            projects.set_member(
                "payments", "ben", "king", catalog=world.catalog, at=at, actor=actor
            )
        with pytest.raises(NotFound):
            projects.set_member(
                "nowhere", "ben", "viewer", catalog=world.catalog, at=at, actor=actor
            )
        with pytest.raises(NotFound):
            projects.remove_member("sandbox", "ben", at=at, actor=actor)
        with pytest.raises(NotFound):
            mcp_servers.remove_server("nowhere", at=at, actor=actor)
        for url in ("nonsense", "ftp://x/", "https://x/#f"):
            with pytest.raises(Invalid):
                mcp_servers.add_server(
                    "new", project="payments", url=url, name="x", at=at, actor=actor
                )
        for identifier, url in (
            ("ledger", "https://x/"),
            ("new", f"{MCP}/ledger".replace("http", "HTTP")),
        ):
            with pytest.raises(Conflict):
                mcp_servers.add_server(
                    identifier, project="payments", url=url, name="x", at=at, actor=actor
                )
