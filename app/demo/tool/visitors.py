"""The browsers that visit the example tool, and what it holds for each: in memory, in one process."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.demo.tool.calls import Call
from app.demo.tool.journey import Journey
from app.demo.tool.oauth_client import Pending
from app.demo.tool.reach import Reach, of_token
from app.domain.credentials.secrets import random_base62

MAX_VISITORS = 200
MAX_PENDING = 5
SHOWN_OF_A_TOKEN = 9


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence on the page, about something good or bad; `link` leads to where it is changed."""

    sentence: str
    good: bool
    link: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """What Mandate handed out for one resource; the token response is never shown whole."""

    token: dict[str, Any] = field(repr=False)
    resource: str

    @property
    def reach(self) -> Reach:
        """Return what was given when the token was issued."""
        return of_token(self.token)

    @property
    def projects(self) -> list[str]:
        """Return the slugs of the projects that were given."""
        return [part.key for part in self.reach.projects]

    @property
    def ends_at(self) -> datetime:
        """Return when the access token ends."""
        return datetime.fromtimestamp(int(self.token.get("expires_at", 0)), UTC)

    def lasts_text(self, at: datetime) -> str:
        """Return how long the access token is good, as seen at an instant."""
        if self.ends_at <= at:
            return "it ended, and is renewed at the next call"
        return f"{self.ends_at:%H:%M:%S} UTC; then the tool renews the token by itself"

    @property
    def hints(self) -> dict[str, str]:
        """Return the beginning of each token: no more than a hint of which one it is."""
        kinds = {"Access token": "access_token", "Refresh token": "refresh_token"}
        return {
            title: f"{self.token[name][:SHOWN_OF_A_TOKEN]}…"
            for title, name in kinds.items()
            if name in self.token
        }


@dataclass(slots=True)
class Visitor:
    """One browser: connections under way, the one that stands, the last calls, what to say next.

    `journey` are the steps of the demo that were done; they outlive the connection.
    """

    pending: OrderedDict[str, Pending] = field(default_factory=OrderedDict)
    connection: Connection | None = None
    calls: list[Call] = field(default_factory=list)
    notice: Notice | None = None
    journey: Journey = field(default_factory=Journey)

    def await_answer(self, pending: Pending) -> None:
        """Keep a connection under way, and only so many."""
        self.pending[pending.state] = pending
        while len(self.pending) > MAX_PENDING:
            self.pending.popitem(last=False)

    def answered(self, state: str) -> Pending | None:
        """Return, once, the connection that an answer belongs to, unless it took too long."""
        found = self.pending.pop(state, None)
        return None if found is None or found.is_over else found

    def forget(self) -> None:
        """Drop the tokens and what was learnt with them."""
        self.connection, self.calls = None, []

    def hear(self) -> Notice | None:
        """Return what there is to say, once."""
        notice, self.notice = self.notice, None
        return notice


class Visitors:
    """All visitors by the key in their cookie; the ones not seen for longest go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Visitor] = OrderedDict()

    def find(self, key: str | None) -> Visitor | None:
        """Return a visitor, or None for a key that is not known here."""
        with self._lock:
            if key is None or key not in self._known:
                return None
            self._known.move_to_end(key)
            return self._known[key]

    def welcome(self) -> tuple[str, Visitor]:
        """Return a new visitor with the key to find it by."""
        key, visitor = random_base62(43), Visitor()
        with self._lock:
            self._known[key] = visitor
            while len(self._known) > MAX_VISITORS:
                self._known.popitem(last=False)
        return key, visitor
