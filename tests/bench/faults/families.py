"""What the ledgers of tools say must hold: sessions with their tokens, and which of them were ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.credentials.secrets import Prefix, prefix_of
from tests.bench.faults.ledger import ACKNOWLEDGED, REFUSED, UNKNOWN, Entry, entries


@dataclass
class Family:
    """A session and all the tokens that its tool was given, by what was acknowledged."""

    code: str
    access: list[str] = field(default_factory=list)
    refresh: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    open: Entry | None = None  # the last entry, when its outcome is unknown
    refused: list[Entry] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        return len(self.access) + len(self.refresh)

    @property
    def is_ended(self) -> bool:
        """Say whether a refresh token was revoked, and the session with it."""
        return any(prefix_of(text) is Prefix.REFRESH_TOKEN for text in self.revoked)

    def must_be_active(self, token: str) -> bool:
        return not self.is_ended and token not in self.revoked

    def take(self, tokens: dict[str, str]) -> None:
        """Note what was issued."""
        self.access.append(tokens["access_token"])
        self.refresh.append(tokens["refresh_token"])


def families(files: list[Path]) -> Iterator[Family]:
    """Read ledgers: an exchange begins a family, and what follows in the same ledger belongs to it."""
    for file in files:
        family: Family | None = None
        for entry in entries(file):
            if entry.kind == "exchange":
                if family is not None:
                    yield family
                family = Family(entry.intent["code"])
            assert family is not None
            _add(family, entry)
        if family is not None:
            yield family


def _add(family: Family, entry: Entry) -> None:
    if entry.result == UNKNOWN:
        family.open = entry
    elif entry.result == REFUSED:
        family.refused.append(entry)
    elif entry.kind == "revocation" and entry.result == ACKNOWLEDGED:
        family.revoked.add(entry.intent["token"])
    else:
        family.take(entry.outcome)
