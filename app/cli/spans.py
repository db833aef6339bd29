"""Spans of time as they are typed: `30m`, `2h`, `7d`."""

import re
from datetime import timedelta

SPAN = re.compile(r"([0-9]{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span_of(text: str) -> timedelta | None:
    """Return the span of a text, None for any other text."""
    found = SPAN.fullmatch(text)
    return None if found is None else timedelta(**{UNITS[found[2]]: int(found[1])})
