"""Spans and instants as they are typed: `30m`, `2h`, `7d`, `2026-11-28T14:00`."""

import re
from datetime import UTC, datetime, timedelta

from app.domain.errors import Invalid

SPAN = re.compile(r"([0-9]{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span_of(text: str) -> timedelta | None:
    """Return the span of a text, None for any other text."""
    found = SPAN.fullmatch(text)
    return None if found is None else timedelta(**{UNITS[found[2]]: int(found[1])})


def instant_of(text: str, at: datetime) -> datetime:
    """Return the instant of a text: ISO 8601, in UTC if it names no zone, or a span before `at`.

    Raises Invalid for any other text.
    """
    try:
        if (span := span_of(text)) is not None:
            return at - span
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"{text!r} is neither an ISO 8601 time nor a span such as 2h.") from None
