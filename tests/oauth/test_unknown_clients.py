"""A tool whose registration is gone: a page that a person understands, JSON for a program that looks."""

from __future__ import annotations

import pytest

from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World

GONE = Registered("goneGONEgoneGONEgoneGO", None, "none", "http://127.0.0.1/callback")


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_person_is_told_to_reconnect_the_tool(lone_world: World, signed_in: bool) -> None:
    tool = Tool(lone_world, GONE)
    if signed_in:
        tool.sign_in()
    page = tool.authorize()
    assert page.status_code == 400
    assert page.mimetype == "text/html"
    assert "Location" not in page.headers
    assert "registration is gone" in page.text
    assert "Reconnect it" in page.text
    assert "<ol" in page.text


def test_a_program_that_looks_first_is_told_by_code(lone_world: World) -> None:
    """`mcp-remote` does so with a cached registration, and registers anew on this answer only."""
    tool = Tool(lone_world, GONE)
    for _ in range(40):
        answer = tool.http.get(
            "/oauth/authorize", query_string=tool.request(), headers={"Accept": "application/json"}
        )
        assert answer.status_code == 401
        assert answer.get_json()["error"] == "invalid_client"
        assert answer.headers["Cache-Control"] == "no-store"
    assert lone_world.execute("SELECT count(*) FROM failure_counts") == [(0,)]


def test_a_known_tool_that_looks_first_is_let_through(lone_tool: Tool) -> None:
    answer = lone_tool.http.get(
        "/oauth/authorize", query_string=lone_tool.request(), headers={"Accept": "application/json"}
    )
    assert answer.status_code == 303


def test_the_token_endpoint_says_the_same_to_a_refresh(lone_world: World) -> None:
    """TypeScript clients drop their registration on it, and register again."""
    answer = Tool(lone_world, GONE).refresh("mdtr_" + "x" * 49)
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
