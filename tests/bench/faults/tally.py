"""What a run came to, in numbers, words and JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

SLOW = 2.0  # seconds


@dataclass
class Tally:
    """Counts of one fault; `complaints` are what else was not as it should be."""

    tokens: int = 0
    lost: int = 0
    revocations: int = 0
    undone: int = 0
    edits: int = 0
    forgotten: int = 0
    unknown: int = 0
    unresolved: int = 0
    families: int = 0
    double_families: int = 0
    requests: int = 0
    refused: int = 0
    slow: int = 0
    slow_after: float = SLOW
    slowest: float = 0.0
    without_retry_after: int = 0
    health_p99: float = 0.0
    recovered_after: float | None = None
    notes: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        bad = self.lost, self.undone, self.forgotten, self.unresolved, self.double_families
        return not any((*bad, self.slow, self.without_retry_after, self.complaints))

    def words(self) -> str:
        """Return the counts as a sentence, and a line for each complaint."""
        parts = [
            f"{self.lost:,} of {self.tokens:,} tokens lost",
            f"{self.undone:,} of {self.revocations:,} revocations undone",
            f"{self.forgotten:,} of {self.edits:,} edits forgotten",
            f"{self.unresolved:,} of {self.unknown:,} unknown outcomes unresolved",
            f"{self.double_families:,} of {self.families:,} sessions too many",
            f"{self.slow:,} of {self.requests:,} requests slower than {self.slow_after:.0f} s",
            f"slowest {self.slowest:.2f} s",
            f"{self.without_retry_after:,} of {self.refused:,} refusals without Retry-After",
            f"/healthz p99 {self.health_p99:.0f} ms",
        ]
        if self.recovered_after is not None:
            parts.append(f"ready after {self.recovered_after:.1f} s")
        return ", ".join([*parts, *self.notes]) + "".join(
            f"\n  WRONG: {c}" for c in self.complaints
        )

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_good": self.is_good}
