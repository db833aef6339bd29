"""Lists and numbers in sentences: `a, b and c`, `3 projects`, `… and 7 more`."""

from collections.abc import Sequence

NAMED = 4
SENTENCES = 20


def every(items: Sequence[str]) -> str:
    """Return all items as `a, b and c`; an empty text for none."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def listed(items: Sequence[str]) -> str:
    """Return `a, b and c`; beyond four items the rest is counted."""
    if len(items) > NAMED:
        items = [*items[: NAMED - 1], f"{len(items) - NAMED + 1} more"]
    return every(items)


def in_short(sentences: Sequence[str], most: int = SENTENCES) -> tuple[str, ...]:
    """Return at most so many sentences and the number of the others: there may be thousands."""
    more = len(sentences) - most
    return (*sentences[:most], f"… and {more} more.") if more > 0 else tuple(sentences)


def count_text(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 project` or `3 projects`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
