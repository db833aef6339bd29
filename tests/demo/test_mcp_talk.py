"""What the example tool makes of an MCP server's answers, the strange ones included."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.demo.tool.mcp_messages import OPENING, gist, title


def test_messages_have_titles() -> None:
    assert [title(m) for m in OPENING] == [
        "initialize",
        "notifications/initialized",
        "tools/list",
        "tools/call whoami",
    ]


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ({"serverInfo": {"name": "A"}}, {"name": "A"}),
        ({"tools": [{"name": "a", "description": "b", "inputSchema": {}}]}, {"a": "b"}),
        ({"structuredContent": {"c": 1}, "content": []}, {"c": 1}),
        ({"content": [{"type": "text", "text": "d"}]}, [{"type": "text", "text": "d"}]),
    ],
)
def test_an_answer_comes_to_what_people_want_to_see(result: Any, found: Any) -> None:
    shown, done = gist(json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}))
    assert json.loads(shown) == found
    assert done


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"error": {"code": -32600, "message": "no"}}, {"code": -32600, "message": "no"}),
        ({"result": {"isError": True, "content": ["no"]}}, ["no"]),
    ],
)
def test_a_server_that_cannot_is_not_taken_for_one_that_did(answer: Any, found: Any) -> None:
    shown, done = gist(json.dumps(answer))
    assert json.loads(shown) == found
    assert not done


@pytest.mark.parametrize(
    "body", ["<p>no</p>", "[]", "5", '{"result": []}', '{"result": {"tools": 5}}']
)
def test_what_is_no_answer_is_shown_as_it_is(body: str) -> None:
    assert gist(body) == (body, False)
