"""Refreshing in two ways: two sessions of one Authorization that are alike, one for each way."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from tests.drivers.short_way import long_requests, only_long
from tests.drivers.tool import Tool

NEW = ("access_token", "refresh_token")
OWN_HEADERS = ("X-Request-Id", "Content-Length")
ROW = """
    SELECT s.rotated_at, s.used_at, s.idle_expires_at, s.expires_at, s.ended_at,
        s.previous_digest IS NULL, s.rotation_salt IS NULL, count(t.id), max(t.audience),
        max(t.mcp_server), max(t.issued_at), max(t.expires_at), max(CAST(t.narrowed_to AS VARCHAR))
    FROM sessions s JOIN access_tokens t ON t.session_id = s.id
    GROUP BY s.id ORDER BY s.id
"""


class Refreshing:
    """Two sessions of one tool, each of which refreshes once, the second on the long way."""

    def __init__(self, tool: Tool, choice: dict[str, Any] | None = None, **changes: Any) -> None:
        self.tool, self.app = tool, tool.world.app
        self.tokens = [tool.tokens(choice, **changes) for _ in range(2)]

    def both_ways(self, **more: Any) -> tuple[TestResponse, bool]:
        """Refresh both and return the first answer, and whether the short way gave it."""
        one, other = (tokens["refresh_token"] for tokens in self.tokens)
        with long_requests(self.app) as went_long:
            short = self.tool.refresh(one, **more)
        with only_long(self.app):
            long = self.tool.refresh(other, **more)
        assert _told(short) == _told(long)
        first, second = self.tool.world.execute(ROW)
        assert first == second
        if short.status_code == 200:
            self.tokens = [short.get_json(), long.get_json()]
            first_event, second_event = self.tool.world.audit("session.refreshed")[-2:]
            assert _event(first_event) == _event(second_event)
        return short, not went_long


def _told(answer: TestResponse) -> tuple[int, dict[str, Any], dict[str, str]]:
    body = {name: v for name, v in answer.get_json().items() if name not in NEW}
    headers = {n: v for n, v in answer.headers.items() if n not in OWN_HEADERS}
    return answer.status_code, body, headers


def _event(entry: Any) -> tuple[Any, ...]:
    detail = {name: value for name, value in entry.detail.items() if name != "session"}
    return entry.at, entry.kind, entry.actor, entry.subject, detail
