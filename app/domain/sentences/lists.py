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
    rest = rest_text(sentences, most)
    return (*sentences[:most], rest) if rest else tuple(sentences)


def rest_text(items: Sequence[object], most: int, noun: str = "") -> str:
    """Return `… and 7 more.` for what a list of so many leaves out; an empty text for nothing."""
    more = len(items) - most
    return f"… and {_more(more, noun)}." if more > 0 else ""


def first_of(names: Sequence[str], most: int, noun: str = "") -> str:
    """Return `a, b, c`; beyond so many names the rest is counted, as in `a, b and 7 more`."""
    more, shown = len(names) - most, ", ".join(names[:most])
    return f"{shown} and {_more(more, noun)}" if more > 0 else shown


def _more(number: int, noun: str) -> str:
    return count_text(number, f"more {noun}") if noun else f"{number} more"


def count_text(number: int, noun: str, *, none: str = "") -> str:
    """Return a number with its noun, such as `1 project` or `3 projects`; or `none` for zero."""
    if number == 0 and none:
        return none
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def as_sentence(text: str) -> str:
    """Return a clause with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
