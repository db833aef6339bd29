"""A tool that redeems codes, refreshes and revokes, and keeps a ledger of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.bench.faults.ledger import ACKNOWLEDGED, REFUSED, UNKNOWN, Ledger
from tests.bench.faults.wire import AWAY, Answer, Wire

PAUSE = 0.2  # seconds before a request is repeated whose outcome is unknown
REFRESHES = 3  # of each session


@dataclass
class TokenClient:
    """One thread; `codes` are bodies of token requests, each of which it sends until it is answered."""

    wire: Wire
    ledger: Ledger
    codes: Iterator[str]
    own: dict[str, str]
    over: threading.Event
    paced: float = 0.0  # seconds between two sessions

    def run(self) -> None:
        for number, body in enumerate(self.codes):
            if self.over.is_set():
                return
            tokens = self._asked("exchange", "/oauth/token", body, code=body)
            for _ in range(REFRESHES):
                if tokens is None or self.over.is_set():
                    break
                tokens = self._refreshed(tokens["refresh_token"])
            if tokens and number % 3 != 2 and not self.over.is_set():
                self._revoke(tokens["access_token" if number % 3 else "refresh_token"])
            self.over.wait(self.paced)

    def _refreshed(self, text: str) -> dict[str, Any] | None:
        form = f"grant_type=refresh_token&refresh_token={text}"
        return self._asked("refresh", "/oauth/token", form, token=text)

    def _revoke(self, text: str) -> None:
        self._asked("revocation", "/oauth/revoke", f"token={text}", token=text)

    def _asked(self, kind: str, path: str, body: str, **intent: str) -> dict[str, Any] | None:
        """Ask until there is an answer or the run is over; return what was issued."""
        number = self.ledger.intend(kind, **intent)
        while (answer := self.wire.post(path, body, self.own)) is None or answer.status in AWAY:
            self.ledger.conclude(number, UNKNOWN)
            if self.over.wait(PAUSE):
                return None
        issued = issued_by(answer)
        if answer.is_good:
            self.ledger.conclude(number, ACKNOWLEDGED, **issued)
            return issued or None
        self.ledger.conclude(number, REFUSED, status=answer.status, said=answer.text[:300])
        return None


def issued_by(answer: Answer) -> dict[str, Any]:
    """Return the tokens of an answer, nothing for one without."""
    body = json.loads(answer.text) if answer.is_good and answer.text else {}
    return {name: body[name] for name in ("access_token", "refresh_token") if name in body}
