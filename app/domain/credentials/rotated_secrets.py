"""Secrets that are replaced while programs use them: the one before counts for a while longer."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.credentials.secrets import matches

MAX_OVERLAP = 30 * 86_400


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """The digests of a secret and of the one before it, which counts until `previous_ends_at`.

    A digest is None where there is no secret.
    """

    digest: str | None
    previous: str | None = None
    previous_ends_at: datetime | None = None

    def fits(self, text: str, at: datetime) -> bool:
        """Say whether a presented secret is one of those that count, in constant time."""
        is_current, is_previous = matches(text, self.digest), matches(text, self.previous)
        return is_current or (is_previous and self.overlap_ends_at(at) is not None)

    def overlap_ends_at(self, at: datetime) -> datetime | None:
        """Return when the secret before stops, None when it does not count (any more)."""
        ends = self.previous_ends_at
        return ends if self.previous is not None and ends is not None and at < ends else None
