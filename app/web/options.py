"""The options of a list in a form: the value that is sent, the label, and whether it is chosen."""

from collections.abc import Iterable
from typing import NamedTuple


class Option(NamedTuple):
    """One option; `_parts.html` writes it."""

    value: int | str
    label: str
    is_chosen: bool = False


def options_of(names: Iterable[str], chosen: str, *, every: str = "") -> tuple[Option, ...]:
    """Return an option for each name that is its own label, below one that stands for every."""
    first = (Option("", every),) if every else ()
    return (*first, *(Option(name, name, name == chosen) for name in names))
