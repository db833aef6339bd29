"""Instants and spans as people read them: the one form that pages, mails and the command line share."""

import re
from datetime import UTC, datetime

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
INSTANT = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}}), (\d\d):(\d\d) UTC")
UNITS = (
    (365 * 86_400, "year"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
    (1, "second"),
)


def day_text(at: datetime) -> str:
    """Return the day of an instant in UTC, such as `3 May 2026`."""
    at = at.astimezone(UTC)
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def instant_text(at: datetime, *, with_seconds: bool = False) -> str:
    """Return an instant in UTC, such as `3 May 2026, 14:00 UTC`."""
    clock = at.astimezone(UTC).strftime("%H:%M:%S" if with_seconds else "%H:%M")
    return f"{day_text(at)}, {clock} UTC"


def instant_parts(sentence: str) -> list[str | tuple[str, str]]:
    """Return a sentence in parts: texts, and its instants as ISO 8601 and as they stand."""
    parts: list[str | tuple[str, str]] = []
    end = 0
    for found in INSTANT.finditer(sentence):
        day, month, year, hour, minute = found.groups()
        number = MONTHS.index(month) + 1
        iso = f"{int(year):04}-{number:02}-{int(day):02}T{hour}:{minute}+00:00"
        parts += [sentence[end : found.start()], (iso, found[0])]
        end = found.end()
    return [*parts, sentence[end:]]


def until_text(until: datetime, then: str | None = None) -> str:
    """Return an end, such as `until 3 May 2026, 14:00 UTC, then viewer`."""
    end = f"until {instant_text(until)}"
    return f"{end}, then {then}" if then else end


def span_text(seconds: int) -> str:
    """Return a span in the largest unit that measures it exactly, such as `2 hours` or `90 days`."""
    size, unit = next(
        ((size, unit) for size, unit in UNITS if seconds % size == 0 and seconds >= size), UNITS[-1]
    )
    number = seconds // size
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
