"""User codes of the device grant (RFC 8628 section 6.1) and the pace of its polling."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

# No vowels, so that no words appear; 20 letters to the power of 8 are 34.5 bits.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
INTERVAL = 5
SLOWER_BY = 5
LENIENCE = timedelta(milliseconds=500)  # tolerance for a clock that ticks early


def new_user_code() -> str:
    """Return a new code as it is shown: `WDJB-MJHT`."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return shown(letters)


def tidy(typed: str) -> str | None:
    """Return the letters of a typed code, forgiving case, dashes and spaces; None for no code."""
    letters = "".join(c for c in typed[:64].upper() if c not in " -\t_.\u2010\u2013\u2014")
    fits = len(letters) == LENGTH and set(letters) <= set(LETTERS)
    return letters if fits else None


def shown(letters: str) -> str:
    """Return a code's letters in two groups."""
    return f"{letters[: LENGTH // 2]}-{letters[LENGTH // 2 :]}"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a device polls: the interval that it must keep, in seconds, and its last poll."""

    interval: int
    polled_at: datetime | None

    def is_too_fast(self, at: datetime) -> bool:
        """Say whether a poll now comes before the interval has passed."""
        return self._is_within(self.interval, at)

    def _is_within(self, seconds: int, at: datetime) -> bool:
        if self.polled_at is None:
            return False
        return at < self.polled_at + timedelta(seconds=seconds) - LENIENCE

    def after(self, at: datetime) -> "Pace":
        """Return the pace after a poll: five seconds slower for good when it came too fast.

        A device that keeps the previous interval may not know the new one yet: it is told again and
        not slowed down further.
        """
        before = max(INTERVAL, self.interval - SLOWER_BY)
        return Pace(self.interval + (SLOWER_BY if self._is_within(before, at) else 0), at)
