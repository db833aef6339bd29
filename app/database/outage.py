"""A database that hangs: after one use has waited in vain, the others do not wait as well.

For a moment every use fails at once; then one tries again, and its success ends the outage.
"""

import time
from dataclasses import dataclass

import structlog

log = structlog.get_logger("mandate.database")

HANGS = "the database does not answer; it is tried again every second"
PAUSE = 1.0  # seconds between two tries
LATELY = 3.0  # seconds


@dataclass(slots=True)
class Outage:
    """What a process knows of one database; `until` is 0 while it answers."""

    until: float = 0.0

    def is_on(self) -> bool:
        """Say whether a use would be in vain; one of those who ask after the pause is told no."""
        if not self.until:
            return False
        now = time.monotonic()
        if now < self.until:
            return True
        self.until = now + PAUSE
        return False

    def begins(self) -> None:
        """Note that the database did not answer in time."""
        if not self.until:
            log.error(
                "database.hangs", sentence="It does not answer; requests are refused at once."
            )
        self.until = time.monotonic() + PAUSE

    def ends(self) -> None:
        """Note that the database answers."""
        if self.until:
            self.until = 0.0
            log.warning("database.answers")


class _Failures:
    """When a use of the database last failed in this process."""

    at = float("-inf")


_FAILURES = _Failures()


def note_failure() -> None:
    """Note that a use of the database failed: others may be about to."""
    _FAILURES.at = time.monotonic()


def has_failed_lately() -> bool:
    """Say whether a use of the database failed in the last seconds."""
    return time.monotonic() - _FAILURES.at < LATELY


_OF_URLS: dict[str, Outage] = {}


def outage_of(url: str) -> Outage:
    """Return what this process knows of a database."""
    return _OF_URLS.setdefault(url, Outage())
